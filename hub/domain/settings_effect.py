"""What other settings of a space would do to what is booked, to its doors and its opening; pure."""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from hub.domain.access import Rights
from hub.domain.booking import Booking, BookingKind
from hub.domain.booking_limits import check_advance, check_open
from hub.domain.booking_refusals import BookingRefused
from hub.domain.granularity import check_fits
from hub.domain.space import Space
from hub.domain.time import Interval, local_date, opening_of

WEEK: Final = 7
"""Days whose opening is shown."""

Windows = Mapping[tuple[int, str], tuple[Interval, ...]]


@dataclass(frozen=True, slots=True)
class DayOpening:
    """A local day, and when the space is open on it, now and then."""

    day: date
    before: tuple[Interval, ...]
    after: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What would be otherwise.

    Args:
        week: today and the six days that follow.
        outside: coming bookings that lie in the hours of now and outside of the new ones.
        off_grid: coming bookings that fit the grid of now and not the new one.
        too_far: how many coming bookings lie beyond what members could book ahead then.
        over_limit: how many members have more open bookings than they could have then.
        losing, gaining: how many members' cards open less, or more, within the next two weeks; some may do both.
    """

    week: tuple[DayOpening, ...]
    outside: tuple[Booking, ...] = ()
    off_grid: tuple[Booking, ...] = ()
    too_far: int = 0
    over_limit: int = 0
    losing: int = 0
    gaining: int = 0


def effect(
    before: Space,
    after: Space,
    coming: Sequence[Booking],
    holidays: Container[date],
    windows: tuple[Windows, Windows],
    now_us: int,
) -> Effect:
    """Return what settings would do.

    Args:
        before, after: the space as it is, and as it would be.
        coming: active bookings that are not over.
        holidays: public holidays of all their days, and of the next two weeks.
        windows: what members' cards open before and after, from `windows_of`.
    """
    today = local_date(now_us, before.time_zone)
    days = [today + timedelta(days=ahead) for ahead in range(WEEK)]
    members = [one for one in coming if one.kind in (BookingKind.DESK, BookingKind.EVENT)]
    lost, gained = _differ(*windows), _differ(*reversed(windows))
    return Effect(
        week=tuple(
            DayOpening(day, opening_of(before, day, holidays), opening_of(after, day, holidays))
            for day in days
        ),
        outside=tuple(
            one
            for one in members
            if not one.any_hours and _is_open(before, one, holidays) and not _is_open(after, one, holidays)
        ),
        off_grid=tuple(one for one in members if _fits(before, one) and not _fits(after, one)),
        too_far=sum(
            not _is_refused(check_advance, before, one, now_us)
            and _is_refused(check_advance, after, one, now_us)
            for one in members
        ),
        over_limit=_over_limit(after, members) if _is_tighter(before, after) else 0,
        losing=len(lost),
        gaining=len(gained),
    )


def windows_of(rights: Mapping[str, Rights], members: Mapping[int, int]) -> Windows:
    """Return by (member, door) when a member's cards open it.

    Args:
        rights: by device.
        members: by card.
    """
    found: dict[tuple[int, str], tuple[Interval, ...]] = {}
    for told in rights.values():
        for card in told.cards:
            for door, schedule in card.rights:
                key = (members[card.pk], told.doors[door].id)
                found[key] = found.get(key, ()) + told.schedules[schedule]
    return found


def _differ(wide: Windows, narrow: Windows) -> frozenset[int]:
    """Return the members whose windows are not all within other ones."""
    return frozenset(
        member
        for (member, door), spans in wide.items()
        for span in spans
        if not any(
            one.start_us <= span.start_us and span.end_us <= one.end_us
            for one in narrow.get((member, door), ())
        )
    )


def _is_open(space: Space, booking: Booking, holidays: Container[date]) -> bool:
    try:
        check_open(space, booking.time, holidays)
    except BookingRefused:
        return False
    return True


def _fits(space: Space, booking: Booking) -> bool:
    try:
        check_fits(space.granularity, booking.time, space.time_zone, space.booking_rules.half_day_at)
    except BookingRefused:
        return False
    return True


def _is_refused(check: object, space: Space, booking: Booking, now_us: int) -> bool:
    assert callable(check)
    try:
        check(space, booking.time, now_us)
    except BookingRefused:
        return True
    return False


def _is_tighter(before: Space, after: Space) -> bool:
    old, new = before.booking_rules.concurrent, after.booking_rules.concurrent
    return bool(new) and (not old or new < old)


def _over_limit(space: Space, coming: Collection[Booking]) -> int:
    held: dict[int, int] = {}
    for one in coming:
        if one.member is not None:
            held[one.member] = held.get(one.member, 0) + 1
    return sum(number > space.booking_rules.concurrent for number in held.values())
