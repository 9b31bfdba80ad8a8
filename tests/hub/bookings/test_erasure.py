"""P5: what somebody booked is given whole and erased whole; what is to come is free again, what was stays counted."""

from datetime import date, time

from sqlalchemy import insert

from hub.booking_ports import SeriesWish
from hub.domain.requests import Request
from hub.domain.series import Frequency, SeriesRule
from hub.services.person_desk import PersonService
from hub.storage.access_unit import SqlUnits
from hub.storage.booking_tables import ApiTokenRow
from hub.storage.person_rows import PersonRows
from tests.hub.bookings.world import BARE, A, BookingWorld, span
from tests.hub.desks.test_person import found
from tests.hub.desks.world import CLI, SPACE

NOTE = "mit Blindenhund"


def test_an_erasure_takes_bookings_series_check_ins_and_tokens(world: BookingWorld) -> None:
    persons = PersonService(SqlUnits(world.engine, PersonRows))
    made = world.book(span("09:00", "12:00"), A, note=NOTE, request=Request("1:k", b"r" * 32))
    daily = SeriesRule(Frequency.DAILY, date(2026, 11, 20), date(2026, 11, 20), time(15), time(16))
    world.series.book_series(SeriesWish(SPACE, BARE, daily, world.jo), world.me(world.jo), world.now_us)
    theirs = world.book(span("13:00", "14:00"), A, member=world.mia)
    with world.engine.begin() as connection:
        connection.execute(
            insert(ApiTokenRow).values(
                name="Jos Kalender",
                digest=b"t" * 32,
                scopes="bookings:read",
                member_pk=world.jo,
                created_us=0,
            )
        )
    world.at("2026-11-19T09:00")
    world.bookings.check_in(made.id, world.me(world.jo), world.now_us)
    data = persons.export(world.jo, "asked by mail", CLI, world.now_us)
    assert {"api_token", "booking", "booking_series", "check_in", "claim", "visit"} <= {
        section.table for section in data.sections
    }
    assert "api_token.digest" in data.hidden
    counts = (
        "SELECT (SELECT count(*) FROM booking), (SELECT count(*) FROM check_in), (SELECT count(*) FROM visit)"
    )
    before = world.rows(counts)
    persons.erase(world.jo, CLI, world.now_us)
    assert world.rows(counts) == before
    assert found(world.engine, NOTE, "Jos Kalender") == []
    assert world.rows("SELECT count(*) FROM api_token") == [(0,)]
    for table in ("booking", "booking_series", "check_in", "visit"):
        assert world.rows(f"SELECT count(*) FROM {table} WHERE member_pk = :jo", jo=world.jo) == [(0,)], table
    assert world.rows("SELECT count(*) FROM booking WHERE request IS NOT NULL") == [(0,)]
    assert world.active() == [(A, theirs.time.start_us, theirs.time.end_us)], "the desks are free again"
