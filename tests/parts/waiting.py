"""Waiting for something to become true, always with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.02


def wait_until(predicate: Callable[[], T], deadline_s: float, what: str) -> T:
    """Poll until the predicate gives something true, and return that.

    Args:
        predicate: called again and again; an exception in it ends the wait at once.
        deadline_s: seconds to wait at most; the predicate is asked at least once, and once more at the end.
        what: what is awaited, as a phrase for the failure's message ("20 events in the database").

    Returns:
        The first true value of the predicate.

    Raises:
        AssertionError: when it was still false at the deadline; the message has the last value.
    """
    end = time.monotonic() + deadline_s
    while True:
        late = time.monotonic() >= end
        value = predicate()
        if value:
            return value
        if late:
            raise AssertionError(f"waited {deadline_s:g} s for {what}; the last answer was {value!r}")
        time.sleep(POLL_S)
