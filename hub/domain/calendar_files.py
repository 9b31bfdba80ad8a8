"""Calendar files (RFC 5545) about bookings, for letters and feeds.

Instants are UTC, so that no calendar works out an offset, and none needs to know the zone. A booking has one `uid` in
all of them, and a `sequence` that rises with its version.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import icalendar

from hub.domain.booking import Booking
from hub.domain.letters import Stay
from hub.domain.time import to_utc

PRODUCT: Final = "-//Ankerort//Ankerort//DE"
WHOLE_SPACE: Final = {"de": "alle Plätze", "en": "the whole space"}
MAX_OCTETS: Final = 75
"""Of a line, without its end (RFC 5545, 3.1)."""


def uid_of(booking: str) -> str:
    """Return what calendars call a booking by; its id is random, so it is nobody else's."""
    return f"{booking}@ankerort"


def stay_of(booking: Booking, *, space_name: str, place: str, time_zone: str, address: str) -> Stay:
    """Return a booking as letters and calendars tell it.

    Args:
        place: name of its desk; empty for the whole space.
    """
    return Stay(
        uid_of(booking.id),
        max(booking.version - 1, 0),
        space_name,
        place,
        booking.time.start_us,
        booking.time.end_us,
        time_zone,
        address,
    )


def in_words(stay: Stay, language: str) -> Stay:
    """Return a stay whose place has a name, also when it is the whole space.

    Args:
        language: `de` or `en`.
    """
    return stay if stay.place else replace(stay, place=WHOLE_SPACE[language])


def stays_file(stays: Sequence[Stay], now_us: int, *, is_over: bool = False) -> tuple[bytes, str]:
    """Return a calendar file that puts bookings into a calendar, moves them there, or takes them out; and its method.

    A file of the same `uid` and a higher `sequence` takes the place of an earlier one (RFC 5546, 2.1.4). CANCEL knows
    one `uid` only (3.2.5): of several the file publishes that each is cancelled.

    Args:
        stays: whose places have names.
        now_us: when the file is made.
        is_over: whether the bookings are none any more.
    """
    method = "CANCEL" if is_over and len(stays) == 1 else "PUBLISH"
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for stay in stays:
        calendar.add_component(_event(stay, now_us, is_over=is_over))
    return bytes(calendar.to_ical()), method


def _event(stay: Stay, now_us: int, *, is_over: bool) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", stay.uid)
    event.add("sequence", stay.sequence)
    event.add("dtstamp", _second(now_us))
    event.add("dtstart", _second(stay.start_us))
    event.add("dtend", _second(stay.end_us))
    event.add("summary", title_of(stay))
    event.add("location", location_of(stay))
    event.add("status", "CANCELLED" if is_over else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if is_over else "OPAQUE")
    return event


def title_of(stay: Stay) -> str:
    """Return what a calendar shows."""
    return f"{stay.place}, {stay.space_name}"


def location_of(stay: Stay) -> str:
    """Return where it is."""
    return ", ".join(part for part in (stay.place, stay.space_name, stay.address) if part)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A booking in a feed.

    Args:
        stay: whose place has a name.
        changed_us: when it was made or last changed.
    """

    stay: Stay
    changed_us: int


def feed_file(entries: Sequence[FeedEntry], name: str) -> bytes:
    """Return a feed that calendars subscribe to; the same entries give the same bytes.

    Written line by line: the library that writes the files of letters takes a second for a feed of some years.

    Args:
        name: of the calendar.
    """
    lines = [
        "BEGIN:VCALENDAR",
        f"PRODID:{PRODUCT}",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        # How often to ask (RFC 7986, 5.7); the second one is what Outlook reads.
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
    ]
    for entry in entries:
        stay, changed = entry.stay, _basic(entry.changed_us)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{stay.uid}",
            f"SEQUENCE:{stay.sequence}",
            # Without a METHOD both say when it was last changed (RFC 5545, 3.8.7.2).
            f"DTSTAMP:{changed}",
            f"LAST-MODIFIED:{changed}",
            f"DTSTART:{_basic(stay.start_us)}",
            f"DTEND:{_basic(stay.end_us)}",
            f"SUMMARY:{_text(title_of(stay))}",
            f"LOCATION:{_text(location_of(stay))}",
            "STATUS:CONFIRMED",
            "TRANSP:OPAQUE",
            "END:VEVENT",
        ]
    if not entries:
        lines += _NOTHING
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


_NOTHING: Final = (
    "BEGIN:VTIMEZONE",
    "TZID:UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "TZNAME:UTC",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"""A calendar holds something (RFC 5545, 3.6), also that of somebody who has booked nothing."""


def _basic(at_us: int) -> str:
    return f"{_second(at_us):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Return a value of type TEXT (RFC 5545, 3.3.11), without what can't be seen: none of it would be allowed."""
    seen = "".join(c if c.isprintable() else " " for c in text)
    return seen.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> bytes:
    """Return a line as it is sent: in pieces of whole characters that are not too long."""
    data = line.encode("utf-8", "replace")
    if len(data) <= MAX_OCTETS:
        return data + b"\r\n"
    pieces: list[bytes] = []
    room = MAX_OCTETS
    while len(data) > room:
        cut = room
        while data[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(data[:cut])
        # Every further piece begins with a space.
        data, room = data[cut:], MAX_OCTETS - 1
    return b"\r\n ".join((*pieces, data)) + b"\r\n"


def _second(at_us: int) -> datetime:
    """Return a moment as calendars know it: without parts of a second."""
    return to_utc(at_us).replace(microsecond=0, tzinfo=UTC)
