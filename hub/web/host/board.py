"""Today's board: who is expected, here or late, and who sits where without a booking. Names are initials when idle."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.access_ports import Taking
from hub.domain.booking import Booking, BookingKind, BookingState
from hub.domain.booking_limits import MINUTE_US
from hub.domain.occupancy import DeskState
from hub.web.booking_text import KIND_WORDS, desk_names, hours_text
from hub.web.host.at import At
from hub.web.language import gettext, ngettext
from hub.web.wording import wall_clock


@dataclass(frozen=True, slots=True)
class BoardRow:
    """Somebody's booking of today.

    Args:
        initials: what a board that nobody touches shows of the name.
        note: "belegt, nicht bestätigt" and the like, or empty.
        may_check_in: whether a host's hand does it now.
    """

    booking: Booking
    name: str
    initials: str
    desk: str
    when: str
    note: str
    may_check_in: bool


@dataclass(frozen=True, slots=True)
class WalkIn:
    """A desk where somebody sits who has not booked it."""

    desk: str
    name: str
    since: str


@dataclass(frozen=True, slots=True)
class Board:
    """Who is expected, here or late, and who sits where unbooked.

    Args:
        blocked: what is out of use today: desk and hours, and why.
    """

    sentence: str
    late: tuple[BoardRow, ...]
    here: tuple[BoardRow, ...]
    expected: tuple[BoardRow, ...]
    walk_ins: tuple[WalkIn, ...]
    blocked: tuple[BoardRow, ...]


def board(here: At, takings: Sequence[Taking]) -> Board | None:
    """Return the board of what takes desks today; None where nothing is booked."""
    if here.desks.booking is None:
        return None
    coming = [one.booking for one in takings if one.booking.time.end_us > here.now_us]
    names = named(takings)
    occupied = {view.desk.id for view in here.live.desks if view.state is DeskState.OCCUPIED}
    rows = [_row(here, one, names, occupied) for one in coming]
    is_blocked = [row.booking.kind not in (BookingKind.DESK, BookingKind.EVENT) for row in rows]
    people = [row for row, blocked in zip(rows, is_blocked, strict=True) if not blocked]
    arrived = [row for row in people if row.booking.state is BookingState.CHECKED_IN]
    waiting = [row for row in people if row.booking.state is BookingState.BOOKED]
    return Board(
        ngettext("%(num)s booking still to come today", "%(num)s bookings still to come today", len(waiting))
        if waiting
        else gettext("No booking is still to come today"),
        late=tuple(row for row in waiting if row.booking.time.start_us <= here.now_us),
        here=tuple(arrived),
        expected=tuple(row for row in waiting if row.booking.time.start_us > here.now_us),
        walk_ins=tuple(_walk_ins(here, coming)),
        blocked=tuple(row for row, blocked in zip(rows, is_blocked, strict=True) if blocked),
    )


def names_of(here: At) -> dict[int, str]:
    """Return the names of the space's members by key."""
    return {one.pk: one.name for one in here.desks.members.members(here.space.id, here.actor)}


def named(takings: Sequence[Taking]) -> dict[int, str]:
    """Return the names of those whose bookings they are, by key."""
    return {
        one.booking.member: one.who
        for one in takings
        if one.booking.member is not None and one.who is not None
    }


def who_text(booking: Booking, names: dict[int, str]) -> str:
    """Return whose a booking is, or what it is when it is nobody's."""
    if booking.member is not None:
        return names.get(booking.member) or gettext("not a member any more")
    if booking.kind is BookingKind.DESK:
        return booking.note or gettext("a guest")
    return gettext(KIND_WORDS[booking.kind])


def initials_of(name: str) -> str:
    """Return what stands for a name on a board that nobody touches: "A. Ä."."""
    return " ".join(f"{word[0]}." for word in name.replace("-", " ").split()[:3]) or "?"


def _row(here: At, booking: Booking, names: dict[int, str], occupied: set[str]) -> BoardRow:
    who = who_text(booking, names)
    is_waiting = booking.state is BookingState.BOOKED
    has_begun = booking.time.start_us <= here.now_us
    note = ""
    if is_waiting and has_begun and booking.kind is BookingKind.DESK:
        is_sensed = bool(occupied.intersection(booking.desks))
        note = gettext("occupied, not confirmed") if is_sensed else gettext("not here yet")
    early_us = here.space.booking_rules.early_min * MINUTE_US
    can_come = booking.time.start_us - early_us <= here.now_us < booking.time.end_us
    return BoardRow(
        booking,
        who,
        initials_of(who) if booking.member is not None else who,
        desk_names(booking, here.space),
        hours_text(booking.time, here.zone),
        note,
        is_waiting and can_come and booking.kind in (BookingKind.DESK, BookingKind.EVENT),
    )


def _walk_ins(here: At, coming: Sequence[Booking]) -> list[WalkIn]:
    """Return occupied desks that nothing takes now: a sensor tells that somebody sits there, never who."""
    taken = {desk for one in coming if here.now_us in one.time for desk in one.desks}
    return [
        WalkIn(
            view.desk.id,
            view.desk.name,
            "" if view.since_us is None else wall_clock(view.since_us, here.zone),
        )
        for view in here.live.desks
        if view.state is DeskState.OCCUPIED and view.desk.id not in taken
    ]
