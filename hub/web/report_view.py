"""A report as a page shows it: what is read aloud, its matters, all figures, what is hidden and why; words only."""

from dataclasses import dataclass

from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.printed import PlaceNote, Printed, Report
from hub.export.report_document_words import DOCUMENT
from hub.export.report_gaps import Gaps, gaps_of, is_absent
from hub.export.report_months import line_of
from hub.export.report_places import only_in_town
from hub.export.report_values import exact, is_left_out, joined, number
from hub.web.figure_words import (
    figure_name,
    period_text,
    place_name,
    sentence,
    signs_of,
    status_text,
    value_text,
)
from hub.web.language import gettext, language
from hub.web.report_sections import Section, Table, sections, what_of
from hub.web.report_sentences import Look, sentences


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A row in words.

    Args:
        mark: its status, for the sign before it.
    """

    name: str
    value: str
    reliability: str
    mark: str


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """All figures of a place for the whole period, and for its months.

    Args:
        instead: what is said in their place, where they would be the same again, or none.
    """

    note: PlaceNote
    name: str
    what: str
    lines: tuple[FigureLine, ...]
    months: Table | None
    instead: str = ""


@dataclass(frozen=True, slots=True)
class HiddenLine:
    """What is not shown for one reason: lines of figures, places and periods."""

    reason: str
    lines: tuple[str, ...]


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
    hidden_too: tuple[str, ...]
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
    gaps = gaps_of(report, language())
    return ReportView(
        report=report,
        title=names.get(report.subject, report.subject.id),
        period=period_text(report.period),
        sentences=tuple(sentences(look)),
        sections=sections(look),
        places=tuple(
            _place(report, note, months=every_row or not is_network or note.place == report.subject)
            if every_row or not (instead := _instead(report, note))
            else PlaceFigures(note, place_name(note), what_of(note), (), None, instead)
            for note in report.places
        ),
        hidden=_hidden(gaps),
        hidden_too=_hidden_too(gaps, names),
        signs=signs_of(report),
    )


def _instead(report: Report, note: PlaceNote) -> str:
    """Return what is said of a place in place of rows that would all be "x", or those of its town again."""
    said, is_subject = DOCUMENT[language()], note.place == report.subject
    if is_subject:
        return ""
    if is_absent(report, note.place):
        key = "room_absent" if note.place.level is PlaceLevel.SPACE else "town_absent"
        return said[key].format(room=note.name)
    town = only_in_town(report, note)
    return "" if town is None else said["only_room"].format(town=town.name, room=note.name)


def _place(report: Report, note: PlaceNote, *, months: bool) -> PlaceFigures:
    rows = [row for row in report.rows if row.place == note.place and not is_left_out(row)]
    whole = [row for row in rows if row.period == report.period]
    within = [row for row in rows if months and row.period != report.period]
    name = place_name(note)
    table = None
    if within:
        table = Table(
            gettext("Figures of %(place)s within the period", place=name),
            (gettext("Period"), gettext("Figure"), gettext("Value"), gettext("How reliable")),
            tuple(
                (period_text(row.period), figure_name(row.figure), value_text(row), status_text(row))
                for row in sorted(within, key=lambda row: row.period)
            ),
        )
    return PlaceFigures(note, name, what_of(note), tuple(figure_line(report, row) for row in whole), table)


def figure_line(report: Report, row: Printed) -> FigureLine:
    """Return a row in words."""
    line = line_of(report, row, language())
    return FigureLine(line.name, line.value, line.reliability, row.status.value)


def _hidden(gaps: Gaps) -> tuple[HiddenLine, ...]:
    return tuple(
        HiddenLine(
            sentence(why),
            tuple(f"{', '.join(one.figures)}: {', '.join(one.places)}, {one.when}" for one in found),
        )
        for why, found in gaps.by_reason
    )


def _hidden_too(gaps: Gaps, names: dict[Place, str]) -> tuple[str, ...]:
    """Return what is not shown either, in sentences."""
    said, lines = DOCUMENT[language()], list[str]()
    if gaps.made_of_others:
        count = number(exact(gaps.made_of_others), language())
        lines.append(said["missing_others"].format(count=count))
    if gaps.absent:
        places = joined([names.get(place, place.id) for place in gaps.absent], language())
        lines.append(said["absent"].format(places=places))
    if gaps.uncollected:
        lines.append(said["uncollected"].format(figures=", ".join(gaps.uncollected)))
    return tuple(lines)
