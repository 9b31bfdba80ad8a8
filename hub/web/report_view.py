"""A report as a page shows it: what is read aloud, its matters, all figures, what is hidden and why; words only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hub.domain.statistics.figures import REGISTRY
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.printed import SIGNS, PlaceNote, Printed, Report, ValueStatus
from hub.web.figure_words import (
    REASONS,
    SIGN_WORDS,
    figure_name,
    period_text,
    place_name,
    reason_text,
    status_text,
    value_text,
)
from hub.web.language import gettext
from hub.web.report_sections import Section, Table, sections, what_of
from hub.web.report_sentences import Look, sentences

HIDDEN: Final = (ValueStatus.SUPPRESSED, ValueStatus.UNRELIABLE)
"""What is told under "what is hidden, and why"."""
BANDS: Final = frozenset({"dominance_band", "coarse_band", "person_band"})
EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A row in words.

    Args:
        mark: its status, for the sign before it.
    """

    name: str
    value: str
    status: str
    reason: str
    mark: str


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """All figures of a place for the whole period, and for its months."""

    note: PlaceNote
    name: str
    what: str
    lines: tuple[FigureLine, ...]
    months: Table | None


@dataclass(frozen=True, slots=True)
class HiddenLine:
    """What is not shown, by why."""

    reason: str
    number: int
    examples: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report in words."""

    report: Report
    title: str
    period: str
    sentences: tuple[str, ...]
    sections: tuple[Section, ...]
    places: tuple[PlaceFigures, ...]
    hidden: tuple[HiddenLine, ...]
    signs: tuple[tuple[str, str], ...]


def report_view(
    report: Report, pictures: frozenset[str] = frozenset(), *, every_row: bool = False
) -> ReportView:
    """Return a report in the language of the moment.

    Args:
        pictures: names of the charts that were drawn of it.
        every_row: whether months of all places are shown: else, of the network, those of the whole alone, as each town
            shows its own.
    """
    names = {note.place: place_name(note) for note in report.places}
    look = Look(report, names, pictures, {(row.place, row.figure, row.period): row for row in report.rows})
    is_network = report.subject.level is PlaceLevel.NETWORK
    used = {row.status for row in report.rows}
    return ReportView(
        report=report,
        title=names.get(report.subject, report.subject.id),
        period=period_text(report.period),
        sentences=tuple(sentences(look)),
        sections=sections(look),
        places=tuple(
            _place(report, note, months=every_row or not is_network or note.place == report.subject)
            for note in report.places
        ),
        hidden=_hidden(report, names),
        signs=tuple((SIGNS[status], gettext(word)) for status, word in SIGN_WORDS.items() if status in used),
    )


def _place(report: Report, note: PlaceNote, *, months: bool) -> PlaceFigures:
    rows = [row for row in report.rows if row.place == note.place and not _is_left_out(row)]
    whole = [row for row in rows if row.period == report.period]
    within = [row for row in rows if months and row.period != report.period]
    name = place_name(note)
    table = None
    if within:
        table = Table(
            gettext("Figures of %(place)s within the period", place=name),
            (gettext("Period"), gettext("Figure"), gettext("Value"), gettext("How reliable")),
            tuple(
                (period_text(row.period), figure_name(row.figure), value_text(row), _reliable(row))
                for row in sorted(within, key=lambda row: row.period)
            ),
        )
    return PlaceFigures(note, name, what_of(note), tuple(map(figure_line, whole)), table)


def _is_left_out(row: Printed) -> bool:
    """Say whether nobody collects a figure, and nobody misses it."""
    figure = REGISTRY.get(row.figure)
    return figure is not None and figure.is_optional and row.status is ValueStatus.NOT_APPLICABLE


def _reliable(row: Printed) -> str:
    reason = _more_than_status(row)
    return f"{status_text(row)}. {reason}" if reason else status_text(row)


def _more_than_status(row: Printed) -> str:
    """Return why a row is as it is, where that says more than its status does."""
    # That sums are made of what is printed holds for all of them, and stands in the method note.
    says_more = row.reason != "of_printed" and (row.reason in REASONS or row.status in HIDDEN)
    return reason_text(row) if says_more else ""


def figure_line(row: Printed) -> FigureLine:
    """Return a row in words."""
    return FigureLine(
        figure_name(row.figure), value_text(row), status_text(row), _more_than_status(row), row.status.value
    )


def _hidden(report: Report, names: dict[Place, str]) -> tuple[HiddenLine, ...]:
    by_reason: dict[str, list[Printed]] = {}
    for row in report.rows:
        if row.status in HIDDEN or row.reason in BANDS:
            by_reason.setdefault(row.reason if row.reason in REASONS else row.status, []).append(row)
    return tuple(
        HiddenLine(reason_text(rows[0]), len(rows), _examples(rows, names)) for rows in by_reason.values()
    )


def _examples(rows: Sequence[Printed], names: dict[Place, str]) -> str:
    some = "; ".join(
        f"{figure_name(row.figure)}, {names.get(row.place, row.place.id)}, {period_text(row.period)}"
        for row in rows[:EXAMPLES]
    )
    more = len(rows) - EXAMPLES
    return some if more <= 0 else gettext("%(some)s; and %(number)s more", some=some, number=more)
