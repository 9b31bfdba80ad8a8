"""Writes towns and spaces; see `hub.ports.SiteStore` for what each call promises."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import time, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub.domain.errors import InvalidSite, UnknownSpace
from hub.domain.site_changes import Edition
from hub.domain.space import OpeningPeriod, PeriodKind, Space, Town
from hub.domain.time import local_date
from hub.storage.access_tables import SpaceAccessRow
from hub.storage.booking_tables import SpaceBookingsRow
from hub.storage.site_rows import load_towns
from hub.storage.tables import (
    MINUTES_OF_DAY,
    ClosingDayRow,
    DeskRow,
    DeviceRow,
    DoorRow,
    OpeningPeriodRow,
    SpaceEditionRow,
    SpacePeriodRow,
    SpaceRow,
    StandingRow,
    TownNeighbourRow,
    TownRow,
    ZoneRow,
)
from hub.storage.wanted_lists import want_lists

SECRET_BYTES: Final = 32

_PART_ROWS: Final[dict[str, type[StandingRow]]] = {
    "zone": ZoneRow,
    "device": DeviceRow,
    "desk": DeskRow,
    "door": DoorRow,
}


class SqlSiteStore:
    """Towns, spaces and what stands in them.

    Args:
        session: of the unit of work; this store commits nothing.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def towns(self) -> Sequence[Town]:
        """Return every town that is not retired, with its spaces, ended ones included."""
        return load_towns(self._session)

    def save(self, town: Town) -> None:
        """Make a town with all its spaces, but not its neighbours, be as given.

        Raises:
            InvalidSite: when another town, retired ones included, has its AGS.
        """
        twin = self._session.scalar(select(TownRow).where(TownRow.ags == town.ags, TownRow.id != town.id))
        if twin is not None:
            raise InvalidSite(
                f'town "{town.id}": its ags {town.ags} is that of town "{twin.id}", which is stored'
                + (" and retired" if twin.retired_us is not None else "")
                + f': correct the ags, or keep the id "{twin.id}", which never changes'
            )
        row = self._session.scalar(select(TownRow).where(TownRow.id == town.id)) or TownRow(id=town.id)
        _assign(
            row,
            town,
            ("ags", "name", "land", "catholic", "inhabitants", "inhabitants_on", "note_de", "note_en"),
        )
        row.retired_us = None
        self._session.add(row)
        self._session.flush()
        for space in town.spaces:
            self._save_space(row.pk, space)

    def save_neighbours(self, town: str, neighbours: Sequence[str]) -> None:
        """Say which towns a town points to, in this order and no others."""
        keys: dict[str, int] = {row.id: row.pk for row in self._session.scalars(select(TownRow))}
        self._session.execute(delete(TownNeighbourRow).where(TownNeighbourRow.town_pk == keys[town]))
        self._session.add_all(
            TownNeighbourRow(town_pk=keys[town], neighbour_pk=keys[neighbour], position=position)
            for position, neighbour in enumerate(neighbours)
        )
        self._session.flush()

    def retire(self, what: str, path: tuple[str, ...], now_us: int) -> None:
        """Take a thing out of use and keep its history."""
        if what == "town":
            row = self._session.scalars(select(TownRow).where(TownRow.id == path[0])).one()
            row.retired_us = now_us
        elif what == "space":
            space = self._space(path[0])
            yesterday = local_date(now_us, space.time_zone) - timedelta(days=1)
            # A space that had not begun yet is over after its first day.
            space.valid_to = max(yesterday, space.valid_from)
            self._end_life(space, now_us)
        else:
            table = _PART_ROWS[what]
            space = self._space(path[0])
            part = self._session.scalars(
                select(table).where(table.space_pk == space.pk, table.id == path[1])
            ).one()
            part.retired_us = now_us
        self._session.flush()

    def _end_life(self, space: SpaceRow, now_us: int) -> None:
        """Have periods that were decided agree with the last day."""
        decided = select(SpacePeriodRow).where(SpacePeriodRow.space_pk == space.pk)
        rows = self._session.scalars(decided).all()
        assert space.valid_to is not None
        end = space.valid_to + timedelta(days=1)
        if not rows or any(row.kind is PeriodKind.CLOSED and row.starts_on <= end for row in rows):
            return
        for row in rows:
            if row.starts_on >= end:
                self._session.delete(row)
        self._session.flush()
        self._session.add(
            SpacePeriodRow(
                space_pk=space.pk, starts_on=end, kind=PeriodKind.CLOSED, address="", decided_us=now_us
            )
        )

    def editions(self) -> Mapping[str, Edition]:
        """Return how often each space was changed, by id."""
        query = select(SpaceRow.id, SpaceEditionRow.version, SpaceEditionRow.edited).join(
            SpaceEditionRow, SpaceEditionRow.space_pk == SpaceRow.pk
        )
        return {space: Edition(version, edited) for space, version, edited in self._session.execute(query)}

    def note_change(self, space: str, *, is_edit: bool, is_told: bool = False) -> None:
        """Count a change of a space."""
        space_pk = self._space(space).pk
        row = self._session.get(SpaceEditionRow, space_pk)
        if row is None:
            row = SpaceEditionRow(space_pk=space_pk, version=0, edited=0)
        row.version += 1
        if is_edit:
            row.edited = row.version
        elif is_told:
            row.edited = 0
        self._session.add(row)
        self._session.flush()

    def save_space(self, space: Space) -> None:
        """Make one space be as given, as `save` does with all those of a town."""
        self._save_space(self._space(space.id).town_pk, space)

    def host_secret(self, space: str) -> str:
        """Return the secret of a space's host link.

        Raises:
            UnknownSpace: when there is no such space.
        """
        return self._space(space).host_secret

    def renew_host_secret(self, space: str) -> str:
        """Give a space's host link a new secret and return it."""
        row = self._space(space)
        row.host_secret = secrets.token_urlsafe(SECRET_BYTES)
        self._session.flush()
        return row.host_secret

    def _space(self, space: str) -> SpaceRow:
        row = self._session.scalar(select(SpaceRow).where(SpaceRow.id == space))
        if row is None:
            known = (
                ", ".join(sorted(self._session.scalars(select(SpaceRow.id))))
                or "none yet: import a site file"
            )
            raise UnknownSpace(f'there is no space "{space}"; known are {known}')
        return row

    def _save_space(self, town_pk: int, space: Space) -> None:
        row = self._session.scalar(select(SpaceRow).where(SpaceRow.id == space.id))
        is_decided = row is not None and self._is_life_decided(row.pk)
        if row is None:
            row = SpaceRow(id=space.id, host_secret=secrets.token_urlsafe(SECRET_BYTES))
        _assign(row, space, (
            "name", "kind", "phase", "time_zone", "address", "controller", "granularity", "public_detail",
            "public_detail_reason", "plan_width", "plan_depth",
        ))  # fmt: skip
        if not is_decided:
            _assign(row, space, ("valid_from", "valid_to"))
        row.town_pk = town_pk
        self._session.add(row)
        self._session.flush()
        self._save_hours(row.pk, space)
        self._save_access(row.pk, space)
        self._save_bookings(row.pk, space)
        zones = self._save_parts(ZoneRow, row.pk, space.zones, ("name",))
        devices = self._save_parts(DeviceRow, row.pk, space.devices, ("name",))
        self._save_parts(
            DeskRow, row.pk, space.desks,
            ("name", "sensor", "x", "y", "width", "depth", "angle", "in_service"),
            {desk.id: {"zone_pk": zones.get(desk.zone), "device_pk": devices.get(desk.device)} for desk in space.desks},
        )  # fmt: skip
        self._save_parts(
            DoorRow,
            row.pk,
            space.doors,
            ("name",),
            {d.id: {"device_pk": devices.get(d.device)} for d in space.doors},
        )
        # Opening hours and doors are in the lists; one that says the same as before is not published again.
        want_lists(self._session.connection(), row.pk)

    def _is_life_decided(self, space_pk: int) -> bool:
        """Say whether first and last day of a space were decided in the hub, so that no site file changes them."""
        decided = select(SpacePeriodRow.starts_on).where(SpacePeriodRow.space_pk == space_pk).limit(1)
        return self._session.scalar(decided) is not None

    def _save_access(self, space_pk: int, space: Space) -> None:
        """Write what a space has decided about its doors; where nothing is said, what is stored stays."""
        if space.access is not None:
            row = self._session.get(SpaceAccessRow, space_pk) or SpaceAccessRow(space_pk=space_pk)
            _assign(row, space.access, [field.name for field in fields(space.access)])
            self._session.add(row)
            self._session.flush()

    def _save_bookings(self, space_pk: int, space: Space) -> None:
        """Write what a space has decided about bookings; where nothing is said, what is stored stays."""
        rules = space.bookings
        if rules is not None:
            row = self._session.get(SpaceBookingsRow, space_pk) or SpaceBookingsRow(space_pk=space_pk)
            _assign(row, rules, [field.name for field in fields(rules) if field.name != "half_day_at"])
            row.half_day_min = _minutes(rules.half_day_at)
            self._session.add(row)
            self._session.flush()

    def _save_hours(self, space_pk: int, space: Space) -> None:
        for table in (OpeningPeriodRow, ClosingDayRow):
            self._session.execute(delete(table).where(table.space_pk == space_pk))
        self._session.add_all(_period(space_pk, period) for period in space.opening)
        self._session.add_all(ClosingDayRow(space_pk=space_pk, day=day) for day in space.closed_on)
        self._session.flush()

    def _save_parts(
        self,
        table: type[StandingRow],
        space_pk: int,
        parts: Sequence[Any],
        names: Sequence[str],
        links: Mapping[str, Mapping[str, int | None]] | None = None,
    ) -> dict[str, int]:
        """Save things of one kind; return the key of each by its id."""
        rows: dict[str, Any] = {
            row.id: row for row in self._session.scalars(select(table).where(table.space_pk == space_pk))
        }
        for position, part in enumerate(parts):
            row = rows.setdefault(part.id, table(id=part.id, space_pk=space_pk))
            _assign(row, part, names)
            row.position, row.retired_us = position, None
            for name, key in (links or {}).get(part.id, {}).items():
                setattr(row, name, key)
            self._session.add(row)
        self._session.flush()
        return {id_: row.pk for id_, row in rows.items()}


def _assign(row: object, thing: object, names: Sequence[str]) -> None:
    for name in names:
        setattr(row, name, getattr(thing, name))


def _period(space_pk: int, period: OpeningPeriod) -> OpeningPeriodRow:
    closes_min = _minutes(period.closes) or MINUTES_OF_DAY
    return OpeningPeriodRow(
        space_pk=space_pk, weekday=period.weekday, opens_min=_minutes(period.opens), closes_min=closes_min
    )


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute
