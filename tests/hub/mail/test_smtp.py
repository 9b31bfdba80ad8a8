"""How the hub gets into a mail server, and what it says when it does not."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.config import HubSettings, MailSecurity, MailSettings, WebSettings
from hub.letters.messages import LetterWriter
from hub.mail import SmtpMailer
from hub.mail_ports import MailRefused, MailUnavailable
from hub.post import check_mail
from tests.hub.mail.conftest import BASE, SENDER, settings_of
from tests.hub.mail.letters import LETTERS, NOON_US, READERS
from tests.parts.ports import free_port
from tests.parts.smtp_server import SmtpServer
from wire.errors import InvalidSetting

MESSAGE = LetterWriter(SENDER, BASE)("k", LETTERS["booked"], READERS["sie"], NOON_US)


def send(settings: MailSettings) -> None:
    with SmtpMailer(settings).connection() as hand_over:
        hand_over(MESSAGE)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that nobody but itself has signed, with its key in the same file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "mail.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_with_starttls_and_a_password_mail_gets_through(
    make_smtp: Callable[..., SmtpServer], certificate: Path, tmp_path: Path
) -> None:
    server = make_smtp(tls=tls(certificate), user="hub", password="Köpenick, 12 Gänse")
    password = tmp_path / "password"
    password.write_text("Köpenick, 12 Gänse\n", "utf-8")
    password.chmod(0o600)
    settings = settings_of(
        server, security=MailSecurity.STARTTLS, ca_file=certificate, user="hub", password_file=password
    )
    send(settings)
    assert len(server.received) == 1
    password.write_text("falsch", "utf-8")
    with pytest.raises(MailUnavailable, match=r"does not accept mail.user and its password .*: change them"):
        send(settings)


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(
    make_smtp: Callable[..., SmtpServer], certificate: Path
) -> None:
    server = make_smtp(tls=tls(certificate))
    with pytest.raises(MailUnavailable, match="no certificate that holds .*check mail.host and mail.ca_file"):
        send(settings_of(server, security=MailSecurity.STARTTLS))
    assert server.received == []


def test_a_server_without_tls_gets_no_mail_that_was_to_be_protected(smtp: SmtpServer) -> None:
    with pytest.raises(MailUnavailable, match="does not offer what mail.security = 'starttls'"):
        send(settings_of(smtp, security=MailSecurity.STARTTLS))
    assert smtp.received == []


def test_what_does_not_speak_tls_at_all_is_said(smtp: SmtpServer) -> None:
    with pytest.raises(MailUnavailable, match="can't be reached"):
        send(settings_of(smtp, security=MailSecurity.TLS))


def test_a_server_that_is_not_there_is_named_with_a_remedy() -> None:
    port = free_port()
    settings = MailSettings(host="127.0.0.1", port=port, security=MailSecurity.NONE, sender=SENDER)
    with pytest.raises(MailUnavailable, match=rf"127.0.0.1:{port} can't be reached .*check mail.host"):
        send(settings)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("550 5.7.1 spam", MailRefused),
        ("554 no", MailRefused),
        ("451 later", MailUnavailable),
        ("421 closing", MailUnavailable),
        ("530 5.7.0 authenticate first", MailUnavailable),
    ],
)
def test_for_ever_and_for_now_are_told_apart(smtp: SmtpServer, answer: str, kind: type[Exception]) -> None:
    smtp.answers.append(answer)
    with pytest.raises(kind, match=answer[:3]):
        send(settings_of(smtp))


GOOD = MailSettings(host="mail.example.org", sender="Plätze <plaetze@example.org>")


@pytest.mark.parametrize(
    ("mail", "public_url", "said"),
    [
        (MailSettings(host="mail.example.org"), BASE, "mail.sender = ''"),
        (MailSettings(host="m", sender="Plätze"), BASE, "mail.sender = 'Plätze'"),
        (GOOD, "", "web.public_url is not"),
        (GOOD, "plaetze.example.org", "web.public_url is not"),
        (
            MailSettings(host="m", sender="a@b.de", security=MailSecurity.NONE, user="x"),
            BASE,
            "for anyone to read",
        ),
    ],
)
def test_settings_that_do_not_fit_together_are_refused_at_the_start(
    mail: MailSettings, public_url: str, said: str
) -> None:
    with pytest.raises(InvalidSetting, match=said):
        check_mail(HubSettings(mail=mail, web=WebSettings(public_url=public_url)))


def test_settings_that_fit_and_none_at_all_pass() -> None:
    check_mail(HubSettings(mail=GOOD, web=WebSettings(public_url=BASE)))
    check_mail(HubSettings())
