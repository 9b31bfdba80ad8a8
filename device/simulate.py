"""`ankerort-device simulate`: devices without hardware, for demonstrations, measurements and endurance."""

import os
import secrets
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, Final

import click

from device.config import DeviceSettings, load_settings, read_card_key
from device.fleet import MAX_DESKS_PER_DEVICE, invent_fleet, invent_key, site_file
from device.played import PlayedDevice
from wire.errors import InvalidIdentifier

LOOK_S: Final = 0.1
TELL_S: Final = 5.0
_JUMPS_S: Final = (-86_400, -3_600, -90, 90, 3_600, 86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """The command's options; their meaning stands in its help."""

    files: tuple[Path, ...]
    fleet: int | None
    space: str
    desks: int
    mqtt_url: str
    spool_dir: Path | None
    site_out: Path | None
    seed: str | None
    speed: float
    rate: float | None
    count: int | None
    clock_jumps: bool
    minutes: float | None
    until_stdin_closes: bool


@click.command(
    epilog="""Examples:

\b
  ankerort-device simulate --config device.toml --speed 20
  ankerort-device simulate --fleet 5 --mqtt mqtt://127.0.0.1:1883 --site-out site.toml
  ankerort-device simulate --fleet 20 --rate 50 --count 1000 --spool-dir ./spools --seed 7"""
)
@click.option(
    "--config",
    "-c",
    "files",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    help="Settings of a device to play; may be given again for more devices.",
)
@click.option("--fleet", type=click.IntRange(1, 1000), help="Invent this many devices instead.")
@click.option("--space", default="sim", show_default=True, help="Id of the invented fleet's space.")
@click.option(
    "--desks",
    type=click.IntRange(0, MAX_DESKS_PER_DEVICE),
    default=4,
    show_default=True,
    help="Desks of each invented device.",
)
@click.option(
    "--mqtt",
    "mqtt_url",
    default="mqtt://127.0.0.1:1883",
    show_default=True,
    help="Broker of the invented fleet.",
)
@click.option(
    "--spool-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the invented fleet's spools; a temporary one when not given.",
)
@click.option(
    "--site-out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a site file of the devices, for `ankerort-hub import-site`.",
)
@click.option("--seed", help="The same seed plays the same; a random one when not given.")
@click.option(
    "--speed", type=click.FloatRange(0.1, 1000), default=1.0, show_default=True, help="Faster people."
)
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 10_000),
    help="Play no people but this many events a second on each device, cards and presence mixed.",
)
@click.option(
    "--count",
    type=click.IntRange(1, 100_000_000),
    help="Make this many events on each device, wait until the hub has them all, and end. "
    "Started again with the same spools, it goes on where it was.",
)
@click.option(
    "--clock-jumps", is_flag=True, help="Set the devices' wall clocks forward and back now and then."
)
@click.option("--minutes", type=click.FloatRange(0.01), help="End after this time.")
@click.option("--until-stdin-closes", is_flag=True, help="End when standard input is closed.")
def simulate(**given: Any) -> None:
    """Play one device or a fleet of them, with people who are not there.

    What is simulated is the hardware alone: the devices' spools, their delivery and their connections are the real
    ones. A line tells every five seconds how far they are. Status 1 when --count was not reached.
    """
    wanted = _Wanted(**given)
    seed = wanted.seed or secrets.token_hex(4)
    with ExitStack() as folders:
        settings = _settings(wanted, folders)
        if wanted.site_out is not None:
            wanted.site_out.write_text(site_file(settings), "utf-8")
        ended = _ended_by(wanted)
        devices = [_make(one, wanted, seed) for one in settings]
        click.echo(f"playing {len(devices)} device(s), seed {seed}", err=True)
        jumps = Random(f"{seed}/jumps") if wanted.clock_jumps else None  # noqa: S311 - plays, guards nothing
        complete = _Play(devices, jumps).run(ended)
    sys.exit(0 if complete or wanted.count is None else 1)


def _settings(wanted: _Wanted, folders: ExitStack) -> list[DeviceSettings]:
    if wanted.files and wanted.fleet is None:
        settings = [load_settings(file, os.environ).settings for file in wanted.files]
    elif wanted.fleet is not None and not wanted.files:
        spool_dir = wanted.spool_dir
        if spool_dir is None:
            folder = tempfile.TemporaryDirectory(prefix="ankerort-simulate-")
            spool_dir = Path(folders.enter_context(folder))
        try:
            settings = invent_fleet(
                wanted.fleet, wanted.space, wanted.desks, wanted.mqtt_url, spool_dir.resolve()
            )
        except InvalidIdentifier as error:
            raise click.UsageError(f"--space: {error}") from error
    else:
        raise click.UsageError("give either --config FILE, or --fleet N")
    for one in settings:
        one.spool.path.parent.mkdir(parents=True, exist_ok=True)
    return settings


def _make(settings: DeviceSettings, wanted: _Wanted, seed: str) -> PlayedDevice:
    key = invent_key(seed) if settings.card.key_file is None else read_card_key(settings.card)
    return PlayedDevice(settings, key, seed, speed=wanted.speed, rate_per_s=wanted.rate, limit=wanted.count)


def _ended_by(wanted: _Wanted) -> threading.Event:
    """Return an event that is set by SIGTERM, Ctrl-C, the end of standard input, or after so many minutes."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if wanted.until_stdin_closes:

        def watch() -> None:
            while os.read(sys.stdin.fileno(), 1024):
                pass
            ended.set()

        threading.Thread(target=watch, name="stdin", daemon=True).start()
    if wanted.minutes is not None:
        timer = threading.Timer(wanted.minutes * 60, ended.set)
        timer.daemon = True
        timer.start()
    return ended


class _Play:
    """Devices at work, and what is told of them."""

    def __init__(self, devices: Sequence[PlayedDevice], jumps: Random | None) -> None:
        self._devices = devices
        self._jumps = jumps
        self._began = time.monotonic()

    def run(self, ended: threading.Event) -> bool:
        """Play until all is complete, or the event is set; return whether all is complete."""
        for device in self._devices:
            device.start()
        tell_at = self._began + TELL_S
        try:
            while not ended.wait(LOOK_S):
                if all(device.is_complete for device in self._devices):
                    break
                failed = [device for device in self._devices if not device.is_running]
                if failed:
                    raise click.ClickException(f"{failed[0].name} ended: {failed[0].failure!r}")
                if self._jumps is not None:
                    self._jump(self._jumps)
                if time.monotonic() >= tell_at:
                    tell_at += TELL_S
                    self._tell()
        finally:
            complete = all(device.is_complete for device in self._devices)
            for device in self._devices:
                device.stop()
            for device in self._devices:
                device.join()
            self._tell()
        return complete

    def _jump(self, dice: Random) -> None:
        for device in self._devices:
            # Each device about every five seconds; a clock set by hand is not synchronised for a while.
            if dice.random() < LOOK_S / 5:
                device.clock.jump_wall(dice.choice(_JUMPS_S) * 1_000_000)
                device.clock.synced = dice.random() < 0.5

    def _tell(self) -> None:
        connected = sum(device.is_connected for device in self._devices)
        made = sum(device.made for device in self._devices)
        acknowledged = sum(device.acknowledged for device in self._devices)
        click.echo(
            f"{time.monotonic() - self._began:.0f} s: {connected} of {len(self._devices)} connected, "
            f"{made} events, {acknowledged} with the hub",
            err=True,
        )
