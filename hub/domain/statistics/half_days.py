"""Weekday by half-day: how full a space is when; for the role Statistik alone, never printed (requirement S3)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hub.domain.statistics.facts import NOTHING, DeskDay, Measured

WEEKDAYS: Final = 7
LEAST_KNOWN_PCT: Final = 80
"""Where less of the offered time is known, nothing is said (K2)."""


@dataclass(frozen=True, slots=True)
class HalfDay:
    """One half of one weekday.

    Args:
        weekday: 0 is Monday.
        half: 0 before and 1 after the space's noon.
        measured: over all days and desks with a sensor.
    """

    weekday: int
    half: int
    measured: Measured

    @property
    def occupied_pct(self) -> int | None:
        """Whole per cent of the known time; None when nothing was offered, or too little is known."""
        offered, known = self.measured.offered_us, self.measured.known_us
        if not offered or known * 100 < offered * LEAST_KNOWN_PCT:
            return None
        return round(100 * self.measured.occupied_us / known)


def half_days(facts: Iterable[DeskDay]) -> tuple[HalfDay, ...]:
    """Return all halves of all weekdays from Monday on, forenoon first; desks without a sensor do not count."""
    sums: defaultdict[tuple[int, int], Measured] = defaultdict(lambda: NOTHING)
    for fact in facts:
        if fact.has_sensor:
            for half, measured in enumerate((fact.first_half, fact.second_half)):
                at = fact.day.weekday(), half
                sums[at] = sums[at].plus(measured)
    return tuple(
        HalfDay(weekday, half, sums[weekday, half]) for weekday in range(WEEKDAYS) for half in (0, 1)
    )
