"""Counts what is in a database, the same way before it is copied and after it was restored."""

from sqlalchemy import Connection, inspect

REVISIONS = "alembic_version"


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has, whatever version made them."""
    quote = connection.dialect.identifier_preparer.quote
    names = sorted(inspect(connection).get_table_names())
    return {
        name: int(connection.exec_driver_sql(f"SELECT count(*) FROM {quote(name)}").scalar_one())  # noqa: S608
        for name in names
    }


def schema_revision(connection: Connection) -> str | None:
    """Return the revision of its schema; None when it has none."""
    if REVISIONS not in inspect(connection).get_table_names():
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {REVISIONS}").scalar()  # noqa: S608
    return None if found is None else str(found)
