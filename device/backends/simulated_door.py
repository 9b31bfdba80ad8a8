"""Doors that are not there: somebody opens them when their lock lets go, now and then somebody leaves, or calls.

Known to the demonstration and to tests; a lock here does all that `device.ports.Lock` promises.
"""

import heapq
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from random import Random
from typing import Final

from device.core.inputs import DoorLevel, DoorLine, Level
from device.ports import Put

REACH_S: Final = (0.8, 1.8)
"""How long a hand takes to the door that was released."""
PASS_S: Final = (2.5, 7.0)
"""How long it stands open."""
PRESS_S: Final = 0.5
LEAST_S: Final = 0.3
"""Nothing at a door is faster, however fast people live: the core takes less for a contact that bounces."""
LEAVE_S: Final = 400.0
"""Mean time between two people who leave by the button."""
CALL_S: Final = 240.0
"""Mean time between two people who press the button outside: a parcel, or somebody who has the phone in hand."""
NOT_TAKEN: Final = 1 / 12
"""Share of grants that nobody follows up: the phone rang."""


class SimulatedLock:
    """The lock of a simulated door (`device.ports.Lock`)."""

    def __init__(self, moved: Callable[[bool], None]) -> None:
        self.released = False
        self.closed = False
        self._moved = moved

    def set(self, *, released: bool) -> None:
        """Release the door or let it hold."""
        if self.closed:
            return
        was, self.released = self.released, released
        if was is not released:
            self._moved(released)

    def check(self) -> None:
        """Find nothing to be tried again."""

    @property
    def is_working(self) -> bool:
        """Whether the last word reached the output: always."""
        return True

    def close(self) -> None:
        """Let it hold for good."""
        self.set(released=False)
        self.closed = True


class SimulatedDoors:
    """Doors with people, as a source of inputs (`device.ports.Source`).

    Args:
        doors: their ids.
        seed: the same seed gives the same people.
        speed: how many seconds of their lives pass in a real one, above 0.
        leave_s: see `LEAVE_S`; None for people who never leave.
        call_s: see `CALL_S`; None for people who never press the button outside.
    """

    def __init__(
        self,
        doors: Sequence[str],
        seed: str,
        *,
        speed: float = 1.0,
        leave_s: float | None = LEAVE_S,
        call_s: float | None = CALL_S,
    ) -> None:
        if speed <= 0:
            raise ValueError(f"speed {speed:g} is not above 0: use 1 for real time")
        self.locks = {door: SimulatedLock(self._mover(door)) for door in doors}
        self._speed = speed
        self._mean_s = {DoorLine.EXIT: leave_s, DoorLine.BUTTON: call_s}
        self._dice = Random(f"{seed}/doors")  # noqa: S311 - plays, guards nothing
        self._changed = threading.Condition()
        self._plans: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = count()
        self._open: set[str] = set()
        self._put: Put | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self, put: Put) -> None:
        """Close every door, and let people come."""
        if self._thread is not None:
            return
        self._put, self._stopping = put, False
        self._plans.clear()
        self._open.clear()
        for door in self.locks:
            for line in DoorLine:
                put(DoorLevel(door, line, Level.ACTIVE if line is DoorLine.CONTACT else Level.IDLE))
            for line in self._mean_s:
                self._plan_press(door, line)
        self._thread = threading.Thread(target=self._run, name="simulated-doors", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End where it is; nothing comes after that."""
        if self._thread is None:
            return
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()
        self._thread = None
        self._put = None

    def _mover(self, door: str) -> Callable[[bool], None]:
        def moved(released: bool) -> None:
            if released and self._dice.random() >= NOT_TAKEN:
                self._plan(self._dice.uniform(*REACH_S), lambda: self._open_door(door))

        return moved

    def _plan(self, in_s: float, what: Callable[[], None]) -> None:
        with self._changed:
            due = time.monotonic() + max(LEAST_S, in_s / self._speed)
            heapq.heappush(self._plans, (due, next(self._serial), what))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                wait_s = self._plans[0][0] - time.monotonic() if self._plans else None
                if wait_s is None or wait_s > 0:
                    self._changed.wait(wait_s)
                    continue
                _due, _serial, what = heapq.heappop(self._plans)
            what()

    def _tell(self, door: str, line: DoorLine, level: Level) -> None:
        if self._put is not None:
            self._put(DoorLevel(door, line, level))

    def _open_door(self, door: str) -> None:
        # It may hold again by now: then the hand finds it locked.
        if not self.locks[door].released or door in self._open:
            return
        self._open.add(door)
        self._tell(door, DoorLine.CONTACT, Level.IDLE)
        self._plan(self._dice.uniform(*PASS_S), lambda: self._close_door(door))

    def _close_door(self, door: str) -> None:
        self._open.discard(door)
        self._tell(door, DoorLine.CONTACT, Level.ACTIVE)

    def _plan_press(self, door: str, line: DoorLine) -> None:
        mean_s = self._mean_s[line]
        if mean_s is not None:
            self._plan(self._dice.expovariate(1 / mean_s), lambda: self._press(door, line))

    def _press(self, door: str, line: DoorLine) -> None:
        self._tell(door, line, Level.ACTIVE)
        self._plan(PRESS_S, lambda: self._tell(door, line, Level.IDLE))
        self._plan_press(door, line)
