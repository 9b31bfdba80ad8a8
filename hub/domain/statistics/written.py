"""What people write down beside what is measured: counts by hand (K10), ways to work (K5), a town's settings (S10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from hub.domain.statistics.findings import Flag, Place
from hub.domain.statistics.periods import Span


@dataclass(frozen=True, slots=True)
class HandFigure:
    """A number that somebody counted or was told, for some days of one place.

    Args:
        pk: key; 0 for one that is not stored yet.
        first, last: local days, both inclusive; within one month, or one year for figures of a year.
        source: how it is known: a tally sheet, a cash book, a questionnaire.
        noted_by: who counted, as it was told; an office will do.
        noted_us: when it was entered.
        flags: `s` estimated, `r` corrected, `p` preliminary.
    """

    pk: int
    place: Place
    figure: str
    first: date
    last: date
    value: Decimal
    source: str
    noted_by: str
    noted_us: int = 0
    flags: frozenset[Flag] = frozenset()


class Distance(StrEnum):
    """How far it is to the office that somebody did not drive to, one way."""

    UNDER_5 = "0-5"
    FROM_5 = "5-10"
    FROM_10 = "10-20"
    FROM_20 = "20-40"
    FROM_40 = "40-80"


class Mode(StrEnum):
    """How somebody came to the space."""

    FOOT = "foot"
    BICYCLE = "bicycle"
    TRANSIT = "transit"
    CAR = "car"


class Destination(StrEnum):
    """Where the office is; no place by name, which would tell who it is."""

    SAME_TOWN = "same-town"
    DISTRICT = "district"
    CITY = "city"
    ELSEWHERE = "elsewhere"


class Bounds(NamedTuple):
    """Kilometres of a class of distance, one way."""

    low_km: int
    high_km: int


BOUNDS: Final[dict[Distance, Bounds]] = {
    Distance.UNDER_5: Bounds(0, 5),
    Distance.FROM_5: Bounds(5, 10),
    Distance.FROM_10: Bounds(10, 20),
    Distance.FROM_20: Bounds(20, 40),
    Distance.FROM_40: Bounds(40, 80),
}
"""80 km is a bound that we set: whoever drives farther counts as that much, so that few do not make the sum."""


@dataclass(frozen=True, slots=True)
class Way:
    """One answer to the voluntary question about the way to work (requirement K5); of nobody.

    Args:
        would_drive: whether she would otherwise have driven to the office by car.
        distance, destination: of the office; None where `would_drive` is false.
        mode: how she came instead; None where `would_drive` is false.
    """

    would_drive: bool
    distance: Distance | None = None
    mode: Mode | None = None
    destination: Destination | None = None

    @property
    def saves(self) -> bool:
        """Whether a trip by car to the office was not made, and none to the space instead."""
        return self.would_drive and self.distance is not None and self.mode not in (None, Mode.CAR)


@dataclass(frozen=True, slots=True)
class WayCount:
    """How many gave the same answer in one space and month; single answers are not kept.

    Args:
        month: its first day.
    """

    space: str
    month: date
    way: Way
    answers: int


@dataclass(frozen=True, slots=True)
class EmissionFactor:
    """What a kilometre by car gives off; no default, a town decides (K5).

    Args:
        g_per_km: grams of CO₂ for each kilometre.
        source: where it is from.
        year: to which it applies.
    """

    g_per_km: int
    source: str
    year: int


@dataclass(frozen=True, slots=True)
class TownStatistics:
    """What a town has set for its figures.

    Args:
        ags: of the town.
        report_on: local day on which its next report is due; None for none.
        report_of: what that report covers; None for none.
        factor: for figures of CO₂; None where nobody has decided: they are "x".
    """

    ags: str
    report_on: date | None = None
    report_of: Span | None = None
    factor: EmissionFactor | None = None


NO_SETTINGS: Final[Mapping[str, TownStatistics]] = {}
