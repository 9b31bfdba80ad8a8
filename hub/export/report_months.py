"""What the months that are shown tell of a period that itself has no number: a sum, or from where to where; pure.

A total never spans a hidden month (requirement S4), and so a year with one has none. What is printed of the other
months may be added up by anyone, and is told here with how many they are.
"""

from dataclasses import dataclass
from decimal import Decimal

from hub.domain.statistics.figures import Grain, Guard
from hub.domain.statistics.findings import Place
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Printed, Report, ValueStatus
from hub.export import report_values as values
from hub.export.report_sentences import SENTENCES
from hub.export.report_words import WORDS


@dataclass(frozen=True, slots=True)
class Part:
    """What the shown months of a period tell.

    Args:
        shown: how many of `count` months have a number.
        low, high: the sum of a figure that can be added up, twice; else the lowest and the highest month.
    """

    figure: str
    shown: int
    count: int
    low: Decimal
    high: Decimal
    is_sum: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of a whole period: what it is called, its value, and how reliable that is."""

    name: str
    value: str
    reliability: str


def part_of(report: Report, row: Printed) -> Part | None:
    """Return what the months of a row tell; None where it has a number, or no month has one."""
    figure = values.figure_of(row.figure)
    is_sum = figure.guard is Guard.COUNT and figure.grain is Grain.MONTH
    is_hidden = row.status in {ValueStatus.SUPPRESSED, ValueStatus.UNRELIABLE} and not row.is_shown
    if not is_hidden or row.period.is_month or not (is_sum or figure.guard is Guard.SHARE):
        return None
    months = [report.row(row.place, row.figure, Span.of_month(month)) for month in row.period.months()]
    found = [month.value for month in months if month is not None and month.value is not None]
    if not found:
        return None
    low, high = (sum(found, Decimal(0)),) * 2 if is_sum else (min(found), max(found))
    return Part(row.figure, len(found), len(months), low, high, is_sum)


def part_text(part: Part, language: str) -> str:
    """Return the sum, or from where to where: "740", "3 bis 5 %"."""
    unit = values.figure_of(part.figure).unit
    if part.low == part.high:
        return values.with_unit(part.low, unit, language)
    words = WORDS[language]
    said = words.between.format(
        low=values.number(part.low, language), high=values.number(part.high, language)
    )
    return words.units.get(unit, "{}").format(said)


def part_sentence(report: Report, row: Printed, language: str) -> str:
    """Return in a sentence what the shown months tell; empty where they tell nothing."""
    part = part_of(report, row)
    if part is None:
        return ""
    return SENTENCES[language]["part_sum" if part.is_sum else "part_range"].format(
        figure=values.figure_name(row.figure, language),
        shown=part.shown,
        count=part.count,
        value=part_text(part, language),
    )


def value_or_part(report: Report, row: Printed, language: str) -> str:
    """Return a value within an enumeration, what its months tell, or nothing."""
    if row.is_shown:
        return values.shown(row, language)
    part = part_of(report, row)
    if part is None:
        return ""
    return SENTENCES[language]["part_short"].format(
        value=part_text(part, language), shown=part.shown, count=part.count
    )


def line_of(report: Report, row: Printed, language: str) -> Line:
    """Return a figure of a whole period in words; where it has no number, what its months tell."""
    name = values.figure_name(row.figure, language)
    if row.period != report.period:
        name = f"{name} ({values.span_name(row.period, language)})"
    part = part_of(report, row)
    if part is None:
        return Line(name, values.shown(row, language), values.reliability(row, language))
    said = SENTENCES[language]
    return Line(
        said["part_name"].format(figure=name, shown=part.shown, count=part.count),
        part_text(part, language),
        "; ".join([said["part_of_sum" if part.is_sum else "part_of_range"], *values.measured(row, language)]),
    )


def lines_of(report: Report, place: Place, language: str) -> list[tuple[Printed, Line]]:
    """Return the figures of a place for the whole period, in the registry's order, without what nobody collects."""
    spans = {report.period, *report.period.years()}
    figures = {row.figure for row in report.rows if row.place == place and row.period in spans}
    rows = [values.whole_row(report, place, figure) for figure in values.in_order(figures)]
    return [
        (row, line_of(report, row, language))
        for row in rows
        if row is not None and not values.is_left_out(row)
    ]
