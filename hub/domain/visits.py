"""Which pass a visit uses: the one that expires first; pure, and the same in whatever order visits are told."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hub.domain.tariffs import Pass

Kept = Mapping[date, int | None]
"""By day the key of the pass that a visit used, None for none."""


class Spending:
    """How much of some passes is used; of a monthly one, in each month.

    Args:
        passes: of one member in one space.
        visits: that use them; passes that are not among `passes` count for nothing.
    """

    def __init__(self, passes: Sequence[Pass], visits: Kept) -> None:
        self._by_key = {one.pk: one for one in passes}
        self._used: Counter[tuple[int, date]] = Counter()
        for day, pk in visits.items():
            if pk in self._by_key:
                self.use(self._by_key[pk], day)

    def use(self, used: Pass, day: date) -> None:
        """Use a pass on a day."""
        self._used[used.pk, used.period(day)] += used.tariff.per_visit

    def left(self, asked: Pass, day: date) -> int | None:
        """Return how many units are left for a day; None for any number."""
        if not asked.units:
            return None
        return max(asked.units - asked.spent - self._used[asked.pk, asked.period(day)], 0)

    def has_room(self, asked: Pass, day: date) -> bool:
        """Say whether a pass is valid on a day and holds enough for one more visit."""
        left = self.left(asked, day)
        return asked.is_valid(day) and (left is None or left >= asked.tariff.per_visit)

    def best(self, day: date) -> Pass | None:
        """Return the pass that a visit uses.

        One that nothing is taken from comes before all others. Then comes the one whose units expire first, then the
        one with fewer left, then the one that was sold first.
        """
        rooms = [one for one in self._by_key.values() if self.has_room(one, day)]
        return min(
            rooms,
            key=lambda one: (bool(one.units), one.expires_on(day), self.left(one, day) or 0, one.pk),
            default=None,
        )


def assign(
    passes: Sequence[Pass], days: Iterable[date], settled: Kept | None = None
) -> dict[date, int | None]:
    """Return by day the key of the pass that a visit uses, None for a visit without a valid pass.

    Args:
        passes: of one member in one space.
        days: of visits.
        settled: visits that are accounted for: they stay as they are, and what they use is used.
    """
    fixed = settled or {}
    spending = Spending(passes, fixed)
    found: dict[date, int | None] = {}
    for day in sorted(set(days) - fixed.keys()):
        best = spending.best(day)
        if best is not None:
            spending.use(best, day)
        found[day] = None if best is None else best.pk
    return found


@dataclass(frozen=True, slots=True)
class OpenPass:
    """A pass and some days on which it opens doors."""

    held: Pass
    days: tuple[date, ...]


def open_passes(passes: Sequence[Pass], visits: Kept, days: Sequence[date]) -> list[OpenPass]:
    """Return the passes of one member that open doors on some days, today the first of them.

    One that is used up goes on until the end of the day on which it was: who came in may come in again.
    """
    spending = Spending(passes, visits)
    found = []
    for one in passes:
        opens = tuple(
            day
            for day in days
            if spending.has_room(one, day) or (one.is_valid(day) and visits.get(day) == one.pk)
        )
        if opens:
            found.append(OpenPass(one, opens))
    return found
