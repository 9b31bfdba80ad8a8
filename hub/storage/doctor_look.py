"""What the doctor asks the database: devices, leases, what waits for a person; nothing of persons."""

from collections.abc import Sequence

from sqlalchemy import Engine, exists, func, select

from hub.domain.faults import DeviceLook
from hub.domain.mail import MailState
from hub.domain.occupancy import DeviceStatus
from hub.storage.access_tables import AccessStateRow, DeviceTrustRow
from hub.storage.availability import unavailable_when_down
from hub.storage.device_facts import said
from hub.storage.door_tables import DoorAlarmRow
from hub.storage.engine import reading
from hub.storage.mail_tables import OutboxRow
from hub.storage.tables import DeviceRow, DeviceStateRow, DoorRow, SpaceRow


class SqlDoctorLook:
    """Looks into a database that has the schema of this version.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._reading = reading(engine)

    def devices(self) -> Sequence[DeviceLook]:
        """Return all devices of the site file that were not retired."""
        with unavailable_when_down(), self._reading.connect() as connection:
            rows = connection.execute(_DEVICES).all()
        return [
            DeviceLook(
                name=f"{row.space}/{row.device}",
                has_doors=row.has_doors,
                is_trusted=row.added_us is not None and row.revoked_us is None,
                status=row.status or DeviceStatus.NEVER,
                heard_us=row.heard_us or 0,
                pending_us=row.issued_us if row.version is not None and row.applied < row.version else None,
                health=said(row.health),
            )
            for row in rows
        ]

    def door_alarms(self) -> dict[tuple[str, str], int]:
        """Return how many alarms of doors nobody has taken on, by space and kind."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return {(row.space, row.kind.value): row.amount for row in connection.execute(_DOOR_ALARMS)}

    def dead_mails(self) -> int:
        """Return how many mails nobody took."""
        query = select(func.count()).select_from(OutboxRow).where(OutboxRow.state == MailState.DEAD)
        with unavailable_when_down(), self._reading.connect() as connection:
            return int(connection.execute(query).scalar_one())


_DOOR_ALARMS = (
    select(SpaceRow.id.label("space"), DoorAlarmRow.kind, func.count().label("amount"))
    .join(DoorRow, DoorRow.pk == DoorAlarmRow.door_pk)
    .join(SpaceRow, SpaceRow.pk == DoorRow.space_pk)
    .where(DoorAlarmRow.seen_us.is_(None))
    .group_by(SpaceRow.id, DoorAlarmRow.kind)
)

_DEVICES = (
    select(
        SpaceRow.id.label("space"),
        DeviceRow.id.label("device"),
        exists()
        .where(DoorRow.device_pk == DeviceRow.pk, DoorRow.retired_us.is_(None))
        .correlate(DeviceRow)
        .label("has_doors"),
        DeviceStateRow.status,
        DeviceStateRow.heard_us,
        DeviceStateRow.health,
        DeviceTrustRow.added_us,
        DeviceTrustRow.revoked_us,
        AccessStateRow.version,
        AccessStateRow.applied,
        AccessStateRow.issued_us,
    )
    .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
    .outerjoin(DeviceStateRow, DeviceStateRow.device_pk == DeviceRow.pk)
    .outerjoin(DeviceTrustRow, DeviceTrustRow.device_pk == DeviceRow.pk)
    .outerjoin(AccessStateRow, AccessStateRow.device_pk == DeviceRow.pk)
    .where(DeviceRow.retired_us.is_(None))
    .order_by(SpaceRow.id, DeviceRow.position, DeviceRow.id)
)
