"""Which keys a card has, what they are made of, and where its credential id lies.

The hub makes a card's keys from its master key (which never leaves it), the host's device writes them on the card, and
doors are told the read key alone. NXP AN10922 section 2.2 is the diversification; `reference/cards.md` says which
message we give it and why.
"""

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from wire.identifiers import CredentialId

KEY_BYTES: Final = 16
UID_BYTES: Final = 7
CREDENTIAL_ID_BYTES: Final = 16
"""Of the random number that a card holds, and that is its owner's credential."""
SYSTEM_ID_BYTES: Final = 6
"""Of the random number that tells one installation's keys from another's."""
APPLICATION_BYTES: Final = 3

MASTER_KEY: Final = 0
"""Number of the key that may change keys and files; the card's issuer, at most, has it."""
READ_KEY: Final = 1
"""Number of the key that reads the credential id; doors have it."""
WRITE_KEY: Final = 2
"""Number of the key that writes the credential id."""
SUN_META_KEY: Final = 3
"""NTAG 424: number of the key that encrypts UID and counter in the card's web address."""
SUN_FILE_KEY: Final = 4
"""NTAG 424: number of the key under the MAC in the card's web address."""

PICC_APPLICATION: Final = bytes(3)
"""The DESFire card itself, whose only key is number 0."""
DESFIRE_APPLICATION: Final = b"ANK"
"""Our application on a DESFire card, as it is sent (least significant byte first) and as it stands in key messages."""
DESFIRE_FILE: Final = 1
"""Number of the file with the credential id, `CREDENTIAL_ID_BYTES` long."""
DESFIRE_KEY_NUMBERS: Final = (MASTER_KEY, READ_KEY, WRITE_KEY)

NTAG424_DF_NAME: Final = bytes.fromhex("D2760000850101")
"""ISO name of the only application of an NTAG 424 DNA."""
NTAG424_APPLICATION: Final = b"AN4"
"""Stands for it in key messages: an NTAG has no application number."""
NTAG424_FILE: Final = 3
"""Number of its proprietary file; the credential id is at its beginning."""
NTAG424_KEY_NUMBERS: Final = (MASTER_KEY, READ_KEY, WRITE_KEY, SUN_META_KEY, SUN_FILE_KEY)

_BLOCK: Final = 16
_MAX_MESSAGE: Final = 2 * _BLOCK - 1
_AES_128: Final = b"\x01"


def diversify_aes128(master_key: bytes, message: bytes) -> bytes:
    """Return one card's own key (AN10922, section 2.2: AES-128).

    For messages of 16 bytes and more this is CMAC(key, 01 || message); for shorter ones it is not, as they are padded
    to two blocks all the same.

    Args:
        master_key: 16 bytes.
        message: 1 to 31 bytes, different for each card and key: see `card_key_message`.

    Returns:
        16 bytes.

    Raises:
        ValueError: when either has another length; the text does not hold them.
    """
    if len(master_key) != KEY_BYTES:
        raise ValueError(f"a master key has {KEY_BYTES} bytes, not {len(master_key)}")
    if not 1 <= len(message) <= _MAX_MESSAGE:
        raise ValueError(f"a diversification message has 1 to {_MAX_MESSAGE} bytes, not {len(message)}")
    subkey_1, subkey_2 = _subkeys(master_key)
    data = _AES_128 + message
    subkey = subkey_1
    if len(data) < 2 * _BLOCK:
        data = (data + b"\x80").ljust(2 * _BLOCK, b"\x00")
        subkey = subkey_2
    last = bytes(a ^ b for a, b in zip(data[_BLOCK:], subkey, strict=True))
    return _encrypt_cbc(master_key, data[:_BLOCK] + last)[-_BLOCK:]


def card_key_message(uid: bytes, application: bytes, system_id: bytes, key_no: int) -> bytes:
    """Return what a card's key is made of: UID || application || system id || key number, 17 bytes.

    AN10922 section 2.1 recommends these parts; the number gives each key of a card a value of its own.

    Args:
        uid: 7 bytes.
        application: `PICC_APPLICATION`, `DESFIRE_APPLICATION` or `NTAG424_APPLICATION`.
        system_id: 6 bytes, random, one for an installation.
        key_no: 0 to 13.

    Raises:
        ValueError: when a part has another length or the number is out of range; the text does not hold them.
    """
    for part, size, name in (
        (uid, UID_BYTES, "UID"),
        (application, APPLICATION_BYTES, "application id"),
        (system_id, SYSTEM_ID_BYTES, "system id"),
    ):
        if len(part) != size:
            raise ValueError(f"the {name} in a key message has {size} bytes, not {len(part)}")
    if not 0 <= key_no <= 13:
        raise ValueError(f"key number {key_no} is not 0 to 13")
    return uid + application + system_id + bytes([key_no])


def lookup(key: bytes, value: bytes) -> CredentialId:
    """Return a look-up value: HMAC-SHA-256 (RFC 2104) of a UID or a credential id.

    Args:
        key: look-up key of a device's list, 32 bytes.
        value: a UID, or the credential id that a card holds.
    """
    return CredentialId(hmac.new(key, value, hashlib.sha256).hexdigest())


def _subkeys(key: bytes) -> tuple[bytes, bytes]:
    """Return K1 and K2 (NIST SP 800-38B section 6.1, AN10922 section 2.2.1)."""
    first = _doubled(_encrypt_cbc(key, bytes(_BLOCK)))
    return first, _doubled(first)


def _doubled(block: bytes) -> bytes:
    """Return a block times x in the field of CMAC's polynomial."""
    number = int.from_bytes(block, "big") << 1
    if number >> 128:
        number ^= (1 << 128) | 0x87
    return number.to_bytes(_BLOCK, "big")


def _encrypt_cbc(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(bytes(_BLOCK))).encryptor()
    return encryptor.update(data) + encryptor.finalize()
