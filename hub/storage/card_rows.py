"""Cards, and what readers are asked to do with them, in SQL (`hub.services.card_desk.CardUnit`)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, insert, select, update

from hub.domain.cards import CardOrder, CardState, CardView, OrderState, ReaderView
from hub.domain.collation import label_key
from hub.domain.doors import CommandKind, CommandState
from hub.domain.errors import RuleRefused
from hub.storage.access_tables import (
    AccessStateRow,
    CardOrderRow,
    CardRow,
    CommandRow,
    DeviceTrustRow,
    MemberRow,
    MembershipRow,
)
from hub.storage.access_unit import AccessUnit
from hub.storage.device_facts import readers_of
from hub.storage.tables import DeviceRow, DoorRow, SpaceRow


class CardRows(AccessUnit):
    """Cards within one transaction."""

    def cards(self, space: str) -> Sequence[CardView]:
        """Return the cards of a space, by label as Germans sort it; three queries."""
        return self._views(CardRow.space_pk == self.space(space).pk)

    def cards_of(self, member: int) -> Sequence[CardView]:
        """Return a member's cards, by label."""
        return self._views(CardRow.member_pk == member)

    def card(self, pk: int) -> CardView:
        """Return one card, locked in a writing transaction until it ends.

        Raises:
            RuleRefused: when there is none of this key.
        """
        found = self._views(CardRow.pk == pk)
        if not found:
            raise RuleRefused(f"there is no card {pk}: see the cards of its space", code="unknown_card")
        return found[0]

    def change_card(self, card: CardView) -> None:
        """Write what may change of a card: state, member, until when, why it is blocked."""
        self._connection.execute(
            update(CardRow)
            .where(CardRow.pk == card.pk)
            .values(
                state=card.state,
                member_pk=card.member,
                active_until_us=card.active_until_us,
                blocked_reason=card.blocked_reason,
                changed_us=card.changed_us,
            )
        )

    def is_member(self, member: int, space: str) -> bool:
        """Say whether somebody is, was or will be a member of a space."""
        query = select(MembershipRow.pk).where(
            MembershipRow.member_pk == member, MembershipRow.space_pk == self.space(space).pk
        )
        return self._connection.execute(query).scalar() is not None

    def readers(self, space: str, now_us: int) -> Sequence[ReaderView]:
        """Return the readers at which a card can be enrolled, doors first."""
        return [
            ReaderView(reader.device, reader.reader, reader.place, reader.is_online)
            for reader in readers_of(self._connection, self.space(space).pk, now_us)
        ]

    def waiting_until_us(self, space: str, at: tuple[str, str], now_us: int) -> int:
        """Return until when a reader waits for another card, 0 when it waits for none."""
        query = (
            select(func.max(CommandRow.until_us))
            .join(CardOrderRow, CardOrderRow.command == CommandRow.id)
            .join(DeviceRow, DeviceRow.pk == CommandRow.device_pk)
            .where(
                DeviceRow.space_pk == self.space(space).pk,
                DeviceRow.id == at[0],
                CommandRow.reader == at[1],
                CommandRow.until_us > now_us,
                CardOrderRow.state.in_((OrderState.ASKED, OrderState.WAITING)),
            )
        )
        return self._connection.execute(query).scalar() or 0

    def is_label_used(self, space: str, label: str) -> bool:
        """Say whether a card of a space that is not retired has a label, or an order is about to give it."""
        cards = select(CardRow.pk).where(
            CardRow.space_pk == self.space(space).pk,
            CardRow.label == label,
            CardRow.state != CardState.RETIRED,
        )
        return self._connection.execute(cards).first() is not None

    def add_order(self, order: CardOrder, kind: CommandKind, account: int | None, asked_us: int) -> None:
        """Store an order and the command that brings it to its reader; `jobs` sends it."""
        space_pk = self.space(order.space).pk
        self._add_command(order, order.id, kind, account, (asked_us, order.until_us))
        self._connection.execute(
            insert(CardOrderRow).values(
                command=order.id,
                kind=order.kind,
                state=order.state,
                space_pk=space_pk,
                card_pk=order.card,
                member_pk=order.member,
                label=order.label,
                offer=None,
                offer_kind=None,
                problem="",
            )
        )

    def order(self, order: str) -> CardOrder:
        """Return an order, locked in a writing transaction until it ends.

        Raises:
            RuleRefused: when there is none.
        """
        query = self._locked(_ORDERS.where(CardOrderRow.command == order), CardOrderRow)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise RuleRefused(f"there is no order {order}: orders are kept for a day", code="unknown_order")
        return CardOrder(*row)

    def cancel(
        self, order: CardOrder, cancel_id: str, account: int | None, now_us: int, until_us: int
    ) -> None:
        """End an order, and have its reader told when it knows of it."""
        self._connection.execute(
            update(CardOrderRow)
            .where(CardOrderRow.command == order.id)
            .values(state=OrderState.FAILED, problem="cancelled", offer=None)
        )
        unsent = self._connection.execute(
            update(CommandRow)
            .where(CommandRow.id == order.id, CommandRow.state == CommandState.ASKED)
            .values(state=CommandState.EXPIRED, outcome="cancelled")
        )
        if not unsent.rowcount and order.state is OrderState.WAITING:
            self._add_command(order, cancel_id, CommandKind.CANCEL, account, (now_us, until_us))

    def _add_command(
        self, order: CardOrder, id_: str, kind: CommandKind, account: int | None, times: tuple[int, int]
    ) -> None:
        device_pk = (
            select(DeviceRow.pk)
            .where(DeviceRow.space_pk == self.space(order.space).pk, DeviceRow.id == order.device)
            .scalar_subquery()
        )
        self._connection.execute(
            insert(CommandRow).values(
                id=id_,
                device_pk=device_pk,
                kind=kind,
                state=CommandState.ASKED,
                door_pk=None,
                mode=None,
                reader=order.reader,
                account_pk=account,
                asked_us=times[0],
                sent_us=None,
                until_us=times[1],
                answered_us=None,
                outcome="",
            )
        )

    def _views(self, condition: Any) -> list[CardView]:
        rows = self._connection.execute(self._locked(_CARDS.where(condition), CardRow)).all()
        pending = self._pending({row.space_pk for row in rows})
        views = [
            CardView(
                pk=row.pk,
                label=row.label,
                space=row.space,
                kind=row.kind,
                state=row.state,
                member=row.member_pk,
                member_name=row.member or "",
                active_until_us=row.active_until_us,
                changed_us=row.changed_us,
                blocked_reason=row.blocked_reason,
                # A blank card never was in a list: no door has to forget or learn it.
                pending_at=() if row.state is CardState.BLANK else pending.get(row.space_pk, ()),
                rekey_needed=row.rekey_needed,
            )
            for row in rows
        ]
        return sorted(views, key=lambda card: (label_key(card.label), card.pk))

    def _pending(self, space_pks: set[int]) -> dict[int, tuple[str, ...]]:
        """Return by space the names of doors whose device has not confirmed the present rights."""
        if not space_pks:
            return {}
        query = _PENDING.where(DoorRow.space_pk.in_(sorted(space_pks))).order_by(DoorRow.position)
        found: dict[int, tuple[str, ...]] = {}
        for space_pk, name in self._connection.execute(query):
            found[space_pk] = (*found.get(space_pk, ()), name)
        return found


IS_PENDING: Final = (AccessStateRow.wanted > AccessStateRow.compiled) | (
    AccessStateRow.applied < AccessStateRow.version
)
"""Whether a device has not confirmed the present rights yet."""

_CARDS: Final = (
    select(
        CardRow.pk,
        CardRow.label,
        CardRow.space_pk,
        SpaceRow.id.label("space"),
        CardRow.kind,
        CardRow.state,
        CardRow.member_pk,
        MemberRow.name.label("member"),
        CardRow.active_until_us,
        CardRow.changed_us,
        CardRow.blocked_reason,
        CardRow.rekey_needed,
    )
    .join(SpaceRow, SpaceRow.pk == CardRow.space_pk)
    .outerjoin(MemberRow, MemberRow.pk == CardRow.member_pk)
)
_PENDING: Final = (
    select(DoorRow.space_pk, DoorRow.name)
    .join(DeviceTrustRow, DeviceTrustRow.device_pk == DoorRow.device_pk)
    .join(AccessStateRow, AccessStateRow.device_pk == DoorRow.device_pk)
    .where(DoorRow.retired_us.is_(None), DeviceTrustRow.revoked_us.is_(None), IS_PENDING)
)
_ORDERS: Final = (
    select(
        CardOrderRow.command,
        CardOrderRow.kind,
        CardOrderRow.state,
        SpaceRow.id,
        DeviceRow.id,
        CommandRow.reader,
        CommandRow.until_us,
        CardOrderRow.card_pk,
        CardOrderRow.member_pk,
        CardOrderRow.label,
        CardOrderRow.problem,
        CommandRow.sent_us,
    )
    .join(CommandRow, CommandRow.id == CardOrderRow.command)
    .join(DeviceRow, DeviceRow.pk == CommandRow.device_pk)
    .join(SpaceRow, SpaceRow.pk == CardOrderRow.space_pk)
)
