"""Everything printed, by what it is of: in earlier releases, and in the one that is being made."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from hub.domain.disclosure.nesting import Nesting
from hub.domain.statistics.figures import Figure, Grain, Guard
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Printed, ValueStatus

_SAYS_NOTHING: Final = frozenset({ValueStatus.NOT_APPLICABLE, ValueStatus.PENDING, ValueStatus.UNRELIABLE})
_TELLS_OF_PERSONS: Final = frozenset({Guard.COUNT, Guard.SHARE, Guard.PERSONS})
Key = tuple[str, str, str, int, int, int, int]


class Cell(NamedTuple):
    """What a row is of."""

    place: Place
    figure: str
    period: Span


class Leaf(NamedTuple):
    """What a row is of that longer ones are made of."""

    place: Place
    period: Span


def key_of(place: Place, figure: str, period: Span) -> Key:
    """Return what a row is of, to look it up by.

    A network's ledger has a hundred thousand rows; numbers and strings are hashed fast, objects are not.
    """
    first, last = period.first, period.last
    return place.level, place.id, figure, first.year, first.month, last.year, last.month


class Book:
    """Rows by cell: what was printed, and what will be.

    Persons of a pop-up's whole run and those of its calendar year are one cell.

    Args:
        registry: figures by id.
        ledger: every row ever printed, in that order.

    Attributes:
        leaves: of figures that no hand wrote down, by grain, place and period: kept, once they were looked for.
    """

    def __init__(self, nesting: Nesting, registry: Mapping[str, Figure], ledger: Iterable[Printed]) -> None:
        self.nesting, self.registry = nesting, registry
        self._of_persons = frozenset(id_ for id_, one in registry.items() if one.guard is Guard.PERSONS)
        self.leaves: dict[tuple[Grain, Place, Span], list[Leaf]] = {}
        self._versions: dict[Key, list[Printed]] = {}
        self._decided: dict[Key, Printed] = {}
        self._new: dict[Key, Printed] = {}
        self._there: set[tuple[str, str, str]] = set()
        for row in ledger:
            key = self._key(row.place, row.figure, row.period)
            self._versions.setdefault(key, []).append(row)
            if row.status is not ValueStatus.NOT_APPLICABLE:
                self._there.add(key[:3])
            if row.status not in _SAYS_NOTHING:
                self._decided[key] = row

    def _key(self, place: Place, figure: str, period: Span) -> Key:
        if figure in self._of_persons and place.level is PlaceLevel.SPACE:
            period = self.nesting.year_of(place, period) or period
        return key_of(place, figure, period)

    def cell(self, place: Place, figure: str, period: Span) -> Cell:
        """Return the cell of a figure, place and period."""
        if figure in self._of_persons and place.level is PlaceLevel.SPACE:
            period = self.nesting.year_of(place, period) or period
        return Cell(place, figure, period)

    def print(self, row: Printed) -> None:
        """Take a row into the new release."""
        key = self._key(row.place, row.figure, row.period)
        self._new[key] = row
        if row.status is not ValueStatus.NOT_APPLICABLE:
            self._there.add(key[:3])

    def row(self, place: Place, figure: str, period: Span) -> Printed | None:
        """Return the row that holds: of the new release, else the last one printed; None where there is none."""
        key = self._key(place, figure, period)
        found = self._new.get(key)
        if found is not None:
            return found
        earlier = self._versions.get(key)
        return earlier[-1] if earlier else None

    def rows(self, figure: str, leaves: Iterable[Leaf]) -> list[Printed | None]:
        """Return the rows that hold, as `row` does, of one figure in many places and periods."""
        if figure in self._of_persons:
            return [self.row(place, figure, period) for place, period in leaves]
        new, versions = self._new, self._versions
        found: list[Printed | None] = []
        for place, period in leaves:
            key = key_of(place, figure, period)
            row = new.get(key)
            if row is None and key in versions:
                row = versions[key][-1]
            found.append(row)
        return found

    def has_value(self, place: Place, figure: str) -> bool:
        """Say whether anything is, or was ever, printed of a figure of a place that is there."""
        return (place.level, place.id, figure) in self._there

    def before(self, place: Place, figure: str, period: Span) -> Printed | None:
        """Return the last row of earlier releases, or None."""
        found = self._versions.get(self._key(place, figure, period))
        return found[-1] if found else None

    def decided(self, place: Place, figure: str, period: Span) -> Printed | None:
        """Return the last earlier row that was a number, a band or hidden; None where there is none."""
        return self._decided.get(self._key(place, figure, period))

    def versions_of_persons(self) -> dict[Cell, tuple[Printed, ...]]:
        """Return what a reader will hold in hand: earlier rows by cell, in order, and the new one last.

        Of figures that are counted from persons, and of those that nobody knows any more: no other row tells of any.
        """
        tells_nothing = frozenset(
            id_ for id_, one in self.registry.items() if one.guard not in _TELLS_OF_PERSONS
        )
        found: dict[Cell, tuple[Printed, ...]] = {}
        for key in {**self._versions, **self._new}:
            if key[2] in tells_nothing:
                continue
            new = self._new.get(key)
            rows = (*self._versions.get(key, ()), *(() if new is None else (new,)))
            found[self.cell(rows[0].place, rows[0].figure, rows[0].period)] = rows
        return found

    def new_rows(self) -> dict[Cell, Printed]:
        """Return the rows of the new release."""
        return {self.cell(row.place, row.figure, row.period): row for row in self._new.values()}
