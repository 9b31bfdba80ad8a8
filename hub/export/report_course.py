"""The course of a report by month: a sentence, a chart, and the same numbers in a table below it (requirement A4)."""

from collections.abc import Sequence

from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Report
from hub.export import report_values as values
from hub.export.charts import Point, Series
from hub.export.document import Block, Heading, Paragraph, Picture, Table
from hub.export.report_charts import TRENDS, course, course_series
from hub.export.report_document_words import DOCUMENT
from hub.export.report_words import WORDS

_MONTHS_ABREAST = 12


def course_blocks(report: Report, language: str) -> list[Block]:
    """Return the course of each figure that has months."""
    said, blocks = DOCUMENT[language], list[Block]()
    months = [Span.of_month(month) for month in report.period.months()]
    for group in TRENDS:
        series = course_series(report, group, language)
        if not series:
            continue
        figures = [
            figure for figure in group if any(report.row(report.subject, figure, month) for month in months)
        ]
        heading = values.joined([one.name for one in series], language)
        blocks.append(Heading(2, said["by_month"].format(figure=heading)))
        chart = course(report, group, language)
        if chart is None:
            why = ", ".join(_reasons(report, figures, months, language))
            blocks.append(Paragraph(said["trend_nothing"].format(figure=heading, why=why)))
            continue
        blocks += [
            Picture(chart, _trends(series, months, language)),
            _table(report, figures, series, language),
            *_notes(report, figures, months, language),
        ]
    return [Heading(1, said["trends"]), *blocks] if blocks else []


def _table(report: Report, figures: Sequence[str], series: Sequence[Series], language: str) -> Table:
    """Return months abreast, as their bars stand; of a longer period, a row for each year."""
    said, months = DOCUMENT[language], list(report.period.months())
    if len(months) <= _MONTHS_ABREAST:
        names = [values.month_name(month, language, is_short=True) for month in months]
        rows = [(one.name, *(point.said for point in one.points)) for one in series]
    else:
        names, rows = list(WORDS[language].short_months), []
        for figure, one in zip(figures, series, strict=True):
            for year in sorted({month.year for month in months}):
                by_month = {
                    month.month: values.shown(
                        report.row(report.subject, figure, Span.of_month(month)), language
                    )
                    for month in months
                    if month.year == year
                }
                rows.append((f"{one.name} {year}", *(by_month.get(number, "") for number in range(1, 13))))
    widths = (3.4, *(1.0 for _ in names))
    # Each table has a name of its own: whoever hears a page goes from one to the next by it.
    caption = said["month_caption"].format(figure=values.joined([one.name for one in series], language))
    return Table(caption, (said["figure"], *names), tuple(rows), len(names), widths, is_dense=True)


def _notes(report: Report, figures: Sequence[str], months: Sequence[Span], language: str) -> list[Block]:
    """Return which months have no number, and why; once, where it is the same of all figures."""
    told: dict[str, dict[str, list[Span]]] = {}
    for figure in figures:
        for month in months:
            row = report.row(report.subject, figure, month)
            if row is not None and row.value is None and row.reason != "of_printed":
                told.setdefault(figure, {}).setdefault(values.why(row, language), []).append(month)
    is_alike = len(told) == len(figures) and all(one == told[figures[0]] for one in told.values())
    parts = list[str]()
    for figure, reasons in told.items():
        before = "" if is_alike else f"{values.figure_name(figure, language)}: "
        for why, spans in reasons.items():
            runs = values.joined([values.span_name(run, language) for run in values.in_runs(spans)], language)
            parts.append(f"{before}{runs} ({why})")
    if not parts:
        return []
    text = DOCUMENT[language]["not_shown"].format(months="; ".join(dict.fromkeys(parts)))
    return [Paragraph(text, is_note=True)]


def _reasons(
    report: Report, figures: Sequence[str], months: Sequence[Span], language: str
) -> dict[str, None]:
    rows = [report.row(report.subject, figure, month) for figure in figures for month in months]
    return dict.fromkeys(values.why(row, language) for row in rows if row is not None)


def _trends(series: Sequence[Series], months: Sequence[Span], language: str) -> str:
    """Return a sentence for each series, and how many months they are about."""
    said = [_trend(one, months, language) for one in series]
    shown = min(sum(point.value is not None for point in one.points) for one in series)
    if 0 < shown < len(months):
        said.append(DOCUMENT[language]["trend_gaps"].format(shown=shown, count=len(months)))
    return " ".join(said)


def _trend(series: Series, months: Sequence[Span], language: str) -> str:
    """Return a sentence on the highest and the lowest of the numbers that are shown."""
    said = DOCUMENT[language]
    shown = [(one.value, number) for number, one in enumerate(series.points) if one.value is not None]
    if not shown:
        return said["trend_bands"].format(figure=series.name)
    most, least = max(shown, key=lambda one: one[0]), min(shown, key=lambda one: one[0])
    key = "trend_same" if most[0] == least[0] else "trend"
    return said[key].format(
        figure=series.name,
        most=_told(series.points[most[1]]),
        most_in=values.month_name(months[most[1]].first, language),
        least=_told(series.points[least[1]]),
        least_in=values.month_name(months[least[1]].first, language),
    )


def _told(point: Point) -> str:
    return "0" if point.value == 0 else point.said
