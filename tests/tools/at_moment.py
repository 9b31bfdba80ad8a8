"""Runs tests by another wall clock: `python -m tests.tools.at_moment 2026-03-29T01:59:58 tests/hub`.

The moment is one of Berlin's clock, and begins anew with each test; of an hour that comes twice, it is in the first.
What follows is for pytest. Several moments, joined by commas, are tried one after the other.
"""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from tests.parts.each_at_moment import MOMENT
from tests.parts.wall_clock import ORIGIN, WallClock, origin_s

ZONE = ZoneInfo("Europe/Berlin")
SHARED_MEMORY = Path("/dev/shm")
"""Where libfaketime keeps what processes share."""
NOTHING_TO_RUN = 5


def run_at(moment: str, arguments: list[str]) -> int:
    """Run pytest by another clock; return its status."""
    begins = datetime.fromisoformat(moment).replace(tzinfo=ZONE).astimezone(UTC)
    with TemporaryDirectory(prefix="ankerort-clock-") as folder:
        clock = WallClock(Path(folder) / "clock")
        clock.set(begins)
        told = {MOMENT: begins.isoformat(), ORIGIN: str(origin_s())}
        command = [sys.executable, "-m", "pytest", "-p", "tests.parts.each_at_moment", *arguments]
        return subprocess.run(command, env={**os.environ, **clock.environ, **told}, check=False).returncode


def forget_the_dead() -> None:
    """Remove what killed programs left there: another user's program that gets their number would not start."""
    for left in SHARED_MEMORY.glob("*faketime_*"):
        number = left.name.rpartition("_")[2]
        if number.isdecimal() and not Path("/proc", number).exists():
            left.unlink(missing_ok=True)


def main(moments: str, *arguments: str) -> int:
    """Run pytest at each of some moments; return the worst status."""
    worst = 0
    for moment in moments.split(","):
        forget_the_dead()
        sys.stderr.write(f"\nThe clock in Berlin says {moment}\n")
        status = run_at(moment, list(arguments))
        worst = max(worst, 0 if status == NOTHING_TO_RUN else status)
    forget_the_dead()
    return worst


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
