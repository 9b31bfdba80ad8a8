"""A hub and devices as processes, each to be stopped, killed and started again by its own id."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import NullPool, create_engine, text

from tests.parts.ports import LOOPBACK, free_port
from tests.parts.process import ChildProcess

SCRIPTS = Path(sys.executable).parent
PLAYED_PI = Path(__file__).with_name("pi_with_played_pins.py")
COMMAND_S = 60.0

SPACE = "werkstatt"
PI = "pi-1"
PINS = {"fenster": 17, "tuer": 27}
"""Desks of the space below, and the pins of their mats."""

SITE = f"""
[[town]]
id = "musterstadt"
ags = "12070424"
name = "Musterstadt"
land = "BB"

[[town.space]]
id = "{SPACE}"
name = "Werkstatt"
kind = "coworking"
phase = "operation"
valid_from = 2020-01-01
public_detail = "desks"
public_detail_reason = "Nobody is there."
device = [{{ id = "{PI}", name = "Raspberry Pi" }}]
door = [{{ id = "haupttuer", name = "Haupttür", device = "{PI}" }}]
desk = [
  {{ id = "fenster", name = "Am Fenster", at = [200, 200], sensor = "mat", device = "{PI}" }},
  {{ id = "tuer", name = "An der Tür", at = [600, 200], sensor = "mat", device = "{PI}" }},
]
"""


def environment(**more: str) -> dict[str, str]:
    """Return this process's variables without settings of whoever runs the tests, and some more."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ANKERORT_")} | more


class Hub:
    """The hub's database, and its programs as processes.

    Args:
        folder: for database, logs and site files.
        mqtt_url: the broker.
        database_url: a SQLite file in the folder when empty.
    """

    def __init__(self, folder: Path, mqtt_url: str, database_url: str = "") -> None:
        self.folder = folder
        self.file = folder / "hub.db"
        self.port = free_port()
        self.database_url = database_url or f"sqlite:///{self.file}"
        self.variables = {
            "ANKERORT_DATABASE_URL": self.database_url,
            "ANKERORT_MQTT_URL": mqtt_url,
            "ANKERORT_WEB_PORT": str(self.port),
            "ANKERORT_BACKUP_FOLDER": str(folder / "backups"),
        }
        self.processes: dict[str, ChildProcess] = {}

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what runs; a failure is given the ends of their logs."""
        for process in self.processes.values():
            process.terminate()
            if error is not None:
                error.add_note(f"log of {process.name}:\n{process.log_tail()}")

    def call(self, *arguments: str | Path) -> str:
        """Run a command that ends by itself, and return what it printed."""
        command = [str(SCRIPTS / "ankerort-hub"), *map(str, arguments)]
        done = subprocess.run(
            command,
            env=environment(**self.variables),
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def set_up(self, site: str = SITE) -> None:
        """Make the tables and import a site file."""
        file = self.folder / "site.toml"
        file.write_text(site, encoding="utf-8")
        self.call("migrate")
        self.call("import-site", file)

    def start(self, command: str, name: str = "", **variables: str) -> ChildProcess:
        """Start a program that runs on, or start it again; what serves pages listens when this returns.

        Args:
            command: `serve`, `web`, `ingest`, `jobs`.
            name: of the process, when there are several of a command.
            variables: further settings, for instance ANKERORT_INGEST_WORKER.
        """
        name = name or command
        process = self.processes.setdefault(name, ChildProcess(name, self.folder / f"{name}.log"))
        process.spawn([str(SCRIPTS / "ankerort-hub"), command], env=environment(**self.variables | variables))
        if command in ("serve", "web"):
            process.wait_for_port(self.port)
        return process

    def address(self, space: str = SPACE) -> str:
        """Return the address of a live page."""
        return f"http://{LOOPBACK}:{self.port}/spaces/{space}"

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the hub's database, on a connection of its own."""
        engine = create_engine(self.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def number(self, statement: str) -> int:
        """Return the one number that a query gives."""
        ((value,),) = self.query(statement)
        return int(value)


class Pi:
    """A device as a process of its own: `ankerort-device run`, with files for pins or with real card readers.

    Args:
        folder: for settings, spool and log.
        mqtt_url: the broker.
        more: further lines of its settings file.
        has_pins: whether it has a mat at each desk of `PINS`.
    """

    def __init__(self, folder: Path, mqtt_url: str, more: str = "", *, has_pins: bool = True) -> None:
        self.folder = folder
        self.spool = folder / "spool.db"
        self.settings = folder / "device.toml"
        self.card_key = folder / "card.key"
        self._pins = folder / "pins"
        self.outputs = folder / "outputs"
        self.variables: dict[str, str] = {}
        self._has_pins = has_pins
        self.process = ChildProcess("device", folder / "device.log")
        self.card_key.write_text(secrets.token_hex(32))
        self.card_key.chmod(0o600)
        self._high: set[int] = set()
        self._write_pins()
        self.settings.write_text(self._toml(mqtt_url) + more, encoding="utf-8")

    def _toml(self, mqtt_url: str) -> str:
        top = f'device = "{PI}"\nspace = "{SPACE}"\nmqtt.url = "{mqtt_url}"\nspool.path = "{self.spool}"\n'
        top += f'card.key_file = "{self.card_key}"\n'
        return top + "".join(mat(*one) for one in PINS.items() if self._has_pins)

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it; a failure is given the end of its log."""
        self.stop()
        if error is not None:
            error.add_note(f"log of the device:\n{self.process.log_tail()}")

    def start(self) -> None:
        """Start it, or start it again."""
        program = [sys.executable, str(PLAYED_PI)] if self._has_pins else [str(SCRIPTS / "ankerort-device")]
        root = str(Path(__file__).parents[2])
        self.process.spawn(
            [*program, "--verbose", "run", "--config", str(self.settings)],
            env=environment(
                PLAYED_PINS=str(self._pins),
                PLAYED_OUTPUTS=str(self.outputs),
                PYTHONPATH=root,
                **self.variables,
            ),
        )

    def stop(self) -> None:
        """End it in the orderly way."""
        self.process.terminate()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()

    def sit_down(self, desk: str) -> None:
        """Press a desk's mat."""
        self._high.add(PINS[desk])
        self._write_pins()

    def get_up(self, desk: str) -> None:
        """Release a desk's mat."""
        self._high.discard(PINS[desk])
        self._write_pins()

    def press(self, pin: int) -> None:
        """Let a pin be high."""
        self._high.add(pin)
        self._write_pins()

    def release(self, pin: int) -> None:
        """Let a pin be low."""
        self._high.discard(pin)
        self._write_pins()

    def _write_pins(self) -> None:
        # Exchanged, not written over: who reads it sees all or nothing.
        new = self._pins.with_suffix(".new")
        new.write_text(" ".join(map(str, sorted(self._high))), "ascii")
        new.rename(self._pins)


def mat(desk: str, pin: int) -> str:
    """Return the settings of a mat whose people are quick, so that a test need not wait half a minute for a hold."""
    holds = "".join(
        f"{name} = 1\n"
        for name in ("hold_s", "least_hold_s", "usual_hold_s", "arrival_hold_s", "return_hold_s")
    )
    return (
        f'\n[[sensor]]\nid = "mat-{desk}"\ndesk = "{desk}"\nkind = "mat"\npin = {pin}\n'
        f"confirm_s = 0.5\nsteady_s = 0.5\nfade_s = 1\nsettle_s = 0.5\nbridge_s = 1.5\nleast_session_s = 0.2\n{holds}"
    )
