"""Where the broker is and how to log in: settings, TLS with the hub's own certificate, passwords, back-off."""

import datetime as dt
import ipaddress
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.broker import BackOff, Broker, Role, read_broker
from hub.config import MqttSettings
from hub.mqtt import SHARED_EVENTS, Link, Received
from tests.hub.ear import Ear
from tests.parts.mosquitto import Mosquitto
from tests.parts.ports import free_port
from tests.parts.waiting import wait_until
from wire.errors import InvalidSetting


@pytest.mark.parametrize(
    ("url", "host", "port", "username"),
    [
        ("mqtt://broker.example", "broker.example", 1883, ""),
        ("mqtts://broker.example", "broker.example", 8883, ""),
        ("mqtt://hub@127.0.0.1:18830", "127.0.0.1", 18830, "hub"),
        ("mqtt://[::1]:1884/", "::1", 1884, ""),
    ],
)
def test_addresses(url: str, host: str, port: int, username: str) -> None:
    broker = read_broker(MqttSettings(url=url))
    assert (broker.host, broker.port, broker.username) == (host, port, username)
    assert (broker.tls is not None) == url.startswith("mqtts")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("broker", "use mqtt://host:1883"),
        ("http://broker", "use mqtt://host:1883"),
        ("mqtt://", "use mqtt://host:1883"),
        ("mqtt://broker:high", "can't be read"),
        ("mqtt://broker:99999", "can't be read"),
        ("mqtt://broker/path", "use mqtt://host:1883"),
        ("mqtt://hub:geheim@broker", "use mqtt.password_file"),
    ],
)
def test_addresses_that_can_not_be_used_name_the_remedy(url: str, told: str) -> None:
    with pytest.raises(InvalidSetting, match=told) as refused:
        read_broker(MqttSettings(url=url))
    assert "geheim" not in str(refused.value)


def test_certificates_without_encryption_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="use mqtts://"):
        read_broker(MqttSettings(url="mqtt://broker", ca_file=tmp_path / "ca.pem"))


def test_certificates_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="check ca_file, cert_file and key_file"):
        read_broker(MqttSettings(url="mqtts://broker", ca_file=tmp_path / "none.pem"))


def test_a_password_comes_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("geheim\n", encoding="utf-8")
    file.chmod(0o600)
    broker = read_broker(MqttSettings(username="hub", password_file=file))
    assert (broker.username, broker.password) == ("hub", "geheim")
    assert "geheim" not in repr(broker)


def test_waits_are_random_below_a_limit_that_doubles_and_ends() -> None:
    back_off = BackOff(base_s=1, cap_s=8)
    for attempt, limit_s in enumerate([1, 2, 4, 8, 8]):
        waits = [back_off.delay_s(attempt) for _ in range(300)]
        assert 0 <= min(waits) < limit_s / 4
        assert limit_s * 3 / 4 < max(waits) <= limit_s
    assert back_off.delay_s(10_000) <= 8


# paho leaves the socket of a failed handshake to the garbage collector, which closes it at once.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_events_come_over_tls_and_a_broker_of_another_authority_is_refused(
    make_mosquitto: Callable[..., Mosquitto], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    certificate, key = ours.issue("server")
    secure_port = free_port()
    broker = make_mosquitto(
        extra=[
            f"listener {secure_port} 127.0.0.1",
            "allow_anonymous true",
            f"cafile {ours.file}",
            f"certfile {certificate}",
            f"keyfile {key}",
            "require_certificate true",
        ]
    )
    hub_certificate, hub_key = ours.issue("hub")
    settings = MqttSettings(
        url=f"mqtts://127.0.0.1:{secure_port}",
        ca_file=ours.file,
        cert_file=hub_certificate,
        key_file=hub_key,
    )
    untrusting = link(read_broker(MqttSettings(url=settings.url, ca_file=theirs.file)), lambda _: None)
    wait_until(lambda: "CERTIFICATE_VERIFY_FAILED" in caplog.text, 10, "the refusal")
    untrusting.stop()
    taken: list[bytes] = []

    def handle(group: Sequence[Received]) -> None:
        taken.extend(message.payload for message in group)

    trusting = link(read_broker(settings), handle)
    assert trusting.wait_until_up(10)
    # Large and small, so that the decrypted rest of a record waits where select does not see it.
    sent = [b"%d" % i * (1 if i % 3 else 20_000) for i in range(200)]
    with Ear(broker.port, "") as ear:
        ear.say(*[("ankerort/v1/a/b/event", payload) for payload in sent])
        wait_until(lambda: len(taken) >= len(sent), 20, "all of them")
    trusting.stop()
    assert taken == sent


def link(broker: Broker, handle: Callable[[Sequence[Received]], None]) -> Link:
    made = Link(
        broker, Role("tls", (SHARED_EVENTS,), session_expiry_s=60), handle, back_off=BackOff(0.05, 0.2)
    )
    made.start()
    return made


class Authority:
    """Issues certificates for 127.0.0.1 into a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.file = folder / "ca.pem"
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test {folder.name}")])
        certificate = self._sign(self._name, self._key, is_authority=True)
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> tuple[Path, Path]:
        """Return the files of a new certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._sign(subject, key, is_authority=False)
        files = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        issuer_key = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
