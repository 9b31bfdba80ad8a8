"""Updates on the disk: what boots after a power cut at any step is the old release or the new one, and it decides."""

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device.releases import BEFORE, CURRENT, PROGRAM, Releases
from device.service import Seen
from device.trial import HEALTHY_S, START_S, finish
from tests.device.test_enrol import Disk, PowerCutError
from wire.errors import InvalidSetting, NotAuthentic
from wire.release import Release, Wheel

READY = Seen(is_ready=True, has_ended=False, is_linked=True)
UNLINKED = Seen(is_ready=True, has_ended=False, is_linked=False)
STARTING = Seen(is_ready=False, has_ended=False, is_linked=False)
ENDED = Seen(is_ready=False, has_ended=True, is_linked=False)
WHEEL = b"a wheel"


class Played:
    """A service that is seen as it is told to be, second by second, with a clock of its own."""

    def __init__(self, *seen: tuple[Seen, int]) -> None:
        self._seen = [one for one, times in seen for _ in range(times)]
        self.now_s = 1000.0
        self.restarts = 0

    def look(self) -> Seen:
        return self._seen.pop(0) if len(self._seen) > 1 else self._seen[0]

    def restart(self) -> None:
        self.restarts += 1

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def finish(self, releases: Releases) -> str:
        return finish(releases, self, lambda: self.now_s, self.sleep)


def build(folder: Path, wheels: Path, release: Release) -> None:
    """Make a program that says its version, and has a part without which it does not start."""
    assert [path.read_bytes() for path in wheels.iterdir()] == [WHEEL]
    metadata = folder / f"lib/python3.11/site-packages/ankerort-{release.version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("whole")
    (folder / PROGRAM).parent.mkdir()
    (folder / PROGRAM).write_text(release.version)


class Pi:
    """A Pi on which 0.1.0 was installed by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.source = folder / "opt", folder / "release"
        self.folder.mkdir(parents=True)
        self.source.mkdir()
        build(self.folder, self.source, self.release("0.1.0"))
        (self.folder / CURRENT).symlink_to(".")
        self.releases = Releases(self.folder)

    def release(self, version: str) -> Release:
        name = f"ankerort-{version}-py3-none-any.whl"
        for old in self.source.iterdir():
            old.unlink()
        (self.source / name).write_bytes(WHEEL)
        wheel = Wheel(name=name, size_bytes=len(WHEEL), sha256=hashlib.sha256(WHEEL).hexdigest())
        return Release(version=version, made_us=1, extras=("device",), wheels=(wheel,))

    def update(self, version: str, service: Played, *, needs_link: bool = True) -> str:
        """What the command does, and the trial after it."""
        self.releases.install(self.release(version), self.source, build)
        self.releases.switch(version, needs_link=needs_link)
        return service.finish(self.releases)

    def boots(self, link: str = CURRENT) -> str:
        """Return the version that a link starts; fail when it would not start."""
        program = self.folder / link / PROGRAM
        version = program.read_text()
        (metadata,) = (self.folder / link).glob("lib/python3*/site-packages/*.dist-info/METADATA")
        assert (metadata.parent.name, metadata.read_text()) == (f"ankerort-{version}.dist-info", "whole")
        return version

    def kept(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "releases").iterdir())


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path)


def test_a_release_that_works_is_kept_and_the_one_before_stays_beside_it(pi: Pi) -> None:
    service = Played((READY, 1))
    assert pi.update("0.2.0", service) == "0.2.0 runs, and is kept"
    assert (pi.boots(), pi.boots(BEFORE), service.restarts) == ("0.2.0", "0.1.0", 0)
    assert service.now_s == 1000 + HEALTHY_S
    assert pi.releases.last_words() == "0.2.0 runs, and is kept"


def test_two_releases_are_on_the_disk_and_no_third(pi: Pi) -> None:
    for version in ("0.2.0", "0.3.0", "0.4.0"):
        pi.update(version, Played((READY, 1)))
    assert (pi.boots(), pi.boots(BEFORE), pi.kept()) == ("0.4.0", "0.3.0", ["0.3.0", "0.4.0"])


_TRIALS = {
    "it does not start": ([(STARTING, 3), (ENDED, 1)], "it did not start"),
    "it hangs in its start": ([(STARTING, 999)], f"it was not ready within {START_S:.0f} s"),
    "it ends in the last second": ([(READY, 119), (ENDED, 1)], "it ended by itself"),
    "its watchdog rings": ([(READY, 31), (STARTING, 5), (READY, 1)], "it ended by itself"),
    "it never reaches the broker": ([(UNLINKED, 1)], "it did not reach the broker within 120 s"),
}


@pytest.mark.parametrize("name", _TRIALS)
def test_a_release_that_fails_is_followed_by_the_one_before(pi: Pi, name: str) -> None:
    seen, why = _TRIALS[name]
    service = Played(*seen)
    said = pi.update("0.2.0", service)
    assert said.startswith(f"0.2.0 was not kept: {why}")
    assert said.endswith("0.1.0 runs again")
    assert (pi.boots(), service.restarts, pi.releases.is_on_trial) == ("0.1.0", 1, False)


_GOOD = {
    "it takes its time to start": [(STARTING, 149), (READY, 1)],
    "it reaches the broker in the last second": [(UNLINKED, 119), (READY, 1)],
    "it reached the broker once": [(READY, 1), (UNLINKED, 1)],
}


@pytest.mark.parametrize("name", _GOOD)
def test_a_release_that_is_slow_is_kept(pi: Pi, name: str) -> None:
    pi.update("0.2.0", Played(*_GOOD[name]))
    assert pi.boots() == "0.2.0"


def test_without_a_link_before_none_is_asked_for_and_the_next_update_asks_again(pi: Pi) -> None:
    pi.update("0.2.0", Played((UNLINKED, 1)), needs_link=False)
    assert pi.boots() == "0.2.0"
    pi.update("0.3.0", Played((UNLINKED, 1)))
    assert pi.boots() == "0.2.0"


def test_a_release_that_failed_may_be_tried_again_and_is_made_anew(pi: Pi) -> None:
    pi.update("0.2.0", Played((ENDED, 1)))
    pi.update("0.2.0", Played((READY, 1)))
    assert (pi.boots(), pi.boots(BEFORE)) == ("0.2.0", "0.1.0")


def test_a_release_in_use_is_not_made_anew(pi: Pi) -> None:
    pi.update("0.2.0", Played((READY, 1)))
    with pytest.raises(InvalidSetting, match="is in use"):
        pi.releases.install(pi.release("0.2.0"), pi.source, build)
    assert pi.boots() == "0.2.0"


def test_without_an_update_there_is_nothing_to_decide(pi: Pi) -> None:
    service = Played((ENDED, 1))
    assert service.finish(pi.releases) == ""
    assert (pi.boots(), service.restarts) == ("0.1.0", 0)


def _cut_short(file: Path) -> None:
    file.write_bytes(WHEEL[:-1])


def _changed(file: Path) -> None:
    file.write_bytes(WHEEL[:-1] + b"L")


def _longer(file: Path) -> None:
    file.write_bytes(WHEEL + b"!")


@pytest.mark.parametrize("harm", [_cut_short, _changed, _longer, Path.unlink])
def test_a_wheel_that_is_not_the_signed_one_is_refused_and_leaves_nothing(
    pi: Pi, harm: Callable[[Path], None]
) -> None:
    release = pi.release("0.2.0")
    harm(pi.source / release.wheels[0].name)
    with pytest.raises(NotAuthentic, match=release.wheels[0].name):
        pi.releases.install(release, pi.source, build)
    assert (pi.boots(), pi.kept()) == ("0.1.0", [])


def test_a_program_that_can_not_be_made_leaves_nothing(pi: Pi) -> None:
    def fail(folder: Path, _wheels: Path, _release: Release) -> None:
        (folder / "half").write_text("made")
        raise InvalidSetting("no room")

    with pytest.raises(InvalidSetting, match="no room"):
        pi.releases.install(pi.release("0.2.0"), pi.source, fail)
    assert (pi.boots(), pi.kept()) == ("0.1.0", [])


class LinkDisk(Disk):
    """Knows links too, and that a name that was changed may be as it was until its folder is synchronised."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self._undo: list[tuple[Path, str | None]] = []
        self._replace(monkeypatch, os, "sync", self._unsynced.clear, is_real=False)
        self._replace(monkeypatch, Path, "symlink_to")
        self._replace(monkeypatch, Path, "unlink", self._unlinked)
        self._replace(monkeypatch, Path, "open", self._written)

    def come_back(self, *, with_old_names: bool = False) -> None:
        """Have the power again."""
        super().come_back()
        for path, target in list(reversed(self._undo)) if with_old_names else []:
            path.unlink(missing_ok=True)
            if target is not None:
                path.symlink_to(target)
        self._undo.clear()

    def _written(self, path: Path, mode: str = "r", *_: Any, **__: Any) -> None:
        if "r" not in mode:
            self._unsynced.add(str(path))

    def _renamed(self, path: Path, target: Path) -> None:
        super()._renamed(path, target)
        self._note(target)

    def _unlinked(self, path: Path, *_: Any) -> None:
        if path.is_symlink():
            self._note(path)

    def _note(self, path: Path) -> None:
        self._undo.append((path, str(path.readlink()) if path.is_symlink() else None))

    def _synced(self, handle: int) -> None:
        super()._synced(handle)
        folder = Path(f"/proc/self/fd/{handle}").readlink()
        self._undo = [(path, target) for path, target in self._undo if path.parent != folder]


def cuts(
    tmp_path: Path,
    disk: LinkDisk,
    prepare: Callable[[Pi], object],
    act: Callable[[Pi], object],
    *,
    old_names: bool,
) -> Iterator[Pi]:
    """Yield a Pi for each step at which the power may fail, as it is when the power is back."""
    for steps in itertools.count():
        pi = Pi(tmp_path / str(steps))
        prepare(pi)
        disk.cut_after(steps)
        try:
            act(pi)
        except PowerCutError:
            disk.come_back(with_old_names=old_names)
            yield pi
        else:
            disk.come_back()
            assert steps > 50, "each write, each rename and each sync was tried"
            return


@pytest.mark.parametrize("old_names", [False, True], ids=["names as they are", "names as they were"])
@pytest.mark.parametrize("works", [True, False], ids=["a release that works", "a broken release"])
def test_a_power_cut_at_any_step_leaves_an_agent_that_boots_and_the_next_boot_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old_names: bool, works: bool
) -> None:
    disk = LinkDisk(monkeypatch)
    # One that works has an update behind it; a broken one is the first.
    old, new = ("0.2.0" if works else "0.1.0"), "0.9.0"

    def prepare(pi: Pi) -> None:
        if works:
            pi.update(old, Played((READY, 1)))

    def service() -> Played:
        return Played((READY if works else ENDED, 1))

    seen = set()
    for pi in cuts(tmp_path, disk, prepare, lambda pi: pi.update(new, service()), old_names=old_names):
        booted = pi.boots()
        seen.add(booted)
        assert booted in (old, new)
        if pi.releases.is_on_trial:
            assert pi.boots(BEFORE) == old, "who judges is there"
            # As the unit does at the next boot. A power cut in the middle of that is one of the steps before.
            (service() if booted == new else Played((READY, 1))).finish(pi.releases)
            booted = pi.boots()
        assert not pi.releases.is_on_trial
        assert booted == old or works
        if booted == old:
            assert pi.update(new, service()).startswith(new)
        assert pi.boots() == (new if works else old)
        assert "0.9.0" not in pi.kept() or works
    assert seen == {old, new}
