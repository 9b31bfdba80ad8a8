"""What makes the database itself refuse to change or delete what was published, also to SQL typed by hand (F2, S5).

Triggers on both databases. SQLite drops a table's triggers when a migration copies it, so each migration ends with
making again what is not there, as for claims (`hub.storage.claim_guards`).
"""

from typing import Any, Final

from sqlalchemy import Connection, event, inspect

from hub.storage.report_tables import PrintedRow

FROZEN: Final = "what was published is never changed and never deleted: publish a new version"
"""What the database says."""

_TABLES: Final = ("report", "report_row")
_DOINGS: Final = ("UPDATE", "DELETE")

TRIGGERS: Final = {
    f"{table}_{doing.lower()}": f"CREATE TRIGGER {table}_{doing.lower()} BEFORE {doing} ON {table} FOR EACH ROW BEGIN\n"
    f"    SELECT RAISE(ABORT, '{table}: {FROZEN}');\nEND"
    for table in _TABLES
    for doing in _DOINGS
}
"""By name, each as SQLite keeps it word for word."""

_POSTGRES_FUNCTION: Final = (
    f"CREATE OR REPLACE FUNCTION report_is_frozen() RETURNS trigger LANGUAGE plpgsql AS "
    f"'BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || '': {FROZEN}'', ERRCODE = ''restrict_violation''; END'"
)
_POSTGRES_PRESENT: Final = (
    "SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND p.proname = 'report_is_frozen'"
)


def make_guards(connection: Connection) -> None:
    """Make them again, whatever is there; the tables must be those of this version."""
    is_postgres = connection.dialect.name == "postgresql"
    if is_postgres:
        connection.exec_driver_sql(_POSTGRES_FUNCTION)
    for table in _TABLES:
        for doing in _DOINGS:
            name = f"{table}_{doing.lower()}"
            if is_postgres:
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {name} BEFORE {doing} ON {table} FOR EACH ROW EXECUTE FUNCTION report_is_frozen()"
                )
            else:
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
                connection.exec_driver_sql(TRIGGERS[name])


def repair_guards(connection: Connection) -> None:
    """Make again what is not there: after a migration, which may have copied a table."""
    if inspect(connection).has_table("report_row") and missing_guards(connection):
        make_guards(connection)


def missing_guards(connection: Connection) -> list[str]:
    """Return what is not there, or not as it must be, one sentence each."""
    if connection.dialect.name == "postgresql":
        present = set(connection.exec_driver_sql(_POSTGRES_PRESENT).scalars())
    else:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        present = {name for name, sql in rows if TRIGGERS.get(name) == sql}
    return [
        f"trigger {name} is missing, published numbers could be changed: stop the hub and run `ankerort-hub migrate`"
        for name in sorted(TRIGGERS.keys() - present)
    ]


def _after_create(_table: object, connection: Connection, **_: Any) -> None:
    make_guards(connection)


# For tables that are made from the code, as tests compare them with those of the migrations.
event.listen(PrintedRow.__table__, "after_create", _after_create)
