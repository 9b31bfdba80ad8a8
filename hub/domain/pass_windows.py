"""When the passes of a space's members open its doors; pure."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, time
from typing import Final, NamedTuple

from hub.domain.access import Passes, Windows, joined
from hub.domain.people import AccessHours
from hub.domain.space import Space
from hub.domain.tariffs import MINUTES_OF_DAY, Pass, Tariff, WithoutPass
from hub.domain.time import Interval, day_bounds, opening_of, wall_us
from hub.domain.visits import Kept, open_passes


class PassFacts(NamedTuple):
    """What is stored of a space's passes.

    Args:
        passes: those that may be valid from today on, by member.
        visits: by member, what visits use them.
    """

    rule: WithoutPass = WithoutPass.OPEN
    passes: Mapping[int, Sequence[Pass]] = {}
    visits: Mapping[int, Kept] = {}


NO_FACTS: Final = PassFacts()


def passes_open(space: Space, facts: PassFacts, days: Sequence[date], holidays: Container[date]) -> Passes:
    """Return what passes open on some days, today the first of them."""
    windows = {
        member: joined(
            sorted(
                interval
                for one in open_passes(passes, facts.visits.get(member, {}), days)
                for day in one.days
                for interval in _of_day(space, one.held.tariff, day, holidays)
            )
        )
        for member, passes in facts.passes.items()
    }
    shut = facts.rule is WithoutPass.SHUT
    return Passes({member: found for member, found in windows.items() if found}, shut)


def _of_day(space: Space, tariff: Tariff, day: date, holidays: Container[date]) -> Iterable[Interval]:
    """Return when a tariff opens doors on a day."""
    band = _band(tariff, day, space.time_zone)
    open_: Windows = (band,) if tariff.hours is AccessHours.ALWAYS else opening_of(space, day, holidays)
    for interval in open_:
        start_us, end_us = max(interval.start_us, band.start_us), min(interval.end_us, band.end_us)
        if start_us < end_us:
            yield Interval(start_us, end_us)


def _band(tariff: Tariff, day: date, zone: str) -> Interval:
    bounds = day_bounds(day, zone)
    if tariff.ends_min == MINUTES_OF_DAY:
        return Interval(wall_us(day, _wall(tariff.starts_min), zone), bounds.end_us)
    end_us = wall_us(day, _wall(tariff.ends_min), zone, ends=True)
    return Interval(wall_us(day, _wall(tariff.starts_min), zone), end_us)


def _wall(minutes: int) -> time:
    return time(*divmod(minutes, 60))
