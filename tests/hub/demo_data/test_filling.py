"""What is written: whole, the same rows for the same seed, and nothing where somebody's rows are."""

import hashlib
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from hub.bootstrap import rebuilding
from hub.demo.command import demo_towns
from hub.demo_data.filling import DemoDataRefused, Fill, Filled
from hub.desks import member_desk
from hub.domain.events import EventKind, Refused
from hub.domain.people import AccessHours, Actor, Member, Membership
from hub.domain.space import Town
from hub.domain.visits import assign
from hub.ingest.translate import read_event
from hub.services.import_site import import_site
from hub.storage.claim_guards import missing_guards
from hub.storage.demo_rows import DemoRows
from hub.storage.event_tables import CursorRow, EventRow, LostRangeRow
from hub.storage.member_tables import PassRow, VisitRow
from hub.storage.pass_store import load_passes, load_visits
from hub.storage.schema import metadata
from hub.storage.unit_of_work import UnitFactory

LAST = date(2026, 11, 15)
TOWNS = demo_towns()
RANDOM = {("space", "host_secret")}
"""Columns that no seed decides: a secret is one."""


def filled(engine: Engine, seed: int = 3, months: int = 1, towns: tuple[Town, ...] = TOWNS) -> Filled:
    fill, rows = Fill(towns, seed, LAST, months), DemoRows(engine, Fill.JOB)
    fill.check(rows)
    import_site(UnitFactory(engine), towns, 1_000)
    return fill.run(rows, lambda _: None)


def join(engine: Engine) -> None:
    """Have somebody join a space."""
    membership = Membership("moelln", AccessHours.OPENING, LAST)
    member_desk(UnitFactory(engine)).save_member(
        Member(0, "Jo", memberships=(membership,)), Actor(None, "test"), 1
    )


def digest(engine: Engine) -> dict[str, str]:
    """Return a hash of every table's rows."""
    found = {}
    with engine.connect() as connection:
        for table in metadata().sorted_tables:
            columns = [one for one in table.columns if (table.name, one.name) not in RANDOM]
            rows = connection.execute(select(*columns).order_by(*table.primary_key.columns)).all()
            if rows:
                found[table.name] = hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()
    return found


class Broken(DemoRows):
    """A database that goes away in the middle."""

    batches = 0

    def write(self, note: str, now_us: int, **what: Any) -> None:
        self.batches += 1
        if self.batches == 3:
            raise ConnectionError("gone")
        super().write(note, now_us, **what)


def test_the_rows_stand_and_the_log_says_what_the_pictures_say(engine: Engine) -> None:
    told = filled(engine)
    assert (told.towns, told.spaces) == (5, 4)
    assert told.visits > 50
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(VisitRow)) == told.visits
        assert connection.scalar(select(func.count()).select_from(EventRow)) == told.events > 2000
        assert not missing_guards(connection)
        marks = connection.execute(select(CursorRow.epoch_pk, CursorRow.upto))
        lasts = connection.execute(
            select(EventRow.epoch_pk, func.max(EventRow.seq)).group_by(EventRow.epoch_pk)
        )
        assert sorted(map(tuple, marks)) == sorted(map(tuple, lasts))
    _, rebuild = rebuilding(UnitFactory(engine))
    assert rebuild.run(is_check=True, progress=lambda _: None).total == 0
    # Keys go on above those that were written.
    join(engine)


def test_every_event_can_be_read_and_says_when_it_happened(sqlite_engine: Engine) -> None:
    filled(sqlite_engine)
    with sqlite_engine.connect() as connection:
        rows = connection.execute(select(EventRow).order_by(EventRow.epoch_pk, EventRow.seq)).all()
    kinds = set()
    for row in rows:
        event = read_event(row.payload)
        assert not isinstance(event, Refused)
        assert event.kind == row.kind.value
        assert event.mono_us == row.mono_us
        assert hashlib.sha256(row.payload).digest() == row.digest
        assert row.earliest_us == row.latest_us < row.received_us
        if event.synced:
            assert event.wall_us == row.latest_us
        kinds.add(row.kind)
    assert kinds >= {
        EventKind.DEVICE_STARTED, EventKind.DESK_STATE, EventKind.DESK_SESSION, EventKind.ACCESS_DECIDED,
        EventKind.DOOR_CHANGED, EventKind.READER_STATE,
    }  # fmt: skip
    for before, after in pairwise(rows):
        assert before.epoch_pk < after.epoch_pk or before.latest_us <= after.latest_us


def test_the_same_seed_gives_the_same_rows_also_after_an_interruption(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, new_engine: Callable[[], Engine]
) -> None:
    monkeypatch.setattr("hub.demo_data.filling._TOGETHER", 800)
    filled(sqlite_engine)
    other = new_engine()
    fill = Fill(TOWNS, 3, LAST, 1)
    import_site(UnitFactory(other), TOWNS, 1_000)
    with pytest.raises(ConnectionError):
        fill.run(Broken(other, Fill.JOB), lambda _: None)
    with pytest.raises(DemoDataRefused, match="other options was interrupted after 2026-"):
        Fill(TOWNS, 4, LAST, 1).check(DemoRows(other, Fill.JOB))
    fill.check(DemoRows(other, Fill.JOB))
    fill.run(DemoRows(other, Fill.JOB), lambda _: None)
    assert digest(other) == digest(sqlite_engine)
    with pytest.raises(DemoDataRefused, match="has demonstration data already"):
        fill.check(DemoRows(other, Fill.JOB))


def test_visits_use_the_passes_that_the_hub_would_use(sqlite_engine: Engine) -> None:
    filled(sqlite_engine)
    with sqlite_engine.connect() as connection:
        keys = connection.execute(select(PassRow.space_pk, PassRow.member_pk).distinct()).all()
        for space_pk, member_pk in keys:
            passes = load_passes(connection, PassRow.space_pk == space_pk, PassRow.member_pk == member_pk)
            assert member_pk is not None
            where = VisitRow.space_pk == space_pk, VisitRow.member_pk == member_pk
            visits = load_visits(connection, *where)[member_pk]
            assert visits == assign(passes, visits)


def test_a_database_that_somebody_uses_is_refused_and_stays_as_it_is(sqlite_engine: Engine) -> None:
    import_site(UnitFactory(sqlite_engine), TOWNS, 1_000)
    join(sqlite_engine)
    before = digest(sqlite_engine)
    with pytest.raises(DemoDataRefused, match=r"in use \(rows in member.*\).*take an empty one"):
        filled(sqlite_engine)
    assert digest(sqlite_engine) == before


def test_days_before_any_space_are_refused(sqlite_engine: Engine) -> None:
    with pytest.raises(DemoDataRefused, match="no space of the site file exists between 2011-12-02 and"):
        Fill(TOWNS, 1, date(2012, 1, 1), 1).check(DemoRows(sqlite_engine, Fill.JOB))


def test_numbers_that_a_device_lost_are_noted(sqlite_engine: Engine) -> None:
    filled(sqlite_engine, seed=6, months=2)
    with sqlite_engine.connect() as connection:
        lost = connection.execute(select(LostRangeRow)).all()
        assert lost
        for row in lost:
            where = EventRow.epoch_pk == row.epoch_pk, EventRow.seq.between(row.first, row.last)
            assert not connection.scalar(select(func.count()).select_from(EventRow).where(*where))
