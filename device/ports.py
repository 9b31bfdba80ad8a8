"""What the loop needs from the outside, as small protocols; each docstring says what happens on failure."""

from collections.abc import Callable
from typing import Protocol

from device.cards.apdu import Transmit
from device.core.effects import Pattern
from device.core.inputs import CommandArrived, Input, ListArrived, Moment

Put = Callable[[Input], None]
"""Puts an input on the one queue; safe from any thread, never blocks."""


class Clock(Protocol):
    """The device's clocks."""

    def now(self) -> Moment:
        """Return one reading of both clocks; `synced` is false when that can't be found out."""
        ...

    def boot_id(self) -> str:
        """Return 16 hex digits that change with every boot and stay over a restart of the agent."""
        ...


class Source(Protocol):
    """A sensor or a card reader: something that puts inputs on the queue."""

    def start(self, put: Put) -> None:
        """Begin; missing hardware is reported as an input (MISSING, disconnected), not raised, and looked for again."""
        ...

    def stop(self) -> None:
        """End every thread and release the hardware; returns when that is done; a second call does nothing."""
        ...


class Signal(Protocol):
    """Light and sound at the reader."""

    def show(self, pattern: Pattern) -> None:
        """Begin a pattern and return at once; a missing lamp is no error."""
        ...

    def close(self) -> None:
        """Go dark and release the hardware."""
        ...


class Lock(Protocol):
    """The lock of one door; it holds from the moment it is opened until it is told otherwise."""

    def set(self, *, released: bool) -> None:
        """Release the door or let it hold; done when this returns, within a millisecond.

        Raises nothing: an output that fails is logged as an alarm, tried again by the next call and by each `check`,
        and `is_working` says so. Nobody knows then whether the door holds.
        """
        ...

    def check(self) -> None:
        """Try again what failed, to be called now and then; does nothing while all is well. Raises nothing."""
        ...

    @property
    def is_working(self) -> bool:
        """Whether the last word reached the output."""
        ...

    def close(self) -> None:
        """Let it hold and give the output free; a second call does nothing. Raises nothing."""
        ...


class ReaderPower(Protocol):
    """The supply of a card reader, for one that hangs until its power is cut."""

    def set(self, *, on: bool) -> None:
        """Switch it; a switch that fails is logged and leaves the reader as it is. Raises nothing."""
        ...

    def close(self) -> None:
        """Leave the reader on and give the output free. Raises nothing."""
        ...


class CardDesk(Protocol):
    """Decides what is done with a card on a reader; called from the reader's thread."""

    def waiting(self, reader: str) -> str:
        """Return the id of the order that waits for a card at a reader, or an empty text."""
        ...

    def serve(self, reader: str, transmit: Transmit) -> Input | None:
        """Do it and return what came of it, or None for nothing to tell; what `transmit` raises passes through."""
        ...

    def broken_off(self, reader: str) -> Input | None:
        """Take note that a card went away, or failed for good, before `serve` was done; return what is to be told."""
        ...


class AccessLists(Protocol):
    """Checks what the hub sealed, and keeps the list that applies; used by one thread at a time."""

    def take_list(self, payload: bytes, now: Moment) -> ListArrived | None:
        """Return a list that applies from now on and is on disk; None when it applies already.

        A disk that fails is logged as an alarm, and the list applies all the same.

        Raises:
            NotTaken: when it is not to be used; the one before goes on.
        """
        ...

    def take_command(self, payload: bytes, *, retained: bool) -> CommandArrived:
        """Return a command that is the hub's for this device; whether it is too late is the core's to say.

        Raises:
            NotTaken: when it is not.
        """
        ...


class Uplink(Protocol):
    """The connection to the broker."""

    def start(self, put: Put) -> None:
        """Begin to connect and keep trying with full jitter; says LinkUp, LinkDown and MarkArrived on the queue."""
        ...

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        """Hand a message to the broker with QoS 1; False without a connection (nothing is queued: the spool keeps)."""
        ...

    def stop(self) -> None:
        """Say `offline`, disconnect and end the thread, within two seconds."""
        ...
