"""`ankerort-device replay`: a recording of a sensor through the machine that the agent uses."""

import csv
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import click

from device.core.presence import LiveChanged, Presence, PresenceSettings, SensorKind, SessionPiece
from device.recording import BadRecording, Recording, read_recording, time_text

_FIELDS: Final = tuple(field.name for field in fields(PresenceSettings))
_ROWS_PER_STEP: Final = 20_000


class _Refused(click.ClickException):
    """The recording or a setting can't be used; told in one line."""

    exit_code = 2


def _settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each setting of a sensor, with what its docstring says."""
    described: dict[str, str] = {}
    for names, text in re.findall(r"^ {8}([a-z_, ]+): (.+)$", PresenceSettings.__doc__ or "", re.MULTILINE):
        described.update(dict.fromkeys(names.split(", "), text[0].upper() + text[1:]))
    for name in reversed(_FIELDS):
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, name, type=float, metavar="SECONDS", help=described[name])(command)
    return command


@click.command(short_help="Run a recording of a sensor through the presence machine.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--sensor",
    type=click.Choice([kind.value for kind in SensorKind]),
    default=SensorKind.PIR.value,
    show_default=True,
    help="Kind of sensor; picks the defaults of every setting below.",
)
@click.option("--live", is_flag=True, help="Print the changes of the live state instead of the sessions.")
@_settings_options
def replay(file: Path, sensor: str, live: bool, **given: float | None) -> None:
    """Run a recording of a sensor through the presence machine.

    FILE is CSV with the columns `at` (ISO time) and `level` (0 or 1), one row per change or one per reading.
    Prints the sessions as `start,end`, or with --live the changes of the live state as `at,state`, beginning with
    the state at the first row. Times are printed in UTC: with `Z` when the file's times have an offset, without when
    they have none.

    \b
    Examples:
      ankerort-device replay monday.csv --sensor pir
      ankerort-device replay monday.csv --sensor pir --live --hold-s 300
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        settings = replace(PresenceSettings.defaults(SensorKind(sensor)), **chosen)
        with _progress(file.stat().st_size if file.is_file() else 0, "Reading") as advance:
            recording = read_recording(file, advance)
    except (BadRecording, ValueError) as error:
        raise _Refused(str(error)) from error
    with _progress(len(recording.levels), "Replaying") as advance:
        rows = (live_changes if live else sessions)(recording, settings, advance)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerows(rows)


def sessions(
    recording: Recording, settings: PresenceSettings, progress: Callable[[int], None] = lambda _rows: None
) -> list[tuple[str, str]]:
    """Return the sessions of a recording as rows of text, header first; the pieces of each are joined."""
    joined: list[tuple[int, int]] = []
    for told in _play(recording, settings, progress):
        if isinstance(told, SessionPiece):
            start_us = joined.pop()[0] if told.continues else told.start_us
            joined.append((start_us, told.end_us))
    text = _text_of(recording)
    return [("start", "end"), *((text(start_us), text(end_us)) for start_us, end_us in joined)]


def live_changes(
    recording: Recording, settings: PresenceSettings, progress: Callable[[int], None] = lambda _rows: None
) -> list[tuple[str, str]]:
    """Return the changes of the live state as rows of text, header first, then the state at the first row."""
    text = _text_of(recording)
    rows = [("at", "state")]
    for told in _play(recording, settings, progress):
        # Only the reason may have changed, why the state is unknown.
        if isinstance(told, LiveChanged) and told.state != rows[-1][1]:
            rows.append((text(told.at_us), told.state))
    return rows


def _text_of(recording: Recording) -> Callable[[int], str]:
    first_us, unit_us, aware = recording.at_us[0], recording.resolution_us(), recording.aware
    return lambda mono_us: time_text(first_us + mono_us, unit_us, aware=aware)


def _play(
    recording: Recording, settings: PresenceSettings, progress: Callable[[int], None]
) -> Iterator[LiveChanged | SessionPiece]:
    """Feed a recording to a machine, whose time begins with the first row; give what it tells."""
    presence = Presence(settings)
    first_us, last_us = recording.at_us[0], recording.at_us[-1]
    for row, (at_us, level) in enumerate(recording.steps()):
        told = presence.feed(level, at_us - first_us)
        if not row:
            yield LiveChanged(0, presence.name, presence.reason)
        elif told:
            yield from told
        if row % _ROWS_PER_STEP == _ROWS_PER_STEP - 1:
            progress(_ROWS_PER_STEP)
    yield from presence.stop(last_us - first_us)


@contextmanager
def _progress(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _count: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update
