"""How far devices' access lists are, in SQL: `hub.custody_ports.AccessLists`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    exists,
    literal_column,
    or_,
    select,
    text,
    update,
)

from hub.custody_ports import Compiled, Due, LedgerWord, SpaceLook, Work
from hub.domain.audit import HOST_CHAIN
from hub.domain.cards import CardState
from hub.storage.access_tables import (
    AccessStateRow,
    CardLookupRow,
    CardOrderRow,
    CardRow,
    CommandRow,
    DeviceTrustRow,
)
from hub.storage.availability import unavailable_when_down
from hub.storage.chains import add_entry
from hub.storage.engine import reading
from hub.storage.space_look import look_at
from hub.storage.statements import upsert
from hub.storage.tables import DeviceRow, SpaceRow
from hub.storage.wanted_lists import want_lists

_STATES: Final = {"blocked": CardState.BLOCKED, "retired": CardState.RETIRED}
_BLOCKED_AGAIN: Final = "gesperrt, bevor die Datenbank wiederhergestellt wurde"


class SqlAccessLists:
    """How far lists are, and what they are made of.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def work(self) -> Work:
        """Return what there is to do; three looks into partial indexes (`hub.custody_ports.WorkLook`)."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return Work(*connection.execute(_WORK).one())

    def due(self, stale_us: int | None) -> Sequence[Due]:
        """Return devices whose rights changed, and with `stale_us` those whose list is older or must go."""
        changed: ColumnElement[bool] = literal_column("access_state.wanted > access_state.compiled", Boolean)
        condition = changed
        if stale_us is not None:
            condition = or_(
                changed,
                (AccessStateRow.issued_us < stale_us) & ~_IS_GONE,
                AccessStateRow.sealed.is_not(None) & _IS_GONE,
            )
        with unavailable_when_down(), self._reading.connect() as connection:
            return [Due(*row) for row in connection.execute(_DUE.where(condition))]

    def look(self, space: str, now_us: int) -> SpaceLook | None:
        """Return what a space's lists are made of; None when it is there no more."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return look_at(connection, space, now_us)

    def spaces(self) -> Sequence[str]:
        """Return the ids of spaces that have a card."""
        query = (
            select(SpaceRow.id).where(exists().where(CardRow.space_pk == SpaceRow.pk)).order_by(SpaceRow.id)
        )
        with unavailable_when_down(), self._reading.connect() as connection:
            return connection.execute(query).scalars().all()

    def store(self, made: Compiled) -> bool:
        """Store a list with its look-up values, unless another one was stored or the device spoke meanwhile."""
        device, dates = made.device, made.dates
        with unavailable_when_down(), self._engine.connect() as connection:
            connection.begin()
            stored = connection.execute(
                update(AccessStateRow)
                .where(
                    AccessStateRow.device_pk == device.pk,
                    AccessStateRow.version == device.version,
                    AccessStateRow.applied < dates.version,
                    _still_trusted(device.pk, device.to.generation),
                )
                .values(
                    compiled=device.wanted,
                    version=dates.version,
                    digest=made.digest,
                    issued_us=dates.issued_us,
                    valid_until_us=dates.valid_until_us,
                    sealed=made.sealed.payload,
                )
            )
            if not stored.rowcount:
                return False
            self._add_lookups(connection, device.pk, made.sealed.lookups)
            connection.commit()
        return True

    def note_same(self, device_pk: int, wanted: int) -> None:
        """Note that the list of a device says what the database said at `wanted`."""
        self._note(device_pk, wanted, {})

    def take_away(self, device_pk: int, wanted: int) -> None:
        """Note that a device that is gone has no list any more."""
        self._note(device_pk, wanted, {"sealed": None, "digest": b"", "valid_until_us": 0})

    def unconfirmed(self) -> Iterator[tuple[str, str, bytes]]:
        """Give lists that devices have not confirmed; an empty one for a device that is gone."""
        with unavailable_when_down(), self._reading.connect() as connection:
            rows = connection.execute(_UNCONFIRMED).all()
        for space, device, is_gone, sealed in rows:
            yield space, device, b"" if is_gone else bytes(sealed or b"")

    def block_again(self, space: str, words: Mapping[int, LedgerWord], now_us: int) -> None:
        """Give cards the state that the ledger has for them, with an entry in the host chain for each."""
        with unavailable_when_down(), self._engine.connect() as connection:
            connection.begin()
            for card_pk, word in sorted(words.items()):
                connection.execute(
                    update(CardRow)
                    .where(CardRow.pk == card_pk)
                    .values(
                        state=_STATES[word.what], changed_us=word.changed_us, blocked_reason=_BLOCKED_AGAIN
                    )
                )
                entry = {"what": f"card_{word.what}_again", "space": space, "because": "ledger"}
                add_entry(connection, HOST_CHAIN, entry, now_us, card_pk)
            space_pk = connection.execute(select(SpaceRow.pk).where(SpaceRow.id == space)).scalar_one()
            want_lists(connection, space_pk)
            connection.commit()

    def _note(self, device_pk: int, wanted: int, values: Mapping[str, Any]) -> None:
        with unavailable_when_down(), self._engine.begin() as connection:
            connection.execute(
                update(AccessStateRow)
                .where(AccessStateRow.device_pk == device_pk, AccessStateRow.compiled <= wanted)
                .values(compiled=wanted, **values)
            )

    def _add_lookups(self, connection: Connection, device_pk: int, lookups: Mapping[str, int]) -> None:
        """Add what is new; what was told once stays, because a device may report it days later."""
        known = select(CardLookupRow.lookup).where(CardLookupRow.device_pk == device_pk)
        new = lookups.keys() - set(connection.execute(known).scalars())
        if new:
            statement = upsert(connection.dialect.name, CardLookupRow).on_conflict_do_nothing()
            rows = [{"device_pk": device_pk, "lookup": one, "card_pk": lookups[one]} for one in sorted(new)]
            connection.execute(statement, rows)


def _still_trusted(device_pk: int, generation: int) -> Any:
    return exists().where(
        DeviceTrustRow.device_pk == device_pk,
        DeviceTrustRow.generation == generation,
        DeviceTrustRow.revoked_us.is_(None),
    )


_IS_GONE: Final = DeviceTrustRow.revoked_us.is_not(None) | DeviceRow.retired_us.is_not(None)
_LISTED: Final = (
    select(
        AccessStateRow.device_pk,
        SpaceRow.id.label("space"),
        DeviceRow.id.label("device"),
        _IS_GONE.label("is_gone"),
    )
    .join(DeviceRow, DeviceRow.pk == AccessStateRow.device_pk)
    .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
    .join(DeviceTrustRow, DeviceTrustRow.device_pk == AccessStateRow.device_pk)
)
_DUE: Final = _LISTED.add_columns(AccessStateRow.wanted).order_by(SpaceRow.id, DeviceRow.id)
_UNCONFIRMED: Final = (
    _LISTED.with_only_columns(SpaceRow.id, DeviceRow.id, _IS_GONE, AccessStateRow.sealed)
    .where(
        or_(
            _IS_GONE & (AccessStateRow.version > 0),
            AccessStateRow.sealed.is_not(None) & (AccessStateRow.applied != AccessStateRow.version),
        )
    )
    .order_by(SpaceRow.id, DeviceRow.id)
)
# Written out, because an index is used only for a condition that names it word for word.
_WORK: Final = select(
    exists(select(AccessStateRow.device_pk).where(text("access_state.wanted > access_state.compiled"))),
    exists(
        select(CommandRow.id).where(
            text("command.state IN ('asked', 'sent')"), text("command.state = 'asked'")
        )
    ),
    exists(
        select(CardOrderRow.command).where(
            text("card_order.offer IS NOT NULL"), text("card_order.state = 'read'")
        )
    ),
)
