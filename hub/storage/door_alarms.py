"""Keeps the alarms of doors in step with the hosts' log, in whatever order events come (`hub.domain.door_events`)."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, delete, insert, or_, select, update

from hub.domain.door_events import FAMILIES, Alarmed, Family, Sign, alarms_of
from hub.domain.doors import Contact
from hub.domain.webhooks import Happening, instant_text
from hub.storage.door_tables import DoorAlarmRow, DoorLogRow
from hub.storage.event_tables import EpochRow
from hub.storage.tables import DoorRow
from hub.storage.webhook_rows import Teller

LATE_US: Final = 86_400_000_000
"""An alarm whose end is told so long after it is history: a refilled hub (D5) must not ring for it."""


_Query = Select[*tuple[Any, ...]]


class Key(NamedTuple):
    """A place in the order of a device's events."""

    ordinal: int
    epoch_pk: int
    seq: int


class At(NamedTuple):
    """A door as one device tells of it."""

    door_pk: int
    device_pk: int


def settle_alarms(connection: Connection, at: At, signs: Iterable[tuple[Key, str]], now_us: int) -> None:
    """Make a door's alarms what its log says, around signs that are new or have another time.

    Args:
        signs: place and kind (`DoorLogRow.what`) of each; they are in the log already.
        now_us: when they arrived.
    """
    told = list(signs)
    for family in FAMILIES:
        keys = sorted(key for key, what in told if what in family.signs)
        if keys:
            _Settling(connection, at, family, now_us).run(keys[0], keys[-1])


class _Settling:
    def __init__(self, connection: Connection, at: At, family: Family, now_us: int) -> None:
        self._connection, self._at, self._family, self._now_us = connection, at, family, now_us

    def run(self, first: Key, last: Key) -> None:
        """Work out again what lies between the ends around some places, and write what differs."""
        low, high = self._end_before(first), self._end_after(last)
        signs = self._between(_SIGNS.where(DoorLogRow.what.in_(self._family.signs)), DoorLogRow, low, high)
        wanted = alarms_of(
            self._family,
            [Sign((row.epoch_pk, row.seq), row.at_us, row.what, row.reason) for row in signs],
        )
        kinds = tuple(self._family.begins.values())
        stored = self._between(_ALARMS.where(DoorAlarmRow.kind.in_(kinds)), DoorAlarmRow, low, high)
        if wanted or stored:
            self._write(wanted, stored)

    def _write(self, wanted: Sequence[Alarmed], stored: Sequence[Row[Any]]) -> None:
        known = {(row.epoch_pk, row.seq): row for row in stored}
        keys = {alarm.key for alarm in wanted}
        # One that turns out to have begun earlier, or later, is the same one: whoever took it on has taken it on.
        moved = [row for key, row in known.items() if key not in keys]
        for alarm in wanted:
            row = known.get(alarm.key)
            if row is None:
                row = next((other for other in moved if other.kind == alarm.kind), None)
                if row is not None:
                    moved.remove(row)
            self._put(alarm, row)
        if moved:
            gone = [row.pk for row in moved]
            self._connection.execute(delete(DoorAlarmRow).where(DoorAlarmRow.pk.in_(gone)))

    def _put(self, alarm: Alarmed, row: Row[Any] | None) -> None:
        epoch_pk, seq = alarm.key
        values = {
            "epoch_pk": epoch_pk,
            "seq": seq,
            "kind": alarm.kind,
            "began_us": alarm.began_us,
            "ended_us": alarm.ended_us,
        }
        is_late = alarm.ended_us is not None and self._now_us - alarm.ended_us > LATE_US
        if row is None:
            values |= {"door_pk": self._at.door_pk, "seen_us": self._now_us if is_late else None}
            self._connection.execute(insert(DoorAlarmRow).values(values))
            if not is_late:
                self._tell(alarm)
            return
        if is_late and row.ended_us is None and row.seen_us is None:
            values["seen_us"] = self._now_us
        if any(getattr(row, name, None) != value for name, value in values.items()):
            self._connection.execute(update(DoorAlarmRow).where(DoorAlarmRow.pk == row.pk).values(values))

    def _tell(self, alarm: Alarmed) -> None:
        door = self._connection.execute(
            select(DoorRow.id, DoorRow.space_pk).where(DoorRow.pk == self._at.door_pk)
        ).one()
        epoch_pk, seq = alarm.key
        told = {"door": door.id, "alarm": alarm.kind, "began": instant_text(alarm.began_us)}
        Teller(self._connection).tell(door.space_pk, Happening.ALARM, f"alarm/{epoch_pk}/{seq}", lambda: told)

    def _end_before(self, key: Key) -> Key | None:
        earlier = (
            _KEYS.where(self._is_end()).order_by(EpochRow.ordinal.desc(), DoorLogRow.seq.desc()).limit(1)
        )
        same = earlier.where(DoorLogRow.epoch_pk == key.epoch_pk, DoorLogRow.seq < key.seq)
        return self._first(same) or self._first(earlier.where(EpochRow.ordinal < key.ordinal))

    def _end_after(self, key: Key) -> Key | None:
        later = _KEYS.where(self._is_end()).order_by(EpochRow.ordinal, DoorLogRow.seq).limit(1)
        same = later.where(DoorLogRow.epoch_pk == key.epoch_pk, DoorLogRow.seq > key.seq)
        return self._first(same) or self._first(later.where(EpochRow.ordinal > key.ordinal))

    def _is_end(self) -> Any:
        closed = and_(
            DoorLogRow.what.in_(self._family.ends_closed), DoorLogRow.reason == Contact.CLOSED.value
        )
        return or_(DoorLogRow.what.in_(self._family.ends), closed)

    def _first(self, query: _Query) -> Key | None:
        row = self._connection.execute(self._here(query, DoorLogRow)).one_or_none()
        return None if row is None else Key(*row)

    def _between(
        self,
        query: _Query,
        table: type[DoorLogRow] | type[DoorAlarmRow],
        low: Key | None,
        high: Key | None,
    ) -> list[Row[Any]]:
        """Return what lies behind `low`, up to and with `high`; `low`'s own epoch by its key, which is quick."""
        query = self._here(query, table)
        if high is not None:
            until = and_(table.epoch_pk == high.epoch_pk, table.seq <= high.seq)
            query = query.where(or_(EpochRow.ordinal < high.ordinal, until))
        query = query.order_by(EpochRow.ordinal, table.seq)
        if low is None:
            return list(self._connection.execute(query))
        same = query.where(table.epoch_pk == low.epoch_pk, table.seq > low.seq)
        later = query.where(EpochRow.ordinal > low.ordinal)
        return [*self._connection.execute(same), *self._connection.execute(later)]

    def _here(self, query: _Query, table: type[DoorLogRow] | type[DoorAlarmRow]) -> _Query:
        return query.join(EpochRow, EpochRow.pk == table.epoch_pk).where(
            table.door_pk == self._at.door_pk, EpochRow.device_pk == self._at.device_pk
        )


_KEYS: Final = select(EpochRow.ordinal, DoorLogRow.epoch_pk, DoorLogRow.seq).select_from(DoorLogRow)
_SIGNS: Final = select(
    DoorLogRow.epoch_pk, DoorLogRow.seq, DoorLogRow.at_us, DoorLogRow.what, DoorLogRow.reason
)
_ALARMS: Final = select(
    DoorAlarmRow.pk,
    DoorAlarmRow.epoch_pk,
    DoorAlarmRow.seq,
    DoorAlarmRow.kind,
    DoorAlarmRow.began_us,
    DoorAlarmRow.ended_us,
    DoorAlarmRow.seen_us,
)
