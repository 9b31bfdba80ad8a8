"""Feeds of bookings, read back by a library that others wrote: when the clock changes, and whatever a name holds."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.calendar_files import FeedEntry, feed_file
from hub.domain.letters import Stay
from hub.domain.time import to_us

HOUR_US = 3_600_000_000
BERLIN = ZoneInfo("Europe/Berlin")
CHANGED_US = to_us(datetime(2026, 3, 1, 12, tzinfo=UTC))


def entry(start: datetime, place: str = "Fenster 1", space: str = "Clubheim Mölln") -> FeedEntry:
    start_us = to_us(start)
    stay = Stay(f"{start_us}@ankerort", 3, space, place, start_us, start_us + 2 * HOUR_US, "Europe/Berlin")
    return FeedEntry(stay, CHANGED_US)


def events(data: bytes) -> list[Any]:
    found: list[Any] = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert not any(event.errors for event in found)
    return list(found)


@pytest.mark.parametrize(
    ("wall", "ends"),
    [
        ("2026-03-29T01:00", "2026-03-29T04:00"),
        ("2026-03-29T09:00", "2026-03-29T11:00"),
        ("2026-10-25T01:00", "2026-10-25T02:00"),
        ("2026-10-25T09:00", "2026-10-25T11:00"),
        ("2026-12-31T23:00", "2027-01-01T01:00"),
    ],
)
def test_a_feed_is_right_by_the_wall_clock_when_the_clock_is_changed(wall: str, ends: str) -> None:
    (event,) = events(feed_file([entry(datetime.fromisoformat(wall).replace(tzinfo=BERLIN))], "Ankerort"))
    start, end = (event[name].dt.astimezone(BERLIN) for name in ("DTSTART", "DTEND"))
    assert (start.isoformat()[:16], end.isoformat()[:16]) == (wall, ends)
    assert (int(event["SEQUENCE"]), event["LAST-MODIFIED"].dt) == (3, datetime(2026, 3, 1, 12, tzinfo=UTC))


@given(
    st.text(st.characters(codec="utf-8"), max_size=200),
    st.text(st.characters(codec="utf-8"), max_size=200),
    st.text(st.characters(codec="utf-8"), max_size=50),
)
def test_no_name_breaks_a_feed_or_adds_to_it(place: str, space: str, name: str) -> None:
    data = feed_file([entry(datetime(2026, 5, 4, 9, tzinfo=BERLIN), place, space)], name)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert not set(data) & (set(range(32)) - set(b"\r\n"))
    (event,) = events(data)
    seen = "".join(c if c.isprintable() else " " for c in f"{place}, {space}")
    assert str(event["SUMMARY"]) == seen


def test_the_same_bookings_give_the_same_feed_and_none_give_an_empty_one() -> None:
    made = [entry(datetime(2026, 5, 4, 9, tzinfo=BERLIN))]
    assert feed_file(made, "Ankerort") == feed_file(list(made), "Ankerort")
    empty = feed_file([], "Meine Plätze; alle")
    assert events(empty) == []
    assert b"\r\nNAME:Meine Pl\xc3\xa4tze\\; alle\r\n" in empty
