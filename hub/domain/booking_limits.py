"""What a space allows its members to book; each rule refuses with an error of its own. Pure.

Hosts may go beyond these rules with a reason, which the log keeps; that a desk is taken nobody goes beyond.
"""

from collections.abc import Collection, Container, Iterable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from hub.domain.admission import Admission
from hub.domain.booking import Booking
from hub.domain.booking_refusals import (
    ClosedForGood,
    InThePast,
    NoMembership,
    NoSuchTime,
    NotAdmitted,
    NotOpenYet,
    OutsideHours,
    TooEarly,
    TooFarAhead,
    TooLate,
    TooLateToCancel,
    TooLong,
    TooManyBookings,
    TooManyThisWeek,
    TwoDesksAtOnce,
)
from hub.domain.granularity import days_of, slot_at, slots
from hub.domain.people import AccessHours, Membership
from hub.domain.space import Granularity, Space, SpaceBookings
from hub.domain.time import Interval, day_bounds, local_date, opening_of

MINUTE_US: Final = 60_000_000
DAY_US: Final = 86_400_000_000
HORIZON_DAYS: Final = 730
"""Nobody, no host either, books further ahead."""
LONGEST_DAYS: Final = 62
"""So many days one booking of a member lasts at most; what is longer is a series, or a fixed desk."""


_YEAR_9000_US: Final = 221_845_392_000_000_000


class Held(NamedTuple):
    """A booking that a member has, as far as limits need it."""

    id: str
    desk: str
    time: Interval


def check_calendar(wanted: Interval) -> None:
    """Refuse what no calendar shows in every zone: before 1971 and after the year 9000.

    Raises:
        NoSuchTime: when it is.
    """
    if wanted.start_us < 365 * DAY_US or wanted.end_us > _YEAR_9000_US:
        raise NoSuchTime


def check_when(space: Space, wanted: Interval, now_us: int) -> None:
    """Refuse what began before the slot that runs now, lies beyond every horizon, or outside of the space's life.

    Asked before anything else: what lies outside of the calendar of a zone can't be shown on its clock.

    Raises:
        InThePast, TooFarAhead: each with the moment that would do.
        NotOpenYet, ClosedForGood: before the space's first day, or after its last one.
    """
    zone, rules = space.time_zone, space.booking_rules
    running = slot_at(space.granularity, now_us, zone, rules.half_day_at)
    if wanted.start_us < running.start_us or wanted.end_us <= now_us:
        raise InThePast(running.start_us, zone)
    _check_ahead(wanted, HORIZON_DAYS, now_us, zone)
    check_life(space, wanted)


def check_life(space: Space, wanted: Interval) -> None:
    """Refuse what lies outside of the space's life; nobody goes beyond that, no host either.

    Raises:
        NotOpenYet, ClosedForGood: with the first or last day.
    """
    days = days_of(wanted, space.time_zone)
    if days and days[0] < space.valid_from:
        raise NotOpenYet(space.name, space.valid_from.isoformat())
    if days and space.valid_to is not None and days[-1] > space.valid_to:
        raise ClosedForGood(space.name, space.valid_to.isoformat())


def check_advance(space: Space, wanted: Interval, now_us: int) -> None:
    """Refuse what members may not book yet, and what is so long that a desk would be theirs alone.

    That a space sets no limit to how far ahead they book says nothing of how long they may stay.

    Raises:
        TooFarAhead: with the last moment that can be booked.
        TooLong: with how many days it may last.
    """
    if space.booking_rules.advance_days:
        _check_ahead(wanted, space.booking_rules.advance_days, now_us, space.time_zone)
    # Counted as people do: a day on which the clock is changed has 23 or 25 hours.
    if len(days_of(wanted, space.time_zone)) > LONGEST_DAYS:
        raise TooLong(LONGEST_DAYS)


def _check_ahead(wanted: Interval, days: int, now_us: int, zone: str) -> None:
    # Whole local days, so that it is the same day for everybody: the one `days` after today is the last.
    latest_us = day_bounds(local_date(now_us, zone) + timedelta(days=days), zone).end_us
    if wanted.end_us > latest_us:
        raise TooFarAhead(days, latest_us, zone)


def check_open(space: Space, wanted: Interval, holidays: Container[date]) -> None:
    """Refuse a time at which the space is closed: of hours all must be open, of days and half days a part.

    Args:
        holidays: on which it keeps to no opening hours, unless it can be booked on them.

    Raises:
        OutsideHours: when it is closed.
    """
    off: Container[date] = () if space.booking_rules.holidays_open else holidays
    for day in days_of(wanted, space.time_zone):
        opening = opening_of(space, day, off)
        for slot in _parts(wanted, day, space):
            if space.granularity is Granularity.HOUR:
                is_open = any(one.start_us <= slot.start_us and slot.end_us <= one.end_us for one in opening)
            else:
                is_open = any(one.start_us < slot.end_us and slot.start_us < one.end_us for one in opening)
            if not is_open:
                raise OutsideHours(space.name)


def _parts(wanted: Interval, day: date, space: Space) -> Iterable[Interval]:
    """Return the slots of a local day, as far as they lie in a time."""
    for slot in slots(space.granularity, day, space.time_zone, space.booking_rules.half_day_at):
        if slot.start_us < wanted.end_us and wanted.start_us < slot.end_us:
            yield Interval(max(slot.start_us, wanted.start_us), min(slot.end_us, wanted.end_us))


def check_membership(space: Space, membership: Membership | None, wanted: Interval) -> Membership:
    """Return the membership that holds on all local days of a time.

    Raises:
        NoMembership: with the first day on which it does not.
    """
    for day in days_of(wanted, space.time_zone):
        holds = (
            membership is not None
            and membership.valid_from <= day
            and (membership.valid_to is None or day <= membership.valid_to)
        )
        if not holds:
            raise NoMembership(space.name, day.isoformat())
    assert membership is not None
    return membership


def check_admitted(space: Space, admission: Admission, membership: Membership, wanted: Interval) -> None:
    """Refuse days on which a space lets in other groups than the member's.

    Raises:
        NotAdmitted: with the first such day, and the next one on which the member is let in.
    """
    for day in days_of(wanted, space.time_zone):
        if not admission.admits(membership, day):
            first = admission.admits_next(membership, day)
            raise NotAdmitted(space.name, day.isoformat(), "" if first is None else first.isoformat())


def opens_any_hours(membership: Membership | None) -> bool:
    """Say whether a membership is not bound to opening hours: then its bookings are not either."""
    return membership is not None and membership.hours is AccessHours.ALWAYS


def check_limits(space: Space, held: Collection[Held], wanted: Sequence[Held], now_us: int) -> None:
    """Refuse what would be too much for one member.

    Args:
        held: the member's other active bookings of the space that are not over.
        wanted: what shall be added: one, or the times of a series.

    Raises:
        TwoDesksAtOnce, TooManyBookings, TooManyThisWeek: the first rule that says no.
    """
    rules = space.booking_rules
    if not rules.several_desks:
        _check_one_desk(held, wanted, space)
    if rules.concurrent:
        still_open = [one for one in held if one.time.end_us > now_us]
        if len(still_open) + len(wanted) > rules.concurrent:
            raise TooManyBookings(rules.concurrent)
    if rules.per_week:
        _check_weeks(rules, [*held, *wanted], {week_of(one.time, space.time_zone) for one in wanted}, space)


def _check_one_desk(held: Collection[Held], wanted: Sequence[Held], space: Space) -> None:
    ordered = sorted([*((one, False) for one in held), *((one, True) for one in wanted)], key=_start)
    last: Held | None = None
    is_last_new = False
    for one, is_new in ordered:
        if last is not None and one.time.start_us < last.time.end_us and (is_new or is_last_new):
            other = last if is_new else one
            raise TwoDesksAtOnce(
                other.desk,
                other.time.start_us,
                other.time.end_us,
                space.time_zone,
                space.desk_name(other.desk),
            )
        if last is None or one.time.end_us > last.time.end_us:
            last, is_last_new = one, is_new


def _start(one: tuple[Held, bool]) -> tuple[int, int]:
    return one[0].time.start_us, one[0].time.end_us


def _check_weeks(rules: SpaceBookings, all_: Iterable[Held], weeks: Collection[date], space: Space) -> None:
    count = dict.fromkeys(weeks, 0)
    for one in all_:
        week = week_of(one.time, space.time_zone)
        if week in count:
            count[week] += 1
            if count[week] > rules.per_week:
                raise TooManyThisWeek(rules.per_week, week.isoformat())


def week_of(time: Interval, zone: str) -> date:
    """Return the Monday of the local week in which a time begins."""
    day = local_date(time.start_us, zone)
    return day - timedelta(days=day.weekday())


def check_deadline(space: Space, booking: Booking, now_us: int) -> None:
    """Refuse a member's change or cancelling after the deadline; once it has begun, nobody needs one.

    Raises:
        TooLateToCancel: with the deadline.
    """
    deadline_us = booking.time.start_us - space.booking_rules.cancel_until_min * MINUTE_US
    if now_us >= deadline_us:
        raise TooLateToCancel(deadline_us, space.time_zone)


def check_check_in(space: Space, booking: Booking, now_us: int) -> None:
    """Refuse checking in before it is time, and after the booking's end.

    Raises:
        TooEarly, TooLate: when it is.
    """
    from_us = booking.time.start_us - space.booking_rules.early_min * MINUTE_US
    if now_us < from_us:
        raise TooEarly(from_us, space.time_zone)
    if now_us >= booking.time.end_us:
        raise TooLate("check in")
