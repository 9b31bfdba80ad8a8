"""Reads bookings: whole ones, lists by pages, and which desks are taken when."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, TextClause, bindparam, func, literal_column, select, tuple_
from sqlalchemy.orm import aliased

from hub.access_ports import Taking
from hub.booking_ports import Page, Query
from hub.domain.booking import Booking, BookingKind
from hub.domain.errors import RuleRefused
from hub.domain.time import Interval
from hub.storage.access_tables import MemberRow, MembershipRow
from hub.storage.booking_tables import LONG_US, BookingRow, BookingSeriesRow, ClaimRow
from hub.storage.tables import DeskRow, SpaceRow

_ID: Final = re.compile(r"[0-9a-f]{16}")


def load_bookings(
    connection: Connection,
    *conditions: ColumnElement[bool] | TextClause,
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


def is_id(text: str) -> bool:
    """Say whether a text can be the id of a booking or series; what can't be is not asked of the database.

    PostgreSQL takes no text with a NUL in it, and would call that an error of ours.
    """
    return _ID.fullmatch(text) is not None


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
        conditions.append(BookingRow.space_pk == space_key(query.space))
    if query.member is not None:
        conditions.append(BookingRow.member_pk == query.member)
    if query.series is not None:
        conditions.append(BookingSeriesRow.id == query.series)
    if query.time is not None:
        conditions += reaching(query.time, query.space)
    if query.after:
        conditions.append(tuple_(BookingRow.start_us, BookingRow.id) > _from_cursor(query.after))
    found = load_bookings(connection, *conditions, limit=query.limit + 1)
    shown = tuple(found[: query.limit])
    return Page(shown, f"{shown[-1].time.start_us}-{shown[-1].id}" if len(found) > query.limit else "")


def load_takings(connection: Connection, space: str, time: Interval, limit: int) -> list[Taking]:
    """Return what takes desks of a space in a time, by begin, and whose it is by name; one query.

    Args:
        limit: how many bookings at most.
    """
    wanted = (
        select(BookingRow.pk)
        .where(BookingRow.space_pk == space_key(space), BookingRow.is_active, *reaching(time, space))
        .order_by(BookingRow.start_us, BookingRow.id)
        .limit(limit)
    )
    rows: dict[int, Any] = {}
    desks: dict[int, list[str]] = {}
    for row in connection.execute(_TAKINGS.where(BookingRow.pk.in_(wanted))):
        rows[row.pk] = row
        desks.setdefault(row.pk, []).append(row.desk)
    return [Taking(_booking(row, tuple(desks[pk])), row.who) for pk, row in rows.items()]


def _from_cursor(text: str) -> Any:
    start_us, _, id_ = text.partition("-")
    if not (start_us.isdecimal() and start_us.isascii() and len(start_us) <= 18 and is_id(id_)):
        raise RuleRefused(
            "this cursor is none of ours: take it from the page before, as it is", code="bad_cursor"
        )
    return tuple_(int(start_us), id_)


def space_key(space: str) -> Any:
    """Return the key of a space, as a part of a query."""
    return select(SpaceRow.pk).where(SpaceRow.id == space).scalar_subquery()


def reaching(time: Interval, space: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions of bookings that reach into a time, of one space or of all.

    Almost all bookings last less than two days: to find those that run, no older ones need to be looked at. What lasts
    longer has a small index of its own, which says how far back to look in the rare case.
    """
    low_us = max(time.start_us - LONG_US, 0)
    far = aliased(BookingRow)
    earliest = select(func.min(far.start_us)).where(
        far.end_us - far.start_us > literal_column(str(LONG_US)),
        far.start_us < low_us,
        far.end_us > time.start_us,
    )
    # A key is never below 1; said, so that SQLite uses the small index for all spaces, too.
    earliest = earliest.where(far.space_pk > 0 if space is None else far.space_pk == space_key(space))
    return [
        BookingRow.end_us > time.start_us,
        BookingRow.start_us < time.end_us,
        BookingRow.start_us >= func.coalesce(earliest.scalar_subquery(), low_us),
    ]


def taken_times(
    connection: Connection, desks: Mapping[int, str], time: Interval
) -> dict[str, tuple[Interval, ...]]:
    """Return by id when desks are taken in a time: rising, apart, and cut to that time; free desks are left out.

    Two plain looks into the index, what begins in the time and what reaches into it, are much quicker on PostgreSQL
    than one clever query: a month of a large space has tens of thousands of claims.

    Args:
        desks: key to id, in the order in which they are wanted.
    """
    wanted = {"desks": list(desks), "start_us": time.start_us, "end_us": time.end_us}
    bounds: dict[int, list[int]] = {}
    for desk_pk, start_us, end_us in chain(
        connection.execute(_REACHING, wanted).all(), connection.execute(_BEGINNING, wanted).all()
    ):
        found = bounds.get(desk_pk)
        if found is None:
            bounds[desk_pk] = [start_us, end_us]
        elif found[-1] == start_us:
            # One after the other: nobody is told where one ends and the next begins.
            found[-1] = end_us
        else:
            found += start_us, end_us
    for found in bounds.values():
        # They are apart: only the first and the last can reach out of the time.
        found[0], found[-1] = max(found[0], time.start_us), min(found[-1], time.end_us)
    # Desks are booked by the hour or the half-day: thousands of spans are few different ones.
    span = cache(Interval)
    return {desks[pk]: tuple(map(span, bounds[pk][::2], bounds[pk][1::2])) for pk in desks if pk in bounds}


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
# A booking comes once for each of its desks. Whoever is no member of the space any more has no name there.
_TAKINGS: Final = (
    _BOOKINGS.add_columns(DeskRow.id.label("desk"), MemberRow.name.label("who"))
    .join(ClaimRow, ClaimRow.booking_pk == BookingRow.pk)
    .join(DeskRow, DeskRow.pk == ClaimRow.desk_pk)
    .outerjoin(
        MembershipRow,
        (MembershipRow.member_pk == BookingRow.member_pk) & (MembershipRow.space_pk == BookingRow.space_pk),
    )
    .outerjoin(MemberRow, MemberRow.pk == MembershipRow.member_pk)
    .order_by(DeskRow.position, DeskRow.pk)
)
_DESKS: Final = (
    select(ClaimRow.booking_pk, DeskRow.id)
    .join(DeskRow, DeskRow.pk == ClaimRow.desk_pk)
    .where(ClaimRow.booking_pk.in_(bindparam("bookings", expanding=True)))
    .order_by(ClaimRow.booking_pk, DeskRow.position, DeskRow.pk)
)
_BEGINNING: Final = (
    select(ClaimRow.desk_pk, ClaimRow.start_us, ClaimRow.end_us)
    .where(
        ClaimRow.desk_pk.in_(bindparam("desks", expanding=True)),
        ClaimRow.is_active,
        ClaimRow.start_us >= bindparam("start_us"),
        ClaimRow.start_us < bindparam("end_us"),
    )
    .order_by(ClaimRow.desk_pk, ClaimRow.start_us)
)
_REACHING: Final = (
    select(ClaimRow.desk_pk, ClaimRow.start_us, ClaimRow.end_us)
    .join(DeskRow, DeskRow.pk == ClaimRow.desk_pk)
    .where(
        DeskRow.pk.in_(bindparam("desks", expanding=True)),
        ClaimRow.is_active,
        ClaimRow.start_us == last_before(),
        ClaimRow.end_us > bindparam("start_us"),
    )
)
