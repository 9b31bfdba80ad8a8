"""The facts of one desk on one day, from what it was offered for, what is known of it, and when it was used; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final, NamedTuple

from hub.domain.space import Space
from hub.domain.statistics.facts import DeskDay, Measured
from hub.domain.statistics.stretches import Stretch, Stretches, both, joined, length, within, without
from hub.domain.time import day_bounds, wall_us

QUARTER_US: Final = 900_000_000
"""A quarter of an hour: begins of quarters are whole multiples of it in UTC, in every zone of today."""

NOON: Final = (time(11, 30), time(13, 30))
"""Of the measure of presence in the town centre at noon (requirement K3)."""


@dataclass(frozen=True, slots=True)
class DayHours:
    """When a space was open on a day; written down when the day is over, and never worked out again.

    Args:
        whole: the local day, 23 to 25 hours.
        staffed: the opening hours.
        access: hours in which members' cards open.
        noon: from 11:30 to 13:30.
        half_us: when the first half of the day ends.
    """

    day: date
    whole: Stretch
    staffed: tuple[Stretch, ...] = ()
    access: tuple[Stretch, ...] = ()
    noon: Stretch = (0, 0)
    half_us: int = 0
    is_holiday: bool = False


class DeskPlace(NamedTuple):
    """A desk as it stood on a day.

    Args:
        pk: its key; `device_pk` that of the device that read its sensor, None without one.
    """

    pk: int
    id: str
    has_sensor: bool
    in_service: bool
    device_pk: int | None = None


class Piece(NamedTuple):
    """A piece of use as it is stored: both ends may lie up to `slack_us` earlier."""

    start_us: int
    end_us: int
    slack_us: int = 0


@dataclass(frozen=True, slots=True)
class DeskUse:
    """What is known of a desk, over any number of days.

    Args:
        known: when its state is known.
        used: when it was surely in use; wins over what is not known.
        doubtful: when it may have been.
    """

    known: Stretches = ()
    used: Stretches = ()
    doubtful: Stretches = ()


class BookedDesk(NamedTuple):
    """A booking of one desk that was not cancelled."""

    start_us: int
    end_us: int
    is_no_show: bool = False


@dataclass(frozen=True, slots=True)
class DeskPlans:
    """What was planned for a desk, over any number of days.

    Args:
        blocked: kept out of use: maintenance, closing, holds, events.
        bookings: of members, by begin; those that were released among them.
    """

    blocked: Stretches = ()
    bookings: Sequence[BookedDesk] = ()


class Quarter(NamedTuple):
    """A desk in a quarter of an hour: kept for 30 days. One in which nothing was used or unknown is left out."""

    desk_pk: int
    start_us: int
    offered_us: int
    occupied_us: int
    unknown_us: int


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """What came of a desk's day.

    Args:
        unknown_us: how much of the whole day nobody can say anything about.
    """

    day: DeskDay
    unknown_us: int = 0
    quarters: tuple[Quarter, ...] = field(default=())


def day_hours(
    space: Space, day: date, staffed: Iterable[Stretch], access: Iterable[Stretch], *, is_holiday: bool
) -> DayHours:
    """Return the hours of a day, with its noon and its halves."""
    zone = space.time_zone
    whole = day_bounds(day, zone)
    return DayHours(
        day,
        (whole.start_us, whole.end_us),
        tuple(joined(staffed)),
        tuple(joined(access)),
        (wall_us(day, NOON[0], zone), wall_us(day, NOON[1], zone, ends=True)),
        wall_us(day, space.booking_rules.half_day_at, zone),
        is_holiday,
    )


def desk_use(known: Iterable[Stretch], pieces: Iterable[Piece]) -> DeskUse:
    """Return what is known of a desk.

    A piece whose time is known to an amount of slack was in use for sure only where every time that is possible agrees.
    """
    used: list[Stretch] = []
    doubtful: list[Stretch] = []
    for start_us, end_us, slack_us in pieces:
        used.append((start_us, end_us - slack_us))
        if slack_us:
            doubtful.append((start_us - slack_us, end_us))
    sure = joined(used)
    return DeskUse(joined(known), sure, without(joined(doubtful), sure))


def desk_day(space: str, hours: DayHours, desk: DeskPlace, use: DeskUse, plans: DeskPlans) -> DeskFacts:
    """Return the facts of a desk's day."""
    start_us, end_us = hours.whole
    service = [hours.whole] if desk.in_service else []
    offered = without(service, within(plans.blocked, start_us, end_us))
    occupied: list[Stretch] = []
    unknown: list[Stretch] = []
    if desk.has_sensor:
        used = within(use.used, start_us, end_us)
        occupied = both(offered, used)
        doubt = joined(
            [
                *without([hours.whole], within(use.known, start_us, end_us)),
                *within(use.doubtful, start_us, end_us),
            ]
        )
        unknown = without(both(offered, doubt), used)

    def measured(times: Stretches) -> Measured:
        return Measured(
            length(both(offered, times)), length(both(occupied, times)), length(both(unknown, times))
        )

    staffed = list(hours.staffed)
    kept = joined(
        (max(one.start_us, start_us), min(one.end_us, end_us))
        for one in plans.bookings
        if not one.is_no_show and one.start_us < end_us and one.end_us > start_us
    )
    begun = [one for one in plans.bookings if start_us <= one.start_us < end_us]
    day = DeskDay(
        space,
        desk.id,
        hours.day,
        desk.has_sensor,
        measured(staffed),
        measured(hours.access),
        measured(both(staffed, [hours.noon])),
        measured(within(staffed, start_us, hours.half_us)),
        measured(within(staffed, hours.half_us, end_us)),
        length(both(both(offered, staffed), kept)),
        len(begun),
        sum(one.is_no_show for one in begun),
    )
    return DeskFacts(day, length(unknown), _quarters(desk.pk, hours.whole, offered, occupied, unknown))


def peak(quarters: Iterable[Quarter]) -> int:
    """Return the most desks that were in use within one quarter of an hour."""
    used: dict[int, int] = {}
    for one in quarters:
        if one.occupied_us:
            used[one.start_us] = used.get(one.start_us, 0) + 1
    return max(used.values(), default=0)


def _quarters(
    desk_pk: int, whole: Stretch, offered: Stretches, occupied: Stretches, unknown: Stretches
) -> tuple[Quarter, ...]:
    if not occupied and not unknown:
        return ()
    in_use, not_known = _by_quarter(occupied), _by_quarter(unknown)
    usable = _by_quarter(offered)
    return tuple(
        Quarter(
            desk_pk, start_us, usable.get(start_us, 0), in_use.get(start_us, 0), not_known.get(start_us, 0)
        )
        for start_us in sorted(in_use.keys() | not_known.keys())
        if whole[0] <= start_us < whole[1]
    )


def _by_quarter(parts: Stretches) -> dict[int, int]:
    found: dict[int, int] = {}
    for start_us, end_us in parts:
        at_us = start_us - start_us % QUARTER_US
        while at_us < end_us:
            inside = min(end_us, at_us + QUARTER_US) - max(start_us, at_us)
            found[at_us] = found.get(at_us, 0) + inside
            at_us += QUARTER_US
    return found
