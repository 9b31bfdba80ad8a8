"""What readers do with mail, without a database."""

from collections.abc import Sequence
from typing import Final

from hub.domain.errors import RuleRefused
from hub.domain.mail import MailState, MailView, Tone, Topic
from hub.mail_ports import MailChoice

TOKEN: Final = "7.bookings.abc"


class FakeMail:
    """`MailDesk` from memory; the one link is `TOKEN`."""

    def __init__(self) -> None:
        self.choices: dict[int, MailChoice] = {}
        self.ended: list[tuple[str, bool]] = []

    def choice(self, account: int) -> MailChoice:
        return self.choices.get(account, MailChoice())

    def choose(self, account: int, choice: MailChoice) -> None:
        self.choices[account] = choice

    def topic_of(self, token: str) -> Topic | None:
        return Topic.BOOKINGS if token == TOKEN else None

    def end_topic(self, token: str, *, undo: bool = False) -> Topic | None:
        self.ended.append((token, undo))
        return self.topic_of(token)

    def mails(self, state: MailState | None, limit: int) -> Sequence[MailView]:
        return []

    def retry(self, pk: int, now_us: int) -> None:
        raise RuleRefused("there is none")

    def set_tone(self, space: str, tone: Tone, reply_to: str) -> None:
        return
