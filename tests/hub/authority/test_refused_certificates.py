"""A real broker with our configuration takes the certificates that are good only; rotation locks nobody out."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hub.authority.certificates import Use
from hub.authority.folder import Authority, Issued
from hub.broker import BackOff, Role, read_broker
from hub.config import MqttSettings
from hub.mqtt import Link
from tests.hub.authority.site import DAY_US, NOT_AUTHORISED, Caller, Site, context_of, now_us
from tests.parts.ports import LOOPBACK
from tests.parts.waiting import wait_until

PI = "werkstatt/pi-1"
EVENT = f"ankerort/v1/{PI}/event"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    made.start()
    yield made
    made.stop()


def is_accepted(site: Site, login: Issued | None, name: str = PI) -> bool:
    """Say whether a certificate gets as far as the broker's welcome."""
    try:
        Caller(site, name, login).close()
    except (ssl.SSLError, ConnectionError):
        return False
    return True


def shake_hands(*ends: ssl.SSLObject) -> None:
    """Let two ends of one connection come as far as they can."""
    for end in ends * 3:
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()


def expired(site: Site) -> Issued:
    return site.authority.issue(PI, Use.CLIENT, now_us() - 30 * DAY_US, 10)


def revoked(site: Site) -> Issued:
    login = site.device("werkstatt/pi-2")
    site.authority.revoke("werkstatt/pi-2", "stolen", now_us())
    return login


def foreign(site: Site) -> Issued:
    other = Authority(site.folder / "other")
    if not other.exists:
        other.create(now_us())
    return other.issue(PI, Use.CLIENT, now_us(), 30)


def none_at_all(site: Site) -> None:
    return None


def made_for_a_server(site: Site) -> Issued:
    return site.authority.issue(PI, Use.SERVER, now_us(), 30, [LOOPBACK])


REFUSED: list[Callable[[Site], Issued | None]] = [expired, revoked, foreign, none_at_all, made_for_a_server]


# paho leaves the socket of a failed handshake to the garbage collector, which closes it at once.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.xdist_group("refused-certificates")
@pytest.mark.parametrize("make", REFUSED)
@pytest.mark.parametrize("name", [PI, "hub"], ids=["at the devices' port", "at the hub's port"])
def test_a_certificate_that_is_not_good_is_refused(
    site: Site, make: Callable[[Site], Issued | None], name: str
) -> None:
    login = make(site)
    site.files.write_rules(now_us())
    site.reload()
    assert not is_accepted(site, login, name)
    assert is_accepted(site, site.device(PI)), "the broker takes nobody at all"


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.xdist_group("refused-certificates")
def test_a_hub_that_is_refused_says_what_to_do(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    login = site.authority.issue("hub", Use.CLIENT, now_us() - 30 * DAY_US, 10)
    files = {"ca.pem": site.authority.trusted(), "hub.pem": login.certificate, "hub.key": login.key}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    settings = MqttSettings(
        url=f"mqtts://{LOOPBACK}:{site.listeners.hub_port}",
        ca_file=tmp_path / "ca.pem",
        cert_file=tmp_path / "hub.pem",
        key_file=tmp_path / "hub.key",
    )
    link = Link(read_broker(settings), Role("refused"), back_off=BackOff(0.05, 0.2))
    link.start()
    wait_until(lambda: "`ankerort-hub broker` makes a new one" in caplog.text, 10, "the word")
    link.stop()


@pytest.mark.xdist_group("refused-certificates")
@pytest.mark.parametrize("is_hub", [False, True])
def test_without_encryption_nobody_is_heard(site: Site, is_hub: bool) -> None:
    port = site.listeners.hub_port if is_hub else site.listeners.device_port
    with socket.create_connection((LOOPBACK, port), 5) as plain:
        # A CONNECT of MQTT 5 with the client id "a".
        plain.sendall(bytes.fromhex("100e00044d51545405020005000001") + b"a")
        try:
            answer = plain.recv(1)
        except ConnectionResetError:
            answer = b""
        # An end, or an alert of TLS; a welcome would begin with 0x20.
        assert answer in (b"", b"\x15")


@pytest.mark.xdist_group("refused-certificates")
def test_a_device_trusts_no_broker_that_has_a_devices_certificate(site: Site, tmp_path: Path) -> None:
    pi, inside, outside = site.device(PI), ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (tmp_path / "pi.pem").write_bytes(pi.certificate + pi.key)
    server.load_cert_chain(tmp_path / "pi.pem")
    client = context_of(site, None)
    client.check_hostname = False
    ends = client.wrap_bio(inside, outside), server.wrap_bio(outside, inside, server_side=True)
    with pytest.raises(ssl.SSLCertVerificationError, match="unsuitable certificate purpose"):
        shake_hands(*ends)


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.xdist_group("refused-certificates")
def test_who_is_revoked_while_connected_is_heard_no_more_after_a_reload(site: Site) -> None:
    login = site.device("werkstatt/pi-3")
    site.files.write_rules(now_us())
    site.reload()
    thief = Caller(site, "werkstatt/pi-3", login)
    assert thief.publish("ankerort/v1/werkstatt/pi-3/event", b"mine") < 128
    site.authority.revoke("werkstatt/pi-3", "stolen", now_us())
    site.files.write_rules(now_us())
    site.reload()
    assert thief.publish("ankerort/v1/werkstatt/pi-3/event", b"stolen") == NOT_AUTHORISED
    thief.close()
    assert not is_accepted(site, login, "werkstatt/pi-3")


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.xdist_group("refused-certificates")
def test_a_renewed_certificate_overlaps_the_one_before(site: Site) -> None:
    before, after = site.device("werkstatt/pi-4"), site.device("werkstatt/pi-4")
    site.files.write_rules(now_us())
    site.reload()
    assert is_accepted(site, before, "werkstatt/pi-4")
    assert is_accepted(site, after, "werkstatt/pi-4")
    assert site.authority.revoke("werkstatt/pi-4", "replaced", now_us(), keep=after.serial) == 1
    site.files.write_rules(now_us())
    site.reload()
    assert not is_accepted(site, before, "werkstatt/pi-4")
    assert is_accepted(site, after, "werkstatt/pi-4")


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.xdist_group("refused-certificates")
def test_a_new_generation_locks_nobody_out_and_the_old_ones_end_does(tmp_path: Path) -> None:
    own = Site(tmp_path)
    old, known = own.device(PI), own.authority.trusted()
    own.authority.rotate(now_us())
    new = own.device(PI)
    assert not own.files.write_server(["localhost", LOOPBACK], now_us()), "of the first, which all know"
    assert own.login.write_login(now_us())
    own.files.write_rules(now_us())
    own.start()
    try:
        assert is_accepted(own, old)
        assert is_accepted(own, new)
        # A device from before the rotation knows the first generation alone, and still the broker.
        early = ssl.create_default_context(cadata=known.decode("ascii"))
        with (
            socket.create_connection((LOOPBACK, own.listeners.device_port), 5) as plain,
            early.wrap_socket(plain, server_hostname=LOOPBACK) as encrypted,
        ):
            assert encrypted.version() == "TLSv1.3"
        own.authority.retire(1, now_us())
        assert own.files.write_server(["localhost", LOOPBACK], now_us()), "of the generation that is left"
        own.files.write_rules(now_us())
        own.reload()
        assert not is_accepted(own, old)
        assert is_accepted(own, new)
    finally:
        own.stop()
