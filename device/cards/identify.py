"""What a door does with a card: whose is it, and is it really that card?

A card that has a key proves it and the credential id that it holds, or it is nobody: its UID alone is never enough.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from device.cards import desfire, ntag424
from device.cards.apdu import Transmit
from device.cards.errors import CardError, CardRefuses, NotAuthentic, ProtocolViolation, TooSlow
from device.cards.secure_messaging import authenticate_ev2_first
from device.cards.uid import read_uid
from wire.card_keys import DESFIRE_FILE, KEY_BYTES, NTAG424_FILE, READ_KEY, lookup
from wire.identifiers import CredentialId

Kind = Literal["uid", "desfire", "ntag424"]
Clock = Callable[[], float]

PROOF_BYTES = 16


@dataclass(frozen=True, slots=True, repr=False)
class KnownCard:
    """A card as the device's list has it; `repr` shows nothing.

    Args:
        credential: look-up value of its UID.
        kind: how it must prove itself.
        key: its own read key, 16 bytes; None for kind `uid` and for blocked cards.
        proof: see `proof_of`; None as `key`.
        blocked: whether it opens nothing; it is then not asked to prove anything.

    Raises:
        ValueError: when key and proof do not fit kind and block.
    """

    credential: CredentialId
    kind: Kind
    key: bytes | None = None
    proof: bytes | None = None
    blocked: bool = False

    def __post_init__(self) -> None:
        if self.kind == "uid" or self.blocked:
            fits = self.key is None and self.proof is None
        else:
            fits = len(self.key or b"") == KEY_BYTES and len(self.proof or b"") == PROOF_BYTES
        if not fits:
            raise ValueError("a card's key and proof do not fit its kind")

    def __repr__(self) -> str:
        return "KnownCard(…)"


@dataclass(frozen=True, slots=True)
class Identified:
    """Which card it is.

    Args:
        credential: look-up value of its UID; proven where the list has a key for it.
        kind: how it proved itself; `uid` for one that is not known: nothing was asked of it.
        known: whether the list has it.
    """

    credential: CredentialId
    kind: Kind
    known: bool
    blocked: bool = field(default=False)


def proof_of(lookup_key: bytes, credential_id: bytes) -> bytes:
    """Return what a list says of the credential id that a card must hold: the first 16 bytes of its HMAC.

    Args:
        lookup_key: of the device's list, 32 bytes.
        credential_id: 16 bytes.
    """
    return bytes.fromhex(lookup(lookup_key, credential_id).digits)[:PROOF_BYTES]


def identify(
    transmit: Transmit,
    find: Callable[[bytes], KnownCard | None],
    *,
    lookup_key: bytes,
    clock: Clock | None = None,
    max_round_trip_s: float | None = None,
) -> Identified:
    """Find out which card lies on the reader, and have it prove that as the list says.

    Args:
        transmit: to the reader and its card; what it raises passes through.
        find: gives what the list has for a UID.
        lookup_key: of that list, 32 bytes.
        clock: seconds, rising, such as `time.monotonic`; needed with a bound.
        max_round_trip_s: how long each answer of the proof may take (relay attacks); None for no bound.

    Raises:
        CardUnusable: when the UID is random or can't be read.
        NotAuthentic: when a card with a key does not prove key and credential id, for whatever reason.
        TooSlow: when an answer of the proof took longer than the bound.
        ValueError: when there is a bound and no clock.
    """
    if max_round_trip_s is not None:
        if clock is None:
            raise ValueError("a bound of round trips needs a clock")
        proving = _bounded(transmit, clock, max_round_trip_s)
    else:
        proving = transmit
    uid = read_uid(transmit)
    card = find(uid)
    if card is None:
        return Identified(lookup(lookup_key, uid), "uid", known=False)
    if card.key is not None and card.proof is not None:
        try:
            _prove(transmit, proving, card, card.key, card.proof, lookup_key)
        except CardError as error:
            error.credential = card.credential
            raise
    return Identified(card.credential, card.kind, known=True, blocked=card.blocked)


def _prove(
    transmit: Transmit, proving: Transmit, card: KnownCard, key: bytes, proof: bytes, lookup_key: bytes
) -> None:
    try:
        if card.kind == "desfire":
            desfire.select_application(transmit)
            session = authenticate_ev2_first(proving, READ_KEY, key)
            credential_id = desfire.read_credential_id(session, DESFIRE_FILE)
        else:
            ntag424.select(transmit)
            session = authenticate_ev2_first(proving, READ_KEY, key)
            credential_id = ntag424.read_credential_id(session, NTAG424_FILE)
    except (CardRefuses, ProtocolViolation) as error:
        raise NotAuthentic(f"a card that has a key did not prove it: {error}") from None
    if not hmac.compare_digest(proof_of(lookup_key, credential_id), proof):
        raise NotAuthentic("the card holds another credential id than the list says")


def _bounded(transmit: Transmit, clock: Clock, limit_s: float) -> Transmit:
    def timed(command: bytes) -> bytes:
        began = clock()
        answer = transmit(command)
        took_s = clock() - began
        if took_s > limit_s:
            raise TooSlow(took_s, limit_s)
        return answer

    return timed
