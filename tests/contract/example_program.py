"""Settings of a made-up program, with every kind of setting that the two real ones may have."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from wire.settings import Loaded, load


class Tls(Struct, frozen=True, kw_only=True):
    ca_file: Path
    verify: bool = True


class Mqtt(Struct, frozen=True, kw_only=True):
    url: str = "mqtt://127.0.0.1:1883"
    keep_alive_s: Annotated[int, Meta(ge=5, le=600)] = 30
    tls: Tls | None = None


class Reader(Struct, frozen=True, kw_only=True):
    id: str
    backend: Literal["pcsc", "simulated"] = "pcsc"


class Program(Struct, frozen=True, kw_only=True):
    device: str
    database_url: str = "sqlite:///ankerort.db"
    share: float = 0.5
    label: str | None = None
    hosts: list[str] = field(default_factory=lambda: ["127.0.0.1"])
    ports: tuple[int, ...] = (8080,)
    mqtt: Mqtt = field(default_factory=Mqtt)
    reader: list[Reader] = []
    weights: dict[str, int] = {}

    def __post_init__(self) -> None:
        if self.share > 1:
            raise ValueError("a share is at most 1")


def file_of(folder: Path, text: str | bytes) -> Path:
    path = folder / "device.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def load_text(folder: Path, text: str | bytes = 'device = "door-1"', **environ: str) -> Loaded[Program]:
    return load(Program, file_of(folder, text), environ)
