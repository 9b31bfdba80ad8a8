"""Counts stays in spaces that log exits: once each night, for as many days back as the hosts' log goes."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from functools import partial
from typing import Final, Protocol

from hub.domain.entries import Holding, holders
from hub.domain.statistics.stays import Counted, Passage, Passed, last_stay_day, stay_day, stays
from hub.services.attempts import again_when_busy

LONGEST: Final = 28
"""Days back: what devices tell later than that belongs to days that are sealed."""
_MARGIN: Final = 2
"""Days at the end of the hosts' log of which a part may be gone."""


class StayUnit(Protocol):
    """Stays within one transaction; rolled back unless committed."""

    def spaces(self) -> Sequence[tuple[str, str]]:
        """Return (id, zone) of the spaces that log exits."""
        ...

    def passages(self, space: str, start_us: int, end_us: int) -> Sequence[Passed]:
        """Return who came in and went out by card within a stretch of time."""
        ...

    def holdings(self, cards: Collection[int]) -> Sequence[Holding]:
        """Return whose cards were when."""
        ...

    def put_stays(self, space: str, day: date, counted: Counted) -> int:
        """Make a day's stays be as given, of those who still are members; return how many rows changed."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class StayUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[StayUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[StayUnit]:
        """Begin one that only looks."""
        ...


class CountStays:
    """Counts stays.

    Args:
        units: where entries, exits and stays are.
        door_log_days: for how many days the hosts' log is kept.
    """

    def __init__(self, units: StayUnits, door_log_days: int) -> None:
        self._units, self._days = units, min(LONGEST, door_log_days - _MARGIN)

    def run(self, now_us: int) -> int:
        """Count the stays of all days that are over and whose log is whole; return how many rows changed.

        Raises:
            StoreUnavailable: when the database can't now; the next run finds the same.
        """
        with self._units.reading() as unit:
            spaces = unit.spaces()
        return sum(
            again_when_busy(partial(self._count, space, day, zone))
            for space, zone in spaces
            for back in range(self._days)
            for day in (last_stay_day(now_us, zone) - timedelta(days=back),)
        )

    def _count(self, space: str, day: date, zone: str) -> int:
        bounds = stay_day(day, zone)
        with self._units.writing() as unit:
            passed = unit.passages(space, bounds.start_us, bounds.end_us)
            cards = {one.entry.card for one in passed if one.entry.card is not None}
            who = holders(unit.holdings(cards), [one.entry for one in passed])
            by_member: dict[int, list[Passage]] = defaultdict(list)
            for one, member in zip(passed, who, strict=True):
                if member is not None:
                    entry = one.entry
                    by_member[member].append(Passage(entry.at_us, one.is_leaving, entry.is_exact))
            counted = {
                (member, kind): count
                for member, those in by_member.items()
                for kind, count in stays(those).items()
            }
            changes = unit.put_stays(space, day, counted)
            if changes:
                unit.commit()
        return changes
