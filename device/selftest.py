"""`ankerort-device selftest`: each reader, door, sensor and light in turn, with a person who does what it says."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from device.bootstrap import open_hardware
from device.config import DEFAULT_FILE, DeviceSettings, ReaderSettings, SensorSettings, load_settings
from device.core.effects import Pattern
from device.core.inputs import CardPresented, CardRefused, Level, SensorLevel
from device.hardware import Hardware
from device.ports import Signal
from device.selftest_doors import check_doors
from device.selftest_parts import Inputs, Result, Verdict, say, told

SHOW_S: Final = 2.0

_REFUSED: Final = {
    "random_id": "this card makes a new id each time, as phones and identity cards do: use another card",
    "not_authentic": "this card does not prove what the access list says of it: use another card",
    "too_slow": "this card answers later than one that lies there: hold it to the reader itself",
    "unreadable": "the card's id can't be read: hold it flat and still, or use another card",
}
_LIGHTS: Final = (
    (Pattern.READY, "one short white blink"),
    (Pattern.CARD_SEEN, "one long green beat, with a high tone"),
    (Pattern.CARD_UNUSABLE, "three short red beats, with a low tone"),
    (Pattern.DEGRADED, "two yellow blinks"),
)


@click.command(
    epilog="""Examples:

\b
  ankerort-device selftest
  ankerort-device selftest --config ./device.toml --timeout 60
  ankerort-device selftest --non-interactive"""
)
@click.option(
    "--config",
    "-c",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="ANKERORT_CONFIG",
    help="Settings file; /etc/ankerort/device.toml when it exists. ANKERORT_... variables go on top.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0.1, 3600),
    default=20.0,
    show_default=True,
    help="Seconds to wait for each card and each movement.",
)
@click.option(
    "--non-interactive",
    is_flag=True,
    help="Ask nobody for anything: only see whether all is there and answers.",
)
def selftest(file: Path | None, timeout_s: float, non_interactive: bool) -> None:
    """Try each reader, door, sensor and light in turn, and say what to do for it.

    The agent must not run meanwhile: it has the pins (systemctl stop ankerort-device). Nothing is sent or kept. Each
    door is unlocked for one second.
    Status 0 when all is well, 1 when something failed.
    """
    if file is None and DEFAULT_FILE.exists():
        file = DEFAULT_FILE
    settings = load_settings(file, os.environ).settings
    hardware = open_hardware(settings)
    has_signal = any(
        pin is not None
        for pin in (settings.signal.red, settings.signal.green, settings.signal.blue, settings.signal.buzzer)
    )
    with _running(hardware) as inputs:
        inputs.settle({r.id for r in settings.reader}, {s.desk for s in settings.sensor})
        wait_s = None if non_interactive else timeout_s
        results = list(_check_all(settings, inputs, wait_s))
        results += check_doors(settings.door, hardware.locks, inputs, wait_s)
        results += _check_lights(hardware.signal, ask=not non_interactive) if has_signal else []
    _show(results)
    sys.exit(1 if any(result.verdict is Verdict.BAD for result in results) else 0)


@contextmanager
def _running(hardware: Hardware) -> Iterator[Inputs]:
    inputs = Inputs()
    try:
        for lock in hardware.locks.values():
            lock.set(released=False)
        for source in hardware.sources:
            source.start(inputs.put)
        yield inputs
    finally:
        for lock in hardware.locks.values():
            lock.close()
        for source in hardware.sources:
            source.stop()
        hardware.signal.close()


def _check_all(settings: DeviceSettings, inputs: Inputs, wait_s: float | None) -> Iterator[Result]:
    for reader in settings.reader:
        yield _check_reader(reader, inputs, wait_s)
    for sensor in settings.sensor:
        yield _check_sensor(sensor, inputs, wait_s)


def _check_reader(reader: ReaderSettings, inputs: Inputs, wait_s: float | None) -> Result:
    part = f"reader {reader.id}"
    inputs.forget()
    if not inputs.connected.get(reader.id, False):
        detail = f"no reader fits match = {reader.match!r}: is it plugged in? `pcsc_scan -r` lists names"
        return Result(part, Verdict.BAD, detail)
    if wait_s is None:
        return Result(part, Verdict.GOOD, "connected")
    say(f"Hold a card to {part} …")
    given = inputs.until(lambda one: isinstance(one, CardPresented | CardRefused), wait_s)
    match given:
        case CardPresented(seen_at) | CardRefused(seen_at) if seen_at != reader.id:
            detail = f"a card was seen at reader {seen_at} instead: exchange their `match`, or hold it to the other one"
            return told(Result(part, Verdict.BAD, detail))
        case CardPresented():
            return told(Result(part, Verdict.GOOD, "card seen"))
        case CardRefused(_, reason):
            return told(Result(part, Verdict.BAD, _REFUSED[reason]))
        case _:
            detail = f"no card seen within {wait_s:g} s: is it an NFC card of 13.56 MHz?"
            return told(Result(part, Verdict.BAD, detail))


def _check_sensor(sensor: SensorSettings, inputs: Inputs, wait_s: float | None) -> Result:
    part = f"sensor {sensor.id}"
    inputs.forget()
    level = inputs.levels.get(sensor.desk, Level.MISSING)
    if level is Level.MISSING:
        wire = "its pin" if sensor.pin is None else f"GPIO{sensor.pin}"
        detail = f"{wire} can't be read: see the line above; does the agent run, and has it the pin?"
        return Result(part, Verdict.BAD, detail)
    if wait_s is None:
        return Result(part, Verdict.GOOD, "somebody there" if level is Level.ACTIVE else "nobody there")
    wanted = Level.IDLE if level is Level.ACTIVE else Level.ACTIVE
    act = "Step away from" if wanted is Level.IDLE else "Sit down and move at"
    say(f"{act} desk {sensor.desk} ({part}) …")
    given = inputs.until(
        lambda one: isinstance(one, SensorLevel) and one.desk == sensor.desk and one.level is not level,
        wait_s,
    )
    match given:
        case SensorLevel(_, Level.MISSING):
            return told(Result(part, Verdict.BAD, "it went away meanwhile: check its wires"))
        case SensorLevel():
            return told(
                Result(part, Verdict.GOOD, "movement seen" if wanted is Level.ACTIVE else "silence seen")
            )
        case _:
            detail = f"no change within {wait_s:g} s: check its wires, its place, and active_high"
            return told(Result(part, Verdict.BAD, detail))


def _check_lights(signal: Signal, *, ask: bool) -> Iterator[Result]:
    for pattern, looks in _LIGHTS:
        part = f"light {pattern.value}"
        signal.show(pattern)
        if not ask:
            time.sleep(SHOW_S)
            yield Result(part, Verdict.UNSEEN, f"shown: {looks}")
        elif click.confirm(f"The light shows {looks}. Do you see and hear it?", default=True):
            yield Result(part, Verdict.GOOD, "seen")
        else:
            yield Result(part, Verdict.BAD, "not seen: check the pins in [signal], and the lamp's polarity")


def _show(results: Sequence[Result]) -> None:
    width = max((len(result.part) for result in results), default=0)
    click.echo()
    for result in results:
        click.echo(f"{result.part:<{width}}  {result.verdict.value:<11}  {result.detail}")
    failed = sum(result.verdict is Verdict.BAD for result in results)
    click.echo(
        f"\n{len(results)} checked, {failed} failed"
        if results
        else "Nothing to check: the settings name no part."
    )
