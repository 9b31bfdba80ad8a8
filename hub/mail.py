"""Hands mail to a server: the only place that knows SMTP (`hub.mail_ports.Mailer`).

One connection carries what waits. What a server will never take is told from what it does not take now: the first is
dead at once, the second is tried again. A reply of a server may name an address, so replies are shown without.
"""

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Final

from hub.config import MailSecurity, MailSettings
from hub.mail_ports import MailRefused, MailUnavailable
from wire.settings import read_secret_text

TIMEOUT_S: Final = 30.0
"""For each answer of the server; one that checks for spam first takes its time."""

MAX_REASON: Final = 200

_LET_IN: Final = 235
_SOMEBODY: Final = re.compile(r"[^\s<>@]+@[^\s<>@]+")
# Not the message's fault, though the server calls it permanent: whoever runs the hub must change something, and what
# waits is then sent. 530, 534, 535, 538: authentication; 550 5.7.x comes as an answer to a recipient and is not here.
_OURS: Final = frozenset({530, 534, 535, 538})


class SmtpMailer:
    """A mail server.

    Args:
        settings: where it is, and who the hub is to it; `host` must be set.
    """

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    @contextmanager
    def connection(self) -> Iterator[Callable[[EmailMessage], None]]:
        """Connect; what it gives sends one message, and raises `MailUnavailable` or `MailRefused`.

        Raises:
            MailUnavailable: when the server can't be reached, or does not let the hub in.
        """
        server = self._connect()
        try:
            yield lambda message: _send(server, message)
        finally:
            # What was sent is sent, whether the server says goodbye or not.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        mail = self._settings
        # Not the machine's full name: looking that up may take half a minute where there is no name server.
        own_name = socket.gethostname() or "localhost"
        server: smtplib.SMTP | None = None
        try:
            if mail.security is MailSecurity.TLS:
                server = smtplib.SMTP_SSL(
                    mail.host, mail.port, own_name, timeout=TIMEOUT_S, context=self._tls()
                )
            else:
                server = smtplib.SMTP(mail.host, mail.port, own_name, timeout=TIMEOUT_S)
            server.ehlo_or_helo_if_needed()
            if mail.security is MailSecurity.STARTTLS:
                server.starttls(context=self._tls())
                server.ehlo()
            if mail.user is not None:
                password = "" if mail.password_file is None else read_secret_text(mail.password_file)
                _log_in(server, mail.user, password)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            if server is not None:
                server.close()
            raise MailUnavailable(self._trouble(error)) from error
        return server

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file)

    def _trouble(self, error: Exception) -> str:
        where = f"{self._settings.host}:{self._settings.port}"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"{where} has no certificate that holds ({error.verify_message}): check mail.host and mail.ca_file"
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return (
                f"{where} does not offer what mail.security = {self._settings.security.value!r} or mail.user need "
                f"({error}): change them"
            )
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return f"{where} does not accept mail.user and its password ({_reply(error)}): change them"
        if isinstance(error, smtplib.SMTPResponseException):
            return f"{where} answers {_reply(error)}"
        return f"{where} can't be reached ({error or type(error).__name__}): check mail.host, mail.port and the network"


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    if (user + password).isascii():
        server.login(user, password)
        return
    # The library knows ASCII alone, the protocol UTF-8 (RFC 4616).
    token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, reply = server.docmd("AUTH", f"PLAIN {token}")
    if code != _LET_IN:
        raise smtplib.SMTPAuthenticationError(code, reply)


def _send(server: smtplib.SMTP, message: EmailMessage) -> None:
    """Send one message to the one whom it is for."""
    sender, to = parseaddr(str(message["From"]))[1], parseaddr(str(message["To"]))[1]
    try:
        server.send_message(message, sender, [to])
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _refusal(code, text) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailRefused("the server takes no address with umlauts before the @ (SMTPUTF8)") from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise MailUnavailable(f"the connection broke ({error or type(error).__name__})") from error
    except (smtplib.SMTPException, UnicodeError, ValueError) as error:
        raise MailRefused(f"it can't be sent ({_clean(str(error))})") from error


def _refusal(code: int, text: bytes | str) -> MailRefused | MailUnavailable:
    told = f"{code} {_clean(text)}"
    return MailRefused(told) if 500 <= code <= 599 and code not in _OURS else MailUnavailable(told)


def _reply(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_clean(error.smtp_error)}"


def _clean(text: bytes | str) -> str:
    """Return a server's words on one line, without addresses."""
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return _SOMEBODY.sub("…", " ".join(told.split()))[:MAX_REASON]
