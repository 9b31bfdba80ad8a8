"""Writes what projections make of events: `hub.event_ports.Pictures` in SQL."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, tuple_

from hub.event_ports import DoorNow, LiveRow, SessionRow
from hub.storage.door_tables import DoorLiveRow
from hub.storage.event_tables import DeskLiveRow, DeskSessionRow
from hub.storage.statements import driver_sql, upsert

_LIVE_VALUES: Final = ("state", "reason", "since_us", "time_quality", "epoch_pk", "epoch_ordinal", "seq")
_DOOR_VALUES: Final = ("mode", "contact", "released", "since_us", "epoch_pk", "epoch_ordinal", "seq")
_SESSION_VALUES: Final = ("desk_pk", "start_us", "end_us", "slack_us", "time_quality", "continues", "is_open")


class SqlPictures:
    """Pictures in the transaction of a connection.

    Args:
        connection: inside a writing transaction; this class commits nothing.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect

    def put_live(self, rows: Sequence[LiveRow]) -> None:
        """Write the last words on desks, unless a later one stands there."""
        self._connection.exec_driver_sql(driver_sql(self._dialect, _put_live(self._dialect.name)), list(rows))

    def put_sessions(self, rows: Sequence[SessionRow]) -> None:
        """Write pieces of use, over what stands under their keys."""
        sql = driver_sql(self._dialect, _put_sessions(self._dialect.name))
        self._connection.exec_driver_sql(sql, list(rows))

    def put_doors(self, rows: Sequence[DoorNow]) -> None:
        """Write the last words on doors, unless a later one stands there."""
        sql = driver_sql(self._dialect, _put_doors(self._dialect.name))
        self._connection.exec_driver_sql(sql, list(rows))


@lru_cache(maxsize=2)
def _put_live(dialect: str) -> Any:
    statement = upsert(dialect, DeskLiveRow)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[DeskLiveRow.desk_pk, DeskLiveRow.device_pk],
        set_={name: new[name] for name in _LIVE_VALUES},
        # The same event again may have another time (D8).
        where=tuple_(new.epoch_ordinal, new.seq) >= tuple_(DeskLiveRow.epoch_ordinal, DeskLiveRow.seq),
    )


@lru_cache(maxsize=2)
def _put_sessions(dialect: str) -> Any:
    statement = upsert(dialect, DeskSessionRow)
    return statement.on_conflict_do_update(
        index_elements=[DeskSessionRow.epoch_pk, DeskSessionRow.seq],
        set_={name: statement.excluded[name] for name in _SESSION_VALUES},
    )


@lru_cache(maxsize=2)
def _put_doors(dialect: str) -> Any:
    statement = upsert(dialect, DoorLiveRow)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[DoorLiveRow.door_pk, DoorLiveRow.device_pk],
        set_={name: new[name] for name in _DOOR_VALUES},
        # The same event again may have another time (D8).
        where=tuple_(new.epoch_ordinal, new.seq) >= tuple_(DoorLiveRow.epoch_ordinal, DoorLiveRow.seq),
    )
