"""`ankerort-device`: what a Pi runs, and what helps whoever sets one up.

Commands are imported when they are called: `--help` answers at once, and a missing library stops only what needs it.
"""

import importlib
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import click

from device.errors import MissingExtra, SpoolInUse
from wire.errors import InvalidSetting

if TYPE_CHECKING:
    from device.config import DeviceSettings
    from wire.settings import Loaded

EXIT_SETTINGS: Final = 2

_LAZY: Final = {
    "simulate": "device.simulate:simulate",
    "doctor": "device.doctor:doctor",
    "selftest": "device.selftest:selftest",
    "card-station": "device.card_station:card_station",
    "enrol": "device.enrol:command",
    "update": "device.update:command",
    "finish-update": "device.trial:command",
    "replay": "device.replay:replay",
}
"""Commands that live in modules of their own, and so is their short help."""
_SHORT_HELP: Final = {
    "simulate": "Play one device or a fleet of them, with people who are not there.",
    "doctor": "Find the commonest faults of this device, and say what to do about each.",
    "selftest": "Try each reader, door, sensor and light in turn.",
    "card-station": "Read and write cards for the hub on this machine, which starts it.",
    "enrol": "Make this machine the device that a bundle names, or renew its certificate; then wipe the bundle.",
    "update": "Install a signed release beside the one that runs, switch, and return by itself when it fails.",
    "finish-update": "Look on whether a new release works, and return to the one before when it does not.",
    "replay": "Run a recording of a sensor through the presence machine.",
}

CONFIG_OPTION = click.option(
    "--config",
    "-c",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="ANKERORT_CONFIG",
    help="Settings file; /etc/ankerort/device.toml when it exists. ANKERORT_... variables go on top.",
)


class Commands(click.Group):
    """A group that knows its commands' names without importing them, and turns expected errors into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command's name."""
        return sorted({*super().list_commands(ctx), *_LAZY})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported now."""
        if cmd_name not in _LAZY:
            return super().get_command(ctx, cmd_name)
        module, name = _LAZY[cmd_name].split(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; importing each for its first sentence would cost a second on a Pi."""
        rows = []
        for name in self.list_commands(ctx):
            command = super().get_command(ctx, name)
            rows.append((name, _SHORT_HELP[name] if command is None else command.get_short_help_str(80)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what whoever runs it can mend is told in one line, status 2."""
        try:
            return super().invoke(ctx)
        except (InvalidSetting, MissingExtra, SpoolInUse) as error:
            click.echo(f"ankerort-device: {error}", err=True)
            ctx.exit(EXIT_SETTINGS)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: ankerort-device run --config /etc/ankerort/device.toml",
)
@click.version_option(package_name="ankerort", prog_name="ankerort-device")
@click.option("--verbose", "-v", is_flag=True, help="Log what the agent does, not only what goes wrong.")
def main(verbose: bool) -> None:
    """The agent of a door or room: reads cards and desk sensors, keeps every event, talks to the hub when it can."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        # No time: systemd's journal and a terminal's user have one.
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


@main.command(
    epilog="""Examples:

\b
  ankerort-device run
  ankerort-device run --config ./device.toml
  ANKERORT_MQTT_URL=mqtts://hub.example:8883 ankerort-device run"""
)
@CONFIG_OPTION
def run(file: Path | None) -> None:
    """Run the agent until SIGTERM or Ctrl-C."""
    from device.bootstrap import build_for_hardware

    loop = build_for_hardware(_load(file).settings)

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        # A queue's put is safe in a signal handler: SimpleQueue is re-entrant.
        loop.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    loop.run()


@main.command(
    "show-config",
    short_help="Print each setting, its value and where it came from.",
    epilog="""Examples:

\b
  ankerort-device show-config
  ankerort-device show-config --config ./device.toml""",
)
@CONFIG_OPTION
def show_config(file: Path | None) -> None:
    """Print each setting, its value and where it came from; secrets are named by their file, never shown."""
    rows = _load(file).rows()
    keys, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for key, value, origin in rows:
        click.echo(f"{key:<{keys}}  {value:<{min(values, 60)}}  {origin}")


def _load(file: Path | None) -> "Loaded[DeviceSettings]":
    from device.config import DEFAULT_FILE, load_settings

    if file is None and DEFAULT_FILE.exists():
        file = DEFAULT_FILE
    return load_settings(file, os.environ)


if __name__ == "__main__":
    main()
