"""The broker of the test bench starts, is ours, and keeps what durable settings promise over a SIGKILL."""

import queue
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import MQTTMessageInfo, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.parts.mosquitto import Mosquitto
from tests.parts.process import ChildProcess, PartError, listening_pid
from tests.parts.waiting import wait_until


class Client:
    """The least MQTT client that a test of the broker needs."""

    def __init__(self, broker: Mosquitto, name: str) -> None:
        self.received: queue.Queue[bytes] = queue.Queue()
        self._client = PahoClient(CallbackAPIVersion.VERSION2, name, protocol=MQTTv5)
        self._client.on_message = lambda _client, _data, message: self.received.put(bytes(message.payload))
        keep = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        keep.SessionExpiryInterval = 3600
        self._client.connect(broker.host, broker.port, clean_start=False, properties=keep)
        self._client.loop_start()
        wait_until(self._client.is_connected, 10.0, f"{name} to connect")

    def subscribe(self, topic: str) -> None:
        done = []
        self._client.on_subscribe = lambda *_: done.append(True)
        self._client.subscribe(topic, qos=1)
        wait_until(lambda: done, 10.0, "the subscription")

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        sent = self.send(topic, payload, retain=retain)
        wait_until(sent.is_published, 30.0, f"the broker to acknowledge {payload!r}")

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> MQTTMessageInfo:
        return self._client.publish(topic, payload, qos=1, retain=retain)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def connected(broker: Mosquitto, name: str) -> Iterator[Client]:
    client = Client(broker, name)
    try:
        yield client
    finally:
        client.close()


def test_the_broker_that_listens_is_our_own_child(mosquitto: Mosquitto) -> None:
    assert listening_pid(mosquitto.port) == mosquitto.pid


def test_a_message_reaches_a_subscriber(mosquitto: Mosquitto) -> None:
    with connected(mosquitto, "reader") as reader, connected(mosquitto, "writer") as writer:
        reader.subscribe("a/b")
        writer.publish("a/b", b"hello")
        assert reader.received.get(timeout=10) == b"hello"


def test_a_killed_broker_keeps_sessions_queues_and_retained_messages(mosquitto: Mosquitto) -> None:
    with connected(mosquitto, "reader") as reader:
        reader.subscribe("queue")
    with connected(mosquitto, "writer") as writer:
        writer.publish("queue", b"while you were away")
        writer.publish("state", b"online", retain=True)
        # All is saved together, a moment later: a PUBACK does not wait for it.
        wait_until(lambda: b"while you were away" in stored(mosquitto), 10.0, "the broker to save its queue")
        wait_until(lambda: b"online" in stored(mosquitto), 10.0, "the broker to save what is retained")
    port = mosquitto.port
    mosquitto.restart(kill=True)
    with connected(mosquitto, "reader") as reader:
        assert reader.received.get(timeout=10) == b"while you were away"
        reader.subscribe("state")
        assert reader.received.get(timeout=10) == b"online"
    assert mosquitto.port == port


def stored(broker: Mosquitto) -> bytes:
    database = broker.data / "mosquitto.db"
    return database.read_bytes() if database.exists() else b""


def test_an_offline_subscriber_gets_all_of_five_thousand_messages(
    make_mosquitto: Callable[..., Mosquitto],
) -> None:
    # Durable, it would write its whole state anew after each message.
    mosquitto = make_mosquitto(durable=False)
    with connected(mosquitto, "reader") as reader:
        reader.subscribe("many")
    with connected(mosquitto, "writer") as writer:
        for number in range(4_999):
            writer.send("many", b"%d" % number)
        writer.publish("many", b"last")
    with connected(mosquitto, "reader") as reader:
        wait_until(lambda: reader.received.qsize() == 5_000, 30.0, "5,000 messages")
        assert [reader.received.get() for _ in range(5_000)] == [*(b"%d" % n for n in range(4_999)), b"last"]


def test_a_port_that_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    with (
        socket.create_server((broker.host, broker.port)),
        pytest.raises((PartError, AssertionError)) as raised,
    ):
        broker.start()
    broker.stop()
    assert "mosquitto" in str(raised.value)


def test_a_listener_that_is_not_the_child_is_noticed(tmp_path: Path) -> None:
    sleeper = ChildProcess("sleeper", tmp_path / "log")
    sleeper.spawn([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as foreign,
            pytest.raises(PartError, match="not to sleeper"),
        ):
            sleeper.wait_for_port(foreign.getsockname()[1])
    finally:
        sleeper.kill()


def test_a_broken_configuration_fails_with_the_brokers_own_words(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, extra=["no_such_setting 1"])
    with pytest.raises(PartError, match="no_such_setting"):
        broker.start()
