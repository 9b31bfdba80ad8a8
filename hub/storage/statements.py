"""Statements for both databases: upserts, and hot statements as the driver's own text."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.expression import ClauseElement

from hub.storage.types import Base


def upsert(dialect: str, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what happens on a conflict, for the database of that name."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def driver_sql(dialect: Dialect, statement: ClauseElement) -> str:
    """Return a statement as text with positions instead of names, for rows that are tuples.

    The positions are those of the columns of an INSERT, or of the parameters in the order in which they are written.
    """
    return _compiled(dialect.name, statement)


@lru_cache(maxsize=256)
def _compiled(name: str, statement: Any) -> str:
    kind: Any = SQLiteDialect_pysqlite if name == "sqlite" else PGDialect_psycopg
    return str(statement.compile(dialect=kind(paramstyle="qmark" if name == "sqlite" else "format")))
