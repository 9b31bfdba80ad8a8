"""The database itself refuses what is not true, on SQLite and on PostgreSQL."""

from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, text
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, StatementError

from hub.storage.types import Base, InstantUs, Name
from tests.hub.storage.rows import ROWS, fill

LAST_US = 253_402_300_799_999_999


def set_value(engine: Engine, table: str, column: str, value: str) -> None:
    """Write past all of our own types, as a hand in the database would."""
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {column} = {value}"))


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        pytest.param("town", "ags", "'1053090'", id="an AGS of seven digits"),
        pytest.param("town", "land", "'SHL'", id="a Land of three letters"),
        pytest.param("town", "inhabitants", "0", id="nobody lives there"),
        pytest.param("space", "kind", "'pub'", id="an unknown kind of space"),
        pytest.param("space", "phase", "''", id="no phase"),
        pytest.param("space", "public_detail", "'names'", id="more than desks"),
        pytest.param("space", "valid_to", "'2025-12-31'", id="over before it began"),
        pytest.param("space", "plan_width", "0", id="a plan without width"),
        pytest.param("space", "host_secret", "'short'", id="a secret that can be guessed"),
        pytest.param("space", "town_pk", "99", id="a town that is not there"),
        pytest.param("opening_period", "weekday", "7", id="an eighth day"),
        pytest.param("opening_period", "closes_min", "480", id="closed as it opens"),
        pytest.param("opening_period", "closes_min", "1441", id="closes after the day's end"),
        pytest.param("desk", "zone_pk", "99", id="a zone that is not there"),
        pytest.param("desk", "device_pk", "99", id="a device that is not there"),
        pytest.param("desk", "sensor", "'camera'", id="a camera at the desk"),
        pytest.param("desk", "angle", "360", id="a full turn"),
        pytest.param("desk", "width", "-1", id="a negative width"),
        pytest.param("device_state", "status", "'asleep'", id="an unknown status"),
        pytest.param("device_state", "heard_us", "-1", id="before 1970"),
        pytest.param("device_state", "heard_us", str(LAST_US + 1), id="after the year 9999"),
        pytest.param("device_state", "heard_us", "'2026-01-01'", id="a date as text"),
        pytest.param("device_state", "heard_us", "NULL", id="no instant"),
    ],
)
def test_the_database_refuses(engine: Engine, table: str, column: str, value: str) -> None:
    fill(engine)
    with pytest.raises((IntegrityError, DataError, ProgrammingError)):
        set_value(engine, table, column, value)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        pytest.param("device_state", "heard_us", "0", id="1970"),
        pytest.param("device_state", "heard_us", str(LAST_US), id="the end of the year 9999"),
        pytest.param("opening_period", "closes_min", "1440", id="closes at the day's end"),
        pytest.param("space", "valid_to", "'2026-01-01'", id="one day long"),
        pytest.param("desk", "angle", "359", id="nearly a full turn"),
        pytest.param("desk", "zone_pk", "NULL", id="no zone"),
    ],
)
def test_the_database_takes_what_just_fits(engine: Engine, table: str, column: str, value: str) -> None:
    fill(engine)
    set_value(engine, table, column, value)


def test_a_desk_can_not_stand_in_a_zone_of_another_space(engine: Engine) -> None:
    fill(engine)
    reflected = MetaData()
    with engine.begin() as connection:
        reflected.reflect(connection)
        connection.execute(reflected.tables["space"].insert(), ROWS["space"] | {"pk": 2, "id": "other"})
        connection.execute(reflected.tables["zone"].insert(), ROWS["zone"] | {"pk": 2, "space_pk": 2})
    with pytest.raises(IntegrityError):
        set_value(engine, "desk", "zone_pk", "2")


def test_ids_are_unique_where_they_name_something(engine: Engine) -> None:
    fill(engine)
    for name in ("town", "space", "zone", "device", "desk", "door"):
        table = Base.metadata.tables[name]
        again = ROWS[name] | {"pk": 2} | ({"ags": "01053091"} if name == "town" else {})
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(table.insert(), again)


@pytest.mark.parametrize("value", [1.5, "2026-01-01", True])
def test_an_instant_that_is_no_whole_number_does_not_reach_the_database(engine: Engine, value: Any) -> None:
    fill(engine)
    table = Base.metadata.tables["device_state"]
    with (
        pytest.raises(StatementError, match="an instant is whole microseconds"),
        engine.begin() as connection,
    ):
        connection.execute(table.update().values(heard_us=value))


def test_every_instant_and_every_name_of_every_table_has_its_check() -> None:
    for table in Base.metadata.tables.values():
        checks = {str(constraint.name) for constraint in table.constraints}
        for column in table.columns:
            if isinstance(column.type, InstantUs | Name):
                assert f"ck_{table.name}_{column.name}" in checks
            assert not column.name.endswith("_us") or "BIGINT" in str(column.type), (
                f"{table.name}.{column.name}"
            )
