"""What a device is made of, as the sum of its parts."""

from dataclasses import dataclass, field

from device.core.effects import Pattern
from device.ports import Lock, Signal, Source


class Darkness:
    """A signal for a device without lamp and buzzer."""

    def show(self, pattern: Pattern) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Release nothing."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a device is made of; nothing is open before the sources start and the core speaks.

    Args:
        sources: sensors, readers and the lines of doors.
        signal: light and sound.
        locks: door to its lock.
    """

    sources: list[Source]
    signal: Signal
    locks: dict[str, Lock] = field(default_factory=dict)
