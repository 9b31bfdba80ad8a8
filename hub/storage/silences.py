"""What is heard at desks and doors, as far as the release of bookings needs it (`hub.domain.no_show`)."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, exists, select
from sqlalchemy.orm import aliased

from hub.domain.booking import Booking, BookingState
from hub.domain.doors import device_now
from hub.domain.no_show import Silence
from hub.domain.occupancy import DeskFact, DeviceFact, DeviceStatus, desk_view
from hub.domain.space import Desk
from hub.storage.booking_tables import BookingRow, ClaimRow
from hub.storage.device_facts import said
from hub.storage.event_tables import DeskLiveRow
from hub.storage.tables import DeskRow, DeviceRow, DeviceStateRow, DoorRow, SpaceRow


def silences(connection: Connection, bookings: Sequence[Booking], now_us: int) -> Mapping[str, Silence]:
    """Return by id what is heard for some bookings, which take one desk each; a constant number of queries."""
    if not bookings:
        return {}
    ids = [one.id for one in bookings]
    continued = set(connection.execute(_CONTINUED, {"ids": ids}).scalars())
    cards = _card_devices(connection, sorted({one.space for one in bookings}), now_us)
    found: dict[str, Silence] = {}
    for row in connection.execute(_DESKS, {"ids": ids}):
        desk = Desk(row.desk, row.name, sensor=row.sensor, device=row.device or "", in_service=row.in_service)
        fact = None if row.state is None else DeskFact(row.desk, row.state, row.reason, row.since_us)
        device = (
            None
            if row.device is None
            else DeviceFact(row.device, row.status or DeviceStatus.NEVER, row.heard_us or 0)
        )
        view = desk_view(desk, fact, device, now_us)
        found[row.id] = Silence(view, cards.get(row.space, ()), row.id in continued)
    return found


def _card_devices(
    connection: Connection, spaces: Sequence[str], now_us: int
) -> dict[str, tuple[DeviceStatus, ...]]:
    """Return by space what is known of each device that reads cards there: at a door, or with a reader of its own.

    One whose reader is not connected hears no card either.
    """
    found: dict[str, list[DeviceStatus]] = {}
    for row in connection.execute(_DEVICES, {"spaces": spaces}):
        readers = said(row.meta).get("readers", ())
        if not row.has_door and not readers:
            continue
        status = device_now(row.status or DeviceStatus.NEVER, row.heard_us or 0, now_us)
        connected = said(row.health).get("readers", {})
        if not all(connected.get(reader.get("id"), True) for reader in readers):
            status = DeviceStatus.LOST
        found.setdefault(row.space, []).append(status)
    return {space: tuple(statuses) for space, statuses in found.items()}


_BEFORE: Final = aliased(BookingRow)
_BEFORE_CLAIM: Final = aliased(ClaimRow)
# The same member's booking of the same desk that ended as this one begins, and was checked in.
_CONTINUED: Final = (
    select(BookingRow.id)
    .join(ClaimRow, ClaimRow.booking_pk == BookingRow.pk)
    .join(
        _BEFORE_CLAIM,
        (_BEFORE_CLAIM.desk_pk == ClaimRow.desk_pk)
        & _BEFORE_CLAIM.is_active
        & (_BEFORE_CLAIM.start_us < BookingRow.start_us)
        & (_BEFORE_CLAIM.end_us == BookingRow.start_us),
    )
    .join(_BEFORE, _BEFORE.pk == _BEFORE_CLAIM.booking_pk)
    .where(
        BookingRow.id.in_(bindparam("ids", expanding=True)),
        _BEFORE.member_pk == BookingRow.member_pk,
        _BEFORE.state == BookingState.CHECKED_IN,
    )
)
_DESKS: Final = (
    select(
        BookingRow.id,
        SpaceRow.id.label("space"),
        DeskRow.id.label("desk"),
        DeskRow.name,
        DeskRow.sensor,
        DeskRow.in_service,
        DeviceRow.id.label("device"),
        DeskLiveRow.state,
        DeskLiveRow.reason,
        DeskLiveRow.since_us,
        DeviceStateRow.status,
        DeviceStateRow.heard_us,
    )
    .join(SpaceRow, SpaceRow.pk == BookingRow.space_pk)
    .join(ClaimRow, ClaimRow.booking_pk == BookingRow.pk)
    .join(DeskRow, DeskRow.pk == ClaimRow.desk_pk)
    .outerjoin(DeviceRow, (DeviceRow.pk == DeskRow.device_pk) & DeviceRow.retired_us.is_(None))
    .outerjoin(
        DeskLiveRow, (DeskLiveRow.desk_pk == DeskRow.pk) & (DeskLiveRow.device_pk == DeskRow.device_pk)
    )
    .outerjoin(DeviceStateRow, DeviceStateRow.device_pk == DeviceRow.pk)
    .where(BookingRow.id.in_(bindparam("ids", expanding=True)))
)
_DEVICES: Final = (
    select(
        SpaceRow.id.label("space"),
        DeviceStateRow.status,
        DeviceStateRow.heard_us,
        DeviceStateRow.meta,
        DeviceStateRow.health,
        exists()
        .where(DoorRow.device_pk == DeviceRow.pk, DoorRow.retired_us.is_(None))
        .correlate(DeviceRow)
        .label("has_door"),
    )
    .select_from(DeviceRow)
    .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
    .outerjoin(DeviceStateRow, DeviceStateRow.device_pk == DeviceRow.pk)
    .where(SpaceRow.id.in_(bindparam("spaces", expanding=True)), DeviceRow.retired_us.is_(None))
    .order_by(DeviceRow.space_pk, DeviceRow.position)
)
