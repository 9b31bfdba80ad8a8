"""Copies and replaces a PostgreSQL database that is in use (`hub.backup_ports.Databases`), with its own programs.

`pg_dump` copies the snapshot of a transaction in which the rows were counted before. What comes out of it is piped on:
nothing that is not encrypted lies on this machine's disk. A scratch database is a new one on the same server; the role
of the hub needs CREATEDB for it. To replace is to rename two databases in one transaction.
"""

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any, Final

from sqlalchemy import URL, Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from hub.backup_ports import Dump
from hub.domain.backups import BackupDamaged, BackupFailed, Manifest, read_stamp, stamp
from hub.storage.backup_counts import count_rows, schema_revision
from hub.storage.engine import make_engine, reading

SCRATCH: Final = "_scratch_"
REPLACED: Final = "_replaced_"
MAINTENANCE: Final = "postgres"
"""The database from which others are made, renamed and dropped."""

_VARIABLES: Final = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "host": "PGHOST",
    "port": "PGPORT",
}
_TOLD_BYTES: Final = 2000


class PostgresDatabases:
    """The hub's PostgreSQL database.

    Args:
        engine: from `hub.storage.engine.make_engine`; nothing else may use it when the database is replaced.
    """

    kind = "postgresql"

    def __init__(self, engine: Engine) -> None:
        self._engine, self._url = engine, engine.url

    @contextmanager
    def dump(self, now_us: int) -> Iterator[Dump]:
        """Give a copy of what is committed now; writers go on meanwhile.

        Raises:
            BackupFailed: when that can't be.
        """
        with self._told("be copied"), reading(self._engine).connect() as connection:
            # The transaction stays open for as long as its snapshot is used.
            snapshot = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one())
            rows, revision = count_rows(connection), schema_revision(connection) or ""
            command = [
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
            ]
            with _running(command, self._url) as running:
                yield _PipedDump(Manifest(self.kind, revision, now_us, rows), running)

    @contextmanager
    def scratch(self) -> Iterator["PostgresScratch"]:
        """Give an empty database.

        Raises:
            BackupFailed: when there can be none.
        """
        url = self._url.set(database=f"{self._url.database}{SCRATCH}{secrets.token_hex(4)}")
        with (
            self._told("have another one made beside it (its role needs CREATEDB)"),
            self._maintenance() as database,
        ):
            database.run("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", url.database)
        made = PostgresScratch(self, url)
        try:
            yield made
        finally:
            made.close()
            with self._told("drop a scratch database"), self._maintenance() as database:
                database.run("DROP DATABASE IF EXISTS {}", url.database)

    def forget_replaced(self, before_us: int) -> int:
        """Drop what a restore put aside before a moment, and what an interrupted backup left; return how many."""
        gone = 0
        with self._told("look for old ones"), self._maintenance() as database:
            for name in database.names():
                begin = f"{self._url.database}{REPLACED}"
                at_us = read_stamp(name.removeprefix(begin).upper()) if name.startswith(begin) else None
                if at_us is not None and at_us < before_us:
                    database.run("DROP DATABASE IF EXISTS {}", name)
                    gone += 1
                elif name.startswith(f"{self._url.database}{SCRATCH}"):
                    database.run("DROP DATABASE IF EXISTS {}", name)
        return gone

    def replace_with(self, name: str, now_us: int) -> str:
        """Have another database take the place of the hub's; return what that one is called now.

        Raises:
            BackupFailed: when somebody is connected to one of them.
        """
        aside = f"{self._url.database}{REPLACED}{stamp(now_us).lower()}"
        self._engine.dispose()
        with self._told("be replaced while somebody uses it: stop the hub"), self._maintenance() as database:
            had = self._url.database in database.names()
            renames = [("ALTER DATABASE {} RENAME TO {}", self._url.database, aside)] if had else []
            database.run_all([*renames, ("ALTER DATABASE {} RENAME TO {}", name, self._url.database)])
        return aside if had else ""

    @contextmanager
    def _maintenance(self) -> Iterator["_Maintenance"]:
        engine = create_engine(self._url.set(database=MAINTENANCE), poolclass=NullPool)
        yield _Maintenance(engine)
        engine.dispose()

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            cause = " ".join(str(error.orig).split())
            raise BackupFailed(f"database {self._url.database} can't {what}: {cause}") from error


class _Maintenance:
    """Makes, renames and drops databases; names are never values, so they are quoted by the dialect."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, statement: str, *names: str | None) -> None:
        """Run one that needs no transaction around it."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(self._quoted(statement, names))

    def run_all(self, statements: list[tuple[str | None, ...]]) -> None:
        """Run some in one transaction."""
        with self._engine.begin() as connection:
            for statement, *names in statements:
                connection.exec_driver_sql(self._quoted(statement or "", names))

    def names(self) -> list[str]:
        """Return the names of all databases of the server."""
        with self._engine.connect() as connection:
            return list(connection.exec_driver_sql("SELECT datname FROM pg_database").scalars())

    def _quoted(self, statement: str, names: Any) -> str:
        quote = self._engine.dialect.identifier_preparer.quote_identifier
        return statement.format(*map(quote, names))


class PostgresScratch:
    """A database that a dump is written into (`hub.backup_ports.Scratch`).

    Args:
        databases: of the hub, whose it may replace.
        url: of this one.
    """

    def __init__(self, databases: PostgresDatabases, url: URL) -> None:
        self._databases, self._url = databases, url
        command = [
            "pg_restore",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            f"--dbname={url.database}",
        ]
        self._context = _running(command, url, takes=True)
        self._running: _Running | None = self._context.__enter__()
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The database, once it is finished."""
        if self._engine is None:
            self._engine = make_engine(self._url.render_as_string(hide_password=False))
        return self._engine

    def write(self, data: bytes) -> None:
        """Take the next bytes of a dump.

        Raises:
            BackupDamaged: when they make no database.
        """
        assert self._running is not None
        try:
            assert self._running.pipe is not None
            self._running.pipe.write(data)
        except OSError as error:
            raise BackupDamaged(f"pg_restore does not take it: {self._running.told()}") from error

    def finish(self) -> None:
        """End writing; the server has checked keys and references as it made them.

        Raises:
            BackupDamaged: when `pg_restore` failed.
        """
        assert self._running is not None
        running = self._running
        with suppress(OSError):
            running.end_input()
        if running.wait() != 0:
            raise BackupDamaged(f"pg_restore failed: {running.told()}")

    def counted(self) -> tuple[str | None, Mapping[str, int]]:
        """Return the revision of its schema, and how many rows each table has."""
        with reading(self.engine).connect() as connection:
            return schema_revision(connection), count_rows(connection)

    def put_in_place(self, now_us: int) -> str:
        """Have it take the place of the hub's database; return what that one is called now.

        Raises:
            BackupFailed: when somebody is connected to the hub's.
        """
        self.close()
        return self._databases.replace_with(self._url.database or "", now_us)

    def close(self) -> None:
        """Let go of the database."""
        if self._running is not None:
            self._running = None
            self._context.__exit__(None, None, None)
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


class _Running:
    """One of PostgreSQL's programs."""

    def __init__(self, process: "subprocess.Popen[bytes]", words: IO[bytes], *, takes: bool) -> None:
        self._process, self._words = process, words
        self.pipe = process.stdin if takes else process.stdout

    def end_input(self) -> None:
        """Tell it that all was written."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self) -> int:
        """Wait for its end."""
        return self._process.wait()

    def told(self) -> str:
        """Return what it said of its failure, on one line."""
        self._words.seek(0)
        return " ".join(self._words.read(_TOLD_BYTES).decode("utf-8", "replace").split()) or "it said nothing"


class _PipedDump:
    """What `pg_dump` writes."""

    def __init__(self, manifest: Manifest, running: _Running) -> None:
        self.manifest, self._running = manifest, running

    def read(self, size: int) -> bytes:
        """Return at most so many bytes, none at the end.

        Raises:
            BackupFailed: when `pg_dump` ended in the middle.
        """
        assert self._running.pipe is not None
        data = self._running.pipe.read(size)
        if not data and self._running.wait() != 0:
            raise BackupFailed(f"pg_dump failed: {self._running.told()}")
        return data


@contextmanager
def _running(command: list[str], url: URL, *, takes: bool = False) -> Iterator[_Running]:
    with tempfile.TemporaryFile() as words:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if takes else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if takes else subprocess.PIPE,
                stderr=words,
                env=_environment(url),
            )
        except FileNotFoundError:
            raise BackupFailed(
                f"there is no {command[0]} on this machine: install PostgreSQL's client programs (apt install "
                "postgresql-client), of the server's version or newer"
            ) from None
        try:
            yield _Running(process, words, takes=takes)
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            if process.poll() is None:
                process.kill()
            process.wait()


def _environment(url: URL) -> dict[str, str]:
    """Return how to reach a database, as PostgreSQL's programs read it: a password is on no command line."""
    told = {"PGDATABASE": url.database, "PGHOST": url.host, "PGUSER": url.username}
    told |= {"PGPORT": str(url.port) if url.port else None, "PGPASSWORD": url.password}
    for name, variable in _VARIABLES.items():
        value = url.query.get(name)
        if isinstance(value, str):
            told[variable] = value
    return dict(os.environ) | {name: str(value) for name, value in told.items() if value}
