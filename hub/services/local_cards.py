"""Enrols and personalises cards at a reader of the hub's own machine; only a command on it does so."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from hub.domain.cards import CardKind, CardState, NewCard
from hub.domain.errors import RuleRefused
from hub.domain.people import Actor
from hub.domain.texts import check_text
from hub.services.card_desk import CardUnit

LONG_UID_BYTES: Final = 7
"""Of every card that can hold keys."""


class Station(Protocol):
    """A reader at this machine; each method raises `RuleRefused` when no card came."""

    def read(self, wait_s: int) -> tuple[CardKind, bytes]:
        """Return kind and number of the next card."""
        ...

    def write(
        self,
        uid: bytes,
        kind: CardKind,
        credential_id: bytes,
        generations: Sequence[tuple[bytes, Sequence[bytes]]],
        wait_s: int,
    ) -> str:
        """Write keys and id to a card; return why not, empty when it is done."""
        ...


class CardSecrets(Protocol):
    """What is made with the hub's keys (`hub.keys.Keys`)."""

    @property
    def newest(self) -> int:
        """Generation that cards get when they are written."""
        ...

    def uid_tag(self, uid: bytes) -> bytes:
        """Return by what two cards are told apart."""
        ...

    def seal_uid(self, uid: bytes) -> bytes:
        """Encrypt a card's number."""
        ...

    def open_uid(self, sealed: bytes) -> bytes:
        """Decrypt a card's number."""
        ...

    def seal_id(self, credential_id: bytes, uid_tag: bytes) -> bytes:
        """Encrypt the id of the card with a tag."""
        ...

    def open_id(self, sealed: bytes, uid_tag: bytes) -> bytes:
        """Decrypt the id of the card with a tag."""
        ...

    def card_keys(self, uid: bytes, kind: str, generation: int) -> tuple[bytes, list[bytes]]:
        """Return all keys of a card: the card's own, and ours."""
        ...


class SealedCard(Protocol):
    """What is sealed of a card."""

    @property
    def uid_tag(self) -> bytes:
        """By what it is told apart."""
        ...

    @property
    def sealed_uid(self) -> bytes:
        """Its number."""
        ...

    @property
    def sealed_id(self) -> bytes | None:
        """Its id, None before it was written."""
        ...


class LocalCardUnit(CardUnit, Protocol):
    """Cards within one transaction, with what is sealed of them."""

    def known(self, space: str, uid_tag: bytes) -> tuple[int, CardState] | None:
        """Return key and state of the space's card of a number, or None."""
        ...

    def add_card(self, card: NewCard, now_us: int) -> int:
        """Add a card; return its key."""
        ...

    def sealed(self, card: int) -> SealedCard:
        """Return what is sealed of a card."""
        ...

    def note_id(self, card: int, sealed_id: bytes) -> None:
        """Note which id a card is about to get."""
        ...

    def written(self, card: int, generation: int, now_us: int) -> None:
        """Note that a card holds our id, and keys of a generation."""
        ...


class LocalCardUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[LocalCardUnit]:
        """Begin one that may commit."""
        ...


class LocalCards:
    """Reads and writes cards at this machine.

    Args:
        units: where cards are kept.
        keys: the hub's.
        station: the reader.
        new_id: returns a new random credential id.
        wait_s: how long a card is waited for.
        before: called when all is checked that can be checked without the card, with its name; may refuse.
    """

    def __init__(
        self,
        units: LocalCardUnits,
        keys: CardSecrets,
        station: Station,
        *,
        new_id: Callable[[], bytes],
        wait_s: int = 60,
        before: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._units, self._keys, self._station = units, keys, station
        self._new_id, self._wait_s, self._before = new_id, wait_s, before

    def enrol(
        self, space: str, label: str, member: int | None, actor: Actor, now_us: int
    ) -> tuple[int, CardKind]:
        """Add the next card to a space; return key and kind.

        Raises:
            RuleRefused: when no card comes, or one that the space has, or can't have.
        """
        label = check_text(label, "a card's label", least=1)
        with self._units.writing() as unit:
            if unit.is_label_used(space, label):
                raise RuleRefused(f'"{label}" is on another card of this space', code="label_used")
            if member is not None and not unit.is_member(member, space):
                raise RuleRefused(f'member {member} is no member of space "{space}"', code="no_membership")
        # Nothing is locked while a person looks for the card.
        self._before(label)
        kind, uid = self._station.read(self._wait_s)
        if kind is not CardKind.UID and len(uid) != LONG_UID_BYTES:
            raise RuleRefused("a card with keys has a number of 7 bytes: take another one", code="refused")
        sealed = (self._keys.uid_tag(uid), self._keys.seal_uid(uid))
        state = CardState.BLANK
        if kind is CardKind.UID:
            state = CardState.SPARE if member is None else CardState.ACTIVE
        with self._units.writing() as unit:
            known = unit.known(space, sealed[0])
            if known is not None:
                raise RuleRefused(
                    f"the space has this card already: it is card {known[0]}, {known[1]}", code="known_card"
                )
            card = unit.add_card(NewCard(space, label, member, kind, state, *sealed), now_us)
            if state is CardState.ACTIVE:
                unit.want_lists(space)
            unit.log({"what": "card_read", "space": space, "by": actor.account}, now_us, card)
            unit.commit()
        return card, kind

    def personalise(self, card: int, actor: Actor, now_us: int) -> None:
        """Write keys and id to a card; repeating it finishes one that broke off.

        Raises:
            RuleRefused: when it does not come, or can't be written.
        """
        with self._units.writing() as unit:
            view, sealed = unit.card(card), unit.sealed(card)
            if view.kind is CardKind.UID or view.state in (CardState.RETIRED, CardState.BLOCKED):
                raise RuleRefused(
                    f"{view.label} is {view.state}, of kind {view.kind}: only a card with keys, in use, is written",
                    code="wrong_state",
                )
            self._before(view.label)
            uid = self._keys.open_uid(sealed.sealed_uid)
            if sealed.sealed_id is None:
                credential_id = self._new_id()
                unit.note_id(card, self._keys.seal_id(credential_id, sealed.uid_tag))
                unit.commit()
            else:
                credential_id = self._keys.open_id(sealed.sealed_id, sealed.uid_tag)
        newest = self._keys.newest
        generations = [self._keys.card_keys(uid, view.kind.value, number) for number in range(newest, 0, -1)]
        reason = self._station.write(uid, view.kind, credential_id, generations, self._wait_s)
        if reason:
            raise RuleRefused(
                f"{view.label} is not written ({reason}): hold the same card to the reader, and try again",
                code=reason,
            )
        with self._units.writing() as unit:
            unit.written(card, newest, now_us)
            unit.log({"what": "card_written", "by": actor.account}, now_us, card)
            unit.commit()
