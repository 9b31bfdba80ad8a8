"""Finds threads and processes that outlive the test that started them."""

import os
import threading
import time
import uuid
from pathlib import Path

import psutil

from tests.parts.process import end_processes

# Every process that a test starts inherits this variable, also when it is orphaned on the way.
MARK = "LEAK_MARK_OF_TEST"
GRACE_S = 3.0

# Threads that may stay, each with the reason.
_ALLOWED_THREAD_PREFIXES = (
    # asyncio, under Playwright, waits for its driver process until the session ends.
    "waitpid-",
    "asyncio_",
    # pytest-timeout and execnet (xdist) run their own.
    "pytest_timeout ",
    "execnet-",
)


class LeakWatch:
    """Remembers what runs before a test, and says afterwards what came and stayed."""

    def __init__(self) -> None:
        """Note the threads and processes of this moment, and mark this process's future children."""
        self._mark = uuid.uuid4().hex
        self._mark_before = os.environ.get(MARK)
        os.environ[MARK] = self._mark
        self._threads = set(threading.enumerate())
        self._processes = set(psutil.pids())

    def survivors(self) -> tuple[list[threading.Thread], list[psutil.Process]]:
        """Wait up to three seconds for everything new to end.

        Returns:
            The threads and processes that did not.
        """
        if self._mark_before is None:
            os.environ.pop(MARK, None)
        else:
            os.environ[MARK] = self._mark_before
        end = time.monotonic() + GRACE_S
        while True:
            threads, processes = self._new_threads(), self._new_processes()
            if not (threads or processes) or time.monotonic() > end:
                return threads, processes
            time.sleep(0.02)

    def _new_threads(self) -> list[threading.Thread]:
        return [
            thread
            for thread in threading.enumerate()
            if thread not in self._threads and not thread.name.startswith(_ALLOWED_THREAD_PREFIXES)
        ]

    def _new_processes(self) -> list[psutil.Process]:
        # Every test pays for this: only what has come since it began is looked at.
        come = set(psutil.pids()) - self._processes
        return [process for pid in come if (process := self._ours(pid)) is not None and _is_alive(process)]

    def _ours(self, pid: int) -> psutil.Process | None:
        marker = f"{MARK}={self._mark}".encode()
        try:
            process = psutil.Process(pid)
            # Orphans belong to init by now: only their environment still tells where they come from.
            if process.ppid() == os.getpid() or marker in _environment(pid):
                return process
        except (OSError, psutil.Error):
            # Ended meanwhile, or another user's.
            pass
        return None


def _environment(pid: int) -> list[bytes]:
    return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def describe(threads: list[threading.Thread], processes: list[psutil.Process]) -> str:
    """Return one line for each survivor, and end the processes so that the next test starts clean."""
    lines = [f"thread {thread.name!r} still runs" for thread in threads]
    for process in processes:
        try:
            lines.append(f"process {process.pid} still runs: {' '.join(process.cmdline())}")
        except psutil.Error:
            lines.append(f"process {process.pid} still ran")
    end_processes(processes)
    return "\n".join(lines)
