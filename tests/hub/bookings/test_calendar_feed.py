"""The feed of somebody's bookings: at a secret that is not kept, without anybody else's, and none once it has ended."""

from typing import Any

import icalendar
import pytest

from hub.domain.booking import BookingKind
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.time import to_us
from hub.services.calendar_desk import BACK_US, CalendarService
from hub.storage.access_unit import SqlUnits
from hub.storage.calendar_rows import CalendarRows
from tests.hub.bookings.world import B, BookingWorld, span
from tests.hub.desks.test_person import found
from tests.hub.desks.world import CLI
from tests.parts.queries import counting


def desk(world: BookingWorld) -> CalendarService:
    return CalendarService(SqlUnits(world.engine, CalendarRows))


def told(world: BookingWorld, secret: str) -> list[tuple[str, int, int]]:
    """Return (uid, begin, end) of what a calendar reads."""
    feed = desk(world).feed(secret, world.now_us)
    assert feed is not None
    events: list[Any] = icalendar.Calendar.from_ical(feed.file).walk("VEVENT")
    assert not any(event.errors for event in events)
    return [(str(one["UID"]), to_us(one["DTSTART"].dt), to_us(one["DTEND"].dt)) for one in events]


def test_a_feed_tells_what_stands_of_the_last_30_days_and_all_to_come(world: BookingWorld) -> None:
    me = world.me(world.jo)
    secret = desk(world).make(world.jo, me, world.now_us)
    assert told(world, secret) == []
    soon, later = world.book(span("09:00", "12:00")), world.book(span("13:00", "14:00"), B)
    gone = world.book(span("15:00", "16:00"))
    world.bookings.cancel(gone.id, me, world.now_us)
    world.book(span("09:00", "12:00"), B, member=world.mia, note="nicht Jos")
    event = world.book(
        span("18:00", "22:00", "2026-11-27"), "", actor=CLI, kind=BookingKind.EVENT, reason="Lesung"
    )
    wanted = [(f"{one.id}@ankerort", one.time.start_us, one.time.end_us) for one in (soon, later, event)]
    assert told(world, secret) == wanted
    feed = desk(world).feed(secret, world.now_us)
    assert feed is not None
    assert feed.changed_us == world.now_us
    assert b"alle Pl\xc3\xa4tze" in feed.file
    world.now_us = soon.time.end_us + BACK_US - 1
    assert told(world, secret) == wanted
    world.now_us += 1
    assert told(world, secret) == wanted[1:]


def test_a_feed_takes_a_constant_number_of_queries(world: BookingWorld) -> None:
    secret = desk(world).make(world.jo, world.me(world.jo), world.now_us)
    for hour in range(9, 15):
        world.book(span(f"{hour:02}:00", f"{hour + 1:02}:00"))
    with counting(world.engine) as queries:
        assert len(told(world, secret)) == 6
    assert sum(one.startswith("SELECT") for one in queries.statements) == 3


def test_the_secret_is_not_kept_and_another_one_ends_it(sqlite_world: BookingWorld) -> None:
    world, me = sqlite_world, sqlite_world.me(sqlite_world.jo)
    calendar = desk(world)
    assert calendar.since_us(world.jo, me) is None
    first = calendar.make(world.jo, me, world.now_us)
    assert found(world.engine, first) == []
    second = calendar.make(world.jo, CLI, world.now_us + 1)
    assert (calendar.feed(first, world.now_us), calendar.since_us(world.jo, me)) == (None, world.now_us + 1)
    assert told(world, second) == []
    assert [calendar.end(world.jo, me, world.now_us) for _ in range(2)] == [True, False]
    for secret in (second, "", "x" * 5000, "\x00", first[:-1]):
        assert calendar.feed(secret, world.now_us) is None
    assert [one["what"] for one in world.chain()][-3:] == [
        "calendar_feed_made", "calendar_feed_made", "calendar_feed_ended",
    ]  # fmt: skip


def test_nobody_makes_or_ends_somebody_else_s(sqlite_world: BookingWorld) -> None:
    world, calendar = sqlite_world, desk(sqlite_world)
    for actor in (world.me(world.mia), world.actor(1), world.actor(2)):
        for act in (calendar.make, calendar.end):
            with pytest.raises(NotAllowed):
                act(world.jo, actor, world.now_us)
    with pytest.raises(RuleRefused, match="there is no member 99"):
        calendar.make(99, CLI, world.now_us)
