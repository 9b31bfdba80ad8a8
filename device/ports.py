"""What the loop needs from the outside, as small protocols; each docstring says what happens on failure."""

from collections.abc import Callable
from typing import Protocol

from device.core.effects import Pattern
from device.core.inputs import Input, Moment

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
