"""What makes the database itself refuse two active claims of one desk at one instant, also to SQL typed by hand.

PostgreSQL: an exclusion constraint over two ranges. The desk is a range of one number, so that no extension is needed
(btree_gist takes CREATE on the database, and Debian's contrib package); docs/decisions/0016 has the measure of it.
SQLite: triggers for INSERT and UPDATE. They do without foreign keys, which its command line leaves off: a claim that is
not as its booking is refused, and a booking that changes takes its claims along. SQLite drops a table's triggers when a
migration copies it, so each migration ends with making them again.
"""

from typing import Any, Final

from sqlalchemy import Connection, event, inspect

from hub.storage.booking_tables import BookingRow, ClaimRow
from hub.storage.errors import DatabaseUnusable

EXCLUSION: Final = "ex_claim_desk_pk"
OVERLAPS: Final = "ex_claim_desk_pk: the desk is taken for a part of that time"
"""What SQLite says; it names the rule as PostgreSQL does."""

_EXCLUSION: Final = (
    f"ALTER TABLE claim ADD CONSTRAINT {EXCLUSION} EXCLUDE USING gist "
    "(int8range(desk_pk, desk_pk, '[]') WITH &&, int8range(start_us, end_us) WITH &&) WHERE (is_active)"
)

# Claims of one desk are apart already, so of those that begin before this one ends, the last is the only one that can
# reach into it: one step into an index, however many there are.
_BODY: Final = f"""BEGIN
    SELECT RAISE(ABORT, '{OVERLAPS}') WHERE NEW.is_active AND (
        SELECT c.end_us FROM claim c WHERE c.desk_pk = NEW.desk_pk AND c.is_active = 1 AND c.start_us < NEW.end_us
            AND c.pk <> NEW.pk ORDER BY c.start_us DESC LIMIT 1
    ) > NEW.start_us;
    SELECT RAISE(ABORT, 'claim: its time or state is not that of its booking') WHERE NOT EXISTS (
        SELECT 1 FROM booking b WHERE b.pk = NEW.booking_pk AND b.space_pk = NEW.space_pk
            AND b.start_us = NEW.start_us AND b.end_us = NEW.end_us AND b.is_active = NEW.is_active
    );
END"""  # noqa: S608 - a constant of ours

TRIGGERS: Final = {
    "claim_inserted": f"CREATE TRIGGER claim_inserted AFTER INSERT ON claim FOR EACH ROW {_BODY}",
    "claim_updated": f"CREATE TRIGGER claim_updated AFTER UPDATE ON claim FOR EACH ROW {_BODY}",
    "booking_updated": """CREATE TRIGGER booking_updated AFTER UPDATE OF space_pk, start_us, end_us, is_active ON booking FOR EACH ROW BEGIN
    UPDATE claim SET space_pk = NEW.space_pk, start_us = NEW.start_us, end_us = NEW.end_us, is_active = NEW.is_active
        WHERE booking_pk = NEW.pk;
END""",  # noqa: E501 - one statement, as the database keeps it
}
"""By name, each as SQLite keeps it word for word."""


def make_guards(connection: Connection) -> None:
    """Make them again, whatever is there; the tables must be those of this version."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ALTER TABLE claim DROP CONSTRAINT IF EXISTS {EXCLUSION}")
        connection.exec_driver_sql(_EXCLUSION)
        return
    for name, sql in TRIGGERS.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(sql)


def repair_guards(connection: Connection) -> None:
    """Make again what is not there: after a migration, which may have copied a table.

    Raises:
        DatabaseUnusable: when a desk was booked twice meanwhile; the text names the bookings.
    """
    if not inspect(connection).has_table("claim") or not missing_guards(connection):
        return
    twice = connection.exec_driver_sql(_TWICE).fetchall()
    if twice:
        told = "; ".join(f"desk {desk}: bookings {one} and {other}" for desk, one, other in twice)
        raise DatabaseUnusable(f"desks are booked twice, cancel one of each pair first: {told}")
    make_guards(connection)


def missing_guards(connection: Connection) -> list[str]:
    """Return what is not there, or not as it must be, one sentence each."""
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(_POSTGRES_GUARD).scalar()
        present = {EXCLUSION} if found is not None and "USING gist" in found else set()
        wanted, what = {EXCLUSION}, "constraint"
    else:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        present = {name for name, sql in rows if TRIGGERS.get(name) == sql}
        wanted, what = set(TRIGGERS), "trigger"
    return [
        f"{what} {name} is missing, desks could be booked twice: stop the hub and run `ankerort-hub migrate`"
        for name in sorted(wanted - present)
    ]


_POSTGRES_GUARD: Final = (
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ex_claim_desk_pk' AND contype = 'x'"
    " AND conrelid = to_regclass('claim') AND convalidated"
)

# In the order of their begins, of all that overlap two neighbours do.
_TWICE: Final = """SELECT d.id, a.id, b.id FROM (
        SELECT desk_pk, booking_pk, start_us, LAG(booking_pk) OVER w AS before_pk, LAG(end_us) OVER w AS before_end_us
        FROM claim WHERE is_active WINDOW w AS (PARTITION BY desk_pk ORDER BY start_us, pk)
    ) c JOIN booking a ON a.pk = c.before_pk JOIN booking b ON b.pk = c.booking_pk JOIN desk d ON d.pk = c.desk_pk
    WHERE c.before_end_us > c.start_us ORDER BY c.start_us LIMIT 5"""


def _after_create(_table: object, connection: Connection, **_: Any) -> None:
    make_guards(connection)


# For tables that are made from the code, as tests compare them with those of the migrations.
event.listen(ClaimRow.__table__, "after_create", _after_create)
assert BookingRow.__table__ is not None
