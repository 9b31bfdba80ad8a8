"""What the role Statistik sees, and nobody else (S6): exact values, each beside the reason why others don't see it."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from hub.domain.disclosure import rows
from hub.domain.disclosure.rules import MIN_VALID_PCT
from hub.domain.statistics.figures import Figure
from hub.domain.statistics.findings import Finding
from hub.domain.statistics.printed import Printed, ValueStatus

_TENTH: Final = Decimal("0.1")


def internal_row(finding: Finding, figure: Figure, public: Printed | None) -> Printed:
    """Return a finding as it is.

    Args:
        public: what everyone sees; None for a figure that is internal as such.
    """
    reason = "internal" if public is None else public.reason
    if finding.value is None:
        return rows.absent(finding, figure, reason or "not_applicable")
    valid = rows.valid_pct(finding.valid_share)
    is_known = valid is None or valid >= MIN_VALID_PCT
    status = ValueStatus.OK if is_known else ValueStatus.UNRELIABLE
    return rows.number(finding, figure, exact(finding.value), status, reason)


def exact(value: Decimal) -> Decimal:
    """Return a number to one decimal place, a whole one without."""
    return value if value == int(value) else value.quantize(_TENTH, ROUND_HALF_UP)
