"""What devices said of their readers and doors, read out of their last words."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from hub.domain.doors import device_now
from hub.domain.occupancy import DeviceStatus
from hub.storage.access_tables import DeviceTrustRow
from hub.storage.tables import DeskRow, DeviceRow, DeviceStateRow, DoorRow


def said(text: str | None) -> Mapping[str, Any]:
    """Return a device's message; one that can't be read says nothing."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Reader(NamedTuple):
    """A reader of a trusted device.

    Args:
        place: name of the door or desk where it is, else the reader's own id.
        is_door: whether it is at a door.
    """

    device_pk: int
    device: str
    reader: str
    place: str
    is_online: bool
    is_door: bool


def readers_of(connection: Connection, space_pk: int, now_us: int) -> list[Reader]:
    """Return the readers of a space's trusted devices, those at doors first; only such a device reads a command."""
    names = {
        table: dict(
            connection.execute(
                select(table.id, table.name).where(table.space_pk == space_pk, table.retired_us.is_(None))
            ).all()
        )
        for table in (DoorRow, DeskRow)
    }
    query = (
        select(
            DeviceRow.pk, DeviceRow.id, DeviceStateRow.status, DeviceStateRow.heard_us, DeviceStateRow.meta
        )
        .join(DeviceTrustRow, DeviceTrustRow.device_pk == DeviceRow.pk)
        .join(DeviceStateRow, DeviceStateRow.device_pk == DeviceRow.pk)
        .where(
            DeviceRow.space_pk == space_pk,
            DeviceRow.retired_us.is_(None),
            DeviceTrustRow.revoked_us.is_(None),
        )
        .order_by(DeviceRow.position)
    )
    found = []
    for row in connection.execute(query):
        is_online = device_now(row.status, row.heard_us, now_us) is DeviceStatus.ONLINE
        for reader in said(row.meta).get("readers", ()):
            door, desk = reader.get("door"), reader.get("desk")
            place = names[DoorRow].get(door) or names[DeskRow].get(desk) or reader["id"]
            found.append(Reader(row.pk, row.id, reader["id"], place, is_online, door is not None))
    return sorted(found, key=lambda reader: not reader.is_door)
