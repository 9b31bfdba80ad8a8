"""What is printed of longer periods, of towns and of the network, and ratios: worked out of printed rows (S4)."""

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Final

from hub.domain.disclosure import rows, sums
from hub.domain.disclosure.book import Book, Leaf
from hub.domain.disclosure.rules import HALF, MIN_CASES, Rules, to_ten, to_whole
from hub.domain.statistics.figures import Figure, Grain, Guard, Unit
from hub.domain.statistics.findings import Finding, Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import NOT_COLLECTED, UNCOUNTED, Printed, ValueStatus

_WEIGHTS: Final = {
    "occupancy": ("open_hours", "sensed_desks"),
    "noon_occupancy": ("open_days", "sensed_desks"),
    "access_occupancy": ("access_hours", "sensed_desks"),
    "booking_utilisation": ("open_hours", "desks"),
}
"""By which printed figures of what is offered the mean of a share is weighted."""
_TENTH: Final = Fraction(1, 10)
HALF_TEN: Final = 5
_OVER_ALL: Final = frozenset({"cost_cover", "way_response_rate"})
"""Rates whose numerator is no part of the denominator: they may be over 100 %."""
_DECEMBER: Final = 12


@cache
def months_of(period: Span) -> tuple[Span, ...]:
    """Return the months of a period, each as a period."""
    return tuple(Span.of_month(month) for month in period.months())


def is_leaf(book: Book, figure: Figure, place: Place, period: Span) -> bool:
    """Say whether a figure of a place and period is printed from its own value, and not worked out of others."""
    if figure.guard is not Guard.HAND:
        if place.level is not PlaceLevel.SPACE:
            return False
        return (
            period.is_month
            if figure.grain is Grain.MONTH
            else book.nesting.year_of(place, period) is not None
        )
    return list(leaves(book, figure, place, period)) == [
        Leaf(place, book.cell(place, figure.id, period).period)
    ]


def leaves(book: Book, figure: Figure, place: Place, period: Span) -> Sequence[Leaf]:
    """Return of which places and periods the rows are that a row is worked out of; none where they don't make it up."""
    if figure.guard is Guard.HAND:
        return _leaves(book, figure, place, period)
    # The same for each figure that is told by the month, and for each that is told by the year.
    key = figure.grain, place, period
    found = book.leaves.get(key)
    if found is None:
        found = book.leaves[key] = _leaves(book, figure, place, period)
    return found


def _leaves(book: Book, figure: Figure, place: Place, period: Span) -> list[Leaf]:
    by_place = {at: _periods(book, figure, at, period) for at in _places(book, figure, place)}
    if not all(by_place.values()):
        return []
    return [Leaf(at, when) for at, periods in by_place.items() for when in periods]


def _places(book: Book, figure: Figure, place: Place) -> Sequence[Place]:
    spaces = book.nesting.spaces_of(place)
    if figure.guard is not Guard.HAND or place.level is PlaceLevel.SPACE:
        return spaces
    # What was written down of a town as a whole counts where nothing was of its spaces.
    within = (*spaces, *book.nesting.towns_of(place))
    return _with_values(book, figure, within) or [place]


def _with_values(book: Book, figure: Figure, places: Sequence[Place]) -> list[Place]:
    """Return the spaces of which something was written down, and the towns where it was of the town as a whole."""
    own = [one for one in places if book.has_value(one, figure.id)]
    told = {one for one in own if one.level is PlaceLevel.SPACE}
    return [one for one in own if one in told or not told & set(book.nesting.spaces_of(one))]


def _periods(book: Book, figure: Figure, place: Place, period: Span) -> list[Span]:
    if figure.grain is Grain.MONTH:
        return list(months_of(period))
    year = book.nesting.year_of(place, period) if place.level is PlaceLevel.SPACE else None
    if year is not None:
        return [year]
    is_whole = period.first.month == 1 and period.last.month == _DECEMBER
    return list(period.years()) if is_whole else []


def derived_row(book: Book, finding: Finding, figure: Figure, rules: Rules, *, own: int = 0) -> Printed:
    """Return a total, an average or a range of persons, worked out of the rows of months (or years) and spaces.

    Args:
        own: what was written down of the whole besides its parts, to the nearest ten.
    """
    if not rules.printed_totals and finding.value is not None:
        value = to_ten(finding.value) if figure.guard is Guard.COUNT else to_whole(finding.value)
        return rows.number(finding, figure, value, ValueStatus.ROUNDED)
    of = leaves(book, figure, finding.place, finding.period)
    if not of:
        if finding.place.level is PlaceLevel.SPACE or book.nesting.spaces_of(finding.place):
            return rows.hidden(finding, figure, "per_year_only")
        return rows.not_there(finding, figure, "no_space")
    parts = book.rows(figure.id, of)
    found = sums.fold(parts, _how(book, figure, of, parts), skip_hidden=not rules.nothing_hidden_in_totals)
    made = _written(finding, figure, found)
    if made.value is not None:
        made = replace(made, value=made.value + own)
    return rows.revised(made, book.before(finding.place, figure.id, finding.period))


def _how(book: Book, figure: Figure, of: Sequence[Leaf], parts: Sequence[Printed | None]) -> sums.Fold:
    if figure.id == "peak":
        return sums.largest
    if figure.guard is Guard.PERSONS:
        return sums.of_persons if figure.id == "users" else sums.of_new_persons
    if figure.guard is not Guard.SHARE:
        return sums.total
    shown = [one for one, row in zip(of, parts, strict=True) if row is not None and row.is_shown]
    return sums.mean(_weights(book, figure.id, shown))


def _weights(book: Book, figure: str, of: Sequence[Leaf]) -> list[int]:
    """Return weights as whole numbers, which are quick: a mean is the same by all of them times whatever."""
    tops, bottoms = [1] * len(of), [1] * len(of)
    for name in _WEIGHTS.get(figure, ()):
        for at, row in enumerate(book.rows(name, of)):
            top, bottom = (0, 1) if row is None or row.value is None else row.value.as_integer_ratio()
            tops[at] *= top
            bottoms[at] *= bottom
    whole = math.lcm(*bottoms)
    return [top * (whole // bottom) for top, bottom in zip(tops, bottoms, strict=True)]


def _written(finding: Finding, figure: Figure, found: sums.Sum) -> Printed:
    if found.low is None:
        return rows.told(finding, figure, found.status, found.reason)
    finding = finding._replace(flags=found.flags)
    if found.low == found.high:
        return rows.number(finding, figure, to_whole(found.low), found.status, found.reason)
    return rows.range_of(finding, figure, sums.outward(found.low, found.high), found.reason)


def ratio_row(book: Book, finding: Finding, figure: Figure, rules: Rules) -> Printed:
    """Return a rate or a comparison, worked out of the printed rows of the same place and period."""
    made = _ratio(book, finding, figure, rules)
    return rows.revised(made, book.before(finding.place, figure.id, finding.period))


def _ratio(book: Book, finding: Finding, figure: Figure, rules: Rules) -> Printed:
    if not rules.printed_totals and finding.value is not None:
        return rows.number(finding, figure, to_whole(finding.value), ValueStatus.ROUNDED)
    parts = [book.row(finding.place, id_, finding.period) for id_ in figure.parts]
    if not parts or (
        finding.place.level is not PlaceLevel.SPACE and not book.nesting.spaces_of(finding.place)
    ):
        return rows.not_there(finding, figure, "no_space" if parts else "no_parts")
    for one in parts:
        if one is None or not one.is_shown:
            status = ValueStatus.SUPPRESSED if one is None else one.status
            reason = "spans_hidden" if status is ValueStatus.SUPPRESSED else status.value
            if one is not None and one.reason in (UNCOUNTED, NOT_COLLECTED):
                reason = one.reason
            return rows.told(finding, figure, status, reason)
    upper, lower = parts[0], parts[1] if len(parts) > 1 else None
    assert upper is not None
    if lower is not None and lower.value is None:
        return rows.hidden(finding, figure, "spans_hidden")
    by = _denominator(finding, lower)
    if by is None:
        return rows.not_there(finding, figure, "not_applicable")
    if figure.guard is not Guard.RATE:
        return _quotient(finding, figure, upper, by)
    if by < MIN_CASES:
        return rows.unreliable(finding, figure, "few_cases")
    return _rate(book, finding, figure, upper, by)


def _rate(book: Book, finding: Finding, figure: Figure, upper: Printed, by: Fraction) -> Printed:
    """Return from where to where a rate can lie: a printed 10 of a printed 60 may be 5 of 64, or 14 of 55.

    A number would be made of rounding mostly: four unused bookings of 54 read 0 %, and five of 58 read 17 %.
    """
    if upper.value is None:
        return rows.hidden(finding, figure, "spans_hidden")
    top = _meant(book, finding, figure.parts[0], Fraction(upper.value))
    bottom = _meant(book, finding, figure.parts[1], by)
    low, high = top[0] * 100 / bottom[1], top[1] * 100 / max(bottom[0], Fraction(1))
    if figure.id not in _OVER_ALL:
        high = min(high, Fraction(100))
    finding = finding._replace(flags=finding.flags | upper.flags)
    return rows.range_of(finding, figure, sums.outward(low, high), "of_rounded")


def _meant(book: Book, finding: Finding, figure: str, printed: Fraction) -> tuple[Fraction, Fraction]:
    """Return what a printed count stands for: each of the numbers that it was added up from was rounded by itself."""
    of = leaves(book, book.registry[figure], finding.place, finding.period)
    rounded = max(1, sum(1 for row in book.rows(figure, of) if row is not None and row.is_shown))
    if book.registry[figure].guard is Guard.HAND:
        # What was written down of a town besides its spaces was rounded by itself, in each month.
        rounded += len(months_of(finding.period)) * (finding.place.level is not PlaceLevel.SPACE)
    return max(printed - HALF_TEN * rounded, Fraction(0)), printed + (HALF_TEN - 1) * rounded


def _denominator(finding: Finding, lower: Printed | None) -> Fraction | None:
    """Return what is divided by: a printed number, or the number of inhabitants, which is public."""
    if lower is not None:
        return Fraction(lower.value) if lower.value else None
    return Fraction(finding.denominator) if finding.denominator else None


def _quotient(finding: Finding, figure: Figure, upper: Printed, by: Fraction) -> Printed:
    scale = 100 if figure.unit is Unit.PERCENT else sums.SCALES.get(figure.id, 1)
    low, high = (None if one is None else one * scale / by for one in sums.bounds_of(upper))
    assert low is not None
    finding = finding._replace(flags=finding.flags | upper.flags)
    if figure.unit is not Unit.PERCENT:
        low, high = _to_tenth(low), None if high is None else _to_tenth(high)
    else:
        low, high = Fraction(to_whole(low)), None if high is None else Fraction(to_whole(high))
    if low == high:
        return rows.number(finding, figure, _decimal(low), ValueStatus.ROUNDED, "of_printed")
    return rows.range_of(finding, figure, (low, high), "of_printed")


def _to_tenth(value: Fraction) -> Fraction:
    return (value / _TENTH + HALF).__floor__() * _TENTH


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
