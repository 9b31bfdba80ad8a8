"""Making a card one of ours: our keys on every number, then the credential id. A card may be pulled away at any time.

Every step looks at what is there and goes on from it, so the same order, given again, finishes what was begun. The
steps are in this order so that a half-done card is never more than it was:

1. Look, and change nothing: is it the card that was meant, is it of the kind, is there a key of ours or the factory's?
2. DESFire: the card's master key, then our application (its keys are the factory's for a moment, and it holds nothing).
3. All keys but 0, then key 0: each from whatever generation it has to the new one.
4. DESFire: the file. NTAG 424: the rights of its file. Now only our new keys reach it.
5. The credential id, written with the new write key. Until then a door that knows the new keys finds an old id or none,
   whose proof is wrong; a door that knows the old keys is refused by the card.
6. Prove that every key is the new one, and read the id back.

The factory's keys are known to everybody: whoever records the radio field while a new card is personalised learns its
new keys. Personalise where nobody can, within a few centimetres of a reader in a closed room.
"""

import hmac
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from device.cards import desfire, ntag424
from device.cards.apdu import Transmit
from device.cards.commands import SETTINGS, change_key, read_credential_id, write_credential_id
from device.cards.errors import CannotPersonalise, CardRefuses, NotAuthentic, ProtocolViolation
from device.cards.factory_key import authenticate_iso
from device.cards.keys import DEFAULT_KEY, check_key
from device.cards.secure_messaging import Session, authenticate_ev2_first
from device.cards.uid import read_uid
from device.cards.version import get_version
from wire.card_keys import (
    CREDENTIAL_ID_BYTES,
    DESFIRE_FILE,
    DESFIRE_KEY_NUMBERS,
    KEY_BYTES,
    MASTER_KEY,
    NTAG424_FILE,
    NTAG424_KEY_NUMBERS,
    READ_KEY,
    UID_BYTES,
    WRITE_KEY,
)

Kind = Literal["desfire", "ntag424"]

_KEY_NUMBERS: Final[Mapping[Kind, tuple[int, ...]]] = {
    "desfire": DESFIRE_KEY_NUMBERS,
    "ntag424": NTAG424_KEY_NUMBERS,
}
# What a card says to a key of another type or number than it has: not this key, and no fault.
_NOT_THIS_KEY: Final = frozenset({0x911C, 0x9140, 0x917E, 0x919D, 0x919E})


@dataclass(frozen=True, slots=True)
class Generation:
    """One set of keys of a card; `repr` shows none.

    Args:
        keys: by number: 0 to 2 for DESFire, 0 to 4 for NTAG 424; 16 bytes each.
        card_key: the DESFire card's own master key, 16 bytes; None for NTAG 424.
    """

    keys: Mapping[int, bytes] = field(repr=False)
    card_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """What a card shall become; `repr` shows its kind alone.

    Args:
        uid: of the only card that is meant, 7 bytes.
        kind: of card.
        credential_id: what it shall hold, 16 bytes.
        new: keys that it shall have.
        old_generations: older keys of ours that it may have, the most probable first.

    Raises:
        ValueError: when a length is wrong, a new key is missing or the factory's; the text holds none of them.
    """

    uid: bytes = field(repr=False)
    kind: Kind
    credential_id: bytes = field(repr=False)
    new: Generation = field(repr=False)
    old_generations: tuple[Generation, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if len(self.uid) != UID_BYTES:
            raise ValueError(f"a card that can have keys has a UID of {UID_BYTES} bytes, not {len(self.uid)}")
        if len(self.credential_id) != CREDENTIAL_ID_BYTES:
            raise ValueError(
                f"a credential id has {CREDENTIAL_ID_BYTES} bytes, not {len(self.credential_id)}"
            )
        if self.kind not in _KEY_NUMBERS:
            raise ValueError(f"a {self.kind} card takes no keys")
        numbers = _KEY_NUMBERS[self.kind]
        if sorted(self.new.keys) != list(numbers):
            raise ValueError(f"a {self.kind} card needs keys {', '.join(map(str, numbers))}")
        for number in numbers:
            check_key(self.new.keys[number], f"key {number}")
        if self.kind == "desfire":
            check_key(self.new.card_key or b"", "the card's master key")
        for old in self.old_generations:
            if any(len(key) != KEY_BYTES for key in (*old.keys.values(), old.card_key) if key is not None):
                raise ValueError(f"an older key has not {KEY_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class Personalised:
    """A card that is complete, proven by reading it.

    Args:
        kind: of card.
        changed: whether anything had to be done; False when it was complete before.
    """

    kind: Kind
    changed: bool


def personalise(transmit: Transmit, order: Order) -> Personalised:
    """Make the card on the reader what an order says; given again, an interrupted order is finished.

    Args:
        transmit: to the reader and its card; what it raises (the card is gone) passes through.
        order: which card, and what it shall become.

    Returns:
        Only when each key is the new one (DESFire: the card's own master key too) and the id was read back.

    Raises:
        CardUnusable: when the UID is random or can't be read.
        CannotPersonalise: `wrong_card`, `wrong_kind`, `too_old`, `foreign`, `no_space` or `file_differs`.
        NotAuthentic, CardRefuses, ProtocolViolation: when the card does not answer as it must; give the order again.
    """
    if read_uid(transmit) != order.uid:
        raise CannotPersonalise("wrong_card")
    work = _Desfire(transmit, order) if order.kind == "desfire" else _Ntag424(transmit, order)
    work.run()
    return Personalised(order.kind, changed=work.changed)


class _Work(ABC):
    """The steps that both kinds have alike, on their selected application."""

    file_no: int

    def __init__(self, transmit: Transmit, order: Order) -> None:
        self.transmit = transmit
        self.order = order
        self.changed = False
        # What it may be: new, from the factory, ours from before; whichever fits is tried first for the next key.
        self._generations = [
            order.new,
            Generation(dict.fromkeys(_KEY_NUMBERS[order.kind], DEFAULT_KEY), DEFAULT_KEY),
            *order.old_generations,
        ]

    @abstractmethod
    def run(self) -> None: ...

    @abstractmethod
    def select(self) -> None: ...

    def session(self, key_no: int) -> Session:
        """Authenticate with the new key of a number."""
        return authenticate_ev2_first(self.transmit, key_no, self.order.new.keys[key_no])

    def rekey(self) -> None:
        """Change every key to the new one, key 0 last."""
        numbers = _KEY_NUMBERS[self.order.kind]
        master = self.current_key(MASTER_KEY)
        for number in (*(number for number in numbers if number != MASTER_KEY), MASTER_KEY):
            current = master if number == MASTER_KEY else self.current_key(number)
            if current != self.order.new.keys[number]:
                session = authenticate_ev2_first(self.transmit, MASTER_KEY, master)
                change_key(session, number, self.order.new.keys[number], current)
                self.changed = True

    def write_id(self) -> None:
        """Write the credential id unless it is there."""
        if not self.holds_id():
            write_credential_id(self.session(WRITE_KEY), self.file_no, self.order.credential_id)
            self.changed = True

    def verify(self) -> None:
        """Prove each key and the id."""
        for number in _KEY_NUMBERS[self.order.kind]:
            self.session(number)
        if not self.holds_id():
            raise ProtocolViolation("the card does not hold what was written: give the order again")

    def holds_id(self) -> bool:
        there = read_credential_id(self.session(READ_KEY), self.file_no)
        return hmac.compare_digest(there, self.order.credential_id)

    def current_key(self, key_no: int) -> bytes:
        """Return the key that a number has now.

        Raises:
            CannotPersonalise: `foreign` when it is none that we know.
        """
        return self.first_that_works(key_no, lambda generation: generation.keys.get(key_no))

    def first_that_works(self, key_no: int, part: Callable[[Generation], bytes | None]) -> bytes:
        for key, generation in self._candidates(part):
            if self._works(key_no, key):
                self._generations.remove(generation)
                self._generations.insert(0, generation)
                return key
        raise CannotPersonalise("foreign")

    def _candidates(self, part: Callable[[Generation], bytes | None]) -> Iterator[tuple[bytes, Generation]]:
        tried = set()
        for generation in tuple(self._generations):
            key = part(generation)
            if key is not None and key not in tried:
                tried.add(key)
                yield key, generation

    def _works(self, key_no: int, key: bytes) -> bool:
        try:
            authenticate_ev2_first(self.transmit, key_no, key)
        except NotAuthentic:
            return False
        except CardRefuses as refused:
            if refused.status in _NOT_THIS_KEY:
                return False
            raise
        return True


class _Desfire(_Work):
    file_no = DESFIRE_FILE

    def run(self) -> None:
        desfire.check_model(get_version(self.transmit), self.order.uid)
        has_application = self._has_application()
        if has_application:
            # Somebody else's application under our number: leave the card alone.
            self.current_key(MASTER_KEY)
        desfire.select_card(self.transmit)
        self._take_card()
        if not has_application:
            desfire.create_application(self._card_session())
            self.changed = True
        self.select()
        self.rekey()
        self.prepare_file()
        self.write_id()
        self.verify()
        desfire.select_card(self.transmit)
        self._card_session()

    def select(self) -> None:
        desfire.select_application(self.transmit)

    def prepare_file(self) -> None:
        session = self.session(MASTER_KEY)
        if not desfire.has_file(session):
            desfire.create_file(session)
            self.changed = True
        elif not desfire.settings_hold(session):
            desfire.change_file_settings(session, self.file_no, SETTINGS)
            self.changed = True

    def _has_application(self) -> bool:
        try:
            self.select()
        except CardRefuses as refused:
            if refused.status == desfire.APPLICATION_NOT_FOUND:
                return False
            raise
        return True

    def _take_card(self) -> None:
        """Make the card's own master key ours."""
        new = self._new_card_key()
        try:
            current = self.first_that_works(MASTER_KEY, lambda generation: generation.card_key)
        except CannotPersonalise:
            self._take_factory_card()
            return
        if current != new:
            session = authenticate_ev2_first(self.transmit, MASTER_KEY, current)
            change_key(session, MASTER_KEY, new, of_card=True)
            self.changed = True

    def _take_factory_card(self) -> None:
        try:
            session = authenticate_iso(self.transmit)
        except (NotAuthentic, CardRefuses):
            raise CannotPersonalise("foreign") from None
        session.change_to_aes(self._new_card_key())
        self.changed = True

    def _card_session(self) -> Session:
        return authenticate_ev2_first(self.transmit, MASTER_KEY, self._new_card_key())

    def _new_card_key(self) -> bytes:
        return self.order.new.card_key or b""


class _Ntag424(_Work):
    file_no = NTAG424_FILE

    def run(self) -> None:
        try:
            self.select()
        except CardRefuses:
            raise CannotPersonalise("wrong_kind") from None
        ntag424.check_model(get_version(self.transmit), self.order.uid)
        self.rekey()
        self.prepare_file()
        self.write_id()
        self.verify()

    def select(self) -> None:
        ntag424.select(self.transmit)

    def prepare_file(self) -> None:
        session = self.session(MASTER_KEY)
        if not ntag424.settings_hold(session):
            ntag424.change_file_settings(session, self.file_no, SETTINGS)
            self.changed = True
