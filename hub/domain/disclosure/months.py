"""Figures of use of one space in one month: the only ones that are made of true values (S1 to S3)."""

from dataclasses import dataclass
from decimal import Decimal

from hub.domain.disclosure import rows
from hub.domain.disclosure.book import Book
from hub.domain.disclosure.rules import (
    BANDED,
    FEW,
    HALF,
    LADDER,
    MIN_OPEN_DAYS,
    MIN_VALID_PCT,
    Band,
    Rules,
    cap_of,
    floor_step,
    share_band,
    to_ten,
    to_whole,
)
from hub.domain.statistics.figures import Figure, Guard
from hub.domain.statistics.findings import Finding, Missing, Place
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import UNCOUNTED, Printed, ValueStatus

VISITS = "visits"
IN_BANDS_TOO = frozenset({"occupancy", "booking_utilisation"})
"""What is printed of a month in which one person makes up more than half of any desk time: bands of presence within
opening hours, hours of access and noon would narrow each other."""


@dataclass(frozen=True, slots=True)
class SpaceMonth:
    """What is known of one space in one month before anything is printed of it.

    Args:
        days: on which it was open; None where nobody said so.
        persons: distinct ones who visited; None where nobody counts them.
        is_dominated: whether one person makes up more than half of any of its desk times.
        is_closed: whether nobody could come in at all.
        few_in_run: whether it is a pop-up with too few persons in its whole run (S9).
    """

    days: int
    persons: int | None
    is_dominated: bool
    is_closed: bool
    few_in_run: bool


def space_month(
    book: Book, place: Place, period: Span, findings: dict[str, Finding], *, few: bool
) -> SpaceMonth:
    """Look at the findings of one space and month."""
    visits = findings.get(VISITS)
    persons = None
    if visits is not None and visits.value is not None:
        # Who comes makes a visit; somebody who only booked is none of those who came.
        persons = min(len(visits.persons), int(visits.value))
    shares = (one for one in findings.values() if book.registry[one.figure].guard is Guard.SHARE)
    return SpaceMonth(
        days=open_days(book, place, period),
        persons=persons,
        is_dominated=any(one.top_share > HALF for one in shares),
        is_closed=_printed(book, place, "open_hours", period) == 0
        and _printed(book, place, "access_hours", period) == 0,
        few_in_run=few,
    )


def open_days(book: Book, place: Place, period: Span) -> int:
    """Return on how many days somebody could visit, as far as a reader knows."""
    days = _printed(book, place, "open_days", period)
    return sum(1 for _ in period.days()) if days is None else int(days)


def _printed(book: Book, place: Place, figure: str, period: Span) -> Decimal | None:
    row = book.row(place, figure, period)
    return None if row is None else row.value


def month_row(
    book: Book, finding: Finding, figure: Figure, month: SpaceMonth, rules: Rules, *, must_hide: bool
) -> Printed:
    """Return what is printed of one figure.

    Args:
        must_hide: whether the audit found that it would tell something.
    """
    made = _made(book, finding, figure, month, rules)
    return hidden_again(book, finding, figure) if must_hide and made.is_shown else kept(book, made, rules)


def hidden_again(book: Book, finding: Finding, figure: Figure) -> Printed:
    """Return what the audit makes of a row: what it was before, or hidden."""
    decided = book.decided(finding.place, finding.figure, finding.period)
    if decided is not None:
        return rows.again(decided, finding)
    return rows.hidden(finding, figure, "secondary")


def kept(book: Book, made: Printed, rules: Rules) -> Printed:
    """Return a row in the form that it was printed in first (S5).

    A row that turns from hidden to a number says that a fifth person has come, and which step of a band somebody was on
    is told by the release that crosses it. So a correction changes numbers, but no form: what would change it is
    printed as it was, and nothing marks it.
    """
    decided = book.decided(made.place, made.figure, made.period)
    decides = made.is_shown or made.status is ValueStatus.SUPPRESSED
    if rules.forms_stay and decides and decided is not None and rows.form_of(decided) != rows.form_of(made):
        return rows.again(decided, made)
    return rows.revised(made, book.before(made.place, made.figure, made.period))


def _made(book: Book, finding: Finding, figure: Figure, month: SpaceMonth, rules: Rules) -> Printed:
    reason = _absent(finding, figure)
    if reason is not None:
        return rows.absent(finding, figure, reason)
    if not finding.period.is_month:
        # Parts of a year's visits, by whatever: no rule says what they would tell beside the months.
        return rows.hidden(finding, figure, "secondary")
    if month.is_closed:
        return rows.closed(finding, figure)
    valid = rows.valid_pct(finding.valid_share)
    if valid is not None and valid < MIN_VALID_PCT:
        return rows.unreliable(finding, figure, "little_data")
    hiding = _hiding(finding, month, rules)
    if hiding:
        return rows.hidden(finding, figure, hiding)
    if figure.guard is Guard.SHARE:
        return _share(finding, figure, month, rules)
    return _count(book, finding, figure, month, rules)


def _absent(finding: Finding, figure: Figure) -> str | None:
    if finding.missing is Missing.PENDING:
        return "pending"
    if finding.missing is Missing.NOT_APPLICABLE:
        return "no_sensor" if figure.origin == "sensor" else "not_applicable"
    return None


def _hiding(finding: Finding, month: SpaceMonth, rules: Rules) -> str:
    """Return why a row is hidden; empty when it is not. Nobody at all looks like few (S4)."""
    if month.few_in_run:
        return "popup_few_persons"
    if finding.is_uncounted:
        return UNCOUNTED
    if rules.capped_visits and month.days < MIN_OPEN_DAYS:
        return "few_days"
    persons = len(finding.persons)
    if rules.together and month.persons is not None:
        persons = min(persons, month.persons)
    elif finding.figure == VISITS:
        persons = month.persons or 0
    if not rules.zero_as_hidden and not persons:
        return ""
    return "few_persons" if rules.five_persons and persons < FEW else ""


def _share(finding: Finding, figure: Figure, month: SpaceMonth, rules: Rules) -> Printed:
    assert finding.value is not None
    if finding.figure in BANDED:
        if month.is_dominated and rules.bands_for_one:
            return rows.hidden(finding, figure, "dominance")
        return rows.band(finding, figure, share_band(finding.value), "coarse_band")
    if month.is_dominated and rules.bands_for_one:
        if finding.figure not in IN_BANDS_TOO:
            return rows.hidden(finding, figure, "dominance")
        return rows.band(finding, figure, share_band(finding.value), "dominance_band")
    return rows.number(finding, figure, to_whole(finding.value), ValueStatus.OK)


def _count(book: Book, finding: Finding, figure: Figure, month: SpaceMonth, rules: Rules) -> Printed:
    assert finding.value is not None
    if not rules.nearest_ten:
        return rows.number(finding, figure, finding.value, ValueStatus.OK)
    printed = to_ten(finding.value)
    if finding.figure == VISITS and rules.capped_visits:
        cap = cap_of(_persons_floor(book, finding, month), month.days)
        if printed >= cap:
            return rows.band(finding, figure, Band(cap, None), "capped")
    return rows.number(finding, figure, printed, ValueStatus.ROUNDED)


def _persons_floor(book: Book, finding: Finding, month: SpaceMonth) -> int:
    """Return where the band begins that visits must not narrow: of the month's persons, or the year's."""
    low = LADDER[floor_step(max(month.persons or 0, FEW))]
    users = book.decided(finding.place, "users", Span.of_year(finding.period.first.year))
    if users is not None and users.low is not None:
        low = max(min(low, int(users.low)), FEW)
    return low
