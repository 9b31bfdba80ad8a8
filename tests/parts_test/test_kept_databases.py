"""A kept database is like a new one to its next test, or it is thrown away."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.parts.kept_databases import KeptDatabases
from tests.parts.postgres import Postgres

TABLES = """
CREATE TABLE town (pk int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE TABLE desk (pk int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, town_pk int NOT NULL REFERENCES town, name text);
CREATE TABLE version (number int);
INSERT INTO version VALUES (7);
"""
FILL = "INSERT INTO town (name) VALUES ('Mölln'); INSERT INTO desk (town_pk, name) VALUES (1, 'Am Fenster')"


@pytest.fixture
def kept(postgres: Postgres) -> Iterator[KeptDatabases]:
    with postgres.database() as url:
        template = name_in(url)
        with postgres.connection(template) as connection:
            connection.execute(TABLES)
        databases = KeptDatabases(postgres, template)
        yield databases
        databases.close()


def name_in(url: str) -> str:
    return make_url(url).database or ""


def test_the_next_one_finds_no_rows_and_numbers_begin_anew(kept: KeptDatabases, postgres: Postgres) -> None:
    with kept.database() as first, postgres.connection(name_in(first)) as connection:
        connection.execute(FILL)
    with kept.database() as second, postgres.connection(name_in(second)) as connection:
        assert second == first
        assert [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("town", "desk")
        ] == [
            (0,),
            (0,),
        ]
        assert connection.execute("SELECT number FROM version").fetchall() == [(7,)]
        connection.execute(FILL)
        assert connection.execute("SELECT town_pk, pk FROM desk").fetchall() == [(1, 1)]


def test_who_is_still_connected_is_cut_off(kept: KeptDatabases, postgres: Postgres) -> None:
    with kept.database() as url:
        forgotten = postgres.connection(name_in(url))
        forgotten.execute("BEGIN; INSERT INTO town (name) VALUES ('Mölln')")
    with pytest.raises(psycopg.OperationalError):
        forgotten.execute("SELECT 1")
    with kept.database() as again:
        assert again == url


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (pk int)",
        "ALTER TABLE town ADD COLUMN land text",
        "ALTER TABLE desk DROP CONSTRAINT desk_town_pk_fkey",
        "CREATE INDEX of_names ON town (name)",
        "UPDATE version SET number = 8",
        "DELETE FROM version",
        "INSERT INTO town (name) SELECT repeat('x', 1000) FROM generate_series(1, 3000)",
    ],
)
def test_what_can_t_be_put_right_by_emptying_is_thrown_away(
    kept: KeptDatabases, postgres: Postgres, change: str
) -> None:
    with kept.database() as url, postgres.connection(name_in(url)) as connection:
        connection.execute(change)
    with kept.database() as other, postgres.connection(name_in(other)) as connection:
        assert other != url
        assert connection.execute("SELECT number FROM version").fetchall() == [(7,)]
        assert connection.execute("SELECT count(*) FROM town").fetchone() == (0,)
    with postgres.connection() as connection:
        left = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name_in(url),)).fetchall()
        assert left == []
