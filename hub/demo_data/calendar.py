"""What happens in a space beside its people: events, desks out of use, the days when nobody works."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from hub.demo_data.dice import Dice
from hub.domain.booking import BookingKind
from hub.domain.granularity import fitted
from hub.domain.space import Space, SpaceKind
from hub.domain.statistics.periods import Month, Span
from hub.domain.time import Interval, day_bounds, opening_of

MINUTE_US: Final = 60_000_000
HOUR_US: Final = 60 * MINUTE_US
_DAY: Final = timedelta(days=1)
_SUNDAY: Final = 6
_FRIDAY: Final = 4

_PULL: Final = (0.9, 1.0, 1.05, 1.0, 0.95, 0.95, 0.7, 0.62, 1.05, 1.1, 1.1, 0.8)
"""How much each month draws people in, January first: summer and Christmas are quiet."""
_EVENTS: Final = (
    "Gründungsfrühstück", "Repair-Café", "Digitalsprechstunde", "Stadtlabor-Abend", "Lesung", "Workshop Förderanträge",
)  # fmt: skip
_REPAIRS: Final = ("Tischplatte wird getauscht", "Malerarbeiten", "Steckdose wird geprüft")


class Happening(NamedTuple):
    """An event, or what keeps desks out of use.

    Args:
        day: local day on which it begins.
        known_us: when it was entered.
    """

    day: date
    kind: BookingKind
    desks: tuple[str, ...]
    time: Interval
    note: str
    known_us: int


def pull(space: Space, day: date, holidays: frozenset[date]) -> float:
    """Return how much a day draws people in, 1 for an ordinary one."""
    share = _PULL[day.month - 1]
    if day.weekday() < _SUNDAY - 1 and _is_bridge(day, holidays):
        share *= 0.5
    if day.month == 12 and day.day > 23:
        share *= 0.3
    # A space becomes known in its first half-year.
    return share * min(1.0, 0.6 + (day - space.valid_from).days / 400)


def _is_bridge(day: date, holidays: frozenset[date]) -> bool:
    """Say whether a day lies between a holiday and a weekend."""
    before, after = day - _DAY, day + _DAY
    return (day.weekday() == 0 and after in holidays) or (day.weekday() == _FRIDAY and before in holidays)


def happenings(
    seed: int, space: Space, first: date, last: date, holidays: frozenset[date]
) -> dict[date, list[Happening]]:
    """Return what happens in a space, by the local day on which it begins; of one desk, one thing at a time."""
    found: dict[date, list[Happening]] = {}
    desks = tuple(desk.id for desk in space.desks if desk.in_service)
    if not desks:
        return found
    for month in Span(Month.of(first), Month.of(last)).months():
        dice = Dice(seed, "calendar", space.id, month)
        there: list[Happening] = []
        for one in (
            *_closing(space, desks, month),
            *_events(dice, space, desks, month, holidays),
            *_repairs(dice, space, desks, month),
        ):
            is_inside = first <= one.day and _last_day(one) <= last
            if is_inside and not any(_collide(one, other) for other in there):
                there.append(one)
        for one in there:
            found.setdefault(one.day, []).append(one)
    return found


def _last_day(one: Happening) -> date:
    return one.day + _DAY * ((one.time.length_us - 1) // (24 * HOUR_US))


def _collide(one: Happening, other: Happening) -> bool:
    overlap = one.time.start_us < other.time.end_us and other.time.start_us < one.time.end_us
    return overlap and bool(set(one.desks) & set(other.desks))


def _closing(space: Space, desks: tuple[str, ...], month: Month) -> Iterator[Happening]:
    """In the second week of August the hosts have their holidays."""
    if month.month != 8 or space.kind is SpaceKind.POP_UP:
        return
    monday = next(day for day in Span.of_month(month).days() if day.weekday() == 0) + 7 * _DAY
    begin_us = day_bounds(monday, space.time_zone).start_us
    time = Interval(begin_us, day_bounds(monday + 6 * _DAY, space.time_zone).end_us)
    yield Happening(monday, BookingKind.CLOSING, desks, time, "Betriebsferien", begin_us - 60 * 24 * HOUR_US)


def _events(
    dice: Dice, space: Space, desks: tuple[str, ...], month: Month, holidays: frozenset[date]
) -> Iterator[Happening]:
    for _ in range(dice.whole(0, 2)):
        day = Span.of_month(month).first_day + _DAY * dice.whole(0, 27)
        begins, lasts = dice.pick(((9, 3), (15, 4), (17, 3), (10, 6)))
        note, ahead = dice.pick(_EVENTS), dice.whole(5, 40)
        hours = opening_of(space, day, holidays)
        if not hours or day.weekday() == _SUNDAY:
            continue
        bounds = day_bounds(day, space.time_zone)
        begin_us = bounds.start_us + begins * HOUR_US
        wanted = Interval(begin_us, min(begin_us + lasts * HOUR_US, bounds.end_us))
        time = fitted(space.granularity, wanted, space.time_zone, space.booking_rules.half_day_at)
        yield Happening(day, BookingKind.EVENT, desks, time, note, begin_us - ahead * 24 * HOUR_US)


def _repairs(dice: Dice, space: Space, desks: tuple[str, ...], month: Month) -> Iterator[Happening]:
    if not dice.chance(0.35):
        return
    desk, lasts = dice.pick(desks), dice.whole(1, 4)
    day = Span.of_month(month).first_day + _DAY * dice.whole(0, 23)
    begin_us = day_bounds(day, space.time_zone).start_us
    time = Interval(begin_us, day_bounds(day + _DAY * (lasts - 1), space.time_zone).end_us)
    note = dice.pick(_REPAIRS)
    yield Happening(day, BookingKind.MAINTENANCE, (desk,), time, note, begin_us - dice.whole(1, 96) * HOUR_US)
