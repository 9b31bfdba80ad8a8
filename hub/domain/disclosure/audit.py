"""The audit of everything ever printed (S5): a solver looks how far a reader can know persons and what is hidden.

The rules of `months`, `persons` and `sums` leave it nothing to find. It is there for what is older than they are, for
totals of another program, and for the rule that somebody will change one day. What it hides tells less than it would
have printed, and still something: that it had to be hidden. So it is the net beneath the rules, and no rule itself.
"""

from collections.abc import Callable, Iterable

from hub.domain.disclosure.book import Book, Cell
from hub.domain.disclosure.months import VISITS
from hub.domain.disclosure.persons import NEW, USERS
from hub.domain.disclosure.reader import Reader, readers
from hub.domain.disclosure.system import Solver, System
from hub.domain.statistics.figures import Guard
from hub.domain.statistics.findings import PlaceLevel

Leaks = frozenset[Cell]
_RANK = {NEW: 0, USERS: 1, VISITS: 3}
"""What is hidden first: least is missed with new users."""


class Auditor:
    """Asks a solver, and each question once.

    Args:
        solver: that counts in whole numbers.
    """

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._answers: dict[Reader, Leaks] = {}

    def leaks(self, book: Book) -> Leaks:
        """Return the cells that a reader knows better than they may be known."""
        return frozenset().union(*(self._leaks(reader) for reader in readers(book)))

    def _leaks(self, reader: Reader) -> Leaks:
        found = self._answers.get(reader)
        if found is None:
            found = self._answers[reader] = self._asked(reader)
        return found

    def _asked(self, reader: Reader) -> Leaks:
        names = tuple(sorted({one.name for one in reader.guarded}))
        ranges = self._solver.ranges(reader.system, names)
        if ranges is None:
            # Rows that contradict each other tell what must have changed between them.
            return frozenset(one.cell for one in reader.guarded)
        return frozenset(one.cell for one in reader.guarded if not one.is_safe(ranges[one.name]))


def audited(make: Callable[[frozenset[Cell]], Book], auditor: Auditor) -> Book:
    """Return a release that tells no more than it may: with as few cells hidden as it takes, found in a fixed order.

    Args:
        make: makes the release with some cells hidden.
    """
    book = make(frozenset())
    leaks = auditor.leaks(book)
    if not leaks:
        return book
    candidates = _candidates(book)
    # What is left with everything hidden was told by earlier releases, and can't be taken back.
    past = auditor.leaks(make(frozenset(candidates)))
    if leaks <= past:
        return book
    hide: list[Cell] = []
    for cell in candidates:
        hide.append(cell)
        if auditor.leaks(make(frozenset(hide))) <= past:
            break
    return make(frozenset(_fewest(hide, lambda some: auditor.leaks(make(frozenset(some))) <= past)))


def _fewest(cells: Iterable[Cell], is_safe: Callable[[Iterable[Cell]], bool]) -> list[Cell]:
    """Leave out one after the other what is not needed."""
    kept = list(cells)
    for cell in tuple(kept):
        without = [one for one in kept if one != cell]
        if is_safe(without):
            kept = without
    return kept


def _candidates(book: Book) -> list[Cell]:
    """Return what the new release shows for the first time or in another form, and could leave out; newest first."""
    found = [
        cell
        for cell, row in book.new_rows().items()
        if cell.place.level is PlaceLevel.SPACE
        and row.is_shown
        and book.registry[cell.figure].guard in {Guard.COUNT, Guard.PERSONS}
        and book.decided(*cell) != row
    ]
    return sorted(found, key=lambda cell: (_RANK.get(cell.figure, 2), _age(cell), cell))


def _age(cell: Cell) -> int:
    return -(cell.period.last.year * 12 + cell.period.last.month)


__all__ = ["Auditor", "Solver", "System", "audited"]
