"""Towns and spaces from rows, in a constant number of queries however many desks there are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import time
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from hub.domain.collation import german_key
from hub.domain.space import (
    Desk,
    Device,
    Door,
    OpeningPeriod,
    Period,
    Space,
    SpaceAccess,
    SpaceBookings,
    Town,
    Zone,
)
from hub.storage.access_tables import SpaceAccessRow
from hub.storage.booking_tables import SpaceBookingsRow
from hub.storage.statements import together
from hub.storage.tables import (
    ClosingDayRow,
    DeskRow,
    DeviceRow,
    DoorRow,
    OpeningPeriodRow,
    SpacePeriodRow,
    SpaceRow,
    StandingRow,
    TownNeighbourRow,
    TownRow,
    ZoneRow,
)

MINUTES_OF_HOUR: Final = 60


_TownAndSpace = Row[TownRow, SpaceRow | None, SpaceAccessRow | None, SpaceBookingsRow | None]


def load_towns(session: Session, only: int | None = None) -> list[Town]:
    """Return towns that are not retired with all their spaces, both by name as Germans sort them; two queries.

    Args:
        only: key of the one town that is wanted, or None for all.
    """
    if only is None:
        return _read(session.execute(_TOWNS).all(), _Parts(session))
    rows = session.execute(_TOWN, {"town": only}).all()
    return _read(rows, _Parts(session, only)) if rows else []


def load_space(session: Session, space: str) -> tuple[Town, Space] | None:
    """Return a space and its town; None when there is none of this id, or its town is retired. Two queries."""
    # Of an id that can't be one the database is not asked: PostgreSQL takes no text with a NUL in it.
    rows = session.execute(_TOWN_OF_SPACE, {"space": space}).all() if space.isprintable() else []
    if not rows:
        return None
    (town,) = _read(rows, _Parts(session, rows[0][0].pk))
    return town, next(one for one in town.spaces if one.id == space)


def _read(rows: Sequence[_TownAndSpace], parts: "_Parts") -> list[Town]:
    found: dict[int, tuple[TownRow, list[Space]]] = {}
    for town, row, access, bookings in rows:
        spaces = found.setdefault(town.pk, (town, []))[1]
        if row is not None:
            spaces.append(parts.space(row, town.id, access, bookings))
    made = [_town(town, parts.neighbours(town.pk), spaces) for town, spaces in found.values()]
    return sorted(made, key=lambda town: german_key(town.name))


class _Parts:
    """What stands in some spaces, when they open, and the neighbours of their towns; one query.

    Args:
        only: key of the one town that is wanted, or None for all.
    """

    def __init__(self, session: Session, only: int | None = None) -> None:
        self._rows: dict[tuple[str, int], list[Row[Any]]] = defaultdict(list)
        rows = session.execute(_PARTS) if only is None else session.execute(_PARTS_OF_TOWN, {"town": only})
        for row in rows.all():
            self._rows[row.what, row.of_pk].append(row)

    def neighbours(self, town_pk: int) -> list[str]:
        """Return the ids of the towns that one points to, in their order."""
        return [row.id for row in self._placed("neighbour", town_pk)]

    def _placed(self, what: str, of_pk: int) -> list[Row[Any]]:
        # Of two with the same place, as when a file leaves one out, the older one comes first.
        return sorted(self._rows.get((what, of_pk), ()), key=lambda row: (int(row.position), row.pk or 0))

    def space(
        self, row: SpaceRow, town: str, access: SpaceAccessRow | None, bookings: SpaceBookingsRow | None
    ) -> Space:
        """Return a space."""
        zone_rows, device_rows = self._placed("zone", row.pk), self._placed("device", row.pk)
        zones, devices = _by_key(zone_rows), _by_key(device_rows)
        opening = sorted(
            (period.weekday, period.opens_min, period.closes_min)
            for period in self._rows.get(("opening", row.pk), ())
        )
        return Space(
            id=row.id,
            town=town,
            name=row.name,
            kind=row.kind,
            phase=row.phase,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            time_zone=row.time_zone,
            address=row.address,
            controller=row.controller,
            granularity=row.granularity,
            public_detail=row.public_detail,
            public_detail_reason=row.public_detail_reason,
            plan_width=row.plan_width,
            plan_depth=row.plan_depth,
            opening=tuple(
                OpeningPeriod(weekday, _wall(opens_min), _wall(closes_min))
                for weekday, opens_min, closes_min in opening
            ),
            closed_on=tuple(sorted(closed.day for closed in self._rows.get(("closed", row.pk), ()))),
            zones=tuple(Zone(zone.id, zone.name) for zone in zone_rows),
            devices=tuple(Device(device.id, device.name) for device in device_rows),
            desks=tuple(_desk(desk, zones, devices) for desk in self._placed("desk", row.pk)),
            doors=tuple(
                Door(door.id, door.name, devices.get(door.device_pk, ""))
                for door in self._placed("door", row.pk)
            ),
            access=None if access is None else _access(access),
            bookings=None if bookings is None else bookings_of(bookings),
            periods=tuple(
                Period(one.starts_on, one.kind, one.address, one.done_us)
                for one in sorted(self._rows.get(("period", row.pk), ()), key=lambda one: one.starts_on)
            ),
        )


def bookings_of(row: SpaceBookingsRow) -> SpaceBookings:
    """Return what a space has decided about bookings."""
    names = [field.name for field in fields(SpaceBookings) if field.name != "half_day_at"]
    return SpaceBookings(half_day_at=_wall(row.half_day_min), **{name: getattr(row, name) for name in names})


def _access(row: SpaceAccessRow) -> SpaceAccess:
    return SpaceAccess(**{field.name: getattr(row, field.name) for field in fields(SpaceAccess)})


def _desk(row: Row[Any], zones: dict[int | None, str], devices: dict[int | None, str]) -> Desk:
    return Desk(
        id=row.id,
        name=row.name,
        zone=zones.get(row.zone_pk, ""),
        x=row.x,
        y=row.y,
        width=row.width,
        depth=row.depth,
        angle=row.angle,
        sensor=row.sensor,
        device=devices.get(row.device_pk, ""),
        in_service=row.in_service,
    )


def _town(row: TownRow, neighbours: Sequence[str], spaces: Sequence[Space]) -> Town:
    return Town(
        id=row.id,
        ags=row.ags,
        name=row.name,
        land=row.land,
        catholic=row.catholic,
        inhabitants=row.inhabitants,
        inhabitants_on=row.inhabitants_on,
        neighbours=tuple(neighbours),
        note_de=row.note_de,
        note_en=row.note_en,
        spaces=tuple(sorted(spaces, key=lambda space: german_key(space.name))),
    )


def _by_key(rows: Iterable[Any]) -> dict[int | None, str]:
    return {row.pk: row.id for row in rows}


def _wall(minutes: int) -> time:
    # 24:00 has no `time`: the end of the day is written 00:00.
    hours, rest = divmod(minutes, MINUTES_OF_HOUR)
    return time(hours % 24, rest)


_TOWNS: Final = (
    select(TownRow, SpaceRow, SpaceAccessRow, SpaceBookingsRow)
    .outerjoin(SpaceRow, SpaceRow.town_pk == TownRow.pk)
    .outerjoin(SpaceAccessRow, SpaceAccessRow.space_pk == SpaceRow.pk)
    .outerjoin(SpaceBookingsRow, SpaceBookingsRow.space_pk == SpaceRow.pk)
    .where(TownRow.retired_us.is_(None))
)

_TOWN: Final = _TOWNS.where(TownRow.pk == bindparam("town"))
_TOWN_OF_SPACE: Final = _TOWNS.where(
    TownRow.pk == select(SpaceRow.town_pk).where(SpaceRow.id == bindparam("space")).scalar_subquery()
)


def _standing(
    what: str, table: type[StandingRow], *more: InstrumentedAttribute[Any]
) -> Select[*tuple[Any, ...]]:
    of_all = (table.pk, table.id, table.position, table.name)
    return select(literal(what).label("what"), table.space_pk.label("of_pk"), *of_all, *more).where(
        table.retired_us.is_(None)
    )


_OF_SPACE: Final[tuple[tuple[InstrumentedAttribute[int], Select[*tuple[Any, ...]]], ...]] = (
    (ZoneRow.space_pk, _standing("zone", ZoneRow)),
    (DeviceRow.space_pk, _standing("device", DeviceRow)),
    (
        DeskRow.space_pk,
        _standing(
            "desk", DeskRow, DeskRow.zone_pk, DeskRow.device_pk, DeskRow.sensor, DeskRow.x, DeskRow.y,
            DeskRow.width, DeskRow.depth, DeskRow.angle, DeskRow.in_service,
        ),
    ),
    (DoorRow.space_pk, _standing("door", DoorRow, DoorRow.device_pk)),
    (
        OpeningPeriodRow.space_pk,
        select(
            literal("opening").label("what"), OpeningPeriodRow.space_pk.label("of_pk"),
            OpeningPeriodRow.weekday, OpeningPeriodRow.opens_min, OpeningPeriodRow.closes_min,
        ),
    ),
    (
        ClosingDayRow.space_pk,
        select(literal("closed").label("what"), ClosingDayRow.space_pk.label("of_pk"), ClosingDayRow.day),
    ),
    (
        SpacePeriodRow.space_pk,
        select(
            literal("period").label("what"), SpacePeriodRow.space_pk.label("of_pk"), SpacePeriodRow.starts_on,
            SpacePeriodRow.kind, SpacePeriodRow.address, SpacePeriodRow.done_us,
        ),
    ),
)  # fmt: skip
"""The key of the space, and the rows, of each kind of thing that a space has."""

_Neighbour = aliased(TownRow)
_NEIGHBOURS: Final = (
    select(
        literal("neighbour").label("what"),
        TownNeighbourRow.town_pk.label("of_pk"),
        _Neighbour.id,
        TownNeighbourRow.position,
    )
    .join(_Neighbour, _Neighbour.pk == TownNeighbourRow.neighbour_pk)
    .where(_Neighbour.retired_us.is_(None))
)
# Made once: to put such a statement together takes longer than to ask it.
_PARTS: Final = together(*(query for _, query in _OF_SPACE), _NEIGHBOURS)
_SPACES_OF_TOWN: Final = select(SpaceRow.pk).where(SpaceRow.town_pk == bindparam("town"))
_PARTS_OF_TOWN: Final = together(
    *(query.where(key.in_(_SPACES_OF_TOWN)) for key, query in _OF_SPACE),
    _NEIGHBOURS.where(TownNeighbourRow.town_pk == bindparam("town")),
)
