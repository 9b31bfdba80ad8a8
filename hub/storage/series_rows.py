"""Series of bookings in SQL."""

from datetime import time
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from hub.booking_ports import Series
from hub.domain.booking_refusals import UnknownSeries
from hub.domain.series import SeriesRule
from hub.storage.booking_reads import is_id, load_bookings
from hub.storage.booking_tables import BookingRow, BookingSeriesRow
from hub.storage.tables import MINUTES_OF_DAY, DeskRow, SpaceRow


def add_series(
    connection: Connection, series: Series, space_pk: int, desk_pk: int | None, now_us: int
) -> None:
    """Store the rule of a series, without its bookings."""
    rule = series.rule
    values: dict[str, Any] = {
        "id": series.id,
        "space_pk": space_pk,
        "desk_pk": desk_pk,
        "member_pk": series.member,
        "kind": series.kind,
        "frequency": rule.frequency,
        "every": rule.interval,
        "weekdays": sum(1 << day for day in set(rule.weekdays)),
        "nth": rule.nth,
        "first_day": rule.first,
        "last_day": rule.last,
        "starts_min": _minutes(rule.starts),
        "ends_min": _minutes(rule.ends) or MINUTES_OF_DAY,
        "created_us": now_us,
    }
    connection.execute(insert(BookingSeriesRow).values(**values))


def load_series(connection: Connection, id_: str, *, is_locked: bool = False) -> Series:
    """Return a series with its bookings, by day.

    Raises:
        UnknownSeries: when there is none of this id.
    """
    row = connection.execute(_SERIES.where(BookingSeriesRow.id == id_)).one_or_none() if is_id(id_) else None
    if row is None:
        raise UnknownSeries(id_)
    bookings = load_bookings(connection, BookingRow.series_pk == row.pk, is_locked=is_locked)
    rule = SeriesRule(
        frequency=row.frequency,
        first=row.first_day,
        last=row.last_day,
        starts=_wall(row.starts_min),
        ends=_wall(row.ends_min),
        interval=row.every,
        weekdays=tuple(day for day in range(7) if row.weekdays >> day & 1),
        nth=row.nth,
    )
    ordered = sorted(bookings, key=lambda one: (one.series_day is None, one.series_day))
    return Series(row.id, row.space, row.desk or "", row.member_pk, row.kind, rule, tuple(ordered))


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def _wall(minutes: int) -> time:
    hours, rest = divmod(minutes, 60)
    return time(hours % 24, rest)


_SERIES: Final = (
    select(
        BookingSeriesRow.pk,
        BookingSeriesRow.id,
        SpaceRow.id.label("space"),
        DeskRow.id.label("desk"),
        BookingSeriesRow.member_pk,
        BookingSeriesRow.kind,
        BookingSeriesRow.frequency,
        BookingSeriesRow.every,
        BookingSeriesRow.weekdays,
        BookingSeriesRow.nth,
        BookingSeriesRow.first_day,
        BookingSeriesRow.last_day,
        BookingSeriesRow.starts_min,
        BookingSeriesRow.ends_min,
    )
    .join(SpaceRow, SpaceRow.pk == BookingSeriesRow.space_pk)
    .outerjoin(DeskRow, DeskRow.pk == BookingSeriesRow.desk_pk)
)
