"""Options of days, and the days that commands mean by them."""

from datetime import UTC, date, datetime
from typing import Any, Final

import click

from hub import bootstrap
from hub.domain.people import Actor
from hub.domain.time import local_date

COMMAND_LINE: Final = Actor(None, "command line")
"""Whoever may run commands on the hub's own machine."""

DAY: Final = click.DateTime(["%Y-%m-%d"])
MONTH: Final = click.DateTime(["%Y-%m"])


def today(database: Any, space: str, now_us: int) -> date:
    """Return the space's own date, or UTC's where there is no such space: whatever comes next says so."""
    live = bootstrap.live_queries(database).space(space, now_us)
    if live is None:
        return datetime.fromtimestamp(now_us / 1_000_000, UTC).date()
    return local_date(now_us, live.space.time_zone)


def day_of(given: datetime | None) -> date | None:
    """Return the day that an option gives, if any."""
    return None if given is None else given.date()
