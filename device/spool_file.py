"""The spool's SQLite file: opened, checked, set aside when it is damaged, and read as far as it can be.

What the rows mean is `device.spool`'s; this module knows only SQLite and the file system.
"""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from device.errors import SpoolBroken, SpoolDead, SpoolError, SpoolFull, SpoolInUse

log = logging.getLogger(__name__)

MEMORY: Final = ":memory:"
SCHEMA_VERSION: Final = 1
CACHE_KIB: Final = 512
WAL_PAGES: Final = 256
"""Pages (4 KiB) after which SQLite moves the log into the file: bounds both the log and the stall."""
KEPT_ASIDE: Final = 2
"""How many damaged files are kept for whoever wants to look; older ones go, or a bad card would fill itself."""
RESERVE_BYTES: Final = 1024 * 1024
SALVAGE_STEP: Final = 64
SALVAGE_REACH: Final = 5_000_000

_SCHEMA: Final = """
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL, owner TEXT NOT NULL, boot TEXT NOT NULL, identity TEXT NOT NULL,
    highest INTEGER NOT NULL CHECK (highest >= 0),
    mark INTEGER NOT NULL CHECK (mark BETWEEN 0 AND highest),
    published INTEGER NOT NULL CHECK (published BETWEEN 0 AND highest),
    own_from INTEGER NOT NULL, purged INTEGER NOT NULL, dropped INTEGER NOT NULL, last_wall_us INTEGER NOT NULL
) STRICT;
CREATE TABLE event (
    seq INTEGER PRIMARY KEY CHECK (seq >= 1),
    presence INTEGER NOT NULL CHECK (presence IN (0, 1)),
    day INTEGER,
    payload BLOB NOT NULL
) STRICT;
CREATE INDEX event_presence ON event (seq) WHERE presence = 1;
CREATE TRIGGER event_is_immutable BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are immutable (D1)'); END;
"""

_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
_IN_USE: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


@contextlib.contextmanager
def sorted_errors(path: str) -> Iterator[None]:
    """Turn SQLite's errors into ours, by what the caller can do about them.

    Raises:
        SpoolInUse, SpoolFull, SpoolBroken, SpoolDead: see `device.errors`.
    """
    try:
        yield
    except sqlite3.Error as error:
        # Extended codes carry the primary one in the low byte. No code at all: the sqlite3 module itself refused.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & 0xFF
        kind = _kind_of(code)
        remedy = "; end the other agent, or give this one its own [spool] path" if kind is SpoolInUse else ""
        raise kind(f"spool {path}: {error}{remedy}") from error
    except OSError as error:
        raise SpoolDead(f"spool {path}: {error.strerror or error}") from error


def _kind_of(code: int) -> type[SpoolError]:
    if code == sqlite3.SQLITE_FULL:
        return SpoolFull
    if code in _IN_USE:
        return SpoolInUse
    return SpoolBroken if code in _BROKEN else SpoolDead


def open_file(path: str) -> sqlite3.Connection:
    """Open a spool file, or make it.

    Args:
        path: of the file, or ":memory:".

    Returns:
        A connection in autocommit mode, checked, with the schema; every commit is on the disk when it returns (D1).

    Raises:
        SpoolInUse: when another process has it.
        SpoolBroken: when it is damaged, no database, or of a newer version.
        SpoolFull, SpoolDead: when its disk has no room or does not work.
    """
    with sorted_errors(path):
        if path != MEMORY:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        # One thread at a time uses it, but the one that opens it need not be the one that runs the loop.
        if path != MEMORY:
            with contextlib.suppress(OSError):
                # Who came when is in it: SQLite itself would let the whole machine read it.
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)
        try:
            _configure(connection)
            _check(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _configure(connection: sqlite3.Connection) -> None:
    # Exclusive: two agents on one spool would give the same number twice; and WAL then needs no shared memory.
    for pragma in (
        "locking_mode = EXCLUSIVE",
        "journal_mode = WAL",
        "synchronous = FULL",
        f"cache_size = -{CACHE_KIB}",
        f"wal_autocheckpoint = {WAL_PAGES}",
        f"journal_size_limit = {WAL_PAGES * 4096}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _check(connection: sqlite3.Connection, path: str) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise SpoolBroken(f"spool {path}: was written by a newer version of the agent (schema {version})")
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables == 0:
        # The whole schema in one commit: a power cut leaves an empty file or a complete one.
        connection.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        )
        return
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok" or version == 0:
        raise SpoolBroken(f"spool {path}: damaged: {verdict if version else 'it is another database'}")
    # Takes the lock now, so that a second agent is refused at its start and not at its first event.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")


def identity_of(path: str) -> str:
    """Return what tells a file from its copy (device and inode), or nothing for a spool in memory."""
    if path == MEMORY:
        return ""
    try:
        status = Path(path).stat()
    except OSError:
        return ""
    return f"{status.st_dev}:{status.st_ino}"


def set_aside(path: str, why: str) -> Path:
    """Move a spool file and its log out of the way, keeping the newest few.

    Args:
        path: of the file.
        why: a word for its new name: "broken", "foreign".

    Returns:
        Where it lies now.

    Raises:
        SpoolDead: when the disk refuses.
    """
    with sorted_errors(path):
        folder, name = Path(path).parent, Path(path).name
        numbers = sorted(
            int(found.suffix[1:]) for found in folder.glob(f"{name}.{why}.*") if found.suffix[1:].isdigit()
        )
        for number in numbers[: max(0, len(numbers) - KEPT_ASIDE + 1)]:
            for suffix in ("", "-wal", "-shm"):
                (folder / f"{name}.{why}.{number}{suffix}").unlink(missing_ok=True)
        aside = folder / f"{name}.{why}.{(numbers[-1] if numbers else 0) + 1}"
        # The log belongs to the file: SQLite finds it by name, and without it the newest events are gone.
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(path + suffix).replace(f"{aside}{suffix}")
        Path(path).replace(aside)
        return aside


class Reserve:
    """A file beside the spool that is given up when the disk is full: making room writes to the disk too.

    Args:
        path: of the spool.
    """

    def __init__(self, path: str) -> None:
        self._file = None if path == MEMORY else Path(f"{path}.reserve")

    def hold(self) -> None:
        """Take the room; without any, there is none to give up later either."""
        if self._file is None:
            return
        try:
            if self._file.exists() and self._file.stat().st_size == RESERVE_BYTES:
                return
            with self._file.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError:
            self.give_up()

    def give_up(self) -> None:
        """Give the room back to the disk."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)


def salvage(aside: Path) -> list[tuple[bool, int | None, bytes]]:
    """Read what a damaged spool still gives of the events that the hub had not acknowledged.

    Args:
        aside: the damaged file, already set aside.

    Returns:
        (presence, day, payload) of each readable event above the mark, in order; empty when nothing can be read.
    """
    rows: list[tuple[bool, int | None, bytes]] = []
    try:
        # Read-write, so that SQLite replays the log that was moved along.
        connection = sqlite3.connect(aside, timeout=1.0)
    except sqlite3.Error:
        return rows
    with contextlib.closing(connection):
        try:
            at, highest = connection.execute("SELECT mark, highest FROM state").fetchone()
        except (sqlite3.Error, TypeError):
            at, highest = 0, None
        if highest is None:
            try:
                highest = connection.execute("SELECT max(seq) FROM event").fetchone()[0] or 0
            except sqlite3.Error:
                return rows
        # A damaged number must not keep the door waiting: no spool ever holds as many.
        highest = min(highest, at + SALVAGE_REACH)
        while at < highest:
            at = _salvage_step(connection, at, rows)
    return rows


def _salvage_step(connection: sqlite3.Connection, at: int, rows: list[tuple[bool, int | None, bytes]]) -> int:
    """Read some rows behind `at`; where a page is damaged, step over it. Return how far this came."""
    end = at + SALVAGE_STEP
    query = "SELECT seq, presence, day, payload FROM event WHERE seq > ? AND seq <= ? ORDER BY seq"
    try:
        for seq, presence, day, payload in connection.execute(query, (at, end)):
            if isinstance(payload, bytes) and payload:
                rows.append((bool(presence), day if isinstance(day, int) else None, payload))
            at = seq
    except sqlite3.Error as error:
        log.warning("spool: events %d to %d can't be read: %s", at + 1, end, error)
    return end
