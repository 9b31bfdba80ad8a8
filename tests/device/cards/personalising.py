"""Orders for virtual cards, and what a door knows of them."""

import hashlib
from collections.abc import Callable

from device.cards.identify import Identified, KnownCard, identify, proof_of
from device.cards.personalise import Generation, Kind, Order
from tests.parts.native_card import NativeCard
from wire.card_keys import DESFIRE_KEY_NUMBERS, NTAG424_KEY_NUMBERS, READ_KEY, lookup

UID = bytes.fromhex("04A1B2C3D4E5F6")
LOOKUP_KEY = bytes(range(32))
CREDENTIAL = lookup(LOOKUP_KEY, UID)


def generation(kind: Kind, number: int) -> Generation:
    """Keys of a generation, each another one."""
    numbers = DESFIRE_KEY_NUMBERS if kind == "desfire" else NTAG424_KEY_NUMBERS
    keys = {key_no: _made("key", kind, number, key_no) for key_no in numbers}
    return Generation(keys, _made("card", kind, number) if kind == "desfire" else None)


def credential_id(number: int) -> bytes:
    """A credential id."""
    return _made("id", number)


def order(kind: Kind, number: int = 1, *, old: tuple[int, ...] = (), uid: bytes = UID) -> Order:
    """An order for keys and id of a generation, naming older ones."""
    return Order(
        uid,
        kind,
        credential_id(number),
        generation(kind, number),
        tuple(generation(kind, one) for one in old),
    )


def known(kind: Kind, number: int = 1) -> KnownCard:
    """What a door's list says of a card of a generation."""
    return KnownCard(
        CREDENTIAL,
        kind,
        key=generation(kind, number).keys[READ_KEY],
        proof=proof_of(LOOKUP_KEY, credential_id(number)),
    )


def at_door(transmit: Callable[[bytes], bytes], card: KnownCard | None) -> Identified:
    """Show a card to a door whose list says this of it."""
    return identify(transmit, lambda _uid: card, lookup_key=LOOKUP_KEY)


def content(card: NativeCard) -> bytes:
    """The credential id on a virtual card, past all keys; nothing while it has no file for one."""
    files = [
        file
        for application in card.all_applications().values()
        for file in application.files.values()
        if file.option & 3 == 3
    ]
    return bytes(files[0].data[:16]) if files else b""


def _made(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()[:16]
