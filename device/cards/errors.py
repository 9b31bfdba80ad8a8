"""Errors of talking to cards. None holds anything of a card but its self-hiding look-up value.

CardError
├── CardUnusable       its UID can't be used: a random one, or not readable
├── NotAuthentic       it has not the key, the id or the MAC that it should have: never let it in
│   └── Replayed       a signed address (SUN) that was used before
├── TooSlow            it answered later than a card that lies there would: perhaps a relay
├── CardRefuses        it said no, with a status word
├── ProtocolViolation  its answer is none that a card of its kind gives: misread, or no such card
├── SessionOver        a session was used after it had failed or ended: authenticate anew
└── CannotPersonalise  it can't become one of ours; says why, and nothing is lost on it

What a reader's own library raises passes through all functions of this package unchanged.
"""

from typing import Final, Literal

from wire.identifiers import CredentialId

UidReason = Literal["random_id", "unreadable"]
WhyNot = Literal["wrong_card", "wrong_kind", "too_old", "foreign", "no_space", "file_differs"]

_STATUS: Final = {
    0x910E: "out of memory",
    0x911C: "illegal command",
    0x911E: "integrity error",
    0x9140: "no such key",
    0x917E: "length error",
    0x919D: "permission denied",
    0x919E: "parameter error",
    0x91A0: "application not found",
    0x91AD: "authentication delayed",
    0x91AE: "authentication error",
    0x91BE: "boundary error",
    0x91CA: "command aborted",
    0x91DE: "there already",
    0x91EE: "memory error",
    0x91F0: "file not found",
    0x6A82: "file or application not found",
}
_WHY: Final[dict[WhyNot, str]] = {
    "wrong_card": "another card lies on the reader than the one that was ordered",
    "wrong_kind": "the card is not of the kind that was ordered",
    "too_old": "the card is a DESFire EV1 or older, which can't prove itself as we need: use EV2, EV3 or NTAG 424 DNA",
    "foreign": "the card belongs to another system: its keys are neither the maker's nor ours",
    "no_space": "the card has no space left for our application",
    "file_differs": "the card has our file in another type or size",
}


class CardError(Exception):
    """Base of all errors of cards.

    `credential` is the look-up value of the card's UID where `identify` knows it; it never shows itself.
    """

    credential: CredentialId | None = None


class CardUnusable(CardError):
    """A card that can't be used as it is; never holds anything of the card.

    Args:
        reason: `random_id`, or `unreadable`.
    """

    def __init__(self, reason: UidReason) -> None:
        super().__init__(reason)
        self.reason: UidReason = reason


class NotAuthentic(CardError):
    """A card, or what claims to come from one, does not prove what it should."""


class Replayed(NotAuthentic):
    """A signed address whose counter is not above the last one."""


class TooSlow(CardError):
    """A round trip took longer than the bound against relays.

    Args:
        took_s: seconds that it took.
        limit_s: seconds that it may take.
    """

    def __init__(self, took_s: float, limit_s: float) -> None:
        super().__init__(
            f"the card answered after {took_s * 1000:.0f} ms; up to {limit_s * 1000:.0f} ms is believed"
        )
        self.took_s = took_s
        self.limit_s = limit_s


class CardRefuses(CardError):
    """The card answered with a status word that says no.

    Args:
        status: the status word, such as 0x91AE.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"the card refuses: {_STATUS.get(status, 'status')} ({status:04X})")
        self.status = status


class ProtocolViolation(CardError):
    """An answer is malformed, too short or too long, or does not decrypt to what it must."""


class SessionOver(CardError):
    """A session that failed or ended was used again."""


class CannotPersonalise(CardError):
    """A card can't be made one of ours.

    Args:
        reason: which of the known ones; the message says it in words.
    """

    def __init__(self, reason: WhyNot) -> None:
        super().__init__(_WHY[reason])
        self.reason: WhyNot = reason
