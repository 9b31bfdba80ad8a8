"""Leases, done periods, published counts and retention in SQL (`hub.ports`)."""

import time
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    CursorResult,
    Delete,
    Engine,
    bindparam,
    delete,
    exists,
    extract,
    func,
    select,
    update,
)

from hub.domain.cards import OrderState
from hub.domain.events import EventKind
from hub.domain.occupancy import Counts
from hub.domain.tariffs import TariffKind
from hub.storage.access_tables import CardOrderRow, CommandRow
from hub.storage.availability import unavailable_when_down
from hub.storage.booking_tables import BookingRow, BookingSeriesRow, CheckInRow
from hub.storage.door_tables import DoorAlarmRow, DoorLiveRow, DoorLogRow, LogOpeningRow
from hub.storage.engine import reading
from hub.storage.event_tables import (
    DeskLiveRow,
    DeskSessionRow,
    EpochRow,
    EventRow,
    JobRunRow,
    LeaseRow,
    PublishedCountRow,
    PurgeLogRow,
    QuarantineRow,
)
from hub.storage.fact_tables import FactDeviceRow
from hub.storage.member_tables import PassRow, SettlementRow, StayRow, TariffRow, VisitRow
from hub.storage.statements import upsert
from hub.storage.tables import SpaceRow

DELETED_AT_ONCE: Final = 250
"""Events in one transaction of the purge: so many are deleted within some milliseconds, on a slow disk too."""

PAUSE_S: Final = 0.005
"""Between two of them: longer than a writer that waits looks away (`hub.storage.engine.LOOK_AGAIN_S`)."""


class SqlLeases:
    """Works that only one process may do.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, name: str, holder: str, now_us: int, until_us: int) -> bool:
        """Take or renew a lease; false while another holder's has not run out."""
        statement = upsert(self._engine.dialect.name, LeaseRow)
        with unavailable_when_down(), self._engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[LeaseRow.name],
                    set_={"holder": statement.excluded.holder, "until_us": statement.excluded.until_us},
                    # A lease that ends further away than any is taken for comes from a clock that was set back since.
                    where=(LeaseRow.holder == holder)
                    | (LeaseRow.until_us <= now_us)
                    | (LeaseRow.until_us > until_us + (until_us - now_us)),
                ),
                {"name": name, "holder": holder, "until_us": until_us},
            )
            has = connection.execute(select(LeaseRow.holder).where(LeaseRow.name == name)).scalar()
        return bool(has == holder)

    def give_back(self, name: str, holder: str) -> None:
        """End a lease early."""
        with unavailable_when_down(), self._engine.begin() as connection:
            connection.execute(delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.holder == holder))


class SqlJobRuns:
    """Which periods' work is done.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def is_done(self, job: str, period: str) -> bool:
        """Say whether a job has done its work for a period."""
        with unavailable_when_down(), self._reading.connect() as connection:
            found = select(JobRunRow.done_us).where(JobRunRow.job == job, JobRunRow.period == period)
            return connection.execute(found).scalar() is not None

    def note_done(self, job: str, period: str, now_us: int) -> None:
        """Note that it has."""
        statement = upsert(self._engine.dialect.name, JobRunRow).on_conflict_do_nothing()
        with unavailable_when_down(), self._engine.begin() as connection:
            connection.execute(statement, {"job": job, "period": period, "done_us": now_us})


class SqlPurgeLog:
    """What went in which night.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def add(self, period: str, amounts: Mapping[str, int]) -> None:
        """Note how many rows of each kind went; an interrupted night adds to what it noted."""
        statement = upsert(self._engine.dialect.name, PurgeLogRow)
        statement = statement.on_conflict_do_update(
            index_elements=[PurgeLogRow.period, PurgeLogRow.kind],
            set_={"amount": PurgeLogRow.amount + statement.excluded.amount},
        )
        rows = [{"period": period, "kind": kind, "amount": amount} for kind, amount in amounts.items()]
        with unavailable_when_down(), self._engine.begin() as connection:
            connection.execute(statement, rows)

    def nights(self, limit: int) -> list[tuple[str, dict[str, int]]]:
        """Return the last nights, newest first."""
        last = select(PurgeLogRow.period).distinct().order_by(PurgeLogRow.period.desc()).limit(limit)
        query = (
            select(PurgeLogRow.period, PurgeLogRow.kind, PurgeLogRow.amount)
            .where(PurgeLogRow.period.in_(last))
            .order_by(PurgeLogRow.period.desc(), PurgeLogRow.kind)
        )
        found: dict[str, dict[str, int]] = {}
        with unavailable_when_down(), self._reading.connect() as connection:
            for period, kind, amount in connection.execute(query):
                found.setdefault(period, {})[kind] = amount
        return list(found.items())


class SqlPublishedCounts:
    """The five-minute counts of spaces.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, at_us: int, counts: Mapping[str, Counts]) -> None:
        """Write the counts of a boundary; what stands there already stays."""
        statement = upsert(self._engine.dialect.name, PublishedCountRow).on_conflict_do_nothing()
        with unavailable_when_down(), self._engine.begin() as connection:
            spaces = connection.execute(_SPACES, {"spaces": sorted(counts)}).all()
            rows = [
                {
                    "space_pk": pk,
                    "at_us": at_us,
                    "free": counts[space].free,
                    "occupied": counts[space].occupied,
                    "unknown": counts[space].unknown,
                    "out_of_service": counts[space].out_of_service,
                }
                for pk, space in spaces
            ]
            if rows:
                connection.execute(statement, rows)


class SqlRetention:
    """Deletes what is older than it may be; marks, losses and epochs stay (D2).

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def purge_events(self, before_us: int, limit: int, at_most_us: int = 0) -> int:
        """Delete at most so many events, with their sessions; the last word on each desk and door stays.

        Those of a device whose days are not sealed stay, too, unless they were received before `at_most_us`.
        """
        parameters = {"before_us": before_us, "at_most_us": at_most_us, "limit": limit}
        # Looking may take long where many stay: nobody waits for it.
        with unavailable_when_down(), self._reading.connect() as connection:
            rows = connection.execute(_OLD, parameters)
            keys: list[Any] = [{"of_epoch": row.epoch_pk, "of_seq": row.seq} for row in rows]
        for at in range(0, len(keys), DELETED_AT_ONCE):
            with unavailable_when_down(), self._engine.begin() as connection:
                # One by one: for pairs after IN, SQLite would go through the whole table.
                for statement in _DELETE_EVENT:
                    connection.execute(statement, keys[at : at + DELETED_AT_ONCE])
            # Whoever waits for its turn to write gets it: `ingest` must not stand still for a purge.
            time.sleep(PAUSE_S)
        return len(keys)

    def purge_rest(self, quarantine_before_us: int, counts_before_us: int) -> int:
        """Delete quarantine entries, published counts and job runs that are older."""
        return self._delete(
            delete(QuarantineRow).where(QuarantineRow.last_us < quarantine_before_us),
            delete(PublishedCountRow).where(PublishedCountRow.at_us < counts_before_us),
            delete(JobRunRow).where(JobRunRow.done_us < quarantine_before_us),
        )

    def purge_bookings(self, before_us: int, limit: int) -> int:
        """Take the person and all that was written off at most so many bookings; old check-ins go."""
        with unavailable_when_down(), self._engine.begin() as connection:
            pks = connection.execute(_OLD_BOOKINGS, {"before_us": before_us, "limit": limit}).scalars().all()
            if pks:
                connection.execute(
                    update(BookingRow)
                    .where(BookingRow.pk.in_(pks))
                    .values(member_pk=None, note="", ended_reason="", request=None, request_digest=None)
                )
            connection.execute(
                update(BookingSeriesRow)
                .where(BookingSeriesRow.member_pk.is_not(None), ~_IS_SOMEBODYS)
                .values(member_pk=None)
            )
            connection.execute(delete(CheckInRow).where(CheckInRow.at_us < before_us))
        return len(pks)

    def purge_access(self, log_before_us: int, orders_before_us: int) -> int:
        """Delete rows of the hosts' log, alarms, commands and ended orders that are older."""
        old_command = select(CommandRow.id).where(CommandRow.asked_us < log_before_us)
        old_order = select(CommandRow.id).where(CommandRow.asked_us < orders_before_us)
        return self._delete(
            delete(DoorLogRow).where(DoorLogRow.at_us < log_before_us),
            # One that lasts is no history, however old.
            delete(DoorAlarmRow).where(DoorAlarmRow.ended_us < log_before_us),
            delete(CardOrderRow).where(CardOrderRow.command.in_(old_command)),
            delete(CardOrderRow).where(CardOrderRow.command.in_(old_order), CardOrderRow.state.in_(_ENDED)),
            delete(CommandRow).where(CommandRow.asked_us < log_before_us),
            delete(LogOpeningRow).where(LogOpeningRow.until_us < orders_before_us),
        )

    def purge_visits(self, settled_before_us: int, day_before: date) -> int:
        """Delete visits that are accounted for long enough, or too old; what they used stays used."""
        is_settled = exists().where(
            SettlementRow.space_pk == VisitRow.space_pk,
            SettlementRow.settled_us < settled_before_us,
            extract("year", SettlementRow.month) == extract("year", VisitRow.day),
            extract("month", SettlementRow.month) == extract("month", VisitRow.day),
        )
        going = is_settled | (VisitRow.day < day_before)
        with unavailable_when_down(), self._engine.begin() as connection:
            used = (
                select(VisitRow.pass_pk, func.count(), TariffRow.per_visit)
                .join(PassRow, PassRow.pk == VisitRow.pass_pk)
                .join(TariffRow, TariffRow.pk == PassRow.tariff_pk)
                # Units of a month are anew with the next one.
                .where(going, PassRow.units > 0, TariffRow.kind != TariffKind.MONTHLY)
                .group_by(VisitRow.pass_pk, TariffRow.per_visit)
                .order_by(VisitRow.pass_pk)
            )
            for pass_pk, count, per_visit in connection.execute(used).all():
                connection.execute(
                    update(PassRow)
                    .where(PassRow.pk == pass_pk)
                    .values(spent=PassRow.spent + count * per_visit)
                )
            # How long somebody stayed is kept no longer than that somebody was there.
            settled = exists().where(
                SettlementRow.space_pk == StayRow.space_pk,
                SettlementRow.settled_us < settled_before_us,
                extract("year", SettlementRow.month) == extract("year", StayRow.day),
                extract("month", SettlementRow.month) == extract("month", StayRow.day),
            )
            connection.execute(delete(StayRow).where(settled | (StayRow.day < day_before)))
            return connection.execute(delete(VisitRow).where(going)).rowcount

    def _delete(self, *statements: Delete) -> int:
        gone = 0
        with unavailable_when_down(), self._engine.begin() as connection:
            for statement in statements:
                result = connection.execute(statement)
                assert isinstance(result, CursorResult)
                gone += result.rowcount
        return gone


_ENDED: Final = (OrderState.DONE, OrderState.FAILED)
_SPACES: Final = select(SpaceRow.pk, SpaceRow.id).where(SpaceRow.id.in_(bindparam("spaces", expanding=True)))
# A series is forgotten with the last of its bookings.
_IS_SOMEBODYS: Final = exists().where(
    BookingRow.series_pk == BookingSeriesRow.pk, BookingRow.member_pk.is_not(None)
)
_OLD_BOOKINGS: Final = (
    select(BookingRow.pk)
    .where(
        BookingRow.end_us < bindparam("before_us"),
        BookingRow.member_pk.is_not(None)
        | (BookingRow.note != "")
        | (BookingRow.ended_reason != "")
        | BookingRow.request.is_not(None),
    )
    .order_by(BookingRow.end_us)
    .limit(bindparam("limit"))
)
_DELETE_EVENT: Final = tuple(
    delete(table).where(table.epoch_pk == bindparam("of_epoch"), table.seq == bindparam("of_seq"))
    for table in (DeskSessionRow, EventRow)
)
# Facts still need them: they lie in the log above what is sealed of their device.
_IS_NEEDED: Final = (
    exists()
    .where(
        EpochRow.pk == EventRow.epoch_pk,
        FactDeviceRow.device_pk == EpochRow.device_pk,
        (EpochRow.ordinal > FactDeviceRow.ordinal)
        | ((EpochRow.ordinal == FactDeviceRow.ordinal) & (EventRow.seq > FactDeviceRow.seq)),
    )
    .correlate(EventRow)
)
_OLD: Final = (
    select(EventRow.epoch_pk, EventRow.seq)
    .where(
        EventRow.received_us < bindparam("before_us"),
        (EventRow.received_us < bindparam("at_most_us")) | ~_IS_NEEDED,
        ~exists().where(DeskLiveRow.epoch_pk == EventRow.epoch_pk, DeskLiveRow.seq == EventRow.seq),
        # Few events are of doors: only for those the last words on doors are gone through.
        (EventRow.kind != EventKind.DOOR_CHANGED)
        | ~exists().where(DoorLiveRow.epoch_pk == EventRow.epoch_pk, DoorLiveRow.seq == EventRow.seq),
    )
    .order_by(EventRow.received_us)
    .limit(bindparam("limit"))
)
