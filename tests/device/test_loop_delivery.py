"""Whole devices on a real Mosquitto with a small hub behind it: nothing lost, nothing twice (D3 to D6, D9, D10)."""

import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.backends.clock import SimulatedClock
from device.bootstrap import build, open_access
from device.config import DeliverySettings, DeviceSettings, MqttSettings, SpoolSettings
from device.core.inputs import CardPresented
from device.hardware import Darkness, Hardware
from device.spool import Spool
from tests.device.entries import BOOT, OWNER, access, presence
from tests.device.small_hub import SmallHub
from tests.parts.mosquitto import Mosquitto
from tests.parts.tcp_proxy import TcpProxy
from tests.parts.waiting import wait_until
from wire.codec import decode_event, encode
from wire.events import CardRead
from wire.identifiers import CredentialId
from wire.messages import Mark
from wire.topics import MARK, Topic

QUICK = DeliverySettings(resend_s=0.5, resend_max_s=2, mark_wait_s=2, back_s=0.5)


class Device:
    """One device in a thread."""

    def __init__(self, path: Path, url: str, *, boot: str = BOOT, spool: SpoolSettings | None = None) -> None:
        settings = DeviceSettings(
            device="door",
            space="town",
            mqtt=MqttSettings(url=url),
            spool=spool or SpoolSettings(path=path),
            delivery=QUICK,
        )
        self.loop = build(
            settings,
            hardware=Hardware([], Darkness()),
            access=open_access(settings, None),
            clock=SimulatedClock(boot=boot),
        )
        self._thread = threading.Thread(target=self.loop.run, daemon=True)
        self._thread.start()

    def tap(self, numbers: range) -> None:
        """Cards come to readers, each another one."""
        for number in numbers:
            self.loop.put(CardPresented(f"r{number}", CredentialId(f"{number:064x}")))

    def stop(self) -> None:
        """End it in the orderly way."""
        self.loop.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()


MakeDevice = Callable[..., Device]


@pytest.fixture
def make_device(tmp_path: Path) -> Iterator[MakeDevice]:
    """A function that starts devices, which are stopped at the end."""
    made: list[Device] = []

    def make(url: str, name: str = "spool.db", **options: object) -> Device:
        device = Device(tmp_path / name, url, **options)  # type: ignore[arg-type]
        made.append(device)
        return device

    yield make
    for device in made:
        device.stop()


@pytest.fixture
def hub(mosquitto: Mosquitto) -> Iterator[SmallHub]:
    """A hub behind the broker."""
    with SmallHub(mosquitto.port) as running:
        yield running


def taps(hub: SmallHub) -> list[int]:
    """The card of every tap that the hub has counted."""
    events = [decode_event(payload) for payload in hub.payloads]
    return sorted(int(e.credential.digits, 16) for e in events if isinstance(e, CardRead))


def is_settled(device: Device, hub: SmallHub) -> bool:
    """Whether the hub has committed all, and the device knows it."""
    numbers = device.loop.numbers
    return hub.marks.get(numbers.epoch) == numbers.highest == numbers.mark


def test_taps_reach_the_hub_once_and_in_order(
    mosquitto: Mosquitto, hub: SmallHub, make_device: MakeDevice
) -> None:
    device = make_device(mosquitto.url)
    device.tap(range(1, 501))
    wait_until(lambda: len(taps(hub)) >= 500 and is_settled(device, hub), 20, "all taps")
    assert taps(hub) == list(range(1, 501))
    assert hub.conflicts == []


def test_d4_killed_brokers_and_cut_networks_lose_and_repeat_nothing(
    mosquitto: Mosquitto, hub: SmallHub, make_device: MakeDevice, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    proxy = tcp_proxy(mosquitto.port)
    device = make_device(f"mqtt://127.0.0.1:{proxy.port}")
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    for start in range(1, 2_001, 100):
        device.tap(range(start, start + 100))
        what = chance.choice(["nothing", "kill", "cut", "blackhole"])
        if what == "kill":
            mosquitto.restart(kill=True)
        elif what == "cut":
            proxy.cut()
        elif what == "blackhole":
            proxy.blackhole()
            threading.Event().wait(0.1)
            proxy.cut()
            proxy.restore()
    wait_until(lambda: len(taps(hub)) >= 2_000 and is_settled(device, hub), 60, "all taps")
    assert taps(hub) == list(range(1, 2_001)), f"seed {seed}"
    assert hub.conflicts == []
    assert hub.lost == set()


def test_d3_a_hub_that_keeps_its_marks_back_gets_the_same_again(
    mosquitto: Mosquitto, make_device: MakeDevice
) -> None:
    speaks = threading.Event()
    with SmallHub(mosquitto.port, before_mark=speaks.is_set) as hub:
        device = make_device(mosquitto.url)
        device.tap(range(1, 11))
        wait_until(lambda: len(taps(hub)) == 10, 10, "ten taps")
        batches = hub.batches
        wait_until(lambda: hub.batches >= batches + 2, 10, "the same again, for want of a mark")
        speaks.set()
        wait_until(lambda: is_settled(device, hub), 10, "the mark")
        assert taps(hub) == list(range(1, 11))


def test_d5_a_hub_restored_from_a_backup_is_refilled(
    mosquitto: Mosquitto, hub: SmallHub, make_device: MakeDevice
) -> None:
    device = make_device(mosquitto.url)
    device.tap(range(1, 301))
    wait_until(lambda: len(taps(hub)) == 300 and is_settled(device, hub), 20, "all taps")
    epoch = device.loop.numbers.epoch
    hub.restore(epoch, 100)
    assert len(taps(hub)) < 110
    hub.tell_mark("town", "door", epoch)
    wait_until(lambda: len(taps(hub)) == 300 and is_settled(device, hub), 20, "all taps once more")
    assert hub.conflicts == []


def test_d6_the_hub_is_told_what_a_full_spool_dropped(
    mosquitto: Mosquitto, hub: SmallHub, make_device: MakeDevice, tmp_path: Path
) -> None:
    path = tmp_path / "full.db"
    limited = SpoolSettings(path=path, max_events=210)
    spool = Spool(path, owner=OWNER, boot=BOOT)
    spool.append([(access if n % 3 else presence)(n) for n in range(1, 301)])
    spool.close()
    device = make_device(mosquitto.url, spool=limited)
    wait_until(lambda: is_settled(device, hub), 20, "all that is left")
    assert taps(hub) == [n for n in range(1, 301) if n % 3], "every access event: there was presence to drop"
    epoch = device.loop.numbers.epoch
    gone = {seq for lost_epoch, seq in hub.lost if lost_epoch == epoch}
    assert len(gone) == device.loop.numbers.dropped > 50
    assert all(seq % 3 == 0 for seq in gone)


def test_d9_an_old_retained_mark_sends_nothing_twice(
    mosquitto: Mosquitto, hub: SmallHub, make_device: MakeDevice
) -> None:
    device = make_device(mosquitto.url)
    device.tap(range(1, 101))
    wait_until(lambda: len(taps(hub)) == 100 and is_settled(device, hub), 20, "all taps")
    epoch = device.loop.numbers.epoch
    device.stop()
    # A broker that was killed may come back with a retained mark of last week.
    stale = encode(Mark(epoch=epoch, upto=3))
    hub._client.publish(str(Topic(MARK, "town", "door")), stale, qos=1, retain=True).wait_for_publish(10)
    again = make_device(mosquitto.url)
    again.tap(range(101, 102))
    wait_until(lambda: len(taps(hub)) == 101 and is_settled(again, hub), 20, "the new tap")
    assert taps(hub) == list(range(1, 102))
    assert hub.conflicts == []


def test_d10_a_copied_spool_and_its_original_both_deliver(
    mosquitto: Mosquitto, hub: SmallHub, make_device: MakeDevice, tmp_path: Path
) -> None:
    original = make_device(mosquitto.url)
    original.tap(range(1, 51))
    wait_until(lambda: len(taps(hub)) == 50 and is_settled(original, hub), 20, "the first taps")
    original.stop()
    shutil.copyfile(tmp_path / "spool.db", tmp_path / "copy.db")

    original = make_device(mosquitto.url)
    original.tap(range(51, 101))
    wait_until(lambda: len(taps(hub)) == 100 and is_settled(original, hub), 20, "the original's taps")
    original.stop()

    copy = make_device(mosquitto.url, "copy.db", boot="c" * 16)
    copy.tap(range(101, 151))
    wait_until(lambda: len(taps(hub)) == 150 and is_settled(copy, hub), 20, "the copy's taps")
    assert copy.loop.numbers.epoch != original.loop.numbers.epoch
    assert taps(hub) == list(range(1, 151))
    assert hub.conflicts == []


def test_d1_after_a_dead_disk_both_epochs_arrive(
    mosquitto: Mosquitto, hub: SmallHub, make_device: MakeDevice, tmp_path: Path
) -> None:
    # First without a broker, so that the disk's rows wait; then without the disk; then with both.
    path = tmp_path / "spool.db"
    spool = Spool(path, owner=OWNER, boot=BOOT)
    spool.append([access(n) for n in range(1, 11)])
    spool.close()
    path.rename(tmp_path / "pulled.db")
    path.mkdir()  # nothing can be opened here now
    without = make_device(mosquitto.url)
    without.tap(range(11, 21))
    wait_until(lambda: taps(hub) == list(range(11, 21)), 20, "the taps kept in memory")
    without.stop()
    path.rmdir()
    (tmp_path / "pulled.db").rename(path)
    device = make_device(mosquitto.url)
    wait_until(lambda: len(taps(hub)) == 20 and is_settled(device, hub), 20, "the old disk's taps")
    assert taps(hub) == list(range(1, 21))


def test_100000_spooled_events_are_drained(
    mosquitto: Mosquitto, hub: SmallHub, make_device: MakeDevice, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool.db", owner=OWNER, boot=BOOT)
    for start in range(1, 100_001, 1_000):
        spool.append([presence(n) for n in range(start, start + 1_000)])
    spool.close()
    device = make_device(mosquitto.url)
    wait_until(lambda: is_settled(device, hub), 60, "100,000 events")
    assert len(hub.payloads) >= 100_000
    assert hub.conflicts == []


DEVICE_PROGRAM = """
import sys, threading
from pathlib import Path
from tests.device.test_loop_delivery import Device
from tests.parts.waiting import wait_until
device = Device(Path(sys.argv[1]), sys.argv[2])
first = device.loop.numbers.highest
while True:
    at = device.loop.numbers.highest
    device.tap(range(at * 1000, at * 1000 + 20))
    wait_until(lambda: device.loop.numbers.highest >= at + 20, 20, "twenty more")
"""


def wait_for_more(hub: SmallHub, enough: int) -> None:
    """Wait until the hub has counted so many events."""
    wait_until(lambda: len(hub.payloads) >= enough, 20, f"{enough} events")


def test_d1_a_device_killed_again_and_again_delivers_what_it_spooled(
    mosquitto: Mosquitto, hub: SmallHub, make_device: MakeDevice, tmp_path: Path
) -> None:
    path = tmp_path / "spool.db"
    for _ in range(5):
        counted = len(hub.payloads)
        child = subprocess.Popen(
            [sys.executable, "-c", DEVICE_PROGRAM, path, mosquitto.url],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            wait_for_more(hub, counted + 60)
        finally:
            child.kill()
            child.wait()
    device = make_device(mosquitto.url)
    wait_until(lambda: is_settled(device, hub), 20, "the rest")
    epoch, highest = device.loop.numbers.epoch, device.loop.numbers.highest
    assert sorted(hub.events[epoch]) == list(range(1, highest + 1))
    assert list(hub.events) == [epoch]
    assert hub.conflicts == []
