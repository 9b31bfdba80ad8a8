"""Brings a database to the schema of this version, and says what is missing from it.

All steps of one `migrate` are one transaction, on SQLite too: a power cut in the middle leaves the old schema.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, Engine, Inspector, MetaData, inspect
from sqlalchemy.exc import DBAPIError

from hub.domain.errors import StoreUnavailable
from hub.storage import (
    access_tables,
    account_tables,
    backup_tables,
    booking_tables,
    contribution_tables,
    door_tables,
    event_tables,
    fact_tables,
    figure_tables,
    mail_tables,
    member_tables,
    report_guards,
    report_tables,
    tables,
    waiting_tables,
    webhook_tables,
)
from hub.storage.claim_guards import missing_guards, repair_guards
from hub.storage.engine import MIGRATING, reading
from hub.storage.errors import DatabaseUnusable
from hub.storage.types import Base

_FOLDER: Final = Path(__file__).parent / "migrations"
# Two `migrate` at once, as when two containers start: the second waits and finds nothing to do. Any number does.
_POSTGRES_LOCK: Final = 7_210_526_002


def metadata() -> MetaData:
    """Return all tables of this version."""
    # Importing the modules has registered their tables; naming them says that they are part of the schema.
    for row in (
        tables.TownRow,
        event_tables.EventRow,
        access_tables.CardRow,
        door_tables.DoorLogRow,
        booking_tables.BookingRow,
        member_tables.PassRow,
        mail_tables.OutboxRow,
        account_tables.PasskeyRow,
        waiting_tables.WaitingRow,
        webhook_tables.WebhookRow,
        report_tables.ReportRow,
        fact_tables.SpaceDayRow,
        contribution_tables.ContributionRow,
        figure_tables.HandFigureRow,
        backup_tables.BackupRunRow,
    ):
        assert row.metadata is Base.metadata
    return Base.metadata


def head() -> str:
    """Return the revision that this version needs."""
    revision = ScriptDirectory.from_config(configuration()).get_current_head()
    assert revision is not None
    return revision


def revision(engine: Engine) -> str | None:
    """Return the revision that the database is at, or None when it is empty."""
    with reading(engine).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine, to: str = "head") -> tuple[str | None, str | None]:
    """Bring the database to a revision, forward or back.

    Args:
        engine: from `hub.storage.engine.make_engine`.
        to: a revision, "head", or "base" for an empty database.

    Returns:
        The revision before and after; None stands for an empty database.

    Raises:
        DatabaseUnusable: when the database is at a revision that this version does not know, a foreign key would be
            broken, or a desk is booked twice.
    """
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRES_LOCK})")
            before = MigrationContext.configure(connection).get_current_revision()
            _refuse_newer(before)
            config = configuration(connection)
            if to == "base" or _is_earlier(to, before):
                command.downgrade(config, to)
            else:
                command.upgrade(config, to)
            _check_foreign_keys(connection)
            after = MigrationContext.configure(connection).get_current_revision()
            if after == head():
                # SQLite drops the triggers of a table that a migration copies; and somebody may have dropped one.
                repair_guards(connection)
                report_guards.repair_guards(connection)
        # Its foreign keys were off: it must not go back to the pool.
        connection.detach()
    return before, after


def check_revision(engine: Engine) -> None:
    """Check that the database has the schema of this version.

    Raises:
        DatabaseUnusable: when it has not; the text says what to run.
    """
    problem = _other_revision(engine)
    if problem:
        raise DatabaseUnusable(problem)


def missing(engine: Engine) -> list[str]:
    """Return what the database lacks: the whole, a migration, a table, a constraint, a trigger; empty when it is whole.

    One sentence each, with the remedy.
    """
    try:
        problem = _other_revision(engine)
        if problem:
            return [problem]
        with reading(engine).connect() as connection:
            return _missing_parts(inspect(connection)) or [
                *missing_guards(connection),
                *report_guards.missing_guards(connection),
            ]
    except DBAPIError as error:
        return [f"the database can't be reached: {error.orig}; check database_url and that it runs"]
    except StoreUnavailable as error:
        return [str(error)]


def _other_revision(engine: Engine) -> str:
    at = revision(engine)
    if at == head():
        return ""
    state = "is empty" if at is None else f"is at revision {at}, this version needs {head()}"
    return f"the database {state}: run `ankerort-hub migrate`"


def _missing_parts(inspector: Inspector) -> list[str]:
    present = set(inspector.get_table_names())
    found: list[str] = []
    for table in metadata().sorted_tables:
        if table.name not in present:
            found.append(f"table {table.name} is missing: restore the database from a backup")
            continue
        checks = {check["name"] for check in inspector.get_check_constraints(table.name)}
        wanted = {str(part.name) for part in table.constraints if isinstance(part, CheckConstraint)}
        lacking = sorted(wanted - checks)
        found += [f"constraint {name} is missing: restore the database from a backup" for name in lacking]
    return found


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, which has no file.

    Args:
        connection: what the migrations run on; None to read the scripts only.
    """
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _is_earlier(to: str, before: str | None) -> bool:
    if before is None or to in ("head", before):
        return False
    walk = ScriptDirectory.from_config(configuration()).iterate_revisions(before, "base")
    return any(step.revision == to for step in walk)


def _refuse_newer(before: str | None) -> None:
    known = {step.revision for step in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if before is not None and before not in known:
        raise DatabaseUnusable(
            f"the database is at revision {before}, which this version does not know: install the version that made it"
        )


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise DatabaseUnusable(
            f"the migration would leave {len(broken)} rows of {broken[0][0]} pointing nowhere: nothing was changed"
        )
