"""What a device must not forget, through power cuts, damage and full disks."""

import errno
import os
import random
from pathlib import Path

import pytest

from device.kept_state import HALF_BYTES, KeptState


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.list.state"


def test_the_time_is_kept_and_a_right_clock_corrects_what_was_too_late(tmp_path: Path) -> None:
    path = tmp_path / "state"
    state = KeptState(path)
    for least_us in (5_000_000, 9_000_000, 7_000_000):
        state.keep_least(least_us)
        assert (state.least_us, KeptState(path).least_us) == (least_us, least_us)
    state.keep_mode("front", "lockdown")
    again = KeptState(path)
    assert (again.least_us, again.modes) == (7_000_000, {"front": "lockdown"})


def test_a_lockdown_and_the_highest_version_survive_a_restart(path: Path) -> None:
    state = KeptState(path)
    state.keep_mode("front", "lockdown")
    state.keep_version(7)
    again = KeptState(path)
    assert again.modes == {"front": "lockdown"}
    assert again.version == 7


def test_normal_is_what_is_not_kept(path: Path) -> None:
    state = KeptState(path)
    state.keep_mode("front", "lockdown")
    state.keep_mode("front", "normal")
    assert KeptState(path).modes == {}


def test_a_version_never_goes_back(path: Path) -> None:
    state = KeptState(path)
    state.keep_version(7)
    state.keep_version(3)
    assert (state.version, KeptState(path).version) == (7, 7)


def test_without_a_path_nothing_is_written_and_all_is_kept_until_the_end() -> None:
    state = KeptState(None)
    state.keep_mode("front", "lockdown")
    assert state.modes == {"front": "lockdown"}
    assert state.is_durable


def test_its_file_is_for_its_user_alone_and_never_grows(path: Path) -> None:
    state = KeptState(path)
    for version in range(1, 20):
        state.keep_version(version)
        state.keep_mode("front", "lockdown" if version % 2 else "normal")
    assert path.stat().st_size == 2 * HALF_BYTES
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_power_cut_at_any_byte_of_a_write_leaves_the_state_before_or_after(path: Path) -> None:
    state = KeptState(path)
    state.keep_version(1)
    state.keep_mode("front", "lockdown")
    before = path.read_bytes()
    state.keep_version(2)
    after = path.read_bytes()
    changed = [at for at in range(len(before)) if before[at] != after[at]]
    assert max(changed) - min(changed) < HALF_BYTES, "one write touches one half"
    for at in range(min(changed), max(changed) + 2):
        path.write_bytes(after[:at] + before[at:])
        found = KeptState(path)
        assert found.modes == {"front": "lockdown"}
        assert found.version in (1, 2)


def test_a_half_of_rubbish_is_the_state_before(path: Path) -> None:
    dice = random.Random(5)
    state = KeptState(path)
    state.keep_mode("front", "lockdown")
    state.keep_version(2)
    whole = path.read_bytes()
    for half in (0, HALF_BYTES):
        for _ in range(200):
            damaged = bytearray(whole)
            damaged[half + dice.randrange(200)] ^= 1 << dice.randrange(8)
            path.write_bytes(damaged)
            assert KeptState(path).modes == {"front": "lockdown"}


@pytest.mark.parametrize(
    "data", [b"x" * 2 * HALF_BYTES, b"y", b"z" * 5 * HALF_BYTES], ids=["full", "short", "long"]
)
def test_a_file_of_rubbish_alarms_and_works_again(
    path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(data)
    state = KeptState(path)
    assert "damaged" in caplog.text
    assert state.modes == {}
    state.keep_mode("front", "lockdown")
    assert KeptState(path).modes == {"front": "lockdown"}
    assert path.stat().st_size == 2 * HALF_BYTES


def test_a_full_disk_takes_a_lockdown_all_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = KeptState(path)
    real = os.pwrite

    def full(handle: int, data: bytes, at: int) -> int:
        if at + len(data) > os.fstat(handle).st_size:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, data, at)

    monkeypatch.setattr(os, "pwrite", full)
    state.keep_mode("front", "lockdown")
    assert state.is_durable
    assert KeptState(path).modes == {"front": "lockdown"}


def test_a_dead_disk_alarms_and_the_lockdown_holds_until_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    state = KeptState(path)

    def dead(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", dead)
        state.keep_mode("front", "lockdown")
    assert "would forget which doors are in lockdown" in caplog.text
    assert state.is_durable is False
    assert state.modes == {"front": "lockdown"}
    # The same word again writes it, once the disk works.
    state.keep_mode("front", "lockdown")
    assert KeptState(path).modes == {"front": "lockdown"}


def test_a_folder_that_is_not_there_alarms_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = KeptState(tmp_path / "nowhere" / "state")
    state.keep_mode("front", "lockdown")
    assert state.modes == {"front": "lockdown"}
    assert "can't be written" in caplog.text
