"""Persons of one space in one calendar year, in bands (S3), as far as the months leave them open (S5)."""

from typing import Final

from hub.domain.disclosure import rows
from hub.domain.disclosure.book import Book
from hub.domain.disclosure.derived import months_of
from hub.domain.disclosure.months import VISITS, hidden_again, kept, open_days
from hub.domain.disclosure.rules import (
    FEW,
    LADDER,
    MIN_VALID_PCT,
    PERSON_BANDS,
    Band,
    Rules,
    Told,
    open_until,
    person_band,
    told_by_cap,
    told_by_days,
    told_by_number,
)
from hub.domain.statistics.figures import Figure
from hub.domain.statistics.findings import Finding, Missing, Place
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import UNCOUNTED, Printed, ValueStatus

USERS: Final = "users"
NEW: Final = "new_users"
RETURNING: Final = "returning_users"
_UNKNOWN: Final = Told(0, None)
_NOBODY: Final = Told(0, 0)
"""Every month was closed, or before or after the space's life."""


def told_by_months(book: Book, place: Place, year: Span, rules: Rules) -> Told | None:
    """Return what a reader knows of a year's persons from the visits of its months; None where a month is missing."""
    low, high = 0, 0
    is_open = False
    for month in months_of(year):
        told = _told(book, place, month, rules)
        if told is None:
            return None
        low = max(low, told.low)
        high += told.high or 0
        is_open = is_open or told.high is None
    return Told(low, None if is_open else high)


def _told(book: Book, place: Place, month: Span, rules: Rules) -> Told | None:
    row = book.row(place, VISITS, month)
    if row is None:
        return _NOBODY if book.nesting.is_outside(place, month.first) else None
    if row.status is ValueStatus.PENDING:
        return None
    if row.status is ValueStatus.NOT_APPLICABLE:
        return _NOBODY
    if row.value is not None:
        days = open_days(book, place, month)
        return (
            told_by_number(int(row.value), days)
            if rules.capped_visits
            else told_by_days(int(row.value), days)
        )
    if row.low is not None:
        return told_by_cap(int(row.low), open_days(book, place, month))
    if row.reason in {"few_persons", "popup_few_persons"}:
        return Told(0, FEW - 1)
    return Told(FEW, None) if row.reason == "secondary" else _UNKNOWN


def person_row(
    book: Book, finding: Finding, figure: Figure, rules: Rules, *, few: bool, must_hide: bool
) -> Printed:
    """Return what is printed of persons of one space.

    Args:
        few: whether it is a pop-up with too few in its whole run (S9).
        must_hide: whether the audit found that it would tell something.
    """
    year = book.nesting.year_of(finding.place, finding.period)
    if finding.missing is not None and not finding.is_uncounted:
        return rows.absent(finding, figure, _absent(finding.missing))
    assert year is not None
    valid = rows.valid_pct(finding.valid_share)
    if valid is not None and valid < MIN_VALID_PCT:
        return rows.unreliable(finding, figure, "little_data")
    if told_by_months(book, finding.place, year, rules) == _NOBODY:
        return rows.closed(finding, figure)
    if must_hide:
        return hidden_again(book, finding, figure)
    if few:
        return kept(book, rows.hidden(finding, figure, "popup_few_persons"), rules)
    if finding.is_uncounted:
        return kept(book, rows.hidden(finding, figure, UNCOUNTED), rules)
    return kept(book, _made(book, finding, figure, year, rules), rules)


def _absent(missing: Missing) -> str:
    return "pending" if missing is Missing.PENDING else "not_applicable"


def _made(book: Book, finding: Finding, figure: Figure, year: Span, rules: Rules) -> Printed:
    assert finding.value is not None
    persons = int(finding.value)
    if not rules.person_bands:
        return rows.number(finding, figure, persons, ValueStatus.OK)
    if finding.figure == USERS:
        return _users(book, finding, figure, year, rules)
    if finding.figure == NEW:
        return _new(book, finding, figure, year, rules)
    if finding.figure == RETURNING:
        return _returning(book, finding, figure, year)
    # No rule says what bands of other groups of the same persons would tell together.
    return rows.hidden(finding, figure, "secondary")


def _users(book: Book, finding: Finding, figure: Figure, year: Span, rules: Rules) -> Printed:
    assert finding.value is not None
    persons = int(finding.value)
    if not rules.ladder_by_months:
        return rows.band(finding, figure, person_band(persons), "person_band")
    told = told_by_months(book, finding.place, year, rules)
    if told is None:
        # Printed first, the band would be narrowed by what months say later.
        return rows.pending(finding, figure, "months_missing")
    if told.high is not None:
        persons = min(persons, told.high)
    persons = max(persons, told.low)
    steps = [low for low in LADDER[1:] if told.high is None or told.high >= open_until(low)]
    if not steps:
        return rows.hidden(finding, figure, "secondary")
    cuts = (0, *steps)
    at = max(step for step, low in enumerate(cuts) if low <= persons)
    high = cuts[at + 1] - 1 if at + 1 < len(cuts) else None
    return rows.band(finding, figure, Band(cuts[at], high), "person_band")


def _new(book: Book, finding: Finding, figure: Figure, year: Span, rules: Rules) -> Printed:
    """Return new users: printed only where, with any band of them, both years' users stay open.

    Users of a year less the new ones are those of the year before, and of these there were no more than its users. So 5
    to 9 users after fewer than 5, fewer than 5 of them new, would be 8 at most.
    """
    assert finding.value is not None
    users = book.row(finding.place, USERS, year)
    if users is None or users.low is None:
        return rows.hidden(finding, figure, "secondary")
    here = _step(users)
    band = person_band(int(finding.value))
    if here is not None:
        band = min(band, PERSON_BANDS[here])
    if not rules.new_by_bands:
        return rows.band(finding, figure, band, "person_band")
    if here is None or (here and not _leaves_open(book, finding.place, year, here)):
        return rows.hidden(finding, figure, "secondary")
    return rows.band(finding, figure, band, "person_band")


def _leaves_open(book: Book, place: Place, year: Span, here: int) -> bool:
    """Say whether the year before had as many users; one that is not printed yet would be narrowed when it is."""
    before = book.row(place, USERS, Span.of_year(year.first.year - 1))
    step = None if before is None else _step(before)
    return step is not None and step >= here


def _step(row: Printed) -> int | None:
    """Return which band of S3 a row is; None for any other, and for none."""
    if row.low is None:
        return None
    band = Band(int(row.low), None if row.high is None else int(row.high))
    return PERSON_BANDS.index(band) if band in PERSON_BANDS else None


def _returning(book: Book, finding: Finding, figure: Figure, year: Span) -> Printed:
    """Return users less new ones, as far as both are printed (S4): a band of their own would narrow both."""
    users, new = book.row(finding.place, USERS, year), book.row(finding.place, NEW, year)
    if users is None or users.high is None or new is None or new.low is None:
        return rows.hidden(finding, figure, "spans_hidden")
    return rows.band(finding, figure, Band(0, int(users.high - new.low)), "of_printed")
