"""Says that access lists must be compiled anew, in the transaction of what changed; `jobs` compiles them."""

from typing import Final

from sqlalchemy import Connection, bindparam, select

from hub.storage.access_tables import AccessStateRow, DeviceTrustRow
from hub.storage.statements import upsert
from hub.storage.tables import DeviceRow


def want_lists(connection: Connection, space_pk: int) -> None:
    """Have every trusted device of a space get a list that says what the database says now."""
    devices = connection.execute(_TRUSTED, {"space_pk": space_pk}).scalars().all()
    if not devices:
        return
    statement = upsert(connection.dialect.name, AccessStateRow)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[AccessStateRow.device_pk], set_={"wanted": AccessStateRow.wanted + 1}
        ),
        [{"device_pk": device_pk, "wanted": 1, **_NOTHING_YET} for device_pk in devices],
    )


_NOTHING_YET: Final = {
    "compiled": 0,
    "version": 0,
    "digest": b"",
    "issued_us": 0,
    "valid_until_us": 0,
    "applied": 0,
    "applied_us": 0,
}
_TRUSTED: Final = (
    select(DeviceRow.pk)
    .join(DeviceTrustRow, DeviceTrustRow.device_pk == DeviceRow.pk)
    .where(
        DeviceRow.space_pk == bindparam("space_pk"),
        DeviceRow.retired_us.is_(None),
        DeviceTrustRow.revoked_us.is_(None),
    )
    # In one order everywhere: two writers must not wait for each other's rows.
    .order_by(DeviceRow.pk)
)
