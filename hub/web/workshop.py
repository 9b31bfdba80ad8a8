"""Files that take long are made beside the pages: one at a time, each in a process of its own, told how far it is.

What is done is kept in memory for whoever asked, and for the next one. Nothing is written to disk, and nothing survives
the web process: a file that is not there is made again.
"""

import logging
import re
import subprocess
import sys
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from tempfile import TemporaryFile
from threading import Event, Lock, Thread, Timer
from typing import Final, TypeAlias

from hub.domain.statistics.frozen import checksum_of, to_text
from hub.domain.statistics.printed import Report
from hub.export.report_files import Format

MAX_WAITING: Final = 8
"""How many files may wait to be made; whoever comes then is asked to come back."""

KEPT: Final = 16
"""How many are kept when they are done, the last ones used."""

LONGEST_S: Final = 120.0
"""A process that takes longer is ended."""

_STEP: Final = re.compile(r"(\d+)/(\d+)")
_LOG: Final = logging.getLogger(__name__)

Key: TypeAlias = tuple[str, Format, str]


class WorkshopFull(Exception):
    """Too many files wait already."""


@dataclass(slots=True)
class Work:
    """A file that is made, or was.

    Args:
        done, count: steps; `count` 0 before it has begun.
        body: the file, once it is whole.
        is_over: set when it is made, or can't be.
    """

    done: int = 0
    count: int = 0
    body: bytes | None = None
    is_over: Event = field(default_factory=Event)

    @property
    def has_failed(self) -> bool:
        """Whether it is over without a file."""
        return self.is_over.is_set() and self.body is None


class Workshop:
    """Makes files with charts.

    Args:
        command: what makes one, before format and language.
    """

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "hub.export.drawing")) -> None:
        self._command = command
        self._lock, self._turn = Lock(), Lock()
        self._works: OrderedDict[Key, Work] = OrderedDict()
        self._running: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def make(self, report: Report, wanted: Format, language: str) -> Work:
        """Return the work on a file, begun now or before.

        Raises:
            WorkshopFull: when too many wait.
        """
        checksum = checksum_of(report)
        key = (checksum, wanted, language)
        with self._lock:
            known = self._works.get(key)
            if known is not None and not known.has_failed:
                self._works.move_to_end(key)
                return known
            if (
                self._is_closed
                or sum(not one.is_over.is_set() for one in self._works.values()) >= MAX_WAITING
            ):
                raise WorkshopFull
            work = self._works[key] = Work()
            self._works.move_to_end(key)
            self._forget()
        text = to_text(replace(report, checksum=checksum)).encode("utf-8")
        Thread(target=self._do, args=(work, text, wanted, language), name="drawing", daemon=True).start()
        return work

    def close(self) -> None:
        """End what is being made."""
        with self._lock:
            self._is_closed = True
            if self._running is not None:
                self._running.kill()

    def _forget(self) -> None:
        over = [key for key, work in self._works.items() if work.is_over.is_set()]
        for key in over[: max(0, len(self._works) - KEPT)]:
            del self._works[key]

    def _do(self, work: Work, text: bytes, wanted: Format, language: str) -> None:
        try:
            with self._turn:
                body = self._run(work, text, wanted, language)
            work.body = body
        except (OSError, subprocess.SubprocessError):
            _LOG.exception("a %s can't be made", wanted)
        finally:
            work.is_over.set()

    def _run(self, work: Work, text: bytes, wanted: Format, language: str) -> bytes | None:
        with TemporaryFile() as written, TemporaryFile() as read:
            read.write(text)
            read.seek(0)
            with self._lock:
                if self._is_closed:
                    return None
                process = subprocess.Popen(
                    [*self._command, wanted.value, language],
                    stdin=read,
                    stdout=written,
                    stderr=subprocess.PIPE,
                )
                self._running = process
            limit = Timer(LONGEST_S, process.kill)
            limit.start()
            try:
                said = _follow(process, work)
            finally:
                limit.cancel()
                process.wait()
                with self._lock:
                    self._running = None
            if process.returncode:
                _LOG.error("a %s was not made (status %s): %s", wanted, process.returncode, said)
                return None
            written.seek(0)
            return written.read()


def _follow(process: "subprocess.Popen[bytes]", work: Work) -> str:
    """Read how far it is until it ends, and return the last that it said besides."""
    assert process.stderr is not None
    said = ""
    with process.stderr as lines:
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            step = _STEP.fullmatch(text)
            if step is None:
                said = text[:200] or said
            else:
                work.done, work.count = int(step[1]), int(step[2])
    return said
