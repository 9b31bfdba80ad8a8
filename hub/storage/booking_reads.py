"""Reads bookings: whole ones, lists by pages, and which desks are taken when."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, tuple_
from sqlalchemy.orm import aliased

from hub.booking_ports import Page, Query, TakenTime
from hub.domain.booking import Booking, BookingKind
from hub.domain.errors import RuleRefused
from hub.domain.time import Interval
from hub.storage.booking_tables import BookingRow, BookingSeriesRow, ClaimRow
from hub.storage.tables import DeskRow, SpaceRow


def load_bookings(
    connection: Connection,
    *conditions: ColumnElement[bool],
    is_locked: bool = False,
    limit: int | None = None,
) -> list[Booking]:
    """Return bookings by begin; two queries.

    Args:
        is_locked: whether they are held until the transaction's end.
        limit: how many at most.
    """
    query = _BOOKINGS.where(*conditions).limit(limit)
    rows = connection.execute(query.with_for_update(of=BookingRow) if is_locked else query).all()
    desks = desks_of(connection, [row.pk for row in rows])
    return [_booking(row, desks.get(row.pk, ())) for row in rows]


def desks_of(connection: Connection, booking_pks: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the ids of the desks of bookings by key, in the order of the site."""
    found: dict[int, tuple[str, ...]] = {}
    if booking_pks:
        for pk, desk in connection.execute(_DESKS, {"bookings": booking_pks}):
            found[pk] = (*found.get(pk, ()), desk)
    return found


def page_of(connection: Connection, query: Query) -> Page:
    """Return bookings by begin, one page of them.

    Raises:
        RuleRefused: when the cursor is none of ours.
    """
    conditions: list[ColumnElement[bool]] = [BookingRow.state.in_(sorted(query.states))]
    if query.kinds != frozenset(BookingKind):
        conditions.append(BookingRow.kind.in_(sorted(query.kinds)))
    if query.space is not None:
        conditions.append(SpaceRow.id == query.space)
    if query.member is not None:
        conditions.append(BookingRow.member_pk == query.member)
    if query.series is not None:
        conditions.append(BookingSeriesRow.id == query.series)
    if query.time is not None:
        conditions += [BookingRow.end_us > query.time.start_us, BookingRow.start_us < query.time.end_us]
    if query.after:
        conditions.append(tuple_(BookingRow.start_us, BookingRow.id) > _from_cursor(query.after))
    found = load_bookings(connection, *conditions, limit=query.limit + 1)
    shown = tuple(found[: query.limit])
    return Page(shown, f"{shown[-1].time.start_us}-{shown[-1].id}" if len(found) > query.limit else "")


def _from_cursor(text: str) -> Any:
    start_us, _, id_ = text.partition("-")
    if not (start_us.isdecimal() and start_us.isascii() and len(start_us) <= 18 and len(id_) == 16):
        raise RuleRefused(
            "this cursor is none of ours: take it from the page before, as it is", code="bad_cursor"
        )
    return tuple_(int(start_us), id_)


def taken_times(connection: Connection, desk_pks: Collection[int], time: Interval) -> list[TakenTime]:
    """Return when some desks are taken in a time, rising for each desk, and cut to that time."""
    found = {"desks": sorted(desk_pks), "start_us": time.start_us, "end_us": time.end_us}
    return [
        TakenTime(desk, Interval(max(start_us, time.start_us), min(end_us, time.end_us)))
        for desk, start_us, end_us in connection.execute(_TAKEN, found)
    ]


def last_before() -> Any:
    """Return, for the desk of a row, when the last active claim begins that begins before `start_us`.

    Claims of one desk are apart, so of all earlier ones only that one can reach into a time.
    """
    earlier = aliased(ClaimRow)
    return func.coalesce(
        select(earlier.start_us)
        .where(earlier.desk_pk == DeskRow.pk, earlier.is_active, earlier.start_us < bindparam("start_us"))
        .order_by(earlier.start_us.desc())
        .limit(1)
        .correlate(DeskRow)
        .scalar_subquery(),
        0,
    )


def _booking(row: Any, desks: tuple[str, ...]) -> Booking:
    return Booking(
        id=row.id,
        space=row.space,
        kind=row.kind,
        desks=desks,
        time=Interval(row.start_us, row.end_us),
        state=row.state,
        member=row.member_pk,
        version=row.version,
        created_us=row.created_us,
        fresh_us=row.fresh_us,
        note=row.note,
        series=row.series,
        series_day=row.series_day,
        any_hours=row.any_hours,
        ended_us=row.ended_us,
        ended_reason=row.ended_reason,
    )


_BOOKINGS: Final = (
    select(
        BookingRow.pk,
        BookingRow.id,
        SpaceRow.id.label("space"),
        BookingRow.kind,
        BookingRow.state,
        BookingRow.start_us,
        BookingRow.end_us,
        BookingRow.member_pk,
        BookingRow.version,
        BookingRow.created_us,
        BookingRow.fresh_us,
        BookingRow.note,
        BookingSeriesRow.id.label("series"),
        BookingRow.series_day,
        BookingRow.any_hours,
        BookingRow.ended_us,
        BookingRow.ended_reason,
    )
    .join(SpaceRow, SpaceRow.pk == BookingRow.space_pk)
    .outerjoin(BookingSeriesRow, BookingSeriesRow.pk == BookingRow.series_pk)
    .order_by(BookingRow.start_us, BookingRow.id)
)
_DESKS: Final = (
    select(ClaimRow.booking_pk, DeskRow.id)
    .join(DeskRow, DeskRow.pk == ClaimRow.desk_pk)
    .where(ClaimRow.booking_pk.in_(bindparam("bookings", expanding=True)))
    .order_by(ClaimRow.booking_pk, DeskRow.position, DeskRow.pk)
)
_TAKEN: Final = (
    select(DeskRow.id, ClaimRow.start_us, ClaimRow.end_us)
    .join(ClaimRow, ClaimRow.desk_pk == DeskRow.pk)
    .where(
        DeskRow.pk.in_(bindparam("desks", expanding=True)),
        ClaimRow.is_active,
        ClaimRow.start_us >= last_before(),
        ClaimRow.start_us < bindparam("end_us"),
        ClaimRow.end_us > bindparam("start_us"),
    )
    .order_by(DeskRow.position, DeskRow.pk, ClaimRow.start_us)
)
