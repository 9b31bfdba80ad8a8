"""What the self-test's checks share: inputs as they come, verdicts, and what is said to whoever stands there."""

import queue
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import click

from device.core.inputs import DoorLevel, DoorLine, Input, Level, ReaderPresence, SensorLevel

APPEAR_S: Final = 5.0
"""How long hardware may take until it says for the first time whether it is there."""


class Verdict(Enum):
    """How a check ended."""

    GOOD = "ok"
    BAD = "FAILED"
    UNSEEN = "not checked"


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table at the end."""

    part: str
    verdict: Verdict
    detail: str


class Inputs:
    """What the sources put, and the latest state of each part."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Input] = queue.SimpleQueue()
        self.put = self._queue.put
        self.connected: dict[str, bool] = {}
        self.levels: dict[str, Level] = {}
        self.lines: dict[tuple[str, DoorLine], Level] = {}

    def until(self, is_it: Callable[[Input], bool], for_s: float) -> Input | None:
        """Return the first input that is it, or None when none came in time."""
        end = time.monotonic() + for_s
        while (left := end - time.monotonic()) > 0:
            try:
                given = self._queue.get(timeout=left)
            except queue.Empty:
                break
            self._note(given)
            if is_it(given):
                return given
        return None

    def settle(self, readers: set[str], desks: set[str]) -> None:
        """Wait until every part said whether it is there, or had its time."""

        def all_said(_given: Input) -> bool:
            return readers <= self.connected.keys() and desks <= self.levels.keys()

        if readers or desks:
            self.until(all_said, APPEAR_S)

    def forget(self) -> None:
        """Take note of what came meanwhile, and look at nothing of it again."""
        self.until(lambda _given: False, 0.05)

    def _note(self, given: Input) -> None:
        match given:
            case ReaderPresence(reader, connected):
                self.connected[reader] = connected
            case SensorLevel(desk, level):
                self.levels[desk] = level
            case DoorLevel(door, line, level):
                self.lines[door, line] = level


def say(text: str) -> None:
    """Say what is to be done; `told` ends the line."""
    click.echo(f"{text} ", nl=False)
    sys.stdout.flush()


def told(result: Result) -> Result:
    """Say whether it was seen, and return the result."""
    click.echo("seen" if result.verdict is Verdict.GOOD else "no")
    return result
