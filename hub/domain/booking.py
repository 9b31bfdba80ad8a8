"""Bookings: somebody's desk, or a whole space, for a stretch of time; their states as one table.

*Booked*, *checked in* and *sensed* are three facts (DESIGN section 7): what a sensor tells never changes the state of a
booking by itself, it only keeps one from being released.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from hub.domain.booking_refusals import WrongState
from hub.domain.time import Interval

MAX_LENGTH_US: Final = 400 * 86_400_000_000
"""Longest that one booking lasts: a desk that is out of use for a year; the database holds to it, too."""


class BookingKind(StrEnum):
    """What a stretch of time is taken for.

    DESK: a member's desk. EVENT: the whole space, for something that happens there. MAINTENANCE, CLOSING: nobody's;
    desks that are out of use, days on which the space stays closed. HOLD: kept free for somebody: a waiting list, a
    tenant's fixed desk.
    """

    DESK = "desk"
    EVENT = "event"
    MAINTENANCE = "maintenance"
    CLOSING = "closing"
    HOLD = "hold"


class BookingState(StrEnum):
    """How a booking stands. BOOKED and CHECKED_IN take their desks, the others leave them free."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    CANCELLED = "cancelled"
    RELEASED_NO_SHOW = "released_no_show"


class BookingInput(StrEnum):
    """What leads from one state to another."""

    CHECK_IN = "check_in"
    CANCEL = "cancel"
    RESTORE = "restore"
    RELEASE = "release"


class CheckInWay(StrEnum):
    """How somebody said to be there.

    DOOR, DESK: a card at the door's or the desk's reader. PHONE: the QR code at the desk, or the own page. HOST: by a
    host's hand. CONTINUED: by the booking of the same desk that ended as this one began.
    """

    DOOR = "door"
    DESK = "desk"
    PHONE = "phone"
    HOST = "host"
    CONTINUED = "continued"


TRANSITIONS: Final[dict[tuple[BookingState, BookingInput], BookingState]] = {
    (BookingState.BOOKED, BookingInput.CHECK_IN): BookingState.CHECKED_IN,
    (BookingState.BOOKED, BookingInput.CANCEL): BookingState.CANCELLED,
    (BookingState.BOOKED, BookingInput.RELEASE): BookingState.RELEASED_NO_SHOW,
    (BookingState.CHECKED_IN, BookingInput.CHECK_IN): BookingState.CHECKED_IN,
    (BookingState.CANCELLED, BookingInput.RESTORE): BookingState.BOOKED,
    # Who comes late finds the desk again, as long as nobody else has taken it.
    (BookingState.RELEASED_NO_SHOW, BookingInput.CHECK_IN): BookingState.CHECKED_IN,
    (BookingState.RELEASED_NO_SHOW, BookingInput.RESTORE): BookingState.BOOKED,
}
"""What may follow from what; a pair that is not here is refused."""

ACTIVE: Final = frozenset({BookingState.BOOKED, BookingState.CHECKED_IN})
"""States that take desks."""

BLOCKINGS: Final = frozenset({BookingKind.MAINTENANCE, BookingKind.CLOSING, BookingKind.HOLD})
"""Kinds that a host makes to keep desks out of use."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking as it is stored.

    Args:
        id: what others call it by; says nothing of when or whose.
        desks: ids of the desks that it takes: one for a desk, any number otherwise.
        time: half-open, UTC.
        member: key of whose it is; None for nobody's, and once the person has been taken off it.
        series, series_day: id of its series, and the local day that it stands for there, also after it was moved.
        version: rises with each change, so that of two who change it the second is told.
        fresh_us: grace begins no earlier: when it was made, moved or restored (a late booking has fresh grace).
        any_hours: whether it opens doors outside the opening hours, too.
        ended_us, ended_reason: when and why it was cancelled or released.
    """

    id: str
    space: str
    kind: BookingKind
    desks: tuple[str, ...]
    time: Interval
    state: BookingState
    member: int | None
    version: int
    created_us: int
    fresh_us: int
    note: str = ""
    series: str | None = None
    series_day: date | None = None
    any_hours: bool = False
    ended_us: int | None = None
    ended_reason: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it takes its desks."""
        return self.state in ACTIVE


def after(booking: Booking, given: BookingInput) -> BookingState:
    """Return the state that follows.

    Raises:
        WrongState: when nothing does.
    """
    state = TRANSITIONS.get((booking.state, given))
    if state is None:
        raise WrongState(booking.id, booking.state.value, given.value)
    return state
