"""Does a whole transaction again when another one was in the way."""

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from hub.domain.errors import StoreBusy

ATTEMPTS: Final = 6
FIRST_WAIT_S: Final = 0.02

T = TypeVar("T")


def again_when_busy(work: Callable[[], T]) -> T:
    """Return what a whole transaction returns, tried again a few times when another one was in its way.

    Args:
        work: begins its own transaction; all its effects are in the database, so that it may be called several times.

    Raises:
        StoreBusy: of the last attempt.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            return work()
        except StoreBusy:
            # Full jitter: who met once does not meet again at the same moment.
            time.sleep(random.uniform(0.0, FIRST_WAIT_S * 2**attempt))  # noqa: S311 - jitter is no secret
    return work()
