"""The log of events in SQL: `hub.event_ports.EventStore` on SQLite and PostgreSQL.

The hot statements are compiled once to the driver's own text, so that thousands of rows pass without SQLAlchemy looking
at each; the tables' CHECKs still look at every one.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from hub.domain.delivery import Ledger
from hub.domain.events import Alarm, EventTime
from hub.domain.number_ranges import Range
from hub.domain.statistics.desk_day import QUARTER_US
from hub.event_ports import (
    Boot,
    DeskEvent,
    DoorProjection,
    Epoch,
    EventUnit,
    Projection,
    QuarantineEntry,
    Refusal,
    StoredEvent,
    TimedEvent,
    ToldEvent,
)
from hub.storage.availability import unavailable_when_down
from hub.storage.desk_pictures import SqlPictures
from hub.storage.engine import reading
from hub.storage.event_tables import (
    BootRow,
    CursorRow,
    EpochRow,
    EventRow,
    LostRangeRow,
    QuarantineRow,
    ReceivedRangeRow,
)
from hub.storage.fact_tables import FactTouchRow
from hub.storage.refusals import find_entry, note_alarms, note_refusals
from hub.storage.statements import driver_sql, upsert
from hub.storage.tables import DeviceRow
from hub.storage.told_events import ToldEvents


class SqlEventStore:
    """The log of events.

    Args:
        engine: from `hub.storage.engine.make_engine`.
        projections: what is made from events of desks in their own transaction.
        door_projections: the same of doors.
    """

    def __init__(
        self,
        engine: Engine,
        projections: Sequence[Projection] = (),
        door_projections: Sequence[DoorProjection] = (),
    ) -> None:
        self._engine = engine
        self._reading = reading(engine)
        self._projections, self._door_projections = projections, door_projections

    @contextmanager
    def writing(self) -> Iterator[EventUnit]:
        """Begin a transaction; `StoreUnavailable` when the database can't begin or go on."""
        with unavailable_when_down(), self._engine.connect() as connection:
            connection.begin()
            yield SqlEventUnit(connection, self._projections, self._door_projections)

    def mark(self, device_pk: int, epoch: str) -> int:
        """Return the committed mark of an epoch, 0 for one that the hub does not know."""
        with unavailable_when_down(), self._reading.connect() as connection:
            upto = connection.execute(_MARK, {"device_pk": device_pk, "epoch": epoch}).scalar()
        return upto or 0


class SqlEventUnit:
    """One writing transaction on the log; see `hub.event_ports.EventUnit` for what each method promises."""

    def __init__(
        self,
        connection: Connection,
        projections: Sequence[Projection],
        door_projections: Sequence[DoorProjection],
    ) -> None:
        self._connection = connection
        self._pictures = SqlPictures(connection)
        self._projections, self._door_projections = projections, door_projections

    def commit(self) -> None:
        """Make all of it durable."""
        self._connection.commit()

    def lock_epochs(self, keys: Collection[tuple[int, str]], now_us: int) -> dict[tuple[int, str], Epoch]:
        """Return the epochs, made when they are new, locked in the order of their keys so that workers never cross."""
        found = self._select_epochs(keys)
        missing = sorted(set(keys) - set(found))
        if missing:
            # Who makes an epoch holds the device's row, so that ordinals are given out one by one.
            devices = sorted({device_pk for device_pk, _ in missing})
            self._connection.execute(_LOCK_DEVICES, {"devices": devices})
            found = self._select_epochs(keys)
            new = [key for key in missing if key not in found]
            for device_pk, epoch in new:
                self._make_epoch(device_pk, epoch, now_us)
            found = self._select_epochs(keys)
            for key in new:
                found[key].is_new = True
        return found

    def _select_epochs(self, keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Epoch]:
        wanted = set(keys)
        parameters = {
            "devices": [pk for pk, _ in wanted],
            "epochs": [epoch for _, epoch in wanted],
        }
        rows = [
            row
            for row in self._connection.execute(_LOCK_EPOCHS, parameters)
            if (row.device_pk, row.epoch) in wanted
        ]
        runs: dict[int, list[Range]] = {}
        if rows:
            for run in self._connection.execute(_RUNS, {"epochs": [row.pk for row in rows]}):
                runs.setdefault(run.epoch_pk, []).append((run.first, run.last))
        return {
            (row.device_pk, row.epoch): Epoch(
                row.pk,
                row.device_pk,
                row.ordinal,
                Ledger(row.upto, tuple(runs.get(row.pk, ()))),
            )
            for row in rows
        }

    def _make_epoch(self, device_pk: int, epoch: str, now_us: int) -> None:
        ordinal = 1 + (self._connection.execute(_LAST_ORDINAL, {"device_pk": device_pk}).scalar() or 0)
        made = self._connection.execute(
            insert(EpochRow).values(device_pk=device_pk, epoch=epoch, ordinal=ordinal, first_seen_us=now_us)
        )
        pk = made.inserted_primary_key
        assert pk is not None
        self._connection.execute(insert(CursorRow).values(epoch_pk=pk[0], upto=0))

    def lost(self, epoch_pk: int) -> tuple[Range, ...]:
        """Return the lost ranges of an epoch, rising."""
        return tuple((row.first, row.last) for row in self._connection.execute(_LOST, {"epoch_pk": epoch_pk}))

    def boots(self, keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Boot]:
        """Return the boots, made when they are new."""
        found = self._select_boots(keys)
        missing = sorted(set(keys) - set(found))
        if missing:
            rows = [{"device_pk": device_pk, "boot": boot, "not_before_us": 0} for device_pk, boot in missing]
            statement = upsert(self._connection.dialect.name, BootRow).on_conflict_do_nothing()
            self._connection.execute(statement, rows)
            found = self._select_boots(keys)
        return found

    def _select_boots(self, keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Boot]:
        wanted = set(keys)
        parameters = {
            "devices": [pk for pk, _ in wanted],
            "boots": [boot for _, boot in wanted],
        }
        return {
            (row.device_pk, row.boot): Boot(
                row.pk,
                row.not_before_us,
                row.offset_us,
                None if row.offset_us is None else (row.offset_ordinal, row.offset_seq),
            )
            for row in self._connection.execute(_LOCK_BOOTS, parameters)
            if (row.device_pk, row.boot) in wanted
        }

    def save_boot(self, boot: Boot) -> None:
        """Write what is known of a boot's clock."""
        ordinal, seq = boot.offset_at or (None, None)
        self._connection.execute(
            update(BootRow).where(BootRow.pk == boot.pk),
            {
                "not_before_us": boot.not_before_us,
                "offset_us": boot.offset_us,
                "offset_ordinal": ordinal,
                "offset_seq": seq,
            },
        )

    def append(
        self,
        events: Sequence[StoredEvent],
        desk_events: Sequence[DeskEvent],
        told: Sequence[ToldEvent],
        now_us: int,
    ) -> None:
        """Add events to the log, what they tell to the projections, the hosts' log, chains, commands and orders."""
        if events:
            self._many(_INSERT_EVENT, events)
            self._touch(events, desk_events)
        if desk_events:
            self._project(desk_events)
        if told:
            ToldEvents(self._connection).take(told, now_us)
            self._project_doors(told)

    def _touch(self, events: Sequence[StoredEvent], desk_events: Sequence[DeskEvent]) -> None:
        """Note which quarters of an hour facts must be worked out for again."""
        touched = Counter((event.epoch_pk, event.latest_us // QUARTER_US) for event in events)
        # A piece of use reaches back to its begin, and one of unknown time to the earliest that it can have been.
        reached = {
            (event.epoch_pk, max(event.earliest_us - event.reported.start_ago_us, 0) // QUARTER_US)
            for event in desk_events
        }
        rows = [(*key, touched[key]) for key in sorted(touched.keys() | reached)]
        sql = driver_sql(self._connection.dialect, _put_touches(self._connection.dialect.name))
        self._connection.exec_driver_sql(sql, rows)

    def _many(self, statement: Any, rows: Sequence[Any]) -> None:
        self._connection.exec_driver_sql(driver_sql(self._connection.dialect, statement), list(rows))

    def _project(self, desk_events: Sequence[DeskEvent]) -> None:
        for projection in self._projections:
            projection.apply(desk_events, self._pictures)

    def _project_doors(self, told: Sequence[ToldEvent]) -> None:
        for projection in self._door_projections:
            projection.apply(told, self._pictures)

    def digests(self, epoch_pk: int, first: int, last: int) -> dict[int, bytes]:
        """Return the digest by number of the events whose rows are still there."""
        rows = self._connection.execute(_DIGESTS, {"epoch_pk": epoch_pk, "low": first, "high": last})
        return {row.seq: row.digest for row in rows}

    def save_ledgers(self, changes: Sequence[tuple[int, Ledger, Ledger]], now_us: int) -> None:
        """Write what changed of ledgers."""
        moved = [(after.upto, epoch_pk) for epoch_pk, before, after in changes if before.upto != after.upto]
        if moved:
            self._many(_MOVE_CURSOR, moved)
        for epoch_pk, before, after in changes:
            self._replace(ReceivedRangeRow, epoch_pk, before.runs, after.runs)
            self._replace(LostRangeRow, epoch_pk, before.lost, after.lost, noted_us=now_us)

    def _replace(
        self,
        table: type[ReceivedRangeRow] | type[LostRangeRow],
        epoch_pk: int,
        before: Sequence[Range],
        after: Sequence[Range],
        **more: int,
    ) -> None:
        if before == after:
            return
        gone, new = set(before) - set(after), set(after) - set(before)
        if gone:
            self._connection.execute(
                delete(table).where(
                    table.epoch_pk == epoch_pk,
                    table.first.in_([first for first, _ in gone]),
                )
            )
        if new:
            rows = [
                {"epoch_pk": epoch_pk, "first": first, "last": last, **more} for first, last in sorted(new)
            ]
            self._connection.execute(insert(table), rows)

    def events_of_boot(self, boot_pk: int, after: tuple[int, int], limit: int) -> Sequence[TimedEvent]:
        """Return events of a boot that had no synchronised clock, in the order of their keys, above `after`."""
        rows = self._connection.execute(
            _UNSYNCED,
            {"boot_pk": boot_pk, "epoch_pk": after[0], "seq": after[1], "limit": limit},
        )
        return [TimedEvent(*row) for row in rows]

    def retime(
        self,
        events: Sequence[tuple[int, int, EventTime]],
        desk_events: Sequence[DeskEvent],
        told: Sequence[ToldEvent],
        now_us: int,
    ) -> None:
        """Give events another time; projections, the hosts' log and alarms too."""
        self._many(
            _RETIME,
            [
                (time.earliest_us, time.latest_us, time.quality.value, epoch_pk, seq)
                for epoch_pk, seq, time in events
            ],
        )
        touched = {(epoch_pk, time.latest_us // QUARTER_US, 0) for epoch_pk, _, time in events}
        sql = driver_sql(self._connection.dialect, _put_touches(self._connection.dialect.name))
        self._connection.exec_driver_sql(sql, sorted(touched))
        if desk_events:
            self._project(desk_events)
        if told:
            ToldEvents(self._connection).retime(told, now_us)
            self._project_doors(told)

    def refuse(self, refusals: Sequence[Refusal], now_us: int) -> None:
        """Put payloads into quarantine; one that is there already is counted up."""
        note_refusals(self._connection, refusals, now_us)

    def entry(self, pk: int) -> QuarantineEntry | None:
        """Return an entry of the quarantine that no retry has counted yet, locked, or None."""
        found = find_entry(self._connection, pk, lock=True)
        return found if found is not None and found.resolved_us is None else None

    def resolve(self, pk: int, now_us: int) -> None:
        """Note that an entry is counted."""
        self._connection.execute(update(QuarantineRow).where(QuarantineRow.pk == pk), {"resolved_us": now_us})

    def alarm(self, alarms: Sequence[Alarm], now_us: int) -> Sequence[Alarm]:
        """Note alarms; one that is there already is counted up. Return those that were not."""
        return note_alarms(self._connection, alarms, now_us)


@lru_cache(maxsize=2)
def _put_touches(dialect: str) -> Any:
    statement = upsert(dialect, FactTouchRow)
    return statement.on_conflict_do_update(
        index_elements=[FactTouchRow.epoch_pk, FactTouchRow.quarter],
        set_={"events": FactTouchRow.events + statement.excluded.events},
    )


_LOCK_EPOCHS = (
    select(
        EpochRow.pk,
        EpochRow.device_pk,
        EpochRow.epoch,
        EpochRow.ordinal,
        CursorRow.upto,
    )
    .join(CursorRow, CursorRow.epoch_pk == EpochRow.pk)
    .where(
        EpochRow.device_pk.in_(bindparam("devices", expanding=True)),
        EpochRow.epoch.in_(bindparam("epochs", expanding=True)),
    )
    .order_by(EpochRow.pk)
    .with_for_update(of=CursorRow)
)
_LOCK_DEVICES = (
    select(DeviceRow.pk)
    .where(DeviceRow.pk.in_(bindparam("devices", expanding=True)))
    .order_by(DeviceRow.pk)
    # Rows that point to the device may be added meanwhile: its key does not change.
    .with_for_update(key_share=True)
)
_LAST_ORDINAL = select(func.max(EpochRow.ordinal)).where(EpochRow.device_pk == bindparam("device_pk"))
_RUNS = (
    select(ReceivedRangeRow.epoch_pk, ReceivedRangeRow.first, ReceivedRangeRow.last)
    .where(ReceivedRangeRow.epoch_pk.in_(bindparam("epochs", expanding=True)))
    .order_by(ReceivedRangeRow.epoch_pk, ReceivedRangeRow.first)
)
_LOST = (
    select(LostRangeRow.first, LostRangeRow.last)
    .where(LostRangeRow.epoch_pk == bindparam("epoch_pk"))
    .order_by(LostRangeRow.first)
)
_LOCK_BOOTS = (
    select(
        BootRow.pk,
        BootRow.device_pk,
        BootRow.boot,
        BootRow.not_before_us,
        BootRow.offset_us,
        BootRow.offset_ordinal,
        BootRow.offset_seq,
    )
    .where(
        BootRow.device_pk.in_(bindparam("devices", expanding=True)),
        BootRow.boot.in_(bindparam("boots", expanding=True)),
    )
    .order_by(BootRow.pk)
    .with_for_update(key_share=True)
)
_DIGESTS = select(EventRow.seq, EventRow.digest).where(
    EventRow.epoch_pk == bindparam("epoch_pk"),
    EventRow.seq.between(bindparam("low"), bindparam("high")),
)
_MARK = (
    select(CursorRow.upto)
    .join(EpochRow, EpochRow.pk == CursorRow.epoch_pk)
    .where(
        EpochRow.device_pk == bindparam("device_pk"),
        EpochRow.epoch == bindparam("epoch"),
    )
)
_UNSYNCED = (
    select(
        EventRow.epoch_pk,
        EpochRow.ordinal,
        EventRow.seq,
        EpochRow.device_pk,
        EventRow.mono_us,
        EventRow.received_us,
        EventRow.payload,
    )
    .join(EpochRow, EpochRow.pk == EventRow.epoch_pk)
    .where(
        EventRow.boot_pk == bindparam("boot_pk"),
        # As in the partial index, word for word: else SQLite does not use it.
        text("event.time_quality <> 'exact'"),
        (EventRow.epoch_pk > bindparam("epoch_pk"))
        | ((EventRow.epoch_pk == bindparam("epoch_pk")) & (EventRow.seq > bindparam("seq"))),
    )
    .order_by(EventRow.epoch_pk, EventRow.seq)
    .limit(bindparam("limit"))
)
_INSERT_EVENT = insert(EventRow)
_MOVE_CURSOR = (
    update(CursorRow).values(upto=bindparam("to")).where(CursorRow.epoch_pk == bindparam("of_epoch"))
)
_RETIME = (
    update(EventRow)
    .values(
        earliest_us=bindparam("low"),
        latest_us=bindparam("high"),
        time_quality=bindparam("quality"),
    )
    .where(EventRow.epoch_pk == bindparam("of_epoch"), EventRow.seq == bindparam("of_seq"))
)
