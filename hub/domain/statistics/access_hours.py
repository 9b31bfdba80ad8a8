"""In which hours cards open a space without a host: the second denominator beside the opening hours (K2); pure.

*Zugangszeiten* are the opening hours, and the hours that a space offers besides: those of the tariffs on sale, and
those that members who are no hosts hold, if they are five at least. They are printed as they are (requirement S1), so
what one person holds makes none: of a room with one user, they would be her contract. For the same reason who holds
what is asked for whole months: no figure tells the day on which the fifth came or one of five left.
"""

from collections.abc import Iterable
from datetime import date, time
from typing import Final, NamedTuple

from hub.domain.life import closes_on, life_of
from hub.domain.space import Space
from hub.domain.statistics.stretches import Stretch, Stretches, joined
from hub.domain.tariffs import MINUTES_OF_DAY
from hub.domain.time import day_bounds, wall_us

FEW: Final = 5
"""As in requirement S3: what fewer people hold is theirs, and no offer."""


class Opens(NamedTuple):
    """A part of each day in which doors open outside of the opening hours, and to whom.

    Args:
        holder: whoever holds it, to be counted and nothing else; None for what is on sale to anyone.
        first, last: local days on which it is held, both inclusive; None for no begin or no end.
        starts_min, ends_min: in minutes of the day's wall clock.
    """

    holder: int | None = None
    first: date | None = None
    last: date | None = None
    starts_min: int = 0
    ends_min: int = MINUTES_OF_DAY


def access_hours(space: Space, day: date, staffed: Stretches, opens: Iterable[Opens]) -> list[Stretch]:
    """Return the hours of access of a day; none before a space's life and after it."""
    begin, end = life_of(space)[0].starts_on, closes_on(space)
    if day < begin or (end is not None and day >= end):
        return []
    asked = max(day.replace(day=1), begin)
    held = [
        one
        for one in opens
        if (one.first is None or one.first <= asked) and (one.last is None or asked <= one.last)
    ]
    bands = {(one.starts_min, one.ends_min) for one in held if _is_offer(one, held)}
    return joined([*staffed, *(_band(day, space.time_zone, *band) for band in bands)])


def _is_offer(one: Opens, held: Iterable[Opens]) -> bool:
    """Say whether anyone may have it, or enough people have as much or more."""
    if one.holder is None:
        return True
    around = {
        other.holder
        for other in held
        if other.holder is not None and other.starts_min <= one.starts_min and one.ends_min <= other.ends_min
    }
    return len(around) >= FEW


def _band(day: date, zone: str, starts_min: int, ends_min: int) -> Stretch:
    bounds = day_bounds(day, zone)
    end_us = bounds.end_us if ends_min == MINUTES_OF_DAY else wall_us(day, _wall(ends_min), zone, ends=True)
    return (wall_us(day, _wall(starts_min), zone) if starts_min else bounds.start_us, end_us)


def _wall(minutes: int) -> time:
    return time(*divmod(minutes, 60))
