"""Systemd is fed for as long as each loop turns, and no longer."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from hub.bootstrap import open_database, running, serve_parts
from hub.config import HubSettings, KeySettings, MailSettings, MqttSettings, WebSettings
from hub.liveness import LONG, Pulse, Pulses, Supervisor, answers
from hub.storage.schema import migrate
from tests.parts.ports import free_port
from tests.parts.waiting import wait_until

PERIOD_S = 0.2
LOOPS = {
    "pages", "intake", "announcer", "lease device-words", "lease jobs", "scheduler", "custodian", "mail",
}  # fmt: skip


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The end of the line that systemd has."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def hears(systemd: socket.socket) -> bool:
    """Return whether systemd hears anything before its patience ends."""
    try:
        return bool(systemd.recv(100))
    except TimeoutError:
        return False


class Watched:
    """A supervisor in a thread of its own."""

    def __init__(self, tmp_path: Path, pulses: Pulses, watchdog_us: str = str(int(PERIOD_S * 1e6))) -> None:
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": watchdog_us}
        self.ended, self._supervisor = threading.Event(), Supervisor(environ, pulses)
        self._thread = threading.Thread(target=self._supervisor.watch, args=[self.ended])
        self._thread.start()

    def end(self) -> None:
        self.ended.set()
        self._thread.join(5)
        self._supervisor.stopping()


def test_nobody_is_late_who_was_never_begun_or_was_ended_on_purpose(clock: Clock) -> None:
    pulses = Pulses(clock)
    pulses.of("never begun")
    ended = pulses.of("ended")
    ended.beat()
    ended.rest()
    clock.now_s += 1_000
    assert pulses.late(10) == {}


@pytest.mark.parametrize(
    ("periods", "silent_s", "is_late"),
    [(1, 9.9, False), (1, 10, False), (1, 10.1, True), (LONG, 50, False), (LONG, 50.1, True)],
)
def test_a_loop_is_late_after_the_periods_that_it_may_take(
    clock: Clock, periods: float, silent_s: float, is_late: bool
) -> None:
    pulses = Pulses(clock)
    pulses.of("loop", periods).beat()
    clock.now_s += silent_s
    assert pulses.late(10) == ({"loop": pytest.approx(silent_s)} if is_late else {})


def test_a_loop_that_begins_again_has_the_pulse_that_it_had(clock: Clock) -> None:
    pulses = Pulses(clock)
    pulses.of("loop").beat()
    pulses.of("loop").rest()
    again = pulses.of("loop")
    again.beat()
    clock.now_s += 11
    assert list(pulses.late(10)) == ["loop"]
    again.beat()
    assert pulses.late(10) == {}


def test_who_is_asked_is_late_when_the_answer_stays_away(clock: Clock) -> None:
    pulses, works = Pulses(clock), [True]
    pulses.ask("pages", lambda: works[0])
    clock.now_s += 100
    assert pulses.late(10) == {}
    works[0] = False
    clock.now_s += 9
    assert pulses.late(10) == {}
    clock.now_s += 2
    assert list(pulses.late(10)) == ["pages"]


def test_systemd_hears_ready_then_is_fed_and_hears_the_end(systemd: socket.socket, tmp_path: Path) -> None:
    watched = Watched(tmp_path, Pulses())
    heard = [systemd.recv(100) for _ in range(4)]
    watched.end()
    assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    while (word := systemd.recv(100)) == b"WATCHDOG=1":
        pass
    assert word == b"STOPPING=1"


def test_a_loop_that_hangs_starves_systemd_and_is_named_once(
    systemd: socket.socket, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pulses = Pulses()
    pulses.of("intake").beat()
    watched = Watched(tmp_path, pulses)
    systemd.settimeout(4 * PERIOD_S)
    while hears(systemd):
        pass
    watched.end()
    assert [record.message.split(" has not")[0] for record in caplog.records] == ["intake"]


def test_a_loop_that_turns_again_has_systemd_fed_again(systemd: socket.socket, tmp_path: Path) -> None:
    clock = Clock()
    pulses = Pulses(clock)
    pulse: Pulse = pulses.of("intake")
    pulse.beat()
    clock.now_s += 10
    watched = Watched(tmp_path, pulses)
    assert systemd.recv(100) == b"READY=1"
    pulse.beat()
    assert systemd.recv(100) == b"WATCHDOG=1"
    watched.end()


def test_without_a_watchdog_ready_is_said_and_nothing_is_fed(systemd: socket.socket, tmp_path: Path) -> None:
    watched = Watched(tmp_path, Pulses(), watchdog_us="")
    assert systemd.recv(100) == b"READY=1"
    watched.end()
    assert systemd.recv(100) == b"STOPPING=1"


def test_without_systemd_it_waits_for_the_end() -> None:
    ended = threading.Event()
    ended.set()
    supervisor = Supervisor({}, Pulses())
    supervisor.watch(ended)
    supervisor.stopping()


@pytest.mark.parametrize(("status", "is_alive"), [(200, True), (500, False)])
def test_a_server_lives_when_it_answers_well(status: int, is_alive: bool) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", free_port()), Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert answers(f"http://127.0.0.1:{server.server_port}") is is_alive
        thread.join(5)


def test_a_server_that_accepts_and_says_nothing_does_not_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.liveness.ANSWER_S", 0.1)
    with socket.create_server(("127.0.0.1", free_port())) as silent:
        assert not answers(f"http://127.0.0.1:{silent.getsockname()[1]}")


def test_a_server_that_is_gone_does_not_live() -> None:
    assert not answers(f"http://127.0.0.1:{free_port()}")


def test_every_loop_of_a_hub_has_a_pulse_that_rests_when_it_was_ended(
    sqlite_url: str, tmp_path: Path
) -> None:
    pulses, port = Pulses(), free_port()
    settings = HubSettings(
        database_url=sqlite_url,
        mqtt=MqttSettings(url=f"mqtt://127.0.0.1:{free_port()}"),
        web=WebSettings(port=port, max_viewers=1, threads=2),
        keys=KeySettings(file=tmp_path / "keys.json", ledger_file=tmp_path / "ledger.jsonl"),
        mail=MailSettings(sent_file=tmp_path / "sent.jsonl"),
    )
    with open_database(settings, migrated=False) as database:
        migrate(database.engine)
        with running(serve_parts(settings, database, pulses)):
            wait_until(lambda: set(pulses.beating()) >= LOOPS, 20, "every loop to turn")
            assert set(pulses.beating()) == LOOPS
            assert pulses.late(30) == {}
        assert pulses.beating() == []
