"""The one loop with a real core, spool and clock, and an uplink that only writes down what it is given."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device.backends.clock import SimulatedClock
from device.config import DeviceSettings, ReaderSettings, SensorSettings
from device.core.agent import Agent
from device.core.delivery import Delivery, Pace
from device.core.effects import Pattern
from device.core.inputs import (
    CardPresented,
    Input,
    Level,
    LinkDown,
    LinkUp,
    MarkArrived,
    ReaderPresence,
    SensorLevel,
)
from device.core.presence import PresenceSettings, SensorKind
from device.described import describe
from device.health import Health
from device.journal import Journal
from device.loop import Loop, Parts
from device.ports import Put
from device.spool import Spool
from device.watchdog import Watchdog
from tests.device.entries import OWNER, access, held
from tests.parts.waiting import wait_until
from wire.codec import decode, decode_batch, decode_event
from wire.events import CardRead, ClockSynchronised, DeskState, DeviceStarted, Event
from wire.identifiers import CredentialId
from wire.messages import DeviceHealth, DeviceMeta, Status
from wire.topics import HEALTH, META, STATUS, parse_topic

SESSION = "5" * 16
SETTINGS = DeviceSettings(
    device="door",
    space="town",
    reader=[ReaderSettings(id="r1", door="front", backend="simulated")],
    sensor=[SensorSettings(id="s1", desk="d1", kind="mat", backend="simulated")],
)


def card(number: int) -> CardPresented:
    """A tap of card `number`."""
    return CardPresented("r1", CredentialId(f"{number:064x}"))


class Lamp:
    """A signal that looks at the spool while it lights up."""

    def __init__(self) -> None:
        self.shown: list[tuple[Pattern, int]] = []
        self.highest: Callable[[], int] = lambda: 0
        self.closed = False

    def show(self, pattern: Pattern) -> None:
        self.shown.append((pattern, self.highest()))

    def close(self) -> None:
        self.closed = True


class Notebook:
    """An uplink that keeps what is published while `is_up`."""

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes, bool]] = []
        self.is_up = True
        self.stopped = False
        self.put: Put = lambda _: None

    def start(self, put: Put) -> None:
        self.put = put

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        if self.is_up:
            self.published.append((topic, payload, retain))
        return self.is_up

    def stop(self) -> None:
        self.stopped = True

    def of(self, name: str) -> list[bytes]:
        """Payloads of one channel so far."""
        return [payload for topic, payload, _ in self.published if parse_topic(topic).channel.name == name]

    def events(self) -> list[Event]:
        """Every event in every batch so far."""
        return [decode_event(line) for payload in self.of("event") for line in decode_batch(payload)[1]]


class Script:
    """A source that puts what it was given when it starts."""

    def __init__(self, *inputs: Input) -> None:
        self.inputs = inputs
        self.stopped = False

    def start(self, put: Put) -> None:
        for one in self.inputs:
            put(one)

    def stop(self) -> None:
        self.stopped = True


class Bench:
    """One loop in a thread, and everything around it."""

    def __init__(
        self, folder: Path, *inputs: Input, clock: SimulatedClock | None = None, **options: Any
    ) -> None:
        self.clock = clock or SimulatedClock()
        self.lamp = Lamp()
        self.notebook = Notebook()
        self.script = Script(*inputs)
        path = options.pop("path", folder / "spool.db")
        self.journal = Journal(path, owner=OWNER, boot=self.clock.boot_id())
        state = self.journal.state
        agent = options.pop("agent", None) or Agent(
            {"d1": PresenceSettings.defaults(SensorKind.MAT)},
            ["r1"],
            self.clock.boot_id(),
            "1",
            state.last_wall_us,
        )
        parts = Parts(
            agent=agent,
            delivery=Delivery(state.epoch, state.mark, state.published, random=lambda: 0.0, pace=Pace()),
            journal=self.journal,
            sources=[self.script],
            clock=self.clock,
            signal=self.lamp,
            uplink=self.notebook,
            health=Health(agent, self.journal, self.clock, folder, options.pop("health_file", None)),
            watchdog=options.pop("watchdog", Watchdog({})),
        )
        self.loop = Loop("town", "door", parts, meta=describe(SETTINGS, self.clock.boot_id()), **options)
        self.lamp.highest = lambda: self.loop.numbers.highest
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self.loop.run()
        except BaseException as error:
            self.error = error

    def start(self) -> "Bench":
        """Begin, and wait until the first event is there."""
        self._thread.start()
        wait_until(lambda: self.error or self.loop.numbers.highest >= 1, 15, "the first event")
        return self

    def stop(self) -> None:
        """End the loop and wait for it."""
        self.loop.stop()
        if self._thread.ident is not None:
            self._thread.join(10)
            assert not self._thread.is_alive()

    def connect(self, upto: int = 0) -> None:
        """A connection begins, and the hub tells its mark."""
        self.loop.put(LinkUp(SESSION))
        self.loop.put(MarkArrived(self.loop.numbers.epoch, upto))

    def recorded(self, kind: type[Event]) -> int:
        """How many events of a kind are published."""
        return sum(isinstance(event, kind) for event in self.notebook.events())


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    """A function that makes benches, which are stopped at the end."""
    made: list[Bench] = []

    def make(*inputs: Input, **options: Any) -> Bench:
        bench = Bench(tmp_path, *inputs, **options)
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.stop()


def test_d1_the_light_acts_before_the_event_is_written_and_the_event_before_the_next_input(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(card(1), card(2), card(3)).start()
    wait_until(lambda: bench.loop.numbers.highest >= 6, 15, "three taps")
    seen = [highest for pattern, highest in bench.lamp.shown if pattern is Pattern.CARD_SEEN]
    first = seen[0]
    assert seen == [first, first + 1, first + 2], (
        "one more is on disk at each next tap, and never the tap itself"
    )


def test_d1_what_may_wait_is_on_disk_within_a_second(make_bench: MakeBench) -> None:
    bench = make_bench().start()
    # A tap is committed at once, so everything before it is settled now.
    bench.loop.put(card(1))
    wait_until(lambda: bench.lamp.shown[-1][0] is Pattern.CARD_SEEN, 15, "the tap")
    before = wait_until(lambda: bench.loop.numbers.highest, 15, "numbers")
    bench.loop.put(ReaderPresence("r1", connected=True))
    began = time.monotonic()
    wait_until(lambda: bench.loop.numbers.highest > before, 3, "the reader's state, which waits in a group")
    assert 0.5 < time.monotonic() - began < 1.5


def test_what_waits_is_on_disk_after_a_stop(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(SensorLevel("d1", Level.IDLE)).start()
    bench.stop()
    assert bench.error is None
    spool = Spool(tmp_path / "spool.db", owner=OWNER, boot="0" * 16)
    kinds = [type(decode_event(line)) for line in decode_batch(spool.take_batch(1).payload)[1]]  # type: ignore[union-attr]
    spool.close()
    assert kinds[0] is DeviceStarted
    assert DeskState in kinds


def test_inputs_that_came_before_the_stop_are_recorded(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench().start()
    for number in range(50):
        bench.loop.put(card(number))
    bench.stop()
    spool = Spool(tmp_path / "spool.db", owner=OWNER, boot="0" * 16)
    assert len(held(spool)) >= 50
    spool.close()


def test_a_birth_tells_status_with_session_and_epoch_then_meta_then_health(make_bench: MakeBench) -> None:
    bench = make_bench().start()
    bench.connect()
    wait_until(lambda: bench.notebook.of("health") and bench.notebook.of("event"), 15, "health and events")
    names = [parse_topic(topic).channel.name for topic, _, _ in bench.notebook.published]
    assert names.index("status") < names.index("meta") < names.index("health")
    status = decode(STATUS, Status, bench.notebook.of("status")[0])
    assert status == Status(state="online", session=SESSION, epoch=bench.loop.numbers.epoch)
    meta = decode(META, DeviceMeta, bench.notebook.of("meta")[0])
    assert [desk.id for desk in meta.desks] == ["d1"]
    assert [(reader.id, reader.door) for reader in meta.readers] == [("r1", "front")]
    assert meta.doors == [], "it reports cards at that door, it does not open it"
    retained = {parse_topic(topic).channel.name: retain for topic, _, retain in bench.notebook.published}
    assert retained == {"status": True, "meta": True, "health": True, "event": False}


def test_d4_events_go_out_and_the_mark_makes_it_quiet(make_bench: MakeBench) -> None:
    bench = make_bench().start()
    bench.connect()
    bench.loop.put(card(1))
    wait_until(lambda: bench.recorded(CardRead) == 1, 15, "the tap at the broker")
    highest = wait_until(lambda: bench.loop.numbers.published, 15, "what is published")
    bench.loop.put(MarkArrived(bench.loop.numbers.epoch, highest))
    wait_until(lambda: bench.loop.numbers.mark == highest, 15, "the mark in the spool")


def test_d4_what_was_recorded_offline_goes_out_when_the_link_is_back(make_bench: MakeBench) -> None:
    bench = make_bench(card(1), card(2)).start()
    wait_until(lambda: bench.loop.numbers.highest >= 4, 15, "both taps on disk")
    assert bench.notebook.events() == []
    bench.connect()
    wait_until(lambda: bench.recorded(CardRead) == 2, 15, "both taps at the broker")
    bench.loop.put(LinkDown())
    bench.loop.put(card(3))
    wait_until(lambda: bench.loop.numbers.highest >= 6, 15, "the third on disk")
    assert bench.recorded(CardRead) == 2


def test_d10_a_mark_beyond_the_spool_begins_an_epoch_and_a_new_birth_tells_it(make_bench: MakeBench) -> None:
    bench = make_bench().start()
    old = bench.loop.numbers.epoch
    bench.connect(upto=1_000)
    wait_until(lambda: bench.loop.numbers.epoch != old, 15, "a new epoch")
    births = wait_until(lambda: bench.notebook.of("status")[1:], 15, "a second birth")
    assert decode(STATUS, Status, births[0]).epoch == bench.loop.numbers.epoch
    assert decode(STATUS, Status, births[0]).session == SESSION
    wait_until(lambda: bench.recorded(DeviceStarted) == 1, 15, "this boot's events under it")
    header, _ = decode_batch(bench.notebook.of("event")[0])
    assert (header.epoch, header.first) == (bench.loop.numbers.epoch, 1)


def test_d8_becoming_synchronised_is_an_event_of_its_own_and_comes_first(make_bench: MakeBench) -> None:
    clock = SimulatedClock(wall_us=0, synced=False)
    bench = make_bench(clock=clock).start()
    bench.connect()
    bench.loop.put(card(1))
    wait_until(lambda: bench.recorded(CardRead) == 1, 15, "a tap without a clock")
    clock.jump_wall(1_795_000_000_000_000)
    clock.synced = True
    bench.loop.put(card(2))
    wait_until(lambda: bench.recorded(CardRead) == 2, 15, "a tap with a clock")
    order = [e for e in bench.notebook.events() if isinstance(e, CardRead | ClockSynchronised)]
    assert [type(e).__name__ for e in order] == ["CardRead", "ClockSynchronised", "CardRead"]
    assert [e.synced for e in order] == [False, True, True]
    assert order[0].mono_us <= order[1].mono_us <= order[2].mono_us
    assert order[1].wall_us >= 1_795_000_000_000_000


def test_d8_a_boot_that_is_never_synchronised_says_so_in_every_event(make_bench: MakeBench) -> None:
    bench = make_bench(card(1), clock=SimulatedClock(wall_us=0, synced=False)).start()
    bench.connect()
    wait_until(lambda: bench.recorded(CardRead) == 1, 15, "the tap")
    assert not any(event.synced for event in bench.notebook.events())
    assert bench.recorded(ClockSynchronised) == 0


def test_d8_the_next_boot_knows_that_it_is_not_earlier(make_bench: MakeBench) -> None:
    wall_us = 1_795_000_000_000_000
    first = make_bench(clock=SimulatedClock(wall_us=wall_us, synced=True)).start()
    first.stop()
    second = make_bench(clock=SimulatedClock(wall_us=0, synced=False)).start()
    second.connect()
    wait_until(lambda: second.recorded(DeviceStarted) == 2, 15, "both starts")
    starts = [e for e in second.notebook.events() if isinstance(e, DeviceStarted)]
    assert starts[0].not_before_us == 0
    assert wall_us <= starts[1].not_before_us < wall_us + 60_000_000


def test_d1_a_dead_disk_is_told_in_health_and_the_taps_go_on(make_bench: MakeBench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    bench = make_bench(card(1), path=tmp_path / "file" / "spool.db").start()
    bench.connect()
    wait_until(lambda: bench.recorded(CardRead) == 1, 15, "the tap")
    health = decode(HEALTH, DeviceHealth, wait_until(lambda: bench.notebook.of("health"), 15, "health")[0])
    assert health.spool_store == "memory"


def test_health_comes_again_and_again_and_lies_in_a_file(make_bench: MakeBench, tmp_path: Path) -> None:
    file = tmp_path / "health.json"
    bench = make_bench(health_s=0.1, health_file=file).start()
    bench.connect()
    wait_until(lambda: len(bench.notebook.of("health")) >= 3, 15, "three times health")
    health = decode(HEALTH, DeviceHealth, file.read_bytes())
    assert health.boot == bench.clock.boot_id()
    assert health.desks == {"d1": "unknown"}
    assert health.readers == {"r1": False}
    assert health.spool_store == "disk"
    assert health.disk_free_bytes is not None
    assert health.rss_bytes is not None
    assert health.rss_bytes > 1_000_000


def test_a_health_file_that_cannot_be_written_stops_nothing(
    make_bench: MakeBench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make_bench(card(1), health_s=0.05, health_file=tmp_path / "nowhere" / "health.json").start()
    wait_until(lambda: "can't be written" in caplog.text, 15, "the warning")
    wait_until(lambda: bench.loop.numbers.highest >= 3, 15, "the tap")
    assert bench.error is None


def test_systemd_is_told_ready_alive_and_stopping(
    make_bench: MakeBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        monkeypatch.setenv("NOTIFY_SOCKET", environ["NOTIFY_SOCKET"])
        bench = make_bench(watchdog=Watchdog(environ)).start()
        assert systemd.recv(100) == b"READY=1"
        assert [systemd.recv(100) for _ in range(4)] == [b"WATCHDOG=1"] * 4
        bench.stop()
        said = b""
        while said != b"STOPPING=1":
            said = systemd.recv(100)


def test_systemd_is_told_whether_the_broker_is_there(
    make_bench: MakeBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        bench = make_bench(watchdog=Watchdog({"NOTIFY_SOCKET": str(tmp_path / "notify")})).start()
        assert systemd.recv(100) == b"READY=1"
        bench.connect()
        # The release before looks for these very words.
        assert systemd.recv(100) == b"STATUS=connected to the broker"
        bench.loop.put(LinkDown())
        assert systemd.recv(100) == b"STATUS=no connection to the broker"


def test_the_end_releases_everything(make_bench: MakeBench) -> None:
    bench = make_bench().start()
    bench.stop()
    assert bench.error is None
    assert bench.script.stopped
    assert bench.notebook.stopped
    assert bench.lamp.closed
    assert bench.lamp.shown[-1][0] is Pattern.OFF


def test_a_bug_in_the_core_ends_the_loop_and_keeps_what_was_recorded(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    bench = make_bench(card(1), SensorLevel("no-such-desk", Level.ACTIVE)).start()
    wait_until(lambda: bench.error, 15, "the error")
    bench.stop()
    assert isinstance(bench.error, KeyError)
    assert bench.notebook.stopped
    assert bench.lamp.closed
    spool = Spool(tmp_path / "spool.db", owner=OWNER, boot="0" * 16)
    assert spool.state.highest >= 2
    spool.close()


def test_an_idle_loop_costs_next_to_nothing(make_bench: MakeBench) -> None:
    bench = make_bench().start()
    bench.connect()
    wait_until(lambda: bench.notebook.of("health"), 15, "the birth to be over")
    began, used = time.monotonic(), time.process_time()
    # Nothing to wait for: idling is what is measured.
    threading.Event().wait(2.0)
    share = (time.process_time() - used) / (time.monotonic() - began)
    assert share < 0.01, "idle CPU"


def test_what_the_uplink_refuses_is_offered_again(make_bench: MakeBench) -> None:
    bench = make_bench().start()
    bench.notebook.is_up = False
    bench.connect()
    bench.loop.put(card(1))
    wait_until(lambda: bench.loop.numbers.published, 15, "an attempt")
    assert bench.notebook.events() == []
    bench.notebook.is_up = True
    wait_until(lambda: bench.recorded(CardRead) == 1, 15, "the tap, a second later")


def test_d1_a_disk_that_dies_ends_in_a_new_epoch_that_the_hub_is_told(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path, owner=OWNER, boot="0" * 16)
    # More than SQLite keeps in its own memory, so that reading it needs the disk.
    spool.append([access(n) for n in range(1, 20_001)])
    spool.close()
    bench = make_bench().start()
    old = bench.loop.numbers.epoch
    with path.open("r+b") as file:
        file.truncate(8192)
    bench.connect()
    wait_until(lambda: bench.loop.numbers.epoch != old, 15, "a new epoch")
    bench.loop.put(card(1))
    wait_until(lambda: bench.recorded(CardRead) == 1, 15, "a tap that is kept in memory")
    births = bench.notebook.of("status")
    assert decode(STATUS, Status, births[-1]).epoch == bench.loop.numbers.epoch
