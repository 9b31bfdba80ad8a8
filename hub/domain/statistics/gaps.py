"""What a report lacks while it can still be filled (requirement S10); pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from hub.domain.life import counts_on
from hub.domain.space import Space, Town
from hub.domain.statistics.facts import DeskDay, SpaceDay
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.written import HandFigure, TownStatistics, WayCount

NOTICE: Final = timedelta(days=28)
"""How long before it is due a report's gaps are told."""
SETTLES: Final = timedelta(days=8)
"""A day that is younger becomes fixed by itself, unless a device is silent (`hub.domain.statistics.sealing`)."""
VALID: Final = 80
"""Per cent of a month's desk time that must be known (K2)."""
HAND_FIGURES: Final = ("enquiries", "event_guests")
"""What is asked for by hand where nobody wrote any down: no sensor and no card can tell it."""


class GapKind(StrEnum):
    """What is missing.

    DAYS: facts of days. UNSEALED: days that may still change. SENSOR: too much of a desk's time is unknown; bookings or
    a count by hand may stand in. HAND: nobody wrote down what nothing measures. FACTOR: answers on ways to work have no
    emission factor. INHABITANTS: the town's number is not known.
    """

    DAYS = "days"
    UNSEALED = "unsealed"
    SENSOR = "sensor"
    HAND = "hand"
    FACTOR = "factor"
    INHABITANTS = "inhabitants"


class Filler(StrEnum):
    """Who can fill a gap."""

    TECHNICIAN = "technician"
    HOST = "host"
    STATISTICS = "statistics"
    NOBODY = "nobody"
    """It fills itself, or never: it must only be known."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a report lacks.

    Args:
        first, last: local days, both inclusive.
        desk: id, or empty.
        figure: id of the figure that lacks, or empty where it is all of them.
        known_pct: of SENSOR: how much of the time is known.
        may_stand_in: whether bookings or a count by hand may take its place, marked.
    """

    place: Place
    kind: GapKind
    first: date
    last: date
    filler: Filler
    desk: str = ""
    figure: str = ""
    known_pct: int | None = None
    may_stand_in: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What there is."""

    desk_days: Sequence[DeskDay] = ()
    space_days: Sequence[SpaceDay] = ()
    written: Sequence[HandFigure] = ()
    ways: Sequence[WayCount] = ()


def is_near(settings: TownStatistics, today: date) -> bool:
    """Say whether a town's report is due within four weeks."""
    due = settings.report_on
    return due is not None and due - NOTICE <= today <= due


def gaps(town: Town, span: Span, given: Given, settings: TownStatistics, today: date) -> tuple[Gap, ...]:
    """Return what a report of a town lacks, by space and day, and then for the town."""
    found: list[Gap] = []
    for space in town.spaces:
        found += _of_days(space, span, given.space_days, today)
        found += _of_desks(space, span, given.desk_days)
    place = Place(PlaceLevel.TOWN, town.ags)
    found += _of_town(place, town, span, given, settings)
    return tuple(found)


def _of_days(space: Space, span: Span, facts: Sequence[SpaceDay], today: date) -> Iterator[Gap]:
    sealed = {one.day: one.is_sealed for one in facts if one.space == space.id}
    due = [day for day in span.days() if day < today and counts_on(space, day)]
    place = Place(PlaceLevel.SPACE, space.id)
    for first, last in runs(day for day in due if day not in sealed):
        yield Gap(place, GapKind.DAYS, first, last, Filler.TECHNICIAN, may_stand_in=True)
    open_ends = [day for day in due if sealed.get(day) is False]
    for is_usual, filler in ((False, Filler.TECHNICIAN), (True, Filler.NOBODY)):
        for first, last in runs(day for day in open_ends if (day >= today - SETTLES) is is_usual):
            yield Gap(place, GapKind.UNSEALED, first, last, filler)


def _of_desks(space: Space, span: Span, facts: Sequence[DeskDay]) -> Iterator[Gap]:
    sums: dict[tuple[str, int, int], list[int]] = {}
    for one in facts:
        if one.space == space.id and one.has_sensor and one.day in span:
            told = sums.setdefault((one.desk, one.day.year, one.day.month), [0, 0])
            told[0] += one.staffed.known_us
            told[1] += one.staffed.offered_us
    months = {(month.year, month.month): month for month in span.months()}
    for (desk, year, month), (known, offered) in sorted(sums.items()):
        if offered and known * 100 < VALID * offered:
            at = months[year, month]
            yield Gap(
                Place(PlaceLevel.SPACE, space.id),
                GapKind.SENSOR,
                at.first_day,
                at.last_day,
                Filler.TECHNICIAN,
                desk,
                "occupancy",
                known * 100 // offered,
                may_stand_in=True,
            )


def _of_town(place: Place, town: Town, span: Span, given: Given, settings: TownStatistics) -> Iterator[Gap]:
    inside = {place, *(Place(PlaceLevel.SPACE, space.id) for space in town.spaces)}
    days = (span.first_day, span.last_day)
    for figure in HAND_FIGURES:
        told = (one for one in given.written if one.figure == figure and one.place in inside)
        if not any(one.first in span and one.last in span for one in told):
            yield Gap(place, GapKind.HAND, *days, Filler.HOST, figure=figure)
    spaces = {space.id for space in town.spaces}
    if settings.factor is None and any(one.space in spaces and one.month in span for one in given.ways):
        yield Gap(place, GapKind.FACTOR, *days, Filler.STATISTICS, figure="way_co2_low")
    if town.inhabitants is None:
        yield Gap(place, GapKind.INHABITANTS, *days, Filler.STATISTICS, figure="visits_per_thousand")


def runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return days as runs without a break, both ends inclusive."""
    listed = sorted(days)
    if not listed:
        return []
    breaks = [(one, other) for one, other in pairwise(listed) if other - one > timedelta(days=1)]
    firsts = [listed[0], *(other for _, other in breaks)]
    lasts = [*(one for one, _ in breaks), listed[-1]]
    return list(zip(firsts, lasts, strict=True))


def by_filler(found: Iterable[Gap]) -> Mapping[Filler, tuple[Gap, ...]]:
    """Return gaps by who can fill them."""
    listed = list(found)
    return {one: those for one in Filler if (those := tuple(gap for gap in listed if gap.filler is one))}
