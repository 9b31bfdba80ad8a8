"""The hub's connections to the broker, and the only place in the hub that knows paho.

A `Link` is one connection in one thread, which reads whatever waits, hands it over as one group, and acknowledges it
when the group is done (`manual_ack`): nothing is acknowledged too early, and no lock passes between reading and
working. Each connection is a fresh client, because paho keeps what it could not send in memory for ever.
"""

import contextlib
import logging
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hub.broker import BackOff, Broker, Role, Will
from hub.domain.errors import StoreUnavailable
from hub.ports import Pulse
from hub.reconnecting import Ended, Reconnecting, Waker
from wire import codec
from wire.topics import EVENT, HEALTH, META, QOS, STATUS

_log = logging.getLogger(__name__)

SHARED_EVENTS: Final = f"$share/ingest/{EVENT.wildcard}"
"""Several ingest processes share the events: each batch goes to one of them."""

DEVICE_WORDS: Final = (STATUS.wildcard, META.wildcard, HEALTH.wildcard)
"""What the one that holds the lease reads."""

MAX_GROUP_BYTES: Final = 256 * 1024
"""A group ends here at the latest, so that no transaction grows long: on SQLite everybody else who writes waits."""

PASSING_S: Final = 10.0
"""How long a message that is not retained may wait for the broker."""

MAX_UNACKNOWLEDGED: Final = 200
"""Messages on their way to the broker; further ones wait, where a newer one on the same topic takes their place."""

POLL_S: Final = 1.0

_TAKEN_OVER: Final = 0x8E
_GONE: Final = "the connection is gone"
_NO_ANSWER: Final = (
    "the broker gave no answer: it refuses the hub's certificate when that has expired, was revoked or is another "
    "authority's. Its log says which; `ankerort-hub broker` makes a new one"
)
_REMEDIES: Final[dict[int, str]] = {
    0x84: "the broker does not speak MQTT 5: use Mosquitto 2 or newer",
    0x86: "wrong user or password: check mqtt.username and mqtt.password_file",
    0x87: "not authorised: check the broker's access list and the hub's certificate",
    _TAKEN_OVER: "another process may use this client id: give each ingest process its own ingest.worker",
    0x95: f"a message was too large for the broker: raise its max_packet_size to {codec.MAX_PACKET_BYTES} or more",
}


class Received(NamedTuple):
    """A message from the broker; `retained` tells that it was kept, so it may be old."""

    topic: str
    payload: bytes
    retained: bool


Handle = Callable[[Sequence[Received]], None]
"""Takes a group of messages; raises StoreUnavailable to be given the same again later."""


class Link:
    """One connection: begins with `start`, comes back by itself, ends with `stop`.

    Args:
        broker: where to connect.
        role: what for.
        handle: takes messages, in the link's own thread; whatever else it raises is logged and the group is done.
        will: makes birth, farewell and last will of each connection, when it has any.
        on_up: called in the link's thread after each connection, once its subscriptions stand.
        pulse: beats each time round, with a connection and without.
    """

    def __init__(
        self,
        broker: Broker,
        role: Role,
        handle: Handle | None = None,
        *,
        will: Callable[[], Will] | None = None,
        on_up: Callable[[], None] | None = None,
        back_off: BackOff | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self._broker, self._role, self._make_will = broker, role, will
        self._will: Will | None = None
        self.handle = handle or (lambda _: None)
        self.on_up = on_up or (lambda: None)
        self._back_off = back_off or BackOff()
        self._life = Reconnecting(
            f"mqtt {role.client_id} at {broker.host}:{broker.port}",
            self._serve_one_connection,
            remedy=_REMEDIES[_TAKEN_OVER],
            back_off=self._back_off,
            log=_log,
            pulse=pulse,
        )
        self._lock = threading.Lock()
        self._outgoing: dict[str, bytes] = {}
        self._passing: deque[tuple[float, str, bytes]] = deque()
        self._up = threading.Event()
        self._waker: Waker | None = None
        self._waiting: list[mqtt.MQTTMessage] = []
        self._unacknowledged = 0
        self._end = Ended("")

    @property
    def is_up(self) -> bool:
        """Whether the connection and its subscriptions stand."""
        return self._up.is_set()

    def wait_until_up(self, timeout_s: float) -> bool:
        """Wait for the connection; false after the time-out."""
        return self._up.wait(timeout_s)

    def start(self) -> None:
        """Begin to connect and keep trying; after `stop` it may be started again."""
        self._waker = Waker()
        self._life.start()

    def stop(self) -> None:
        """Finish the group in hand, say farewell, disconnect and end the thread."""
        waker = self._waker
        if self._life.stop(self._wake) and waker is not None:
            waker.close()
            self._waker = None

    def retain(self, topic: str, payload: bytes) -> None:
        """Publish a retained message as soon as there is a connection; a newer one on its topic takes its place."""
        with self._lock:
            self._outgoing[topic] = payload
        self._wake()

    def send(self, topic: str, payload: bytes) -> bool:
        """Publish a message that is for now and never retained; false, and it is dropped, without a connection.

        One that can't be handed to the broker within `PASSING_S` is dropped, too: a command must not come late.
        """
        if not self.is_up:
            return False
        with self._lock:
            self._passing.append((time.monotonic() + PASSING_S, topic, payload))
        self._wake()
        return True

    def _wake(self) -> None:
        if self._waker is not None:
            self._waker.wake()

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _serve_one_connection(self) -> Ended:
        self._will = None if self._make_will is None else self._make_will()
        client = self._new_client()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._role.session_expiry_s
        properties.ReceiveMaximum = self._role.receive_maximum
        properties.MaximumPacketSize = codec.MAX_PACKET_BYTES
        client.connect(
            self._broker.host,
            self._broker.port,
            keepalive=self._broker.keepalive_s,
            clean_start=self._role.session_expiry_s == 0,
            properties=properties,
        )
        # In TLS 1.3 a certificate is refused after the handshake, without a word that paho would hand on.
        self._end = Ended(_GONE if self._broker.tls is None else _NO_ANSWER)
        self._unacknowledged = 0
        try:
            self._loop(client)
            if client.is_connected():
                self._say_farewell(client)
        finally:
            client.disconnect()
            client.loop_write()
            self._up.clear()
            # The broker sends them again: their numbers mean nothing on the next connection.
            self._waiting.clear()
            with self._lock:
                self._passing.clear()
        return self._end

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, self._role.client_id, protocol=mqtt.MQTTv5, manual_ack=True
        )
        client.enable_logger(_log.getChild("paho"))
        client.max_inflight_messages_set(MAX_UNACKNOWLEDGED)
        if self._broker.tls is not None:
            client.tls_set_context(self._broker.tls)
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._broker.password or None)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.lost, qos=QOS, retain=True)
        # Callbacks only note: one that raised or took long would stop delivery.
        client.on_connect = self._note_connect
        client.on_subscribe = self._note_subscribed
        client.on_disconnect = self._note_disconnect
        client.on_message = self._note_message
        client.on_publish = self._note_publish
        client.on_socket_open = _without_delay
        # With a writer registered, paho queues what it wants to write, and this loop writes it together.
        client.on_socket_register_write = _nothing
        return client

    def _note_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._end = Ended(_remedy(reason))
            return
        self._end = Ended(_GONE)
        if self._will is not None:
            self._publish(client, self._will.topic, self._will.birth)
        if self._role.filters:
            client.subscribe([(name, QOS) for name in self._role.filters])
        else:
            self._note_up()

    def _note_subscribed(
        self, client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._end = Ended(f"the broker refuses {', '.join(self._role.filters)}: check its access list")
            client.disconnect()
        else:
            self._note_up()

    def _note_up(self) -> None:
        self._end = self._end._replace(stood=True)
        self._up.set()

    def _note_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        self._up.clear()
        if reason.value in _REMEDIES:
            self._end = self._end._replace(reason=_remedy(reason), taken_over=reason.value == _TAKEN_OVER)

    def _note_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._waiting.append(message)

    def _note_publish(self, *_arguments: Any) -> None:
        self._unacknowledged -= 1

    def _loop(self, client: mqtt.Client) -> None:
        """Read, work, write, until the connection ends or we do."""
        failures, not_before, told_up = 0, 0.0, False
        while client.socket() is not None:
            if self._life.is_stopping:
                self._end = Ended("")
                return
            self._life.beat()
            wait_s = POLL_S
            if self._waiting:
                wait_s = min(POLL_S, max(0.0, not_before - time.monotonic()))
            self._read(client, wait_s)
            if self._up.is_set() and not told_up:
                told_up = True
                self._life.is_well()
                self.on_up()
            if self._waiting and time.monotonic() >= not_before:
                if self._work(client):
                    if failures:
                        _log.info("mqtt %s: the store takes messages again", self._role.client_id)
                        self._life.is_well()
                    failures = 0
                else:
                    not_before = time.monotonic() + self._back_off.delay_s(failures)
                    failures += 1
            self._send(client)
            client.loop_misc()

    def _read(self, client: mqtt.Client, wait_s: float) -> None:
        """Wait for something to do; then take what is there, up to about one group."""
        sock, waker = client.socket(), self._waker
        if sock is None or waker is None:
            return
        # What TLS has decrypted already, select does not see.
        decrypted = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        watched: list[Any] = [sock, waker]
        writing = [sock] if client.want_write() else []
        readable, _, _ = select.select(watched, writing, [], 0.0 if decrypted else wait_s)
        if waker in readable:
            waker.clear()
        if sock not in readable and not decrypted:
            return
        # However much waits for a store that is down, the connection is read: the broker's answers must be seen, and it
        # sends no more than `receive_maximum` ahead.
        start, size, before = len(self._waiting), 0, -1
        while before < len(self._waiting) < start + self._role.group and size < MAX_GROUP_BYTES:
            before = len(self._waiting)
            client.loop_read()
            if len(self._waiting) > before:
                size += len(self._waiting[-1].payload)

    def _work(self, client: mqtt.Client) -> bool:
        """Hand a group over and acknowledge it; false when it must be tried again later."""
        group, size = 0, 0
        for message in self._waiting[: self._role.group]:
            group, size = group + 1, size + len(message.payload)
            if size > MAX_GROUP_BYTES:
                break
        messages = self._waiting[:group]
        try:
            self.handle([_received(message) for message in messages])
        except StoreUnavailable as error:
            self._life.tell(f"{error}; {len(self._waiting)} messages wait, none is acknowledged")
            return False
        except Exception:  # noqa: BLE001 - one group must not end delivery
            _log.exception("mqtt %s: a group of %d messages failed", self._role.client_id, group)
        del self._waiting[:group]
        for message in messages:
            client.ack(message.mid, message.qos)
        return True

    def _send(self, client: mqtt.Client) -> None:
        while self._up.is_set() and self._passing and self._unacknowledged < MAX_UNACKNOWLEDGED:
            with self._lock:
                until, topic, payload = self._passing.popleft()
            if time.monotonic() < until:
                self._publish(client, topic, payload, retain=False)
        while self._up.is_set() and self._outgoing and self._unacknowledged < MAX_UNACKNOWLEDGED:
            with self._lock:
                topic = next(iter(self._outgoing))
                payload = self._outgoing.pop(topic)
            self._publish(client, topic, payload)
        if client.want_write():
            client.loop_write()

    def _publish(self, client: mqtt.Client, topic: str, payload: bytes, *, retain: bool = True) -> None:
        self._unacknowledged += 1
        client.publish(topic, payload, qos=QOS, retain=retain)

    def _say_farewell(self, client: mqtt.Client) -> None:
        self._send(client)
        if self._will is not None:
            self._publish(client, self._will.topic, self._will.farewell)
        end = time.monotonic() + 1.0
        while client.want_write() and client.socket() is not None and time.monotonic() < end:
            client.loop_write()


def _received(message: mqtt.MQTTMessage) -> Received:
    try:
        topic = message.topic
    except UnicodeDecodeError:
        topic = "(not UTF-8)"
    return Received(topic, bytes(message.payload), message.retain)


def _remedy(reason: ReasonCode) -> str:
    return _REMEDIES.get(reason.value, f"the broker says: {reason}")


def _without_delay(_client: Any, _data: Any, connection: Any) -> None:
    # Several small writes follow each other: held back by Nagle's algorithm they cost 40 ms.
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _nothing(*_arguments: Any) -> None:
    return None
