"""Cards that readers offered, in SQL: `hub.custody_ports.Offers`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, select, text, update

from hub.custody_ports import KnownCard, OfferUnit, OpenedOffer, WaitingOffer
from hub.domain.audit import HOST_CHAIN
from hub.domain.cards import CardState, OrderState
from hub.storage.access_tables import CardOrderRow, CardRow, CommandRow
from hub.storage.availability import unavailable_when_down
from hub.storage.chains import add_entry
from hub.storage.engine import reading
from hub.storage.tables import DeviceRow, SpaceRow
from hub.storage.wanted_lists import want_lists


class SqlOffers:
    """Cards that readers offered.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def waiting(self) -> Sequence[WaitingOffer]:
        """Return those that are not opened yet."""
        with unavailable_when_down(), self._reading.connect() as connection:
            rows: list[Any] = list(connection.execute(_WAITING))
        return [WaitingOffer(*row) for row in rows]

    @contextmanager
    def writing(self) -> Iterator[OfferUnit]:
        """Begin a transaction."""
        with unavailable_when_down(), self._engine.connect() as connection:
            connection.begin()
            yield _Unit(connection)


class _Unit:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def is_waiting(self, command: str) -> bool:
        query = (
            select(CardOrderRow.state)
            .where(CardOrderRow.command == command, CardOrderRow.offer.is_not(None))
            .with_for_update()
        )
        return self._connection.execute(query).scalar() is OrderState.READ

    def known(self, space: str, uid_tag: bytes) -> KnownCard | None:
        query = (
            select(CardRow.pk, CardRow.state)
            .where(CardRow.space_pk == self._space(space), CardRow.uid_tag == uid_tag)
            .with_for_update()
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else KnownCard(*row)

    def add_card(self, offer: WaitingOffer, opened: OpenedOffer, state: CardState, now_us: int) -> int:
        # One chip holds one id of ours: a card that another space has already goes on with it there.
        elsewhere = select(CardRow.sealed_id).where(
            CardRow.uid_tag == opened.uid_tag, CardRow.sealed_id.is_not(None)
        )
        added = insert(CardRow).values(
            space_pk=self._space(offer.space),
            member_pk=offer.member,
            label=offer.label,
            kind=offer.kind,
            state=state,
            uid_tag=opened.uid_tag,
            sealed_uid=opened.sealed_uid,
            sealed_id=self._connection.execute(elsewhere.limit(1)).scalar(),
            generation=0,
            active_until_us=None,
            changed_us=now_us,
            blocked_reason="",
            rekey_needed=False,
        )
        return int(self._connection.execute(added.returning(CardRow.pk)).scalar_one())

    def adopt(self, offer: WaitingOffer, card: int) -> None:
        named = {"label": offer.label, "member_pk": offer.member, "kind": offer.kind}
        self._connection.execute(update(CardRow).where(CardRow.pk == card).values(named))

    def finish(self, offer: WaitingOffer, card: int | None, problem: str, now_us: int) -> None:
        state = OrderState.FAILED if problem else OrderState.DONE
        self._connection.execute(
            update(CardOrderRow)
            .where(CardOrderRow.command == offer.command)
            .values(state=state, card_pk=card, problem=problem, offer=None)
        )
        what: dict[str, object] = {"what": "card_read", "space": offer.space, "command": offer.command}
        if problem:
            what["problem"] = problem
        add_entry(self._connection, HOST_CHAIN, what, now_us, card)

    def want_lists(self, space: str) -> None:
        want_lists(self._connection, self._space(space))

    def commit(self) -> None:
        self._connection.commit()

    def _space(self, space: str) -> int:
        return int(self._connection.execute(select(SpaceRow.pk).where(SpaceRow.id == space)).scalar_one())


_WAITING: Final = (
    select(
        CardOrderRow.command,
        SpaceRow.id,
        DeviceRow.id,
        CardOrderRow.offer_kind,
        CardOrderRow.offer,
        CardOrderRow.label,
        CardOrderRow.member_pk,
        CardOrderRow.card_pk,
    )
    .join(CommandRow, CommandRow.id == CardOrderRow.command)
    .join(DeviceRow, DeviceRow.pk == CommandRow.device_pk)
    .join(SpaceRow, SpaceRow.pk == CardOrderRow.space_pk)
    .where(text("card_order.offer IS NOT NULL"), text("card_order.state = 'read'"))
    .order_by(CommandRow.asked_us)
)
