"""Writes and reads the facts of days (`hub.fact_ports.FactStore`, `hub.statistics_ports.FactReader`)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from hub.domain.statistics.desk_day import QUARTER_US, DeskPlace
from hub.domain.statistics.facts import Contribution, DeskDay, SpaceDay, Stays
from hub.domain.statistics.month_facts import MonthFacts
from hub.domain.statistics.periods import Span
from hub.fact_ports import DeviceMark, DueSpace, MadeDays, Touch
from hub.storage.availability import unavailable_when_down
from hub.storage.contribution_tables import ContributionBeforeRow, ContributionRow
from hub.storage.engine import reading
from hub.storage.event_tables import EpochRow
from hub.storage.fact_look import DESK_DAY, SqlFactLook, desk_day_of, hours_text, space_day_of
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
from hub.storage.month_sums import renew_months, stored_months
from hub.storage.statements import upsert
from hub.storage.tables import DeskRow, DeviceRow, SpaceRow, TownRow
from hub.storage.types import Base


class SqlFactStore:
    """Facts and what they come from.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def spaces(self) -> Sequence[DueSpace]:
        """Return all spaces that are not retired, by id."""
        with unavailable_when_down(), self._reading.connect() as connection:
            touched = {row.space_pk: row.quarter for row in connection.execute(_TOUCHED)}
            return [
                DueSpace(
                    row.id,
                    row.time_zone,
                    row.made_until,
                    touched[row.pk] * QUARTER_US if row.pk in touched else None,
                )
                for row in connection.execute(_SPACES)
            ]

    @contextmanager
    def looking(self, space: str) -> Iterator[SqlFactLook]:
        """Look at one space; nothing that is written meanwhile is seen."""
        with unavailable_when_down(), self._reading.connect() as connection:
            yield SqlFactLook(connection, space)

    def write(self, made: MadeDays) -> bool:
        """Write facts, all at once; say false, and write none, when others were written since they were looked at."""
        with unavailable_when_down(), self._engine.begin() as connection:
            if not _next_version(connection, made):
                connection.rollback()
                return False
            _Writing(connection, made).write()
        return True

    def purge_quarters(self, before_us: int, limit: int) -> int:
        """Delete at most so many quarters of an hour that began before; return how many went."""
        with unavailable_when_down(), self._engine.begin() as connection:
            rows = connection.execute(_OLD_QUARTERS, {"before_us": before_us, "limit": limit})
            keys = [{"desk": row.desk_pk, "at": row.start_us} for row in rows]
            if keys:
                connection.execute(_DELETE_QUARTER, keys)
        return len(keys)


def _next_version(connection: Connection, made: MadeDays) -> bool:
    """Take the next edition of the facts, unless somebody else has."""
    values = {
        "version": made.version + 1,
        "first_open": made.first_open,
        "made_until": made.made_until,
    }
    if not made.version:
        statement = upsert(connection.dialect.name, FactSpaceRow).on_conflict_do_nothing()
        made_one = statement.returning(FactSpaceRow.space_pk)
        return connection.execute(made_one, {"space_pk": made.space_pk, **values}).first() is not None
    changed = connection.execute(
        update(FactSpaceRow)
        .where(FactSpaceRow.space_pk == made.space_pk, FactSpaceRow.version == made.version)
        .values(values)
    )
    return changed.rowcount == 1


class _Writing:
    """Writes facts in the transaction of a connection."""

    def __init__(self, connection: Connection, made: MadeDays) -> None:
        self._connection, self._made = connection, made

    def write(self) -> None:
        """Write all of it."""
        made = self._made
        self._put(DeskDayRow, [_desk_row(made.space_pk, *one) for one in made.desks])
        self._put(SpaceDayRow, [self._space_row(*one) for one in made.days])
        self._put(QuarterFactRow, [one._asdict() for one in made.quarters])
        gone = [{"desk": desk_pk, "at": start_us} for desk_pk, start_us in made.gone_quarters]
        if gone:
            self._connection.execute(_DELETE_QUARTER, gone)
        for device_pk, mark in sorted(made.marks.items()):
            self._put_mark(device_pk, mark)
        self._settle(made.touches)
        for day, events in sorted(made.late.items()):
            self._connection.execute(
                update(SpaceDayRow)
                .where(SpaceDayRow.space_pk == made.space_pk, SpaceDayRow.day == day)
                .values(late=SpaceDayRow.late + events)
            )
        renew_months(
            self._connection,
            made.space_pk,
            {facts.day for _, facts in made.days} | {day.day for _, day, _ in made.desks},
        )

    def _space_row(self, hours: Any, facts: SpaceDay) -> dict[str, Any]:
        values = {name: getattr(facts, name) for name in SpaceDay.__slots__ if name != "space"}
        return {"space_pk": self._made.space_pk, "hours": hours_text(hours), **values}

    def _put(self, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        statement = upsert(self._connection.dialect.name, table)
        keys = [column.name for column in table.__table__.primary_key.columns]  # type: ignore[attr-defined]
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows)
        )

    def _put_mark(self, device_pk: int, mark: DeviceMark) -> None:
        values = {
            "device_pk": device_pk,
            "first_open": mark.first_open,
            "ordinal": mark.log.ordinal,
            "seq": mark.log.seq,
            "alive_us": mark.log.alive_us,
            "heard_us": mark.heard_us,
        }
        self._put(FactDeviceRow, [values])
        self._connection.execute(delete(FactWordRow).where(FactWordRow.device_pk == device_pk))
        words = [
            {
                "device_pk": device_pk,
                "desk_pk": desk_pk,
                "state": word.state,
                "since_us": word.since_us,
                "known_us": word.known_us,
            }
            for desk_pk, word in sorted(mark.log.words.items())
        ]
        if words:
            self._connection.execute(insert(FactWordRow), words)

    def _settle(self, touches: Sequence[Touch]) -> None:
        """Forget what is worked in; what was touched again meanwhile keeps the rest."""
        if not touches:
            return
        rows = [{"epoch": one.epoch_pk, "at": one.quarter, "amount": one.events} for one in touches]
        self._connection.execute(_SETTLE, rows)
        self._connection.execute(_TAKE_OFF, rows)


def _desk_row(space_pk: int, place: DeskPlace, day: DeskDay, unknown_us: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "space_pk": space_pk,
        "day": day.day,
        "desk_pk": place.pk,
        "device_pk": place.device_pk,
        "has_sensor": day.has_sensor,
        "in_service": place.in_service,
        "booked_us": day.booked_us,
        "bookings": day.bookings,
        "no_shows": day.no_shows,
        "unknown_us": unknown_us,
    }
    parts = (day.staffed, day.access, day.noon, day.first_half, day.second_half)
    for name, part in zip(MEASURES, parts, strict=True):
        found[f"{name}_offered_us"] = part.offered_us
        found[f"{name}_occupied_us"] = part.occupied_us
        found[f"{name}_unknown_us"] = part.unknown_us
    return found


class SqlFactReader:
    """Facts as reports need them.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._reading = reading(engine)

    def desk_days(self, spaces: Collection[str], span: Span) -> Sequence[DeskDay]:
        """Return the facts of desks, by space, day and desk."""
        with unavailable_when_down(), self._reading.connect() as connection:
            names = _names(connection, spaces)
            if not names:
                return []
            desks = {
                row.pk: (row.position, row.id)
                for row in connection.execute(_DESK_NAMES, {"spaces": list(names)})
            }
            rows = connection.execute(_DESK_DAYS, _within(names, span)).all()
        # Two whole numbers and a day: quicker to sort than names.
        order = {space_pk: at for at, space_pk in enumerate(sorted(names, key=names.__getitem__))}
        found = sorted(rows, key=lambda row: (order[row[0]], row[1], desks[row[2]]))
        return [desk_day_of(row, names[row[0]], desks[row[2]][1]) for row in found]

    def month_facts(self, spaces: Collection[str], span: Span) -> Sequence[MonthFacts]:
        """Return what the days add up to, by space and month: as it was written with them."""
        with unavailable_when_down(), self._reading.connect() as connection:
            names = _names(connection, spaces)
            return stored_months(connection, names, span) if names else []

    def space_days(self, spaces: Collection[str], span: Span) -> Sequence[SpaceDay]:
        """Return the facts of spaces, by space and day."""
        with unavailable_when_down(), self._reading.connect() as connection:
            names = _names(connection, spaces)
            if not names:
                return []
            rows = connection.execute(_SPACE_DAYS, _within(names, span)).all()
        found = [space_day_of(row, names[row.space_pk]) for row in rows]
        return sorted(found, key=lambda one: (one.space, one.day))

    def contributions(self, spaces: Collection[str], span: Span) -> Sequence[Contribution]:
        """Return what persons did, by space, month and pseudonym."""
        with unavailable_when_down(), self._reading.connect() as connection:
            names = _names(connection, spaces)
            if not names:
                return []
            before = _Before(connection.execute(_BEFORE, {"spaces": sorted(names)}).all())
            rows = connection.execute(_CONTRIBUTIONS, _within(names, span)).all()
            found = [_contribution(row, names, before) for row in rows]
        return sorted(found, key=lambda one: (one.space, one.month, one.person))


class _Before:
    """Who was there in the calendar year before."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._at: dict[tuple[int, str], set[int]] = {}
        for space_pk, year, name in rows:
            self._at.setdefault((year, name), set()).add(space_pk)

    def spaces(self, year: int, name: str) -> Collection[int]:
        """Return where a person was in the year before one; of "": where somebody looked back."""
        return self._at.get((year, name), ())


_NOWHERE: Final = frozenset[str]()


def _contribution(row: Any, names: Mapping[int, str], before: _Before) -> Contribution:
    space_pk, is_loose, month, name, visits, booked_us, tariff_class, opted_in, *stays = row
    there = before.spaces(month.year, name)
    # Of an erased person nothing can be told; nor where nobody could look back.
    can_tell = not is_loose and space_pk in before.spaces(month.year, "")
    elsewhere = frozenset(names[one] for one in there if one != space_pk) if there else _NOWHERE
    was_here = space_pk in there if can_tell else None
    return Contribution(
        names[space_pk],
        month,
        name,
        visits,
        booked_us,
        tariff_class,
        opted_in,
        was_here,
        elsewhere,
        Stays(*stays),
    )


def _names(connection: Connection, spaces: Collection[str]) -> dict[int, str]:
    rows = connection.execute(_SPACE_KEYS, {"spaces": sorted(set(spaces))}) if spaces else ()
    return {row.pk: row.id for row in rows}


def _within(names: Mapping[int, str], span: Span) -> dict[str, Any]:
    return {"spaces": sorted(names), "first": span.first_day, "last": span.last_day}


_SPACE_KEYS: Final = select(SpaceRow.pk, SpaceRow.id).where(
    SpaceRow.id.in_(bindparam("spaces", expanding=True))
)
_SPACES: Final = (
    select(SpaceRow.pk, SpaceRow.id, SpaceRow.time_zone, FactSpaceRow.made_until)
    .outerjoin(FactSpaceRow, FactSpaceRow.space_pk == SpaceRow.pk)
    .join(TownRow, TownRow.pk == SpaceRow.town_pk)
    .where(TownRow.retired_us.is_(None))
    .order_by(SpaceRow.id)
)
_TOUCHED: Final = (
    select(DeviceRow.space_pk, func.min(FactTouchRow.quarter).label("quarter"))
    .select_from(FactTouchRow)
    .join(EpochRow, EpochRow.pk == FactTouchRow.epoch_pk)
    .join(DeviceRow, DeviceRow.pk == EpochRow.device_pk)
    .group_by(DeviceRow.space_pk)
)
_SETTLE: Final = delete(FactTouchRow).where(
    FactTouchRow.epoch_pk == bindparam("epoch"),
    FactTouchRow.quarter == bindparam("at"),
    FactTouchRow.events == bindparam("amount"),
)
_TAKE_OFF: Final = (
    update(FactTouchRow)
    .where(FactTouchRow.epoch_pk == bindparam("epoch"), FactTouchRow.quarter == bindparam("at"))
    .values(events=FactTouchRow.events - bindparam("amount"))
)
# One by one: for pairs after IN, SQLite would go through the whole table.
_DELETE_QUARTER: Final = delete(QuarterFactRow).where(
    QuarterFactRow.desk_pk == bindparam("desk"), QuarterFactRow.start_us == bindparam("at")
)
_OLD_QUARTERS: Final = (
    select(QuarterFactRow.desk_pk, QuarterFactRow.start_us)
    .where(QuarterFactRow.start_us < bindparam("before_us"))
    .order_by(QuarterFactRow.start_us)
    .limit(bindparam("limit"))
)
_IN_SPAN: Final[Any] = bindparam("spaces", expanding=True)
_DESK_NAMES: Final = select(DeskRow.pk, DeskRow.position, DeskRow.id).where(DeskRow.space_pk.in_(_IN_SPAN))
_DESK_DAYS: Final = select(*DESK_DAY).where(
    DeskDayRow.space_pk.in_(_IN_SPAN), DeskDayRow.day.between(bindparam("first"), bindparam("last"))
)
_SPACE_DAYS: Final = select(SpaceDayRow.__table__).where(
    SpaceDayRow.space_pk.in_(_IN_SPAN), SpaceDayRow.day.between(bindparam("first"), bindparam("last"))
)
_BEFORE: Final = select(
    ContributionBeforeRow.space_pk, ContributionBeforeRow.year, ContributionBeforeRow.pseudonym
).where(ContributionBeforeRow.space_pk.in_(bindparam("spaces", expanding=True)))
_CONTRIBUTIONS: Final = select(
    ContributionRow.space_pk,
    ContributionRow.is_loose,
    ContributionRow.month,
    ContributionRow.pseudonym,
    ContributionRow.visits,
    ContributionRow.booked_us,
    ContributionRow.tariff_class,
    ContributionRow.opted_in,
    ContributionRow.stays_under_2h,
    ContributionRow.stays_2_to_4h,
    ContributionRow.stays_4_to_8h,
    ContributionRow.stays_from_8h,
    ContributionRow.stays_auto_closed,
).where(
    ContributionRow.space_pk.in_(_IN_SPAN),
    ContributionRow.month.between(bindparam("first"), bindparam("last")),
)
