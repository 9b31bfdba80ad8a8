"""The few facts that a door must not forget: its lockdown, the highest version of its list, how late it is at least.

They are written over themselves, in turns into the two halves of one file that has its full size from the first
start on: that needs no room on a full disk, and a power cut harms at most the half that was being written, while the
other one still has what was before. (A rename, as for the list itself, needs room for a second file.)
"""

import hashlib
import logging
import os
import threading
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from wire.events import DoorModeName
from wire.fields import SeqOrZero, WallUs
from wire.identifiers import Id

HALF_BYTES: Final = 4096
"""The unit in which file systems and SD cards write."""
_MAGIC: Final = b"ankerort-state-1"
_SUM_BYTES: Final = 32
_HEAD_BYTES: Final = len(_MAGIC) + _SUM_BYTES + 4

log = logging.getLogger(__name__)


class _State(Struct, frozen=True, kw_only=True):
    turn: Annotated[int, Meta(ge=0)] = 0
    version: SeqOrZero = 0
    modes: dict[Id, DoorModeName] = {}
    least_us: WallUs = 0


_decoder = msgspec.json.Decoder(_State)


class KeptState:
    """What is kept; safe from any thread.

    A file that can't be written is an alarm in the log: what was to be kept holds until the end of the process, and
    every later change tries again.

    Args:
        path: of the file; None keeps nothing over a restart.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._state = _State()
        self.is_durable = path is None
        if path is not None:
            self._load(path)

    @property
    def version(self) -> int:
        """The highest version of an access list that was ever applied."""
        return self._state.version

    @property
    def modes(self) -> dict[str, DoorModeName]:
        """Door to the mode that it is to be in after a restart."""
        return dict(self._state.modes)

    @property
    def least_us(self) -> int:
        """The time, in wall_us, as it was known when it was kept last: no restart is earlier."""
        return self._state.least_us

    def keep_least(self, least_us: int) -> None:
        """Keep what is known of the time; a right clock corrects what was kept too late. On disk when this returns."""
        with self._lock:
            if least_us != self._state.least_us:
                self._change(msgspec.structs.replace(self._state, least_us=least_us))

    def keep_version(self, version: int) -> None:
        """Keep a version when it is higher than the one before; on disk when this returns."""
        with self._lock:
            if version > self._state.version:
                self._change(msgspec.structs.replace(self._state, version=version))

    def keep_mode(self, door: str, mode: DoorModeName) -> None:
        """Keep a door's mode, or forget it when it is `normal`; on disk when this returns."""
        with self._lock:
            modes = {name: kept for name, kept in self._state.modes.items() if name != door}
            if mode != "normal":
                modes[door] = mode
            if modes != self._state.modes or not self.is_durable:
                self._change(msgspec.structs.replace(self._state, modes=modes))

    def _change(self, state: _State) -> None:
        self._state = msgspec.structs.replace(state, turn=self._state.turn + 1)
        if self._path is not None:
            self._write(self._path)

    def _load(self, path: Path) -> None:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            log.critical("%s can't be read, modes of doors are not known: %s", path, error.strerror)
            return
        halves = [_unpack(data[at : at + HALF_BYTES]) for at in (0, HALF_BYTES)]
        found = [half for half in halves if half is not None]
        if found:
            self._state = max(found, key=lambda state: state.turn)
        elif any(data):
            log.critical("%s is damaged, modes of doors are not known: all are normal", path)
        if len(data) == 2 * HALF_BYTES and found:
            self.is_durable = True
        else:
            # All of it now, so that no later change needs room.
            self._change(self._state)

    def _write(self, path: Path) -> None:
        half = _pack(self._state)
        place = self._state.turn % 2 * HALF_BYTES
        try:
            # Not truncated: what is there is written over.
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                is_new = os.fstat(handle).st_size != 2 * HALF_BYTES
                # The half that has the state before comes last, if at all.
                for at in (place, HALF_BYTES - place) if is_new else (place,):
                    _write_all(handle, half, at)
                    os.fsync(handle)
                if is_new:
                    os.ftruncate(handle, 2 * HALF_BYTES)
            finally:
                os.close(handle)
            if is_new:
                sync_folder(path.parent)
        except OSError as error:
            self.is_durable = False
            log.critical(
                "%s can't be written, a restart would forget which doors are in lockdown, and the time: %s",
                path,
                error.strerror,
            )
        else:
            self.is_durable = True


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk.

    Raises:
        OSError: when that fails.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(handle, data, at)
        data, at = data[written:], at + written


def _pack(state: _State) -> bytes:
    body = msgspec.json.encode(state)
    head = _MAGIC + hashlib.sha256(body).digest() + len(body).to_bytes(4, "big")
    return (head + body).ljust(HALF_BYTES, b"\x00")


def _unpack(half: bytes) -> _State | None:
    size = int.from_bytes(half[_HEAD_BYTES - 4 : _HEAD_BYTES], "big")
    body = half[_HEAD_BYTES : _HEAD_BYTES + size]
    if not half.startswith(_MAGIC) or half[len(_MAGIC) :][:_SUM_BYTES] != hashlib.sha256(body).digest():
        return None
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError:
        return None
