"""Towns and spaces from rows, in a constant number of queries however many desks there are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import time
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from hub.domain.collation import german_key
from hub.domain.space import Desk, Device, Door, OpeningPeriod, Space, SpaceAccess, SpaceBookings, Town, Zone
from hub.storage.access_tables import SpaceAccessRow
from hub.storage.booking_tables import SpaceBookingsRow
from hub.storage.tables import (
    ClosingDayRow,
    DeskRow,
    DeviceRow,
    DoorRow,
    OpeningPeriodRow,
    SpaceRow,
    StandingRow,
    TownNeighbourRow,
    TownRow,
    ZoneRow,
)

InSpace = TypeVar("InSpace", bound=StandingRow | OpeningPeriodRow | ClosingDayRow)
Standing = TypeVar("Standing", bound=StandingRow)
MINUTES_OF_HOUR = 60


def load_towns(session: Session, only: int | None = None) -> list[Town]:
    """Return towns that are not retired with all their spaces, both by name as Germans sort them; nine queries.

    Args:
        only: key of the one town that is wanted, or None for all.
    """
    towns = select(TownRow).where(TownRow.retired_us.is_(None))
    spaces = (
        select(SpaceRow, SpaceAccessRow, SpaceBookingsRow)
        .outerjoin(SpaceAccessRow, SpaceAccessRow.space_pk == SpaceRow.pk)
        .outerjoin(SpaceBookingsRow, SpaceBookingsRow.space_pk == SpaceRow.pk)
    )
    if only is not None:
        towns, spaces = towns.where(TownRow.pk == only), spaces.where(SpaceRow.town_pk == only)
    town_rows = session.scalars(towns).all()
    space_rows = session.execute(spaces).all()
    neighbours = _neighbours(session, only)
    parts = _Parts(session, [row.pk for row, _, _ in space_rows])
    in_town: dict[int, list[Space]] = defaultdict(list)
    ids = {town.pk: town.id for town in town_rows}
    for row, access, bookings in space_rows:
        if row.town_pk in ids:
            in_town[row.town_pk].append(parts.space(row, ids[row.town_pk], access, bookings))
    found = [_town(town, neighbours[town.pk], in_town[town.pk]) for town in town_rows]
    return sorted(found, key=lambda town: german_key(town.name))


def _neighbours(session: Session, only: int | None) -> dict[int, list[str]]:
    links = (
        select(TownNeighbourRow.town_pk, TownRow.id)
        .join(TownRow, TownRow.pk == TownNeighbourRow.neighbour_pk)
        .where(TownRow.retired_us.is_(None))
        .order_by(TownNeighbourRow.position)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for town_pk, neighbour in session.execute(
        links if only is None else links.where(TownNeighbourRow.town_pk == only)
    ):
        found[town_pk].append(neighbour)
    return found


class _Parts:
    """What stands in some spaces, by space."""

    def __init__(self, session: Session, space_pks: Sequence[int]) -> None:
        self._session, self._space_pks = session, space_pks
        self._zones = self._standing(ZoneRow)
        self._devices = self._standing(DeviceRow)
        self._desks = self._standing(DeskRow)
        self._doors = self._standing(DoorRow)
        self._opening = self._rows(OpeningPeriodRow, OpeningPeriodRow.weekday, OpeningPeriodRow.opens_min)
        self._closed = self._rows(ClosingDayRow, ClosingDayRow.day)

    def _standing(self, table: type[Standing]) -> dict[int, list[Standing]]:
        found = self._rows(table, table.position)
        return defaultdict(
            list, {pk: [row for row in rows if row.retired_us is None] for pk, rows in found.items()}
        )

    def _rows(self, table: type[InSpace], *order: InstrumentedAttribute[Any]) -> dict[int, list[InSpace]]:
        query = select(table).where(table.space_pk.in_(self._space_pks)).order_by(*order)
        found: dict[int, list[InSpace]] = defaultdict(list)
        for row in self._session.scalars(query):
            found[row.space_pk].append(row)
        return found

    def space(
        self, row: SpaceRow, town: str, access: SpaceAccessRow | None, bookings: SpaceBookingsRow | None
    ) -> Space:
        zones, devices = _by_key(self._zones[row.pk]), _by_key(self._devices[row.pk])
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
                OpeningPeriod(period.weekday, _wall(period.opens_min), _wall(period.closes_min))
                for period in self._opening[row.pk]
            ),
            closed_on=tuple(closed.day for closed in self._closed[row.pk]),
            zones=tuple(Zone(zone.id, zone.name) for zone in self._zones[row.pk]),
            devices=tuple(Device(device.id, device.name) for device in self._devices[row.pk]),
            desks=tuple(_desk(desk, zones, devices) for desk in self._desks[row.pk]),
            doors=tuple(
                Door(door.id, door.name, devices.get(door.device_pk, "")) for door in self._doors[row.pk]
            ),
            access=None if access is None else _access(access),
            bookings=None if bookings is None else bookings_of(bookings),
        )


def bookings_of(row: SpaceBookingsRow) -> SpaceBookings:
    """Return what a space has decided about bookings."""
    names = [field.name for field in fields(SpaceBookings) if field.name != "half_day_at"]
    return SpaceBookings(half_day_at=_wall(row.half_day_min), **{name: getattr(row, name) for name in names})


def _access(row: SpaceAccessRow) -> SpaceAccess:
    return SpaceAccess(**{field.name: getattr(row, field.name) for field in fields(SpaceAccess)})


def _desk(row: DeskRow, zones: dict[int | None, str], devices: dict[int | None, str]) -> Desk:
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
