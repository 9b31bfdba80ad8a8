"""A wall clock that a test sets for the programs that it starts; the monotonic clock, by which they wait, goes on.

Debian's libfaketime brings waiting threads to a stand, so it is the library of the package `libfaketime`.
"""

import os
import time
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

ORIGIN = "ANKERORT_CLOCK_ORIGIN_S"
"""What this machine's clock is ahead of its monotonic one, for whoever runs by another clock and can't ask any more."""


def preload() -> Path:
    """Return the library that programs load before any other."""
    found = find_spec("libfaketime")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "vendor/libfaketime/src/libfaketime.so.1"


def origin_s() -> float:
    """Return when this machine's monotonic clock began, by its own wall clock."""
    told = os.environ.get(ORIGIN)
    return float(told) if told else time.time() - time.monotonic()


class WallClock:
    """How far the programs' clock is ahead of this machine's.

    Args:
        file: where they read it from, at each look at the clock.
    """

    def __init__(self, file: Path) -> None:
        self._file, self._origin_s, self._ahead_s = file, origin_s(), 0.0
        self._write()
        self.environ = {
            "LD_PRELOAD": str(preload()),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        """For the programs that are to have this clock."""

    def set(self, moment: datetime) -> None:
        """Let it be another moment, now; it goes on from there."""
        self._ahead_s = moment.timestamp() - self._real_s()
        self._write()

    def now_us(self) -> int:
        """Return what the programs have now."""
        return round((self._real_s() + self._ahead_s) * 1_000_000)

    def _real_s(self) -> float:
        return self._origin_s + time.monotonic()

    def _write(self) -> None:
        # Exchanged, not written over: who reads it sees all or nothing.
        new = self._file.with_suffix(".new")
        new.write_text(f"{self._ahead_s:+.6f}", "ascii")
        new.rename(self._file)
