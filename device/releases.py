"""The releases of the program on this machine, and which of them runs: `/opt/ankerort`.

`current` names the one that runs, `before` the one to return to, `trial` the one that must still prove itself. All
three are symbolic links, each put in place by one rename: a link is there whole or not at all, and has no content that
a power cut could empty. `releases/VERSION` counts when its last file, `complete`, is there; what was made by hand, or
at the first boot, is the folder itself, which `current` names as ".".
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from device.kept_state import sync_folder
from wire.errors import InvalidSetting, NotAuthentic
from wire.release import Release, Wheel

FOLDER: Final = Path("/opt/ankerort")
PROGRAM: Final = "bin/ankerort-device"

CURRENT: Final = "current"
BEFORE: Final = "before"
TRIAL: Final = "trial"
_WITHOUT_LINK: Final = "trial-without-link"
_LAST: Final = "last-update"
_RELEASES: Final = "releases"
_COMPLETE: Final = "complete"
_WHEELS: Final = "wheels"
_FIRST: Final = "."
_CHUNK_BYTES: Final = 1024 * 1024
_METADATA = re.compile(r"ankerort-(.+)\.dist-info")

Build = Callable[[Path, Path, Release], None]
"""Makes the program in a folder, from a folder of wheels that were checked."""


class Releases:
    """The folder of all releases; one command at a time changes it.

    Args:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def version(self, name: str = CURRENT) -> str | None:
        """Return the version that a link names, None without one."""
        target = self._target(name)
        if target is None:
            return None
        found = (self._folder / target).glob("lib/python3*/site-packages/ankerort-*.dist-info")
        versions = [match[1] for path in found if (match := _METADATA.fullmatch(path.name))]
        return versions[0] if versions else None

    @property
    def is_on_trial(self) -> bool:
        """Whether an update has begun that nobody has decided on."""
        return self._target(TRIAL) is not None

    @property
    def is_switched(self) -> bool:
        """Whether what is on trial is what runs."""
        return self._target(TRIAL) is not None and self._target(TRIAL) == self._target(CURRENT)

    @property
    def needs_link(self) -> bool:
        """Whether what is on trial must reach the broker."""
        return not (self._folder / _WITHOUT_LINK).exists()

    def install(self, release: Release, source: Path, build: Build) -> None:
        """Put a release beside the one that runs, which is not touched.

        Args:
            release: as its manifest says, which was verified.
            source: folder with its wheels; only what is copied from there, and has the right checksum, is used.
            build: makes the program.

        Raises:
            NotAuthentic: when a wheel is not the one that the manifest names.
            InvalidSetting: when something can't be read or written, or the program can't be made.
        """
        target = self._folder / _RELEASES / release.version
        if f"{_RELEASES}/{release.version}" in self._named():
            raise InvalidSetting(f"{target} is in use: it can't be made anew")
        try:
            (self._folder / _RELEASES).mkdir(mode=0o755, exist_ok=True)
            self._remove(target)
            target.mkdir(mode=0o755)
            wheels = target / _WHEELS
            wheels.mkdir()
            for wheel in release.wheels:
                _copy(wheel, source, wheels)
            build(target, wheels, release)
            shutil.rmtree(wheels)
            # All that pip wrote, before the file that says so: one call for thousands of files.
            os.sync()
            _touch(target / _COMPLETE)
            sync_folder(target.parent)
        except OSError as error:
            self._remove(target)
            raise InvalidSetting(
                f"{error.filename or target}: {error.strerror}; is the disk full? Run this as root"
            ) from error
        except Exception:
            self._remove(target)
            raise

    def switch(self, version: str, *, needs_link: bool) -> None:
        """Have a release run from the next start on, on trial.

        Args:
            version: is installed.
            needs_link: whether it must reach the broker to be kept.
        """
        present = self._target(CURRENT)
        assert present is not None, "the command looked"
        assert (self._folder / _RELEASES / version / _COMPLETE).exists(), "installed before"
        marker = self._folder / _WITHOUT_LINK
        if needs_link:
            marker.unlink(missing_ok=True)
        else:
            _touch(marker)
        # In this order: whatever boots after a power cut knows what is on trial, and where to go back to.
        self._link(BEFORE, present)
        self._link(TRIAL, f"{_RELEASES}/{version}")
        self._link(CURRENT, f"{_RELEASES}/{version}")

    def go_back(self) -> None:
        """Have the release before run from the next start on."""
        before = self._target(BEFORE)
        assert before is not None, "there is no trial without it"
        self._link(CURRENT, before)

    def end_trial(self, said: str) -> None:
        """Note what became of the release on trial; what runs now is what stays."""
        (self._folder / _LAST).write_text(said + "\n", "utf-8")
        (self._folder / TRIAL).unlink(missing_ok=True)
        sync_folder(self._folder)
        (self._folder / _WITHOUT_LINK).unlink(missing_ok=True)

    def last_words(self) -> str:
        """Return what became of the last update."""
        file = self._folder / _LAST
        return file.read_text("utf-8").strip() if file.exists() else ""

    def forget_others(self) -> None:
        """Delete every release that no link names."""
        named = self._named()
        for other in (self._folder / _RELEASES).iterdir():
            if f"{_RELEASES}/{other.name}" not in named:
                self._remove(other)

    def _named(self) -> set[str]:
        return {target for name in (CURRENT, BEFORE, TRIAL) if (target := self._target(name)) is not None}

    def _target(self, name: str) -> str | None:
        try:
            return str((self._folder / name).readlink())
        except OSError:
            return None

    def _link(self, name: str, target: str) -> None:
        beside = self._folder / f".{name}.new"
        beside.unlink(missing_ok=True)
        beside.symlink_to(target)
        beside.replace(self._folder / name)
        sync_folder(self._folder)

    def _remove(self, target: Path) -> None:
        """Delete a release; first what says that it is whole, so that half of one never passes for one."""
        if not target.exists():
            return
        (target / _COMPLETE).unlink(missing_ok=True)
        sync_folder(target)
        shutil.rmtree(target)


def _copy(wheel: Wheel, source: Path, folder: Path) -> None:
    """Copy a wheel and look at what was copied: nobody can swap it in between."""
    checksum, size = hashlib.sha256(), 0
    try:
        stream = (source / wheel.name).open("rb")
    except FileNotFoundError:
        raise NotAuthentic(f"{wheel.name} is missing: copy the whole folder again") from None
    with stream, (folder / wheel.name).open("xb") as copy:
        while size <= wheel.size_bytes and (chunk := stream.read(_CHUNK_BYTES)):
            size += len(chunk)
            checksum.update(chunk)
            copy.write(chunk)
    if (size, checksum.hexdigest()) != (wheel.size_bytes, wheel.sha256):
        raise NotAuthentic(
            f"{wheel.name} is not the file that was signed: it was changed, or damaged on its way"
        )


def _touch(file: Path) -> None:
    """Make an empty file, durably; that it is there is all that it says."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(file.parent)
