"""A report as JSON: all that stands in the tidy table, and what is to be known about it (requirement S8); pure."""

import json
from datetime import date
from decimal import Decimal
from typing import Final

from hub.domain.statistics.printed import Report
from hub.export import report_values as values
from hub.export.report_answers import answers, method_note
from hub.export.report_table import COLUMNS, NAMES, Cell, tidy

FORMAT: Final = "ankerort-report/1"


def report_json(report: Report) -> bytes:
    """Return a report as UTF-8; numbers of figures are JSON numbers, with the decimals that were printed."""
    document = {
        "format": FORMAT,
        "subject": {"level": report.subject.level.value, "id": report.subject.id},
        "period": {
            "name": str(report.period),
            "start": report.period.first_day.isoformat(),
            "end": report.period.last_day.isoformat(),
        },
        "audience": report.audience.value,
        "version": report.version,
        "is_preliminary": report.is_preliminary,
        "made_on": report.made_on.isoformat(),
        "publisher": report.publisher,
        "checksum": report.checksum,
        "packages": dict(report.packages),
        "method_note": list(method_note(report, "de")),
        "answers": [
            {"question": one.question, "answer": " ".join(one.sentences)} for one in answers(report, "de")
        ],
        "places": [
            {
                "level": note.place.level.value,
                "id": note.place.id,
                "name": values.place_name(report, note.place, "de"),
                "town": note.town,
                "ags": note.ags,
                "land": note.land,
                "kind": note.kind,
                "phase": note.phase,
                "inhabitants": note.inhabitants,
                "inhabitants_on": _plain(note.inhabitants_on),
                "desks": note.desks,
                "sensed_desks": note.sensed_desks,
                "has_space": note.has_space,
            }
            for note in report.places
        ],
        "columns": {column.name: column.says for column in COLUMNS},
        "rows": [dict(zip(NAMES, map(_plain, row), strict=True)) for row in tidy(report)],
    }
    # What a browser would take for the end of a script stays text, wherever the file is shown.
    text = json.dumps(document, ensure_ascii=False, indent=1).replace("</", "<\\/")
    return (text + "\n").encode("utf-8")


def _plain(cell: Cell) -> str | int | float | None:
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        # Printed numbers have few digits: a binary fraction writes them as they are.
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return cell
