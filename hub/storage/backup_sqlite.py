"""Copies and replaces a SQLite file that is in use (`hub.backup_ports.Databases`).

The copy is made with SQLite's own backup in one step: it is a reader, which in WAL mode keeps no writer waiting. Copies
lie beside the database, never in the folder of backups: what is not encrypted must not get onto a stick.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from hub.backup_ports import Dump
from hub.domain.backups import BackupDamaged, BackupFailed, Manifest, read_stamp, stamp
from hub.storage.backup_counts import count_rows, schema_revision
from hub.storage.engine import make_engine, reading

SCRATCH: Final = ".ankerort-scratch-"
REPLACED: Final = ".replaced-"
_ENDS: Final = ("", "-wal", "-shm")


class SqliteDatabases:
    """The hub's SQLite file.

    Args:
        engine: from `hub.storage.engine.make_engine`: names the file.
    """

    kind = "sqlite"

    def __init__(self, engine: Engine) -> None:
        self._file = Path(engine.url.database or "")

    @contextmanager
    def dump(self, now_us: int) -> Iterator[Dump]:
        """Give a copy of what is committed now; writers go on meanwhile.

        Raises:
            BackupFailed: when that can't be.
        """
        with self._folder() as folder:
            copy = folder / "copy.db"
            _copy(self._file, copy)
            manifest = self._described(copy, now_us)
            with copy.open("rb") as stream:
                yield _FileDump(manifest, stream)

    def _described(self, copy: Path, now_us: int) -> Manifest:
        try:
            with _opened(copy) as engine, reading(engine).connect() as connection:
                return Manifest(self.kind, schema_revision(connection) or "", now_us, count_rows(connection))
        except DBAPIError as error:
            raise BackupFailed(
                f"database {self._file} can't be read through: {error.orig}; stop the hub and put a backup back with "
                "`ankerort-hub restore`"
            ) from error

    @contextmanager
    def scratch(self) -> Iterator["SqliteScratch"]:
        """Give an empty file.

        Raises:
            BackupFailed: when there can be none.
        """
        with self._folder() as folder:
            made = SqliteScratch(self._file, folder / "scratch.db")
            try:
                yield made
            finally:
                made.close()

    def forget_replaced(self, before_us: int) -> int:
        """Delete what a restore put aside before a moment, and what an interrupted backup left; return how many."""
        gone = 0
        for file in self._file.parent.glob(f"{self._file.name}{REPLACED}*"):
            at_us = read_stamp(file.name.rpartition(REPLACED)[2].partition("-")[0])
            if at_us is not None and at_us < before_us:
                file.unlink(missing_ok=True)
                gone += not file.name.endswith(_ENDS[1:])
        for folder in self._file.parent.glob(f"{SCRATCH}*"):
            # None is older than the lock that whoever makes a backup holds.
            shutil.rmtree(folder, ignore_errors=True)
        return gone

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        try:
            made = tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self._file.parent)
        except OSError as error:
            raise BackupFailed(f"no copy can be made beside {self._file}: {error.strerror}") from error
        with made as name:
            yield Path(name)


class SqliteScratch:
    """A file that a dump is written into (`hub.backup_ports.Scratch`).

    Args:
        file: of the hub, which it may replace.
        scratch: the file to be written.
    """

    def __init__(self, file: Path, scratch: Path) -> None:
        self._file, self._scratch = file, scratch
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._stream: BinaryIO = os.fdopen(handle, "wb")
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The database, once it is finished."""
        if self._engine is None:
            self._engine = make_engine(f"sqlite:///{self._scratch}")
        return self._engine

    def write(self, data: bytes) -> None:
        """Take the next bytes of a dump.

        Raises:
            BackupFailed: when they find no room.
        """
        try:
            self._stream.write(data)
        except OSError as error:
            raise BackupFailed(
                f"{self._scratch} can't be written: {error.strerror}; is the disk full?"
            ) from error

    def finish(self) -> None:
        """End writing, and look at every page, key and reference.

        Raises:
            BackupDamaged: when they are not whole.
            BackupFailed: when the rest finds no room.
        """
        try:
            self._stream.close()
        except OSError as error:
            raise BackupFailed(
                f"{self._scratch} can't be written: {error.strerror}; is the disk full?"
            ) from error
        try:
            with closing(sqlite3.connect(self._scratch)) as connection:
                (told,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
                broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError as error:
            raise BackupDamaged(f"it is no SQLite database that can be read: {error}") from error
        if told != "ok":
            raise BackupDamaged(f"its pages are not whole: {told}")
        if broken is not None:
            raise BackupDamaged(f"a row of table {broken[0]} points nowhere")

    def counted(self) -> tuple[str | None, Mapping[str, int]]:
        """Return the revision of its schema, and how many rows each table has."""
        with reading(self.engine).connect() as connection:
            return schema_revision(connection), count_rows(connection)

    def put_in_place(self, now_us: int) -> str:
        """Have it take the place of the hub's file; return where that one is now, or nothing when there was none.

        Raises:
            BackupFailed: when a file can't be moved.
        """
        if self._engine is not None:
            # Closing the last connection puts the log into the file.
            self._engine.dispose()
        aside = self._file.with_name(f"{self._file.name}{REPLACED}{stamp(now_us)}")
        try:
            with self._scratch.open("rb") as stream:
                os.fsync(stream.fileno())
            had = self._file.exists()
            for end in _ENDS:
                with suppress(FileNotFoundError):
                    # Its log goes with it: beside another file, it would be taken for that one's.
                    Path(f"{self._file}{end}").rename(f"{aside}{end}")
            self._scratch.rename(self._file)
            _sync(self._file.parent)
        except OSError as error:
            raise BackupFailed(
                f"{self._file} can't be replaced: {error.strerror}; it lies at {aside}"
            ) from error
        return str(aside) if had else ""

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):
            self._stream.close()
        if self._engine is not None:
            self._engine.dispose()


class _FileDump:
    """A copy that lies on the disk."""

    def __init__(self, manifest: Manifest, stream: BinaryIO) -> None:
        self.manifest, self._stream = manifest, stream

    def read(self, size: int) -> bytes:
        """Return at most so many bytes, none at the end."""
        return self._stream.read(size)


def _copy(file: Path, copy: Path) -> None:
    if not file.exists():
        raise BackupFailed(f"there is no database {file} yet: run `ankerort-hub migrate`")
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise BackupFailed(
            f"database {file} can't be copied: {error}; is the disk full, or the file damaged "
            "(`ankerort-hub restore` puts a backup back)?"
        ) from error


@contextmanager
def _opened(file: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{file}")
    try:
        yield engine
    finally:
        # The log goes into the file: what is read next is all of it.
        engine.dispose()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
