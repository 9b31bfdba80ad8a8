"""The waiting list: who waits for a desk at a time, and how long what became free is held for the first in line. Pure.

A hold is a booking of kind HOLD that belongs to nobody: it takes the desk as any booking does, so that the database
itself keeps others off it. Whose it is stands in the list alone.
"""

from dataclasses import dataclass
from typing import Final

from hub.domain.booking import Booking
from hub.domain.granularity import slot_at
from hub.domain.space import Space
from hub.domain.time import Interval

MAX_WAITS: Final = 20
"""So many times a member may wait for at once."""

MIN_HOLD_US: Final = 600_000_000
"""A hold lasts no shorter than that, also right before its begin: a letter must be read first."""

_MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Wait:
    """A place in line.

    Args:
        member: key of who waits.
        desk: id; empty for any desk of the space.
        hold: id of the booking that keeps a desk for whom has come first; empty while there is none.
        until_us: when that ends unless it is confirmed.
    """

    id: str
    space: str
    member: int
    desk: str
    time: Interval
    created_us: int
    hold: str = ""
    until_us: int = 0

    def is_for(self, booking: Booking) -> bool:
        """Say whether what a booking takes, or leaves free, is a part of what is waited for."""
        return (not self.desk or self.desk in booking.desks) and (
            self.time.start_us < booking.time.end_us and booking.time.start_us < self.time.end_us
        )

    def is_met_by(self, booking: Booking) -> bool:
        """Say whether who has a booking needs to wait no more."""
        return (not self.desk or self.desk in booking.desks) and (
            booking.time.start_us <= self.time.start_us and self.time.end_us <= booking.time.end_us
        )


def rest_of(space: Space, time: Interval, now_us: int) -> Interval | None:
    """Return what can still be had of a time: from the slot that runs now on; None when it is over."""
    if time.end_us <= now_us:
        return None
    if now_us < time.start_us:
        return time
    running = slot_at(space.granularity, now_us, space.time_zone, space.booking_rules.half_day_at)
    return Interval(max(time.start_us, running.start_us), time.end_us)


def held_until_us(space: Space, time: Interval, now_us: int) -> int:
    """Return until when a time is held: the space's term, but until its begin, and never until after its end."""
    term_us = space.booking_rules.hold_min * _MINUTE_US
    latest_us = max(time.start_us, now_us + min(MIN_HOLD_US, term_us))
    return min(now_us + term_us, latest_us, time.end_us)
