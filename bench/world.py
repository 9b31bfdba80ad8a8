"""The real parts that measurements run on: a broker, a hub on SQLite with full durability, and who publishes."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.parts.mosquitto import Mosquitto
from tests.parts.ports import free_port
from tests.parts.process import ChildProcess

SCRIPTS = Path(sys.executable).parent


class Bench:
    """A folder, a broker, and a hub whose processes are started as a measurement needs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "hub.db"
        # The broker's own disk is not what is measured; the hub's is.
        self.broker = Mosquitto(folder / "mosquitto", durable=False)
        self.web_port = free_port()
        self._children: list[ChildProcess] = []

    @property
    def environ(self) -> dict[str, str]:
        """Environment of the hub's processes."""
        return {
            **os.environ,
            "ANKERORT_DATABASE_URL": f"sqlite:///{self.database}",
            "ANKERORT_MQTT_URL": self.broker.url,
            "ANKERORT_WEB_PORT": str(self.web_port),
            "ANKERORT_WEB_MAX_VIEWERS": "600",
        }

    def hub(self, *arguments: str) -> None:
        """Run a command of the hub to its end."""
        command = [str(SCRIPTS / "ankerort-hub"), *arguments]
        subprocess.run(command, env=self.environ, check=True, stdout=subprocess.DEVNULL)

    def site(self, text: str) -> None:
        """Make the database and tell it of a site."""
        file = self.folder / "site.toml"
        file.write_text(text, encoding="utf-8")
        self.hub("migrate")
        self.hub("import-site", str(file))

    def spawn(self, program: str, *arguments: str) -> ChildProcess:
        """Start a process that runs until the end of the measurement, or until it is ended."""
        child = ChildProcess(
            f"{program} {arguments[0]}", self.folder / f"{program}-{len(self._children)}.log"
        )
        child.spawn([str(SCRIPTS / program), *arguments], env=self.environ)
        self._children.append(child)
        return child

    def page(self, path: str) -> str:
        """Return the address of a page."""
        return f"http://127.0.0.1:{self.web_port}{path}"

    def wait_for_page(self, path: str, deadline_s: float = 30.0) -> None:
        """Wait until a page answers."""
        end = time.monotonic() + deadline_s
        while True:
            try:
                with urlopen(self.page(path), timeout=5) as answer:
                    answer.read()
                    return
            except (URLError, ConnectionError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def close(self) -> None:
        """End everything."""
        for child in self._children:
            child.terminate()
        self.broker.stop()


@contextmanager
def bench() -> Iterator[Bench]:
    """Give a bench with a running broker, in a folder that is removed at the end."""
    with TemporaryDirectory(prefix="ankerort-bench-") as folder:
        made = Bench(Path(folder))
        made.broker.start()
        try:
            yield made
        finally:
            made.close()


@contextmanager
def publisher(port: int) -> Iterator[mqtt.Client]:
    """Give a connected client with a running thread."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(500)
    connected = threading.Event()

    def on_connect(*_: Any) -> None:
        connected.set()

    client.on_connect = on_connect
    client.connect("127.0.0.1", port)
    client.loop_start()
    if not connected.wait(10):
        raise SystemExit("the broker does not answer")
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def publish_all(port: int, messages: Iterable[tuple[str, bytes]]) -> None:
    """Publish with QoS 1 and wait until the broker has everything."""
    with publisher(port) as client:
        sent = [client.publish(topic, payload, qos=1) for topic, payload in messages]
        for one in sent:
            one.wait_for_publish(60)


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]
