"""The unique id of any card, and the look-up value made of it.

A UID proves nothing (any phone can show a copy of it): a comfort class, for sensing who sat down, never for a lock.
"""

from typing import Final

from device.cards.apdu import Transmit
from device.cards.errors import CardUnusable
from wire.card_keys import lookup
from wire.identifiers import CredentialId

__all__ = ["GET_UID", "CardUnusable", "credential_of", "read_uid"]

GET_UID: Final = bytes.fromhex("FFCA000000")
"""Asks the reader for the card's UID (PC/SC part 3, section 3.2.2.1.3, Get Data)."""

_DONE: Final = b"\x90\x00"
# ISO/IEC 14443-3 has single, double and triple size; 8 is ISO/IEC 15693 and FeliCa.
_SIZES: Final = frozenset({4, 7, 8, 10})
# ISO/IEC 14443-3, table of single size UIDs: the card makes a new one each time it comes into the field.
_RANDOM_FIRST_BYTE: Final = 0x08


def read_uid(transmit: Transmit) -> bytes:
    """Read a card's UID.

    Args:
        transmit: to the reader and its card.

    Returns:
        4, 7, 8 or 10 bytes.

    Raises:
        CardUnusable: `unreadable` when the answer is none or has another length, `random_id` when the card makes a
            new id each time.
    """
    answer = transmit(GET_UID)
    uid, status = answer[:-2], answer[-2:]
    if status != _DONE or len(uid) not in _SIZES or not any(uid):
        raise CardUnusable("unreadable")
    if len(uid) == 4 and uid[0] == _RANDOM_FIRST_BYTE:
        raise CardUnusable("random_id")
    return uid


def credential_of(key: bytes, uid: bytes) -> CredentialId:
    """Return a card's look-up value: HMAC-SHA-256 (RFC 2104) of its UID.

    Args:
        key: the device's card key, 32 bytes.
        uid: as `read_uid` gives it.
    """
    return lookup(key, uid)
