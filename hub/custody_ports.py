"""What the services need that keep cards' keys: sealing, their part of the database, the mail to devices, the ledger.

Only `jobs` has these services. No port gives a key or a card's number away: sealed goes in, sealed comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hub.domain.access import CardFacts, Rights
from hub.domain.admission import EVERYONE, Admission
from hub.domain.cards import CardKind, CardState
from hub.domain.doors import CommandKind
from hub.domain.pass_windows import NO_FACTS, PassFacts
from hub.domain.people import Member
from hub.domain.space import Space, SpaceAccess


class CustodyBroken(Exception):
    """Stored card numbers do not open with the hub's keys: another installation's keys, or a hand in the database."""


class Recipient(NamedTuple):
    """A device that is trusted with lists.

    Args:
        sealing_key: its public key, 32 bytes.
        generation: how often trust was given to it; makes its look-up key.
    """

    space: str
    device: str
    sealing_key: bytes
    generation: int


class SealedCard(NamedTuple):
    """A card as the database has it; `generation` is that of the keys on it, 0 for none."""

    pk: int
    kind: CardKind
    uid_tag: bytes
    sealed_uid: bytes
    sealed_id: bytes | None
    generation: int

    def __repr__(self) -> str:
        return f"SealedCard({self.pk})"


class ChainHead(NamedTuple):
    """How far a chain of the log has come."""

    chain: str
    length: int
    head: bytes


class ListDates(NamedTuple):
    """What a list's header says beside its recipient."""

    version: int
    issued_us: int
    valid_until_us: int


class SealedList(NamedTuple):
    """A list as it is published, and the keys of its cards by the look-up value that the device will report."""

    payload: bytes
    lookups: Mapping[str, int]


class AskedCommand(NamedTuple):
    """A command that is not sent yet.

    Args:
        to: None when its device is not trusted.
        session: of the device's connection; empty when it is not there.
        door, mode, reader: as its kind needs them, else empty.
        card: of `WRITE_CARD`.
        called_s: of `OPEN`: within how many seconds the button outside must have been pressed; 0 for no press.
    """

    id: str
    kind: CommandKind
    to: Recipient | None
    session: str
    door: str
    mode: str
    reader: str
    until_us: int
    card: SealedCard | None
    called_s: int = 0


class CommandDates(NamedTuple):
    """What a command's header says beside its recipient, and for how long a reader waits."""

    number: int
    issued_us: int
    valid_until_us: int
    wait_s: int


class OpenedOffer(NamedTuple):
    """A card that lay on a reader: its number, sealed again for the database.

    Args:
        problem: why it can't be one of ours: `random_id` or `refused`; empty when it can.
    """

    uid_tag: bytes
    sealed_uid: bytes
    problem: str = ""

    def __repr__(self) -> str:
        return f"OpenedOffer({self.problem or '…'})"


class Sealing(Protocol):
    """All that is made with the hub's keys."""

    @property
    def newest(self) -> int:
        """Generation of card keys that cards get when they are written."""
        ...

    def access_list(
        self,
        to: Recipient,
        rights: Rights,
        cards: Mapping[int, SealedCard],
        heads: Sequence[ChainHead],
        dates: ListDates,
    ) -> SealedList:
        """Return a list, signed and sealed.

        A card whose stored number or id does not open is left out, and logged by its key.

        Raises:
            CustodyBroken: when no card opens: these are another installation's keys.
            ValueError: when the list is more than the wire allows; the text holds no card.
        """
        ...

    def command(self, to: Recipient, asked: AskedCommand, dates: CommandDates) -> bytes:
        """Return a command, signed and sealed.

        Raises:
            CustodyBroken: when the number or id of its card does not open.
            ValueError: when the command lacks what its kind needs.
        """
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the hub's signature over what says by itself what it is (`hub.domain.audit.Anchor.signed`)."""
        ...

    def new_id(self, uid_tag: bytes) -> bytes:
        """Return a new random credential id, sealed, for the card with a tag."""
        ...

    def open_offer(self, offer: str, kind: CardKind, command: str, space: str, device: str) -> OpenedOffer:
        """Open what a reader offered in answer to one command; whatever is wrong with it becomes its `problem`."""
        ...


class DeviceMail(Protocol):
    """What `jobs` says to devices; never raises."""

    def access(self, space: str, device: str, payload: bytes) -> None:
        """Publish a list, retained, as soon as there is a connection; an empty payload takes it from the broker."""
        ...

    def command(self, space: str, device: str, payload: bytes) -> None:
        """Publish a command, never retained; without a connection now it is dropped."""
        ...


class LedgerWord(NamedTuple):
    """What the ledger says of a card.

    Args:
        uid_tag: hex.
        what: `blocked`, `unblocked` or `retired`.
        changed_us: when the card's state changed.
    """

    space: str
    uid_tag: str
    what: str
    changed_us: int


class Ledger(Protocol):
    """What must not come back with an old backup: an append-only file outside the database."""

    def words(self) -> Mapping[tuple[str, str], LedgerWord]:
        """Return the last word on each card, by (space id, tag)."""
        ...

    def append(self, words: Sequence[LedgerWord]) -> None:
        """Add words, durably.

        Raises:
            OSError: when they can't be written; none of them counts then.
        """
        ...


class ErasedLedger(Protocol):
    """The part of the ledger that knows who was erased."""

    def erased(self) -> Mapping[str, int]:
        """Return the words of erased persons, and when; raises `OSError` when they can't be read."""
        ...

    def append_erased(self, erased: Mapping[str, int]) -> None:
        """Add the words of erased persons, durably; raises `OSError` when they can't be written."""
        ...


class Due(NamedTuple):
    """A device whose list must be looked at.

    Args:
        is_gone: whether it is trusted no more, so that its list must go.
    """

    device_pk: int
    space: str
    device: str
    is_gone: bool
    wanted: int


class ListedDevice(NamedTuple):
    """A trusted device and how far its list is; see `hub.storage.access_tables.AccessStateRow`."""

    pk: int
    to: Recipient
    wanted: int
    version: int
    applied: int
    digest: bytes
    valid_until_us: int


@dataclass(frozen=True, slots=True)
class SpaceLook:
    """One consistent look at all that a space's lists are made of.

    Args:
        land, catholic: of its town.
        states: of cards, by key: what rights and ledger need.
        cards: the same cards, sealed.
        devices: trusted ones, by id.
        heads: of the chains that its controller may see.
        admission: whom it lets in.
        passes: that may be valid today or later, and what is used of them.
    """

    space: Space
    land: str
    catholic: bool
    rules: SpaceAccess
    members: Sequence[Member]
    states: Sequence[CardFacts]
    cards: Mapping[int, SealedCard]
    devices: Mapping[str, ListedDevice]
    heads: Sequence[ChainHead]
    admission: Admission = EVERYONE
    passes: PassFacts = NO_FACTS


class Compiled(NamedTuple):
    """A list that was made, to be stored before it is published."""

    device: ListedDevice
    dates: ListDates
    digest: bytes
    sealed: SealedList


class AccessLists(Protocol):
    """How far devices' lists are; every method raises `StoreUnavailable` when the database can't be used now."""

    def due(self, stale_us: int | None) -> Sequence[Due]:
        """Return devices whose rights changed.

        Args:
            stale_us: also those whose list was issued before, or must go; None for the changed ones only.
        """
        ...

    def look(self, space: str, now_us: int) -> SpaceLook | None:
        """Return what a space's lists are made of; None when it is there no more."""
        ...

    def spaces(self) -> Sequence[str]:
        """Return the ids of spaces that have a card."""
        ...

    def store(self, made: Compiled) -> bool:
        """Store a list with its look-up values; false, and nothing stored, when another one was stored meanwhile."""
        ...

    def note_same(self, device_pk: int, wanted: int) -> None:
        """Note that the list of a device says what the database said at `wanted`."""
        ...

    def take_away(self, device_pk: int, wanted: int) -> None:
        """Note that a device that is gone has no list any more."""
        ...

    def unconfirmed(self) -> Iterable[tuple[str, str, bytes]]:
        """Give (space, device, list) of devices that have not said that they apply theirs; empty for those gone."""
        ...

    def block_again(self, space: str, words: Mapping[int, LedgerWord], now_us: int) -> None:
        """Give cards the state that the ledger has for them, with an entry in the host chain for each."""
        ...


class CommandQueue(Protocol):
    """Commands on their way; every method raises `StoreUnavailable` when the database can't be used now."""

    def asked(self) -> Sequence[AskedCommand]:
        """Return the commands that are not sent, in the order in which they were asked for."""
        ...

    def note_sent(self, command: str, now_us: int, generation: int, new_id: bytes | None) -> bool:
        """Note that a command is being sent: from now on it never is again. False when it was not to be sent any more.

        Args:
            generation: of the keys that it writes; 0 for another kind.
            new_id: sealed id that its card gets; None when it has one.
        """
        ...

    def give_up(self, command: str, outcome: str) -> None:
        """End a command that can't be sent, and its order."""
        ...

    def expire(self, now_us: int) -> int:
        """End commands that nobody answered in time; return how many."""
        ...


class WaitingOffer(NamedTuple):
    """A card that a reader offered; `card` is that of its order, if it has one."""

    command: str
    space: str
    device: str
    kind: CardKind
    offer: str
    label: str
    member: int | None
    card: int | None


class KnownCard(NamedTuple):
    """A card of the same number that the space has already."""

    pk: int
    state: CardState


class OfferUnit(Protocol):
    """One transaction on one offer, rolled back unless committed."""

    def is_waiting(self, command: str) -> bool:
        """Say whether the offer still waits; its order is locked until the end."""
        ...

    def known(self, space: str, uid_tag: bytes) -> KnownCard | None:
        """Return the card of a number, or None."""
        ...

    def add_card(self, offer: WaitingOffer, opened: OpenedOffer, state: CardState, now_us: int) -> int:
        """Add a card; return its key. One that another space has keeps the id that is on it."""
        ...

    def adopt(self, offer: WaitingOffer, card: int) -> None:
        """Give a card that was never personalised the label, member and kind of its new order."""
        ...

    def finish(self, offer: WaitingOffer, card: int | None, problem: str, now_us: int) -> None:
        """End the order, wipe the offer, log it in the host chain."""
        ...

    def want_lists(self, space: str) -> None:
        """Have the space's lists made anew."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class Offers(Protocol):
    """Cards that readers offered."""

    def waiting(self) -> Sequence[WaitingOffer]:
        """Return those that are not opened yet."""
        ...

    def writing(self) -> AbstractContextManager[OfferUnit]:
        """Begin a transaction."""
        ...


class Work(NamedTuple):
    """What there is to do now."""

    lists: bool
    commands: bool
    offers: bool


class WorkLook(Protocol):
    """A cheap look at whether there is anything to do."""

    def work(self) -> Work:
        """Return what there is; raises `StoreUnavailable` when the database can't say now."""
        ...


class TrustedDevice(NamedTuple):
    """A device that was given trust, for the operator.

    Args:
        version, applied: of the list that was published, and that the device has.
        is_pending: whether rights changed that have not reached it.
        heard_us: when it was heard last; 0 for never.
    """

    space: str
    device: str
    generation: int
    added_us: int
    revoked_us: int | None
    version: int
    applied: int
    is_pending: bool
    heard_us: int


class DeviceTrusts(Protocol):
    """Which devices are trusted; every method is a transaction of its own."""

    def check(self, space: str, device: str) -> bool:
        """Return whether a device is trusted now.

        Raises:
            RuleRefused: when no site file has it.
        """
        ...

    def add(self, space: str, device: str, sealing_key: bytes, now_us: int) -> int:
        """Trust a device with a key, in place of any earlier one; return the generation of its trust."""
        ...

    def revoke(self, space: str, device: str, reason: str, now_us: int) -> Sequence[str]:
        """Trust a device no more; return the labels of the cards whose keys were on it, which need new ones."""
        ...

    def devices(self) -> Sequence[TrustedDevice]:
        """Return all that ever were trusted, by space and device."""
        ...

    def want_new_keys(self, newest: int, now_us: int) -> int:
        """Note that there is a newer generation of card keys; return how many cards have an older one."""
        ...
