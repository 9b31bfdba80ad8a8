"""Copies of the ledgers beside the backups: what lies outside the database must outlive the machine, too.

A ledger names cards by tags and persons by random words, and says nothing without the hub's keys and database: it is
copied as it is, whole, at every change. It is no part of a backup and does not end with one.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hub.append_only import sync_folder

_log = logging.getLogger(__name__)

_COPY: Final = ".copy"


class LedgerCopies:
    """Keeps copies of ledgers.

    Args:
        files: those that only grow: what only the copy has is kept, so that a hub that begins anew, before anything was
            restored, does not wipe out what the one before it knew.
        pruned: those that forget what is old.
        folder: of the backups.
    """

    def __init__(self, files: Sequence[Path], pruned: Sequence[Path], folder: Path) -> None:
        self._growing, self._files, self._folder = frozenset(files), (*files, *pruned), folder
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self._told = ""

    def run(self, _now_us: int = 0) -> int:
        """Copy what has changed since the last time; return how many. A folder that can't be used is told once."""
        try:
            return sum(self._copy(file) for file in self._files if self._folder.is_dir())
        except OSError as error:
            text = f"the ledgers can't be copied to {self._folder}: {error.strerror}"
            if text != self._told:
                _log.warning("%s", text)
            self._told = text
            return 0

    def bring_back(self) -> int:
        """Give ledgers the lines that only their copies have, before their own; return how many lines.

        A copy is never ahead of its ledger, so what only it has is older: the last word on a card stays the last.

        Raises:
            OSError: when a file can't be read or written.
        """
        return sum(self._bring_back(file) for file in self._files)

    def _copy(self, file: Path) -> bool:
        try:
            status = file.stat()
        except FileNotFoundError:
            return False
        seen = status.st_ino, status.st_size, status.st_mtime_ns
        if self._seen.get(file) == seen:
            return False
        own, copy = file.read_bytes(), self._of(file)
        _write(copy, _with_lacking(copy, own)[0] if file in self._growing else own)
        self._seen[file] = seen
        return True

    def _bring_back(self, file: Path) -> int:
        own = file.read_bytes() if file.exists() else b""
        whole, lacking = _with_lacking(self._of(file), own)
        if lacking:
            _write(file, whole)
        return lacking

    def _of(self, file: Path) -> Path:
        return self._folder / (file.name + _COPY)


def _with_lacking(copy: Path, own: bytes) -> tuple[bytes, int]:
    """Return a ledger's lines behind those that only its copy has, and how many these are."""
    try:
        lines = copy.read_bytes().splitlines()
    except FileNotFoundError:
        return own, 0
    known = set(own.splitlines())
    lacking = [line for line in lines if line.strip() and line not in known]
    return b"\n".join([*lacking, own]), len(lacking)


def _write(file: Path, data: bytes) -> None:
    """Exchange a file's content at once: who reads it sees all of the old or all of the new."""
    beside = file.with_name(file.name + ".new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
    sync_folder(file.parent)
