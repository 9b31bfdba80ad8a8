"""Local time and UTC, and when a space is open.

Everything outside counts whole microseconds of UTC; only here, and in templates, is there a wall clock. Days have 23,
24 or 25 hours. A wall time that does not exist (the clock goes forward) means the moment of the change; one that exists
twice means its first occurrence where something begins and its second where something ends, so that the interval holds
all of it.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.domain.errors import RuleRefused
from hub.domain.space import OpeningPeriod, Space

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_MIDNIGHT = time()

SEARCH_DAYS = 60
"""How far ahead the next opening is looked for: over a summer's break."""

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""Days that may be written down: a year beyond is a slip of the hand, and near either end of Python's calendar a local
midnight has no UTC."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of time, half-open: `end_us` is the first microsecond that does not belong to it."""

    start_us: int
    end_us: int

    def __contains__(self, at_us: int) -> bool:
        return self.start_us <= at_us < self.end_us

    @property
    def length_us(self) -> int:
        """How long it is, in microseconds."""
        return self.end_us - self.start_us


@dataclass(frozen=True, slots=True)
class OpeningState:
    """Whether a space is open at a moment.

    Args:
        until_us: when an open space closes; None when it is closed.
        next_us: when a closed space opens next; None when it is open, or does not open within `SEARCH_DAYS`.
    """

    is_open: bool
    until_us: int | None
    next_us: int | None


def to_us(moment: datetime) -> int:
    """Return an aware moment as whole microseconds since 1970 UTC.

    Raises:
        ValueError: when the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone: it is no moment")
    return (moment - _EPOCH) // _MICROSECOND


def to_utc(at_us: int) -> datetime:
    """Return a moment as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=at_us)


def to_local(at_us: int, zone: str) -> datetime:
    """Return a moment on the wall clock of a zone (IANA name)."""
    return to_utc(at_us).astimezone(ZoneInfo(zone))


def local_date(at_us: int, zone: str) -> date:
    """Return the date that a zone's calendar shows at a moment."""
    return to_local(at_us, zone).date()


def wall_us(day: date, wall: time, zone: str, *, ends: bool = False) -> int:
    """Return the moment of a wall time.

    Args:
        wall: without zone.
        ends: whether something ends then; see the module's docstring for what it means when clocks change.
    """
    tz = ZoneInfo(zone)
    naive = datetime.combine(day, wall)
    early, late = (to_us(naive.replace(tzinfo=tz, fold=fold)) for fold in (0, 1))
    if early > late:
        # Only in a gap does the first reading lie behind the second: the clock was put forward between them.
        return _change_between(late, early, tz)
    return late if ends else early


def checked_day(day: date) -> date:
    """Return a day that somebody wrote, unless it lies outside of what may be written down.

    Raises:
        RuleRefused: when it lies before `FIRST_DAY` or after `LAST_DAY`.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise RuleRefused(
            f"{day} lies outside of the years {FIRST_DAY.year} to {LAST_DAY.year}: write another day, or no last day",
            code="day_out_of_range",
            first=FIRST_DAY.year,
            last=LAST_DAY.year,
        )
    return day


def day_bounds(day: date, zone: str) -> Interval:
    """Return a local day, from midnight to midnight: 23, 24 or 25 hours."""
    return Interval(wall_us(day, _MIDNIGHT, zone), wall_us(day + _DAY, _MIDNIGHT, zone))


def opening_of(space: Space, day: date, holidays: Container[date] = ()) -> tuple[Interval, ...]:
    """Return when a space is open on a local day.

    Args:
        holidays: public holidays on which it stays closed; its own closing days, first and last day count anyway.

    Returns:
        Intervals, rising and apart; empty when it stays closed.
    """
    if day < space.valid_from or (space.valid_to is not None and day > space.valid_to):
        return ()
    if day in space.closed_on or day in holidays:
        return ()
    bounds = day_bounds(day, space.time_zone)
    periods = sorted(
        _interval(period, day, space.time_zone, bounds)
        for period in space.opening
        if period.weekday == day.weekday()
    )
    return tuple(_joined(iter(periods)))


def opening_at(space: Space, at_us: int, holidays: Container[date] = ()) -> OpeningState:
    """Return whether a space is open at a moment, and when that changes.

    Args:
        holidays: as in `opening_of`.
    """
    today = local_date(at_us, space.time_zone)
    for interval in _joined(_from(space, today, holidays)):
        if at_us in interval:
            return OpeningState(True, interval.end_us, None)
        if interval.start_us > at_us:
            return OpeningState(False, None, interval.start_us)
    return OpeningState(False, None, None)


def opening_changed_us(space: Space, at_us: int, holidays: Container[date] = ()) -> int | None:
    """Return when a space opened or closed last; None when it did not within `SEARCH_DAYS`.

    Args:
        holidays: as in `opening_of`.
    """
    first = max(local_date(at_us, space.time_zone) - SEARCH_DAYS * _DAY, space.valid_from)
    # A stretch that begins with the search may have begun before it: nobody knows here when.
    after_us = wall_us(first, _MIDNIGHT, space.time_zone)
    stretches = _joined(_from(space, first, holidays))
    bounds = (us for one in stretches for us in (one.start_us, one.end_us) if after_us < us <= at_us)
    return max(bounds, default=None)


def _from(space: Space, day: date, holidays: Container[date]) -> Iterator[Interval]:
    for ahead in range(SEARCH_DAYS + 1):
        yield from opening_of(space, day + ahead * _DAY, holidays)


def _interval(period: OpeningPeriod, day: date, zone: str, bounds: Interval) -> Interval:
    start_us = wall_us(day, period.opens, zone)
    # 00:00 as an end is the day's end, whichever moment that is.
    ends_with_day = period.closes == _MIDNIGHT
    end_us = bounds.end_us if ends_with_day else wall_us(day, period.closes, zone, ends=True)
    return Interval(start_us, end_us)


def _joined(intervals: Iterator[Interval]) -> Iterator[Interval]:
    """Join rising intervals that touch or overlap; leave out empty ones (a period wholly within a gap)."""
    current: Interval | None = None
    for interval in intervals:
        if interval.start_us >= interval.end_us:
            continue
        if current is None:
            current = interval
        elif interval.start_us <= current.end_us:
            current = Interval(current.start_us, max(current.end_us, interval.end_us))
        else:
            yield current
            current = interval
    if current is not None:
        yield current


def _change_between(early_us: int, late_us: int, tz: ZoneInfo) -> int:
    """Return the moment between two at which the zone's offset changes, to the second as in the tz database."""
    before = to_utc(early_us).astimezone(tz).utcoffset()
    low, high = early_us // 1_000_000, -(-late_us // 1_000_000)
    while high - low > 1:
        middle = (low + high) // 2
        if to_utc(middle * 1_000_000).astimezone(tz).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high * 1_000_000
