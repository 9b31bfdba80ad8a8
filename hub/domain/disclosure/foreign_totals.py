"""Totals that are no sum of printed rows: of a time before these rules, or of another program."""

from collections.abc import Mapping
from typing import NamedTuple

from hub.domain.disclosure.book import Book, Cell
from hub.domain.disclosure.derived import is_leaf, leaves
from hub.domain.statistics.figures import Guard
from hub.domain.statistics.printed import Printed, ValueStatus


class ForeignTotal(NamedTuple):
    """A total that was counted by itself.

    Args:
        of: what it is the total of.
    """

    printed: int
    of: tuple[Cell, ...]


def foreign_totals(book: Book, everything: Mapping[Cell, tuple[Printed, ...]]) -> list[ForeignTotal]:
    """Return the totals, in any version, that no choice of printed versions of their rows adds up to."""
    found: list[ForeignTotal] = []
    for cell, versions in everything.items():
        figure = book.registry.get(cell.figure)
        if (
            figure is None
            or figure.guard is not Guard.COUNT
            or is_leaf(book, figure, cell.place, cell.period)
        ):
            continue
        numbers = {int(row.value) for row in versions if row.value is not None}
        if not numbers:
            continue
        of = tuple(
            Cell(one.place, figure.id, one.period) for one in leaves(book, figure, cell.place, cell.period)
        )
        sums = _sums(of, everything)
        found += [ForeignTotal(number, of) for number in sorted(numbers - sums)]
    return found


def _sums(of: tuple[Cell, ...], everything: Mapping[Cell, tuple[Printed, ...]]) -> set[int]:
    """Return all sums of one version of each row; none where a row shows a number in no version."""
    sums = {0}
    for cell in of:
        versions = everything.get(cell, ())
        values = {int(row.value) for row in versions if row.value is not None}
        if any(row.status is ValueStatus.NOT_APPLICABLE for row in versions):
            values.add(0)
        if not values:
            return set()
        sums = {one + value for one in sums for value in values}
    return sums
