"""The connection to the broker, and the only place on the device that knows paho.

One thread owns the connection; everyone else puts bytes on its short queue, or is told that there is none. Each
connection is a fresh client, because paho keeps what it could not send in memory for ever: the spool keeps instead.
"""

import contextlib
import logging
import random
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from device.core.inputs import LinkDown, LinkUp, MarkArrived
from device.ports import Put
from wire.codec import MAX_BATCH_BYTES, MAX_PACKET_BYTES, decode, encode
from wire.errors import WireError
from wire.identifiers import new_hex16
from wire.messages import Mark, Status
from wire.topics import ACCESS, COMMAND, MARK, QOS, STATUS, Channel, Topic, parse_topic

log = logging.getLogger(__name__)

MAX_WAITING: Final = 64
"""Messages handed over and not yet acknowledged by the broker; beyond that `publish` says no."""
POLL_S: Final = 2.0
STOP_S: Final = 2.0
STABLE_S: Final = 10.0
"""A connection that lasted this long was a good one: the next back-off begins from the start."""
TAKEN_OVER: Final = 0x8E
SHORT_LIVES: Final = 3
"""So many short connections in a row are no accident; Mosquitto 2.0 does not say that it was another client."""

_REMEDIES: Final[dict[int, str]] = {
    0x84: "the broker does not speak MQTT 5: use Mosquitto 2 or newer",
    0x85: "the broker refuses the client id: check `space` and `device`",
    0x86: "wrong user or password: check mqtt.username and mqtt.password_file",
    0x87: "check mqtt.username, mqtt.password_file, this device's certificate, and the broker's access list",
    0x88: "the broker is not ready yet",
    0x89: "the broker is busy",
    0x8A: "the broker has banned this client",
    TAKEN_OVER: "another client may use this device's id: two Pis must not share `space` and `device`",
    0x95: "a message was larger than the broker allows: raise its max_packet_size to at least 393216",
}

_NO_ANSWER: Final = (
    "the broker gave no answer: it refuses this device's certificate when that has expired, was revoked or is another "
    "authority's. Its log says which; `ankerort-hub device renew` makes a new one"
)


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to log in.

    Args:
        host, port: its address.
        tls: context for mqtts, or None for a plain connection.
        username, password: when the broker asks for them.
        keepalive_s: after this long without a word the broker is asked whether it is there.
        session_expiry_s: how long the broker keeps our subscriptions and their messages.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    username: str = ""
    password: str = ""
    keepalive_s: int = 30
    session_expiry_s: int = 86_400


@dataclass(frozen=True, slots=True)
class BackOff:
    """Full jitter: each wait is random between nothing and a limit that doubles (the first reconnect is quick).

    Args:
        base_s, cap_s: first and last limit.
        random: gives numbers from 0 to 1.
    """

    base_s: float = 1.0
    cap_s: float = 60.0
    random: Callable[[], float] = random.random

    def delay_s(self, attempt: int) -> float:
        """Return how long to wait before an attempt, counted from 0."""
        return self.random() * min(self.cap_s, self.base_s * 2.0 ** min(attempt, 30))


TakeSealed = Callable[[Channel, bytes, bool], None]
"""Takes a list or command as it came, and whether the broker had kept it; returns at once."""

SUBSCRIPTIONS: Final[dict[Channel, SubscribeOptions]] = {
    MARK: SubscribeOptions(qos=QOS),
    ACCESS: SubscribeOptions(qos=QOS),
    # So that a command that was published retained is void also for a device that was there.
    COMMAND: SubscribeOptions(qos=QOS, retainAsPublished=True),
}
"""What the device listens to."""


def refuse_sealed(channel: Channel, _payload: bytes, _retained: bool) -> None:
    """Take a list or command for a device that can't open any."""
    log.debug("uplink: %s dropped", channel.name)


class MqttUplink:
    """An uplink (`device.ports.Uplink`) over MQTT 5.

    Args:
        broker: where to connect.
        space, device: this device's ids.
        back_off: how long to wait between attempts.
        take_sealed: is given access lists and commands, which cost too much to be looked at in this thread.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        space: str,
        device: str,
        back_off: BackOff | None = None,
        take_sealed: TakeSealed = refuse_sealed,
    ) -> None:
        self._broker = broker
        self._space = space
        self._device = device
        self._back_off = back_off or BackOff()
        self._take_sealed = take_sealed
        self._status_topic = str(Topic(STATUS, space, device))
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._outgoing: deque[tuple[str, bytes, bool]] = deque()
        self._unacknowledged = 0
        self._session = ""
        self._is_up = False
        self._complaints: set[str] = set()
        self._taken_over = False
        self._refused = False
        self._answered = False
        self._explained = False
        self._put: Put = lambda _: None

    def start(self, put: Put) -> None:
        """Begin to connect and keep trying; a second call does nothing."""
        if self._thread is not None:
            return
        self._put = put
        self._stopping.clear()
        self._wake_out, self._wake_in = socket.socketpair()
        for end in (self._wake_out, self._wake_in):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=f"uplink {self._device}", daemon=True)
        self._thread.start()

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        """Hand a message over; False when there is no connection, or it is too slow to take more."""
        with self._lock:
            if not self._is_up or len(self._outgoing) + self._unacknowledged >= MAX_WAITING:
                return False
            self._outgoing.append((topic, payload, retain))
        self._wake()
        return True

    def stop(self) -> None:
        """Send what is handed over and `offline`, disconnect and end the thread, within two seconds."""
        if self._thread is None:
            return
        self._stopping.set()
        self._wake()
        self._thread.join(STOP_S)
        if self._thread.is_alive():
            log.warning("uplink: the connection did not end in %g s; left behind", STOP_S)
        else:
            self._wake_out.close()
            self._wake_in.close()
        self._thread = None

    # -- the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        attempt = short_lives = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._serve_one_connection()
            except (OSError, ValueError) as error:
                # ValueError: paho's word for a host or certificate that can't be used.
                self._complain(f"can't connect to {self._broker.host}:{self._broker.port}: {error}")
            except Exception:
                # The door must not depend on this thread; whatever it was, the next connection is a new start.
                log.exception("uplink: unexpected error; connecting again")
            stood = self._down()
            if time.monotonic() - began >= STABLE_S:
                attempt = short_lives = 0
                self._complaints.clear()
            else:
                attempt += 1
                short_lives = short_lives + 1 if stood else 0
            if self._taken_over or (short_lives == SHORT_LIVES and not self._explained):
                self._complain(f"connections end as soon as they stand: {_REMEDIES[TAKEN_OVER]}")
                # Two clients with one id would throw each other out as fast as they can.
                attempt, self._taken_over = max(attempt, 5), False
            self._stopping.wait(self._back_off.delay_s(max(0, attempt - 1)))

    def _serve_one_connection(self) -> None:
        client = self._new_client()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._broker.session_expiry_s
        properties.MaximumPacketSize = MAX_PACKET_BYTES
        client.connect(
            self._broker.host,
            self._broker.port,
            keepalive=self._broker.keepalive_s,
            clean_start=False,
            properties=properties,
        )
        try:
            while client.socket() is not None and not self._stopping.is_set():
                self._hand_over(client)
                self._turn(client, POLL_S)
            self._say_goodbye(client)
        finally:
            if client.socket() is not None:
                client.disconnect()

    def _turn(self, client: mqtt.Client, timeout_s: float) -> None:
        """Wait for something to happen on the connection, and let paho do it."""
        connection: Any = client.socket()
        if connection is None:
            return
        # TLS may hold decrypted bytes that the socket no longer shows.
        pending = connection.pending() if hasattr(connection, "pending") else 0
        poll = select.poll()
        poll.register(self._wake_out, select.POLLIN)
        poll.register(connection, select.POLLIN | (select.POLLOUT if client.want_write() else 0))
        ready = dict(poll.poll(0 if pending else timeout_s * 1000))
        if self._wake_out.fileno() in ready:
            with contextlib.suppress(BlockingIOError):
                self._wake_out.recv(4096)
        happened = ready.get(connection.fileno(), 0)
        if pending or happened & ~select.POLLOUT:
            client.loop_read()
        if happened & select.POLLOUT and client.socket() is not None:
            client.loop_write()
        client.loop_misc()

    def _hand_over(self, client: mqtt.Client) -> None:
        while client.socket() is not None:
            with self._lock:
                if not self._outgoing:
                    return
                topic, payload, retain = self._outgoing.popleft()
                self._unacknowledged += 1
            client.publish(topic, payload, qos=QOS, retain=retain)

    def _say_goodbye(self, client: mqtt.Client) -> None:
        """`offline` before the orderly end, which sends no last will."""
        end = time.monotonic() + STOP_S / 2
        if not self._is_up:
            return
        self._hand_over(client)
        farewell = client.publish(self._status_topic, self._status("offline"), qos=QOS, retain=True)
        while client.socket() is not None and not farewell.is_published() and time.monotonic() < end:
            self._turn(client, 0.1)

    def _new_client(self) -> mqtt.Client:
        self._session, self._answered = new_hex16(), False
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            # Ids have no double hyphens, so this is one device's alone.
            client_id=f"{self._space}--{self._device}",
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
        )
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._broker.password or None)
        if self._broker.tls is not None:
            client.tls_set_context(self._broker.tls)
        client.will_set(self._status_topic, self._status("lost"), qos=QOS, retain=True)
        client.max_inflight_messages_set(MAX_WAITING)
        client.on_socket_open = _without_delay
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        return client

    def _status(self, state: Any) -> bytes:
        return encode(Status(state=state, session=self._session))

    def _wake(self) -> None:
        # A full pipe wakes just as well, and a closed one belongs to a thread that has ended.
        with contextlib.suppress(OSError):
            self._wake_in.send(b"w")

    def _down(self) -> bool:
        """Say that there is no connection; return whether there was one."""
        with self._lock:
            was_up, self._is_up = self._is_up, False
            self._outgoing.clear()
            self._unacknowledged = 0
        if was_up:
            self._put(LinkDown())
        return was_up

    def _complain(self, reason: str) -> None:
        """Log each reason once, until a connection has lasted."""
        if reason not in self._complaints:
            self._complaints.add(reason)
            log.warning("uplink: %s; trying on", reason)

    # -- paho's callbacks: none may raise or block ----------------------------------------------------------------

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Any
    ) -> None:
        self._refused, self._answered = bool(reason.is_failure), True
        if reason.is_failure:
            self._complain(f"the broker refused the connection: {_explain(reason)}")
            return
        largest = getattr(properties, "MaximumPacketSize", None)
        if largest is not None and largest < MAX_BATCH_BYTES:
            self._complain(
                f"the broker takes only {largest} bytes a message: raise its max_packet_size to 393216"
            )
        client.subscribe(
            [(str(Topic(c, self._space, self._device)), options) for c, options in SUBSCRIPTIONS.items()]
        )

    def _on_subscribe(
        self, _client: Any, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._complain(f"the broker refused a subscription: {_explain(reason)}")
        log.info("uplink: connected to %s:%d", self._broker.host, self._broker.port)
        with self._lock:
            self._is_up = True
        self._put(LinkUp(self._session))

    def _on_publish(self, _client: Any, _data: Any, _mid: int, reason: ReasonCode, _properties: Any) -> None:
        with self._lock:
            self._unacknowledged = max(0, self._unacknowledged - 1)
        if reason.is_failure:
            self._complain(f"the broker refused a message: {_explain(reason)}")

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            channel, payload = parse_topic(message.topic).channel, bytes(message.payload)
            if channel in (ACCESS, COMMAND):
                self._take_sealed(channel, payload, bool(message.retain))
                return
            mark = decode(MARK, Mark, payload)
        except WireError as error:
            self._complain(f"message on {message.topic[:80]} dropped: {error}")
        else:
            self._put(MarkArrived(mark.epoch, mark.upto))

    def _on_disconnect(
        self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        self._taken_over = reason.value == TAKEN_OVER
        self._explained = reason.value in _REMEDIES
        if reason.is_failure and not self._refused and not self._stopping.is_set():
            # In TLS 1.3 a certificate is refused after the handshake, without a word that paho would hand on.
            is_silent = self._broker.tls is not None and not self._answered
            self._complain(f"connection ended: {_NO_ANSWER if is_silent else _explain(reason)}")


def _explain(reason: ReasonCode) -> str:
    remedy = _REMEDIES.get(reason.value)
    return f"{reason} ({remedy})" if remedy else str(reason)


def _without_delay(_client: Any, _data: Any, connection: Any) -> None:
    # A batch is several writes: held back by Nagle's algorithm it costs 40 ms.
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
