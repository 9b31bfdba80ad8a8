"""Empties the outbox: what was committed is sent, once, and tried again where that may help.

A mail is taken in one transaction, handed to the server, noted in the ledger of sent mails, and ended in another
transaction. A crash in between leaves it taken for five minutes; the ledger then says whether it was sent.
"""

import logging
import random
from collections.abc import Callable
from email.message import EmailMessage
from typing import Final

from hub.domain.letters import kind_of
from hub.domain.mail import SENT_KEPT_US, TOPICS, MailState, retry_at_us
from hub.mail_ports import Mailer, MailRefused, MailUnavailable, Outbox, SentMails, WaitingMail, Writer
from hub.ports import Clock

_log = logging.getLogger(__name__)

AT_ONCE: Final = 50
"""Mails over one connection; the next connection takes the next."""

PUT_OFF_US: Final = 60_000_000
"""How long all wait when the server can't be reached."""

TOO_LATE: Final = "it was of no use any more"


class SendMail:
    """Sends what is due.

    Args:
        outbox: what waits.
        sent: what was sent.
        mailer: the server; None while the hub has none: then only what is of no use any more is ended.
        write: makes messages.
        clock: the hub's clock.
        share: random, from 0 to 1.
    """

    def __init__(
        self,
        outbox: Outbox,
        sent: SentMails,
        mailer: Mailer | None,
        write: Writer | None,
        clock: Clock,
        share: Callable[[], float] = random.random,
    ) -> None:
        self._outbox, self._sent, self._mailer, self._write = outbox, sent, mailer, write
        self._clock, self._share = clock, share
        self._trouble = ""

    def run(self) -> int:
        """Send what is due; return how many mails a server took.

        Raises:
            StoreUnavailable: when the database can't now; what was sent is noted in the ledger.
            OSError: when the ledger can't be read or written.
        """
        now_us = self._clock.now_us()
        due = self._outbox.due(now_us, AT_ONCE, late_only=self._mailer is None)
        if not due:
            return 0
        if self._mailer is None or self._write is None:
            for pk in due:
                self._end_late(pk)
            return 0
        try:
            with self._mailer.connection() as send:
                self._tell("")
                return sum(self._send_one(pk, send, self._write) for pk in due)
        except MailUnavailable as error:
            self._tell(f"mail can't be sent: {error}")
            self._outbox.put_off(str(error), now_us + PUT_OFF_US, now_us)
            return 0

    def purge(self) -> int:
        """Forget what ended long ago; return how many mails."""
        before_us = max(self._clock.now_us() - SENT_KEPT_US, 0)
        self._sent.forget(before_us)
        return self._outbox.purge(before_us)

    def _end_late(self, pk: int) -> None:
        mail = self._outbox.take(pk, self._clock.now_us())
        if mail is not None and mail.letter is not None and kind_of(mail.letter) in TOPICS:
            # Of a hub without a server all letters about bookings end so: no news, day by day.
            self._outbox.end(mail.pk, MailState.DEAD, TOO_LATE, self._clock.now_us())
        elif mail is not None:
            self._end(mail, MailState.DEAD, TOO_LATE)

    def _send_one(self, pk: int, send: Callable[[EmailMessage], None], write: Writer) -> bool:
        """Send one mail; return whether the server took it."""
        mail = self._outbox.take(pk, self._clock.now_us())
        if mail is None:
            return False
        if self._sent.has(mail.key):
            # It was sent before a crash, or before a backup was restored.
            self._end(mail, MailState.SENT, "")
            return False
        if mail.is_late:
            self._end(mail, MailState.DEAD, TOO_LATE)
            return False
        if mail.addressee is None or mail.letter is None:
            self._end(mail, MailState.DEAD, mail.problem)
            return False
        if TOPICS.get(kind_of(mail.letter)) in mail.addressee.off:
            self._end(mail, MailState.UNWANTED, "")
            return False
        try:
            send(write(mail.key, mail.letter, mail.addressee, self._clock.now_us()))
        except MailRefused as error:
            self._end(mail, MailState.DEAD, str(error))
            return False
        except MailUnavailable as error:
            self._try_later(mail, str(error))
            return False
        self._note_sent(mail)
        return True

    def _note_sent(self, mail: WaitingMail) -> None:
        try:
            self._sent.add(mail.key, self._clock.now_us())
        finally:
            self._end(mail, MailState.SENT, "")

    def _try_later(self, mail: WaitingMail, reason: str) -> None:
        now_us = self._clock.now_us()
        due_us = retry_at_us(mail.tries, now_us, self._share())
        if due_us is None:
            self._end(mail, MailState.DEAD, f"after {mail.tries} tries: {reason}")
        else:
            _log.info("mail %d is tried again later: %s", mail.pk, reason)
            self._outbox.try_later(mail.pk, reason, due_us)

    def _end(self, mail: WaitingMail, state: MailState, reason: str) -> None:
        self._outbox.end(mail.pk, state, reason, self._clock.now_us())
        if state is MailState.DEAD:
            _log.warning("mail %d was not sent: %s; see `ankerort-hub mail list`", mail.pk, reason)

    def _tell(self, text: str) -> None:
        if text and text != self._trouble:
            _log.warning("%s", text)
        self._trouble = text
