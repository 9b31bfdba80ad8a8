"""Migrated PostgreSQL databases that one test after the other is given.

Copying a database takes a third of a second of the server's time, emptying one some milliseconds. A database that is
not as it was, but for rows, is thrown away: with another schema, other first rows, or many pages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from tests.parts.postgres import Postgres

# Beyond this, empty pages cost later tests more than a new database.
_MOST_BYTES: Final = 2_000_000

_END_OTHERS: Final = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""

# Whatever changes a schema writes a row of these anew, and each row knows its transaction.
_SCHEMA: Final = """SELECT md5(string_agg(what, ' ' ORDER BY what)) FROM (
    SELECT 'class' || oid || ':' || xmin AS what FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'column' || attrelid || '.' || attnum || ':' || a.xmin
        FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'constraint' || oid || ':' || xmin FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger' || oid || ':' || xmin FROM pg_trigger
    UNION ALL SELECT 'function' || oid || ':' || xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'namespace' || oid || ':' || xmin FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
) AS all_of_it"""

_TABLES: Final = """SELECT relname, pg_table_size(oid) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0"""

# Numbers begin anew, as in a new database.
_RESTART: Final = """SELECT setval(seqrelid, seqstart, false) FROM pg_sequence
    WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"""


@dataclass(frozen=True)
class _Start:
    """What a database is like before its first test."""

    schema: str
    rows: dict[str, str]


class KeptDatabases:
    """Copies of one migrated database; as many as are used at once."""

    def __init__(self, server: Postgres, template: str) -> None:
        """Make none yet; nobody may be connected to the template when one is made."""
        self._server = server
        self._template = template
        self._free: list[tuple[str, _Start]] = []

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give a migrated database without rows of others; yields SQLAlchemy's address."""
        name, start = self._free.pop() if self._free else self._new()
        try:
            yield self._server.url(name)
        finally:
            if self._is_emptied(name, start):
                self._free.append((name, start))
            else:
                self._server.drop(name)

    def close(self) -> None:
        """Remove them."""
        for name, _ in self._free:
            self._server.drop(name)

    def _new(self) -> tuple[str, _Start]:
        name = self._server.create(self._template)
        with self._server.connection(name) as connection:
            rows = {table: _content(connection, table) for table, _ in connection.execute(_TABLES)}
            return name, _Start(_schema(connection), rows)

    def _is_emptied(self, name: str, start: _Start) -> bool:
        with self._server.connection(name) as connection:
            connection.execute(_END_OTHERS)
            written = connection.execute(_TABLES).fetchall()
            if sum(size for _, size in written) > _MOST_BYTES or _schema(connection) != start.schema:
                return False
            emptied = [table for table, _ in written if table not in start.rows]
            if emptied:
                # In any order, and without what a table does when a row goes.
                connection.execute(
                    sql.SQL("; ").join(
                        [
                            sql.SQL("SET session_replication_role = replica"),
                            *(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in emptied),
                        ]
                    )
                )
            connection.execute(_RESTART)
            return all(_content(connection, table) == rows for table, rows in start.rows.items())


def _schema(connection: psycopg.Connection) -> str:
    return str(_one(connection, sql.SQL(_SCHEMA)))


def _content(connection: psycopg.Connection, table: str) -> str:
    return str(
        _one(
            connection,
            sql.SQL("SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM {} t").format(
                sql.Identifier(table)
            ),
        )
    )


def _one(connection: psycopg.Connection, query: sql.SQL | sql.Composed) -> object:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]
