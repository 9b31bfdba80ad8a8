"""What the pages read (`hub.ports.LiveQueries`): each call one look, with a constant number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, literal, select
from sqlalchemy.orm import Session

from hub.domain.occupancy import (
    Counts,
    DeskFact,
    DeviceFact,
    DeviceStatus,
    Reserved,
    SpaceLive,
    count,
    desk_view,
)
from hub.domain.space import Space, Town
from hub.domain.time import Interval
from hub.storage.booking_reads import last_before
from hub.storage.booking_tables import ClaimRow
from hub.storage.event_tables import DeskLiveRow, PublishedCountRow
from hub.storage.schema import missing
from hub.storage.site_rows import load_space, load_towns
from hub.storage.statements import together
from hub.storage.tables import DeskRow, DeviceRow, DeviceStateRow, SpaceRow
from hub.storage.unit_of_work import UnitFactory

PUBLISHED_FRESH_US: Final = 600_000_000
"""A published count older than ten minutes is no count of now."""

RESERVED_AHEAD_US: Final = 86_400_000_000
"""Pages say of today when desks are taken."""


class SqlLiveQueries:
    """The pages' look at the database.

    Args:
        units: on the database; only reading ones are used.
    """

    def __init__(self, units: UnitFactory) -> None:
        self._units = units

    def towns(self) -> Sequence[Town]:
        """Return all towns with their spaces, by name as Germans sort them."""
        with self._units.reading() as unit:
            return load_towns(unit.session)

    def overview(self, now_us: int) -> Sequence[SpaceLive]:
        """Return every space's live view, in the order of `towns`."""
        with self._units.reading() as unit:
            towns = load_towns(unit.session)
            facts = _Facts(unit.session, now_us)
            return [facts.live(town, space) for town in towns for space in town.spaces]

    def space(self, space: str, now_us: int) -> SpaceLive | None:
        """Return one space's live view, or None when there is no such space in a town of the network."""
        with self._units.reading() as unit:
            found = load_space(unit.session, space)
            return None if found is None else _Facts(unit.session, now_us, space).live(*found)

    def host_link(self, space: str) -> str:
        """Return the secret of the space's host link.

        Raises:
            UnknownSpace: when there is no such space.
        """
        with self._units.reading() as unit:
            return unit.sites.host_secret(space)

    def ready(self) -> Sequence[str]:
        """Return what is wrong with the database; empty when nothing is."""
        return missing(self._units.engine)


class _Facts:
    """What is stored of desks, devices, published counts and claims, by space; one query.

    Args:
        only: id of the one space that is asked about, or None for all.
    """

    def __init__(self, session: Session, now_us: int, only: str | None = None) -> None:
        self._now_us = now_us
        self._desks: dict[str, dict[str, DeskFact]] = defaultdict(dict)
        self._devices: dict[str, dict[str, DeviceFact]] = defaultdict(dict)
        self._published: dict[str, tuple[Counts, int]] = {}
        self._reserved: dict[str, list[Reserved]] = defaultdict(list)
        moments = {"now_us": now_us, "start_us": now_us, "until_us": now_us + RESERVED_AHEAD_US}
        rows = session.execute(_ALL if only is None else _OF_SPACE, moments | {"space": only})
        # Sorted here: rows of several kinds have no order in common that an index could give.
        for row in sorted(rows, key=_place):
            if row.what == "device":
                fact = DeviceFact(row.id, row.status or DeviceStatus.NEVER, row.heard_us or 0, row.name)
                self._devices[row.space][row.id] = fact
            elif row.what == "published":
                counts = Counts(row.free, row.occupied, row.unknown, row.out_of_service)
                self._published[row.space] = counts, row.position
            else:
                if row.state is not None:
                    self._desks[row.space][row.id] = DeskFact(row.id, row.state, row.reason, row.since_us)
                if row.start_us is not None:
                    self._reserved[row.space].append(Reserved(row.id, Interval(row.start_us, row.end_us)))

    def live(self, town: Town, space: Space) -> SpaceLive:
        """Return a space's live view."""
        desks, devices = self._desks[space.id], self._devices[space.id]
        views = tuple(
            desk_view(desk, desks.get(desk.id), devices.get(desk.device), self._now_us)
            for desk in space.desks
        )
        return SpaceLive(
            town=town,
            space=space,
            now_us=self._now_us,
            desks=views,
            counts=count(views),
            devices=tuple(devices.values()),
            changed_us=max((view.since_us for view in views if view.since_us is not None), default=None),
            published=self._published.get(space.id),
            reserved=tuple(self._reserved[space.id]),
        )


def _place(row: Row[Any]) -> tuple[int, str, int]:
    return row.position, row.id or "", row.start_us or 0


_FACTS: Final = (
    # A desk comes once for each of its claims.
    select(
        literal("desk").label("what"),
        SpaceRow.id.label("space"),
        DeskRow.id,
        DeskRow.position,
        DeskLiveRow.state,
        DeskLiveRow.reason,
        DeskLiveRow.since_us,
        ClaimRow.start_us,
        ClaimRow.end_us,
    )
    .join(DeskRow, DeskRow.space_pk == SpaceRow.pk)
    # A desk that was given to another device has a row of the old one, too, which no longer counts.
    .outerjoin(
        DeskLiveRow, (DeskLiveRow.desk_pk == DeskRow.pk) & (DeskLiveRow.device_pk == DeskRow.device_pk)
    )
    .outerjoin(
        ClaimRow,
        (ClaimRow.desk_pk == DeskRow.pk)
        & ClaimRow.is_active
        & (ClaimRow.start_us >= last_before())
        & (ClaimRow.start_us < bindparam("until_us"))
        & (ClaimRow.end_us > bindparam("start_us")),
    ),
    select(
        literal("device").label("what"),
        SpaceRow.id.label("space"),
        DeviceRow.id,
        DeviceRow.position,
        DeviceRow.name,
        DeviceStateRow.status,
        DeviceStateRow.heard_us,
    )
    .join(DeviceRow, DeviceRow.space_pk == SpaceRow.pk)
    .outerjoin(DeviceStateRow, DeviceStateRow.device_pk == DeviceRow.pk)
    .where(DeviceRow.retired_us.is_(None)),
    select(
        literal("published").label("what"),
        SpaceRow.id.label("space"),
        PublishedCountRow.at_us.label("position"),
        PublishedCountRow.free,
        PublishedCountRow.occupied,
        PublishedCountRow.unknown,
        PublishedCountRow.out_of_service,
    )
    .join(PublishedCountRow, PublishedCountRow.space_pk == SpaceRow.pk)
    .where(
        PublishedCountRow.at_us > bindparam("now_us") - PUBLISHED_FRESH_US,
        PublishedCountRow.at_us <= bindparam("now_us"),
    ),
)
"""Desks with their claims, devices, and fresh counts."""
# Made once: to put such a statement together takes longer than to ask it.
_ALL: Final = together(*_FACTS)
_OF_SPACE: Final = together(*(query.where(SpaceRow.id == bindparam("space")) for query in _FACTS))
