"""The overlap table (after indico's): a booking from 9 to 12, and others with what they are to it."""

from typing import Final

import pytest

from hub.domain.time import Interval

HOUR_US: Final = 3_600_000_000


def hours(start: int, end: int, base_us: int = 0) -> Interval:
    """Return a time by its hours after a base."""
    return Interval(base_us + start * HOUR_US, base_us + end * HOUR_US)


OVERLAPS: Final = [
    pytest.param((6, 8), False, id="before"),
    pytest.param((6, 9), False, id="right before"),
    pytest.param((8, 10), True, id="overlapping start"),
    pytest.param((8, 13), True, id="both"),
    pytest.param((9, 12), True, id="same"),
    pytest.param((10, 11), True, id="inside"),
    pytest.param((11, 13), True, id="end"),
    pytest.param((12, 14), False, id="right after"),
    pytest.param((13, 15), False, id="after"),
]
"""(begin, end) in hours, and whether that overlaps 9 to 12."""
