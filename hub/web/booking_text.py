"""Bookings in words: when, how they stand, and which desks are free for exactly the time that is asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.booking_ports import Availability
from hub.domain.booking import Booking, BookingKind, BookingState
from hub.domain.space import Space
from hub.domain.time import Interval, day_bounds, local_date, to_local
from hub.web.language import N_, gettext
from hub.web.wording import clock_text, day_text, short_day

STATE_WORDS: Final[dict[BookingState, str]] = {
    BookingState.BOOKED: N_("reserved"),
    BookingState.CHECKED_IN: N_("checked in"),
    BookingState.CANCELLED: N_("cancelled"),
    BookingState.RELEASED_NO_SHOW: N_("released, nobody came"),
}
KIND_WORDS: Final[dict[BookingKind, str]] = {
    BookingKind.DESK: N_("Booking"),
    BookingKind.EVENT: N_("Event in the whole space"),
    BookingKind.MAINTENANCE: N_("Maintenance"),
    BookingKind.CLOSING: N_("Closed"),
    BookingKind.HOLD: N_("Kept free"),
}


@dataclass(frozen=True, slots=True)
class DeskChoice:
    """A desk for a time that is asked about.

    Args:
        state: `free`, `booked` (for a part of the time), `occupied` (for all of it) or `out_of_service`.
        word: that, in the language of the reader.
        note: what else is worth knowing, or empty.
        free: the longest stretch of the time in which it is free, or None.
    """

    id: str
    name: str
    state: str
    word: str
    note: str = ""
    free: Interval | None = None


def clock(at_us: int, zone: str, *, ends: bool = False) -> str:
    """Return an instant on the wall clock; an end at midnight is 24:00."""
    text = clock_text(to_local(at_us, zone))
    return "24:00" if ends and text == "00:00" else text


def hours_text(time: Interval, zone: str) -> str:
    """Return the hours of a time: "10:00 to 18:00", or that it is the whole day."""
    day = local_date(time.start_us, zone)
    if time == day_bounds(day, zone):
        return gettext("all day")
    start, end = clock(time.start_us, zone), clock(time.end_us, zone, ends=True)
    return gettext("%(start)s to %(end)s", start=start, end=end)


def span_text(time: Interval, zone: str, now_us: int) -> str:
    """Return when something is: "today, 10:00 to 18:00"; with both days when it lasts for several."""
    first, last = local_date(time.start_us, zone), local_date(time.end_us - 1, zone)
    if first != last:
        start, end = clock(time.start_us, zone), clock(time.end_us, zone, ends=True)
        return gettext(
            "%(first)s, %(start)s to %(last)s, %(end)s",
            first=day_text(first), start=start, last=day_text(last), end=end,
        )  # fmt: skip
    return gettext(
        "%(day)s, %(hours)s", day=short_day(first, local_date(now_us, zone)), hours=hours_text(time, zone)
    )


def desk_names(booking: Booking, space: Space) -> str:
    """Return what a booking takes: the desk's name, or that it is the whole space."""
    if booking.kind is BookingKind.EVENT or (
        len(booking.desks) > 1 and len(booking.desks) >= len(space.desks)
    ):
        return gettext("the whole space")
    names = {desk.id: desk.name for desk in space.desks}
    return ", ".join(names.get(desk, desk) for desk in booking.desks)


def desk_choices(
    space: Space, availability: Availability, wanted: Interval, notes: Mapping[str, str]
) -> tuple[DeskChoice, ...]:
    """Return how each desk of a space is in exactly the time that is asked about.

    Args:
        availability: for a time that holds the wanted one.
        notes: further words for desks that are not free or about to be, by id.
    """
    found = []
    for desk in space.desks:
        note = notes.get(desk.id, "")
        if not desk.in_service:
            found.append(DeskChoice(desk.id, desk.name, "out_of_service", gettext("out of service"), note))
            continue
        gaps = free_gaps(availability.taken.get(desk.id, ()), wanted)
        longest = max(gaps, key=lambda gap: gap.length_us, default=None)
        if longest == wanted:
            found.append(DeskChoice(desk.id, desk.name, "free", gettext("free"), note, longest))
        elif longest is None:
            found.append(DeskChoice(desk.id, desk.name, "occupied", gettext("taken"), note))
        else:
            word = _partly(longest, wanted, space.time_zone)
            found.append(DeskChoice(desk.id, desk.name, "booked", word, note, longest))
    return tuple(found)


def free_gaps(taken: Sequence[Interval], wanted: Interval) -> list[Interval]:
    """Return the stretches of a time that nothing takes, rising."""
    gaps, at_us = [], wanted.start_us
    for one in sorted(taken):
        if one.end_us <= at_us or one.start_us >= wanted.end_us:
            continue
        if one.start_us > at_us:
            gaps.append(Interval(at_us, one.start_us))
        at_us = max(at_us, one.end_us)
    if at_us < wanted.end_us:
        gaps.append(Interval(at_us, wanted.end_us))
    return gaps


def _partly(gap: Interval, wanted: Interval, zone: str) -> str:
    start, end = clock(gap.start_us, zone), clock(gap.end_us, zone, ends=True)
    if gap.start_us == wanted.start_us:
        return gettext("free until %(time)s", time=end)
    if gap.end_us == wanted.end_us:
        return gettext("free from %(time)s", time=start)
    return gettext("free %(start)s to %(end)s", start=start, end=end)
