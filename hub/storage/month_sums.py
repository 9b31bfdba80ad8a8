"""What days add up to by space and month (`hub.domain.statistics.month_facts`): written with them, read by reports."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, bindparam, case, extract, func, select

from hub.domain.statistics.facts import DeskSums
from hub.domain.statistics.month_facts import MonthFacts, months_of
from hub.domain.statistics.periods import Month, Span
from hub.storage.fact_look import space_day_of
from hub.storage.fact_tables import DeskDayRow, SpaceDayRow, SpaceMonthRow
from hub.storage.statements import upsert

_OWN: Final = (
    "present", "counted", "sealed", "desks", "sensed_desks", "open_days", "exit_days", "open_us", "access_us", "visits",
    "events", "peak_desks", "peak_of",
)  # fmt: skip
"""As in `MonthFacts`, in its order."""


def renew_months(connection: Connection, space_pk: int, days: Collection[date]) -> None:
    """Add the months up again that some days of a space lie in, from all of their days as they are stored now."""
    if not days:
        return
    wanted = {Month.of(day) for day in days}
    span = Span(min(wanted), max(wanted))
    within = {"space_pk": space_pk, "first": span.first_day, "last": span.last_day}
    sums = {
        ("", Month(int(year), int(month))): DeskSums(*map(int, told))
        for year, month, *told in connection.execute(_DESK_SUMS, within)
    }
    months = months_of((space_day_of(row, "") for row in connection.execute(_DAYS, within)), sums)
    rows = [_values(space_pk, one) for one in months if one.month in wanted]
    if rows:
        statement = upsert(connection.dialect.name, SpaceMonthRow)
        changed = {name: statement.excluded[name] for name in (*_OWN, *DeskSums._fields)}
        keys = ["space_pk", "month"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def stored_months(connection: Connection, names: Mapping[int, str], span: Span) -> list[MonthFacts]:
    """Return the months of a span, by space and month.

    Args:
        names: of the spaces that are asked for, by key.
    """
    within = {"spaces": sorted(names), "first": span.first_day, "last": span.last_day}
    found = [_month_of(row, names) for row in connection.execute(_MONTHS, within)]
    return sorted(found, key=lambda one: (one.space, one.month))


def _month_of(row: Any, names: Mapping[int, str]) -> MonthFacts:
    space_pk, month, *amounts = row
    own: dict[str, Any] = dict(zip(_OWN, amounts, strict=False))
    return MonthFacts(names[space_pk], Month.of(month), **own, sums=DeskSums(*amounts[len(_OWN) :]))


def _values(space_pk: int, month: MonthFacts) -> dict[str, Any]:
    own = {name: getattr(month, name) for name in _OWN}
    return {"space_pk": space_pk, "month": month.month.first_day, **own, **month.sums._asdict()}


_MONTHS: Final = select(
    SpaceMonthRow.space_pk,
    SpaceMonthRow.month,
    *(getattr(SpaceMonthRow, name) for name in (*_OWN, *DeskSums._fields)),
).where(
    SpaceMonthRow.space_pk.in_(bindparam("spaces", expanding=True)),
    SpaceMonthRow.month.between(bindparam("first"), bindparam("last")),
)
_DAYS: Final = select(SpaceDayRow.__table__).where(
    SpaceDayRow.space_pk == bindparam("space_pk"),
    SpaceDayRow.day.between(bindparam("first"), bindparam("last")),
)
_SENSED: Final = DeskDayRow.has_sensor
_DESK_SUMS: Final = (
    select(
        extract("year", DeskDayRow.day),
        extract("month", DeskDayRow.day),
        func.sum(DeskDayRow.bookings),
        func.sum(DeskDayRow.no_shows),
        func.sum(DeskDayRow.booked_us),
        func.sum(DeskDayRow.staffed_offered_us),
        func.sum(case((_SENSED, 1), else_=0)),
        func.sum(
            case(
                (_SENSED & ((DeskDayRow.staffed_occupied_us > 0) | (DeskDayRow.access_occupied_us > 0)), 1),
                else_=0,
            )
        ),
        *(
            func.sum(case((_SENSED, getattr(DeskDayRow, f"{part}_{what}_us")), else_=0))
            for part in ("staffed", "access", "noon")
            for what in ("offered", "occupied", "unknown")
        ),
    )
    .join(SpaceDayRow, (SpaceDayRow.space_pk == DeskDayRow.space_pk) & (SpaceDayRow.day == DeskDayRow.day))
    .where(
        DeskDayRow.space_pk == bindparam("space_pk"),
        DeskDayRow.day.between(bindparam("first"), bindparam("last")),
        SpaceDayRow.counts,
    )
    .group_by(extract("year", DeskDayRow.day), extract("month", DeskDayRow.day))
)
"""Columns as in `DeskSums`."""
