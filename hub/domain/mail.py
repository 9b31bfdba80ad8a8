"""Mail: what is told to whom, in which tone, how often it is tried, and who wants none of it. Pure, without texts.

Every mail has a key that says what makes it the one that it is (`alarm/moelln/vorn/…`): whatever happens twice is told
once (D9). The texts are in `hub.letters`.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hub.domain.errors import RuleRefused
from hub.domain.letters import Letter, LetterKind

MAX_ADDRESS: Final = 254
"""Characters of an address (RFC 5321, with erratum 1690)."""

MAX_TRIES: Final = 10

SENT_KEPT_US: Final = 60 * 86_400_000_000
"""So long it is known that a mail was sent: longer than any backup is kept that could bring its reason back."""

_RETRY_AFTER_S: Final = (30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800)
"""How long to wait after each try; RFC 5321 (4.5.4.1) wants 30 minutes at least where nobody waits for the mail."""

_ADDRESS: Final = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+@[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+")


class Tone(StrEnum):
    """How German letters address somebody."""

    SIE = "sie"
    DU = "du"


class MailState(StrEnum):
    """What became of a mail.

    WAITING: to be sent, or to be tried again. SENT: a server took it. DEAD: nobody took it, the reason stands beside.
    UNWANTED: its reader had said no to its topic.
    """

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    UNWANTED = "unwanted"


class Topic(StrEnum):
    """What may be left out; a kind of letter without a topic is necessary."""

    BOOKINGS = "bookings"
    WAITING_LIST = "waiting_list"
    PASSES = "passes"


TOPICS: Final[dict[LetterKind, Topic]] = {
    LetterKind.BOOKING_MADE: Topic.BOOKINGS,
    LetterKind.BOOKING_CHANGED: Topic.BOOKINGS,
    LetterKind.BOOKING_RELEASED: Topic.BOOKINGS,
    LetterKind.PLACE_FREE: Topic.WAITING_LIST,
    LetterKind.PASS_ENDS: Topic.PASSES,
}

SECRET: Final = frozenset({LetterKind.SIGN_IN_LINK, LetterKind.PASSWORD_RESET, LetterKind.INVITATION})
"""Kinds whose link lets somebody in: nothing of them is kept once they are sent or dead, and none is tried anew."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who gets a mail: the person of an account or a member, never an address; that is looked up when it is sent.

    So a mail goes where somebody is reached *now*, and what waits holds neither name nor address.
    """

    account: int | None = None
    member: int | None = None

    def __post_init__(self) -> None:
        if (self.account is None) == (self.member is None):
            raise ValueError("a mail is for an account or for a member, and not for both")


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail to be written into the outbox, in the transaction of what caused it.

    Args:
        key: what makes it the one that it is; a second one of the same key is left out.
        until_us: from when on it is of no use any more: it is not sent then.
        space: id of the space that it is about, whose tone and contact it gets; empty for none.
    """

    key: str
    reader: Reader
    letter: Letter
    until_us: int
    space: str = ""


@dataclass(frozen=True, slots=True)
class Addressee:
    """A reader as a letter needs one.

    Args:
        language: `de` or `en`.
        choice: key of what the reader has chosen, for the links that end a topic.
        secret: signs those links.
        off: topics that the reader wants no more.
        reply_to: address of the space's hosts; empty for that of the sender.
    """

    address: str
    name: str
    language: str = "de"
    tone: Tone = Tone.SIE
    choice: int = 0
    secret: str = field(default="", repr=False)
    off: frozenset[Topic] = frozenset()
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail as whoever operates the hub sees it: no name, no address, no text."""

    pk: int
    kind: LetterKind
    state: MailState
    reader: Reader
    created_us: int
    due_us: int
    tries: int
    reason: str = ""
    ended_us: int | None = None


def check_address(address: str) -> str:
    """Return a mail address without white space around it.

    Raises:
        RuleRefused: when no mail can be sent to it.
    """
    found = address.strip()
    if len(found) > MAX_ADDRESS or not _ADDRESS.fullmatch(found):
        raise RuleRefused(f'"{address}" is no mail address: write name@example.org', code="no_mail")
    return found


def retry_at_us(tries: int, now_us: int, share: float) -> int | None:
    """Return when a mail is tried again after so many tries, or None when there have been enough.

    Args:
        tries: 1 or more.
        share: random, from 0 to 1, so that what failed together is not tried together.
    """
    if tries >= MAX_TRIES:
        return None
    wait_s = _RETRY_AFTER_S[min(tries, len(_RETRY_AFTER_S)) - 1]
    return now_us + int(wait_s * (0.8 + 0.4 * share) * 1_000_000)


def sent_digest(key: str) -> str:
    """Return what is kept of a mail that was sent: nothing that says whose it was."""
    return hashlib.sha256(f"ankerort/mail\x00{key}".encode()).hexdigest()


def end_token(choice: int, topic: Topic, secret: str) -> str:
    """Return what a link carries that ends a topic for its reader, without signing in (RFC 8058)."""
    return f"{choice}.{topic.value}.{_signature(choice, topic, secret)}"


def read_end_token(token: str) -> tuple[int, Topic] | None:
    """Return the choice and the topic of a link, whose signature is yet to be checked; None when it is no such link."""
    parts = token.split(".")
    if len(parts) != 3 or not parts[0].isascii() or not parts[0].isdecimal() or len(parts[0]) > 18:
        return None
    try:
        return int(parts[0]), Topic(parts[1])
    except ValueError:
        return None


def is_end_token(token: str, choice: int, topic: Topic, secret: str) -> bool:
    """Say whether a link was made with this secret, for this choice and topic."""
    return hmac.compare_digest(token.encode(), end_token(choice, topic, secret).encode())


def _signature(choice: int, topic: Topic, secret: str) -> str:
    mac = hmac.new(
        secret.encode(), f"ankerort/mail/end\x00{choice}\x00{topic.value}".encode(), hashlib.sha256
    )
    return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")
