"""Towns side by side, and the spaces of a report: what each is, and what is told of it; pure."""

from collections.abc import Sequence

from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.printed import PlaceNote, Printed, Report
from hub.export import report_values as values
from hub.export.document import Block, Heading, Paragraph, Picture, Table
from hub.export.report_charts import SIDE_BY_SIDE, side_by_side
from hub.export.report_document_words import DOCUMENT
from hub.export.report_gaps import is_absent
from hub.export.report_months import Line, lines_of
from hub.export.report_sentences import SENTENCES


def side_blocks(report: Report, language: str) -> list[Block]:
    """Return towns beside each other, normalised and with what must be known of them (requirement K8)."""
    said, towns = DOCUMENT[language], _parts(report, PlaceLevel.TOWN)
    figures = [
        figure for figure in SIDE_BY_SIDE if any(values.whole_row(report, town, figure) for town in towns)
    ]
    if len(towns) < 2 or not figures:
        return []
    blocks: list[Block] = [Heading(1, said["side_by_side"]), Paragraph(SENTENCES[language]["not_compare"])]
    for figure in figures:
        chart, name = side_by_side(report, figure, language), values.figure_name(figure, language)
        if chart is not None:
            blocks += [Heading(2, name), Picture(chart, said["towns_sentence"].format(figure=name))]
    names = tuple(values.figure_name(figure, language) for figure in figures)
    rows = tuple(
        (
            values.place_name(report, town, language),
            *(_whole_text(report, town, figure, language) for figure in figures),
            _town_note(report, town, language),
        )
        for town in towns
    )
    header = (said["town"], *names, said["note"])
    widths = (1.8, *(1.5 for _ in names), 2.6)
    return [*blocks, Table(said["side_caption"], header, rows, len(names), widths)]


def only_space(report: Report) -> Place | None:
    """Return the only space of a town that a report is about: its numbers are those of the town."""
    spaces = [place for place in _parts(report, PlaceLevel.SPACE) if not is_absent(report, place)]
    return spaces[0] if report.subject.level is PlaceLevel.TOWN and len(spaces) == 1 else None


def only_in_town(report: Report, note: PlaceNote) -> PlaceNote | None:
    """Return the town whose only space one is, where the report tells of the town too; else None."""
    if (
        note.place.level is not PlaceLevel.SPACE
        or sum(one.ags == note.ags and one.place.level is PlaceLevel.SPACE for one in report.places) != 1
    ):
        return None
    return next(
        (one for one in report.places if one.place.level is PlaceLevel.TOWN and one.ags == note.ags), None
    )


def room_blocks(report: Report, language: str) -> list[Block]:
    """Return the spaces of a town or network with what is printed of them, each number once."""
    said, blocks, only = DOCUMENT[language], list[Block](), only_space(report)
    for place in _parts(report, PlaceLevel.SPACE):
        if place == report.subject:
            continue
        note, lines = values.note_of(report, place), lines_of(report, place, language)
        if is_absent(report, place):
            blocks.append(Paragraph(said["room_absent"].format(room=_room(note, language))))
        elif place == only:
            town = values.place_name(report, report.subject, language)
            blocks.append(Paragraph(said["only_room"].format(town=town, room=_room(note, language))))
            differing = [one for one in lines if _differs(report, one[0])]
            if differing:
                blocks.append(_lines_table(said["room_differs"], differing, language))
        elif lines:
            blocks.append(Heading(2, _room(note, language)))
            period = values.span_name(report.period, language)
            caption = said["figures_caption"].format(place=note.name, period=period)
            blocks.append(_lines_table(caption, lines, language))
    return [Heading(1, said["rooms"]), *blocks] if blocks else []


def _lines_table(caption: str, lines: Sequence[tuple[Printed, Line]], language: str) -> Table:
    said = DOCUMENT[language]
    header = (said["figure"], said["value"], said["reliability"])
    rows = tuple((line.name, line.value, line.reliability) for _, line in lines)
    return Table(caption, header, rows, 1, (3.4, 1.2, 4.0))


def _differs(report: Report, row: Printed) -> bool:
    """Say whether something else is printed of a space than of its town; what is of spaces alone stands there too."""
    of_town = report.row(report.subject, row.figure, row.period)
    if of_town is None:
        return False
    return (of_town.value, of_town.low, of_town.high) != (row.value, row.low, row.high)


def _room(note: PlaceNote, language: str) -> str:
    kind = values.kind_name(note.kind, note.phase, language)
    return f"{note.name} ({kind})" if kind else note.name


def _whole_text(report: Report, place: Place, figure: str, language: str) -> str:
    if not values.note_of(report, place).has_space:
        return "x"
    return values.shown(values.whole_row(report, place, figure), language)


def _town_note(report: Report, town: Place, language: str) -> str:
    said, note = DOCUMENT[language], values.note_of(report, town)
    if not note.has_space:
        return said["no_space"]
    spaces = [one for one in report.places if one.place.level is PlaceLevel.SPACE and one.ags == note.ags]
    kinds = [values.kind_name(one.kind, one.phase, language) for one in spaces]
    measured = said["sensed"].format(sensed=note.sensed_desks, desks=note.desks)
    return "; ".join([*dict.fromkeys(kind for kind in kinds if kind), measured])


def _parts(report: Report, level: PlaceLevel) -> list[Place]:
    return [note.place for note in report.places if note.place.level is level]
