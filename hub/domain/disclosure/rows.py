"""Rows of one kind each: how a finding looks once it is decided what becomes of it."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from hub.domain.disclosure.rules import Band
from hub.domain.statistics.figures import Figure
from hub.domain.statistics.findings import Finding, Flag, Missing
from hub.domain.statistics.printed import REASONS, Printed, ValueStatus

_NO_FLAGS: Final = frozenset[Flag]()


def _row(
    finding: Finding,
    figure: Figure,
    status: ValueStatus,
    reason: str = "",
    *,
    value: Decimal | None = None,
    low: Decimal | None = None,
    high: Decimal | None = None,
) -> Printed:
    if reason and reason not in REASONS:
        raise ValueError(f'nobody has words for the reason "{reason}": add it to REASONS, and its words')
    return Printed(
        finding.place,
        finding.period,
        finding.figure,
        status,
        value,
        low,
        high,
        reason,
        figure.method,
        valid_pct(finding.valid_share),
        # Whether a hidden value is an estimate is nobody's business.
        _NO_FLAGS if status is ValueStatus.SUPPRESSED else finding.flags,
    )


def valid_pct(share: Fraction | None) -> int | None:
    """Return how much is known in whole per cent, rounded down: 80 means that 80 are."""
    return None if share is None else share.numerator * 100 // share.denominator


def absent(finding: Finding, figure: Figure, reason: str) -> Printed:
    """Return the row of a value that is not there."""
    if finding.missing is Missing.PENDING:
        return _row(finding, figure, ValueStatus.PENDING, reason)
    return _row(finding, figure, ValueStatus.NOT_APPLICABLE, reason)


def hidden(finding: Finding, figure: Figure, reason: str) -> Printed:
    """Return a row that shows nothing."""
    return _row(finding, figure, ValueStatus.SUPPRESSED, reason)


def unreliable(finding: Finding, figure: Figure, reason: str) -> Printed:
    """Return the row of too little that is known."""
    return _row(finding, figure, ValueStatus.UNRELIABLE, reason)


def number(
    finding: Finding, figure: Figure, value: Decimal | int, status: ValueStatus, reason: str = ""
) -> Printed:
    """Return a row with a number."""
    if Flag.ESTIMATED in finding.flags:
        status = ValueStatus.ESTIMATED
    return _row(finding, figure, status, reason, value=Decimal(value))


def band(finding: Finding, figure: Figure, bounds: Band, reason: str) -> Printed:
    """Return a row with a band."""
    high = None if bounds.high is None else Decimal(bounds.high)
    return _row(finding, figure, ValueStatus.ROUNDED, reason, low=Decimal(bounds.low), high=high)


def revised(row: Printed, before: Printed | None) -> Printed:
    """Return a row with the sign of a correction where a reader was told another number before (K10); it stays."""
    if before is None or not before.is_shown or not row.is_shown:
        return row
    is_same = (before.value, before.low, before.high) == (row.value, row.low, row.high)
    if is_same and Flag.REVISED not in before.flags:
        return row
    return replace(row, status=ValueStatus.REVISED, flags=row.flags | {Flag.REVISED})


def form_of(row: Printed) -> object:
    """Return what must stay as it is in corrections (S5): hidden, that it is a number, or which band."""
    if row.status is ValueStatus.SUPPRESSED:
        return "hidden"
    return "number" if row.value is not None else (row.low, row.high)


def closed(finding: Finding, figure: Figure) -> Printed:
    """Return the row of a time in which nobody could come in: no value, and none that is hidden."""
    return _row(finding, figure, ValueStatus.NOT_APPLICABLE, "closed")


def again(decided: Printed, made: Printed | Finding) -> Printed:
    """Return a row as it was printed; the period is written as it is asked for."""
    if decided.period is made.period or decided.period == made.period:
        return decided
    return replace(decided, period=made.period)


def pending(finding: Finding, figure: Figure, reason: str) -> Printed:
    """Return the row of a value that other rows come before."""
    return _row(finding, figure, ValueStatus.PENDING, reason)


def told(finding: Finding, figure: Figure, status: ValueStatus, reason: str) -> Printed:
    """Return a row without a value."""
    if status is ValueStatus.SUPPRESSED:
        return hidden(finding, figure, reason)
    return _row(finding, figure, status, reason)


def not_there(finding: Finding, figure: Figure, reason: str) -> Printed:
    """Return the row of what can't exist here."""
    return _row(finding, figure, ValueStatus.NOT_APPLICABLE, reason)


def range_of(
    finding: Finding, figure: Figure, bounds: tuple[int | Fraction, int | Fraction | None], reason: str
) -> Printed:
    """Return a row that goes from one number to another."""
    low, high = (None if one is None else Decimal(one.numerator) / Decimal(one.denominator) for one in bounds)
    return _row(finding, figure, ValueStatus.ROUNDED, reason, low=low, high=high)
