"""Letters about bookings, written in the transaction of what they tell (decision 0019).

One act is one letter to each member that it concerns: a series that was cancelled is told once, not day by day. A key
names what became of which bookings, so that a hub that finds the same again after a restored backup, such as that
nobody came, tells nobody twice (D9).
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from hub.domain.booking import Booking
from hub.domain.calendar_files import stay_of
from hub.domain.letters import BookingChanged, BookingMade, BookingReleased, Letter, Release, Stay
from hub.domain.life import address_on
from hub.domain.mail import Draft
from hub.domain.place import Place
from hub.domain.time import local_date
from hub.services.booking_unit import BookingUnit

DAY_US: Final = 86_400_000_000

LATE_US: Final = 7 * DAY_US
"""So long after it was written a letter is still of use, if it can't be sent at once."""

PATH: Final = "/me/"
"""Where its reader sees bookings: of the pages that `hub.web.me` shows."""


def tell_made(
    unit: BookingUnit,
    place: Place,
    bookings: Sequence[Booking],
    now_us: int,
    *,
    by_host: bool,
    is_again: bool = False,
) -> None:
    """Tell members what was booked for them, or taken up again."""

    def letter(stays: Sequence[Stay], _: Sequence[Booking]) -> Letter:
        return BookingMade(stays[0], PATH, by_host, is_again, tuple(stays[1:]))

    # What is over is told to nobody: a host may write it down afterwards.
    to_come = [one for one in bookings if one.time.end_us > now_us]
    _tell(unit, place, to_come, now_us, "again" if is_again else "made", letter)


def tell_changed(
    unit: BookingUnit,
    place: Place,
    changes: Sequence[tuple[Booking, Booking]],
    now_us: int,
    *,
    by_host: bool,
) -> None:
    """Tell members which of their bookings are at another time or desk now; another note is not told.

    Args:
        changes: (before, after).
    """
    before = {
        new.id: old
        for old, new in changes
        if (old.time, old.desks) != (new.time, new.desks) and old.time.end_us > now_us
    }
    moved = [new for _, new in changes if new.id in before]

    def letter(stays: Sequence[Stay], bookings: Sequence[Booking]) -> Letter:
        old = before[bookings[0].id]
        return BookingChanged(
            stays[0], _name(place, old), old.time.start_us, old.time.end_us, PATH, by_host, tuple(stays[1:])
        )

    _tell(unit, place, moved, now_us, "changed", letter, still_us=DAY_US)


def tell_released(
    unit: BookingUnit,
    place: Place,
    bookings: Sequence[Booking],
    release: Release,
    now_us: int,
    reason: str = "",
) -> None:
    """Tell members which of their bookings are none any more."""

    def letter(stays: Sequence[Stay], _: Sequence[Booking]) -> Letter:
        can_return = release in (Release.CANCELLED, Release.BY_HOST) and now_us < stays[0].start_us
        return BookingReleased(stays[0], release.value, PATH, reason, can_return, tuple(stays[1:]))

    _tell(unit, place, bookings, now_us, release.value, letter, still_us=DAY_US)


def _tell(
    unit: BookingUnit,
    place: Place,
    bookings: Sequence[Booking],
    now_us: int,
    what: str,
    letter: Callable[[Sequence[Stay], Sequence[Booking]], Letter],
    *,
    still_us: int = 0,
) -> None:
    """Write one letter to each member.

    Args:
        still_us: how long after the end of a booking a letter about it is still of use.
    """
    theirs: dict[int, list[Booking]] = {}
    for one in sorted(bookings, key=lambda one: (one.time.start_us, one.id)):
        if one.member is not None:
            theirs.setdefault(one.member, []).append(one)
    for member, some in theirs.items():
        reader = unit.reader(member)
        if reader is None:
            continue
        told = letter([_stay(place, one) for one in some], some)
        until_us = min(max(one.time.end_us for one in some) + still_us, now_us + LATE_US)
        unit.mail(Draft(_key(what, some), reader, told, until_us, place.space.id), now_us)


def _key(what: str, bookings: Sequence[Booking]) -> str:
    said = "\n".join(
        f"{one.id} {one.version} {one.time.start_us} {one.time.end_us} {' '.join(one.desks)}"
        for one in bookings
    )
    return f"booking/{bookings[0].id}/{what}/{sha256(said.encode()).hexdigest()[:32]}"


def _stay(place: Place, booking: Booking) -> Stay:
    space = place.space
    return stay_of(
        booking,
        space_name=space.name,
        place=_name(place, booking),
        time_zone=space.time_zone,
        address=address_on(space, local_date(booking.time.start_us, space.time_zone)),
    )


def _name(place: Place, booking: Booking) -> str:
    """Return the name of a booking's desk; empty when it takes several."""
    if len(booking.desks) != 1:
        return ""
    # A desk that is retired is not among those of the place any more.
    return next((desk.name for desk in place.space.desks if desk.id == booking.desks[0]), booking.desks[0])
