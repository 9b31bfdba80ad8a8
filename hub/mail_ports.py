"""What sending mail needs from the store, the server and the ledger, as protocols (`hub.services.send_mail`)."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import NamedTuple, Protocol

from hub.domain.errors import DomainError
from hub.domain.letters import Letter
from hub.domain.mail import Addressee, Draft, MailState, MailView, Tone, Topic


class MailUnavailable(DomainError):
    """The mail server can't be used now, or does not take this mail now: trying again later may help."""


class MailRefused(DomainError):
    """The mail server will never take this mail; the text is its reason, without addresses."""


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """A mail that one process has taken to send it.

    Args:
        tries: how many with this one.
        addressee: None when nobody can be reached, `problem` then says why.
        is_late: whether it is of no use any more.
    """

    pk: int
    key: str
    letter: Letter | None
    tries: int
    addressee: Addressee | None
    problem: str = ""
    is_late: bool = False


class Outbox(Protocol):
    """Mails that wait, and what became of others; every method is one transaction.

    All raise `StoreUnavailable` when the database can't be used now.
    """

    def due(self, now_us: int, limit: int, *, late_only: bool = False) -> Sequence[int]:
        """Return keys of mails that are due, oldest first; with `late_only` those that are of no use any more."""
        ...

    def take(self, pk: int, now_us: int) -> WaitingMail | None:
        """Take a mail: for five minutes nobody else does, whatever becomes of this process. None when it is gone."""
        ...

    def end(self, pk: int, state: MailState, reason: str, now_us: int) -> None:
        """Note what became of a mail that was taken; its text goes when it can't be of use any more."""
        ...

    def try_later(self, pk: int, reason: str, due_us: int) -> None:
        """Have a mail that was taken tried again."""
        ...

    def put_off(self, reason: str, due_us: int, now_us: int) -> None:
        """Have all that is due wait until a moment, without counting a try: the server can't be reached."""
        ...

    def purge(self, before_us: int) -> int:
        """Delete what ended before a moment; return how many."""
        ...


class SentMails(Protocol):
    """Which mails a server took: outside the database, so that no restored backup has one sent again (D9)."""

    def has(self, key: str) -> bool:
        """Say whether a mail of this key was sent."""
        ...

    def add(self, key: str, now_us: int) -> None:
        """Note that one was, durably."""
        ...

    def forget(self, before_us: int) -> None:
        """Leave out what was noted before a moment."""
        ...


class Mailer(Protocol):
    """A mail server."""

    def connection(self) -> AbstractContextManager[Callable[[EmailMessage], None]]:
        """Connect; what it gives sends one message, and raises `MailUnavailable` or `MailRefused`.

        Raises:
            MailUnavailable: when the server can't be reached, or does not let the hub in.
        """
        ...


class Writer(Protocol):
    """Writes letters (`hub.letters`)."""

    def __call__(self, key: str, letter: Letter, addressee: Addressee, now_us: int) -> EmailMessage:
        """Return a message.

        Raises:
            MailRefused: when the address is none.
        """
        ...


class OpenAlarm(NamedTuple):
    """An alarm that nobody has taken on, and who is to be called about it.

    Args:
        source: epoch and number of the event that began it: the same after any restore.
        rota: keys of accounts, in order.
    """

    space: str
    space_name: str
    time_zone: str
    door: str
    door_name: str
    kind: str
    began_us: int
    ended_us: int | None
    source: str
    rota: tuple[int, ...]


class AlarmCalls(Protocol):
    """Alarms that somebody is to be called about; raises `StoreUnavailable` when the database can't be used now."""

    def open_alarms(self, began_after_us: int) -> Sequence[OpenAlarm]:
        """Return alarms that nobody has taken on, of spaces with a rota."""
        ...

    def add(self, drafts: Sequence[Draft], now_us: int) -> int:
        """Write mails into the outbox; those whose key is there are left out. Return how many are new."""
        ...


@dataclass(frozen=True, slots=True)
class MailChoice:
    """What somebody has chosen about mail.

    Args:
        tone: None for that of the space.
    """

    language: str = "de"
    tone: Tone | None = None
    off: frozenset[Topic] = frozenset()


class MailDesk(Protocol):
    """What readers and operators do with mail."""

    def choice(self, account: int) -> MailChoice:
        """Return what the person of an account has chosen."""
        ...

    def choose(self, account: int, choice: MailChoice) -> None:
        """Write it."""
        ...

    def end_topic(self, token: str, *, undo: bool = False) -> Topic | None:
        """End a topic, or take that back, for whoever got the link; None when the link is none of ours."""
        ...

    def topic_of(self, token: str) -> Topic | None:
        """Return what a link would end; None when it is none of ours."""
        ...

    def mails(self, state: MailState | None, limit: int) -> Sequence[MailView]:
        """Return mails, latest first, of one state or all."""
        ...

    def retry(self, pk: int, now_us: int) -> None:
        """Have a dead mail tried again, as if it were new.

        Raises:
            RuleRefused: when there is none, it is not dead, or what it told is of no use any more.
        """
        ...

    def set_tone(self, space: str, tone: Tone, reply_to: str) -> None:
        """Write how letters about a space address their readers, and whom an answer reaches."""
        ...
