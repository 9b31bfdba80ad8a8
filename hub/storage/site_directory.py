"""Which devices, desks and doors the site files name, in three queries."""

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, Select, select

from hub.event_ports import KnownDevice
from hub.storage.availability import unavailable_when_down
from hub.storage.engine import reading
from hub.storage.tables import DeskRow, DeviceRow, DoorRow, SpaceRow

_DEVICES = (
    select(DeviceRow.pk, DeviceRow.space_pk, SpaceRow.id.label("space"), DeviceRow.id.label("device"))
    .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
    .where(DeviceRow.retired_us.is_(None))
)
_DESKS = select(DeskRow.space_pk, DeskRow.id, DeskRow.pk)
_DOORS = select(DoorRow.space_pk, DoorRow.id, DoorRow.pk)


class SqlSiteDirectory:
    """Reads devices, desks and doors.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = reading(engine)

    def devices(self) -> Mapping[tuple[str, str], KnownDevice]:
        """Return every device that is not retired, by (space id, device id)."""
        with unavailable_when_down(), self._engine.connect() as connection:
            desks, doors = _by_space(connection, _DESKS), _by_space(connection, _DOORS)
            return {
                (row.space, row.device): KnownDevice(
                    row.pk,
                    row.space_pk,
                    row.space,
                    row.device,
                    desks.get(row.space_pk, {}),
                    doors.get(row.space_pk, {}),
                )
                for row in connection.execute(_DEVICES)
            }


def _by_space(connection: Connection, query: Select[int, str, int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for space_pk, id_, pk in connection.execute(query):
        found.setdefault(space_pk, {})[id_] = pk
    return found
