"""What becomes of somebody's bookings when the right to a space ends: those beyond its last day are cancelled."""

from datetime import date, timedelta

from hub.domain.booking import BookingState
from hub.domain.letters import Release
from hub.domain.people import Actor, Membership
from hub.domain.time import day_bounds
from hub.services.booking_changes import cancel_in, log_host
from hub.services.booking_letters import tell_released
from hub.services.booking_unit import BookingUnit

REASON = "Die Mitgliedschaft ist zu Ende"
"""On cancelled bookings, for those who read them."""


def is_shorter(old: Membership | None, new: Membership | None) -> bool:
    """Say whether a membership ends earlier than it did."""
    if old is None:
        return False
    if new is None:
        return True
    return new.valid_to is not None and (old.valid_to is None or new.valid_to < old.valid_to)


def end_beyond(
    unit: BookingUnit, space: str, member: int, last: date | None, actor: Actor, now_us: int
) -> None:
    """Cancel the bookings of a member that begin after the last day of the right, and tell the member.

    Args:
        last: None when there is no right any more: all that has not begun goes.
    """
    place = unit.place(space)
    end_us = now_us
    if last is not None:
        end_us = max(now_us, day_bounds(last + timedelta(days=1), place.space.time_zone).start_us)
    gone = []
    for held in unit.held(space, member, now_us, ()):
        before = unit.booking(held.id)
        if held.time.start_us < end_us or before.state is not BookingState.BOOKED:
            continue
        gone.append(cancel_in(unit, place, before, now_us, REASON, is_host=True))
        log_host(unit, "booking_cancelled", gone[-1], actor, now_us, REASON)
    tell_released(unit, place, gone, Release.BLOCKED, now_us, REASON)
