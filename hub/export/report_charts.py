"""Which charts a report has: the course of its figures by month, how well it was measured, towns side by side; pure.

Page, PDF and HTML show the same ones. Those of pages are drawn when a report is published, for a wide and for a narrow
page, in both languages.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from hub.domain.statistics.figures import Unit
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Printed, Report
from hub.export import report_values as values
from hub.export.charts import NARROW, WIDE, Chart, Point, Series, Shape, draw, shown_values
from hub.export.report_document_words import DOCUMENT
from hub.export.report_words import WORDS

VISITS, SHARES, NO_SHOWS, QUALITY, TOWNS = "visits", "shares", "no-shows", "quality", "towns"
"""What charts of pages are called; `name_of` adds width and language."""

EVENTS: Final = ("events",)
COURSES: Final[dict[str, tuple[str, ...]]] = {
    VISITS: ("visits",),
    SHARES: ("booking_utilisation", "occupancy"),
    NO_SHOWS: ("no_show_rate",),
}
TRENDS: Final = (COURSES[VISITS], EVENTS, COURSES[SHARES], COURSES[NO_SHOWS])
"""What is drawn by month, in this order (requirement K3); what stands together is compared."""

SIDE_BY_SIDE: Final = ("visits_per_open_hour", "visits_per_desk", "visits_per_thousand", "occupancy")
"""What towns are compared by (requirement K8)."""

ENOUGH_PCT: Final = 80
"""Of the offered time must be known (K2)."""

LEAST_MONTHS: Final = 2


class Drawn(NamedTuple):
    """A chart of a page."""

    name: str
    svg: str


def name_of(kind: str, size: str, language: str) -> str:
    """Return the name of a chart: `visits-wide-de`."""
    return f"{kind}-{size}-{language}"


def page_charts(report: Report) -> list[Drawn]:
    """Return all charts of a report's pages, drawn, in the order of pages."""
    return [
        Drawn(name_of(kind, look.name, language), draw(chart, look))
        for language in WORDS
        for look in (WIDE, NARROW)
        for kind, make in _PAGE.items()
        if (chart := make(report, language)) is not None
    ]


def course(report: Report, figures: Sequence[str], language: str) -> Chart | None:
    """Return figures of the subject by month; None where there are no months, or nothing of any can be shown."""
    series = course_series(report, figures, language)
    if not shown_values(series):
        return None
    heading = values.joined([one.name for one in series], language)
    unit = values.figure_of(figures[0]).unit
    axis = heading if unit is Unit.COUNT else WORDS[language].unit_names.get(unit, unit.value)
    return Chart(
        Shape.MONTHS, series, axis[:1].upper() + axis[1:], alt_of(heading, series, language), language
    )


def course_series(report: Report, figures: Sequence[str], language: str) -> tuple[Series, ...]:
    """Return the bars of figures that have months in a report, whatever there is to see of them."""
    months = [Span.of_month(month) for month in report.period.months()]
    if len(months) < LEAST_MONTHS:
        return ()
    found = {figure: [report.row(report.subject, figure, month) for month in months] for figure in figures}
    return tuple(
        Series(
            values.figure_name(figure, language),
            tuple(
                _point(_label(month, report.period, language), row, language)
                for month, row in zip(months, rows, strict=True)
            ),
        )
        for figure, rows in found.items()
        if any(row is not None for row in rows)
    )


def quality(report: Report, language: str) -> Chart | None:
    """Return how much of the offered time was measured, month by month, and how much is enough."""
    points = []
    for month in map(Span.of_month, report.period.months()):
        row, label = report.row(report.subject, "occupancy", month), _label(month, report.period, language)
        pct = None if row is None else row.valid_pct
        if pct is None:
            points.append(Point(label, "" if row is None else values.sign(row) or "."))
        else:
            points.append(Point(label, values.percent(pct, language), values.exact(pct)))
    series = (Series(DOCUMENT[language]["known"], tuple(points)),)
    if len(points) < LEAST_MONTHS or not shown_values(series):
        return None
    name = series[0].name
    return Chart(Shape.MONTHS, series, name, alt_of(name, series, language), language, ENOUGH_PCT)


def side_by_side(report: Report, figure: str, language: str) -> Chart | None:
    """Return a figure of each town for the whole period, in the order of the report; never by rank (K3)."""
    towns = [note.place for note in report.places if note.place.level is PlaceLevel.TOWN]
    name = values.figure_name(figure, language)
    series = (Series(name, tuple(_bar(report, town, figure, language) for town in towns)),)
    if len(towns) < LEAST_MONTHS or not shown_values(series):
        return None
    return Chart(Shape.PLACES, series, name, alt_of(name, series, language), language)


def _course_of(kind: str) -> Callable[[Report, str], Chart | None]:
    return lambda report, language: course(report, COURSES[kind], language)


_PAGE: Final[dict[str, Callable[[Report, str], Chart | None]]] = {
    **{kind: _course_of(kind) for kind in COURSES},
    QUALITY: quality,
    TOWNS: lambda report, language: side_by_side(report, SIDE_BY_SIDE[0], language),
}


def alt_of(heading: str, series: Sequence[Series], language: str) -> str:
    """Return a chart in words, with all its numbers."""
    said = DOCUMENT[language]
    parts = []
    for one in series:
        told = ", ".join(f"{point.label} {point.said or said['no_value']}" for point in one.points)
        parts.append(told if len(series) == 1 else f"{one.name}: {told}")
    return said["alt"].format(figure=heading, values="; ".join(parts))


def _label(month: Span, period: Span, language: str) -> str:
    """Return a month below a bar, without the year where all are of the same one."""
    name = values.month_name(month.first, language, is_short=True)
    return name.partition(" ")[0] if period.first.year == period.last.year else name


def _point(label: str, row: Printed | None, language: str, *, without: str = "") -> Point:
    if row is None:
        return Point(label, without)
    return Point(label, values.shown(row, language), row.value, row.low, row.high)


def _bar(report: Report, place: Place, figure: str, language: str) -> Point:
    without = "" if values.note_of(report, place).has_space else "x"
    row = values.whole_row(report, place, figure)
    return _point(values.place_name(report, place, language), row, language, without=without)
