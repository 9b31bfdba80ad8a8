"""Sums of facts by space and month, made of the days that are there."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SENSED = [
    f"{part}_{what}_us"
    for part in ("staffed", "access", "noon")
    for what in ("offered", "occupied", "unknown")
]
_AMOUNTS = {
    **dict.fromkeys(("present", "counted", "sealed", "desks", "sensed_desks", "open_days"), sa.Integer()),
    **dict.fromkeys(("open_us", "access_us"), sa.BigInteger()),
    **dict.fromkeys(("visits", "events", "peak_desks", "peak_of", "bookings", "no_shows"), sa.Integer()),
    **dict.fromkeys(("booked_us", "offered_us"), sa.BigInteger()),
    **dict.fromkeys(("sensor_days", "desk_days"), sa.Integer()),
    **dict.fromkeys(_SENSED, sa.BigInteger()),
}
_SPACE_DAY = sa.table(
    "space_day",
    sa.column("space_pk", KEY),
    sa.column("day", sa.Date()),
    sa.column("counts", sa.Boolean()),
    sa.column("is_sealed", sa.Boolean()),
    *(
        sa.column(name, sa.BigInteger())
        for name in ("staffed_us", "access_us", "desks", "sensed_desks", "peak_desks", "visits", "events")
    ),
)
_DESK_DAY = sa.table(
    "desk_day",
    sa.column("space_pk", KEY),
    sa.column("day", sa.Date()),
    sa.column("has_sensor", sa.Boolean()),
    *(sa.column(name, sa.BigInteger()) for name in ("bookings", "no_shows", "booked_us", *_SENSED)),
)


def upgrade() -> None:
    """Apply this step."""
    months = op.create_table(
        "space_month",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in _AMOUNTS.items()),
        sa.CheckConstraint("present > 0 AND counted >= 0 AND sealed >= 0", name=op.f("ck_space_month_days")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_space_month_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "month", name=op.f("pk_space_month")),
        sqlite_with_rowid=False,
    )
    rows = list(_made(op.get_bind()).values())
    if rows:
        op.bulk_insert(months, rows)


def _made(connection: sa.Connection) -> dict[tuple[int, Any], dict[str, Any]]:
    """Return what the days add up to: as `hub.domain.statistics.month_facts` did when this step was written."""
    found: dict[tuple[int, Any], dict[str, Any]] = defaultdict(lambda: dict.fromkeys(_AMOUNTS, 0))
    for row in connection.execute(sa.select(_SPACE_DAY).order_by(_SPACE_DAY.c.day)):
        month = row.day.replace(day=1)
        one, bit = found[row.space_pk, month], 1 << (row.day.day - 1)
        one |= {"space_pk": row.space_pk, "month": month}
        one["present"] |= bit
        one["sealed"] |= bit * row.is_sealed
        if not row.counts:
            continue
        one["counted"] |= bit
        # Days rise: the last one stays.
        one["desks"], one["sensed_desks"] = row.desks, row.sensed_desks
        one["open_days"] += row.staffed_us > 0
        one["open_us"] += row.staffed_us
        one["access_us"] += row.access_us
        one["visits"] += row.visits
        one["events"] += row.events
        if _is_higher((row.peak_desks, row.sensed_desks), (one["peak_desks"], one["peak_of"])):
            one["peak_desks"], one["peak_of"] = row.peak_desks, row.sensed_desks
    for desks in connection.execute(_of_desks()).mappings():
        one = found[desks["space_pk"], desks["day"].replace(day=1)]
        for name in ("bookings", "no_shows", "booked_us", "offered_us", "sensor_days", "desk_days", *_SENSED):
            one[name] += int(desks[name])
    return found


def _of_desks() -> Any:
    """Return the question for the sums over the desks of each day that counts."""
    desk = _DESK_DAY.c
    was_used = desk.has_sensor & ((desk.staffed_occupied_us > 0) | (desk.access_occupied_us > 0))
    return (
        sa.select(
            desk.space_pk,
            desk.day,
            *(sa.func.sum(desk[name]).label(name) for name in ("bookings", "no_shows", "booked_us")),
            sa.func.sum(desk.staffed_offered_us).label("offered_us"),
            sa.func.sum(sa.case((desk.has_sensor, 1), else_=0)).label("sensor_days"),
            sa.func.sum(sa.case((was_used, 1), else_=0)).label("desk_days"),
            *(sa.func.sum(sa.case((desk.has_sensor, desk[name]), else_=0)).label(name) for name in _SENSED),
        )
        .join(_SPACE_DAY, (_SPACE_DAY.c.space_pk == desk.space_pk) & (_SPACE_DAY.c.day == desk.day))
        .where(_SPACE_DAY.c.counts)
        .group_by(desk.space_pk, desk.day)
    )


def _is_higher(share: tuple[int, int], than: tuple[int, int]) -> bool:
    if not (share[1] and than[1]):
        return bool(share[1]) or not than[1]
    left, right = share[0] * than[1], than[0] * share[1]
    return left > right or (left == right and share > than)


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("space_month")
