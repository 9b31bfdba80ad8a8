"""The database itself keeps two people off one desk, whoever writes, on SQLite and on PostgreSQL."""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from hub.domain.time import Interval
from hub.storage import booking_reads, booking_rows
from hub.storage.booking_tables import BookingRow
from hub.storage.claim_guards import EXCLUSION, TRIGGERS
from hub.storage.errors import DatabaseUnusable
from hub.storage.schema import migrate, missing
from hub.storage.types import Base
from tests.hub.domain.overlaps import OVERLAPS, hours
from tests.hub.storage.rows import NOW_US, ROWS, fill

BASE_US = NOW_US - NOW_US % 3_600_000_000


@pytest.fixture
def desks(engine: Engine) -> Engine:
    """A space with two desks and no booking."""
    fill(engine)
    with engine.begin() as connection:
        for table in ("check_in", "claim", "booking"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(Base.metadata.tables["desk"].insert(), ROWS["desk"] | {"pk": 2, "id": "t2"})
    return engine


def add(
    connection: Connection,
    pk: int,
    time: tuple[int, int],
    *desks: int,
    state: str = "booked",
    **changed: Any,
) -> None:
    """Write a booking with its claims, as a hand that knows the tables would."""
    is_active = state in ("booked", "checked_in")
    span = hours(*time, BASE_US)
    same = {"start_us": span.start_us, "end_us": span.end_us, "is_active": is_active}
    booking = ROWS["booking"] | same | {
        "pk": pk, "id": f"{pk:016}", "state": state, "series_pk": None, "series_day": None, "request": None,
        "request_digest": None, "ended_us": None if is_active else NOW_US,
    }  # fmt: skip
    connection.execute(Base.metadata.tables["booking"].insert(), booking)
    for desk in desks:
        claim = {"booking_pk": pk, "space_pk": 1, "desk_pk": desk} | same | changed
        connection.execute(Base.metadata.tables["claim"].insert(), claim)


@contextmanager
def refused(engine: Engine, because: str = EXCLUSION) -> Iterator[Connection]:
    """Expect that the database says no, and for which rule."""
    with pytest.raises(IntegrityError, match=because), engine.begin() as connection:
        yield connection


@pytest.mark.parametrize(("other", "overlaps"), OVERLAPS)
def test_overlapping_claims_of_a_desk_are_refused(
    desks: Engine, other: tuple[int, int], overlaps: bool
) -> None:
    with desks.begin() as connection:
        add(connection, 1, (9, 12), 1)
        add(connection, 2, other, 2)
        add(connection, 3, other, 1, state="cancelled")
    if overlaps:
        with refused(desks) as connection:
            add(connection, 4, other, 1)
    else:
        with desks.begin() as connection:
            add(connection, 4, other, 1)


@pytest.mark.parametrize(("other", "overlaps"), OVERLAPS)
@pytest.mark.parametrize("way", ["moved", "restored", "given another desk"])
def test_no_update_leads_into_an_overlap(
    desks: Engine, other: tuple[int, int], overlaps: bool, way: str
) -> None:
    span = hours(*other, BASE_US)
    with desks.begin() as connection:
        add(connection, 1, (9, 12), 1)
        add(connection, 2, (20, 21) if way == "moved" else other, 2 if way == "given another desk" else 1,
            state="cancelled" if way == "restored" else "booked")  # fmt: skip
    sql = {
        "moved": f"UPDATE booking SET start_us = {span.start_us}, end_us = {span.end_us} WHERE pk = 2",
        "restored": "UPDATE booking SET state = 'booked', is_active = TRUE, ended_us = NULL WHERE pk = 2",
        "given another desk": "UPDATE claim SET desk_pk = 1 WHERE booking_pk = 2",
    }[way]
    if overlaps:
        with refused(desks) as connection:
            connection.execute(text(sql))
    else:
        with desks.begin() as connection:
            connection.execute(text(sql))


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("UPDATE claim SET is_active = FALSE", id="a claim alone set free"),
        pytest.param("UPDATE claim SET end_us = end_us + 1", id="a claim alone made longer"),
        pytest.param("UPDATE booking SET state = 'cancelled'", id="cancelled and yet active"),
        pytest.param("UPDATE booking SET end_us = start_us", id="no time"),
        pytest.param("UPDATE booking SET end_us = start_us + 40000000000000", id="longer than any"),
        pytest.param("DELETE FROM booking", id="claims without a booking"),
        pytest.param("UPDATE claim SET desk_pk = 99", id="a desk that is not there"),
    ],
)
def test_a_claim_is_as_its_booking_is(desks: Engine, sql: str) -> None:
    with desks.begin() as connection:
        add(connection, 1, (9, 12), 1)
    with pytest.raises(IntegrityError), desks.begin() as connection:
        connection.execute(text(sql))


def test_claims_follow_their_booking(desks: Engine) -> None:
    with desks.begin() as connection:
        add(connection, 1, (9, 12), 1, 2)
        connection.execute(text("UPDATE booking SET end_us = end_us + 1"))
        assert (
            connection.execute(text("SELECT count(*) FROM claim c JOIN booking b USING (end_us)")).scalar()
            == 2
        )
        sql = "UPDATE booking SET state = 'cancelled', is_active = FALSE, ended_us = 1"
        connection.execute(text(sql))
        assert connection.execute(text("SELECT count(*) FROM claim WHERE is_active")).scalar() == 0


def test_sqlite_refuses_it_too_where_foreign_keys_are_off(sqlite_engine: Engine) -> None:
    """As in its own command line."""
    fill(sqlite_engine)
    sqlite_engine.dispose()
    hand = sqlite3.connect(sqlite_engine.url.database or "", isolation_level=None)
    copy = (
        "INSERT INTO booking (pk, id, space_pk, kind, state, is_active, start_us, end_us, any_hours, note, version,"
        " created_us, fresh_us, ended_us, ended_reason) SELECT 2, '0000000000000002', space_pk, kind, {}, {},"
        " start_us, end_us, any_hours, note, version, created_us, fresh_us, {}, ended_reason FROM booking"
    )
    claim = (
        "INSERT {} INTO claim (booking_pk, space_pk, desk_pk, start_us, end_us, is_active)"
        " SELECT 2, space_pk, desk_pk, start_us, end_us, {} FROM claim WHERE booking_pk = 1"
    )
    try:
        hand.execute(copy.format("'booked'", 1, "NULL"))
        for conflict in ("", "OR IGNORE", "OR REPLACE", "OR FAIL"):
            with pytest.raises(sqlite3.IntegrityError, match=EXCLUSION):
                hand.execute(claim.format(conflict, 1))
        with pytest.raises(sqlite3.IntegrityError, match="not that of its booking"):
            hand.execute(claim.format("", 0))
        hand.execute("UPDATE booking SET state = 'cancelled', is_active = 0, ended_us = 1 WHERE pk = 2")
        hand.execute(claim.format("", 0))
        with pytest.raises(sqlite3.IntegrityError, match=EXCLUSION):
            hand.execute("UPDATE booking SET state = 'booked', is_active = 1, ended_us = NULL WHERE pk = 2")
        assert hand.execute("SELECT count(*) FROM claim WHERE is_active").fetchone() == (1,)
    finally:
        hand.close()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("in the way", "claim USING INDEX ix_claim_active (desk_pk=? AND start_us>? AND start_us<?)"),
        ("beginning", "claim USING INDEX ix_claim_active (desk_pk=? AND start_us>? AND start_us<?)"),
        ("reaching", "claim USING INDEX ix_claim_active (desk_pk=? AND start_us=?)"),
        ("limits", "booking USING INDEX ix_booking_member_pk_end_us (member_pk=? AND end_us>?)"),
        ("release", "booking USING INDEX ix_booking_unconfirmed (start_us>? AND start_us<?)"),
        (
            "list",
            "booking USING INDEX ix_booking_space_pk_start_us (space_pk=? AND start_us>? AND start_us<?)",
        ),
    ],
)
def test_a_million_bookings_on_file_are_not_gone_through(
    sqlite_engine: Engine, query: str, index: str
) -> None:
    hour = Interval(NOW_US, NOW_US + 1)
    statements: dict[str, Any] = {
        "in the way": booking_rows._IN_THE_WAY.params(desks=[1], start_us=1, end_us=2),
        "beginning": booking_reads._BEGINNING.params(desks=[1], start_us=1, end_us=2),
        "reaching": booking_reads._REACHING.params(desks=[1], start_us=1),
        "limits": booking_rows._HELD.params(member=1, from_us=1),
        "release": booking_reads._BOOKINGS.where(
            text("booking.state = 'booked'"), *booking_reads.reaching(hour, None)
        ),
        "list": booking_reads._BOOKINGS.where(
            BookingRow.space_pk == booking_reads.space_key("a"), *booking_reads.reaching(hour, "a")
        ),
    }
    wanted = statements[query].compile(sqlite_engine, compile_kwargs={"literal_binds": True})
    with sqlite_engine.connect() as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {wanted}")]
    assert f"SEARCH {index}" in plan
    assert not [step for step in plan if step.startswith("SCAN")], plan


def test_sqlite_finds_an_overlap_by_one_step_into_the_index(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        plan = connection.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT c.end_us FROM claim c WHERE c.desk_pk = 1 AND c.is_active = 1"
                " AND c.start_us < 9 AND c.pk <> 7 ORDER BY c.start_us DESC LIMIT 1"
            )
        ).all()
    assert [row.detail for row in plan] == ["SEARCH c USING INDEX ix_claim_active (desk_pk=? AND start_us<?)"]


def drop_guard(engine: Engine, trigger: str = "claim_inserted") -> str:
    """Take a guard away; return its name."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text(f"DROP TRIGGER {trigger}"))
            return trigger
        connection.execute(text(f"ALTER TABLE claim DROP CONSTRAINT {EXCLUSION}"))
        return EXCLUSION


@pytest.mark.parametrize("trigger", sorted(TRIGGERS))
def test_a_guard_that_is_missing_is_told_and_made_again(desks: Engine, trigger: str) -> None:
    name = drop_guard(desks, trigger)
    (line,) = missing(desks)
    assert f"{name} is missing, desks could be booked twice" in line
    migrate(desks)
    assert missing(desks) == []


def test_a_trigger_of_the_same_name_that_does_nothing_is_told(sqlite_engine: Engine) -> None:
    drop_guard(sqlite_engine)
    with sqlite_engine.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER claim_inserted AFTER INSERT ON claim FOR EACH ROW BEGIN SELECT 1; END")
        )
    assert "claim_inserted is missing" in missing(sqlite_engine)[0]
    migrate(sqlite_engine)
    assert missing(sqlite_engine) == []


def test_a_desk_that_was_booked_twice_meanwhile_is_named(desks: Engine) -> None:
    drop_guard(desks)
    with desks.begin() as connection:
        add(connection, 1, (9, 12), 1)
        add(connection, 2, (11, 13), 1)
    with pytest.raises(DatabaseUnusable, match=rf"desk t1: bookings {1:016} and {2:016}"):
        migrate(desks)
    with desks.begin() as connection:
        connection.execute(
            text("UPDATE booking SET state='cancelled', is_active=FALSE, ended_us=1 WHERE pk=2")
        )
    migrate(desks)
    assert missing(desks) == []


one_step = st.tuples(
    st.sampled_from(["add", "move", "cancel", "restore", "desk"]),
    st.integers(1, 6),
    st.integers(0, 12),
    st.integers(1, 5),
    st.integers(1, 2),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(one_step, min_size=1, max_size=30))
def test_no_statements_ever_leave_two_active_claims_of_a_desk_at_one_instant(
    desks: Engine, steps: list[tuple[str, int, int, int, int]]
) -> None:
    with desks.begin() as connection:
        connection.execute(text("DELETE FROM claim"))
        connection.execute(text("DELETE FROM booking"))
    for what, pk, start, length, desk in steps:
        span = hours(start, start + length, BASE_US)
        # Nothing but a refusal by a rule may come of it.
        with suppress(IntegrityError), desks.begin() as connection:
            if what == "add":
                add(connection, pk, (start, start + length), desk)
            sql = {
                "add": "SELECT 1",
                "move": f"UPDATE booking SET start_us={span.start_us}, end_us={span.end_us} WHERE pk={pk}",
                "cancel": f"UPDATE booking SET state='cancelled', is_active=FALSE, ended_us=1 WHERE pk={pk}",
                "restore": f"UPDATE booking SET state='booked', is_active=TRUE, ended_us=NULL WHERE pk={pk}",
                "desk": f"UPDATE claim SET desk_pk={desk} WHERE booking_pk={pk}",
            }[what]
            connection.execute(text(sql))
    with desks.connect() as connection:
        active = connection.execute(
            text("SELECT desk_pk, start_us, end_us FROM claim WHERE is_active ORDER BY desk_pk, start_us")
        ).all()
        differing = connection.execute(
            text(
                "SELECT count(*) FROM claim c JOIN booking b ON b.pk = c.booking_pk WHERE"
                " c.start_us <> b.start_us OR c.end_us <> b.end_us OR c.is_active <> b.is_active"
            )
        ).scalar()
    assert differing == 0
    for one, other in itertools.pairwise(active):
        assert one.desk_pk != other.desk_pk or one.end_us <= other.start_us
