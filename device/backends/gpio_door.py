"""A door on the Pi's pins: its lock, its contact, buttons and tamper switch, and the supply of its reader.

A pin of a program that has ended, or was killed, has no level of its own: relay and wiring must hold the door then.
While it runs, the lock's pin has its right level from the first moment on.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from device.backends.gpio import GpioBoard
from device.backends.levels import LevelSource, Wire
from device.core.inputs import DoorLevel, DoorLine, Level

REREAD_S: Final = 0.1
"""How often every line is read: a press of 400 ms counts (IEC 60839-11-1), also when its edge got lost."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GpioDoor:
    """A door of the settings.

    Args:
        door: its id.
        lock_pin: GPIO number of its lock.
        energise_to_lock: whether the lock holds with current (a magnet) or without (a strike).
        lock_active_high: whether a high level lets the current flow.
        contact_pin: GPIO number of its contact.
        contact_closed_high: whether a high level says that it is closed; a reed switch to ground has False.
        exit_pin: GPIO number of its request-to-exit button.
        exit_active_high: whether a high level says that it is pressed; a button to ground has False.
        tamper_pin: GPIO number of a switch to ground that is closed while the housing is.
        button_pin: GPIO number of the button outside.
        button_active_high: as `exit_active_high`.
    """

    door: str
    lock_pin: int
    energise_to_lock: bool = False
    lock_active_high: bool = True
    contact_pin: int | None = None
    contact_closed_high: bool = False
    exit_pin: int | None = None
    exit_active_high: bool = False
    tamper_pin: int | None = None
    button_pin: int | None = None
    button_active_high: bool = False


class _Switch:
    """An output that is opened with its first level, and opened anew after a failure."""

    def __init__(self, board: GpioBoard, pin: int, owner: str, *, active_high: bool) -> None:
        board.claim(pin, owner)
        self.owner = owner
        self._board = board
        self._pin = pin
        self._active_high = active_high
        self._device: Any = None

    def set(self, *, on: bool) -> str:
        """Switch it; return what went wrong, or nothing."""
        try:
            if self._device is None:
                self._device = self._board.open_switch(
                    self._pin, self.owner, active_high=self._active_high, on=on
                )
            else:
                self._device.value = on
        except Exception as error:  # noqa: BLE001 - lgpio and gpiozero raise errors of many kinds
            self.release()
            return str(error) or type(error).__name__
        return ""

    def release(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            self._board.release(device)


class GpioLock:
    """A lock on a pin (`device.ports.Lock`); nothing is opened before the first `set`.

    Args:
        board: the pins.
        door: of the settings.

    Raises:
        InvalidSetting: when the pin is asked for twice.
    """

    def __init__(self, board: GpioBoard, door: GpioDoor) -> None:
        self._switch = _Switch(
            board, door.lock_pin, f"lock of door {door.door}", active_high=door.lock_active_high
        )
        self._energise_to_lock = door.energise_to_lock
        self._released = False
        self._complaint = ""
        self._closed = False

    def set(self, *, released: bool) -> None:
        """Release the door or let it hold."""
        if self._closed:
            return
        self._released = released
        complaint = self._switch.set(on=released is not self._energise_to_lock)
        if complaint and complaint != self._complaint:
            _log.critical(
                "%s can't be set, and nobody knows whether it holds: %s; trying again: look after the door",
                self._switch.owner,
                complaint,
            )
        elif self._complaint and not complaint:
            _log.warning("%s works again", self._switch.owner)
        self._complaint = complaint

    def check(self) -> None:
        """Try again what failed."""
        if self._complaint:
            self.set(released=self._released)

    @property
    def is_working(self) -> bool:
        """Whether the last word reached the output."""
        return not self._complaint

    def close(self) -> None:
        """Let it hold and give the pin free."""
        self.set(released=False)
        self._closed = True
        self._switch.release()


class GpioReaderPower:
    """The supply of a reader on a pin (`device.ports.ReaderPower`); a high level is on.

    Args:
        board: the pins.
        pin: GPIO number.
        reader: id of the reader, for the log.

    Raises:
        InvalidSetting: when the pin is asked for twice.
    """

    def __init__(self, board: GpioBoard, pin: int, reader: str) -> None:
        self._switch = _Switch(board, pin, f"power of reader {reader}", active_high=True)
        self._complaint = ""

    def set(self, *, on: bool) -> None:
        """Switch it."""
        complaint = self._switch.set(on=on)
        if complaint and complaint != self._complaint:
            _log.warning("%s can't be switched: %s", self._switch.owner, complaint)
        self._complaint = complaint

    def close(self) -> None:
        """Leave the reader on and give the pin free."""
        self.set(on=True)
        self._switch.release()


class _Line(Wire):
    """One line of a door."""

    def __init__(self, board: GpioBoard, door: str, line: DoorLine, pin: int, *, active_high: bool) -> None:
        owner = f"{line.value} of door {door}"
        super().__init__(owner, pin, "what it tells", lambda level: DoorLevel(door, line, level))
        self._board = board
        self._active_high = active_high
        # Pulled to where a wire that came off reads as what must be seen: the door is open, the housing too. A button
        # whose wire came off reads as not pressed.
        self._pull_up = active_high if line is DoorLine.TAMPER else not active_high
        board.claim(pin, owner)

    def open(self, on_edge: Callable[[], None]) -> Any:
        return self._board.open_contact(self._pin, self.owner, pull_up=self._pull_up, on_edge=on_edge)

    def level(self, device: Any) -> Level:
        return Level.ACTIVE if bool(device.pin.state) is self._active_high else Level.IDLE

    def release(self, device: Any) -> None:
        self._board.release(device)


class GpioDoorLines(LevelSource):
    """The lines of every door on the pins, as one source of inputs; a line that can't be read is MISSING.

    Args:
        board: the pins.
        doors: of the settings.
        reread_s: see `REREAD_S`.

    Raises:
        InvalidSetting: when a pin is asked for twice.
    """

    def __init__(self, board: GpioBoard, doors: Sequence[GpioDoor], *, reread_s: float = REREAD_S) -> None:
        lines = [
            _Line(board, door.door, line, pin, active_high=active_high)
            for door in doors
            for line, pin, active_high in (
                (DoorLine.CONTACT, door.contact_pin, door.contact_closed_high),
                (DoorLine.EXIT, door.exit_pin, door.exit_active_high),
                (DoorLine.TAMPER, door.tamper_pin, True),
                (DoorLine.BUTTON, door.button_pin, door.button_active_high),
            )
            if pin is not None
        ]
        super().__init__(lines, "gpio-doors", reread_s)
