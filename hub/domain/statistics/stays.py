"""How long people stayed, where readers at the exit tell (K4, P2); pure.

A day of stays lasts from four in the morning to four in the next, local time: then everybody counts as gone. Of whoever
did not sign off by then nobody knows how long it was: such stays are closed by the cut-off, and kept apart.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from hub.domain.entries import Entry
from hub.domain.time import Interval, local_date, wall_us

CUT_OFF: Final = time(4)
HOUR_US: Final = 3_600_000_000
_NEXT: Final = timedelta(days=1)


class StayKind(StrEnum):
    """How long a stay was. AUTO_CLOSED: nobody knows, it was closed at the daily cut-off."""

    UNDER_2H = "under_2h"
    FROM_2H = "2_to_4h"
    FROM_4H = "4_to_8h"
    FROM_8H = "from_8h"
    AUTO_CLOSED = "auto_closed"


_UPPER: Final = ((2, StayKind.UNDER_2H), (4, StayKind.FROM_2H), (8, StayKind.FROM_4H))


class Passage(NamedTuple):
    """A card opened a door.

    Args:
        at_us: the latest that it can have happened.
        is_exact: whether the device knew the time.
    """

    at_us: int
    is_leaving: bool
    is_exact: bool = True


class Passed(NamedTuple):
    """An entry or an exit of the hosts' log, of whoever had the card then."""

    entry: Entry
    is_leaving: bool


Counted = Mapping[tuple[int, StayKind], int]
"""How many stays of which kind, by key of the member."""


def stay_day(day: date, zone: str) -> Interval:
    """Return the time in which stays of a day begin and end."""
    return Interval(wall_us(day, CUT_OFF, zone), wall_us(day + _NEXT, CUT_OFF, zone))


def last_stay_day(now_us: int, zone: str) -> date:
    """Return the last day whose cut-off is over."""
    today = local_date(now_us, zone)
    return today - _NEXT if now_us >= wall_us(today, CUT_OFF, zone) else today - 2 * _NEXT


def stays(passages: Iterable[Passage]) -> Mapping[StayKind, int]:
    """Return how many stays of which length one person had within one day of stays.

    Who comes in twice in a row is still the same stay: the second was another door, or a colleague held it open on the
    way out. Who goes out without having come in came in behind somebody, and had a stay of which nothing is known.

    Args:
        passages: of one person in one space on one day, in any order.
    """
    found: Counter[StayKind] = Counter()
    came: Passage | None = None
    for one in sorted(passages):
        if not one.is_leaving:
            came = came or one
        elif came is not None:
            found[_kind(came, one)] += 1
            came = None
    if came is not None:
        found[StayKind.AUTO_CLOSED] += 1
    return found


def _kind(came: Passage, left: Passage) -> StayKind:
    if not (came.is_exact and left.is_exact):
        return StayKind.AUTO_CLOSED
    length_us = left.at_us - came.at_us
    return next((kind for hours, kind in _UPPER if length_us < hours * HOUR_US), StayKind.FROM_8H)
