"""A plain MQTT client for tests: says what devices say, and hears everything."""

import threading
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.parts.waiting import wait_until


class Ear:
    """One connection to a broker on loopback; a context manager.

    Args:
        port: of the broker.
        listen: the filter that it hears; empty for nothing.
    """

    def __init__(self, port: int, listen: str = "ankerort/#") -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._port, self._listen = port, listen
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.max_inflight_messages_set(200)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _data, m: self.heard.append(
            (m.topic, bytes(m.payload), m.retain)
        )

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        if self._listen:
            client.subscribe(self._listen, qos=1)
        else:
            self._ready.set()

    def __enter__(self) -> Self:
        # Against a broker with a small receive maximum nothing is lost: paho keeps what is above.
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        self._client.connect("127.0.0.1", self._port, properties=properties)
        self._client.loop_start()
        assert self._ready.wait(10), "the broker did not answer"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, *messages: tuple[str, bytes], retain: bool = False) -> None:
        """Publish, and wait until the broker has it all."""
        sent = [self._client.publish(topic, payload, qos=1, retain=retain) for topic, payload in messages]
        for one in sent:
            one.wait_for_publish(20)

    def payloads(self, topic: str) -> list[bytes]:
        """Return what was heard on a topic."""
        return [payload for heard, payload, _ in list(self.heard) if heard == topic]

    def wait_for(self, topic: str, payload: bytes | None = None, deadline_s: float = 10.0) -> bytes:
        """Wait until something, or this, is heard on a topic as the last; return it."""

        def last() -> bytes | None:
            found = self.payloads(topic)
            return found[-1] if found and payload in (None, found[-1]) else None

        return wait_until(last, deadline_s, f"{payload!r} on {topic}") or b""
