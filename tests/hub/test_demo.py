"""The demonstration as a visitor starts it: it lives, it ends, and nothing of it stays."""

import hashlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hub.demo.command import alive, demo_towns
from hub.demo.devices import write_device_files
from hub.demo.doors import _InventedReader
from hub.domain.cards import CardKind
from hub.domain.space import PublicDetail
from tests.parts.ports import free_port
from tests.parts.waiting import wait_until
from wire.trust import DeviceTrust, write_trust

HUB, DEVICE = (str(Path(sys.executable).parent / name) for name in ("ankerort-hub", "ankerort-device"))
TOWNS = demo_towns()
START_S = 60.0


class Demo:
    """A demo in a process of its own; its temporary files go to a folder of the test."""

    def __init__(self, folder: Path, *options: str, **environ: str) -> None:
        self.port = free_port()
        self.scratch = folder / "tmp"
        self.scratch.mkdir(exist_ok=True)
        self.out = folder / "demo.log"
        with self.out.open("ab") as out:
            self.process = subprocess.Popen(
                [HUB, "demo", f"--port={self.port}", "--no-browser", *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": str(self.scratch), **environ},
            )  # fmt: skip
        self.root = psutil.Process(self.process.pid)
        self.children: list[psutil.Process] = []

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    def wait_until_shown(self) -> None:
        """Wait for the line that tells the address, and remember all processes of the demo."""

        def is_told() -> bool:
            assert self.process.poll() is None, self.log()
            return "The demo is at" in self.log()

        wait_until(is_told, START_S, "the demo to tell its address")
        self.children = self.root.children(recursive=True)

    def desks(self, space: str = "wittenberge") -> dict[str, str]:
        """Return the state of each desk as the API tells it."""
        told: dict[str, Any] = json.loads(self.get(f"/api/v1/spaces/{space}/occupancy"))
        return {desk["id"]: desk["state"] for desk in told["desks"]}

    def log(self) -> str:
        return self.out.read_text("utf-8", "replace")

    def wait_until_all_gone(self, deadline_s: float = 10.0) -> None:
        wait_until(
            lambda: not [p for p in self.children if p.is_running() and p.status() != psutil.STATUS_ZOMBIE],
            deadline_s,
            "the demo's children to end",
        )


StartDemo = Callable[..., Demo]


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[StartDemo]:
    """Start a demo; whatever is left of it at the end of the test is killed."""
    started: list[Demo] = []

    def start(*options: str, **environ: str) -> Demo:
        demo = Demo(tmp_path, *options, **environ)
        started.append(demo)
        return demo

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
            demo.process.wait()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_demo_lives_for_its_time_and_leaves_nothing_behind(start_demo: StartDemo) -> None:
    # Variables of an installed hub must not reach the demo: each of these would break it.
    demo = start_demo(
        "--minutes=0.5", "--speed=20",
        ANKERORT_MQTT_URL="mqtt://127.0.0.1:1", ANKERORT_DATABASE_URL="sqlite:////no/where.db", ANKERORT_WEB_PORT="1",
    )  # fmt: skip
    demo.wait_until_shown()
    # The broker, and one child per space.
    assert len(demo.children) == 5, [child.cmdline() for child in demo.children]
    page = demo.get("/spaces/wittenberge")
    assert "Bahnhof Wittenberge" in page
    assert "Dippoldiswalde" in demo.get("/")
    before = demo.desks()
    assert len(before) == 12
    wait_until(lambda: demo.desks() != before, 20, "a desk of Wittenberge to change by itself")
    assert "occupied" in demo.desks().values() or "free" in demo.desks().values()
    assert json.loads(demo.get("/readyz"))["ready"] is True
    assert demo.process.wait(60) == 0, demo.log()
    demo.wait_until_all_gone()
    assert list(demo.scratch.iterdir()) == []
    assert "Traceback" not in demo.log()
    with pytest.raises(urllib.error.URLError):
        demo.get("/")


@pytest.mark.timeout(120)
def test_nothing_runs_on_when_the_demo_is_killed(start_demo: StartDemo) -> None:
    demo = start_demo()
    demo.wait_until_shown()
    demo.process.kill()
    demo.process.wait()
    demo.wait_until_all_gone()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_ends_in_order_when_it_is_asked_to(start_demo: StartDemo, number: signal.Signals) -> None:
    demo = start_demo()
    demo.wait_until_shown()
    demo.process.send_signal(number)
    assert demo.process.wait(20) == 0, demo.log()
    demo.wait_until_all_gone(2)
    assert list(demo.scratch.iterdir()) == []
    assert "Traceback" not in demo.log()


@pytest.mark.timeout(120)
def test_a_ctrl_c_while_the_broker_starts_is_not_lost(start_demo: StartDemo) -> None:
    demo = start_demo()
    wait_until(lambda: bool(demo.root.children()), START_S, "the broker's process")
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 0, demo.log()
    assert "The demo is at" not in demo.log()
    assert list(demo.scratch.iterdir()) == []
    assert "Traceback" not in demo.log()


@pytest.mark.timeout(120)
def test_a_child_that_dies_ends_the_demo_with_its_last_words(start_demo: StartDemo) -> None:
    demo = start_demo()
    demo.wait_until_shown()
    player = next(child for child in demo.children if any("simulate" in part for part in child.cmdline()))
    player.kill()
    assert demo.process.wait(20) == 2
    assert "ended with status -9" in demo.log()
    demo.wait_until_all_gone(2)


def test_a_port_in_use_is_refused_with_the_remedy(start_demo: StartDemo, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [HUB, "demo", f"--port={port}", "--no-browser"],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1 can't be used (Address already in use): name another one" in done.stderr
    assert f"ankerort-hub demo --port {port + 1 if port < 65535 else port - 1}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.timeout(180)
def test_keep_keeps_database_and_settings_and_the_next_demo_goes_on_from_there(
    start_demo: StartDemo, tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    counts = []
    for _ in range(2):
        demo = start_demo("--minutes=0.1", f"--keep={folder}")
        assert demo.process.wait(90) == 0, demo.log()
        with closing(sqlite3.connect(folder / "hub.db")) as database:
            counts.append(
                {
                    name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                    for name in ("town", "desk", "event", "epoch")
                }
            )
    assert counts[0]["town"] == counts[1]["town"] == 5
    assert counts[0]["desk"] == counts[1]["desk"] == 36
    # The devices' spools were kept, too: the same numbering goes on.
    assert counts[0]["epoch"] == counts[1]["epoch"] == 5
    assert 0 < counts[0]["event"] < counts[1]["event"]
    assert (folder / "card.key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_its_doors_let_the_enrolled_in_and_strangers_not_and_its_log_is_whole(
    start_demo: Callable[..., Demo], tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    demo = start_demo("--minutes=0.6", "--speed=40", f"--keep={folder}")
    assert demo.process.wait(120) == 0, demo.log()
    with closing(sqlite3.connect(folder / "hub.db")) as database:
        told = "SELECT reason, count(*) FROM door_log WHERE what = 'access' GROUP BY reason"
        reasons = dict(database.execute(told).fetchall())
        spaces = database.execute(
            "SELECT count(DISTINCT space_pk) FROM card WHERE state = 'active'"
        ).fetchone()
    assert reasons["granted"] > 0
    assert reasons.keys() <= {"granted", "unknown_card", "double_tap", "no_list"}
    assert spaces == (4,)
    environ = {
        **os.environ,
        "ANKERORT_DATABASE_URL": f"sqlite:///{folder / 'hub.db'}",
        "ANKERORT_KEYS_FILE": str(folder / "keys.json"),
    }
    done = subprocess.run(
        [HUB, "audit", "verify"], env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "are whole" in done.stdout


def test_the_reader_of_the_demo_has_the_cards_of_the_simulated_people() -> None:
    reader = _InventedReader("mill")
    # The rule of `device.fleet.invent_uid`, which a hub repeats and never imports.
    for number in range(2):
        told = f"ankerort-demo/mill/{number}".encode()
        assert reader.read(60) == (CardKind.DESFIRE, b"\x04" + hashlib.sha256(told).digest()[:6])


def test_the_device_program_accepts_the_settings_of_every_device(tmp_path: Path) -> None:
    spaces = [space for town in TOWNS for space in town.spaces]
    hub, other = Ed25519PrivateKey.generate().public_key(), X25519PrivateKey.generate().public_key()

    def trust(space: str, device: str, file: Path) -> None:
        file.touch(0o600)
        file.write_bytes(write_trust(DeviceTrust(space, device, X25519PrivateKey.generate(), hub, other)))

    files = write_device_files(spaces, tmp_path, "mqtt://127.0.0.1:1883", trust)
    assert {space: len(paths) for space, paths in files.items()} == {
        "wittenberge": 2, "oestrich-winkel": 1, "moelln": 1, "diessen": 1,
    }  # fmt: skip
    for path in (path for paths in files.values() for path in paths):
        done = subprocess.run(
            [DEVICE, "show-config", "--config", str(path)],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)))
def test_every_space_of_the_demo_runs_on_any_day(today: date) -> None:
    for town in alive(TOWNS, today):
        for space in town.spaces:
            if space.valid_to is not None:
                assert space.valid_from <= today <= space.valid_to


def test_a_pop_up_that_runs_today_keeps_its_days_and_another_keeps_its_length() -> None:
    pop_up = TOWNS[1].spaces[0]
    assert pop_up.valid_to is not None
    assert alive(TOWNS, date(2026, 11, 23)) == TOWNS
    later = alive(TOWNS, date(2028, 5, 1))[1].spaces[0]
    assert later.valid_to is not None
    assert later.valid_to - later.valid_from == pop_up.valid_to - pop_up.valid_from
    assert replace(later, valid_from=pop_up.valid_from, valid_to=pop_up.valid_to) == pop_up


def test_every_space_of_the_demo_shows_its_desks() -> None:
    assert {space.public_detail for town in TOWNS for space in town.spaces} == {PublicDetail.DESKS}
