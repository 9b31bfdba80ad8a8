"""The demonstration's devices: a settings file for each, and one child process per space that plays them."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from hub.demo.errors import DemoRefused
from hub.domain.space import Device, Space
from wire.settings import PREFIX

END_S: Final = 5.0
"""How long a child may take to end once its standard input is closed."""

# Started as a program: hub and device never import each other. -P keeps the working directory off the path.
_PROGRAM: Final = [sys.executable, "-P", "-c", "from device.cli import main; main()"]
_SHOWN_LOG_BYTES: Final = 600


def write_device_files(
    spaces: Sequence[Space],
    folder: Path,
    mqtt_url: str,
    trust: Callable[[str, str, Path], None] | None = None,
) -> dict[str, list[Path]]:
    """Write the settings of every device, and the key that turns card numbers into look-up values.

    Args:
        spaces: whose devices are wanted.
        folder: where the files go; spools and logs will stand beside them.
        mqtt_url: the broker.
        trust: has the hub trust a device, by space and id, and writes its file; asked for devices with doors.
            Without it nobody has a lock: cards are reported only.

    Returns:
        Settings files by space id; spaces without a device are left out.
    """
    key_file = folder / "card.key"
    if not key_file.exists():
        with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    files: dict[str, list[Path]] = {}
    for space in spaces:
        for device in space.devices:
            path = folder / f"{space.id}-{device.id}.toml"
            trust_file = folder / f"{space.id}-{device.id}.trust.json"
            has_locks = trust is not None and any(door.device == device.id for door in space.doors)
            if trust is not None and has_locks:
                trust(space.id, device.id, trust_file)
            settings = _device_settings(space, device, key_file, mqtt_url, trust_file if has_locks else None)
            path.write_text(settings, "utf-8")
            files.setdefault(space.id, []).append(path)
    return files


def _device_settings(
    space: Space, device: Device, key_file: Path, mqtt_url: str, trust_file: Path | None
) -> str:
    doors = [door for door in space.doors if door.device == device.id]
    parts = [
        _table("", device=device.id, space=space.id),
        _table("[mqtt]", url=mqtt_url),
        _table("[spool]", path=str(key_file.parent / f"{space.id}-{device.id}.spool.db")),
        _table("[card]", key_file=str(key_file)),
    ]
    if trust_file is not None:
        list_file = trust_file.with_name(f"{space.id}-{device.id}.access.list")
        parts.append(_table("[access]", trust_file=str(trust_file), list_file=str(list_file)))
    for door in doors:
        parts.append(_table("[[reader]]", id=f"reader-{door.id}", door=door.id, backend="simulated"))
        if trust_file is not None:
            parts.append(_table("[[door]]", id=door.id, backend="simulated"))
    parts += [
        _table("[[sensor]]", id=f"sensor-{desk.id}", desk=desk.id, kind=desk.sensor, backend="simulated")
        for desk in space.desks
        if desk.sensor and desk.device == device.id and desk.in_service
    ]
    return "\n".join(parts)


def _table(header: str, **values: str) -> str:
    # JSON's strings are TOML's, and no text of ours has the one character (DEL) on which they differ.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join([*([header] if header else []), *lines, ""])


class Players:
    """The child processes that play devices."""

    def __init__(self) -> None:
        self._running: list[tuple[str, subprocess.Popen[bytes], Path]] = []

    def start(self, space: str, files: Sequence[Path], speed: float, folder: Path) -> None:
        """Start the child of one space.

        Args:
            files: settings of its devices.
            speed: how many seconds of people's lives pass in a real one.
            folder: where its log goes.
        """
        log = folder / f"{space}.log"
        options = [f"--config={path}" for path in files]
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*_PROGRAM, "simulate", *options, f"--speed={speed}", "--until-stdin-closes"],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=_without_our_variables(os.environ),
                # A session of its own: Ctrl-C in the terminal reaches the demo alone, which ends its children in order.
                start_new_session=True,
            )
        self._running.append((space, process, log))

    def check(self) -> None:
        """Check that all still play.

        Raises:
            DemoRefused: when one has ended by itself; the text has the end of its log.
        """
        for space, process, log in self._running:
            status = process.poll()
            if status is not None:
                end = log.read_bytes()[-_SHOWN_LOG_BYTES:].decode("utf-8", "replace").strip()
                raise DemoRefused(f"the simulated devices of {space} ended with status {status}:\n{end}")

    def stop(self) -> None:
        """Close the standard input of all, so that they end; kill what does not in time."""
        for _, process, _ in self._running:
            stdin: IO[bytes] | None = process.stdin
            if stdin is not None:
                stdin.close()
        for _, process, _ in self._running:
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()


@contextmanager
def players() -> Iterator[Players]:
    """Give a set of players, all ended at the end."""
    found = Players()
    try:
        yield found
    finally:
        found.stop()


def _without_our_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """A variable meant for a hub, such as ANKERORT_MQTT_URL, must not lead the demo's devices to another broker."""
    return {name: value for name, value in environ.items() if not name.startswith(PREFIX)}
