"""The hub's processes with a real broker and a simulated device: all in one, and each for itself."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub.bootstrap import system_clock
from hub.demo.command import demo_towns
from hub.demo.devices import players, write_device_files
from hub.services.import_site import import_site
from hub.storage.engine import make_engine
from hub.storage.schema import migrate
from hub.storage.unit_of_work import UnitFactory
from tests.parts.mosquitto import Mosquitto
from tests.parts.ports import free_port
from tests.parts.waiting import wait_until

HUB = str(Path(sys.executable).parent / "ankerort-hub")
SPACE = next(space for town in demo_towns() for space in town.spaces if space.id == "moelln")

Start = Callable[..., subprocess.Popen[bytes]]


def prepare(database_url: str) -> None:
    """Make the schema and import the five towns."""
    engine = make_engine(database_url)
    migrate(engine)
    import_site(UnitFactory(engine), demo_towns(), system_clock().now_us())
    engine.dispose()


@pytest.fixture
def start(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[Start]:
    """Start a process of the hub with settings from variables; what is left at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def run(command: str, database_url: str, **environ: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{command}-{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [HUB, command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    "ANKERORT_DATABASE_URL": database_url,
                    "ANKERORT_MQTT_URL": f"mqtt://127.0.0.1:{mosquitto.port}",
                    "ANKERORT_WEB_MAX_VIEWERS": "10",
                    **environ,
                },
            )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def states(port: int) -> set[str]:
    """Return the states that the desks of the space are in, as its page's API tells; empty while it does not answer."""
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/api/v1/spaces/{SPACE.id}/occupancy", timeout=5
        ) as answer:
            told: dict[str, Any] = json.load(answer)
    except urllib.error.URLError:
        return set()
    return {desk["state"] for desk in told["desks"]}


def hub_status(broker: Mosquitto) -> str:
    """Return what the retained message says of the hub."""
    found: list[str] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)

    def subscribe(client: mqtt.Client, *_: object) -> None:
        client.subscribe("ankerort/v1/hub/status", 1)

    client.on_connect = subscribe
    client.on_message = lambda _client, _data, message: found.append(json.loads(message.payload)["state"])
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        wait_until(lambda: found, 10, "the hub's status")
    finally:
        client.disconnect()
        client.loop_stop()
    return found[0]


def log_of(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8", "replace") for path in sorted(folder.glob("*.log")))


@pytest.mark.timeout(120)
def test_serve_shows_what_a_device_senses_and_ends_in_order(
    start: Start, sqlite_url: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    prepare(sqlite_url)
    port = free_port()
    hub = start("serve", sqlite_url, ANKERORT_WEB_PORT=str(port))
    folder = tmp_path / "devices"
    folder.mkdir()
    with players() as played:
        files = write_device_files([SPACE], folder, f"mqtt://127.0.0.1:{mosquitto.port}")
        played.start(SPACE.id, files[SPACE.id], 30.0, folder)
        wait_until(lambda: "occupied" in states(port), 40, "a desk to be occupied")
    assert hub_status(mosquitto) == "online"
    # The device said good-bye: what its desks are now, nobody knows.
    wait_until(lambda: states(port) == {"unknown"}, 20, "the desks to be unknown")
    hub.send_signal(signal.SIGTERM)
    assert hub.wait(15) == 0, log_of(tmp_path)
    assert hub_status(mosquitto) == "offline"
    assert "Traceback" not in log_of(tmp_path)


@pytest.mark.timeout(120)
def test_web_ingest_and_jobs_share_a_database_as_processes_of_their_own(
    start: Start, database_url: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    prepare(database_url)
    ports = [free_port(), free_port()]
    hub = [
        start("ingest", database_url),
        start("jobs", database_url),
        *(start("web", database_url, ANKERORT_WEB_PORT=str(port)) for port in ports),
    ]
    folder = tmp_path / "devices"
    folder.mkdir()
    with players() as played:
        files = write_device_files([SPACE], folder, f"mqtt://127.0.0.1:{mosquitto.port}")
        played.start(SPACE.id, files[SPACE.id], 30.0, folder)
        wait_until(lambda: "occupied" in states(ports[0]), 40, "a desk to be occupied on one web process")
        wait_until(lambda: "occupied" in states(ports[1]), 40, "a desk to be occupied on the other")
    for process in hub:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(15) for process in hub] == [0, 0, 0, 0], log_of(tmp_path)
    assert "Traceback" not in log_of(tmp_path)


@pytest.mark.timeout(60)
def test_serve_waits_for_a_broker_that_comes_later_and_shows_pages_meanwhile(
    start: Start, sqlite_url: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    prepare(sqlite_url)
    mosquitto.stop()
    port = free_port()
    hub = start("serve", sqlite_url, ANKERORT_WEB_PORT=str(port))
    wait_until(lambda: states(port) == {"unknown"}, 20, "the page without a broker")
    mosquitto.start()
    wait_until(lambda: "waiting for events" in log_of(tmp_path), 40, "the connection to the broker")
    hub.send_signal(signal.SIGINT)
    assert hub.wait(15) == 0, log_of(tmp_path)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("command", ["serve", "web", "ingest", "jobs"])
def test_a_database_that_was_not_migrated_is_refused_with_the_remedy(
    start: Start, sqlite_url: str, tmp_path: Path, command: str
) -> None:
    process = start(command, sqlite_url)
    assert process.wait(30) == 2
    assert log_of(tmp_path).endswith("/hub.db yet: run `ankerort-hub migrate`\n")


@pytest.mark.timeout(60)
def test_a_port_in_use_is_refused_with_the_remedy(
    start: Start, sqlite_url: str, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    prepare(sqlite_url)
    process = start("serve", sqlite_url, ANKERORT_WEB_PORT=str(mosquitto.port))
    assert process.wait(30) == 2, log_of(tmp_path)
    assert f"web.port {mosquitto.port}: can't listen there" in log_of(tmp_path)
    assert "Traceback" not in log_of(tmp_path)
