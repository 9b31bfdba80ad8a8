"""One's own bookings in words, for "Meine Seite": what is to come, and what can still be restored."""

from dataclasses import dataclass
from typing import Final

from hub.booking_ports import Query
from hub.domain.booking import Booking, BookingState
from hub.domain.booking_limits import MINUTE_US
from hub.domain.people import Actor
from hub.domain.space import Space
from hub.domain.time import Interval
from hub.web.booking_text import STATE_WORDS, desk_names, span_text
from hub.web.language import gettext
from hub.web.parts import BookingDesks

AHEAD_US: Final = 731 * 86_400_000_000
SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class OwnBooking:
    """A booking of the visitor's, in words.

    Args:
        mark: name of the icon of its state.
        may_cancel, may_change, may_restore, may_check_in: what can be done now; the services decide again.
    """

    booking: Booking
    space: Space
    what: str
    when: str
    state: str
    mark: str
    may_cancel: bool
    may_change: bool
    may_restore: bool
    may_check_in: bool


MARKS: Final = {
    BookingState.BOOKED: "waiting",
    BookingState.CHECKED_IN: "done",
    BookingState.CANCELLED: "retired",
    BookingState.RELEASED_NO_SHOW: "retired",
}


def own_bookings(
    desks: BookingDesks, actor: Actor, spaces: dict[str, Space], now_us: int
) -> list[OwnBooking]:
    """Return what the visitor has booked and is not over, by begin; cancelled ones as long as they can come back."""
    if actor.member is None:
        return []
    query = Query(member=actor.member, time=Interval(now_us, now_us + AHEAD_US), limit=SHOWN)
    found = desks.bookings.bookings(query, actor).bookings
    words = (in_words(one, spaces[one.space], now_us) for one in found if one.space in spaces)
    return [one for one in words if one.booking.is_active or one.may_restore or one.may_check_in]


def in_words(booking: Booking, space: Space, now_us: int) -> OwnBooking:
    """Return one booking in words."""
    rules, zone = space.booking_rules, space.time_zone
    has_begun, is_over = booking.time.start_us <= now_us, booking.time.end_us <= now_us
    deadline_us = booking.time.start_us - rules.cancel_until_min * MINUTE_US
    is_waiting = booking.state is BookingState.BOOKED and not is_over
    is_in_time = now_us < deadline_us
    can_come = booking.time.start_us - rules.early_min * MINUTE_US <= now_us and not is_over
    return OwnBooking(
        booking,
        space,
        desk_names(booking, space),
        span_text(booking.time, zone, now_us),
        gettext(STATE_WORDS[booking.state]),
        MARKS[booking.state],
        may_cancel=is_waiting and is_in_time,
        may_change=booking.is_active and not is_over and (is_in_time or has_begun),
        may_restore=booking.state in (BookingState.CANCELLED, BookingState.RELEASED_NO_SHOW)
        and not has_begun,
        may_check_in=can_come and booking.state in (BookingState.BOOKED, BookingState.RELEASED_NO_SHOW),
    )
