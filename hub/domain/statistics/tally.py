"""Sums of facts by space and month, and their sums over time and over places; pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from hub.domain.statistics.facts import NOTHING, Contribution, Measured
from hub.domain.statistics.month_facts import MonthFacts, higher
from hub.domain.statistics.periods import Month
from hub.domain.tariffs import BY_USE, TariffKind


class TariffClass:
    """What people pay by, in few classes: of few people many would tell too much."""

    BY_USE: Final = "by_use"
    MONTHLY: Final = "monthly"
    FIXED_DESK: Final = "fixed_desk"
    FREE: Final = "free"
    NONE: Final = "without_pass"


_CLASSES: Final[dict[str, str]] = {
    **dict.fromkeys((kind.value for kind in BY_USE), TariffClass.BY_USE),
    TariffKind.MONTHLY.value: TariffClass.MONTHLY,
    TariffKind.FIXED_DESK.value: TariffClass.FIXED_DESK,
    TariffKind.FREE.value: TariffClass.FREE,
}


@dataclass(slots=True)
class Person:
    """What one pseudonym did in some months of one calendar year.

    Args:
        was_here: whether in the calendar year before, too, in one of the spaces visited now; None for unknown.
        was_at: spaces that the person had visited in the calendar year before, beside those.
        opted_in: whether always in optional statistics.
    """

    year: int
    visits: int = 0
    booked_us: int = 0
    was_here: bool | None = None
    opted_in: bool = True
    was_at: frozenset[str] = frozenset()

    def add(self, other: "Person") -> None:
        """Take what another one did in as well: who was in one of several spaces was there."""
        self.visits += other.visits
        self.booked_us += other.booked_us
        self.opted_in = self.opted_in and other.opted_in
        if self.was_here is None or other.was_here:
            self.was_here = other.was_here
        self.was_at |= other.was_at

    def was_in(self, spaces: Collection[str]) -> bool | None:
        """Say whether the person was in some spaces in the calendar year before; None where nobody can tell."""
        return True if any(one in spaces for one in self.was_at) else self.was_here


Persons = dict[str, Person]


@dataclass(slots=True)
class Tally:
    """What happened in some spaces in some months.

    Args:
        days: that count and are sealed.
        missing: that count, and of which there are no facts, and never will be.
        open_ends: that count, and are not sealed yet.
        awaited: that count, and whose facts are still to come.
        last: the last day that counts, whose `desks` and `sensed_desks` hold.
        offered_us: of all desks, within the opening hours.
        staffed, access, noon: of desks with a sensor.
        sensor_days: days of desks with a sensor.
        peak: desks in use and desks with a sensor, of the day on which the share was highest.
        exit_days: that count, and of which the space logged who goes out.
        exit_from_days: all days that count of spaces with such days; only of several spaces together.
        by_class: visits by tariff class and person.
        by_stay: stays by length and person.
        persons: by pseudonym.
    """

    days: int = 0
    missing: int = 0
    open_ends: int = 0
    awaited: int = 0
    last: date = date.min
    desks: int = 0
    sensed_desks: int = 0
    open_days: int = 0
    open_us: int = 0
    access_us: int = 0
    visits: int = 0
    events: int = 0
    bookings: int = 0
    no_shows: int = 0
    booked_us: int = 0
    offered_us: int = 0
    staffed: Measured = NOTHING
    access: Measured = NOTHING
    noon: Measured = NOTHING
    sensor_days: int = 0
    desk_days: int = 0
    peak: tuple[int, int] = (0, 0)
    exit_days: int = 0
    exit_from_days: int = 0
    by_class: dict[str, dict[str, int]] = field(default_factory=dict)
    by_stay: dict[str, dict[str, int]] = field(default_factory=dict)
    persons: Persons = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether any day of it counts."""
        return self.days + self.missing + self.open_ends + self.awaited > 0

    @property
    def coverage(self) -> Fraction:
        """Of how much of the days that count there are facts."""
        there = self.days + self.open_ends
        return Fraction(there, there + self.missing) if there else Fraction(0)

    def then(self, later: "Tally") -> None:
        """Take another month of the same space in."""
        if later.last > self.last:
            self.last, self.desks, self.sensed_desks = later.last, later.desks, later.sensed_desks
        self._add(later)

    def beside(self, other: "Tally") -> None:
        """Take another space in."""
        self.last = max(self.last, other.last)
        self.desks += other.desks
        self.sensed_desks += other.sensed_desks
        if other.exit_days:
            self.exit_from_days += other.days + other.open_ends
        self._add(other)

    def _add(self, other: "Tally") -> None:
        # One by one: a network's year is a thousand of these.
        self.days += other.days
        self.missing += other.missing
        self.open_ends += other.open_ends
        self.awaited += other.awaited
        self.open_days += other.open_days
        self.open_us += other.open_us
        self.access_us += other.access_us
        self.visits += other.visits
        self.events += other.events
        self.bookings += other.bookings
        self.no_shows += other.no_shows
        self.booked_us += other.booked_us
        self.offered_us += other.offered_us
        self.staffed = self.staffed.plus(other.staffed)
        self.access = self.access.plus(other.access)
        self.noon = self.noon.plus(other.noon)
        self.sensor_days += other.sensor_days
        self.desk_days += other.desk_days
        self.exit_days += other.exit_days
        self.exit_from_days += other.exit_from_days
        self.peak = higher(self.peak, other.peak)
        for ours, theirs in ((self.by_class, other.by_class), (self.by_stay, other.by_stay)):
            for kind, by_person in theirs.items():
                mine = ours.setdefault(kind, {})
                for person, count in by_person.items():
                    mine[person] = mine.get(person, 0) + count
        own = self.persons
        for person, did in other.persons.items():
            if (known := own.get(person)) is None:
                own[person] = Person(
                    did.year, did.visits, did.booked_us, did.was_here, did.opted_in, did.was_at
                )
            else:
                known.add(did)


def tallies(
    months: Iterable[MonthFacts], contributions: Iterable[Contribution]
) -> dict[tuple[str, Month], Tally]:
    """Return sums by space and month, of months in which a day counts."""
    found = {(one.space, one.month): _of_month(one) for one in months if one.counted}
    keys = {(space, month.year, month.month): tally for (space, month), tally in found.items()}
    for one in contributions:
        # Of a month of which no day counts (a test) nobody counts either.
        if (tally := keys.get((one.space, one.month.year, one.month.month))) is not None:
            _add_person(tally, one)
    return found


def _of_month(month: MonthFacts) -> Tally:
    sums = month.sums
    return Tally(
        days=month.sealed_days,
        open_ends=month.open_ends,
        last=month.last,
        desks=month.desks,
        sensed_desks=month.sensed_desks,
        open_days=month.open_days,
        exit_days=month.exit_days,
        open_us=month.open_us,
        access_us=month.access_us,
        visits=month.visits,
        events=month.events,
        bookings=sums.bookings,
        no_shows=sums.no_shows,
        booked_us=sums.booked_us,
        offered_us=sums.offered_us,
        staffed=sums.staffed,
        access=sums.access,
        noon=sums.noon,
        sensor_days=sums.sensor_days,
        desk_days=sums.desk_days,
        peak=(month.peak_desks, month.peak_of),
    )


def _add_person(tally: Tally, one: Contribution) -> None:
    did = Person(one.month.year, one.visits, one.booked_us, one.was_here, one.opted_in, one.was_at)
    if (known := tally.persons.get(one.person)) is None:
        tally.persons[one.person] = did
    else:
        known.add(did)
    if one.visits and one.opted_in:
        kind = _CLASSES.get(one.tariff_class, TariffClass.NONE)
        by_person = tally.by_class.setdefault(kind, {})
        by_person[one.person] = by_person.get(one.person, 0) + one.visits
    if one.opted_in:
        for length, stays in zip(one.stays._fields, one.stays, strict=True):
            if stays:
                by_stay = tally.by_stay.setdefault(length, {})
                by_stay[one.person] = by_stay.get(one.person, 0) + stays
