"""The PostgreSQL of the test bench: fresh databases, no TCP, and recovery after a SIGKILL."""

import psutil
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.parts.postgres import Postgres
from tests.parts.process import unix_listener_pid


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def test_a_fresh_database_has_no_tables(postgres_url: str) -> None:
    assert rows(postgres_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


def test_two_databases_share_nothing(postgres: Postgres) -> None:
    with postgres.database() as one, postgres.database() as other:
        rows(one, "CREATE TABLE seen (id integer)")
        assert rows(other, "SELECT to_regclass('seen')") == [(None,)]


def test_a_database_is_dropped_although_a_connection_is_open(postgres: Postgres) -> None:
    with postgres.database() as url:
        engine = create_engine(url)
        connection = engine.connect()
        name = url.split("/")[3].split("?")[0]
    connection.invalidate()
    engine.dispose()
    with postgres.database() as url:
        assert (name,) not in rows(url, "SELECT datname FROM pg_database")


def test_the_server_is_our_own_child_and_has_no_tcp_port(postgres: Postgres) -> None:
    assert unix_listener_pid(postgres.folder / ".s.PGSQL.5432") == postgres.pid
    listening = [
        c for c in psutil.Process(postgres.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN
    ]
    assert listening == []


def test_exclusion_constraints_on_plain_columns_are_available(postgres_url: str) -> None:
    rows(postgres_url, "CREATE EXTENSION btree_gist")
    assert rows(postgres_url, "SELECT extname FROM pg_extension WHERE extname = 'btree_gist'") == [
        ("btree_gist",)
    ]


def test_committed_rows_survive_a_killed_server(own_postgres: Postgres) -> None:
    with own_postgres.database() as url:
        rows(url, "CREATE TABLE kept (id integer)")
        rows(url, "INSERT INTO kept VALUES (1), (2)")
        own_postgres.kill()
        own_postgres.start()
        assert rows(url, "SELECT id FROM kept ORDER BY id") == [(1,), (2,)]
