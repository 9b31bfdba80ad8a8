"""Values as they are, before anything is hidden: for the disclosure control alone, never for a reader."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from hub.domain.statistics.periods import Span


class PlaceLevel(StrEnum):
    """What a figure is of."""

    SPACE = "space"
    TOWN = "town"
    NETWORK = "network"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """What a figure is of: a space by its id, a town by its AGS, or the network."""

    level: PlaceLevel
    id: str


NETWORK = Place(PlaceLevel.NETWORK, "network")


class Flag(StrEnum):
    """What else is to be known of a value (requirement K10)."""

    ESTIMATED = "s"
    REVISED = "r"
    PRELIMINARY = "p"


class Missing(StrEnum):
    """Why there is no value."""

    NOT_APPLICABLE = "not_applicable"
    """It can't exist there: no sensor, no exit readers, no space ("x")."""
    PENDING = "pending"
    """It will: the period is not over, or its days are not sealed ("…")."""


class Finding(NamedTuple):
    """One figure of one place and period, exact.

    Args:
        figure: id in the registry.
        value: None when `missing` says why.
        numerator, denominator: of a ratio, in its own units (microseconds of desks, bookings …).
        persons: pseudonyms behind it, for counting distinct ones over places and releases; empty for nobody known.
        top_share: the largest contributor's part, 0 to 1.
        cases: of a rate: how many cases it is of (K3: none below 20).
        valid_share: how much of the offered time is known, 0 to 1; None where nothing was sensed.
        is_uncounted: whether nobody can say any more how many persons stand behind it: their pseudonyms have ended.
    """

    place: Place
    period: Span
    figure: str
    value: Decimal | None
    missing: Missing | None = None
    numerator: int | None = None
    denominator: int | None = None
    persons: frozenset[str] = frozenset()
    top_share: Fraction = Fraction(0)
    cases: int | None = None
    valid_share: Fraction | None = None
    flags: frozenset[Flag] = frozenset()
    is_uncounted: bool = False
