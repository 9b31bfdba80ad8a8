"""Opens the database with the settings that the delivery rules rely on; nothing is opened at import.

SQLite: WAL and `synchronous=FULL` (a committed event survives a power cut, D3), foreign keys on, and every writing
transaction is `BEGIN IMMEDIATE`, so that two writers wait for each other at the start instead of failing in the middle,
and who waits looks often enough to have a turn between two transactions of one who writes all the time.
PostgreSQL: psycopg 3; a reading unit is one snapshot.
"""

import os
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from hub.domain.errors import StoreUnavailable
from hub.storage.errors import DatabaseUnusable

READ_ONLY: Final = "ankerort_read_only"
"""Execution option of a connection that only reads."""

MIGRATING: Final = "ankerort_migrating"
"""Execution option of a connection that changes the schema: on SQLite a table is copied, so foreign keys rest."""

BUSY_S: Final = 30.0
"""How long a writer waits for another one's transaction to end."""

FORGET_MS: Final = 500
"""How long the log beside a file is waited for to be free of readers."""

LOOK_AGAIN_S: Final = (0.0005, 0.002)
"""A writer that waits looks again after a time between these two."""

_POSTGRES: Final = "postgresql+psycopg"
_SERIALIZATION_FAILURE: Final = "40001"
_DEADLOCK_DETECTED: Final = "40P01"

T = TypeVar("T")


def make_engine(database_url: str, password: str | None = None) -> Engine:
    """Return an engine for a database address; it connects when first used.

    Args:
        database_url: `sqlite:////absolute/path.db` or `postgresql://user@host/database`.
        password: PostgreSQL's, when it is not in the address.

    Raises:
        DatabaseUnusable: when the address can't be read, is of another kind, or names SQLite in memory (where every
            connection would see a database of its own).
    """
    url = _checked(database_url)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, pool_size=20, max_overflow=40, connect_args={"timeout": BUSY_S})
        file = _SqliteFile()
        event.listen(engine, "do_connect", file.before_connecting)
        event.listen(engine, "connect", file.set_up)
        event.listen(engine, "checkout", file.check_out)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if password is not None:
        url = url.set(password=password)
    return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)


def reading(engine: Engine) -> Engine:
    """Return the same engine for reading only: each transaction is one consistent look and writes nothing."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(**{READ_ONLY: True})


def forget_deleted(engine: Engine) -> bool:
    """Have no file of the database hold what was deleted before; say whether that is so now.

    On SQLite the log beside the file has pages of before until it is emptied, for which no reader may be in the way. On
    PostgreSQL it is for the server's own `VACUUM`.
    """
    if engine.dialect.name != "sqlite":
        return True
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        # Whoever writes waits meanwhile: rather try again in a minute.
        cursor.execute(f"PRAGMA busy_timeout = {FORGET_MS}")
        try:
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            # A full disk, or somebody else's checkpoint: doors must not wait for it.
            busy = True
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")
        cursor.close()
    finally:
        connection.close()
    return not busy


def is_temporary(error: BaseException) -> bool:
    """Say whether trying the whole transaction again may help: busy, deadlock, connection lost."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in (_SERIALIZATION_FAILURE, _DEADLOCK_DETECTED)
    code = getattr(error.orig, "sqlite_errorcode", None)
    # The low byte is the error's family: SQLITE_BUSY_SNAPSHOT and the like are busy, too.
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def retrying(work: Callable[[], T], *, attempts: int = 6, first_wait_s: float = 0.05) -> T:
    """Do a whole transaction, again when the database was busy or went away.

    Args:
        work: opens its own unit of work; may be called several times, so its effects must all be in the database.
        attempts: how often at most.
        first_wait_s: upper bound of the first pause; it doubles, each pause is random below it (full jitter).

    Returns:
        What `work` returns.

    Raises:
        DBAPIError: of the last attempt, or the first one that trying again can't help.
    """
    for attempt in range(attempts - 1):
        try:
            return work()
        except DBAPIError as error:
            if not is_temporary(error):
                raise
            time.sleep(random.uniform(0.0, first_wait_s * 2**attempt))  # noqa: S311  (jitter is no secret)
    return work()


def _checked(database_url: str) -> URL:
    try:
        url = make_url(database_url)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        # The text may hold a password: it is not repeated.
        raise DatabaseUnusable(
            "database_url can't be read: write sqlite:////absolute/path.db or postgresql://user@host/database"
        ) from None
    if backend == "sqlite":
        if not url.database or url.database == ":memory:" or "mode=memory" in url.database:
            raise DatabaseUnusable(
                "database_url names SQLite in memory: name a file, sqlite:////absolute/path.db"
            )
        return url
    if backend in ("postgresql", "postgres"):
        return url.set(drivername=_POSTGRES)
    raise DatabaseUnusable(f"database_url is of kind {backend!r}: use sqlite or postgresql")


class _SqliteFile:
    """The file of an engine: the one that was opened first, and no other.

    A file that a backup has replaced lives on, unseen, for whoever has it open: pages would show the past for ever, and
    what is committed to it would be lost. Nor may the new file be opened while the old one's log lies beside it.
    """

    def __init__(self) -> None:
        self._path: Path | None = None
        self._opened: tuple[int, int] | None = None
        self._is_other = False

    def before_connecting(
        self, _dialect: object, _record: object, arguments: list[Any], _parameters: object
    ) -> None:
        """Look before a connection is made, which would make a missing file anew; a first file is its owner's alone."""
        self._check()
        with suppress(OSError):
            # It holds the secrets of the host links; SQLite itself would let the whole machine read it.
            os.close(os.open(arguments[0], os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def set_up(self, connection: Any, _record: object) -> None:
        """Prepare a new connection."""
        # Transactions are begun by _begin_sqlite: the driver must not begin its own.
        connection.isolation_level = None
        cursor = connection.cursor()
        try:
            cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA foreign_keys = ON")
            # What is deleted is overwritten: a file, or a copy of it, must not tell of whoever was erased.
            cursor.execute("PRAGMA secure_delete = ON")
            if self._path is None:
                path = Path(cursor.execute("PRAGMA database_list").fetchone()[2])
                self._opened, self._path = _identity(path), path
        finally:
            cursor.close()

    def check_out(self, _connection: Any, _record: object, _proxy: object) -> None:
        """Look again whenever a connection is used anew."""
        self._check()

    def _check(self) -> None:
        # For good: once the old file is closed, a new one may come by its number.
        self._is_other |= self._path is not None and _identity(self._path) != self._opened
        if self._is_other:
            raise StoreUnavailable(
                f"{self._path} was replaced or removed while it was open: start the hub again"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(READ_ONLY):
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")
        return
    if options.get(MIGRATING):
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("PRAGMA query_only = OFF")
    _wait_for_turn(connection)


def _wait_for_turn(connection: Connection) -> None:
    """Begin to write as soon as nobody else does.

    SQLite itself would look again less and less often, up to 100 ms apart: whoever waits for one who writes all the
    time, as `ingest` may, would miss the moments between two transactions again and again.
    """
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + BUSY_S
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while time.monotonic() < until:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(random.uniform(*LOOK_AGAIN_S))  # noqa: S311  (jitter is no secret)
            else:
                return
        # Once more, for the error as everyone knows it.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")


def check_there(engine: Engine) -> None:
    """Check that SQLite's file is there, which connecting would make: an empty one helps nobody.

    Raises:
        DatabaseUnusable: when it is not, though its folder is.
    """
    path = Path(engine.url.database or "")
    if engine.dialect.name == "sqlite" and path.parent.is_dir() and not path.exists():
        raise DatabaseUnusable(f"there is no database {path} yet: run `ankerort-hub migrate`")


def check_reachable(engine: Engine) -> None:
    """Connect once.

    Raises:
        DatabaseUnusable: when that fails; the text names the address, without its password, and the cause.
    """
    try:
        with reading(engine).connect():
            pass
    except DBAPIError as error:
        address = engine.url.render_as_string(hide_password=True)
        cause = " ".join(str(error.orig).split())
        raise DatabaseUnusable(
            f"database {address} can't be opened: {cause}; check database_url, and that its folder or server is there"
        ) from error
