"""What a reader who knows this program, and keeps every release, can conclude of persons and of what is hidden (S5).

One number for the persons of each space and month, one for each version of its visits, and those of users and new users
of each year. Versions of one row are taken to be of the same persons: whoever compares them thinks of one person more
or less, and what would have to be between two versions is what they must not tell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hub.domain.disclosure.book import Book, Cell
from hub.domain.disclosure.foreign_totals import ForeignTotal, foreign_totals
from hub.domain.disclosure.months import VISITS, open_days
from hub.domain.disclosure.persons import NEW, USERS
from hub.domain.disclosure.rules import (
    FEW,
    PERSON_BANDS,
    Band,
    open_until,
    told_by_cap,
    told_by_number,
)
from hub.domain.disclosure.system import Builder, Range, System
from hub.domain.statistics.figures import Guard
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Printed, ValueStatus

_SECRET_REASONS: Final = frozenset({"few_persons", "popup_few_persons"})


@dataclass(frozen=True, slots=True)
class Guarded:
    """A number that must not be known better than one of some ranges.

    Args:
        cell: whose row it stands in.
        within: ranges, one of which must lie within what is known whole; an upper end counts as reached from there on.
        width: how far apart the ends may be in place of that; None where it does not matter.
    """

    name: str
    cell: Cell
    within: tuple[Range, ...]
    width: int | None = None

    def is_safe(self, known: Range) -> bool:
        """Say whether a reader knows no more than that."""
        if self.width is not None and known.high - known.low >= self.width:
            return True
        return any(known.low <= one.low and known.high >= one.high for one in self.within)


@dataclass(frozen=True, slots=True)
class Reader:
    """What is to be asked about one space, or about some that a total ties together."""

    system: System
    guarded: tuple[Guarded, ...]


_OF_YEARS: Final = frozenset({USERS, NEW})
_Versions = tuple[Printed, ...]


def readers(book: Book) -> Iterator[Reader]:
    """Give what is known of each space that anything was printed of; of all where a total ties them together."""
    by_space: dict[Place, dict[Cell, _Versions]] = {}
    everything = book.versions_of_persons()
    for cell, versions in everything.items():
        if cell.place.level is PlaceLevel.SPACE and _is_of_persons(book, cell, versions):
            by_space.setdefault(cell.place, {})[cell] = versions
    totals = foreign_totals(book, everything)
    if totals:
        build, guarded = Builder(), list[Guarded]()
        for place in sorted(by_space):
            guarded += _space(book, build, place, by_space[place])
        for one in totals:
            guarded += _total(build, one, everything)
        yield Reader(build.system(), tuple(guarded))
        return
    for place in sorted(by_space):
        build = Builder()
        guarded = _space(book, build, place, by_space[place])
        yield Reader(build.system(), tuple(guarded))


def _is_of_persons(book: Book, cell: Cell, versions: _Versions) -> bool:
    if cell.figure == VISITS or cell.figure in _OF_YEARS:
        return True
    figure = book.registry.get(cell.figure)
    of_use = figure is not None and figure.guard in {Guard.COUNT, Guard.SHARE}
    return of_use and cell.period.is_month and any(row.is_shown for row in versions)


def _space(book: Book, build: Builder, place: Place, cells: Mapping[Cell, _Versions]) -> list[Guarded]:
    guarded: list[Guarded] = []
    months: dict[int, set[Month]] = {}
    in_use: dict[tuple[int, int], Span] = {}
    for cell, versions in cells.items():
        if cell.figure == VISITS and cell.period.is_month:
            guarded += _visits(book, build, cell, versions)
            months.setdefault(cell.period.first.year, set()).add(cell.period.first)
        elif cell.period.is_month:
            in_use[cell.period.first.year, cell.period.first.month] = cell.period
        elif cell.figure in _OF_YEARS and cell.period.is_year:
            guarded += _persons(build, cell, versions)
    for month in in_use.values():
        # A figure of use says that five persons came, whatever it counts, and however many such figures there are.
        build.known(name_of(place, "persons", month), FEW)
    years = {cell.period.first.year for cell in cells if cell.figure in _OF_YEARS and cell.period.is_year}
    for year in sorted(years | set(months)):
        _year(book, build, place, year, months.get(year, set()))
        _new_users(build, place, year)
    return guarded


def name_of(place: Place, figure: str, period: object) -> str:
    """Return how a number is called."""
    return f"{place.id} {figure} {period}"


def _visits(book: Book, build: Builder, cell: Cell, versions: _Versions) -> list[Guarded]:
    """Say what the versions of one month's visits tell of its persons: each comes once, and once a day at most."""
    persons = name_of(cell.place, "persons", cell.period)
    build.known(persons)
    days = max(open_days(book, cell.place, cell.period), 1)
    guarded: list[Guarded] = []
    if all(row.status is ValueStatus.NOT_APPLICABLE for row in versions):
        build.known(persons, 0, 0)
    for at, row in enumerate(versions):
        visits = name_of(cell.place, f"{VISITS} {at}", cell.period)
        if not row.is_shown and row.status is not ValueStatus.SUPPRESSED:
            continue
        build.known(visits)
        build.at_most(persons, visits)
        build.at_most(visits, persons, days)
        if row.value is not None:
            printed = int(row.value)
            build.known(visits, printed - FEW, printed + FEW - 1)
            build.known(persons, *told_by_number(printed, days))
        elif row.low is not None:
            build.known(persons, *told_by_cap(int(row.low), days))
            build.known(visits, int(row.low) - FEW)
        elif row.reason in _SECRET_REASONS:
            build.known(persons, 0, FEW - 1)
            # Follows from the constraints; as a bound it spares the solver a question.
            build.known(visits, 0, (FEW - 1) * days)
            guarded.append(Guarded(visits, cell, (Range(0, (FEW - 1) * days),)))
        elif row.reason == "secondary":
            build.known(persons, FEW)
            guarded.append(Guarded(visits, cell, (), width=2 * FEW - 1))
    return guarded


def _year(book: Book, build: Builder, place: Place, year: int, printed: set[Month]) -> None:
    """Say how the persons of a year hang together with those of its months."""
    users = name_of(place, USERS, year)
    build.known(users)
    everyone = {users: -1}
    is_whole = True
    for month in Span.of_year(year).months():
        if month in printed:
            name = name_of(place, "persons", Span.of_month(month))
            build.at_most(name, users)
            everyone[name] = 1
        else:
            is_whole = is_whole and book.nesting.is_outside(place, month)
    if is_whole and len(everyone) > 1:
        build.between(everyone, 0, None)
        # Follows from the constraints; as a bound it spares the solver a question.
        build.known(users, 0, sum(build.bounds(name).high for name in everyone if name != users))


def _persons(build: Builder, cell: Cell, versions: _Versions) -> list[Guarded]:
    name = name_of(cell.place, cell.figure, cell.period)
    build.known(name)
    guarded: list[Guarded] = []
    for row in versions:
        if row.low is not None:
            low, high = int(row.low), None if row.high is None else int(row.high)
            build.known(name, low, high)
            guarded.append(Guarded(name, cell, (_least(Band(low, high)),)))
        elif row.value is not None:
            # Of another program than this one: what it says is known, and its band is what ought to be.
            build.known(name, int(row.value), int(row.value))
            guarded.append(Guarded(name, cell, _ANY_BAND))
        elif row.status is ValueStatus.SUPPRESSED:
            if row.reason in _SECRET_REASONS:
                build.known(name, 0, FEW - 1)
            guarded.append(Guarded(name, cell, _ANY_BAND))
    return guarded


def _least(band: Band) -> Range:
    """Return what of a band must stay possible; "and more" must stay open for as much again."""
    return Range(band.low, open_until(band.low) if band.high is None else band.high)


_ANY_BAND: Final = tuple(_least(band) for band in PERSON_BANDS)


def _new_users(build: Builder, place: Place, year: int) -> None:
    """Say that new users are users, and that the others were users of the year before."""
    new, users = name_of(place, NEW, year), name_of(place, USERS, year)
    if not build.has(new):
        return
    build.at_most(new, users)
    # Follows from that, and spares the solver another question.
    build.known(new, 0, build.bounds(users).high)
    before = name_of(place, USERS, year - 1)
    if build.has(before):
        build.between({before: 1, new: 1, users: -1}, 0, None)


def _total(build: Builder, total: ForeignTotal, everything: Mapping[Cell, _Versions]) -> list[Guarded]:
    """Say what a total tells that is no sum of printed rows, and so was counted by itself."""
    guarded: list[Guarded] = []
    terms: dict[str, int] = {}
    for cell in total.of:
        versions = everything.get(cell, ())
        last = versions[-1] if versions else None
        if last is not None and last.status is ValueStatus.NOT_APPLICABLE:
            continue
        name = name_of(cell.place, f"{cell.figure} {max(len(versions) - 1, 0)}", cell.period)
        if not build.has(name):
            build.known(name)
            if last is not None and last.value is not None:
                build.known(name, int(last.value) - FEW, int(last.value) + FEW - 1)
            elif last is not None and last.low is not None:
                build.known(name, int(last.low) - FEW)
            else:
                guarded.append(Guarded(name, cell, (Range(0, 2 * FEW - 1),)))
        terms[name] = 1
    if terms:
        build.between(terms, total.printed - FEW, total.printed + FEW - 1)
    return guarded
