"""The self-test's part for doors: the lock clicks for a second, then each line is tried in words."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import click

from device.core.inputs import DoorLevel, DoorLine, Input, Level
from device.door_settings import OwnDoorSettings
from device.ports import Lock
from device.selftest_parts import APPEAR_S, Inputs, Result, Verdict, say, told

CLICK_S: Final = 1.0

_STATES: Final = {
    DoorLine.CONTACT: {Level.ACTIVE: "closed", Level.IDLE: "open"},
    DoorLine.EXIT: {Level.ACTIVE: "pressed", Level.IDLE: "not pressed"},
    DoorLine.BUTTON: {Level.ACTIVE: "pressed", Level.IDLE: "not pressed"},
    DoorLine.TAMPER: {Level.ACTIVE: "housing open", Level.IDLE: "housing closed"},
}
_ACTS: Final = {
    DoorLine.CONTACT: {Level.ACTIVE: "Open door {door}", Level.IDLE: "Close door {door}"},
    DoorLine.EXIT: {
        Level.ACTIVE: "Let go of the exit button of door {door}",
        Level.IDLE: "Press the exit button of door {door}",
    },
    DoorLine.BUTTON: {
        Level.ACTIVE: "Let go of the button outside of door {door}",
        Level.IDLE: "Press the button outside of door {door}",
    },
    DoorLine.TAMPER: {
        Level.ACTIVE: "Close the housing at door {door}",
        Level.IDLE: "Open the housing at door {door}, and close it again",
    },
}
_REVERSED: Final = {
    DoorLine.CONTACT: "contact_closed_high",
    DoorLine.EXIT: "exit_active_high",
    DoorLine.BUTTON: "button_active_high",
    DoorLine.TAMPER: "the switch (closed while the housing is)",
}


def check_doors(
    doors: Sequence[OwnDoorSettings], locks: Mapping[str, Lock], inputs: Inputs, wait_s: float | None
) -> Iterator[Result]:
    """Check each door in turn.

    Args:
        locks: door to its lock.
        inputs: what the sources put.
        wait_s: for how long a person is waited for; None asks nobody and unlocks nothing.
    """
    for door in doors:
        yield _check_lock(door, locks[door.id], ask=wait_s is not None)
        for line, pin in (
            (DoorLine.CONTACT, door.contact_pin),
            (DoorLine.EXIT, door.exit_pin),
            (DoorLine.BUTTON, door.button_pin),
            (DoorLine.TAMPER, door.tamper_pin),
        ):
            if pin is not None:
                yield _check_line(door.id, line, pin, inputs, wait_s)


def _check_lock(door: OwnDoorSettings, lock: Lock, *, ask: bool) -> Result:
    part = f"door {door.id} lock"
    if not _works(lock):
        return _unusable(part, door)
    if not ask:
        return Result(part, Verdict.UNSEEN, "its pin can be set; nobody was there to hear the lock")
    if not click.confirm(f"Door {door.id} will be unlocked for one second. Do it?", default=True):
        return Result(part, Verdict.UNSEEN, "its pin can be set; it was not tried")
    lock.set(released=True)
    time.sleep(CLICK_S)
    lock.set(released=False)
    if not _works(lock):
        return _unusable(part, door)
    if not click.confirm("Did the lock click, twice?", default=True):
        detail = f"check the wires at GPIO{door.lock_pin}, the lock's supply, and lock_active_high"
        return Result(part, Verdict.BAD, detail)
    if not click.confirm("Is the door locked now?", default=True):
        other = "energise_to_open" if door.lock == "energise_to_lock" else "energise_to_lock"
        detail = f'it works the other way round: set lock = "{other}", or the other lock_active_high'
        return Result(part, Verdict.BAD, detail)
    return Result(part, Verdict.GOOD, "clicked, and holds")


def _works(lock: Lock) -> bool:
    return lock.is_working


def _unusable(part: str, door: OwnDoorSettings) -> Result:
    detail = f"GPIO{door.lock_pin} can't be set: see the line above; does the agent run, and has it the pin?"
    return Result(part, Verdict.BAD, detail)


def _check_line(door: str, line: DoorLine, pin: int, inputs: Inputs, wait_s: float | None) -> Result:
    part = f"door {door} {line.value}"
    inputs.forget()
    if (door, line) not in inputs.lines:
        inputs.until(_is_about(door, line), APPEAR_S)
    level = inputs.lines.get((door, line), Level.MISSING)
    if level is Level.MISSING:
        return Result(part, Verdict.BAD, f"GPIO{pin} can't be read: see the line above; does the agent run?")
    if wait_s is None:
        return Result(part, Verdict.GOOD, _STATES[line][level])
    say(f"{_ACTS[line][level].format(door=door)} (it reads as {_STATES[line][level]}) …")
    given = inputs.until(
        lambda one: _is_about(door, line)(one) and inputs.lines[door, line] is not level, wait_s
    )
    match given:
        case DoorLevel(_, _, Level.MISSING):
            return told(Result(part, Verdict.BAD, "it went away meanwhile: check its wires"))
        case DoorLevel(_, _, now):
            return told(Result(part, Verdict.GOOD, f"seen as {_STATES[line][now]}"))
        case _:
            detail = f"no change within {wait_s:g} s: check its wires at GPIO{pin}, and {_REVERSED[line]}"
            return told(Result(part, Verdict.BAD, detail))


def _is_about(door: str, line: DoorLine) -> Callable[[Input], bool]:
    return lambda one: isinstance(one, DoorLevel) and (one.door, one.line) == (door, line)
