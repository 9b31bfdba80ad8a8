"""Sets the clock back to one moment as each test begins; `tests/tools/at_moment.py` loads this into pytest."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.parts.wall_clock import WallClock

MOMENT = "ANKERORT_TEST_MOMENT"
FILE = "FAKETIME_TIMESTAMP_FILE"


class EachAtMoment:
    """One clock for each process that runs tests, so that none is set back in the midst of another's test."""

    def __init__(self) -> None:
        self._moment = datetime.fromisoformat(os.environ[MOMENT])
        # Two processes of pytest-xdist share their variables, not their names.
        file = Path(os.environ[FILE]).with_name(f"clock-of-{os.getpid()}")
        self._clock = WallClock(file)
        self._clock.set(self._moment)
        os.environ[FILE] = str(file)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin the moment anew."""
        self._clock.set(self._moment)


def pytest_configure(config: pytest.Config) -> None:
    """Take this process's clock over."""
    config.pluginmanager.register(EachAtMoment())
