"""The machine's clocks, and the clock that can be set."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from device.backends.clock import (
    BOOT_ID_PATH,
    SimulatedClock,
    SystemClock,
    is_kernel_synchronised,
    is_set_by_battery,
)


class Kernel:
    """Stands for the kernel's answer, which a test can't change on the machine it runs on."""

    def __init__(self, synced: bool) -> None:
        self.synced = synced
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.synced


def test_time_since_boot_is_the_kernels_and_never_falls() -> None:
    clock = SystemClock()
    readings = [clock.now().mono_us for _ in range(1000)]
    assert readings == sorted(readings)
    assert abs(readings[-1] / 1e6 - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1.0
    assert abs(clock.now().wall_us / 1e6 - time.time()) < 1.0


def test_whether_it_is_synchronised_is_what_the_kernel_says() -> None:
    # Asked by another way: the `ntp` library's own struct is not ours, but the C program's exit says the same.
    code = (
        "import ctypes,sys\n"
        "buffer = ctypes.create_string_buffer(512)\n"
        "sys.exit(ctypes.CDLL(None).ntp_adjtime(buffer))\n"
    )
    state = subprocess.run([sys.executable, "-c", code], check=False).returncode
    # 5 is TIME_ERROR; 255 is -1: a container that forbids the question, and then nothing is known.
    expected = state not in (5, 255)
    assert is_kernel_synchronised() is expected
    assert SystemClock().now().synced is expected


def test_the_kernel_is_asked_once_in_a_while_only() -> None:
    kernel = Kernel(synced=True)
    clock = SystemClock(kernel_synchronised=kernel)
    assert all(clock.now().synced for _ in range(1000))
    assert kernel.asked == 1


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> "Wall":
    return Wall(monkeypatch)


class Wall:
    """Sets the clocks that `SystemClock` reads, and lets time pass on them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mono_s = 100.0
        self.wall_s = 1_000_000.0
        monkeypatch.setattr(time, "clock_gettime_ns", lambda _clock: int(self.mono_s * 1e9))
        monkeypatch.setattr(time, "time_ns", lambda: int(self.wall_s * 1e9))

    def pass_s(self, seconds: float) -> None:
        self.mono_s += seconds
        self.wall_s += seconds


def test_a_clock_that_was_right_stays_so_without_a_time_service_while_it_runs_in_step(wall: Wall) -> None:
    kernel = Kernel(synced=True)
    clock = SystemClock(kernel_synchronised=kernel)
    assert clock.now().synced
    kernel.synced = False
    for _ in range(100):
        wall.pass_s(600.0)
        assert clock.now().synced


@pytest.mark.parametrize("by_s", [3600.0, -3600.0, 1.5], ids=["forward", "back", "a little"])
def test_a_clock_that_was_set_by_hand_is_no_longer_synchronised(wall: Wall, by_s: float) -> None:
    kernel = Kernel(synced=True)
    clock = SystemClock(kernel_synchronised=kernel)
    assert clock.now().synced
    kernel.synced = False
    wall.wall_s += by_s
    assert not clock.now().synced
    wall.pass_s(600.0)
    assert not clock.now().synced
    kernel.synced = True
    wall.pass_s(600.0)
    assert clock.now().synced


def test_a_step_by_the_time_service_itself_is_trusted(wall: Wall) -> None:
    kernel = Kernel(synced=True)
    clock = SystemClock(kernel_synchronised=kernel)
    assert clock.now().synced
    wall.wall_s += 7200.0
    assert clock.now().synced


def test_a_boot_that_was_never_synchronised_never_says_so(wall: Wall) -> None:
    clock = SystemClock(kernel_synchronised=Kernel(synced=False))
    for _ in range(100):
        wall.pass_s(600.0)
        assert not clock.now().synced


def test_the_boot_id_is_the_same_for_the_whole_boot_and_not_the_kernels_own() -> None:
    first = SystemClock().boot_id()
    assert SystemClock().boot_id() == first
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert first not in BOOT_ID_PATH.read_text().replace("-", "")


def test_two_boots_have_two_ids_and_no_id_becomes_a_random_one(tmp_path: Path) -> None:
    texts = ["a94545f3-4e22-40f5-954d-c8512ece8cce\n", "a94545f3-4e22-40f5-954d-c8512ece8ccf\n"]
    ids = []
    for number, text in enumerate(texts):
        path = tmp_path / str(number)
        path.write_text(text)
        ids.append(SystemClock(boot_id_path=path).boot_id())
    without = SystemClock(boot_id_path=tmp_path / "none")
    ids.append(without.boot_id())
    assert without.boot_id() == ids[-1]
    ids.append(SystemClock(boot_id_path=tmp_path / "none").boot_id())
    assert len(set(ids)) == 4


def test_a_simulated_clock_stands_still_until_it_is_told() -> None:
    clock = SimulatedClock(1_000, mono_us=5, speed=0)
    before = clock.now()
    clock.advance(7)
    clock.jump_wall(-100)
    after = clock.now()
    assert (before.mono_us, before.wall_us, before.synced) == (5, 1_000, True)
    assert (after.mono_us, after.wall_us) == (12, 907)
    clock.synced = False
    assert not clock.now().synced


def test_a_simulated_reboot_begins_at_zero_under_another_id_while_the_wall_clock_runs_on() -> None:
    clock = SimulatedClock(1_000_000, mono_us=500, speed=0)
    boot = clock.boot_id()
    clock.advance(1_000)
    clock.reboot()
    assert clock.boot_id() != boot
    assert (clock.now().mono_us, clock.now().wall_us) == (0, 1_001_000)


def test_a_simulated_clock_runs_as_fast_as_it_is_told() -> None:
    clock = SimulatedClock(speed=1000.0)
    began, real = clock.now().mono_us, time.monotonic()
    while time.monotonic() - real < 0.05:
        pass
    assert 50e6 <= clock.now().mono_us - began <= (time.monotonic() - real) * 1e9 + 1e6


# --- a battery-backed clock ---


def write_rtc(folder: Path, *, hctosys: str, since_epoch: float, name: str = "rtc0") -> Path:
    """Write sysfs' files of a clock."""
    (folder / name).mkdir()
    (folder / name / "hctosys").write_text(f"{hctosys}\n")
    (folder / name / "since_epoch").write_text(f"{int(since_epoch)}\n")
    return folder


def test_a_clock_that_set_the_systems_and_agrees_with_it_counts(tmp_path: Path) -> None:
    write_rtc(tmp_path, hctosys="0", since_epoch=time.time())
    assert not is_set_by_battery(tmp_path)
    write_rtc(tmp_path, hctosys="1", since_epoch=time.time(), name="rtc1")
    assert is_set_by_battery(tmp_path)


@pytest.mark.parametrize("off_s", [-3600, -61, 62, 86_400])
def test_a_system_clock_that_was_set_since_the_boot_does_not_count(tmp_path: Path, off_s: int) -> None:
    now = 1_800_000_000.0
    assert not is_set_by_battery(write_rtc(tmp_path, hctosys="1", since_epoch=now + off_s), now)


def test_no_clock_and_one_that_can_not_be_read_do_not_count(tmp_path: Path) -> None:
    assert not is_set_by_battery(tmp_path)
    assert not is_set_by_battery(tmp_path / "nowhere")
    (tmp_path / "rtc0").mkdir()
    (tmp_path / "rtc0" / "hctosys").write_text("1")
    assert not is_set_by_battery(tmp_path)


def test_time_of_the_battery_is_trusted_until_somebody_sets_the_clock(wall: "Wall") -> None:
    clock = SystemClock(battery=lambda: True, kernel_synchronised=Kernel(synced=False))
    assert clock.now().battery
    assert clock.now().trusted
    assert not clock.now().synced
    wall.wall_s += 5
    assert not clock.now().trusted
    wall.wall_s += -5
    assert not clock.now().trusted, "set back by hand it is no better"


def test_a_time_service_may_correct_it(wall: "Wall") -> None:
    kernel = Kernel(synced=True)
    clock = SystemClock(battery=lambda: True, kernel_synchronised=kernel)
    assert clock.now().battery
    wall.wall_s += 5
    assert clock.now().battery


def test_a_machine_without_a_battery_is_never_asked() -> None:
    assert not SystemClock(kernel_synchronised=Kernel(synced=False)).now().battery


def test_a_simulated_clock_says_what_it_is_told() -> None:
    clock = SimulatedClock(synced=False, battery=True)
    assert clock.now().trusted
    clock.battery = False
    assert not clock.now().trusted
