"""The hub's keys, and all that is made with them; only `jobs` and the commands `keys` and `device` load them.

Nothing here shows a key: not `repr`, not an error's text, not a pickle. What leaves is public, sealed, diversified for
one card, or a look-up value.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final, NoReturn, Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wire.card_keys import (
    DESFIRE_APPLICATION,
    DESFIRE_KEY_NUMBERS,
    MASTER_KEY,
    NTAG424_APPLICATION,
    NTAG424_KEY_NUMBERS,
    PICC_APPLICATION,
    READ_KEY,
    SYSTEM_ID_BYTES,
    card_key_message,
    diversify_aes128,
)

SECRET_BYTES: Final = 32
MASTER_BYTES: Final = 16
MAX_GENERATIONS: Final = 9
"""Of master keys: a card is told the newest and at most eight earlier ones (`wire.access.WriteCard`)."""

_NONCE_BYTES: Final = 12
_TAG: Final = b"ankerort/custody/uid-tag"
_LOOKUP: Final = b"ankerort/custody/lookup\x00"
_UID: Final = b"ankerort/custody/uid\x00"
_ID: Final = b"ankerort/custody/credential-id\x00"
_BACKUP: Final = b"ankerort/custody/backup"
_APPLICATIONS: Final = {
    "desfire": (DESFIRE_APPLICATION, DESFIRE_KEY_NUMBERS),
    "ntag424": (NTAG424_APPLICATION, NTAG424_KEY_NUMBERS),
}


class NotOurs(Exception):
    """A stored number or id does not open: another hub's database, other keys, or a hand in it."""


class Keys:
    """All keys of an installation.

    Args:
        signing, sealing, custody: 32 bytes each: Ed25519, X25519, and what card numbers are encrypted under.
        system_id: 6 bytes that tell this installation's cards from another's.
        masters: generation, from 1, to master key of cards, 16 bytes.

    Raises:
        ValueError: when one has another length; the text does not hold it.
    """

    __slots__ = ("_custody", "_gcm", "_masters", "_sealing", "_signing", "_tag_key", "system_id")

    def __init__(
        self,
        *,
        signing: bytes,
        sealing: bytes,
        custody: bytes,
        system_id: bytes,
        masters: Mapping[int, bytes],
    ) -> None:
        if any(len(secret) != SECRET_BYTES for secret in (signing, sealing, custody)):
            raise ValueError("a key has not the length of a key")
        if len(system_id) != SYSTEM_ID_BYTES or any(len(key) != MASTER_BYTES for key in masters.values()):
            raise ValueError("the system id or a master key has not its length")
        if sorted(masters) != list(range(1, len(masters) + 1)) or not masters:
            raise ValueError("generations of master keys are 1, 2, … without a gap")
        self._signing, self._sealing, self._custody = signing, sealing, custody
        self.system_id, self._masters = system_id, dict(masters)
        self._gcm = AESGCM(custody)
        self._tag_key = self._derived(_TAG)

    @classmethod
    def new(cls) -> Self:
        """Make the keys of a new installation."""
        return cls(
            signing=secrets.token_bytes(SECRET_BYTES),
            sealing=secrets.token_bytes(SECRET_BYTES),
            custody=secrets.token_bytes(SECRET_BYTES),
            system_id=secrets.token_bytes(SYSTEM_ID_BYTES),
            masters={1: secrets.token_bytes(MASTER_BYTES)},
        )

    def rotated(self) -> Self:
        """Return the same keys with a further generation of the master key.

        Raises:
            ValueError: when there are `MAX_GENERATIONS` already.
        """
        if self.newest >= MAX_GENERATIONS:
            raise ValueError(f"there are {MAX_GENERATIONS} generations already: a card can't be told more")
        masters = {**self._masters, self.newest + 1: secrets.token_bytes(MASTER_BYTES)}
        return type(self)(
            signing=self._signing,
            sealing=self._sealing,
            custody=self._custody,
            system_id=self.system_id,
            masters=masters,
        )

    def raw(self) -> tuple[bytes, bytes, bytes, dict[int, bytes]]:
        """Return signing, sealing, custody and master keys: for the key file and the recovery sheet alone."""
        return self._signing, self._sealing, self._custody, dict(self._masters)

    # -- signing and sealing ------------------------------------------------------------------------------------------

    @property
    def signing_key(self) -> Ed25519PrivateKey:
        """What lists, commands and anchors are signed with."""
        return Ed25519PrivateKey.from_private_bytes(self._signing)

    @property
    def verify_key(self) -> Ed25519PublicKey:
        """What devices check signatures with."""
        return self.signing_key.public_key()

    @property
    def opening_key(self) -> X25519PrivateKey:
        """What opens what readers seal to the hub."""
        return X25519PrivateKey.from_private_bytes(self._sealing)

    @property
    def sealing_key(self) -> X25519PublicKey:
        """What readers seal to the hub with."""
        return self.opening_key.public_key()

    def sign(self, data: bytes) -> bytes:
        """Return the hub's signature; `data` says by itself what it is (`hub.domain.audit.Anchor.signed`)."""
        return self.signing_key.sign(data)

    def is_signed(self, data: bytes, signature: bytes) -> bool:
        """Say whether a signature is the hub's."""
        try:
            self.verify_key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def fingerprints(self) -> dict[str, str]:
        """Return the public keys' fingerprints, to be compared by eye: first 16 bytes of SHA-256, in hex."""
        public = {
            "signing": self.verify_key.public_bytes_raw(),
            "sealing": self.sealing_key.public_bytes_raw(),
        }
        return {name: hashlib.sha256(key).digest()[:16].hex(" ", 2) for name, key in public.items()}

    # -- card numbers and ids in the database -------------------------------------------------------------------------

    def uid_tag(self, uid: bytes) -> bytes:
        """Return by what two cards are told apart in the database, 32 bytes."""
        return hmac.new(self._tag_key, uid, hashlib.sha256).digest()

    def seal_uid(self, uid: bytes) -> bytes:
        """Encrypt a card's number."""
        return self._seal(uid, _UID)

    def open_uid(self, sealed: bytes) -> bytes:
        """Decrypt a card's number.

        Raises:
            NotOurs: when it does not open.
        """
        return self._open(sealed, _UID)

    def seal_id(self, credential_id: bytes, uid_tag: bytes) -> bytes:
        """Encrypt the credential id of the card with a tag; it does not open as another card's."""
        return self._seal(credential_id, _ID + uid_tag)

    def open_id(self, sealed: bytes, uid_tag: bytes) -> bytes:
        """Decrypt the credential id of the card with a tag.

        Raises:
            NotOurs: when it does not open.
        """
        return self._open(sealed, _ID + uid_tag)

    def _seal(self, data: bytes, context: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._gcm.encrypt(nonce, data, context)

    def _open(self, sealed: bytes, context: bytes) -> bytes:
        try:
            return self._gcm.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise NotOurs("a card's number or id does not open with the hub's custody key") from None

    def backup_secret(self) -> bytes:
        """Return what backups are encrypted with, 32 bytes; it stays when card keys are rotated."""
        return self._derived(_BACKUP)

    # -- keys of cards and devices ------------------------------------------------------------------------------------

    @property
    def newest(self) -> int:
        """Generation that cards get when they are written."""
        return max(self._masters)

    def lookup_key(self, space: str, device: str, generation: int) -> bytes:
        """Return under what a device's list looks cards up; another one for each device and each trust given to it."""
        return self._derived(_LOOKUP + f"{space}/{device}/{generation}".encode("ascii"))

    def read_key(self, uid: bytes, kind: str, generation: int) -> bytes:
        """Return a card's own read key, which doors are told.

        Args:
            kind: `desfire` or `ntag424`.
            generation: that is on the card.

        Raises:
            KeyError: when there is no such kind or generation.
        """
        return self._card_key(uid, _APPLICATIONS[kind][0], READ_KEY, generation)

    def card_keys(self, uid: bytes, kind: str, generation: int) -> tuple[bytes, list[bytes]]:
        """Return all keys of a card for the reader that writes them: its own (DESFire, else empty), and ours."""
        application, numbers = _APPLICATIONS[kind]
        picc = self._card_key(uid, PICC_APPLICATION, MASTER_KEY, generation) if kind == "desfire" else b""
        return picc, [self._card_key(uid, application, number, generation) for number in numbers]

    def _card_key(self, uid: bytes, application: bytes, number: int, generation: int) -> bytes:
        message = card_key_message(uid, application, self.system_id, number)
        return diversify_aes128(self._masters[generation], message)

    def _derived(self, info: bytes) -> bytes:
        return HKDF(SHA256(), SECRET_BYTES, salt=None, info=info).derive(self._custody)

    # -- nothing shows them -------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return "Keys(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not pickled or copied: they would be readable wherever that ends up")
