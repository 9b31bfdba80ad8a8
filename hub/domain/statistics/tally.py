"""Sums of facts by space and month, and their sums over time and over places; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from fractions import Fraction
from typing import Final

from hub.domain.statistics.facts import NOTHING, Contribution, DeskDay, DeskSums, Measured, SpaceDay
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
        was_here: whether in the calendar year before, too; None for unknown.
        opted_in: whether always in optional statistics.
    """

    year: int
    visits: int = 0
    booked_us: int = 0
    was_here: bool | None = None
    opted_in: bool = True

    def add(self, other: "Person") -> None:
        """Take what another one did in as well: who was in one of several spaces was there."""
        self.visits += other.visits
        self.booked_us += other.booked_us
        self.opted_in = self.opted_in and other.opted_in
        if self.was_here is None or other.was_here:
            self.was_here = other.was_here


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
        by_class: visits by tariff class and person.
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
    by_class: dict[str, dict[str, int]] = field(default_factory=dict)
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
        self._add(other)

    def _add(self, other: "Tally") -> None:
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _MEASURED:
            setattr(self, name, getattr(self, name).plus(getattr(other, name)))
        self.peak = higher(self.peak, other.peak)
        for kind, by_person in other.by_class.items():
            mine = self.by_class.setdefault(kind, {})
            for person, visits in by_person.items():
                mine[person] = mine.get(person, 0) + visits
        for person, did in other.persons.items():
            self.persons.setdefault(person, Person(did.year)).add(did)


_MEASURED: Final = ("staffed", "access", "noon")
_APART: Final = (*_MEASURED, "last", "desks", "sensed_desks", "peak", "by_class", "persons")
_SUMS: Final = tuple(one.name for one in fields(Tally) if one.name not in _APART)


def higher(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Return the higher of two shares (part, whole); of equal ones, the one of more."""
    if not (one[1] and other[1]):
        return one if one[1] else other
    left, right = one[0] * other[1], other[0] * one[1]
    return max(one, other) if left == right else (one if left > right else other)


def tallies(
    desk_days: Iterable[DeskDay],
    space_days: Iterable[SpaceDay],
    contributions: Iterable[Contribution],
    desk_sums: Mapping[tuple[str, Month], DeskSums] | None = None,
) -> dict[tuple[str, Month], Tally]:
    """Return sums by space and month, of the days that count; a desk's day counts with its space's.

    Args:
        desk_sums: of desks, where they are added up already: then `desk_days` are not looked at.
    """
    found: dict[tuple[str, Month], Tally] = {}
    counted: set[tuple[str, date]] = set()
    for space in space_days:
        if space.counts:
            counted.add((space.space, space.day))
            _add_space(found.setdefault((space.space, Month.of(space.day)), Tally()), space)
    for key, added in (desk_sums or {}).items():
        if key in found:
            _keep_desks(found[key], added)
    sums: dict[tuple[str, int, int], list[int]] = {}
    for desk in desk_days if desk_sums is None else ():
        day = desk.day
        if (desk.space, day) in counted:
            _add_desk(sums.setdefault((desk.space, day.year, day.month), [0] * _COLUMNS), desk)
    for (space_id, year, month), told in sums.items():
        _keep_desks(found[space_id, Month(year, month)], told)
    for one in contributions:
        # Of a month of which no day counts (a test) nobody counts either.
        if (tally := found.get((one.space, Month.of(one.month)))) is not None:
            _add_person(tally, one)
    return found


def _add_space(tally: Tally, day: SpaceDay) -> None:
    if day.is_sealed:
        tally.days += 1
    else:
        tally.open_ends += 1
    if day.day > tally.last:
        tally.last, tally.desks, tally.sensed_desks = day.day, day.desks, day.sensed_desks
    tally.open_days += day.staffed_us > 0
    tally.open_us += day.staffed_us
    tally.access_us += day.access_us
    tally.visits += day.visits
    tally.events += day.events
    tally.peak = higher(tally.peak, (day.peak_desks, day.sensed_desks))


_COLUMNS: Final = 15


def _add_desk(sums: list[int], day: DeskDay) -> None:
    # A network's years are a hundred thousand of these: plain numbers, and no object for each sum.
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


def _keep_desks(tally: Tally, sums: Sequence[int]) -> None:
    tally.bookings, tally.no_shows, tally.booked_us, tally.offered_us = sums[:4]
    tally.sensor_days, tally.desk_days = sums[4:6]
    tally.staffed, tally.access, tally.noon = (Measured(*sums[at : at + 3]) for at in (6, 9, 12))


def _add_person(tally: Tally, one: Contribution) -> None:
    did = Person(one.month.year, one.visits, one.booked_us, one.was_here, one.opted_in)
    tally.persons.setdefault(one.person, Person(one.month.year)).add(did)
    if one.visits and one.opted_in:
        kind = _CLASSES.get(one.tariff_class, TariffClass.NONE)
        by_person = tally.by_class.setdefault(kind, {})
        by_person[one.person] = by_person.get(one.person, 0) + one.visits
