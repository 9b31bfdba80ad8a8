"""From `device add` to a Pi on the fleet's list: commands, card, enrolment, both programs over a Mosquitto with TLS.

Then the Pi breaks, and another one takes its place.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from device.enrol import enrol
from hub.authority.broker_files import Listeners
from hub.cli import main
from hub.key_file import create_keys
from hub.keys import Keys
from tests.chain.installation import PI, SCRIPTS, SPACE, Hub, environment
from tests.hub.authority.site import BrokerProcess
from tests.parts.ports import LOOPBACK, free_port
from tests.parts.process import ChildProcess
from tests.parts.waiting import wait_until

HARDWARE = "[health]\nevery_s = 1.0\n"
EVENTS = "SELECT count(*) FROM event"
STATUS = "SELECT status FROM device_state"
EPOCHS = "SELECT count(*) FROM epoch"


def asked(hub: Hub, statement: str) -> str:
    """Return the one value that a query gives, empty without a row."""
    # Asked again and again: SQLAlchemy would take longer for its engine than for the answer.
    with closing(sqlite3.connect(hub.file)) as connection:
        found = connection.execute(statement).fetchone()
    return "" if found is None else str(found[0])


class HubOfThisProcess(Hub):
    """A hub whose short commands run in this process: eight of them would cost eight seconds of start-up."""

    def call(self, *arguments: str | Path) -> str:
        done = CliRunner().invoke(main, [str(one) for one in arguments], env=self.variables)
        assert done.exit_code == 0, done.output
        return done.output


class NewPi:
    """A Pi with a card: its boot partition, its settings and its program, each in a folder of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.boot = self.folder / "boot"
        self.boot.mkdir(parents=True)
        # What a freshly written card has.
        (self.boot / "config.txt").write_text("[all]\n")
        self.process = ChildProcess(name, self.folder / "log")

    def enrol(self) -> None:
        enrol(self.boot / "ankerort.bundle", self.folder / "etc", None, time.time_ns() // 1000)

    def start(self) -> None:
        self.process.spawn(
            [
                str(SCRIPTS / "ankerort-device"),
                "-v",
                "run",
                "--config",
                str(self.folder / "etc" / "device.toml"),
            ],
            env=environment(
                ANKERORT_ACCESS_LIST_FILE=str(self.folder / "access.list"),
                # A broken Pi's spool is gone with it.
                ANKERORT_SPOOL_PATH=str(self.folder / "spool.db"),
            ),
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Hub, BrokerProcess]]:
    """A hub with an authority, whose broker runs with what `ankerort-hub broker` wrote."""
    listeners = Listeners(free_port(), free_port())
    with ExitStack() as ends, HubOfThisProcess(tmp_path, f"mqtts://{LOOPBACK}:{listeners.hub_port}") as hub:
        me = Path.home().owner() if os.geteuid() == 0 else "nobody"
        hub.variables |= {
            "ANKERORT_MQTT_CA_FILE": str(tmp_path / "login" / "ca.pem"),
            "ANKERORT_MQTT_CERT_FILE": str(tmp_path / "login" / "hub.pem"),
            "ANKERORT_MQTT_KEY_FILE": str(tmp_path / "login" / "hub.key"),
            "ANKERORT_KEYS_FILE": str(tmp_path / "keys.json"),
            "ANKERORT_PROVISIONING_BROKER_URL": f"mqtts://localhost:{listeners.device_port}",
            "ANKERORT_PROVISIONING_AUTHORITY_FOLDER": str(tmp_path / "authority"),
            "ANKERORT_PROVISIONING_BROKER_FOLDER": str(tmp_path / "broker"),
            "ANKERORT_PROVISIONING_HUB_FOLDER": str(tmp_path / "login"),
            "ANKERORT_PROVISIONING_BUNDLE_FOLDER": str(tmp_path / "bundles"),
        }
        hub.set_up()
        create_keys(tmp_path / "keys.json", Keys.new())
        hub.call("ca", "init")
        conf = tmp_path / "ankerort.conf"
        port = str(listeners.hub_port)
        hub.call("broker", "--conf", conf, "--hub-port", port, "--owner", me, "--hub-owner", me)
        broker = BrokerProcess(tmp_path, conf.read_text())
        ends.callback(broker.stop)
        broker.start(listeners)
        yield hub, broker


def test_a_card_makes_a_device_and_another_card_takes_its_place(
    site: tuple[Hub, BrokerProcess], tmp_path: Path
) -> None:
    hub, broker = site
    hub.start("ingest")
    name = f"{SPACE}/{PI}"
    hardware = tmp_path / "pi.toml"
    hardware.write_text(HARDWARE)
    first, second = NewPi(tmp_path, "first"), NewPi(tmp_path, "second")
    with ExitStack() as ends:
        for pi in (first, second):
            ends.callback(pi.process.kill)
        hub.call("device", "add", PI, "--space", SPACE, "--hardware", hardware)
        hub.call("device", "card", name, "--out", first.boot)
        broker.reload()
        first.enrol()
        assert not (first.boot / "ankerort.bundle").exists()
        first.start()
        # `device_started` is the first event of a spool: it has come through broker and intake.
        wait_until(
            lambda: int(asked(hub, EVENTS)) > 0,
            60,
            f"the first Pi's events; it says {first.process.log_tail()}",
        )
        wait_until(lambda: asked(hub, STATUS) == "online", 30, "the first Pi on the fleet's list")

        hub.call("device", "replace", name)
        hub.call("device", "card", name, "--out", second.boot)
        broker.reload()
        first.process.kill()
        before = hub.number(EVENTS)
        second.enrol()
        second.start()
        wait_until(
            lambda: int(asked(hub, EVENTS)) > before,
            60,
            f"the second Pi's; it says {second.process.log_tail()}",
        )
        assert hub.number(EPOCHS) == 2, "each has a spool of its own"
        assert hub.number("SELECT count(*) FROM device_state") == 1, "in one place"
        # The first one comes back from the repair: its certificate is good no more.
        first.start()
        wait_until(lambda: "refuses this device's certificate" in first.process.log_tail(), 60, "its refusal")
