"""A program that a test starts, watches and ends by its own process id."""

import os
import signal
import socket
import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from tests.parts.waiting import wait_until

TAIL_BYTES = 6_000


class PartError(Exception):
    """A part did not start, or is not what it should be; the message has the end of its log."""


class ChildProcess:
    """One child process at a time, whose output goes to a log file that outlives it."""

    def __init__(self, name: str, log: Path) -> None:
        """Prepare; nothing starts yet.

        Args:
            name: for messages.
            log: receives standard output and error of every start, one after the other.
        """
        self.name = name
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running child.

        Raises:
            PartError: when it was never started, or was stopped.
        """
        if self._process is None:
            raise PartError(f"{self.name} is not running")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the child was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        """Start the program without waiting until it is ready.

        Args:
            argv: program and arguments.
            env: its whole environment; that of this process when None.
            user: run as this user, with that user's own group only.
            pass_fds: file descriptors that stay open in the child.

        Raises:
            PartError: when it is running already.
        """
        if self.is_running:
            raise PartError(f"{self.name} is running already, as process {self.pid}")
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                pass_fds=pass_fds,
                cwd="/",
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )

    def terminate(self, deadline_s: float = 10.0, sig: signal.Signals = signal.SIGTERM) -> int | None:
        """Ask the child to end, and kill it when it does not in time.

        Returns:
            Its exit status (negative: ended by that signal), or None when it was not running.
        """
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.send_signal(sig)
        try:
            status = self._process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._process = None
        return status

    def kill(self) -> None:
        """End the child with SIGKILL, as a power cut would, and wait until it is gone."""
        self.terminate(sig=signal.SIGKILL)

    def log_tail(self) -> str:
        """Return the last few thousand characters of the log, for a failure's message."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
            return log.read().decode("utf-8", "replace")

    def check_alive(self) -> None:
        """Check that the child has not ended by itself.

        Raises:
            PartError: with its exit status and log, when it has.
        """
        if self._process is None or self._process.poll() is not None:
            status = None if self._process is None else self._process.returncode
            raise PartError(f"{self.name} ended with status {status}; its log ends:\n{self.log_tail()}")

    def wait_for_port(self, port: int, deadline_s: float = 15.0) -> None:
        """Wait until the child itself listens on a TCP port.

        Raises:
            PartError: when the child ended, or another process listens there.
            AssertionError: when nobody listened in time.
        """

        def is_listening() -> bool:
            self.check_alive()
            mine = family(self.pid)
            if any(port in listening_ports(pid) for pid in mine):
                return True
            owner = listening_pid(port)
            if owner is not None and owner not in mine:
                raise PartError(f"port {port} belongs to process {owner}, not to {self.name} ({self.pid})")
            return False

        wait_until(is_listening, deadline_s, f"{self.name} to listen on port {port}")

    def wait_for_unix_socket(self, path: Path, deadline_s: float = 15.0) -> None:
        """Wait until the child itself listens on a Unix socket.

        Raises:
            PartError: when the child ended, or another process listens there.
            AssertionError: when nobody listened in time.
        """

        def is_listening() -> bool:
            self.check_alive()
            owner = unix_listener_pid(path)
            if owner is not None and owner not in family(self.pid):
                raise PartError(f"{path} belongs to process {owner}, not to {self.name} ({self.pid})")
            return owner is not None

        wait_until(is_listening, deadline_s, f"{self.name} to listen on {path}")


def family(pid: int) -> set[int]:
    """Return a process's id and those of all its descendants."""
    try:
        process = psutil.Process(pid)
        return {pid, *(child.pid for child in process.children(recursive=True))}
    except psutil.NoSuchProcess:
        return {pid}


def listening_ports(pid: int) -> set[int]:
    """Return the TCP ports that a process listens on; none when it has ended."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return set()
    return {each.laddr.port for each in connections if each.status == psutil.CONN_LISTEN and each.laddr}


def listening_pid(port: int) -> int | None:
    """Return the process that listens on a TCP port of this machine.

    Returns:
        None when nobody listens, or when the owner can't be seen: it is another user's, or opened the port just now.
    """
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            return connection.pid
    return None


def unix_listener_pid(path: Path) -> int | None:
    """Return the process that listens on a Unix socket, or None when nobody does (a stale file included)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return None
        # SO_PEERCRED of a connected socket: whoever called listen().
        pid, _, _ = struct.unpack("3i", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return int(pid)


def end_processes(processes: Sequence[psutil.Process], deadline_s: float = 3.0) -> None:
    """End processes by id: first asked, then killed; each is known by id *and* start time, so never a stranger."""
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(list(processes), timeout=deadline_s)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=deadline_s)


def is_root() -> bool:
    """Say whether this process runs as root."""
    return os.geteuid() == 0
