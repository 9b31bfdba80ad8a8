"""The uplink against a real Mosquitto: birth and will, reconnects, bounds, refusals, TLS."""

import logging
import queue
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from device.core.inputs import Input, LinkDown, LinkUp, MarkArrived
from device.uplink import MAX_WAITING, BackOff, Broker, MqttUplink
from tests.parts.mosquitto import Mosquitto
from tests.parts.ports import LOOPBACK
from tests.parts.requirement import require_program
from tests.parts.tcp_proxy import TcpProxy
from tests.parts.waiting import wait_until
from wire.codec import decode, encode
from wire.messages import Mark, Status
from wire.topics import ACCESS, COMMAND, EVENT, MARK, STATUS, Channel, Topic

STATUS_TOPIC = str(Topic(STATUS, "town", "door"))
MARK_TOPIC = str(Topic(MARK, "town", "door"))
EVENT_TOPIC = str(Topic(EVENT, "town", "door"))
ACCESS_TOPIC = str(Topic(ACCESS, "town", "door"))
COMMAND_TOPIC = str(Topic(COMMAND, "town", "door"))
EPOCH = "e" * 16
QUICK = BackOff(base_s=0.05, cap_s=0.2)

MakeUplink = Callable[..., MqttUplink]


class Inputs:
    """What an uplink puts on the queue."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[Input] = queue.SimpleQueue()

    def next(self, kind: type, deadline_s: float = 10.0) -> Any:
        """Wait for an input of a kind; others before it are dropped."""
        while True:
            found = self.queue.get(timeout=deadline_s)
            if isinstance(found, kind):
                return found


class Observer:
    """A second client that keeps all it sees; a context manager."""

    def __init__(self, port: int, topic: str) -> None:
        self.messages: list[mqtt.MQTTMessage] = []
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = lambda _client, _data, message: self.messages.append(message)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.connect(LOOPBACK, port)
        self._client.subscribe(topic, 1)

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish and wait for the broker's word."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def payloads(self) -> list[bytes]:
        """All payloads so far."""
        return [bytes(message.payload) for message in self.messages]

    def states(self) -> list[str]:
        """All states of the status topic so far."""
        return [decode(STATUS, Status, payload).state for payload in self.payloads()]


@pytest.fixture
def inputs() -> Inputs:
    """A queue for one uplink."""
    return Inputs()


@pytest.fixture
def make_uplink() -> Iterator[MakeUplink]:
    """A function that makes uplinks, which are stopped at the end."""
    made: list[MqttUplink] = []

    def make(port: int, *, device: str = "door", back_off: BackOff = QUICK, **broker: Any) -> MqttUplink:
        uplink = MqttUplink(Broker(LOOPBACK, port, **broker), space="town", device=device, back_off=back_off)
        made.append(uplink)
        return uplink

    yield make
    for uplink in made:
        uplink.stop()


def test_it_says_link_up_with_a_session_and_takes_messages(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs
) -> None:
    uplink = make_uplink(mosquitto.port)
    assert uplink.publish(EVENT_TOPIC, b"early", retain=False) is False
    uplink.start(inputs.queue.put)
    up = inputs.next(LinkUp)
    assert len(up.session) == 16
    with Observer(mosquitto.port, EVENT_TOPIC) as observer:
        assert uplink.publish(EVENT_TOPIC, b"batch", retain=False) is True
        wait_until(lambda: observer.payloads() == [b"batch"], 15, "the batch at the observer")
        assert observer.messages[0].qos == 1


def test_d3_a_retained_mark_is_heard_after_each_connection(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs
) -> None:
    with Observer(mosquitto.port, MARK_TOPIC) as hub:
        hub.publish(MARK_TOPIC, encode(Mark(epoch=EPOCH, upto=7)), retain=True)
    uplink = make_uplink(mosquitto.port)
    uplink.start(inputs.queue.put)
    assert inputs.next(MarkArrived) == MarkArrived(EPOCH, 7)
    mosquitto.restart()
    inputs.next(LinkUp)
    assert inputs.next(MarkArrived) == MarkArrived(EPOCH, 7)


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"{",
        b'{"epoch":"x","upto":1}',
        b'{"epoch":"eeeeeeeeeeeeeeee","upto":-1}',
        b"\xff" * 500,
        b"[" * 1000,
        b" " * 2000,
    ],
    ids=["empty", "cut", "bad epoch", "negative", "no text", "deep", "too large"],
)
def test_rubbish_on_its_topic_is_dropped_and_the_next_mark_is_heard(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs, rubbish: bytes
) -> None:
    uplink = make_uplink(mosquitto.port)
    uplink.start(inputs.queue.put)
    inputs.next(LinkUp)
    with Observer(mosquitto.port, MARK_TOPIC) as hub:
        hub.publish(MARK_TOPIC, rubbish)
        hub.publish(MARK_TOPIC, encode(Mark(epoch=EPOCH, upto=9)))
    assert inputs.queue.get(timeout=5) == MarkArrived(EPOCH, 9)


def test_a_killed_broker_is_found_again_with_a_new_session(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs
) -> None:
    uplink = make_uplink(mosquitto.port)
    uplink.start(inputs.queue.put)
    first = inputs.next(LinkUp)
    mosquitto.kill()
    inputs.next(LinkDown)
    assert uplink.publish(EVENT_TOPIC, b"nobody is there", retain=False) is False
    mosquitto.start()
    second = inputs.next(LinkUp)
    assert second.session != first.session
    assert uplink.publish(EVENT_TOPIC, b"again", retain=False) is True


def test_nothing_from_before_the_cut_is_kept_inside(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    # paho would send it again with the next connection; the spool does that, and knows better what.
    proxy = tcp_proxy(mosquitto.port)
    uplink = make_uplink(proxy.port)
    uplink.start(inputs.queue.put)
    inputs.next(LinkUp)
    with Observer(mosquitto.port, EVENT_TOPIC) as observer:
        proxy.blackhole()
        assert uplink.publish(EVENT_TOPIC, b"lost", retain=False) is True
        proxy.cut()
        inputs.next(LinkDown)
        proxy.restore()
        inputs.next(LinkUp)
        uplink.publish(EVENT_TOPIC, b"new", retain=False)
        wait_until(lambda: b"new" in observer.payloads(), 15, "the new message")
        assert b"lost" not in observer.payloads()


def test_what_a_stalled_network_does_not_take_is_bounded(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    proxy = tcp_proxy(mosquitto.port)
    uplink = make_uplink(proxy.port)
    uplink.start(inputs.queue.put)
    inputs.next(LinkUp)
    proxy.blackhole()
    taken = sum(uplink.publish(EVENT_TOPIC, b"x" * 1000, retain=False) for _ in range(500))
    assert taken == MAX_WAITING
    proxy.restore()
    wait_until(lambda: uplink.publish(EVENT_TOPIC, b"more", retain=False), 10, "room again")


def test_a_silent_network_is_noticed_by_keepalive(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    proxy = tcp_proxy(mosquitto.port)
    uplink = make_uplink(proxy.port, keepalive_s=1)
    uplink.start(inputs.queue.put)
    inputs.next(LinkUp)
    proxy.blackhole()
    inputs.next(LinkDown, 10)


def test_the_last_will_is_seen_when_the_connection_is_cut(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    proxy = tcp_proxy(mosquitto.port)
    uplink = make_uplink(proxy.port)
    with Observer(mosquitto.port, STATUS_TOPIC) as observer:
        uplink.start(inputs.queue.put)
        up = inputs.next(LinkUp)
        proxy.refuse()
        proxy.cut()
        wait_until(lambda: "lost" in observer.states(), 15, "the last will")
        assert decode(STATUS, Status, observer.payloads()[-1]).session == up.session
    with Observer(mosquitto.port, STATUS_TOPIC) as late:
        wait_until(lambda: late.states() == ["lost"], 15, "the retained will")
        assert late.messages[0].retain


def test_a_graceful_stop_says_offline_and_leaves_no_will(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs
) -> None:
    uplink = make_uplink(mosquitto.port)
    with Observer(mosquitto.port, STATUS_TOPIC) as observer:
        uplink.start(inputs.queue.put)
        up = inputs.next(LinkUp)
        uplink.publish(STATUS_TOPIC, encode(Status(state="online", session=up.session)), retain=True)
        uplink.stop()
        wait_until(lambda: observer.states() == ["online", "offline"], 15, "the farewell")
    with Observer(mosquitto.port, STATUS_TOPIC) as late:
        wait_until(lambda: late.states() == ["offline"], 15, "the retained farewell")


def test_what_was_handed_over_before_a_stop_is_sent(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs
) -> None:
    uplink = make_uplink(mosquitto.port)
    with Observer(mosquitto.port, EVENT_TOPIC) as observer:
        uplink.start(inputs.queue.put)
        inputs.next(LinkUp)
        for number in range(50):
            assert uplink.publish(EVENT_TOPIC, b"%d" % number, retain=False)
        uplink.stop()
        wait_until(lambda: len(observer.messages) == 50, 15, "all fifty")


def test_stop_without_a_broker_returns_at_once(make_uplink: MakeUplink, inputs: Inputs) -> None:
    uplink = make_uplink(1, back_off=BackOff(base_s=60, cap_s=60, random=lambda: 1.0))
    uplink.start(inputs.queue.put)
    uplink.stop()
    uplink.stop()
    assert inputs.queue.empty()


def test_a_reason_is_logged_once_until_a_connection_has_stood(
    make_uplink: MakeUplink,
    inputs: Inputs,
    make_mosquitto: Callable[..., Mosquitto],
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = make_mosquitto()
    broker.stop()
    attempts: list[float] = []

    def count() -> float:
        attempts.append(0.0)
        return 1.0

    uplink = make_uplink(broker.port, back_off=BackOff(0.02, 0.02, count))
    with caplog.at_level(logging.WARNING):
        uplink.start(inputs.queue.put)
        wait_until(lambda: len(attempts) >= 5, 15, "five attempts")
        assert caplog.text.count("can't connect to") == 1
    broker.start()
    inputs.next(LinkUp)


def test_a_wrong_password_is_explained(
    tmp_path: Path, make_uplink: MakeUplink, inputs: Inputs, make_mosquitto: Callable[..., Mosquitto],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    passwords = tmp_path / "passwords"
    program = require_program("mosquitto_passwd", "mosquitto")
    subprocess.run([program, "-c", "-b", passwords, "town-door", "right"], check=True, capture_output=True)
    passwords.chmod(0o644)
    broker = make_mosquitto(extra=["allow_anonymous false", f"password_file {passwords}"])
    wrong = make_uplink(broker.port, username="town-door", password="wrong")
    wrong.start(inputs.queue.put)
    wait_until(lambda: "refused the connection" in caplog.text, 10, "the refusal")
    wrong.stop()
    assert "mqtt.password_file" in caplog.text
    assert "wrong" not in caplog.text.replace("wrong user or password", "")
    assert inputs.queue.empty()
    right = make_uplink(broker.port, username="town-door", password="right")
    right.start(inputs.queue.put)
    inputs.next(LinkUp)


def test_another_client_with_the_same_id_is_named_and_not_fought(
    mosquitto: Mosquitto, make_uplink: MakeUplink, inputs: Inputs, caplog: pytest.LogCaptureFixture
) -> None:
    # Its waits are 20 ms and double, so that a long one tells that it gave way.
    ours = make_uplink(mosquitto.port, back_off=BackOff(base_s=0.02, cap_s=60, random=lambda: 1.0))
    ours.start(inputs.queue.put)
    inputs.next(LinkUp)
    theirs = Inputs()
    twin = make_uplink(mosquitto.port, back_off=BackOff(base_s=0.02, cap_s=0.02))
    twin.start(theirs.queue.put)
    wait_until(lambda: "two Pis must not share" in caplog.text, 10, "the explanation")


def test_a_broker_that_takes_no_large_messages_is_not_taken_for_a_twin(
    tmp_path: Path, make_uplink: MakeUplink, inputs: Inputs, caplog: pytest.LogCaptureFixture
) -> None:
    broker = Mosquitto(tmp_path / "small", extra=["max_packet_size 2000"])
    broker.start()
    try:
        uplink = make_uplink(broker.port)
        uplink.start(inputs.queue.put)
        for _ in range(5):
            inputs.next(LinkUp)
            assert uplink.publish(EVENT_TOPIC, bytes(3000), retain=False)
            inputs.next(LinkDown)
        inputs.next(LinkUp)
    finally:
        uplink.stop()
        broker.stop()
    assert "raise its max_packet_size" in caplog.text
    assert "two Pis" not in caplog.text


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder with a CA, a server's and a client's certificate."""
    folder = tmp_path / "tls"
    folder.mkdir()

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    openssl(*new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test ca")
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"]
    for name in ("server", "client"):
        subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
        openssl(*new, *signed, *subject, "-keyout", f"{name}.key", "-out", f"{name}.pem")
    for file in folder.iterdir():
        file.chmod(0o644)
    return folder


# paho leaves the socket of a failed handshake to the garbage collector, which closes it at once.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_tls_with_a_certificate_of_the_device(
    certificates: Path, make_uplink: MakeUplink, inputs: Inputs, make_mosquitto: Callable[..., Mosquitto],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    broker = make_mosquitto(
        extra=[
            f"cafile {certificates / 'ca.pem'}",
            f"certfile {certificates / 'server.pem'}",
            f"keyfile {certificates / 'server.key'}",
            "require_certificate true",
        ]
    )
    stranger = ssl.create_default_context()
    untrusting = make_uplink(broker.port, tls=stranger)
    untrusting.start(inputs.queue.put)
    wait_until(lambda: "CERTIFICATE_VERIFY_FAILED" in caplog.text, 10, "the refusal of an unknown CA")
    untrusting.stop()
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    context.load_cert_chain(certificates / "client.pem", certificates / "client.key")
    uplink = make_uplink(broker.port, tls=context)
    uplink.start(inputs.queue.put)
    inputs.next(LinkUp)
    for _ in range(40):
        wait_until(lambda: uplink.publish(EVENT_TOPIC, b"x" * 100_000, retain=False), 10, "room")
    wait_until(lambda: uplink._unacknowledged == 0, 10, "4 MB over TLS")


def test_the_first_reconnect_is_quick_and_waits_grow_to_a_limit() -> None:
    longest = BackOff(base_s=1.0, cap_s=60.0, random=lambda: 1.0)
    assert [longest.delay_s(n) for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert longest.delay_s(10_000) == 60
    assert BackOff(random=lambda: 0.0).delay_s(9) == 0


@pytest.fixture
def taken() -> list[tuple[str, bytes, bool]]:
    """What an uplink was given of lists and commands."""
    return []


def test_a_retained_list_comes_with_the_connection_and_a_command_says_whether_it_was_kept(
    mosquitto: Mosquitto, taken: list[tuple[str, bytes, bool]]
) -> None:
    def take(channel: Channel, payload: bytes, retained: bool) -> None:
        taken.append((channel.name, payload, retained))

    broker, inputs = Broker(LOOPBACK, mosquitto.port), Inputs()
    uplink = MqttUplink(broker, space="town", device="door", back_off=QUICK, take_sealed=take)
    big = b"x" * 300_000
    with Observer(mosquitto.port, "#") as hub:
        hub.publish(ACCESS_TOPIC, big, retain=True)
        hub.publish(COMMAND_TOPIC, b"kept by the broker", retain=True)
        uplink.start(inputs.queue.put)
        try:
            inputs.next(LinkUp)
            wait_until(lambda: len(taken) == 2, 10, "what was retained")
            assert set(taken) == {("access", big, True), ("command", b"kept by the broker", True)}
            taken.clear()
            hub.publish(COMMAND_TOPIC, b"now")
            hub.publish(COMMAND_TOPIC, b"now, and kept", retain=True)
            hub.publish(ACCESS_TOPIC, b"rubbish")
            wait_until(lambda: len(taken) == 3, 10, "what came")
        finally:
            uplink.stop()
    assert taken == [
        ("command", b"now", False),
        ("command", b"now, and kept", True),
        ("access", b"rubbish", False),
    ]


def test_a_device_that_opens_no_lists_drops_them_and_stays_connected(mosquitto: Mosquitto) -> None:
    inputs = Inputs()
    uplink = MqttUplink(Broker(LOOPBACK, mosquitto.port), space="town", device="door", back_off=QUICK)
    uplink.start(inputs.queue.put)
    try:
        inputs.next(LinkUp)
        with Observer(mosquitto.port, "#") as hub:
            hub.publish(COMMAND_TOPIC, b"rubbish")
            hub.publish(MARK_TOPIC, encode(Mark(epoch=EPOCH, upto=7)))
        assert inputs.next(MarkArrived) == MarkArrived(EPOCH, 7)
    finally:
        uplink.stop()
