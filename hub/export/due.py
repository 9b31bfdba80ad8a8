"""What members owe for a month as CSV, in two dialects that are never mixed (requirements O1, O2, O5)."""

from collections.abc import Sequence
from typing import Final

from hub.domain.due import DueKind, DueLine
from hub.export.csv_dialects import Dialect, day, money, table

COLUMNS: Final = ("month", "member", "name", "kind", "tariff", "since", "count", "amount_eur", "visits")

_KINDS: Final = {
    DueKind.SOLD: "sold",
    DueKind.COMBINED: "combined",
    DueKind.MONTH: "month",
    DueKind.UNCOVERED: "visits_without_pass",
}


def due_csv(month: str, lines: Sequence[DueLine], dialect: Dialect) -> bytes:
    """Return the lines with one header row; an amount that nothing sets is empty, never 0.

    Args:
        month: as `2026-11`.
    """
    rows = [
        (
            month,
            "" if line.member is None else str(line.member),
            line.name,
            _KINDS[line.kind],
            line.tariff,
            day(line.since, dialect),
            str(line.count),
            "" if line.amount_cents is None else money(line.amount_cents, dialect),
            str(line.visits),
        )
        for line in lines
    ]
    return table(COLUMNS, rows, dialect)
