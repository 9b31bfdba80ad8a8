"""Lists and commands: what is taken, what is refused with which word, and what lies on disk after whatever happens."""

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from device.access_store import AccessStore
from device.core.inputs import ListArrived, Moment
from device.errors import NotTaken
from device.kept_state import KeptState
from tests.device.sealed import (
    DOOR,
    HOUR_US,
    LOOKUP_KEY,
    TRUST,
    access_list,
    credential,
    many_cards,
    now_us,
    sealed,
    sealed_command,
    sealed_list,
)
from wire.access import AccessList, DoorRule, OpenDoor, Window, encode_body
from wire.codec import MAX_BYTES
from wire.topics import ACCESS, COMMAND

OPEN = OpenDoor(command="c" * 16, session="5" * 16, door=DOOR)


def moment(*, synced: bool = True, battery: bool = False) -> Moment:
    return Moment(1, now_us(), synced, battery)


class Disk:
    """The folder of one device; `store` opens it as a start of the agent does."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "access.list"

    def store(self) -> AccessStore:
        return AccessStore(self.path, KeptState(self.path.with_name("access.list.state")), TRUST)

    def loaded(self) -> ListArrived | None:
        return self.store().load()

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.path.parent.iterdir()}

    def restore(self, files: dict[str, bytes]) -> None:
        for path in self.path.parent.iterdir():
            path.unlink()
        for name, data in files.items():
            (self.path.parent / name).write_bytes(data)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_a_list_is_taken_and_there_after_a_restart_sealed_as_it_came(disk: Disk) -> None:
    payload = sealed_list(3, access_list(credential(b"\x04abcdef")))
    arrived = disk.store().take_list(payload, moment())
    assert arrived is not None
    assert arrived.version == 3
    assert len(arrived.body.credentials) == 1
    assert disk.path.read_bytes() == payload
    assert disk.path.stat().st_mode & 0o777 == 0o600
    assert disk.loaded() == arrived


def test_when_nobody_has_a_card_any_more_no_list_of_before_stays_on_the_disk(disk: Disk) -> None:
    store = disk.store()
    for version in (3, 4):
        store.take_list(sealed_list(version, access_list(credential(b"\x04abcdef"))), moment())
    assert {"access.list", "access.list.old"} <= disk.files().keys()
    last = sealed_list(5)
    store.take_list(last, moment())
    assert disk.files().keys() & {"access.list", "access.list.old", "access.list.new"} == {"access.list"}
    assert disk.path.read_bytes() == last
    loaded = disk.loaded()
    assert loaded is not None
    assert loaded.body.credentials == []


def test_the_same_list_again_is_nothing_new(disk: Disk) -> None:
    store, payload = disk.store(), sealed_list(3)
    assert store.take_list(payload, moment()) is not None
    assert store.take_list(payload, moment()) is None


def test_the_same_list_sealed_anew_is_nothing_new(disk: Disk) -> None:
    store = disk.store()
    store.take_list(sealed_list(3), moment())
    assert store.take_list(sealed_list(3), moment()) is None


def test_the_retained_list_that_comes_after_a_restart_is_nothing_new(disk: Disk) -> None:
    payload = sealed_list(3)
    disk.store().take_list(payload, moment())
    store = disk.store()
    store.load()
    assert store.take_list(payload, moment()) is None


REFUSED: list[tuple[str, str, Callable[[], bytes]]] = [
    ("an older version", "older-list", lambda: sealed_list(2)),
    (
        "another list of the same version",
        "older-list",
        lambda: sealed_list(3, access_list(credential(b"x" * 7))),
    ),
    (
        "one whose time is over",
        "expired-list",
        lambda: sealed_list(4, issued_us=now_us() - 2 * HOUR_US, valid_us=HOUR_US),
    ),
    ("no JSON", "unreadable", lambda: b"{"),
    ("nothing at all", "unreadable", lambda: b""),
    ("too many bytes", "too-large", lambda: b" " * (MAX_BYTES[ACCESS] + 1)),
    (
        "somebody else's signature",
        "wrong-signature",
        lambda: _sealed(signing=Ed25519PrivateKey.generate()),
    ),
    ("another device's", "wrong-recipient", lambda: _sealed(device="other")),
    ("sealed to another key", "wrong-recipient", lambda: _sealed(recipient=X25519PrivateKey.generate())),
    ("a command", "wrong-recipient", lambda: sealed_command(OPEN, 4)),
    ("a body that is no list", "unreadable", lambda: _sealed(body=b"rubbish")),
    ("a command in a list's envelope", "unreadable", lambda: _sealed(body=encode_body(OPEN))),
]


def _sealed(body: bytes | None = None, **more: Any) -> bytes:
    content = encode_body(access_list()) if body is None else body
    return sealed("access", 4, content, now_us(), now_us() + HOUR_US, **more)


@pytest.mark.parametrize(
    ("reason", "payload"), [pytest.param(reason, make, id=label) for label, reason, make in REFUSED]
)
def test_a_list_is_refused_with_a_word_and_the_one_before_goes_on(
    disk: Disk, reason: str, payload: Callable[[], bytes]
) -> None:
    store = disk.store()
    before = store.take_list(sealed_list(3), moment())
    files = disk.files()
    with pytest.raises(NotTaken) as refused:
        store.take_list(payload(), moment())
    assert refused.value.reason == reason
    assert disk.files() == files
    assert disk.loaded() == before


def test_whether_a_list_is_over_is_not_judged_by_a_clock_that_may_be_wrong(disk: Disk) -> None:
    payload = sealed_list(4, issued_us=now_us() - 2 * HOUR_US, valid_us=HOUR_US)
    assert disk.store().take_list(payload, moment(synced=False)) is not None


def test_a_battery_backed_clock_judges_like_a_synchronised_one(disk: Disk) -> None:
    payload = sealed_list(4, issued_us=now_us() - 2 * HOUR_US, valid_us=HOUR_US)
    with pytest.raises(NotTaken, match="expired-list"):
        disk.store().take_list(payload, moment(synced=False, battery=True))


def test_a_list_that_is_over_is_loaded_all_the_same_since_hosts_still_come_in(disk: Disk) -> None:
    disk.store().take_list(
        sealed_list(4, issued_us=now_us() - 2 * HOUR_US, valid_us=HOUR_US), moment(synced=False)
    )
    assert disk.loaded() is not None


def test_a_device_without_trust_takes_nothing(tmp_path: Path) -> None:
    store = AccessStore(tmp_path / "access.list", KeptState(None), None)
    assert store.load() is None
    with pytest.raises(NotTaken, match="wrong-recipient"):
        store.take_list(sealed_list(1), moment())
    with pytest.raises(NotTaken, match="wrong-recipient"):
        store.take_command(sealed_command(OPEN, 1), retained=False)


def test_a_command_tells_its_number_its_end_and_whether_it_was_retained(disk: Disk) -> None:
    payload = sealed_command(OPEN, 9)
    arrived = disk.store().take_command(payload, retained=True)
    assert (arrived.command, arrived.number, arrived.retained) == (OPEN, 9, True)
    assert 0 < arrived.valid_until_us - now_us() <= 10_000_000


@pytest.mark.parametrize(
    ("reason", "payload"),
    [
        pytest.param("wrong-recipient", sealed_list(4), id="a list"),
        pytest.param("unreadable", b"\xff", id="rubbish"),
        pytest.param("too-large", b" " * (MAX_BYTES[COMMAND] + 1), id="too many bytes"),
        pytest.param(
            "wrong-signature",
            sealed("command", 1, encode_body(OPEN), 1, 2, signing=Ed25519PrivateKey.generate()),
            id="somebody else's",
        ),
        pytest.param("unreadable", sealed("command", 1, b"rubbish", 1, 2), id="a body that is no command"),
    ],
)
def test_a_command_is_refused_with_a_word(disk: Disk, reason: str, payload: bytes) -> None:
    with pytest.raises(NotTaken) as refused:
        disk.store().take_command(payload, retained=False)
    assert refused.value.reason == reason


# --- the disk ---


class PowerCut(BaseException):
    """Ends the process between two calls of the system."""


class Counted:
    """The system's calls that put a list on disk; after so many of them the power is gone, in the middle of a write."""

    def __init__(self, cut_at: int, patch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self._cut_at = cut_at
        for name in ("open", "write", "fsync", "close"):
            patch.setattr(os, name, self._counted(getattr(os, name), name))
        patch.setattr(Path, "replace", self._counted(Path.replace, "replace"))

    def _counted(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) < self._cut_at:
                return real(*args, **more)
            if name == "write" and len(self.calls) == self._cut_at:
                real(args[0], args[1][: len(args[1]) // 2])
            raise PowerCut(name)

        return call


def test_a_power_cut_at_any_step_leaves_the_old_or_the_new_list(disk: Disk) -> None:
    disk.store().take_list(sealed_list(3), moment())
    files, payload = disk.files(), sealed_list(4)
    left: list[int] = []
    for cut_at in range(1, 40):
        disk.restore(files)
        store = disk.store()
        store.load()
        with pytest.MonkeyPatch.context() as patch:
            system = Counted(cut_at, patch)
            try:
                store.take_list(payload, moment())
            except PowerCut:
                pass
            else:
                break
        loaded = disk.loaded()
        assert loaded is not None, system.calls
        left.append(loaded.version)
        # And the next list goes on from there.
        again = disk.store()
        again.load()
        assert again.take_list(sealed_list(5), moment()) is not None
        loaded = disk.loaded()
        assert loaded is not None
        assert loaded.version == 5
    assert len(left) >= 10
    assert left == sorted(left)
    assert set(left) == {3, 4}


@pytest.mark.parametrize("suffix", ["", ".old"])
def test_every_damage_to_one_file_leaves_a_whole_list(disk: Disk, suffix: str) -> None:
    store = disk.store()
    store.take_list(sealed_list(3), moment())
    store.take_list(sealed_list(4), moment())
    files = disk.files()
    name = disk.path.name + suffix
    data = files[name]
    damaged = [data[:size] for size in range(0, len(data), 37)]
    damaged += [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(0, len(data), 29)]
    damaged += [b"\x00" * len(data), data + b"x"]
    for rubbish in damaged:
        disk.restore(files | {name: rubbish})
        loaded = disk.loaded()
        assert loaded is not None
        assert loaded.version in ((3, 4) if suffix == "" else (4,))


def test_after_damage_the_version_that_was_lost_is_taken_again_and_an_older_one_is_not(disk: Disk) -> None:
    store = disk.store()
    store.take_list(sealed_list(5), moment())
    newest = sealed_list(7)
    store.take_list(newest, moment())
    disk.path.write_bytes(b"damaged")
    store = disk.store()
    loaded = store.load()
    assert loaded is not None
    assert loaded.version == 5
    with pytest.raises(NotTaken, match="older-list"):
        store.take_list(sealed_list(6), moment())
    assert store.take_list(newest, moment()) is not None


def test_both_files_damaged_is_no_list_and_nothing_older_comes_in(
    disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    store = disk.store()
    store.take_list(sealed_list(5), moment())
    store.take_list(sealed_list(7), moment())
    disk.path.write_bytes(b"damaged")
    disk.path.with_name("access.list.old").write_bytes(b"damaged")
    store = disk.store()
    assert store.load() is None
    assert "can't be used" in caplog.text
    with pytest.raises(NotTaken, match="older-list"):
        store.take_list(sealed_list(6), moment())
    assert store.take_list(sealed_list(7), moment()) is not None


def test_a_full_disk_lets_the_list_apply_and_the_old_one_lie_and_says_so(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = disk.store()
    store.take_list(sealed_list(3), moment())
    payload = sealed_list(4)

    def full(_handle: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        arrived = store.take_list(payload, moment())
    assert arrived is not None
    assert arrived.version == 4
    assert "No space left on device" in caplog.text
    assert sorted(path.name for path in disk.path.parent.iterdir()) == ["access.list", "access.list.state"]
    loaded = disk.loaded()
    assert loaded is not None
    assert loaded.version == 3
    # The broker brings it again with the next connection, and then it is kept.
    assert store.take_list(payload, moment()) is None
    assert disk.path.read_bytes() == payload


def test_a_list_of_2000_cards_is_unpacked_in_half_a_second(disk: Disk) -> None:
    schedules = [[Window(day * 10, day * 10 + 5) for day in range(14)] for _ in range(50)]
    body = AccessList(
        lookup_key=LOOKUP_KEY,
        doors=[DoorRule(id=DOOR)],
        schedules=schedules,
        credentials=list(many_cards(2_000, 50)),
    )
    payload = sealed_list(1, body)
    began = time.perf_counter()
    arrived = disk.store().take_list(payload, moment())
    assert time.perf_counter() - began < 0.5
    assert arrived is not None
    assert len(arrived.body.credentials) == 2_000
