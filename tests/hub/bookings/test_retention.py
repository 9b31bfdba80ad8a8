"""Whose a booking was is forgotten 90 days after its end; that there was one stays."""

from datetime import date, time

import pytest

from hub.booking_ports import SeriesWish
from hub.domain.requests import Request
from hub.domain.series import Frequency, SeriesRule
from hub.services.daily_work import DAY_US, Purge
from hub.storage.duties import SqlJobRuns, SqlPurgeLog, SqlRetention
from tests.hub.bookings.world import BARE, A, B, BookingWorld, span
from tests.hub.desks.world import CLI, SPACE


@pytest.mark.parametrize(("days", "is_known"), [(90, True), (91, False)])
def test_a_booking_forgets_its_person(world: BookingWorld, days: int, is_known: bool) -> None:
    made = world.book(span("09:00", "12:00"), A, note="Jos Platz", request=Request("1:k", b"r" * 32))
    late = world.book(span("13:00", "14:00", "2026-12-18"), B, member=world.mia)
    daily = SeriesRule(Frequency.DAILY, date(2026, 11, 19), date(2026, 11, 19), time(15), time(16))
    series = world.series.book_series(
        SeriesWish(SPACE, BARE, daily, world.jo), world.me(world.jo), world.now_us
    )
    world.at("2026-11-19T09:00")
    world.bookings.check_in(made.id, world.me(world.jo), world.now_us)
    day_us = span("00:00", "24:00").end_us
    purge = Purge(
        SqlRetention(world.engine),
        SqlJobRuns(world.engine),
        SqlPurgeLog(world.engine),
        event_days=7,
        quarantine_days=30,
        booking_days=90,
    )
    purge.run(day_us + days * DAY_US - DAY_US + 1)
    found = world.bookings.booking(made.id, CLI)
    assert (found.member, found.note) == ((world.jo, "Jos Platz") if is_known else (None, ""))
    assert (found.time, found.desks, found.state) == (made.time, made.desks, "checked_in")
    assert (world.series.series(series.id, CLI).member is not None) == is_known
    assert len(world.rows("SELECT * FROM check_in")) == is_known
    assert len(world.rows("SELECT * FROM visit")) == 1, (
        "a visit has a term of its own, until its month is settled"
    )
    assert world.bookings.booking(late.id, CLI).member == world.mia
    assert len(world.rows("SELECT * FROM booking WHERE request IS NOT NULL")) == is_known
    persons = world.rows("SELECT count(*) FROM booking WHERE member_pk = :jo", jo=world.jo)
    assert persons == [(2 if is_known else 0,)]
