"""A part of `make clock` in every run: bookings and visits while the clock is put back, and across midnight."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "files"),
    [("2026-10-25T02:59:58", ("no_show",)), ("2026-03-28T23:59:58", ("taps",))],
)
def test_bookings_are_the_same_by_every_clock(moment: str, files: tuple[str, ...]) -> None:
    tests = [f"tests/hub/bookings/test_{name}.py" for name in files]
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.tools.at_moment", moment, *tests, "-q", "-x", "-k", "not postgresql",
            "-p", "no:cacheprovider",
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
