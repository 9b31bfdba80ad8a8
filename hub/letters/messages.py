"""Messages made of letters: headers that nobody can add to, the text, a calendar file where there is a booking."""

from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import format_datetime, parseaddr
from typing import Final

from hub.domain.calendar_files import in_words, stays_file
from hub.domain.errors import RuleRefused
from hub.domain.letters import BookingChanged, BookingMade, BookingReleased, Letter, kind_of
from hub.domain.mail import TOPICS, Addressee, check_address, end_token, sent_digest
from hub.domain.time import to_utc
from hub.letters.texts import letter_text, one_line
from hub.mail_ports import MailRefused

END_PATH: Final = "/mail/end/"
"""Where a topic is ended; `hub.web.mail_pages` answers there."""

MAX_NAME: Final = 100
_FILES: Final = {"de": "termin.ics", "en": "booking.ics"}
_IN_CALENDARS: Final = (BookingMade, BookingChanged, BookingReleased)


class _WholeLine(UnstructuredHeader, BaseHeader):
    """A header that stays on one line: what reads it knows no folded or encoded address (RFC 8058, 3.1)."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header as it is sent."""
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> "EmailPolicy[EmailMessage]":
    headers = HeaderRegistry()
    headers.map_to_type("list-unsubscribe", _WholeLine)
    return SMTP.clone(header_factory=headers)


_POLICY: Final = _policy()


class LetterWriter:
    """Writes letters (`hub.mail_ports.Writer`).

    Args:
        sender: address that they come from, with or without a name (`Coworking <plaetze@example.org>`).
        base: beginning of the addresses of pages (`https://plaetze.example.org`).

    Raises:
        RuleRefused: when the sender is no mail address.
    """

    def __init__(self, sender: str, base: str) -> None:
        name, address = parseaddr(sender)
        self._sender = _address(name or "Ankerort", check_address(address))
        self._base = base.rstrip("/")

    def __call__(self, key: str, letter: Letter, addressee: Addressee, now_us: int) -> EmailMessage:
        """Return a message.

        Raises:
            MailRefused: when the address is none.
        """
        try:
            reader = _address(addressee.name, check_address(addressee.address))
            reply_to = _address("", check_address(addressee.reply_to)) if addressee.reply_to else None
        except RuleRefused as error:
            raise MailRefused("its address is none that mail can be sent to: correct it") from error
        end = self._end(letter, addressee)
        text = letter_text(
            letter,
            name=addressee.name,
            language=addressee.language,
            tone=addressee.tone,
            base=self._base,
            end=end,
        )
        message = EmailMessage(_POLICY)
        message["From"] = self._sender
        message["To"] = reader
        if reply_to is not None:
            message["Reply-To"] = reply_to
        message["Subject"] = text.subject
        message["Date"] = format_datetime(to_utc(now_us))
        # The same for the same mail: a server that gets it twice can tell.
        message["Message-ID"] = f"<{sent_digest(key)[:40]}@{self._sender.domain}>"
        # No program answers it, no holiday notice comes back (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        if end:
            message["List-Unsubscribe"] = f"<{end}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(text.body, cte="quoted-printable")
        _add_calendar(message, letter, addressee.language, now_us)
        message["Content-Language"] = addressee.language
        return message

    def _end(self, letter: Letter, addressee: Addressee) -> str:
        topic = TOPICS.get(kind_of(letter))
        if topic is None:
            return ""
        return f"{self._base}{END_PATH}{end_token(addressee.choice, topic, addressee.secret)}"


def _add_calendar(message: EmailMessage, letter: Letter, language: str, now_us: int) -> None:
    if not isinstance(letter, _IN_CALENDARS):
        return
    stays = [in_words(one, language) for one in (letter.stay, *letter.more)]
    file, method = stays_file(stays, now_us, is_over=isinstance(letter, BookingReleased))
    message.add_attachment(
        file,
        maintype="text",
        subtype="calendar",
        filename=_FILES[language],
        params={"method": method, "charset": "utf-8"},
    )


def _address(name: str, address: str) -> Address:
    """Return an address for a header; a domain with umlauts as the domain name system writes it."""
    user, _, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError as error:
        raise RuleRefused(f'"{address}" is no mail address: its domain is none', code="no_mail") from error
    return Address(display_name=one_line(name)[:MAX_NAME], username=user, domain=domain)
