"""Chooses the real parts of mail: server, ledger of sent mails, outbox, writer of letters."""

from email.utils import parseaddr
from typing import Final

from hub.config import HubSettings, MailSecurity
from hub.domain.errors import RuleRefused
from hub.domain.mail import check_address
from hub.ledger import FileLedger
from hub.letters.messages import LetterWriter
from hub.mail import SmtpMailer
from hub.mail_ledger import FileSentMails
from hub.ports import Clock, Pulse
from hub.services.call_rota import CallRota
from hub.services.keep_erasures import KeepErasures
from hub.services.postman import Postman
from hub.services.send_mail import SendMail
from hub.storage.access_unit import SqlUnits
from hub.storage.alarm_calls import SqlAlarmCalls
from hub.storage.outbox import SqlOutbox
from hub.storage.person_rows import ErasureRows
from hub.storage.unit_of_work import UnitFactory
from wire.errors import InvalidSetting

_HERE: Final = ("localhost", "127.0.0.1", "::1")


def sends_mail(settings: HubSettings) -> bool:
    """Say whether the hub has a mail server."""
    return bool(settings.mail.host)


def check_mail(settings: HubSettings) -> None:
    """Check that the settings of mail fit together.

    Raises:
        InvalidSetting: when they do not; the text names what to change.
    """
    mail = settings.mail
    if not mail.host:
        return
    try:
        check_address(parseaddr(mail.sender)[1])
    except RuleRefused as error:
        raise InvalidSetting(f"mail.sender = {mail.sender!r}: {error}, or Name <name@example.org>") from error
    if not settings.web.public_url.startswith(("http://", "https://")):
        raise InvalidSetting(
            "mail.host is set, but web.public_url is not: letters carry links; write the address that people use, "
            "such as https://plaetze.example.org"
        )
    if mail.security is MailSecurity.NONE and mail.user is not None and mail.host not in _HERE:
        raise InvalidSetting(
            f"mail.security = 'none' would send mail.user and its password to {mail.host} for anyone to read: "
            "use 'starttls' or 'tls'"
        )


def letter_writer(settings: HubSettings) -> LetterWriter:
    """Return what writes letters; `check_mail` has passed."""
    return LetterWriter(settings.mail.sender, settings.web.public_url)


def postman(
    settings: HubSettings, database: UnitFactory, clock: Clock, pulse: Pulse | None = None
) -> Postman:
    """Return the part that writes calls and sends mail.

    Raises:
        InvalidSetting: when the settings of mail do not fit together.
    """
    check_mail(settings)
    engine, has_server = database.engine, sends_mail(settings)
    send = SendMail(
        SqlOutbox(engine),
        FileSentMails(settings.mail.sent_file),
        SmtpMailer(settings.mail) if has_server else None,
        letter_writer(settings) if has_server else None,
        clock,
    )
    erasures = KeepErasures(SqlUnits(engine, ErasureRows), FileLedger(settings.keys.ledger_file))
    return Postman(send, CallRota(SqlAlarmCalls(engine)), clock, erasures.run, pulse=pulse)
