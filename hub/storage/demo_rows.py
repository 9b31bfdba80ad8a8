"""Writes made-up rows in big batches into a database that has none such yet (`ankerort-hub demo-data`).

A batch is one transaction, and says how far it has come: a run that was interrupted goes on where it stopped, and what
stands there is whole at any time.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, Select, Table, bindparam, delete, insert, select, text, update

from hub.event_ports import DoorNow, LiveRow, SessionRow, StoredEvent
from hub.storage.desk_pictures import SqlPictures
from hub.storage.event_tables import BootRow, CursorRow, EventRow, JobRunRow
from hub.storage.statements import driver_sql
from hub.storage.tables import DeskRow, DeviceRow, DoorRow, SpaceRow
from hub.storage.types import Base

FILLED: Final = (
    "member", "tariff", "member_pass", "member_group", "access_phase", "booking", "claim", "check_in", "visit", "epoch",
    "boot", "event", "desk_session", "device_state",
)  # fmt: skip
"""Tables that must be empty: a row in any of them is somebody's."""
BOOT_CLOCK: Final = "boot_clock"
"""Not a table: what is learned of a boot's clock."""
_NUMBERED: Final = (
    "member", "membership", "tariff", "member_pass", "member_group", "access_phase", "booking", "claim", "check_in",
    "visit", "epoch", "boot",
)  # fmt: skip


class Keys(NamedTuple):
    """Keys of a space and of what stands in it, by id."""

    pk: int
    devices: Mapping[str, int]
    desks: Mapping[str, int]
    doors: Mapping[str, int]


class DemoRows:
    """The tables that made-up rows go to.

    Args:
        engine: of a migrated database whose site is there.
        job: under which is noted how far a run has come.
    """

    def __init__(self, engine: Engine, job: str) -> None:
        self._engine, self._job = engine, job

    def used(self) -> list[str]:
        """Return the names of tables that should be empty and are not."""
        with self._engine.connect() as connection:
            return [
                name
                for name in FILLED
                if connection.execute(select(text("1")).select_from(_table(name)).limit(1)).first()
            ]

    def progress(self) -> str | None:
        """Return the note of the last batch, None when there was none."""
        with self._engine.connect() as connection:
            return connection.execute(select(JobRunRow.period).where(JobRunRow.job == self._job)).scalar()

    def keys(self) -> dict[str, Keys]:
        """Return the keys of all spaces, by id."""
        with self._engine.connect() as connection:
            spaces = connection.execute(select(SpaceRow.id, SpaceRow.pk)).all()
            devices, desks, doors = (
                _by_space(connection, select(row.space_pk, row.id, row.pk))
                for row in (DeviceRow, DeskRow, DoorRow)
            )
        return {
            id_: Keys(pk, devices.get(pk, {}), desks.get(pk, {}), doors.get(pk, {})) for id_, pk in spaces
        }

    def write(
        self,
        note: str,
        now_us: int,
        *,
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        events: Sequence[StoredEvent],
        pieces: Sequence[SessionRow],
        desks: Sequence[LiveRow],
        doors: Sequence[DoorNow],
        cursors: Mapping[int, int],
    ) -> None:
        """Write a batch and commit, all or nothing.

        Args:
            note: how far the run has come with it.
            now_us: of the note.
            rows: by table, in any order; of `BOOT_CLOCK`, what is learned of boots that are there.
            events, pieces, desks, doors: of the log and its pictures.
            cursors: epoch key to the number up to which is counted.
        """
        with self._engine.connect() as connection, connection.begin():
            for table in _in_order():
                if table.name in rows:
                    connection.execute(insert(table), list(rows[table.name]))
            if events:
                sql = driver_sql(connection.dialect, _INSERT_EVENT)
                connection.exec_driver_sql(sql, list(events))
            if BOOT_CLOCK in rows:
                connection.execute(_BOOT_CLOCK, list(rows[BOOT_CLOCK]))
            if cursors:
                marks = [{"of_epoch": pk, "to": upto} for pk, upto in cursors.items()]
                connection.execute(_CURSOR, marks)
            pictures = SqlPictures(connection)
            if pieces:
                pictures.put_sessions(pieces)
            if desks:
                pictures.put_live(desks)
            if doors:
                pictures.put_doors(doors)
            connection.execute(delete(JobRunRow).where(JobRunRow.job == self._job))
            connection.execute(insert(JobRunRow).values(job=self._job, period=note, done_us=now_us))
            _count_on(connection, rows)


def _by_space(connection: Connection, query: Select[int, str, int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for space_pk, id_, pk in connection.execute(query):
        found.setdefault(space_pk, {})[id_] = pk
    return found


@cache
def _in_order() -> tuple[Table, ...]:
    """Return all tables, each after those that it points to."""
    return tuple(Base.metadata.sorted_tables)


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _count_on(connection: Connection, rows: Mapping[str, Any]) -> None:
    """Have PostgreSQL give out numbers above those that were written; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for name in _NUMBERED:
        if name in rows:
            last = max(row["pk"] for row in rows[name])
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:name, 'pk'), :last)"),
                {"name": name, "last": last},
            )


_INSERT_EVENT: Final = insert(EventRow)
_BOOT_CLOCK: Final = (
    update(_table("boot"))
    .where(BootRow.pk == bindparam("of_pk"))
    .values(
        offset_us=bindparam("offset_us"), offset_ordinal=bindparam("offset_ordinal"), offset_seq=bindparam("offset_seq")
    )
)  # fmt: skip
_CURSOR: Final = (
    update(_table("cursor")).where(CursorRow.epoch_pk == bindparam("of_epoch")).values(upto=bindparam("to"))
)
