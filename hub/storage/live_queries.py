"""What the pages read (`hub.ports.LiveQueries`): each call one look, with a constant number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select, true
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
from hub.storage.site_rows import load_towns
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
            town_pk = unit.session.scalar(select(SpaceRow.town_pk).where(SpaceRow.id == space))
            if town_pk is None:
                return None
            for town in load_towns(unit.session, town_pk):
                facts = _Facts(unit.session, now_us, space)
                return next(facts.live(town, one) for one in town.spaces if one.id == space)
            return None

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
    """What is stored of desks, devices, published counts and claims, by space: three queries.

    Args:
        only: id of the one space that is asked about, or None for all.
    """

    def __init__(self, session: Session, now_us: int, only: str | None = None) -> None:
        self._now_us = now_us
        wanted = true() if only is None else SpaceRow.id == only
        self._desks: dict[str, dict[str, DeskFact]] = defaultdict(dict)
        self._reserved: dict[str, list[Reserved]] = defaultdict(list)
        for space, desk, state, reason, since_us, start_us, end_us in session.execute(
            _DESKS.where(wanted), {"start_us": now_us, "until_us": now_us + RESERVED_AHEAD_US}
        ):
            if state is not None:
                self._desks[space][desk] = DeskFact(desk, state, reason, since_us)
            if start_us is not None:
                self._reserved[space].append(Reserved(desk, Interval(start_us, end_us)))
        self._devices: dict[str, dict[str, DeviceFact]] = defaultdict(dict)
        for space, device, name, status, heard_us in session.execute(
            select(SpaceRow.id, DeviceRow.id, DeviceRow.name, DeviceStateRow.status, DeviceStateRow.heard_us)
            .join(DeviceRow, DeviceRow.space_pk == SpaceRow.pk)
            .outerjoin(DeviceStateRow, DeviceStateRow.device_pk == DeviceRow.pk)
            .where(wanted, DeviceRow.retired_us.is_(None))
            .order_by(DeviceRow.position)
        ):
            fact = DeviceFact(device, status or DeviceStatus.NEVER, heard_us or 0, name)
            self._devices[space][device] = fact
        self._published: dict[str, tuple[Counts, int]] = {}
        for space, row in session.execute(
            select(SpaceRow.id, PublishedCountRow)
            .join(PublishedCountRow, PublishedCountRow.space_pk == SpaceRow.pk)
            .where(
                wanted,
                PublishedCountRow.at_us > now_us - PUBLISHED_FRESH_US,
                PublishedCountRow.at_us <= now_us,
            )
            .order_by(PublishedCountRow.at_us)
        ):
            self._published[space] = (
                Counts(row.free, row.occupied, row.unknown, row.out_of_service),
                row.at_us,
            )

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


# A desk comes once for each of its claims; together with the facts, it is one query less for each page.
_DESKS: Final = (
    select(
        SpaceRow.id,
        DeskRow.id,
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
    )
    .order_by(DeskRow.position, DeskRow.pk, ClaimRow.start_us)
)
