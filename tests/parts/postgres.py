"""A real PostgreSQL on a Unix socket, with a fresh database for each test."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from tests.parts.process import ChildProcess, PartError, family
from tests.parts.requirement import missing
from tests.parts.waiting import wait_until

_DEBIAN = Path("/usr/lib/postgresql")
# The server refuses to run as root; Debian's packages bring this user.
_SERVER_USER = "postgres"


def _bin_folder() -> Path:
    found = sorted(_DEBIAN.glob("*/bin/postgres"), key=lambda path: int(path.parent.parent.name))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    if on_path is None:
        missing("postgres", "apt install postgresql")
    return Path(on_path).parent


class Postgres:
    """One server without TCP; durable against SIGKILL of its processes, not against a power cut (no fsync)."""

    def __init__(self) -> None:
        """Make the cluster (1 to 2 s); nothing starts yet."""
        self._bin = _bin_folder()
        self._user = _SERVER_USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        # Not pytest's folder: the server's user can't enter it, and its socket's path would be too long.
        self.folder = Path(tempfile.mkdtemp(prefix="ankerort-pg-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, self._user, self._user)
        self._process = ChildProcess("postgres", self.folder / "server.log")
        self._run(["initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "postgres", "--no-sync",
                   "-E", "UTF8", "--locale=C"])  # fmt: skip

    def _run(self, command: list[str]) -> None:
        root = os.geteuid() == 0
        done = subprocess.run(
            [str(self._bin / command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            user=self._user if root else None,
            group=self._user if root else None,
            extra_groups=[] if root else None,
            check=False,
        )
        if done.returncode != 0:
            raise PartError(f"{command[0]} failed with status {done.returncode}:\n{done.stdout}{done.stderr}")

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def start(self) -> None:
        """Start, and wait until this very server answers.

        Raises:
            PartError: when it ended at once.
        """
        root = os.geteuid() == 0
        self._process.spawn(
            [str(self._bin / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder),
             "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"],
            user=self._user if root else None,
        )  # fmt: skip
        self._process.wait_for_unix_socket(self.folder / ".s.PGSQL.5432", deadline_s=30.0)
        wait_until(self._answers, 30.0, "PostgreSQL to recover and answer")

    def _answers(self) -> bool:
        self._process.check_alive()
        try:
            self._execute(sql.SQL("SELECT 1"))
        except psycopg.OperationalError:
            # It listens before it has recovered.
            return False
        return True

    def stop(self) -> None:
        """End it at once, but in order: open connections are cut (PostgreSQL's "fast" shutdown)."""
        self._process.terminate(sig=signal.SIGINT)

    def kill(self) -> None:
        """End the server with SIGKILL; its sessions notice, and it recovers at the next start."""
        sessions = family(self.pid) - {self.pid}
        self._process.kill()
        # A session that still holds the shared memory would make the next start fail.
        wait_until(lambda: not any(map(psutil.pid_exists, sessions)), 10.0, "the server's processes to end")

    def close(self) -> None:
        """End it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return SQLAlchemy's address of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Give a database for as long as the context lasts.

        Args:
            template: name of the database that it begins as a copy of; nobody may be connected to that.

        Yields:
            SQLAlchemy's address: `postgresql+psycopg://postgres@/test_…?host=…`.
        """
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def create(self, template: str = "template1") -> str:
        """Make a database as a copy of another one; return its name."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def connection(self, database: str = "postgres") -> psycopg.Connection:
        """Return a connection in which each statement is committed by itself."""
        return psycopg.connect(f"host={self.folder} user=postgres dbname={database}", autocommit=True)

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        with self.connection() as connection:
            connection.execute(statement)

    def log_tail(self) -> str:
        """Return the end of the server's log."""
        return self._process.log_tail()
