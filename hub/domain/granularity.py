"""The grid in which a space is booked: hours, half days or days of its own wall clock; pure.

Slots of a local day follow each other without a gap, from midnight to midnight. An hour begins whenever the wall clock
shows a full one, so a day has 23 or 25 of them when clocks change, and an hour that comes twice is two slots. The first
half of a day ends at noon, or when the space says; days and half days are as long as they are.
"""

from datetime import date, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final

from hub.domain.booking import MAX_LENGTH_US
from hub.domain.booking_refusals import NotAligned, TooLong
from hub.domain.space import Granularity
from hub.domain.time import Interval, day_bounds, local_date, to_local, wall_us

NOON: Final = time(12)
_DAY_US: Final = 86_400_000_000
_QUARTER_US: Final = 900_000_000
"""All zones of today differ from UTC by whole quarters of an hour."""


@lru_cache(maxsize=4096)
def slots(granularity: Granularity, day: date, zone: str, half_day_at: time = NOON) -> tuple[Interval, ...]:
    """Return the slots of a local day, rising.

    Args:
        half_day_at: wall time at which the first half ends.
    """
    bounds = day_bounds(day, zone)
    match granularity:
        case Granularity.DAY:
            return (bounds,)
        case Granularity.HALF_DAY:
            cuts = [bounds.start_us, wall_us(day, half_day_at, zone), bounds.end_us]
        case Granularity.HOUR:
            inner = range(bounds.start_us + _QUARTER_US, bounds.end_us, _QUARTER_US)
            cuts = [bounds.start_us, *(at for at in inner if to_local(at, zone).minute == 0), bounds.end_us]
    return tuple(Interval(start, end) for start, end in pairwise(cuts) if start < end)


def slot_at(granularity: Granularity, at_us: int, zone: str, half_day_at: time = NOON) -> Interval:
    """Return the slot that holds a moment."""
    day = local_date(at_us, zone)
    return next(slot for slot in slots(granularity, day, zone, half_day_at) if at_us in slot)


def fitted(granularity: Granularity, wanted: Interval, zone: str, half_day_at: time = NOON) -> Interval:
    """Return the smallest time of the grid that holds another one, which must not be empty."""
    first = slot_at(granularity, wanted.start_us, zone, half_day_at)
    last = slot_at(granularity, wanted.end_us - 1, zone, half_day_at)
    return Interval(first.start_us, last.end_us)


def check_fits(granularity: Granularity, wanted: Interval, zone: str, half_day_at: time = NOON) -> None:
    """Refuse a time that is empty, too long, or does not begin and end with slots.

    Raises:
        TooLong: when it is empty or longer than any booking.
        NotAligned: with the time that would do.
    """
    if not 0 < wanted.length_us <= MAX_LENGTH_US:
        raise TooLong(MAX_LENGTH_US // _DAY_US)
    whole = fitted(granularity, wanted, zone, half_day_at)
    if whole != wanted:
        raise NotAligned(granularity.value, whole.start_us, whole.end_us, zone)


def days_of(time_: Interval, zone: str) -> tuple[date, ...]:
    """Return the local days that a time touches, rising."""
    first, last = local_date(time_.start_us, zone), local_date(time_.end_us - 1, zone)
    return tuple(first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
