"""The card master key of a DESFire card from the factory: 2K3DES, all zeros, to be replaced by an AES key of ours.

AuthenticateISO (0x1A) is used for this alone.
Sources: libfreefare (`authenticate`, `mifare_desfire_change_key`), and runs recorded with real cards, in the tests.
"""

import hmac
import secrets
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from device.cards.apdu import AUTHENTICATION_ERROR, MORE, Transmit, frame
from device.cards.ciphers import rotated_left
from device.cards.commands import CHANGE_KEY
from device.cards.errors import CardRefuses, NotAuthentic, ProtocolViolation, SessionOver
from device.cards.keys import KEY_VERSION, checksum
from wire.card_keys import KEY_BYTES, MASTER_KEY

_AUTHENTICATE_ISO: Final = 0x1A
_ANSWER: Final = 0xAF
_BLOCK: Final = 8
_ZERO_IV: Final = bytes(_BLOCK)
_CARD_KEY_IS_AES: Final = 0x80
_WITHOUT_PARITY: Final = 0xFE


class FactorySession:
    """An authenticated conversation with a card whose master key is 2K3DES; good for one change of that key.

    Args:
        transmit: to the card.
        session_key: 16 bytes.
    """

    def __init__(self, transmit: Transmit, session_key: bytes) -> None:
        self.session_key = session_key
        self._transmit = transmit
        self._is_over = False

    def __repr__(self) -> str:
        return "FactorySession()"

    def change_to_aes(self, new_key: bytes, *, version: int = KEY_VERSION) -> None:
        """Replace the card's master key by an AES key; the session ends.

        The answer proves nothing: authenticate with the new key.

        Args:
            new_key: 16 bytes.
            version: byte that the card keeps with the key.

        Raises:
            SessionOver: when it was used before.
            CardRefuses, ProtocolViolation: as the card answers.
            ValueError: when the key has another length.
        """
        if len(new_key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(new_key)}")
        self._change(MASTER_KEY | _CARD_KEY_IS_AES, new_key + bytes([version]))

    def _change(self, key_no: int, key_data: bytes) -> None:
        if self._is_over:
            raise SessionOver("this session failed or ended: authenticate anew")
        self._is_over = True
        head = bytes([CHANGE_KEY, key_no])
        plain = key_data + checksum(head + key_data)
        plain = plain.ljust(-(-len(plain) // _BLOCK) * _BLOCK, b"\x00")
        frame(self._transmit, CHANGE_KEY, bytes([key_no]) + _encrypt(self.session_key, plain, _ZERO_IV))


def authenticate_iso(
    transmit: Transmit, key: bytes = bytes(KEY_BYTES), rnd_a: bytes | None = None
) -> FactorySession:
    """Prove a 2K3DES card master key and have the card prove the same (AuthenticateISO, 0x1A).

    Unlike AuthenticateEV2, each step's IV is the last block of the step before.

    Args:
        transmit: to the card, with the card itself selected.
        key: 16 bytes; the factory's when not given.
        rnd_a: 8 bytes that replace our random number, for published values only.

    Raises:
        NotAuthentic: when the card has not this key, or does not prove it.
        CardRefuses: when it says no to something else than the key.
        ProtocolViolation: when its answers are malformed; also when its key is 3K3DES.
        ValueError: when key or rnd_a have another length.
    """
    rnd_a = secrets.token_bytes(_BLOCK) if rnd_a is None else rnd_a
    if len(key) != KEY_BYTES or len(rnd_a) != _BLOCK:
        raise ValueError(f"the key has {KEY_BYTES} bytes, the random number {_BLOCK}")
    try:
        challenge = frame(transmit, _AUTHENTICATE_ISO, bytes([MASTER_KEY]), then=MORE)
        if len(challenge) != _BLOCK:
            raise ProtocolViolation(f"a challenge of {len(challenge)} bytes is none")
        rnd_b = _decrypt(key, challenge, _ZERO_IV)
        token = _encrypt(key, rnd_a + rotated_left(rnd_b), challenge)
        answer = frame(transmit, _ANSWER, token)
    except CardRefuses as refused:
        if refused.status == AUTHENTICATION_ERROR:
            raise NotAuthentic("the card has not this key") from None
        raise
    if len(answer) != _BLOCK:
        raise ProtocolViolation(f"a proof of {len(answer)} bytes is none")
    if not hmac.compare_digest(_decrypt(key, answer, token[-_BLOCK:]), rotated_left(rnd_a)):
        raise NotAuthentic("the card does not prove the key: it handed back another random number")
    return FactorySession(transmit, _session_key(key, rnd_a, rnd_b))


def _session_key(key: bytes, rnd_a: bytes, rnd_b: bytes) -> bytes:
    """Return the session key; a key of two equal halves is single DES, and so is its session key."""
    first = rnd_a[:4] + rnd_b[:4]
    halves_differ = any((a ^ b) & _WITHOUT_PARITY for a, b in zip(key[:_BLOCK], key[_BLOCK:], strict=True))
    return first + (rnd_a[4:] + rnd_b[4:] if halves_differ else first)


def _cipher(key: bytes, iv: bytes) -> Cipher[CBC]:
    return Cipher(TripleDES(key + key[:_BLOCK]), CBC(iv))


def _encrypt(key: bytes, plain: bytes, iv: bytes) -> bytes:
    encryptor = _cipher(key, iv).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def _decrypt(key: bytes, secret: bytes, iv: bytes) -> bytes:
    decryptor = _cipher(key, iv).decryptor()
    return decryptor.update(secret) + decryptor.finalize()
