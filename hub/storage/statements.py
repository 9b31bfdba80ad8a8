"""Statements for both databases: upserts, rows of several tables at once, hot statements as the driver's own text."""

from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Dialect, Select, cast, null, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.expression import ClauseElement

from hub.storage.types import Base


def upsert(dialect: str, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what happens on a conflict, for the database of that name."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def together(*queries: Select[*tuple[Any, ...]]) -> CompoundSelect[Any]:
    """Return one statement for the rows of several queries: each row has the columns of all of them by name.

    What a query does not have itself is NULL in its rows; columns of one name are of one type. Nothing is ordered.
    """
    columns = {name: column for query in queries for name, column in query.selected_columns.items()}
    return union_all(
        *(
            query.with_only_columns(
                *(
                    query.selected_columns.get(name, cast(null(), column.type).label(name))
                    for name, column in columns.items()
                )
            )
            for query in queries
        )
    )


def driver_sql(dialect: Dialect, statement: ClauseElement) -> str:
    """Return a statement as text with positions instead of names, for rows that are tuples.

    The positions are those of the columns of an INSERT, or of the parameters in the order in which they are written.
    """
    return _compiled(dialect.name, statement)


@lru_cache(maxsize=256)
def _compiled(name: str, statement: Any) -> str:
    kind: Any = SQLiteDialect_pysqlite if name == "sqlite" else PGDialect_psycopg
    return str(statement.compile(dialect=kind(paramstyle="qmark" if name == "sqlite" else "format")))
