"""A report as CSV, tidy, in two dialects that are never mixed (requirements O1, O2, O3, O5); pure."""

from datetime import date
from decimal import Decimal

from hub.domain.statistics.printed import Report
from hub.export.csv_dialects import Dialect, day, table
from hub.export.report_table import NAMES, Cell, tidy


def report_csv(report: Report, dialect: Dialect) -> bytes:
    """Return all rows of a report; what is not shown is an empty cell with its `value_status`, never a 0."""
    return table(NAMES, [[written(cell, dialect) for cell in row] for row in tidy(report)], dialect)


def written(cell: Cell, dialect: Dialect) -> str:
    """Return a cell as the dialect writes it."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return day(cell, dialect)
    if isinstance(cell, Decimal):
        plain = format(cell, "f")
        return plain.replace(".", ",") if dialect is Dialect.EXCEL_DE else plain
    return str(cell)
