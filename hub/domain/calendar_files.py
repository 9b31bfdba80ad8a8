"""Calendar files (RFC 5545) about bookings, for letters; instants are UTC, so that no calendar works out an offset."""

from datetime import UTC, datetime
from typing import Final

import icalendar

from hub.domain.letters import Stay
from hub.domain.time import to_utc

PRODUCT: Final = "-//Ankerort//Ankerort//DE"


def stay_file(stay: Stay, title: str, now_us: int, *, is_over: bool = False) -> bytes:
    """Return a calendar file that puts a booking into a calendar, moves it there, or takes it out.

    A file of the same `uid` and a higher `sequence` takes the place of an earlier one (RFC 5546, 2.1.4).

    Args:
        title: as the calendar shows it.
        now_us: when the file is made.
        is_over: whether the booking is none any more.
    """
    event = icalendar.Event()
    event.add("uid", stay.uid)
    event.add("sequence", stay.sequence)
    event.add("dtstamp", _second(now_us))
    event.add("dtstart", _second(stay.start_us))
    event.add("dtend", _second(stay.end_us))
    event.add("summary", title)
    event.add("location", ", ".join(part for part in (stay.place, stay.space_name, stay.address) if part))
    event.add("status", "CANCELLED" if is_over else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if is_over else "OPAQUE")
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_over else "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _second(at_us: int) -> datetime:
    """Return a moment as calendars know it: without parts of a second."""
    return to_utc(at_us).replace(microsecond=0, tzinfo=UTC)
