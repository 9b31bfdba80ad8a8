"""What a door knows of the time: the right time, or only what it is at least (DESIGN section 6)."""

from dataclasses import dataclass
from typing import Final

from device.core.inputs import Moment

BEHIND_US: Final = 60_000_000
"""A battery-backed clock further than this behind what is known for sure has lost the time."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the time at a moment.

    Args:
        trusted: whether `at_us` is the time; otherwise it is that time or later.
        at_us: microseconds since 1970 UTC.
    """

    trusted: bool
    at_us: int


class TrustedTime:
    """Keeps the lower bound, which only rises: with the monotonic clock, with trusted time, with what the hub signed.

    Args:
        not_before_us: latest time that the device had stored, right or as a lower bound; it counts from the first look
            on, since it may have been stored earlier in this very boot.
    """

    __slots__ = ("_least_us", "_mono_us")

    def __init__(self, not_before_us: int) -> None:
        self._least_us = not_before_us
        self._mono_us: int | None = None

    def look(self, now: Moment) -> Known:
        """Say what is known now."""
        if self._mono_us is not None:
            self._least_us += max(0, now.mono_us - self._mono_us)
        self._mono_us = now.mono_us
        trusted = now.synced or (now.battery and now.wall_us >= self._least_us - BEHIND_US)
        if trusted:
            self._least_us = max(self._least_us, now.wall_us)
            return Known(trusted=True, at_us=now.wall_us)
        return Known(trusted=False, at_us=self._least_us)

    def raise_to(self, issued_us: int) -> None:
        """Take note that a signed message was issued at a time, which has passed therefore."""
        self._least_us = max(self._least_us, issued_us)
