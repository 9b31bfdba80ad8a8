"""Signed and sealed messages: readable header, body for one device's eyes, both under the hub's signature.

The body is sealed with HPKE (RFC 9180, base mode: X25519, HKDF-SHA256, ChaCha20-Poly1305, which needs no AES
hardware: a Pi Zero 2 W, 3 or 4 has none) to the key that the device got at provisioning. HPKE's `info` holds
the header's exact text: a body does not open under another header. Ed25519 (RFC 8032) signs header and sealed
body, lengths in front. Whether a message is expired, repeated or older than the last one is for whoever
applies it.
"""

import base64
import binascii
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from msgspec import Struct

from wire.codec import MAX_BYTES, encode
from wire.errors import InvalidIdentifier, NotAuthentic
from wire.fields import Seq, WallUs
from wire.identifiers import Id, check_id
from wire.messages import Sealed
from wire.topics import ACCESS, COMMAND, Channel

SIGNATURE_DOMAIN: Final = b"ankerort/v1/sealed/signature\x00"
SEAL_DOMAIN: Final = b"ankerort/v1/sealed/body\x00"
OFFER_DOMAIN: Final = b"ankerort/v1/offer\x00"
"""What all three begin with, so that none of them means anything in another place or version."""

MAX_BODY_BYTES: Final = 234 * 1024 - 64
"""Of a body before it is sealed; sealed and in base64 it stays under the limit of `Sealed.body`."""

Purpose = Literal["access", "command"]
CHANNEL_OF: Final[dict[str, Channel]] = {"access": ACCESS, "command": COMMAND}
"""Which channel a message of each purpose travels on."""


class SealedHeader(Struct, frozen=True, kw_only=True):
    """The readable part of a sealed message.

    Args:
        purpose: what the body is.
        space: space of the only device that it is for.
        device: that device.
        version: of the list, or the command's rising number.
        issued_us: when the hub signed it.
        valid_until_us: when it is void; the first moment that is outside.
    """

    purpose: Purpose
    space: Id
    device: Id
    version: Seq
    issued_us: WallUs
    valid_until_us: WallUs

    def __post_init__(self) -> None:
        if self.valid_until_us <= self.issued_us:
            raise ValueError("void before it is issued: valid_until_us is not above issued_us")


_suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_header_decoder = msgspec.json.Decoder(SealedHeader)


def seal(
    header: SealedHeader, body: bytes, signing_key: Ed25519PrivateKey, recipient: X25519PublicKey
) -> Sealed:
    """Return a message that only one device can read and only the hub can have written.

    Args:
        header: names that device.
        body: what to say, at most `MAX_BODY_BYTES`.
        signing_key: the hub's.
        recipient: public half of the key that the device got at provisioning.

    Raises:
        ValueError: when the header breaks its own ranges, or the message would be over its channel's limit.
    """
    check_id(header.space, "space")
    check_id(header.device, "device")
    text = encode(header)
    try:
        _header_decoder.decode(text)
    except msgspec.ValidationError as error:
        raise ValueError(f"header of a sealed message: {error}") from error
    if len(body) > MAX_BODY_BYTES:
        raise ValueError(f"body of {len(body)} bytes is over the limit of {MAX_BODY_BYTES}")
    ciphertext = _suite.encrypt(body, recipient, info=SEAL_DOMAIN + text)
    sealed = Sealed(
        header=text.decode("ascii"),
        body=base64.b64encode(ciphertext).decode("ascii"),
        signature=base64.b64encode(signing_key.sign(_signed(text, ciphertext))).decode("ascii"),
    )
    size, limit = len(encode(sealed)), MAX_BYTES[CHANNEL_OF[header.purpose]]
    if size > limit:
        raise ValueError(f"{header.purpose} of {size} bytes sealed is over its channel's limit of {limit}")
    return sealed


def unseal(
    sealed: Sealed,
    verify_key: Ed25519PublicKey,
    recipient_key: X25519PrivateKey,
    *,
    purpose: Purpose,
    space: str,
    device: str,
) -> tuple[SealedHeader, bytes]:
    """Return header and body of a message, when it is what the recipient expects.

    Args:
        sealed: as it came; anyone may have written it.
        verify_key: the hub's, known since provisioning.
        recipient_key: the device's own.
        purpose: what the message must be.
        space: space of the recipient.
        device: the recipient.

    Returns:
        The header and the body as it was before sealing. Whether it is still valid is for the caller to see.

    Raises:
        NotAuthentic: when the message is not the hub's, not for this device and purpose, or does not open;
            the text says which, and holds neither key nor content.
    """
    ciphertext = _from_base64(sealed.body, "body")
    signature = _from_base64(sealed.signature, "signature")
    text = sealed.header.encode("utf-8", "replace")
    try:
        verify_key.verify(signature, _signed(text, ciphertext))
    except InvalidSignature:
        raise NotAuthentic("sealed message: the signature is not the hub's") from None
    header = _read_header(text)
    if header.purpose != purpose:
        raise NotAuthentic(f"sealed message: it is for {header.purpose}, not for {purpose}")
    if (header.space, header.device) != (space, device):
        raise NotAuthentic(
            f"sealed message: it is for {header.space}/{header.device}, not for {space}/{device}"
        )
    try:
        return header, _suite.decrypt(ciphertext, recipient_key, info=SEAL_DOMAIN + text)
    except (InvalidTag, ValueError):
        raise NotAuthentic("sealed message: it does not open with this device's key") from None


def seal_offer(uid: bytes, command: str, space: str, device: str, recipient: X25519PublicKey) -> str:
    """Return a card's UID for the hub's eyes alone, in answer to one question of the hub.

    Args:
        uid: of the card.
        command: id of the question; the seal does not open under another.
        space, device: who answers.
        recipient: the hub's sealing key.
    """
    return base64.b64encode(_suite.encrypt(uid, recipient, info=_offer(command, space, device))).decode(
        "ascii"
    )


def open_offer(sealed: str, command: str, space: str, device: str, key: X25519PrivateKey) -> bytes:
    """Return the UID that `seal_offer` sealed.

    Raises:
        NotAuthentic: when it was sealed to another key, for another question or by another device.
    """
    try:
        return _suite.decrypt(_from_base64(sealed, "body"), key, info=_offer(command, space, device))
    except (InvalidTag, ValueError):
        raise NotAuthentic("offered card: it does not open with the hub's key for this question") from None


def _offer(command: str, space: str, device: str) -> bytes:
    return OFFER_DOMAIN + f"{space}/{device}/{command}".encode("ascii")


def _signed(header: bytes, ciphertext: bytes) -> bytes:
    """Return what is signed: the lengths keep header and body from being cut at another place."""
    lengths = len(header).to_bytes(8, "big") + len(ciphertext).to_bytes(8, "big")
    return SIGNATURE_DOMAIN + lengths + header + ciphertext


def _read_header(text: bytes) -> SealedHeader:
    try:
        header = _header_decoder.decode(text)
        check_id(header.space, "space")
        check_id(header.device, "device")
    except (msgspec.MsgspecError, InvalidIdentifier, ValueError, RecursionError):
        raise NotAuthentic("sealed message: its header is signed and can't be read") from None
    return header


def _from_base64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise NotAuthentic(f"sealed message: its {what} is not base64") from None
