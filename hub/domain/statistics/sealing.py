"""When a day is complete, and from when on it stands for good (DESIGN section 8); pure.

A device has told a day when its log has no hole that touches it, and it was heard late enough after it with nothing
left to tell. Such a day is sealed after seven days; one with a hole waits for it to close, at most thirty: then what is
missing stays unknown.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from hub.domain.statistics.desk_log import TOLD_WITHIN_US
from hub.domain.statistics.stretches import Stretch
from hub.domain.time import day_bounds

DAY_US: Final = 86_400_000_000
SEALED_AFTER_US: Final = 7 * DAY_US
"""How long a day that is complete still takes in what comes late: a visit that a host writes down, a booking."""

WAITS_US: Final = 29 * DAY_US
"""How long one waits whose device has not told everything: thirty days from its begin, and no raw event longer."""

_NEXT: Final = timedelta(days=1)


def is_complete(day: Stretch, holes: Iterable[Stretch], heard_us: int) -> bool:
    """Say whether a device has told everything about a local day.

    Args:
        holes: stretches in which entries of its log are missing.
        heard_us: when it was heard last with nothing left to tell.
    """
    start_us, end_us = day
    return heard_us >= end_us + TOLD_WITHIN_US and not any(
        start < end_us and end > start_us for start, end in holes
    )


def sealed_until(
    first: date, today: date, zone: str, holes: Sequence[Stretch], heard_us: int, now_us: int
) -> date:
    """Return the first day that is not sealed yet, of a device whose days before `first` are.

    Args:
        today: the local day of `now_us`.
    """
    day = first
    while day < today:
        bounds = day_bounds(day, zone)
        whole = (bounds.start_us, bounds.end_us)
        waits_us = SEALED_AFTER_US if is_complete(whole, holes, heard_us) else WAITS_US
        if now_us < bounds.end_us + waits_us:
            break
        day += _NEXT
    return day
