"""The rules S3 to S5 as numbers and switches; docs/explanation/disclosure.md has them in words."""

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from hub.domain.errors import RuleRefused

FEW: Final = 5
"""From so many distinct persons on, a figure of use is printed (S3)."""
LADDER: Final = (0, 5, 10, 20)
"""Where the bands of persons begin (S3): below 5, 5 to 9, 10 to 19, 20 and more."""
TEN: Final = 10
MIN_VALID_PCT: Final = 80
"""Below so much that is known, a value is "/" (K2)."""
MIN_CASES: Final = 30
"""A rate is printed from so many *printed* cases on: rounded to 30, there are 25 at least, and never below 20 (K3)."""
MIN_OPEN_DAYS: Final = 4
"""With fewer days, the number of visits comes too near to that of persons."""
HALF: Final = Fraction(1, 2)
BANDED: Final = frozenset({"peak"})
"""Printed in bands always: of eight desks, a whole per cent is a count of desks, and counts are rounded to ten."""


class DisclosureRefused(RuleRefused):
    """Findings that can't be printed at all: a mistake of whoever made them."""


class Band(NamedTuple):
    """Numbers from `low` to `high`, both inclusive; None for "and more"."""

    low: int
    high: int | None


PERSON_BANDS: Final = (Band(0, 4), Band(5, 9), Band(10, 19), Band(20, None))
SHARE_BANDS: Final = (Band(0, 25), Band(25, 50), Band(50, 100))


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of S3 to S5, each with a switch.

    Nothing but tests turns one off: they show that what is printed then tells more than it may.

    Args:
        five_persons: S3: a figure of use needs five distinct persons.
        bands_for_one: S3: desk time in bands where one person makes up more than half.
        person_bands: S3: persons in bands.
        nearest_ten: S3: other counts to the nearest ten.
        printed_totals: S4: totals, averages and rates are worked out of what is printed.
        nothing_hidden_in_totals: S4: none of them spans a hidden row.
        zero_as_hidden: S4: nobody at all looks like few.
        together: S5: no figure of a month is printed where its visits are not.
        capped_visits: S5: so many visits that they would tell persons are printed as "and more".
        ladder_by_months: S5: bands of persons are those that the printed months leave open.
        new_by_bands: S5: new users are printed only where the bands of two years leave everything open.
        forms_stay: S5: what was hidden, a band or a number once stays that in corrections.
        audit: S5: the solver looks at everything, and rows are hidden until it finds nothing.
    """

    five_persons: bool = True
    bands_for_one: bool = True
    person_bands: bool = True
    nearest_ten: bool = True
    printed_totals: bool = True
    nothing_hidden_in_totals: bool = True
    zero_as_hidden: bool = True
    together: bool = True
    capped_visits: bool = True
    ladder_by_months: bool = True
    new_by_bands: bool = True
    forms_stay: bool = True
    audit: bool = True


ALL_RULES: Final = Rules()


def to_ten(value: Decimal | int) -> int:
    """Return the nearest multiple of ten; half cases go up: a printed p stands for p - 5 to p + 4."""
    numerator, denominator = value.as_integer_ratio()
    return (numerator + FEW * denominator) // (TEN * denominator) * TEN


def to_whole(value: Decimal | Fraction | int) -> int:
    """Return the nearest whole number; half cases go up."""
    numerator, denominator = value.as_integer_ratio()
    return (2 * numerator + denominator) // (2 * denominator)


def person_band(persons: int) -> Band:
    """Return the band of S3 in which a number of persons lies."""
    return PERSON_BANDS[floor_step(persons)]


def floor_step(persons: int) -> int:
    """Return which step of the ladder a number of persons has reached, 0 to 3."""
    return max(step for step, low in enumerate(LADDER) if low <= persons)


def share_band(percent: Decimal) -> Band:
    """Return the band of S3 in which a percentage lies: below 25, 25 to 50, above 50."""
    quarter, half = 25, 50
    below, between, above = SHARE_BANDS
    if percent < quarter:
        return below
    return between if percent <= half else above


def cap_of(low: int, days: int) -> int:
    """Return from which printed number on visits are "and more", in a month of at least `low` persons.

    A person comes once a day at most, so v visits on d days are of v / d persons at least. The largest multiple of ten
    c with c - 5 <= low × d tells no more than `low`.
    """
    return (low * days + FEW) // TEN * TEN


class Told(NamedTuple):
    """What the printed visits of a month tell of its persons; `high` is None where it is open."""

    low: int
    high: int | None


def told_by_number(printed: int, days: int) -> Told:
    """Return what a plain number of visits tells of persons.

    It would be "and more" with so few persons that their cap lies below; and everyone has come once at least.
    """
    low = next((low for low in LADDER[1:] if printed < cap_of(low, days)), LADDER[-1])
    return Told(low, printed + FEW - 1)


def told_by_days(printed: int, days: int) -> Told:
    """Return what a plain number of visits tells of persons where none is ever "and more"."""
    return Told(max(FEW, math.ceil((printed - FEW) / max(days, 1))), printed + FEW - 1)


def told_by_cap(cap: int, days: int) -> Told:
    """Return what "and more" tells of persons: that it was their cap."""
    steps = [step for step in range(1, len(LADDER)) if cap_of(LADDER[step], days) == cap]
    if not steps:
        return Told(FEW, None)
    return Told(LADDER[steps[0]], PERSON_BANDS[steps[-1]].high)


def open_until(low: int) -> int:
    """Return up to where "`low` and more" must be open at least: as wide as a band that begins there."""
    return 2 * low - 1
