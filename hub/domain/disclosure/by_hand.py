"""What somebody wrote down (K10): to the nearest ten; and none of it may tell what is hidden elsewhere.

Enquiries, costs and the like are of nobody. A count of visits or guests, an answer, an income are of persons whom
nobody knows (S1): they are hidden while they round to nothing, and where what they come from is.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from hub.domain.disclosure import rows
from hub.domain.disclosure.book import Book
from hub.domain.disclosure.derived import months_of
from hub.domain.disclosure.months import kept
from hub.domain.disclosure.rules import FEW, TEN, Rules, to_ten
from hub.domain.statistics.figures import Figure, Grain, Level, Origin
from hub.domain.statistics.findings import Finding, Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Printed, ValueStatus

_NEEDS: Final = {
    # Counted by hand, too, the visits that are hidden would stand beside their hiding.
    "hand_count": "visits",
    # What few pay tells how many they are, and what one of them pays.
    "revenue": "users",
    "way_drivers": "way_answers",
    "way_km_low": "way_drivers",
    "way_km_high": "way_drivers",
    "way_co2_low": "way_drivers",
    "way_co2_high": "way_drivers",
    "survey_satisfied": "survey_answers",
}
"""Which figure of the same place and period must be printed."""


def is_of_persons(figure: Figure) -> bool:
    """Say whether a figure that was written down counts people, or what they do."""
    return figure.level is not Level.OUTPUT or figure.origin is Origin.SURVEY or figure.id in _NEEDS


def hand_row(book: Book, finding: Finding, figure: Figure, rules: Rules, *, few: bool) -> Printed:
    """Return what is printed of a value that was written down.

    Args:
        few: whether it is of a pop-up with too few persons in its whole run (S9).
    """
    assert finding.value is not None
    printed = to_ten(finding.value) if rules.nearest_ten else finding.value
    made = rows.number(finding, figure, printed, ValueStatus.ROUNDED)
    if is_of_persons(figure):
        if few:
            made = rows.hidden(finding, figure, "popup_few_persons")
        elif (rules.five_persons and printed < TEN) or not _has_what_it_needs(book, finding):
            made = rows.hidden(finding, figure, "few_persons")
    return kept(book, made, rules)


def _has_what_it_needs(book: Book, finding: Finding) -> bool:
    needed = _NEEDS.get(finding.figure)
    if needed is None:
        return True
    period = finding.period
    row = book.row(finding.place, needed, Span.of_year(period.first.year) if needed == "users" else period)
    if row is None or not row.is_shown:
        return False
    if needed == "users":
        return row.low is not None and row.low >= FEW
    return row.value is not None


def own_part(
    book: Book, figure: Figure, place: Place, period: Span, values: Mapping[tuple[Place, str, Span], Decimal]
) -> int:
    """Return what was written down of a town, or the network, besides what was of its spaces; each month to ten.

    Args:
        values: as they were written down, with those of spaces in them.
    """
    towns = book.nesting.towns_of(place)
    within = towns or book.nesting.spaces_of(place)
    periods = months_of(period) if figure.grain is Grain.MONTH else (period,)
    own = 0
    for when in periods:
        whole = values.get((place, figure.id, when))
        if whole is not None and place.level is not PlaceLevel.SPACE:
            parts = sum((values.get((one, figure.id, when), Decimal(0)) for one in within), Decimal(0))
            own += to_ten(max(whole - parts, Decimal(0)))
    # A town of whose spaces nothing was written down is a row of its own.
    beside = [
        one for one in towns if any(book.has_value(at, figure.id) for at in book.nesting.spaces_of(one))
    ]
    return own + sum(own_part(book, figure, one, period, values) for one in beside)
