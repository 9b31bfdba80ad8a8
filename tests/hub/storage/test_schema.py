"""The migrations lead to exactly the tables in the code, and back."""

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, inspect, text

from hub.storage.engine import make_engine
from hub.storage.errors import DatabaseUnusable
from hub.storage.schema import head, metadata, migrate, missing, revision
from tests.hub.storage.rows import fill

Shape = dict[str, Any]


def shape(engine: Engine) -> Shape:
    """Return everything the database says of its tables, in an order of its own."""
    found: Shape = {}
    inspector = inspect(engine)
    # All tables by one question each: there are dozens, and some tests look two dozen times.
    columns, options, keys = (
        inspector.get_multi_columns(),
        inspector.get_multi_table_options(),
        inspector.get_multi_pk_constraint(),
    )
    checks, uniques = inspector.get_multi_check_constraints(), inspector.get_multi_unique_constraints()
    foreign, indexes = inspector.get_multi_foreign_keys(), inspector.get_multi_indexes()
    for at in columns:
        _, table = at
        if table == "alembic_version":
            continue
        found[table] = {
            "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in columns[at]],
            "options": _options(options[at]),
            "key": keys[at],
            "checks": sorted((c["name"] or "", _squeeze(c["sqltext"])) for c in checks[at]),
            "unique": sorted((u["name"] or "", u["column_names"]) for u in uniques[at]),
            "foreign": sorted(
                (f["name"] or "", f["constrained_columns"], f["referred_table"], f["referred_columns"])
                for f in foreign[at]
            ),
            "indexes": sorted(
                (i["name"] or "", i["column_names"], i["unique"], _options(i.get("dialect_options")))
                for i in indexes[at]
            ),
        }
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            rows = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name")
            )
            found["triggers and views"] = [(name, _squeeze(sql)) for name, sql in rows]
    else:
        with engine.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'x' ORDER BY 1"
                )
            )
            found["exclusions"] = [tuple(row) for row in rows]
    return found


def _options(given: object) -> str:
    return str({name: str(value) for name, value in sorted(dict(given or {}).items())})  # type: ignore[call-overload]


def _squeeze(sql: object) -> str:
    return re.sub(r"\s+", " ", str(sql)).strip()


def contents(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables of the database."""
    reflected = MetaData()
    with engine.connect() as connection:
        reflected.reflect(connection)
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in reflected.sorted_tables
        }


def test_the_migrations_make_the_tables_of_the_code(empty_engine: Engine) -> None:
    migrate(empty_engine)
    migrated = shape(empty_engine)
    migrate(empty_engine, "base")
    metadata().create_all(empty_engine)
    assert migrated == shape(empty_engine)
    assert migrated.keys() >= {"town", "space", "desk", "device_state"}


def test_going_back_to_nothing_leaves_no_table(engine: Engine) -> None:
    fill(engine)
    migrate(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    assert revision(engine) is None


def test_each_migration_can_be_undone_and_done_again_without_a_trace(engine: Engine) -> None:
    shapes, revisions = {}, ["base", *_revisions()]
    for each in revisions:
        migrate(engine, each)
        shapes[each] = shape(engine)
    for upper, lower in itertools.pairwise(reversed(revisions)):
        migrate(engine, lower)
        assert shape(engine) == shapes[lower], f"after undoing {upper}"
    migrate(engine)
    assert shape(engine) == shapes[revisions[-1]]


def test_rows_survive_the_way_back_to_the_first_migration_and_forward(engine: Engine) -> None:
    fill(engine)
    before = contents(engine)
    migrate(engine, _revisions()[0])
    first = {table for table in shape(engine) if table not in ("triggers and views", "exclusions")}
    migrate(engine)
    after = contents(engine)
    assert {name: rows for name, rows in after.items() if name in first or name == "alembic_version"} == {
        name: rows for name, rows in before.items() if name in first or name == "alembic_version"
    }


def test_there_is_a_row_to_try_migrations_on_in_every_table(engine: Engine) -> None:
    fill(engine)
    assert [name for name, rows in contents(engine).items() if not rows] == []


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    fill(engine)
    before = contents(engine)
    assert migrate(engine) == (head(), head())
    assert contents(engine) == before


def test_foreign_keys_hold_again_after_a_migration(engine: Engine) -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert missing(engine) == []


def test_a_database_of_a_newer_version_is_refused_unchanged(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusable, match="revision 9999, which this version does not know"):
        migrate(engine)
    assert revision(engine) == "9999"


def test_an_empty_database_is_said_to_need_migrate(empty_engine: Engine) -> None:
    assert missing(empty_engine) == ["the database is empty: run `ankerort-hub migrate`"]


def test_a_table_without_its_checks_is_named(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE device_state"))
        connection.execute(text("CREATE TABLE device_state (device_pk INTEGER PRIMARY KEY)"))
    assert any("ck_device_state_heard_us is missing" in line for line in missing(engine))


def test_a_database_that_is_not_there_is_said_to_be_out_of_reach(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/no/such/folder/hub.db")
    (line,) = missing(engine)
    assert "can't be reached" in line
    assert "check database_url" in line


def _revisions() -> list[str]:
    folder = Path(__file__).parents[3] / "hub" / "storage" / "migrations" / "versions"
    return sorted(path.name[:4] for path in folder.glob("[0-9]*.py"))
