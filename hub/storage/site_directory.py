"""Which devices and desks the site files name, in two queries."""

from collections.abc import Mapping

from sqlalchemy import Engine, select

from hub.event_ports import KnownDevice
from hub.storage.availability import unavailable_when_down
from hub.storage.engine import reading
from hub.storage.tables import DeskRow, DeviceRow, SpaceRow

_DEVICES = (
    select(DeviceRow.pk, DeviceRow.space_pk, SpaceRow.id.label("space"), DeviceRow.id.label("device"))
    .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
    .where(DeviceRow.retired_us.is_(None))
)
_DESKS = select(DeskRow.space_pk, DeskRow.id, DeskRow.pk)


class SqlSiteDirectory:
    """Reads devices and desks.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = reading(engine)

    def devices(self) -> Mapping[tuple[str, str], KnownDevice]:
        """Return every device that is not retired, by (space id, device id)."""
        with unavailable_when_down(), self._engine.connect() as connection:
            desks: dict[int, dict[str, int]] = {}
            for space_pk, desk, pk in connection.execute(_DESKS):
                desks.setdefault(space_pk, {})[desk] = pk
            return {
                (row.space, row.device): KnownDevice(
                    row.pk, row.space_pk, row.space, row.device, desks.get(row.space_pk, {})
                )
                for row in connection.execute(_DEVICES)
            }
