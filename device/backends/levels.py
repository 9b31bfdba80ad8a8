"""Levels of wires as inputs: after an edge, and again and again, so that an edge that got lost is found.

Edges get lost now and then (lg#18), so an edge is only a hint to look at once: what is told is always a level that was
read, by one thread, so that two readers can't tell their levels in the wrong order.
"""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final

from device.core.inputs import Input, Level
from device.ports import Put

REPEAT_S: Final = 10.0
"""How often a level is told although it is the same."""
RETRY_S: Final = 10.0
"""How long a pin that could not be opened is left alone."""

_log = logging.getLogger(__name__)


class PinUnusable(Exception):
    """A pin can't be opened; the text names the pin, who wants it, and who has it where that can be known."""


class Wire(ABC):
    """Something whose level can be read, opened and closed as its pin allows.

    Args:
        owner: what it belongs to, for the log.
        pin: GPIO number, for the log.
        unknown: what is unknown while it can't be read, for the log.
        tells: makes the input of a level.
    """

    def __init__(self, owner: str, pin: int, unknown: str, tells: Callable[[Level], Input]) -> None:
        self.owner = owner
        self.tells = tells
        self._pin = pin
        self._unknown = unknown
        self._device: Any = None
        self._retry_at = 0.0
        self._complaint = ""

    @abstractmethod
    def open(self, on_edge: Callable[[], None]) -> Any:
        """Return an open device; `on_edge` may be called from another thread."""

    @abstractmethod
    def level(self, device: Any) -> Level:
        """Return the level of an open device now."""

    @abstractmethod
    def release(self, device: Any) -> None:
        """Close a device; raises nothing."""

    def read(self, on_edge: Callable[[], None]) -> Level:
        """Return the level now; MISSING when the pin can't be opened or read. Raises nothing."""
        try:
            if self._device is None:
                if time.monotonic() < self._retry_at:
                    return Level.MISSING
                self._device = self.open(on_edge)
            level = self.level(self._device)
        except Exception as error:  # noqa: BLE001 - lgpio and gpiozero raise errors of many kinds
            complaint = str(error)
            if not isinstance(error, PinUnusable):
                complaint = f"{self.owner} on GPIO{self._pin}: {complaint or type(error).__name__}"
            if complaint != self._complaint:
                self._complaint = complaint
                _log.warning("%s; %s is unknown, trying again every %g s", complaint, self._unknown, RETRY_S)
            self.close()
            self._retry_at = time.monotonic() + RETRY_S
            return Level.MISSING
        if self._complaint:
            self._complaint = ""
            _log.info("%s is back", self.owner)
        return level

    def close(self) -> None:
        """Give the pin free; the next `read` opens it again."""
        device, self._device = self._device, None
        self._retry_at = 0.0
        if device is not None:
            self.release(device)


class LevelSource:
    """Wires as one source of inputs (`device.ports.Source`).

    Args:
        wires: what is read.
        name: of its thread.
        reread_s: how often every level is read whether or not an edge came.
    """

    def __init__(self, wires: Sequence[Wire], name: str, reread_s: float) -> None:
        self._wires = wires
        self._name = name
        self._reread_s = reread_s
        self._put: Put | None = None
        self._told: dict[int, tuple[Level, float]] = {}
        self._look = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, put: Put) -> None:
        """Begin to read; a pin that can't be opened is MISSING and tried again."""
        if self._thread is not None:
            return
        self._put = put
        self._told.clear()
        self._stopping.clear()
        self._look.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and release the pins."""
        if self._thread is None:
            return
        self._stopping.set()
        self._look.set()
        self._thread.join()
        self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._look.clear()
            for number, wire in enumerate(self._wires):
                self._tell(number, wire, wire.read(self._look.set))
            self._look.wait(self._reread_s)
        for wire in self._wires:
            wire.close()

    def _tell(self, number: int, wire: Wire, level: Level) -> None:
        now = time.monotonic()
        told, at = self._told.get(number, (None, 0.0))
        if (level is not told or now - at >= REPEAT_S) and self._put is not None:
            self._told[number] = (level, now)
            self._put(wire.tells(level))
