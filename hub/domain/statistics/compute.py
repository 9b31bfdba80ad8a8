"""From facts to findings: every key figure of some places, for each month, each whole year and the whole period; pure.

Which figures there are, and what they mean, stands in the registry; how each is worked out, in `outcomes`. What a
finding tells is exact and not for a reader: disclosure control comes next.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from hub.domain.life import counts_on
from hub.domain.space import Space, Town
from hub.domain.statistics.facts import Contribution, DeskDay, SpaceDay
from hub.domain.statistics.figures import REGISTRY, Figure, Grain, Guard
from hub.domain.statistics.findings import NETWORK, Finding, Flag, Missing, Place, PlaceLevel
from hub.domain.statistics.month_facts import MonthFacts, added_up, days_without
from hub.domain.statistics.outcomes import FROM_FACTS, FROM_PEOPLE, STAYS, Outcome, Scene, Total, TownWays, X
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.releases import KEYS_END
from hub.domain.statistics.tally import Person, Persons, Tally, tallies
from hub.domain.statistics.written import NO_SETTINGS, HandFigure, TownStatistics, WayCount

LATEST_FACT: Final = timedelta(days=31)
"""After so long no day gets its facts any more: it was sealed, what was missing as unknown (DESIGN section 8)."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that figures are made of; of the spaces and the period that are asked for, at least.

    Args:
        written: by hand.
        ways: answers on ways to work.
        settings: by AGS.
        month_facts: what `space_days` and `desk_days` add up to, in place of them, where it is known already.
    """

    desk_days: Sequence[DeskDay] = ()
    space_days: Sequence[SpaceDay] = ()
    contributions: Sequence[Contribution] = ()
    written: Sequence[HandFigure] = ()
    ways: Sequence[WayCount] = ()
    settings: Mapping[str, TownStatistics] = field(default_factory=lambda: NO_SETTINGS)
    month_facts: Sequence[MonthFacts] | None = None

    def months(self) -> Sequence[MonthFacts]:
        """Return what the days add up to."""
        return added_up(self.space_days, self.desk_days) if self.month_facts is None else self.month_facts


def periods_of(span: Span) -> tuple[Span, ...]:
    """Return what figures are printed for: each month, each whole calendar year, and the whole, if it is neither."""
    found = [Span.of_month(month) for month in span.months()]
    found += [year for year in span.years() if year not in found]
    return tuple(found) if span in found else (*found, span)


def places_of(towns: Sequence[Town], subject: Place) -> tuple[Place, ...]:
    """Return a subject and what lies in it: the network its towns, a town its spaces."""
    return tuple(place for place, _ in _scenes(towns, subject))


def findings(
    towns: Sequence[Town],
    known: Known,
    subject: Place,
    span: Span,
    today: date,
    *,
    preliminary: bool = False,
) -> tuple[Finding, ...]:
    """Return all figures of a subject and of what lies in it, by place, period and figure.

    Args:
        towns: all of the network.
        today: what is not over on this day is pending.
        preliminary: whether days that are not sealed yet count, with the flag `p`; else what has any is pending.
    """
    scenes = list(_scenes(towns, subject))
    sums = known.months()
    months = tallies(sums, known.contributions)
    _add_missing(months, sums, {one.id: one for _, at in scenes for one in at.spaces}.values(), span, today)
    uncounted = _uncounted(known.contributions, span, today)
    told = {period: _told(period, span, today) for period in periods_of(span)}
    folded: dict[tuple[str, Span], Tally] = {}
    found: list[Finding] = []
    for place, there in scenes:
        for period, (is_over, figures) in told.items():
            for space in there.spaces:
                if (space.id, period) not in folded:
                    folded[space.id, period] = _fold(months, space.id, period)
            tally = _beside([folded[space.id, period] for space in there.spaces])
            inhabitants = there.towns[0].inhabitants if place.level is PlaceLevel.TOWN else None
            written, ways = _written(known.written, place, there, period), _ways(known, there, period)
            inside = frozenset(space.id for space in there.spaces)
            scene = Scene(tally, inhabitants, written, ways, inside)
            everyone = _Behind(distinct(tally.persons), top_share(tally.persons))
            is_uncounted = tally.exists and not uncounted.isdisjoint(_years(period))
            for figure in figures:
                if place.level in figure.places:
                    outcome = _outcome(figure, scene, is_over=is_over, preliminary=preliminary)
                    behind = _behind(figure, outcome, everyone)
                    made = _finding(place, period, figure, outcome, behind, tally, preliminary=preliminary)
                    if is_uncounted and figure.guard in _OF_PERSONS:
                        made = made._replace(is_uncounted=True)
                    found.append(made)
    return tuple(found)


_OF_PERSONS: Final = frozenset({Guard.COUNT, Guard.SHARE, Guard.PERSONS})
"""Of these, how many persons stand behind them decides what is printed."""


def _uncounted(contributions: Iterable[Contribution], span: Span, today: date) -> set[int]:
    """Return the years whose pseudonyms have ended.

    Of a year of which nobody is known, whether many came or nobody, the same is told.
    """
    known = {one.month.year for one in contributions}
    return {year for year in _years(span) if year not in known and today > date(year + 1, *KEYS_END)}


def _years(period: Span) -> range:
    return range(period.first.year, period.last.year + 1)


@dataclass(frozen=True, slots=True)
class _There:
    """What a place consists of."""

    towns: tuple[Town, ...]
    spaces: tuple[Space, ...]


def _scenes(towns: Sequence[Town], subject: Place) -> Iterator[tuple[Place, _There]]:
    if subject.level is PlaceLevel.NETWORK:
        everything = tuple(space for town in towns for space in town.spaces)
        yield NETWORK, _There(tuple(towns), everything)
    for town in towns:
        place = Place(PlaceLevel.TOWN, town.ags)
        whole = subject.level is PlaceLevel.NETWORK or subject == place
        if whole:
            yield place, _There((town,), town.spaces)
        for space in town.spaces:
            here = Place(PlaceLevel.SPACE, space.id)
            if whole or subject == here:
                yield here, _There((town,), (space,))


def _add_missing(
    months: dict[tuple[str, Month], Tally],
    sums: Iterable[MonthFacts],
    spaces: Iterable[Space],
    span: Span,
    today: date,
) -> None:
    """Note days that should count and of which there are no facts; of some they are still to come."""
    present = {(one.space, one.month): one.present for one in sums}
    for space in spaces:
        for month in span.months():
            for day in days_without(month, present.get((space.id, month), 0)):
                if day < today and counts_on(space, day):
                    tally = months.setdefault((space.id, month), Tally())
                    if day > today - LATEST_FACT:
                        tally.awaited += 1
                    else:
                        tally.missing += 1


def _fold(months: Mapping[tuple[str, Month], Tally], space: str, period: Span) -> Tally:
    if period.is_month:
        return months.get((space, period.first)) or Tally()
    found = Tally()
    for month in period.months():
        if (space, month) in months:
            found.then(months[space, month])
    return found


def _beside(spaces: Sequence[Tally]) -> Tally:
    if len(spaces) == 1 and not spaces[0].exit_days:
        return spaces[0]
    found = Tally()
    for one in spaces:
        found.beside(one)
    return found


def _written(entries: Iterable[HandFigure], place: Place, there: _There, period: Span) -> dict[str, Total]:
    """Return what was written down of a place and what lies in it, for days of a period."""
    inside = {place, *(Place(PlaceLevel.SPACE, space.id) for space in there.spaces)}
    if place.level is PlaceLevel.NETWORK:
        inside |= {Place(PlaceLevel.TOWN, town.ags) for town in there.towns}
    found: dict[str, Total] = {}
    for one in entries:
        if one.place in inside and one.first in period and one.last in period:
            before = found.get(one.figure)
            value, flags = (before.value, before.flags) if before else (0, frozenset[Flag]())
            found[one.figure] = Total(value + one.value, flags | one.flags)
    return found


def _ways(known: Known, there: _There, period: Span) -> tuple[TownWays, ...]:
    if not known.ways:
        return ()
    ags = {space.id: town.ags for town in there.towns for space in town.spaces if space in there.spaces}
    settings = known.settings
    return tuple(
        TownWays(one.way, one.answers, settings[at].factor if at in settings else None)
        for one in known.ways
        if one.month in period and (at := ags.get(one.space)) is not None
    )


def _told(period: Span, span: Span, today: date) -> tuple[bool, tuple[Figure, ...]]:
    """Return whether a period is over, and which figures are told for it."""
    return period.last_day < today, tuple(one for one in REGISTRY.values() if _is_told(one, period, span))


def _is_told(figure: Figure, period: Span, span: Span) -> bool:
    """Say whether a figure is told for a period (S2); pseudonyms last a calendar year, and persons no longer."""
    if figure.grain is Grain.MONTH:
        return True
    if period.is_month or not (period.is_year or period == span):
        return False
    of_persons = figure.guard is Guard.PERSONS or bool(figure.part_of) or figure.id in STAYS
    return not of_persons or period.first.year == period.last.year


def _outcome(figure: Figure, scene: Scene, *, is_over: bool, preliminary: bool) -> Outcome:
    if not is_over:
        return PENDING
    tally = scene.tally
    is_open = tally.open_ends + tally.awaited > 0 and not preliminary
    if (from_people := FROM_PEOPLE.get(figure.id)) is not None:
        return PENDING if is_open and "visits" in figure.parts else from_people(scene)
    if not tally.exists:
        return X
    if is_open:
        return PENDING
    return FROM_FACTS[figure.id](scene) if tally.days + tally.open_ends else X


PENDING: Final = Outcome(missing=Missing.PENDING)


class _Behind(NamedTuple):
    """Who stands behind a figure."""

    persons: frozenset[str] = frozenset()
    top: Fraction = Fraction(0)


def _behind(figure: Figure, outcome: Outcome, everyone: _Behind) -> _Behind:
    if outcome.value is None or figure.guard in (Guard.SUPPLY, Guard.HAND):
        return _Behind()
    if outcome.persons is not None:
        top = Fraction(0) if figure.guard is Guard.PERSONS else top_share(outcome.persons)
        return _Behind(distinct(outcome.persons), top)
    return everyone


def _finding(
    place: Place,
    period: Span,
    figure: Figure,
    outcome: Outcome,
    behind: _Behind,
    tally: Tally,
    *,
    preliminary: bool,
) -> Finding:
    flags, valid = outcome.flags, outcome.valid
    if figure.id in FROM_FACTS and outcome.missing is not Missing.PENDING:
        if tally.missing and tally.coverage:
            valid = tally.coverage * (Fraction(1) if valid is None else valid)
        if preliminary and tally.open_ends + tally.awaited:
            flags |= {Flag.PRELIMINARY}
    return Finding(
        place,
        period,
        figure.id,
        outcome.value,
        outcome.missing,
        outcome.numerator,
        outcome.denominator,
        behind.persons,
        behind.top,
        outcome.cases,
        valid,
        flags,
    )


def distinct(persons: Persons) -> frozenset[str]:
    """Return pseudonyms that are different persons for sure.

    A person has another pseudonym in each calendar year: of several years, those of the year with the most are told.
    """
    if len({did.year for did in persons.values()}) <= 1:
        return frozenset(persons)
    by_year: dict[int, set[str]] = {}
    for person, did in persons.items():
        by_year.setdefault(did.year, set()).add(person)
    sizes = [(len(those), year) for year, those in by_year.items()]
    return frozenset(by_year[max(sizes)[1]])


def top_share(persons: Persons) -> Fraction:
    """Return the most that one person can have contributed, of visits or of booked time, whichever is more.

    Over several calendar years the persons who did most in each may be one and the same.
    """
    by_year: dict[int, list[Person]] = {}
    for one in persons.values():
        by_year.setdefault(one.year, []).append(one)
    return max(
        _top([[one.visits for one in those] for those in by_year.values()]),
        _top([[one.booked_us for one in those] for those in by_year.values()]),
    )


def _top(years: Sequence[Sequence[int]]) -> Fraction:
    whole = sum(map(sum, years))
    return Fraction(sum(map(max, years)), whole) if whole else Fraction(0)
