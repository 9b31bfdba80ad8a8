"""One consistent look at all that the facts of a space come from (`hub.fact_ports.FactLook`)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, case, func, null, select
from sqlalchemy.orm import Session

from hub.domain.booking import BookingKind, BookingState
from hub.domain.entries import holders
from hub.domain.errors import UnknownSpace
from hub.domain.events import EventKind
from hub.domain.people import AccessHours
from hub.domain.space import Space, Town
from hub.domain.statistics.access_hours import Opens
from hub.domain.statistics.desk_day import BookedDesk, DayHours, DeskPlace, DeskPlans, Piece, Quarter
from hub.domain.statistics.desk_log import DeskWord, LogState
from hub.domain.statistics.facts import DeskDay, Measured, SpaceDay
from hub.domain.statistics.stretches import Stretch, joined
from hub.domain.time import local_date
from hub.fact_ports import DeviceMark, RawEntry, StoredDay, StoredDesk, Touch
from hub.storage.access_tables import MembershipRow
from hub.storage.booking_tables import BookingRow, ClaimRow
from hub.storage.device_facts import said
from hub.storage.entry_rows import EntryRows
from hub.storage.event_tables import DeskSessionRow, EpochRow, EventRow
from hub.storage.fact_tables import (
    MEASURES,
    DeskDayRow,
    FactDeviceRow,
    FactSpaceRow,
    FactTouchRow,
    FactWordRow,
    QuarterFactRow,
    SpaceDayRow,
)
from hub.storage.member_tables import PassRow, TariffRow, VisitRow
from hub.storage.site_rows import load_space
from hub.storage.tables import DeskRow, DeviceRow, DeviceStateRow, SpaceRow

READ_AT_ONCE: Final = 5000


class SqlFactLook:
    """A look at one space within one transaction.

    Args:
        connection: that only reads.
        space: id of the space.

    Raises:
        UnknownSpace: when there is none of this id.
    """

    def __init__(self, connection: Connection, space: str) -> None:
        self._connection = connection
        with Session(connection) as session:
            found = load_space(session, space)
        if found is None:
            raise UnknownSpace(space)
        self._town, self._space = found
        key = connection.execute(select(SpaceRow.pk).where(SpaceRow.id == space)).scalar_one()
        self._space_pk: int = key
        self._names = {
            row.pk: row.id
            for row in connection.execute(select(DeskRow.pk, DeskRow.id).where(DeskRow.space_pk == key))
        }

    @property
    def town(self) -> Town:
        """The town of the space."""
        return self._town

    @property
    def space(self) -> Space:
        """The space as it is now."""
        return self._space

    @property
    def space_pk(self) -> int:
        """Its key."""
        return self._space_pk

    def progress(self) -> tuple[int, date] | None:
        """Return the edition of the facts, and the first day that is not sealed."""
        query = select(FactSpaceRow.version, FactSpaceRow.first_open)
        row = self._connection.execute(query.where(FactSpaceRow.space_pk == self._space_pk)).one_or_none()
        return None if row is None else (row.version, row.first_open)

    def first_known(self) -> date | None:
        """Return the first day of which there is a word."""
        row = self._connection.execute(_FIRST_KNOWN, {"space_pk": self._space_pk}).one()
        zone = self.space.time_zone
        days = [
            local_date(at_us, zone) for at_us in (row.device, row.piece, row.booking) if at_us is not None
        ]
        if row.visit is not None:
            days.append(row.visit)
        return min(days, default=None)

    def marks(self) -> Mapping[int, DeviceMark]:
        """Return how far each device is sealed, by key."""
        words: dict[int, dict[int, DeskWord]] = {}
        for row in self._connection.execute(_WORDS, {"space_pk": self._space_pk}):
            words.setdefault(row.device_pk, {})[row.desk_pk] = DeskWord(row.state, row.since_us, row.known_us)
        return {
            row.device_pk: DeviceMark(
                row.first_open,
                LogState(row.ordinal, row.seq, row.alive_us, words.get(row.device_pk, {})),
                row.heard_us,
            )
            for row in self._connection.execute(_MARKS, {"space_pk": self._space_pk})
        }

    def desks(self) -> Sequence[DeskPlace]:
        """Return the desks as they stand now."""
        found = []
        for row in self._connection.execute(_DESKS, {"space_pk": self._space_pk}):
            has_sensor = bool(row.sensor) and row.device_pk is not None
            device_pk = row.device_pk if has_sensor else None
            found.append(DeskPlace(row.pk, row.id, has_sensor, row.in_service, device_pk))
        return found

    def heard(self) -> Mapping[int, int]:
        """Return by device key when it was heard last with nothing left to tell: its own clock, when that is right."""
        found: dict[int, int] = {}
        for row in self._connection.execute(_HEALTH, {"space_pk": self._space_pk}):
            health = said(row.health)
            if health.get("spool_depth") == 0 and health.get("synced"):
                # A clock may be right and yet ahead; nothing is known of what is still to come.
                found[row.device_pk] = min(int(health.get("wall_us", 0)), row.heard_us)
        return found

    def days(self, first: date) -> Mapping[date, StoredDay]:
        """Return the stored days from one on."""
        parameters = {"space_pk": self._space_pk, "first": first}
        desks: dict[date, dict[int, StoredDesk]] = {}
        for row in self._connection.execute(_DESK_DAYS, parameters):
            place = DeskPlace(
                row.desk_pk, self._names[row.desk_pk], row.has_sensor, row.in_service, row.device_pk
            )
            day = desk_day_of(row, self._space.id, place.id)
            stored = StoredDesk(place, day, row.unknown_us)
            desks.setdefault(row.day, {})[row.desk_pk] = stored
        return {
            row.day: StoredDay(
                hours_of(row.day, row.hours, is_holiday=row.is_holiday),
                space_day_of(row, self._space.id),
                desks.get(row.day, {}),
            )
            for row in self._connection.execute(_SPACE_DAYS, parameters)
        }

    def quarters(self, from_us: int) -> Sequence[Quarter]:
        """Return the stored quarters of an hour from a moment on."""
        parameters = {"desks": sorted(self._names), "from_us": from_us}
        return [Quarter(*row) for row in self._connection.execute(_QUARTERS, parameters)]

    def entries(self, device_pk: int, ordinal: int, seq: int) -> Iterator[RawEntry]:
        """Return a device's log above a place, in its order; read piece by piece."""
        epochs = self._connection.execute(_EPOCHS, {"device_pk": device_pk, "ordinal": ordinal}).all()
        for epoch in epochs:
            above = seq if epoch.ordinal == ordinal else 0
            while True:
                rows = self._connection.execute(
                    _ENTRIES, {"epoch_pk": epoch.pk, "above": above, "limit": READ_AT_ONCE}
                ).all()
                for row in rows:
                    yield RawEntry(epoch.ordinal, *row)
                if len(rows) < READ_AT_ONCE:
                    break
                above = rows[-1].seq

    def device_desks(self) -> Mapping[str, int]:
        """Return the keys of all desks that the space ever had, by id."""
        return {id_: pk for pk, id_ in self._names.items()}

    def pieces(self, desk_pk: int, from_us: int) -> Sequence[Piece]:
        """Return the pieces of a desk's use that begin at a moment or later."""
        rows = self._connection.execute(_PIECES, {"desk_pk": desk_pk, "from_us": from_us})
        return [Piece(*row) for row in rows]

    def plans(self, from_us: int, until_us: int) -> tuple[Mapping[int, DeskPlans], Sequence[int]]:
        """Return what was planned by desk key, and the begins of events."""
        blocked: dict[int, list[Stretch]] = {}
        bookings: dict[int, list[BookedDesk]] = {}
        events: dict[int, int] = {}
        parameters = {"space_pk": self._space_pk, "from_us": from_us, "until_us": until_us}
        for row in self._connection.execute(_PLANS, parameters):
            if row.kind != BookingKind.DESK:
                blocked.setdefault(row.desk_pk, []).append((row.start_us, row.end_us))
                if row.kind == BookingKind.EVENT:
                    events[row.booking_pk] = row.start_us
            else:
                is_no_show = row.state == BookingState.RELEASED_NO_SHOW
                bookings.setdefault(row.desk_pk, []).append(BookedDesk(row.start_us, row.end_us, is_no_show))
        plans = {
            pk: DeskPlans(joined(blocked.get(pk, ())), sorted(bookings.get(pk, ())))
            for pk in blocked.keys() | bookings.keys()
        }
        return plans, sorted(events.values())

    def opens(self) -> Sequence[Opens]:
        """Return when doors open outside of the opening hours: to anyone, and to each who holds a right to it."""
        at = {"space_pk": self._space_pk}
        found = {
            Opens(None, None, None, row.starts_min, row.ends_min)
            for row in self._connection.execute(_TARIFFS, at)
        }
        found |= {
            Opens(row.member_pk, row.valid_from, row.valid_to)
            for row in self._connection.execute(_MEMBERSHIPS, at)
        }
        found |= {
            Opens(row.member_pk, row.valid_from, row.valid_to, row.starts_min, row.ends_min)
            for row in self._connection.execute(_PASSES, at)
        }
        return sorted(found, key=str)

    def visits(self, first: date) -> Mapping[date, int]:
        """Return how many persons came, by day."""
        rows = self._connection.execute(_VISITS, {"space_pk": self._space_pk, "first": first})
        return {row.day: row.visits for row in rows}

    def unassigned(self, from_us: int, until_us: int) -> Sequence[int]:
        """Return when somebody came in of whom nobody can be told."""
        entries = EntryRows(self._connection, False)
        came = entries.entries(self._space.id, from_us, until_us)
        who = holders(entries.holdings({one.card for one in came if one.card is not None}), came)
        return [one.at_us for one, member in zip(came, who, strict=True) if member is None]

    def touches(self) -> Sequence[Touch]:
        """Return what events touched since the days were worked out."""
        rows = self._connection.execute(_TOUCHES, {"space_pk": self._space_pk})
        return [Touch(*row) for row in rows]


def hours_of(day: date, text: str, *, is_holiday: bool) -> DayHours:
    """Return the hours of a day as they were written down."""
    found: dict[str, Any] = json.loads(text)
    return DayHours(
        day,
        _stretch(found["whole"]),
        tuple(_stretch(one) for one in found["staffed"]),
        tuple(_stretch(one) for one in found["access"]),
        _stretch(found["noon"]),
        int(found["half"]),
        is_holiday,
    )


def hours_text(hours: DayHours) -> str:
    """Return the hours of a day as they are written down."""
    return json.dumps(
        {
            "whole": hours.whole,
            "staffed": hours.staffed,
            "access": hours.access,
            "noon": hours.noon,
            "half": hours.half_us,
        },
        separators=(",", ":"),
    )


def desk_day_of(row: Sequence[Any], space: str, desk: str) -> DeskDay:
    """Return a desk's day from its row; columns as in `DESK_DAY`, by place: a report reads many thousands."""
    return DeskDay(
        space,
        desk,
        row[1],
        row[3],
        Measured(row[6], row[7], row[8]),
        Measured(row[9], row[10], row[11]),
        Measured(row[12], row[13], row[14]),
        Measured(row[15], row[16], row[17]),
        Measured(row[18], row[19], row[20]),
        row[21],
        row[22],
        row[23],
    )


def space_day_of(row: Any, space: str) -> SpaceDay:
    """Return a space's day from its row."""
    return SpaceDay(
        space,
        row.day,
        row.counts,
        row.is_holiday,
        row.staffed_us,
        row.access_us,
        row.desks,
        row.sensed_desks,
        row.peak_desks,
        row.visits,
        row.unassigned,
        row.events,
        row.is_sealed,
        row.late,
        row.gap_us,
        row.logs_exits,
    )


def _stretch(pair: Sequence[int]) -> Stretch:
    start_us, end_us = pair
    return (start_us, end_us)


DESK_DAY: Final = (
    DeskDayRow.space_pk,
    DeskDayRow.day,
    DeskDayRow.desk_pk,
    DeskDayRow.has_sensor,
    DeskDayRow.in_service,
    DeskDayRow.device_pk,
    *(
        getattr(DeskDayRow, f"{part}_{what}_us")
        for part in MEASURES
        for what in ("offered", "occupied", "unknown")
    ),
    DeskDayRow.booked_us,
    DeskDayRow.bookings,
    DeskDayRow.no_shows,
    DeskDayRow.unknown_us,
)
"""Columns in the order that `desk_day_of` reads."""

_OF_SPACE: Final[Any] = bindparam("space_pk")
_WORDS: Final = (
    select(
        FactWordRow.device_pk,
        FactWordRow.desk_pk,
        FactWordRow.state,
        FactWordRow.since_us,
        FactWordRow.known_us,
    )
    .join(DeviceRow, DeviceRow.pk == FactWordRow.device_pk)
    .where(DeviceRow.space_pk == _OF_SPACE)
)
_HERE: Final[BindParameter[int]] = bindparam("space_pk")
_FIRST_KNOWN: Final = select(
    select(func.min(EpochRow.first_seen_us))
    .join(DeviceRow, DeviceRow.pk == EpochRow.device_pk)
    .where(DeviceRow.space_pk == _HERE)
    .scalar_subquery()
    .label("device"),
    select(func.min(DeskSessionRow.start_us))
    .join(DeskRow, DeskRow.pk == DeskSessionRow.desk_pk)
    .where(DeskRow.space_pk == _HERE)
    .scalar_subquery()
    .label("piece"),
    select(func.min(BookingRow.start_us))
    .where(BookingRow.space_pk == _HERE)
    .scalar_subquery()
    .label("booking"),
    select(func.min(VisitRow.day)).where(VisitRow.space_pk == _HERE).scalar_subquery().label("visit"),
)
_MARKS: Final = (
    select(
        FactDeviceRow.device_pk,
        FactDeviceRow.first_open,
        FactDeviceRow.ordinal,
        FactDeviceRow.seq,
        FactDeviceRow.alive_us,
        FactDeviceRow.heard_us,
    )
    .join(DeviceRow, DeviceRow.pk == FactDeviceRow.device_pk)
    .where(DeviceRow.space_pk == _OF_SPACE)
)
_DESKS: Final = (
    select(DeskRow.pk, DeskRow.id, DeskRow.sensor, DeskRow.device_pk, DeskRow.in_service)
    .where(DeskRow.space_pk == _OF_SPACE, DeskRow.retired_us.is_(None))
    .order_by(DeskRow.position, DeskRow.pk)
)
_HEALTH: Final = (
    select(DeviceStateRow.device_pk, DeviceStateRow.health, DeviceStateRow.heard_us)
    .join(DeviceRow, DeviceRow.pk == DeviceStateRow.device_pk)
    .where(DeviceRow.space_pk == _OF_SPACE)
)
_DESK_DAYS: Final = (
    select(*DESK_DAY)
    .where(DeskDayRow.space_pk == _OF_SPACE, DeskDayRow.day >= bindparam("first"))
    .order_by(DeskDayRow.day, DeskDayRow.desk_pk)
)
_SPACE_DAYS: Final = (
    select(SpaceDayRow.__table__)
    .where(SpaceDayRow.space_pk == _OF_SPACE, SpaceDayRow.day >= bindparam("first"))
    .order_by(SpaceDayRow.day)
)
_QUARTERS: Final = select(
    QuarterFactRow.desk_pk,
    QuarterFactRow.start_us,
    QuarterFactRow.offered_us,
    QuarterFactRow.occupied_us,
    QuarterFactRow.unknown_us,
).where(
    QuarterFactRow.desk_pk.in_(bindparam("desks", expanding=True)),
    QuarterFactRow.start_us >= bindparam("from_us"),
)
_EPOCHS: Final = (
    select(EpochRow.pk, EpochRow.ordinal)
    .where(EpochRow.device_pk == bindparam("device_pk"), EpochRow.ordinal >= bindparam("ordinal"))
    .order_by(EpochRow.ordinal)
)
_ENTRIES: Final = (
    select(
        EventRow.seq,
        EventRow.earliest_us,
        EventRow.latest_us,
        case(
            (EventRow.kind.in_((EventKind.DESK_STATE, EventKind.DEVICE_STARTED)), EventRow.payload),
            else_=null(),
        ),
    )
    .where(EventRow.epoch_pk == bindparam("epoch_pk"), EventRow.seq > bindparam("above"))
    .order_by(EventRow.seq)
    .limit(bindparam("limit"))
)
_PIECES: Final = (
    select(DeskSessionRow.start_us, DeskSessionRow.end_us, DeskSessionRow.slack_us)
    .where(DeskSessionRow.desk_pk == bindparam("desk_pk"), DeskSessionRow.start_us >= bindparam("from_us"))
    .order_by(DeskSessionRow.start_us)
)
_PLANS: Final = (
    select(
        BookingRow.pk.label("booking_pk"),
        BookingRow.kind,
        BookingRow.state,
        ClaimRow.desk_pk,
        BookingRow.start_us,
        BookingRow.end_us,
    )
    .join(ClaimRow, ClaimRow.booking_pk == BookingRow.pk)
    .where(
        BookingRow.space_pk == _OF_SPACE,
        BookingRow.start_us < bindparam("until_us"),
        BookingRow.end_us > bindparam("from_us"),
        BookingRow.is_active
        | ((BookingRow.kind == BookingKind.DESK) & (BookingRow.state == BookingState.RELEASED_NO_SHOW)),
    )
)
_TARIFFS: Final = select(TariffRow.starts_min, TariffRow.ends_min).where(
    TariffRow.space_pk == _OF_SPACE, TariffRow.hours == AccessHours.ALWAYS, TariffRow.is_offered
)
_MEMBERSHIPS: Final = select(MembershipRow.member_pk, MembershipRow.valid_from, MembershipRow.valid_to).where(
    MembershipRow.space_pk == _OF_SPACE,
    MembershipRow.hours == AccessHours.ALWAYS,
    MembershipRow.is_host.is_(False),
)
_PASSES: Final = (
    select(PassRow.member_pk, PassRow.valid_from, PassRow.valid_to, TariffRow.starts_min, TariffRow.ends_min)
    .join(TariffRow, TariffRow.pk == PassRow.tariff_pk)
    # A pass that nobody holds any more is nobody's right, and no offer.
    .where(
        PassRow.space_pk == _OF_SPACE,
        PassRow.member_pk.is_not(None),
        TariffRow.hours == AccessHours.ALWAYS,
    )
)
_VISITS: Final = (
    select(VisitRow.day, func.count().label("visits"))
    .where(VisitRow.space_pk == _OF_SPACE, VisitRow.day >= bindparam("first"))
    .group_by(VisitRow.day)
)
_TOUCHES: Final = (
    select(DeviceRow.pk, FactTouchRow.epoch_pk, FactTouchRow.quarter, FactTouchRow.events)
    .join(EpochRow, EpochRow.pk == FactTouchRow.epoch_pk)
    .join(DeviceRow, DeviceRow.pk == EpochRow.device_pk)
    .where(DeviceRow.space_pk == _OF_SPACE)
)
