"""`ankerort-hub demo`: five towns, alive, on this machine alone; nothing is left behind."""

import os
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from hub.bootstrap import live_queries, open_database, running, serve_parts, system_clock
from hub.config import BackupSettings, HubSettings, KeySettings, MailSettings, MqttSettings, WebSettings
from hub.demo.broker import LOOPBACK, running_broker
from hub.demo.devices import Players, players, write_device_files
from hub.demo.doors import HOST_MAIL, MEMBER_MAIL, PASSWORD, host_mail, set_up_doors, trust_device
from hub.demo.errors import DemoRefused
from hub.demo.history import fill_database, has_history, with_history, yesterday
from hub.demo_data.filling import Fill
from hub.domain.occupancy import DeviceStatus
from hub.domain.space import Space, Town
from hub.domain.time import local_date
from hub.ports import LiveQueries
from hub.services.import_site import import_site
from hub.site_file.towns import read_site
from hub.stopping import ended_by_signal
from hub.storage.schema import migrate
from hub.storage.unit_of_work import UnitFactory
from wire.errors import InvalidSetting

STEPS: Final = ("broker", "database", "five towns", "history", "cards", "pages", "devices")
HEARD_S: Final = 30.0
"""How long the devices may take to be heard before the address is told anyway."""
LOOK_S: Final = 0.25
MAX_PORT: Final = 65535
MAX_VIEWERS: Final = 40
HISTORY_SEED: Final = 1


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The command's options."""

    port: int
    minutes: float | None
    speed: float
    with_browser: bool
    keep: Path | None
    history: int


class _CanNotShow(click.ClickException):
    """The demo can't start or go on."""

    exit_code = 2


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port of the pages."
)
@click.option("--minutes", type=click.FloatRange(0.01), help="End after this time; without it, at Ctrl-C.")
@click.option(
    "--speed", type=click.FloatRange(0.1, 1000), default=10.0, show_default=True, help="Faster people."
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the database and all settings in this folder, and go on from there next time.",
)
@click.option(
    "--history",
    type=click.IntRange(0, 60),
    default=0,
    show_default=True,
    help="So many months of made-up use lie behind, for statistics; each takes a second or two at the start.",
)
def demo(
    port: int, minutes: float | None, speed: float, no_browser: bool, keep: Path | None, history: int
) -> None:
    """Show five towns with simulated devices, on this machine alone.

    It brings its own broker, database and devices, listens on 127.0.0.1 only, and leaves nothing behind. Settings and
    variables of an installed hub are not read.

    \b
    Examples:
      ankerort-hub demo
      ankerort-hub demo --port 8090 --no-browser --minutes 10
      ankerort-hub demo --speed 1 --keep ./demo-data
      ankerort-hub demo --history 14
    """
    wanted = _Wanted(port, minutes, speed, not no_browser, keep, history)
    try:
        with ended_by_signal() as ended:
            _show(wanted, ended)
    except (DemoRefused, InvalidSetting) as error:
        raise _CanNotShow(str(error)) from error


def _show(wanted: _Wanted, ended: threading.Event) -> None:
    _check_port(wanted.port)
    console = Console(stderr=True)
    with ExitStack() as parts:
        folder = _folder(wanted.keep, parts)
        with _progress(console) as step:
            step("broker")
            settings = HubSettings(
                database_url=f"sqlite:///{folder / 'hub.db'}",
                mqtt=MqttSettings(url=parts.enter_context(running_broker(folder))),
                web=WebSettings(port=wanted.port, max_viewers=MAX_VIEWERS),
                keys=KeySettings(file=folder / "keys.json", ledger_file=folder / "ledger.jsonl"),
                # What is gone in a minute needs none.
                backup=BackupSettings(enabled=False),
                mail=MailSettings(sent_file=folder / "mail-sent.jsonl"),
            )
            step("database")
            database = parts.enter_context(open_database(settings, migrated=False))
            migrate(database.engine)
            step("five towns")
            now_us = system_clock().now_us()
            towns = alive(demo_towns(), local_date(now_us, "Europe/Berlin"))
            step("history")
            if not wanted.history:
                import_site(database, towns, now_us)
            elif not has_history(database):
                _make_history(database, towns, wanted.history, now_us)
            step("cards")
            spaces = [space for town in towns for space in town.spaces]
            set_up_doors(settings, database, spaces, now_us)
            step("pages")
            played = parts.enter_context(players())
            parts.enter_context(running(serve_parts(settings, database)))
            step("devices")
            trust = partial(_trust, settings, database)
            for space, paths in write_device_files(spaces, folder, settings.mqtt.url, trust).items():
                played.start(space, paths, wanted.speed, folder)
            _wait_until_heard(live_queries(database), played, ended)
        if ended.is_set():
            return
        address = f"http://{LOOPBACK}:{wanted.port}"
        click.echo(f"The demo is at {address} - Ctrl-C ends it.")
        first = next(space for space in spaces if any(door.device for door in space.doors))
        click.echo(
            f"Sign in as host {HOST_MAIL} ({first.name}; {host_mail('SPACE')} elsewhere) or as member {MEMBER_MAIL}, "
            f"password {PASSWORD}."
        )
        sys.stdout.flush()
        if wanted.with_browser:
            _open_browser(address)
        _wait(wanted.minutes, played, ended)
        console.print("ending …", style="dim")


def _make_history(database: UnitFactory, towns: Sequence[Town], months: int, now_us: int) -> None:
    last = yesterday(now_us)
    fill = Fill(with_history(towns, last, months), HISTORY_SEED, last, months)
    fill_database(database, fill, now_us, lambda _what, _total: None)


def _trust(settings: HubSettings, database: UnitFactory, space: str, device: str, file: Path) -> None:
    trust_device(settings, database, space, device, file, system_clock().now_us())


def demo_towns() -> tuple[Town, ...]:
    """Return the five towns of the demo, as their site file has them."""
    file = files("hub.demo") / "site.toml"
    return read_site(file.read_bytes(), "site.toml").towns


def alive(towns: Sequence[Town], today: date) -> tuple[Town, ...]:
    """Return towns whose pop-ups run today: one that does not is moved so that a third of its time has passed."""
    return tuple(replace(town, spaces=tuple(_alive(space, today) for space in town.spaces)) for town in towns)


def _alive(space: Space, today: date) -> Space:
    if space.valid_to is None or space.valid_from <= today <= space.valid_to:
        return space
    length = space.valid_to - space.valid_from
    begin = today - length // 3
    return replace(space, valid_from=begin, valid_to=begin + length)


def _check_port(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the server does: connections of an earlier demo that are still winding down do not take the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise DemoRefused(
                f"port {port} of {LOOPBACK} can't be used ({error.strerror}): name another one, for instance "
                f"`ankerort-hub demo --port {port + 1 if port < MAX_PORT else port - 1}`"
            ) from error


def _folder(keep: Path | None, parts: ExitStack) -> Path:
    if keep is None:
        return Path(parts.enter_context(TemporaryDirectory(prefix="ankerort-demo-")))
    try:
        # Only for whoever runs the demo: it holds a key and the hosts' secrets.
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DemoRefused(f"--keep {keep}: {error.strerror}; name a folder that you may write to") from error
    return keep.resolve()


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Show a line that says what is being started; it is gone afterwards. Elsewhere than on a terminal, lines."""
    columns = SpinnerColumn(), TextColumn("starting the demo:"), BarColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(STEPS))

        def step(name: str) -> None:
            progress.update(task, description=name, completed=STEPS.index(name))
            if not console.is_terminal:
                console.print(f"starting: {name}", highlight=False)

        yield step


def _wait_until_heard(live: LiveQueries, played: Players, ended: threading.Event) -> None:
    """Wait until every device was heard, so that the first page that anyone opens is alive."""
    until = time.monotonic() + HEARD_S
    while time.monotonic() < until and not ended.wait(LOOK_S):
        played.check()
        spaces = live.overview(system_clock().now_us())
        if all(device.status is not DeviceStatus.NEVER for space in spaces for device in space.devices):
            return


def _wait(minutes: float | None, played: Players, ended: threading.Event) -> None:
    until = None if minutes is None else time.monotonic() + minutes * 60
    while not ended.wait(LOOK_S) and (until is None or time.monotonic() < until):
        played.check()


def _open_browser(address: str) -> None:
    has_display = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if has_display:
        with suppress(webbrowser.Error):
            webbrowser.open(address)
