"""How databases are opened, and who may write when."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError

from hub.domain.errors import StoreUnavailable
from hub.storage.engine import BUSY_S, LOOK_AGAIN_S, check_reachable, is_temporary, make_engine, retrying
from hub.storage.errors import DatabaseUnusable
from hub.storage.schema import missing
from hub.storage.tables import TownRow
from hub.storage.unit_of_work import SqlUnitOfWork, UnitFactory
from tests.hub.storage.rows import fill


def town(id_: str, ags: str) -> TownRow:
    return TownRow(id=id_, ags=ags, name=id_, land="SH", catholic=False, note_de="", note_en="")


def towns_in(units: UnitFactory) -> int:
    """Count through a new unit, which sees only what was committed."""
    with units.reading() as unit:
        return unit.session.scalar(select(func.count()).select_from(TownRow)) or 0


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        pytest.param("hub.db", "can't be read: write sqlite:", id="no address"),
        pytest.param("sqlite://", "in memory", id="SQLite without a file"),
        pytest.param("sqlite:///:memory:", "in memory", id="SQLite in memory"),
        pytest.param("mysql://root@db/hub", "of kind 'mysql': use sqlite or postgresql", id="another kind"),
        pytest.param("redis://db", "can't be read|of kind 'redis'", id="no database at all"),
    ],
)
def test_an_address_that_can_not_be_used_is_refused_with_the_remedy(address: str, problem: str) -> None:
    with pytest.raises(DatabaseUnusable, match=problem):
        make_engine(address)


def test_a_refused_address_does_not_repeat_its_password() -> None:
    with pytest.raises(DatabaseUnusable) as caught:
        make_engine("postgresql://hub:geheim@[::1/hub")
    assert "geheim" not in str(caught.value)


def test_making_an_engine_opens_nothing(tmp_path: Path) -> None:
    make_engine(f"sqlite:///{tmp_path}/hub.db")
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_database_is_named_without_its_password(tmp_path: Path) -> None:
    engine = make_engine(f"postgresql://hub@/hub?host={tmp_path}", password="geheim")
    with pytest.raises(DatabaseUnusable, match=r"can't be opened: .* check database_url") as caught:
        check_reachable(engine)
    assert "geheim" not in str(caught.value)


def test_sqlite_is_opened_durable_and_with_foreign_keys(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_what_is_not_committed_is_gone(units: UnitFactory) -> None:
    with units.writing() as unit:
        unit.session.add(town("moelln", "01053090"))
        unit.session.flush()
    assert towns_in(units) == 0


def test_what_was_committed_is_seen_by_a_new_unit(units: UnitFactory) -> None:
    with units.writing() as unit:
        unit.session.add(town("moelln", "01053090"))
        unit.commit()
        unit.session.add(town("diessen", "09181114"))
        unit.session.flush()
    assert towns_in(units) == 1


def test_an_error_undoes_the_unit_and_passes_on(units: UnitFactory) -> None:
    def fail(unit: SqlUnitOfWork) -> None:
        unit.session.add(town("moelln", "01053090"))
        unit.session.flush()
        raise LookupError("no such desk")

    with pytest.raises(LookupError), units.writing() as unit:
        fail(unit)
    assert towns_in(units) == 0


def test_a_unit_is_used_inside_with_only(units: UnitFactory) -> None:
    with pytest.raises(RuntimeError, match="inside `with` only"):
        units.writing().commit()


def test_the_database_refuses_writes_of_a_reading_unit(units: UnitFactory) -> None:
    with units.reading() as unit, pytest.raises((OperationalError, InternalError), match=r"read.?only"):
        unit.session.execute(text("DELETE FROM town"))


def test_a_connection_that_has_read_writes_again_in_the_next_unit(units: UnitFactory) -> None:
    for number in range(3):
        assert towns_in(units) == number
        with units.writing() as unit:
            unit.session.add(town(f"t{number}", f"0105309{number}"))
            unit.commit()


def test_a_reading_unit_sees_one_state_while_others_write(units: UnitFactory) -> None:
    with units.reading() as unit:
        count = select(func.count()).select_from(TownRow)
        before = unit.session.scalar(count)
        with units.writing() as other:
            other.session.add(town("moelln", "01053090"))
            other.commit()
        assert unit.session.scalar(count) == before == 0
    assert towns_in(units) == 1


def test_two_writers_on_sqlite_wait_for_each_other_and_lose_nothing(sqlite_units: UnitFactory) -> None:
    """Each reads, then writes what it read plus one: with a late lock one of them would fail or overwrite."""
    fill(sqlite_units.engine)
    each, errors = 40, []

    def count_up() -> None:
        try:
            for _ in range(each):
                with sqlite_units.writing() as unit:
                    row = unit.session.scalars(select(TownRow).where(TownRow.pk == 1)).one()
                    row.inhabitants = (row.inhabitants or 0) + 1
                    unit.commit()
        except Exception as error:
            errors.append(error)

    with sqlite_units.reading() as unit:
        before = unit.session.scalars(select(TownRow.inhabitants).where(TownRow.pk == 1)).one() or 0
    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with sqlite_units.reading() as unit:
        assert (
            unit.session.scalars(select(TownRow.inhabitants).where(TownRow.pk == 1)).one()
            == before + 4 * each
        )


def test_who_waits_to_write_looks_again_every_moment_and_not_less_and_less_often(
    sqlite_units: UnitFactory, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 50:
            other.execute("ROLLBACK")

    monkeypatch.setattr("hub.storage.engine.time.sleep", pause)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with sqlite_units.writing() as unit:
            assert len(paused) == 50
            # Within a transaction SQLite waits by itself: another one may be tidying the log.
            assert unit.session.scalar(text("PRAGMA busy_timeout")) == BUSY_S * 1000
    assert max(paused) <= LOOK_AGAIN_S[1] < 0.005


def test_a_busy_database_is_tried_again_and_a_broken_rule_is_not(
    sqlite_engine: Engine, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.storage.engine.BUSY_S", 0.01)
    engine = make_engine(sqlite_url)
    tries = []

    def work() -> int:
        tries.append(1)
        with engine.begin() as connection:
            return connection.execute(text("SELECT 7")).scalar() or 0

    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError) as caught:
            retrying(work, attempts=3, first_wait_s=0.001)
        assert is_temporary(caught.value)
        assert len(tries) == 3
        other.execute("ROLLBACK")
    assert retrying(work) == 7
    tries.clear()

    def broken() -> None:
        tries.append(1)
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO lease (name) VALUES ('x')"))

    with pytest.raises(IntegrityError):
        retrying(broken)
    assert len(tries) == 1
    engine.dispose()


def test_a_deadlock_on_postgresql_is_temporary(postgres_url: str) -> None:
    engine = make_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (pk int PRIMARY KEY)"))
        connection.execute(text("INSERT INTO t VALUES (1), (2)"))
    met = threading.Barrier(2, timeout=10)
    outcomes: list[BaseException | None] = []

    def lock(first: int, second: int) -> Callable[[], None]:
        def run() -> None:
            try:
                with engine.begin() as connection:
                    connection.execute(text(f"SELECT 1 FROM t WHERE pk = {first} FOR UPDATE"))
                    met.wait()
                    connection.execute(text(f"SELECT 1 FROM t WHERE pk = {second} FOR UPDATE"))
                outcomes.append(None)
            except DBAPIError as error:
                outcomes.append(error)

        return run

    threads = [threading.Thread(target=lock(1, 2)), threading.Thread(target=lock(2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    failed = [outcome for outcome in outcomes if outcome is not None]
    assert len(outcomes) == 2
    assert len(failed) == 1
    assert is_temporary(failed[0])


def test_only_errors_of_the_database_are_temporary() -> None:
    assert not is_temporary(ValueError("no"))
    began = time.monotonic()
    with pytest.raises(ValueError, match="no"):
        retrying(lambda: (_ for _ in ()).throw(ValueError("no")))
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("is_removed", [False, True], ids=["replaced", "removed"])
def test_a_database_that_was_replaced_under_a_running_hub_is_used_no_more(
    tmp_path: Path, *, is_removed: bool
) -> None:
    file, backup = tmp_path / "hub.db", tmp_path / "backup.db"
    with closing(sqlite3.connect(backup)) as made, made:
        made.execute("CREATE TABLE t (x)")
    engine = make_engine(f"sqlite:///{file}")
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE t (x)"))
        if is_removed:
            file.unlink()
        else:
            backup.rename(file)
        for _ in range(2):
            with pytest.raises(
                StoreUnavailable, match=r"hub\.db was replaced or removed .* start the hub again"
            ):
                engine.connect()
        assert "start the hub again" in missing(engine)[0]
    finally:
        engine.dispose()
    assert file.exists() is not is_removed
    with closing(sqlite3.connect(file)) as kept:
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_new_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "hub.db"
    engine = make_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE secret (word TEXT)"))
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    engine.dispose()
