"""Months of made-up use in a database, with the facts that the hub would have made of them night by night."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from hub import desks
from hub.demo_data.filling import MONTH_IS_IN, Fill, Filled
from hub.demo_data.network import begin_of
from hub.domain.space import Space, Town
from hub.domain.time import day_bounds, local_date
from hub.services.import_site import import_site
from hub.storage.demo_rows import DemoRows
from hub.storage.unit_of_work import UnitFactory

Step = Callable[[str, int], object]
"""Told what has come one step further, and how many steps it has."""

_ZONE: Final = "Europe/Berlin"


def yesterday(now_us: int) -> date:
    """Return the last day that is over."""
    return local_date(now_us, _ZONE) - timedelta(days=1)


def with_history(towns: Sequence[Town], last: date, months: int) -> tuple[Town, ...]:
    """Return towns whose spaces begin with their history at the earliest: nothing is told of the years before it."""
    first = begin_of(last, months)
    return tuple(replace(town, spaces=tuple(_begun(space, first) for space in town.spaces)) for town in towns)


def _begun(space: Space, first: date) -> Space:
    has_ended = space.valid_to is not None and space.valid_to < first
    return space if has_ended else replace(space, valid_from=max(space.valid_from, first))


def has_history(database: UnitFactory) -> bool:
    """Say whether a database has made-up months already, all or some of them."""
    return DemoRows(database.engine, Fill.JOB).progress() is not None


def fill_database(database: UnitFactory, fill: Fill, now_us: int, step: Step) -> Filled:
    """Fill an empty, migrated database: the site, rows, and the facts of all days that are over.

    Raises:
        DemoDataRefused: when it is not empty; nothing is changed then.
    """
    rows = DemoRows(database.engine, Fill.JOB)
    fill.check(rows)
    import_site(database, fill.towns, now_us)
    work = desks.daily_facts(database)

    def written(day: date) -> None:
        # As time passed: what persons did is known for as long as their year's key lasts, and no longer.
        if day.day == MONTH_IS_IN:
            work.nightly(_end_us(day))

    done = fill.run(rows, lambda _: step("days", fill.length), written)
    work.nightly(max(now_us, _end_us(done.last)))
    return done


def _end_us(day: date) -> int:
    return day_bounds(day, _ZONE).end_us
