"""Totals, averages, ratios and comparisons: arithmetic on printed rows and on nothing else (S4).

So they tell nothing that the rows do not, whoever subtracts whatever from whatever: the network less its towns, a year
less its months, one version less another.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from hub.domain.statistics.findings import Flag
from hub.domain.statistics.printed import UNCOUNTED, Printed, ValueStatus

Exact = int | Fraction
"""A network's year adds up a hundred thousand numbers, nearly all of them whole: those are quick as they are."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What became of some rows together.

    Args:
        low, high: the same for a number; `high` None for "and more". Both None where there is no value.
    """

    status: ValueStatus
    reason: str = ""
    low: Exact | None = None
    high: Exact | None = None
    flags: frozenset[Flag] = frozenset()


Bounds = tuple[Exact, Exact | None]
Fold = Callable[[Sequence[Bounds]], Bounds]


def fold(parts: Iterable[Printed | None], how: Fold, *, skip_hidden: bool = False) -> Sum:
    """Return rows folded into one: nothing if one of them is hidden, and without those that can't exist.

    Args:
        parts: None for a row that was never printed.
        skip_hidden: whether hidden ones are left out; never but in tests.
    """
    rows = [one for one in parts if one is None or one.status is not ValueStatus.NOT_APPLICABLE]
    if skip_hidden:
        rows = [one for one in rows if one is not None and one.is_shown]
    if not rows:
        return Sum(ValueStatus.NOT_APPLICABLE, "not_applicable")
    if any(one is not None and one.status is ValueStatus.PENDING for one in rows):
        return Sum(ValueStatus.PENDING, "pending")
    shown = [one for one in rows if one is not None and one.is_shown]
    if len(shown) < len(rows):
        missing = [one for one in rows if one is None or not one.is_shown]
        if all(one is not None and one.status is ValueStatus.UNRELIABLE for one in missing):
            return Sum(ValueStatus.UNRELIABLE, "spans_unreliable")
        if all(one is not None and one.reason == UNCOUNTED for one in missing):
            return Sum(ValueStatus.SUPPRESSED, UNCOUNTED)
        return Sum(ValueStatus.SUPPRESSED, "spans_hidden")
    low, high = how([bounds_of(one) for one in shown])
    return Sum(ValueStatus.ROUNDED, "of_printed", low, high, frozenset().union(*(one.flags for one in shown)))


def exact(value: Decimal) -> Exact:
    """Return a printed number for exact arithmetic."""
    numerator, denominator = value.as_integer_ratio()
    return numerator if denominator == 1 else Fraction(numerator, denominator)


def bounds_of(row: Printed) -> Bounds:
    """Return from where to where a shown row goes; a number is both."""
    if row.value is not None:
        value = exact(row.value)
        return value, value
    assert row.low is not None
    return exact(row.low), None if row.high is None else exact(row.high)


def total(parts: Sequence[Bounds]) -> Bounds:
    """Return the sum."""
    return sum(low for low, _ in parts), _sum_of_highs(parts)


def of_persons(parts: Sequence[Bounds]) -> Bounds:
    """Return how many persons several groups may be together: as many as the largest, up to all of them.

    Somebody may be in several of them. A number of their own would tell how many that are.
    """
    return max(low for low, _ in parts), _sum_of_highs(parts)


def of_new_persons(parts: Sequence[Bounds]) -> Bounds:
    """Return how many persons may be new to several spaces together: one alone is printed as it is.

    Who is new in one of them may have been in another one long before.
    """
    return parts[0] if len(parts) == 1 else (0, _sum_of_highs(parts))


def largest(parts: Sequence[Bounds]) -> Bounds:
    """Return the largest."""
    highs = [high for _, high in parts if high is not None]
    return max(low for low, _ in parts), max(highs) if len(highs) == len(parts) else None


def mean(weights: Sequence[Exact]) -> Fold:
    """Return a mean weighted by what was offered; a plain one where nobody knows."""

    def weighted(parts: Sequence[Bounds]) -> Bounds:
        own = weights if any(weights) and len(weights) == len(parts) else [1] * len(parts)
        whole = sum(own)
        low = Fraction(sum(one[0] * by for one, by in zip(parts, own, strict=True)), whole)
        highs = [one[1] for one in parts]
        if any(high is None for high in highs):
            return low, None
        return low, Fraction(
            sum(high * by for high, by in zip(highs, own, strict=True) if high is not None), whole
        )

    return weighted


def _sum_of_highs(parts: Sequence[Bounds]) -> Exact | None:
    highs = [high for _, high in parts if high is not None]
    return sum(highs) if len(highs) == len(parts) else None


SCALES: Final = {"visits_per_open_hour": 100, "visits_per_thousand": 1000}


def outward(low: Exact, high: Exact | None) -> Bounds:
    """Return bounds in whole numbers, the lower one down and the upper one up."""
    return math.floor(low), None if high is None else math.ceil(high)
