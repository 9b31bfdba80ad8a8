"""In which hours members' cards open a space: the second denominator beside the opening hours (requirement K2); pure.

*Zugangszeiten* are the opening hours, and the hours in which a member who is no host comes in without a host: all day
where a membership says so, the hours of the tariff where a pass does. A single booking outside of the hours makes none:
it is one person's, and a denominator must not say when that person came.
"""

from collections.abc import Iterable
from datetime import date, time
from typing import NamedTuple

from hub.domain.life import closes_on, life_of
from hub.domain.space import Space
from hub.domain.statistics.stretches import Stretch, Stretches, joined
from hub.domain.tariffs import MINUTES_OF_DAY
from hub.domain.time import day_bounds, wall_us


class Opens(NamedTuple):
    """Days on which something opens doors outside of the opening hours, without whose it is.

    Args:
        first, last: local days, both inclusive; None for no end.
        starts_min, ends_min: part of each of these days, in minutes of its wall clock.
    """

    first: date
    last: date | None
    starts_min: int = 0
    ends_min: int = MINUTES_OF_DAY


def access_hours(space: Space, day: date, staffed: Stretches, opens: Iterable[Opens]) -> list[Stretch]:
    """Return the hours of access of a day; none before a space's life and after it."""
    end = closes_on(space)
    if day < life_of(space)[0].starts_on or (end is not None and day >= end):
        return []
    bands = {
        (one.starts_min, one.ends_min)
        for one in opens
        if one.first <= day and (one.last is None or day <= one.last)
    }
    return joined([*staffed, *(_band(day, space.time_zone, *band) for band in bands)])


def _band(day: date, zone: str, starts_min: int, ends_min: int) -> Stretch:
    bounds = day_bounds(day, zone)
    end_us = bounds.end_us if ends_min == MINUTES_OF_DAY else wall_us(day, _wall(ends_min), zone, ends=True)
    return (wall_us(day, _wall(starts_min), zone) if starts_min else bounds.start_us, end_us)


def _wall(minutes: int) -> time:
    return time(*divmod(minutes, 60))
