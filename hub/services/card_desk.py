"""What hosts, members and commands do with cards: `hub.access_ports.CardDesk`, one transaction each."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, Protocol

from hub.domain.cards import (
    CardKind,
    CardOrder,
    CardState,
    CardView,
    OrderKind,
    OrderState,
    OrderView,
    ReaderView,
    order_view,
)
from hub.domain.doors import CommandKind
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import HOSTS, Actor, need_role
from hub.domain.texts import check_text

WAIT_US: Final = 60_000_000
"""How long a reader waits for a card."""
COMMAND_US: Final = 10_000_000
"""How long a command may be on its way (DESIGN section 6)."""
ID_BYTES: Final = 8


class CardUnit(Protocol):
    """Cards within one transaction; rolled back unless committed."""

    def cards(self, space: str) -> Sequence[CardView]:
        """Return the cards of a space, by label."""
        ...

    def cards_of(self, member: int) -> Sequence[CardView]:
        """Return a member's cards, by label."""
        ...

    def card(self, pk: int) -> CardView:
        """Return one card, locked; refused when there is none of this key."""
        ...

    def change_card(self, card: CardView) -> None:
        """Write state, member, until when, and why it is blocked."""
        ...

    def is_member(self, member: int, space: str) -> bool:
        """Say whether somebody is, was or will be a member of a space."""
        ...

    def readers(self, space: str, now_us: int) -> Sequence[ReaderView]:
        """Return the readers at which a card can be enrolled, doors first."""
        ...

    def waiting_until_us(self, space: str, at: tuple[str, str], now_us: int) -> int:
        """Return until when a reader waits for another card, 0 when it waits for none."""
        ...

    def is_label_used(self, space: str, label: str) -> bool:
        """Say whether a card of a space that is in use has a label."""
        ...

    def add_order(self, order: CardOrder, kind: CommandKind, account: int | None, asked_us: int) -> None:
        """Store an order with its command."""
        ...

    def order(self, order: str) -> CardOrder:
        """Return an order, locked; refused when there is none."""
        ...

    def cancel(
        self, order: CardOrder, cancel_id: str, account: int | None, now_us: int, until_us: int
    ) -> None:
        """End an order, and have its reader told when it knows of it."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def want_lists(self, space: str) -> None:
        """Have every trusted device of a space get a list that says what holds now."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class CardUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[CardUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[CardUnit]:
        """Begin one that only looks."""
        ...


class CardService:
    """Cards of spaces (`hub.access_ports.CardDesk`).

    Args:
        units: where cards are kept.
        now: returns the time, to tell which readers are there.
    """

    def __init__(self, units: CardUnits, now: Callable[[], int]) -> None:
        self._units, self._now = units, now

    def cards(self, space: str, actor: Actor) -> Sequence[CardView]:
        """Return the cards of a space, by label; hosts only."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            return unit.cards(space)

    def own_cards(self, actor: Actor) -> Sequence[CardView]:
        """Return the actor's own cards."""
        if actor.member is None:
            return ()
        with self._units.reading() as unit:
            return unit.cards_of(actor.member)

    def readers(self, space: str, actor: Actor) -> Sequence[ReaderView]:
        """Return the readers at which a card can be enrolled, doors first."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            return unit.readers(space, self._now())

    def ask_for_card(
        self, space: str, at: tuple[str, str], label: str, member: int | None, actor: Actor, now_us: int
    ) -> str:
        """Ask a reader for the next card, for 60 seconds; return the order's id."""
        need_role(actor, space, *HOSTS)
        label = check_text(label, "a label")
        with self._units.writing() as unit:
            self._check_reader(unit, space, at, now_us)
            if not label:
                raise RuleRefused(
                    "a card needs a label: write what stands on it, as Karte 12", code="no_label"
                )
            if unit.is_label_used(space, label):
                raise RuleRefused(
                    f'"{label}" is on another card of this space: write another label',
                    code="label_used",
                    label=label,
                )
            self._check_member(unit, member, space)
            order = self._order(OrderKind.READ, space, at, now_us, member=member, label=label)
            unit.add_order(order, CommandKind.READ_CARD, actor.account, now_us)
            self._log(
                unit, "card_asked", actor, now_us, order=order.id, at="/".join((space, *at)), member=member
            )
            unit.commit()
        return order.id

    def personalise(self, card: int, at: tuple[str, str], actor: Actor, now_us: int) -> str:
        """Have keys and id written to a card at a reader; return the order's id. Repeating finishes a broken one."""
        with self._units.writing() as unit:
            found = self._hosts_card(unit, card, actor)
            if found.kind is CardKind.UID:
                raise RuleRefused(
                    f"{found.label} can't hold keys: it is known by its number alone",
                    code="uid_card",
                    card=card,
                )
            if found.state in (CardState.RETIRED, CardState.BLOCKED):
                raise _wrong_state(found, "only a card in use is written: unblock it, or take another one")
            self._check_reader(unit, found.space, at, now_us)
            order = self._order(OrderKind.WRITE, found.space, at, now_us, card=card, member=found.member)
            unit.add_order(order, CommandKind.WRITE_CARD, actor.account, now_us)
            where = "/".join((found.space, *at))
            self._log(unit, "card_write_asked", actor, now_us, card, order=order.id, at=where)
            unit.commit()
        return order.id

    def order(self, order: str, actor: Actor, now_us: int) -> OrderView:
        """Return how far an order is."""
        with self._units.reading() as unit:
            found = unit.order(order)
        need_role(actor, found.space, *HOSTS)
        return order_view(found, now_us)

    def cancel(self, order: str, actor: Actor, now_us: int) -> None:
        """Stop an order; one that has ended stays as it is."""
        with self._units.writing() as unit:
            found = unit.order(order)
            need_role(actor, found.space, *HOSTS)
            if found.state in (OrderState.DONE, OrderState.FAILED):
                return
            unit.cancel(found, secrets.token_hex(ID_BYTES), actor.account, now_us, now_us + COMMAND_US)
            self._log(unit, "order_cancelled", actor, now_us, found.card, order=order)
            unit.commit()

    def block(self, card: int, reason: str, actor: Actor, now_us: int) -> None:
        """Block a card at once; its own member may, at any hour, and hosts of its space."""
        with self._units.writing() as unit:
            found = unit.card(card)
            is_own = found.member is not None and found.member == actor.member
            if not is_own:
                self._check_host(found, actor)
            if found.state is CardState.BLOCKED:
                return
            if found.state not in (CardState.ACTIVE, CardState.SPARE):
                raise _wrong_state(found, "it opens nothing, so there is nothing to block")
            reason = check_text(reason, "a reason")
            self._change(unit, replace(found, state=CardState.BLOCKED, blocked_reason=reason), now_us)
            self._log(unit, "card_blocked", actor, now_us, card, reason=reason, own=is_own)
            unit.commit()

    def unblock(self, card: int, actor: Actor, now_us: int) -> None:
        """Let a blocked card work again; hosts only."""
        with self._units.writing() as unit:
            found = self._hosts_card(unit, card, actor)
            if found.state is not CardState.BLOCKED:
                raise _wrong_state(found, "only a blocked card is unblocked")
            state = CardState.SPARE if found.member is None else CardState.ACTIVE
            self._change(unit, replace(found, state=state, blocked_reason=""), now_us)
            self._log(unit, "card_unblocked", actor, now_us, card)
            unit.commit()

    def give(self, card: int, member: int, until_us: int | None, actor: Actor, now_us: int) -> None:
        """Give a spare card to a member, for good or until a moment; hosts only."""
        with self._units.writing() as unit:
            found = self._hosts_card(unit, card, actor)
            is_back = found.active_until_us is not None and found.active_until_us <= now_us
            if not (found.state is CardState.SPARE or (found.state is CardState.ACTIVE and is_back)):
                raise _wrong_state(
                    found, "only a spare card is given: take this one back first, or personalise it"
                )
            if until_us is not None and until_us <= now_us:
                raise RuleRefused("that moment is over: choose a later one, or none", code="until_is_over")
            self._check_member(unit, member, found.space)
            given = replace(found, state=CardState.ACTIVE, member=member, active_until_us=until_us)
            self._change(unit, given, now_us)
            self._log(
                unit, "card_given", actor, now_us, card, member=member, before=found.member, until_us=until_us
            )
            unit.commit()

    def take_back(self, card: int, actor: Actor, now_us: int) -> None:
        """Make an active card a spare one again."""
        with self._units.writing() as unit:
            found = self._hosts_card(unit, card, actor)
            if found.state is not CardState.ACTIVE:
                raise _wrong_state(found, "only a card that somebody has is taken back")
            self._change(
                unit, replace(found, state=CardState.SPARE, member=None, active_until_us=None), now_us
            )
            self._log(unit, "card_taken_back", actor, now_us, card, before=found.member)
            unit.commit()

    def retire(self, card: int, actor: Actor, now_us: int) -> None:
        """Take a card out of use for ever."""
        with self._units.writing() as unit:
            found = self._hosts_card(unit, card, actor)
            if found.state is CardState.RETIRED:
                return
            # Whose it was is kept: the log of the last days is still read by name.
            self._change(unit, replace(found, state=CardState.RETIRED, active_until_us=None), now_us)
            self._log(unit, "card_retired", actor, now_us, card)
            unit.commit()

    def _hosts_card(self, unit: CardUnit, card: int, actor: Actor) -> CardView:
        found = unit.card(card)
        self._check_host(found, actor)
        return found

    @staticmethod
    def _check_host(card: CardView, actor: Actor) -> None:
        if not actor.may(card.space, *HOSTS):
            # Not even that it is there is told to others.
            raise NotAllowed("this takes a host of the card's space", code="not_allowed")

    @staticmethod
    def _check_member(unit: CardUnit, member: int | None, space: str) -> None:
        if member is not None and not unit.is_member(member, space):
            raise RuleRefused(
                f'member {member} is no member of space "{space}": add a membership first',
                code="no_membership",
                member=member,
            )

    @staticmethod
    def _check_reader(unit: CardUnit, space: str, at: tuple[str, str], now_us: int) -> None:
        readers = {(reader.device, reader.reader): reader for reader in unit.readers(space, now_us)}
        reader = readers.get(at)
        if reader is None:
            known = ", ".join("/".join(key) for key in readers) or "none: trust a device with a reader first"
            raise RuleRefused(
                f'space "{space}" has no reader {"/".join(at)}; known are {known}', code="unknown_reader"
            )
        if not reader.is_online:
            raise RuleRefused(
                f"device {at[0]} is away: use another reader, or see that it has power and a network",
                code="device_away",
                device=at[0],
            )
        until_us = unit.waiting_until_us(space, at, now_us)
        if until_us:
            raise RuleRefused(
                f"reader {at[1]} waits for another card for {(until_us - now_us) // 1_000_000 + 1} s: "
                "cancel that order, or wait",
                code="reader_waits",
                seconds=(until_us - now_us) // 1_000_000 + 1,
            )

    @staticmethod
    def _order(
        kind: OrderKind,
        space: str,
        at: tuple[str, str],
        now_us: int,
        *,
        card: int | None = None,
        member: int | None = None,
        label: str = "",
    ) -> CardOrder:
        return CardOrder(
            id=secrets.token_hex(ID_BYTES),
            kind=kind,
            state=OrderState.ASKED,
            space=space,
            device=at[0],
            reader=at[1],
            until_us=now_us + WAIT_US,
            card=card,
            member=member,
            label=label,
        )

    @staticmethod
    def _change(unit: CardUnit, card: CardView, now_us: int) -> None:
        unit.change_card(replace(card, changed_us=now_us))
        unit.want_lists(card.space)

    @staticmethod
    def _log(
        unit: CardUnit, what: str, actor: Actor, now_us: int, card: int | None = None, **more: object
    ) -> None:
        unit.log({"what": what, "by": actor.account, **more}, now_us, card)


def _wrong_state(card: CardView, remedy: str) -> RuleRefused:
    return RuleRefused(
        f"{card.label} is {card.state}: {remedy}", code="wrong_state", state=card.state.value, card=card.pk
    )
