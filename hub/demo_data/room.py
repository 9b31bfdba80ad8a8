"""Which desks are free for somebody: of bookings, of those who sit there already, and of what keeps them out of use."""

from collections.abc import Sequence
from typing import Final

from hub.demo_data.truth import Blind, BlindReason, Sat
from hub.domain.time import Interval

MINUTE_US: Final = 60_000_000
APART_US: Final = 20 * MINUTE_US
"""Two who use a desk one after the other leave it alone for longer than any sensor's bridge (`device.core.sensing`)."""
LEAST_US: Final = 25 * MINUTE_US
"""Nobody sits down for less."""
_SEEN_US: Final = 10 * MINUTE_US
"""What is seen of somebody for less than that is told by no device."""


def overlaps(one: Interval, other: Interval) -> bool:
    """Say whether two times have a moment in common."""
    return one.start_us < other.end_us and other.start_us < one.end_us


class Room:
    """The desks of a space on one day."""

    def __init__(self, desks: Sequence[str]) -> None:
        self._booked: dict[str, list[Interval]] = {desk: [] for desk in desks}
        self._sat: dict[str, list[Interval]] = {desk: [] for desk in desks}

    @property
    def desks(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._booked)

    def book(self, desk: str, time: Interval) -> None:
        """Take a desk for a booking."""
        self._booked[desk].append(time)

    def sit(self, sat: Sat) -> None:
        """Take a desk for somebody who sits there."""
        if sat.desk in self._sat:
            self._sat[sat.desk].append(sat.time)

    def is_bookable(self, desk: str, time: Interval) -> bool:
        """Say whether nobody has booked a desk."""
        return not any(overlaps(time, other) for other in self._booked[desk])

    def has_seat(self, desk: str, time: Interval) -> bool:
        """Say whether nobody sits at a desk, shortly before and after, too."""
        wide = Interval(time.start_us - APART_US, time.end_us + APART_US)
        return not any(overlaps(wide, other) for other in self._sat[desk])


def seen(sat: Interval, blind: Sequence[Blind]) -> Interval | None:
    """Return a time at a desk so that no device has to tell of a moment; None when too little is left.

    What remains before or after a blind time is longer than that, or nothing. Nobody sits there while a device loses
    what it notes.
    """
    start_us, end_us = sat.start_us, sat.end_us
    for one in blind:
        if one.time.end_us <= start_us or one.time.start_us >= end_us:
            continue
        if one.reason is BlindReason.LOST:
            if one.time.start_us - APART_US > start_us:
                end_us = one.time.start_us - APART_US
            else:
                start_us = one.known_us + APART_US
            continue
        if one.time.start_us - start_us < _SEEN_US:
            start_us = max(start_us, one.time.start_us)
        if end_us - one.time.end_us < _SEEN_US:
            end_us = min(end_us, one.time.end_us)
    return Interval(start_us, end_us) if end_us - start_us >= LEAST_US else None
