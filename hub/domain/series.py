"""Series of bookings: a rule in local wall time, expanded to half-open times in UTC; pure.

The days come from dateutil's recurrence rules (RFC 5545), as plain dates: no clock takes part. Then each day gets its
own begin and end on the wall clock of the space (`hub.domain.time.wall_us`). So "every Monday from 9 to 12" stays at 9
whatever the clocks do: on 2026-03-29 in Europe/Berlin a series from 1 to 4 lasts two hours, one from 2 to 4 begins at 3
with the clock's change, one from 2 to 3 has nothing left and its day is left out, and named; on 2026-10-25 one from 2
to 3 lasts both of the hours of that name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday

from hub.domain.booking_refusals import InvalidSeries
from hub.domain.time import Interval, day_bounds, wall_us

MAX_OCCURRENCES: Final = 400
MAX_INTERVAL: Final = 99
LAST: Final = -1
"""As `nth`: the last such weekday of a month."""


class Frequency(StrEnum):
    """How often a series comes."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class SeriesRule:
    """When a series comes.

    Args:
        interval: each so many days, weeks (from Monday) or months.
        weekdays: 0 is Monday; of WEEKLY which, of MONTHLY the one; of DAILY none.
        nth: of MONTHLY which such weekday of the month, 1 to 4, or `LAST`; a fifth is not in each month.
        first, last: local days, both inclusive.
        starts, ends: wall times; `ends` of 00:00 means the end of the day.
    """

    frequency: Frequency
    first: date
    last: date
    starts: time
    ends: time
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of a series.

    Args:
        day: the local day that it stands for.
    """

    day: date
    time: Interval


@dataclass(frozen=True, slots=True)
class Expanded:
    """A series as it comes.

    Args:
        occurrences: rising.
        nothing_left: days whose whole time the clock's change leaves out.
    """

    occurrences: tuple[Occurrence, ...]
    nothing_left: tuple[date, ...] = ()


def expand(rule: SeriesRule, zone: str) -> Expanded:
    """Return when a series comes.

    Raises:
        InvalidSeries: when the rule contradicts itself, gives no day, or more than `MAX_OCCURRENCES`.
    """
    days = series_days(rule)
    times = [Occurrence(day, _time_of(rule, day, zone)) for day in days]
    kept = tuple(one for one in times if one.time.length_us > 0)
    if not kept:
        raise InvalidSeries(
            "no time is left on any day of the series", "choose other hours", code="nothing_left"
        )
    return Expanded(kept, tuple(one.day for one in times if one.time.length_us <= 0))


def series_days(rule: SeriesRule) -> tuple[date, ...]:
    """Return the local days of a series, rising.

    Raises:
        InvalidSeries: as `expand`.
    """
    _check(rule)
    found = tuple(day.date() for day in islice(_recurrence(rule), MAX_OCCURRENCES + 1))
    if not found:
        raise InvalidSeries(
            "the series has no day from its first to its last",
            "choose a later last day",
            code="series_no_day",
        )
    if len(found) > MAX_OCCURRENCES:
        raise InvalidSeries(
            f"the series has more than {MAX_OCCURRENCES} days",
            "choose an earlier last day, and book on later",
            code="series_too_long",
        )
    return found


def ends_before(rule: SeriesRule, day: date) -> SeriesRule:
    """Return a series that ends before a day: what is left when that one and all following go."""
    return replace(rule, last=min(rule.last, day - timedelta(days=1)))


def _recurrence(rule: SeriesRule) -> Iterable[datetime]:
    choice: dict[str, Any] = {}
    match rule.frequency:
        case Frequency.DAILY:
            every = DAILY
        case Frequency.WEEKLY:
            every, choice = WEEKLY, {"byweekday": sorted(set(rule.weekdays)), "wkst": 0}
        case Frequency.MONTHLY:
            every, choice = MONTHLY, {"byweekday": weekday(rule.weekdays[0], rule.nth)}
    found: Iterable[datetime] = rrule(
        every,
        interval=rule.interval,
        dtstart=datetime.combine(rule.first, time()),
        until=datetime.combine(rule.last, time()),
        **choice,
    )
    return found


def _time_of(rule: SeriesRule, day: date, zone: str) -> Interval:
    start_us = wall_us(day, rule.starts, zone)
    if rule.ends == time():
        return Interval(start_us, day_bounds(day, zone).end_us)
    return Interval(start_us, wall_us(day, rule.ends, zone, ends=True))


def _check(rule: SeriesRule) -> None:
    if not 1 <= rule.interval <= MAX_INTERVAL:
        raise InvalidSeries(f"every {rule.interval}th is no interval", f"write 1 to {MAX_INTERVAL}")
    if rule.ends != time() and rule.ends <= rule.starts:
        raise InvalidSeries(
            "it ends before it begins", "choose a later end, or two series for a night", code="series_hours"
        )
    if any(not 0 <= one <= 6 for one in rule.weekdays):
        raise InvalidSeries("a week has no such day", "write 0 for Monday to 6 for Sunday")
    wanted = {Frequency.DAILY: 0, Frequency.WEEKLY: 1, Frequency.MONTHLY: 1}[rule.frequency]
    if len(rule.weekdays) < wanted:
        raise InvalidSeries(f"a {rule.frequency} series needs a weekday", "name one", code="series_weekday")
    if rule.frequency is Frequency.DAILY and rule.weekdays:
        raise InvalidSeries("a daily series has no weekdays", "make it weekly")
    if rule.frequency is Frequency.MONTHLY and (len(rule.weekdays) > 1 or rule.nth not in (1, 2, 3, 4, LAST)):
        raise InvalidSeries(
            "a monthly series comes on one weekday", "say which of the month: the 1st to 4th, or the last"
        )
    if rule.frequency is not Frequency.MONTHLY and rule.nth:
        raise InvalidSeries(f"a {rule.frequency} series has no place in the month", "make it monthly")
