"""A broker as a site has it: our configuration on top of Debian's, certificates, clients that log in."""

import os
import signal
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.authority.broker_files import HUB_NAME, BrokerFiles, Listeners, configuration
from hub.authority.certificates import Use
from hub.authority.folder import Authority, Issued
from tests.parts.ports import LOOPBACK, free_port
from tests.parts.process import ChildProcess
from tests.parts.requirement import require_program
from tests.parts.waiting import wait_until

DAY_US: Final = 86_400_000_000
NOT_AUTHORISED: Final = 0x87
_DEADLINE_S: Final = 10.0


def now_us() -> int:
    return time.time_ns() // 1000


class BrokerProcess:
    """A Mosquitto with our configuration on top of what Debian's own file says.

    Args:
        folder: for what it keeps; that in which the configuration names its files may be another.
        conf: our configuration.
    """

    def __init__(self, folder: Path, conf: str) -> None:
        included = folder / "conf.d"
        included.mkdir()
        (included / "ankerort.conf").write_text(conf)
        (folder / "data").mkdir()
        lines = [
            "persistence true",
            f"persistence_location {folder}/data/",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "log_type information",
        ]
        if os.geteuid() == 0:
            # Else it becomes the user mosquitto, who can't read a test's temporary folder.
            lines.append("user root")
        own = folder / "mosquitto.conf"
        own.write_text("\n".join([*lines, f"include_dir {included}", ""]))
        self._argv = [require_program("mosquitto", "mosquitto"), "-c", str(own)]
        self._log = folder / "mosquitto.log"
        self._process = ChildProcess("mosquitto", self._log)

    def start(self, listeners: Listeners) -> None:
        self._process.spawn(self._argv)
        self._process.wait_for_port(listeners.device_port)
        self._process.wait_for_port(listeners.hub_port)

    def stop(self) -> None:
        self._process.terminate()

    def log(self) -> str:
        return self._log.read_text("utf-8")

    def reload(self) -> None:
        """Have the broker read its files again, as `systemctl reload` does, and wait until it has."""
        before = self.log().count("Reloading config")
        os.kill(self._process.pid, signal.SIGHUP)
        wait_until(lambda: self.log().count("Reloading config") > before, 10, "the broker to reload")


class Site:
    """An authority from a year ago, and a Mosquitto that knows it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder / "authority")
        self.authority.create(now_us() - 365 * DAY_US)
        self.files = BrokerFiles(folder / "broker", self.authority, None)
        self.login = BrokerFiles(folder / "hub", self.authority, None)
        self.files.write_server(["localhost", LOOPBACK], now_us())
        self.login.write_login(now_us())
        self.files.write_rules(now_us())
        self.listeners = Listeners(free_port(), free_port())
        self._broker = BrokerProcess(folder, configuration(folder / "broker", self.listeners))

    def start(self) -> None:
        self._broker.start(self.listeners)

    def stop(self) -> None:
        self._broker.stop()

    def log(self) -> str:
        return self._broker.log()

    def reload(self) -> None:
        self._broker.reload()

    def device(self, name: str) -> Issued:
        """Return a certificate for a device; the broker knows it after `write_rules` and `reload`."""
        return self.authority.issue(name, Use.CLIENT, now_us(), 30)

    def hub(self) -> Issued:
        """Return the hub's certificate, as it lies in its folder."""
        folder = self.folder / "hub"
        return Issued((folder / "hub.pem").read_bytes(), (folder / "hub.key").read_bytes(), "")


class Caller:
    """A client with a certificate; it does nothing but in `turn`, so that no thread outlives a test."""

    def __init__(
        self,
        site: Site,
        name: str,
        login: Issued | None,
        *,
        client_id: str = "",
        will: tuple[str, bytes] | None = None,
    ) -> None:
        self.name, self.heard = name, dict[bytes, str]()
        self.acknowledged = dict[int, int]()
        self._granted = 0
        port = site.listeners.hub_port if name == HUB_NAME else site.listeners.device_port
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id or name, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self._client.tls_set_context(context_of(site, login))
        if will is not None:
            self._client.will_set(*will, qos=1)
        self._client.on_socket_open = _without_delay
        self._client.on_message = self._hear
        self._client.on_publish = self._acknowledge
        self._client.on_subscribe = self._grant
        keep = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        keep.SessionExpiryInterval = 60
        try:
            self._client.connect(LOOPBACK, port, clean_start=True, properties=keep)
            self._until(self._client.is_connected, "to connect")
        except BaseException:
            self.drop()
            raise

    def _hear(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.heard[bytes(message.payload)] = message.topic

    def _acknowledge(self, _client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        self.acknowledged[mid] = reason.value

    def _grant(self, *_: Any) -> None:
        self._granted += 1

    def turn(self) -> bool:
        """Read and write what is there; false when the connection has ended."""
        return self._client.loop(0.02) == mqtt.MQTT_ERR_SUCCESS

    def _until(self, done: Callable[[], Any], what: str) -> None:
        end = time.monotonic() + _DEADLINE_S
        while not done():
            if not self.turn() and not done():
                raise ConnectionRefusedError(f"{self.name} was disconnected, and wanted {what}")
            assert time.monotonic() < end, f"{self.name} waited in vain {what}"

    def subscribe(self, *filters: str) -> None:
        before = self._granted
        self._client.subscribe([(one, 1) for one in filters])
        self._until(lambda: self._granted > before, "to subscribe")

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Publish, and return the broker's answer; from 128 on it is a no."""
        mid = self._client.publish(topic, payload, qos=1, retain=retain).mid
        self._until(lambda: mid in self.acknowledged, "for an answer")
        return self.acknowledged[mid]

    def wait_for(self, payload: bytes) -> None:
        self._until(lambda: payload in self.heard, f"for {payload!r}")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop(0.05)
        self.drop()

    def drop(self) -> None:
        """End the connection without a word."""
        connection: Any = self._client.socket()
        if connection is not None:
            connection.close()


def _without_delay(_client: Any, _data: Any, connection: Any) -> None:
    # Held back by Nagle's algorithm, small messages cost 40 ms each.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def context_of(site: Site, login: Issued | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=site.authority.trusted().decode("ascii"))
    if login is not None:
        files = site.folder / "login.pem", site.folder / "login.key"
        files[0].write_bytes(login.certificate)
        files[1].write_bytes(login.key)
        context.load_cert_chain(*files)
    return context
