"""Which devices are trusted with lists and commands, in SQL: `hub.custody_ports.DeviceTrusts`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, func, select, update

from hub.custody_ports import TrustedDevice
from hub.domain.audit import HOST_CHAIN
from hub.domain.cards import CardKind, CardState
from hub.domain.errors import RuleRefused
from hub.storage.access_tables import AccessStateRow, CardLookupRow, CardRow, DeviceTrustRow
from hub.storage.availability import unavailable_when_down
from hub.storage.chains import add_entry
from hub.storage.engine import reading
from hub.storage.statements import upsert
from hub.storage.tables import DeviceRow, DeviceStateRow, SpaceRow
from hub.storage.wanted_lists import want_lists


class SqlDeviceTrusts:
    """Which devices are trusted.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def check(self, space: str, device: str) -> bool:
        """Return whether a device is trusted now; refuse one that no site file has."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return self._find(connection, space, device).generation is not None

    def add(self, space: str, device: str, sealing_key: bytes, now_us: int) -> int:
        """Trust a device with a key, in place of any earlier one; return the generation of its trust."""
        with self._writing() as connection:
            found = self._find(connection, space, device)
            before = select(DeviceTrustRow.generation).where(DeviceTrustRow.device_pk == found.pk)
            generation = (connection.execute(before).scalar() or 0) + 1
            values = {
                "sealing_key": sealing_key,
                "generation": generation,
                "added_us": now_us,
                "revoked_us": None,
            }
            statement = upsert(connection.dialect.name, DeviceTrustRow)
            connection.execute(
                statement.on_conflict_do_update(index_elements=[DeviceTrustRow.device_pk], set_=values),
                {"device_pk": found.pk, **values},
            )
            what = {"what": "device_added", "device": f"{space}/{device}", "generation": generation}
            add_entry(connection, HOST_CHAIN, what, now_us)
            want_lists(connection, found.space_pk)
            # The list that lies at the broker was sealed to the key before: whatever it says, it says it to nobody.
            connection.execute(
                update(AccessStateRow)
                .where(AccessStateRow.device_pk == found.pk)
                .values(digest=b"", sealed=None, valid_until_us=0)
            )
        return generation

    def revoke(self, space: str, device: str, reason: str, now_us: int) -> Sequence[str]:
        """Trust a device no more; return the labels of the cards whose keys were on it."""
        with self._writing() as connection:
            found = self._find(connection, space, device)
            if found.generation is None:
                raise RuleRefused(
                    f"{space}/{device} is not trusted: see `ankerort-hub device list`", code="not_trusted"
                )
            connection.execute(
                update(DeviceTrustRow).where(DeviceTrustRow.device_pk == found.pk).values(revoked_us=now_us)
            )
            # Wakes `jobs`, which takes the list from the broker.
            connection.execute(
                update(AccessStateRow)
                .where(AccessStateRow.device_pk == found.pk)
                .values(wanted=AccessStateRow.wanted + 1)
            )
            cards = connection.execute(
                select(CardRow.pk, CardRow.label)
                .where(
                    CardRow.pk.in_(select(CardLookupRow.card_pk).where(CardLookupRow.device_pk == found.pk)),
                    CardRow.kind != CardKind.UID,
                    CardRow.state != CardState.RETIRED,
                )
                .order_by(CardRow.label)
            ).all()
            connection.execute(
                update(CardRow).where(CardRow.pk.in_([card.pk for card in cards])).values(rekey_needed=True)
            )
            what = {
                "what": "device_revoked",
                "device": f"{space}/{device}",
                "reason": reason,
                "cards": len(cards),
            }
            add_entry(connection, HOST_CHAIN, what, now_us)
        return [card.label for card in cards]

    def devices(self) -> Sequence[TrustedDevice]:
        """Return all that ever were trusted, by space and device."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return [TrustedDevice(*row) for row in connection.execute(_DEVICES)]

    def want_new_keys(self, newest: int, now_us: int) -> int:
        """Note that there is a newer generation of card keys; return how many cards have an older one."""
        with self._writing() as connection:
            older = (
                CardRow.kind != CardKind.UID,
                CardRow.state != CardState.RETIRED,
                CardRow.generation > 0,
                CardRow.generation < newest,
            )
            connection.execute(update(CardRow).where(*older).values(rekey_needed=True))
            cards = connection.execute(select(func.count()).select_from(CardRow).where(*older)).scalar_one()
            add_entry(connection, HOST_CHAIN, {"what": "keys_rotated", "generation": newest}, now_us)
        return int(cards)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with unavailable_when_down(), self._engine.begin() as connection:
            yield connection

    def _find(self, connection: Connection, space: str, device: str) -> Any:
        query = (
            select(DeviceRow.pk, DeviceRow.space_pk, DeviceTrustRow.generation)
            .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
            .outerjoin(
                DeviceTrustRow,
                and_(DeviceTrustRow.device_pk == DeviceRow.pk, DeviceTrustRow.revoked_us.is_(None)),
            )
            .where(SpaceRow.id == space, DeviceRow.id == device, DeviceRow.retired_us.is_(None))
        )
        found = connection.execute(query).one_or_none()
        if found is None:
            known = connection.execute(_NAMES).all()
            told = ", ".join(f"{one.space}/{one.device}" for one in known) or "none yet: import a site file"
            raise RuleRefused(f"there is no device {space}/{device}; known are {told}", code="unknown_device")
        return found


_NAMES: Final = (
    select(SpaceRow.id.label("space"), DeviceRow.id.label("device"))
    .join(DeviceRow, DeviceRow.space_pk == SpaceRow.pk)
    .where(DeviceRow.retired_us.is_(None))
    .order_by(SpaceRow.id, DeviceRow.position)
)
_DEVICES: Final = (
    select(
        SpaceRow.id,
        DeviceRow.id,
        DeviceTrustRow.generation,
        DeviceTrustRow.added_us,
        DeviceTrustRow.revoked_us,
        func.coalesce(AccessStateRow.version, 0),
        func.coalesce(AccessStateRow.applied, 0),
        func.coalesce(
            (AccessStateRow.wanted > AccessStateRow.compiled)
            | (AccessStateRow.applied != AccessStateRow.version),
            False,
        ),
        func.coalesce(DeviceStateRow.heard_us, 0),
    )
    .join(DeviceRow, DeviceRow.pk == DeviceTrustRow.device_pk)
    .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
    .outerjoin(AccessStateRow, AccessStateRow.device_pk == DeviceTrustRow.device_pk)
    .outerjoin(DeviceStateRow, DeviceStateRow.device_pk == DeviceTrustRow.device_pk)
    .order_by(SpaceRow.id, DeviceRow.id)
)
