"""Log and pictures in SQL, to make the pictures again (`hub.projections.rebuild.PictureStore`)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, bindparam, delete, func, select, tuple_

from hub.domain.events import EventKind
from hub.event_ports import DoorNow, LiveRow, LoggedEvent, SessionRow
from hub.storage.availability import unavailable_when_down
from hub.storage.desk_pictures import SqlPictures
from hub.storage.door_tables import DoorLiveRow
from hub.storage.engine import reading
from hub.storage.event_tables import CursorRow, DeskLiveRow, DeskSessionRow, EpochRow, EventRow
from hub.storage.tables import DeskRow, DeviceRow, DoorRow

_KINDS: Final = (EventKind.DESK_STATE, EventKind.DESK_SESSION, EventKind.DOOR_CHANGED)


class SqlPictureStore:
    """Log and pictures.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def epochs(self) -> Sequence[int]:
        """Return the keys of all epochs."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return list(connection.execute(select(EpochRow.pk).order_by(EpochRow.pk)).scalars())

    def amount(self) -> int:
        """Return how many events of desks and doors there are."""
        query = select(func.count()).select_from(EventRow).where(EventRow.kind.in_(_KINDS))
        with unavailable_when_down(), self._reading.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def desks(self) -> Mapping[int, Mapping[str, int]]:
        """Return, by device key, the keys of its space's desks by id."""
        return self._places(_DESKS)

    def doors(self) -> Mapping[int, Mapping[str, int]]:
        """Return, by device key, the keys of its space's doors by id."""
        return self._places(_DOORS)

    def _places(self, query: Select[int, str, int]) -> Mapping[int, Mapping[str, int]]:
        found: dict[int, dict[str, int]] = {}
        with unavailable_when_down(), self._reading.connect() as connection:
            for device_pk, id_, pk in connection.execute(query):
                found.setdefault(device_pk, {})[id_] = pk
        return found

    @contextmanager
    def writing(self, epoch_pk: int | None) -> "Iterator[SqlPictureUnit]":
        """Begin a transaction that holds off the intake of one epoch, or of all."""
        lock = select(CursorRow.epoch_pk).order_by(CursorRow.epoch_pk).with_for_update()
        if epoch_pk is not None:
            lock = lock.where(CursorRow.epoch_pk == epoch_pk)
        with unavailable_when_down(), self._engine.connect() as connection:
            connection.begin()
            connection.execute(lock).all()
            yield SqlPictureUnit(connection)


class SqlPictureUnit(SqlPictures):
    """One writing transaction; see `hub.projections.rebuild.PictureUnit` for what each method promises."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._connection = connection

    def commit(self) -> None:
        """Make all of it durable."""
        self._connection.commit()

    def events(self, epoch_pk: int, above: int, limit: int) -> Sequence[LoggedEvent]:
        """Return events of desks and doors of an epoch, rising, above a number."""
        rows = self._connection.execute(_EVENTS, {"epoch_pk": epoch_pk, "above": above, "limit": limit})
        return [LoggedEvent(*row) for row in rows]

    def event(self, epoch_pk: int, seq: int) -> LoggedEvent | None:
        """Return one event of a desk or door, or None when the log does not have it."""
        row = self._connection.execute(
            _EVENTS, {"epoch_pk": epoch_pk, "above": seq - 1, "limit": 1}
        ).one_or_none()
        return LoggedEvent(*row) if row is not None and row.seq == seq else None

    def sessions(self, epoch_pk: int, above: int, upto: int) -> Sequence[SessionRow]:
        """Return the pieces of use that stand there."""
        rows = self._connection.execute(_SESSIONS, {"epoch_pk": epoch_pk, "above": above, "upto": upto})
        return [SessionRow(*row) for row in rows]

    def put_sessions(self, rows: Sequence[SessionRow]) -> None:
        """Write pieces of use, over what stands under their keys."""
        if rows:
            super().put_sessions(rows)

    def put_live(self, rows: Sequence[LiveRow]) -> None:
        """Write the last words on desks, unless a later one stands there."""
        if rows:
            super().put_live(rows)

    def drop_sessions(self, rows: Sequence[SessionRow]) -> None:
        """Take pieces of use away."""
        keys: list[Any] = [row[:2] for row in rows]
        if keys:
            key = tuple_(DeskSessionRow.epoch_pk, DeskSessionRow.seq)
            self._connection.execute(delete(DeskSessionRow).where(key.in_(keys)))

    def live(self) -> Sequence[LiveRow]:
        """Return the last words on desks that stand there."""
        return [LiveRow(*row) for row in self._connection.execute(_LIVE)]

    def drop_live(self, rows: Sequence[LiveRow]) -> None:
        """Take last words away."""
        keys: list[Any] = [row[:2] for row in rows]
        if keys:
            key = tuple_(DeskLiveRow.desk_pk, DeskLiveRow.device_pk)
            self._connection.execute(delete(DeskLiveRow).where(key.in_(keys)))

    def put_doors(self, rows: Sequence[DoorNow]) -> None:
        """Write the last words on doors, unless a later one stands there."""
        if rows:
            super().put_doors(rows)

    def doors(self) -> Sequence[DoorNow]:
        """Return the last words on doors that stand there."""
        return [DoorNow(*row) for row in self._connection.execute(_DOOR_LIVE)]

    def drop_doors(self, rows: Sequence[DoorNow]) -> None:
        """Take last words on doors away."""
        keys: list[Any] = [row[:2] for row in rows]
        if keys:
            key = tuple_(DoorLiveRow.door_pk, DoorLiveRow.device_pk)
            self._connection.execute(delete(DoorLiveRow).where(key.in_(keys)))


_DESKS = select(DeviceRow.pk, DeskRow.id, DeskRow.pk).join(DeskRow, DeskRow.space_pk == DeviceRow.space_pk)
_DOORS = select(DeviceRow.pk, DoorRow.id, DoorRow.pk).join(DoorRow, DoorRow.space_pk == DeviceRow.space_pk)
_EVENTS = (
    select(
        EventRow.epoch_pk,
        EpochRow.ordinal,
        EventRow.seq,
        EpochRow.device_pk,
        EventRow.earliest_us,
        EventRow.latest_us,
        EventRow.time_quality,
        EventRow.payload,
    )
    .join(EpochRow, EpochRow.pk == EventRow.epoch_pk)
    .where(
        EventRow.epoch_pk == bindparam("epoch_pk"),
        EventRow.seq > bindparam("above"),
        EventRow.kind.in_(_KINDS),
    )
    .order_by(EventRow.seq)
    .limit(bindparam("limit"))
)
_SESSIONS = (
    select(*(DeskSessionRow.__table__.c[name] for name in SessionRow._fields))
    .where(
        DeskSessionRow.epoch_pk == bindparam("epoch_pk"),
        DeskSessionRow.seq > bindparam("above"),
        DeskSessionRow.seq <= bindparam("upto"),
    )
    .order_by(DeskSessionRow.seq)
)
_LIVE = select(*(DeskLiveRow.__table__.c[name] for name in LiveRow._fields))
_DOOR_LIVE = select(*(DoorLiveRow.__table__.c[name] for name in DoorNow._fields))
