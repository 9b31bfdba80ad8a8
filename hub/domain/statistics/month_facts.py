"""What the days of a space add up to in a month: all that reports read of days, however many years they look at; pure.

Days are the truth, and a month is made of nothing else: it is added up again whenever one of its days changes. Which
days it covers it says itself, so that what is missing or not sealed can be told of single days.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.domain.statistics.facts import NO_SUMS, DeskDay, DeskSums, SpaceDay
from hub.domain.statistics.periods import Month


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """One space in one month.

    Args:
        present: the days of which there are facts, as bits: the lowest one is the first day of the month.
        counted, sealed: those of them that count, and those that are sealed. All that follows is of days that count.
        desks, sensed_desks: in service on the last of them, and those of them with a sensor.
        exit_days: of which the space logged who goes out.
        peak_desks, peak_of: desks in use and desks with a sensor, of the day on which the share was highest.
        sums: over the desks.
    """

    space: str
    month: Month
    present: int = 0
    counted: int = 0
    sealed: int = 0
    desks: int = 0
    sensed_desks: int = 0
    open_days: int = 0
    exit_days: int = 0
    open_us: int = 0
    access_us: int = 0
    visits: int = 0
    events: int = 0
    peak_desks: int = 0
    peak_of: int = 0
    sums: DeskSums = NO_SUMS

    @property
    def sealed_days(self) -> int:
        """How many days count and are sealed."""
        return (self.counted & self.sealed).bit_count()

    @property
    def open_ends(self) -> int:
        """How many days count and are not sealed."""
        return (self.counted & ~self.sealed).bit_count()

    @property
    def last(self) -> date:
        """The last day that counts; `date.min` when none does."""
        last = self.counted.bit_length()
        return self.month.first_day.replace(day=last) if last else date.min


def bit(day: date) -> int:
    """Return the bit that stands for a day within its month."""
    return 1 << (day.day - 1)


def days_without(month: Month, bits: int) -> Iterator[date]:
    """Give the days of a month that no bit stands for, rising."""
    last = month.last_day
    missing = (1 << last.day) - 1 & ~bits
    while missing:
        lowest = missing & -missing
        yield last.replace(day=lowest.bit_length())
        missing ^= lowest


def months_of(days: Iterable[SpaceDay], sums: Mapping[tuple[str, Month], DeskSums]) -> tuple[MonthFacts, ...]:
    """Return what days add up to, by space and month.

    Args:
        days: all that there are of these months.
        sums: of desks; of a month in which no day counts they are not looked at.
    """
    by_month: dict[tuple[str, int, int], list[SpaceDay]] = {}
    for one in days:
        by_month.setdefault((one.space, one.day.year, one.day.month), []).append(one)
    return tuple(
        _month(space, Month(year, month), those, sums)
        for (space, year, month), those in sorted(by_month.items())
    )


def added_up(days: Sequence[SpaceDay], desk_days: Iterable[DeskDay]) -> tuple[MonthFacts, ...]:
    """Return what days of spaces and desks add up to; a desk's day counts with its space's."""
    counted = {(one.space, one.day) for one in days if one.counts}
    sums: dict[tuple[str, int, int], list[int]] = {}
    for desk in desk_days:
        day = desk.day
        if (desk.space, day) in counted:
            _add_desk(sums.setdefault((desk.space, day.year, day.month), [0] * len(NO_SUMS)), desk)
    told = {(space, Month(year, month)): DeskSums(*sum_) for (space, year, month), sum_ in sums.items()}
    return months_of(days, told)


def higher(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Return the higher of two shares (part, whole); of equal ones, the one of more."""
    if not (one[1] and other[1]):
        return one if one[1] else other
    left, right = one[0] * other[1], other[0] * one[1]
    return max(one, other) if left == right else (one if left > right else other)


def _month(
    space: str, month: Month, days: Sequence[SpaceDay], sums: Mapping[tuple[str, Month], DeskSums]
) -> MonthFacts:
    counted = [one for one in days if one.counts]
    last = max(counted, key=lambda one: one.day, default=_NO_DAY)
    peak = _NO_PEAK
    for one in counted:
        peak = higher(peak, (one.peak_desks, one.sensed_desks))
    return MonthFacts(
        space,
        month,
        present=sum(bit(one.day) for one in days),
        counted=sum(bit(one.day) for one in counted),
        sealed=sum(bit(one.day) for one in days if one.is_sealed),
        desks=last.desks,
        sensed_desks=last.sensed_desks,
        open_days=sum(one.staffed_us > 0 for one in counted),
        exit_days=sum(one.logs_exits for one in counted),
        open_us=sum(one.staffed_us for one in counted),
        access_us=sum(one.access_us for one in counted),
        visits=sum(one.visits for one in counted),
        events=sum(one.events for one in counted),
        peak_desks=peak[0],
        peak_of=peak[1],
        sums=sums.get((space, month), NO_SUMS) if counted else NO_SUMS,
    )


_NO_DAY: Final = SpaceDay("", date.min)
_NO_PEAK: Final = (0, 0)


def _add_desk(sums: list[int], day: DeskDay) -> None:
    # Of a network's year these are a hundred thousand: plain numbers, in the order of `DeskSums`.
    staffed, access, noon = day.staffed, day.access, day.noon
    sums[0] += day.bookings
    sums[1] += day.no_shows
    sums[2] += day.booked_us
    sums[3] += staffed[0]
    if day.has_sensor:
        sums[4] += 1
        sums[5] += staffed[1] > 0 or access[1] > 0
        sums[6] += staffed[0]
        sums[7] += staffed[1]
        sums[8] += staffed[2]
        sums[9] += access[0]
        sums[10] += access[1]
        sums[11] += access[2]
        sums[12] += noon[0]
        sums[13] += noon[1]
        sums[14] += noon[2]
