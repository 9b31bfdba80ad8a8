"""All published reports of a subject as one: what open data gives, one growing file (requirement O6); pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hub.domain.statistics.findings import Place
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Audience, PlaceNote, Printed, Report, Target


def published(reports: Iterable[Report]) -> list[Report]:
    """Return those that anybody may have: frozen, and made for the public."""
    return [one for one in reports if one.audience is Audience.PUBLIC and not one.is_preliminary]


def subjects(reports: Iterable[Report]) -> list[Place]:
    """Return what there is anything published of, in a stable order."""
    return sorted({one.subject for one in published(reports)})


def grown(reports: Sequence[Report]) -> Report:
    """Return frozen public reports of one subject joined in one; of two that tell the same figure, the later one holds.

    Args:
        reports: at least one, all of the same subject.

    Raises:
        ValueError: when one is not published, or they are of several subjects.
    """
    if len({one.subject for one in reports}) != 1 or len(published(reports)) != len(reports):
        raise ValueError("only published reports of one subject grow together")
    rows: dict[tuple[Place, Span, str], Printed] = {}
    notes: dict[Place, PlaceNote] = {}
    targets: dict[tuple[Place, Span, str], Target] = {}
    in_time = sorted(reports, key=lambda one: (one.made_on, one.version, one.period))
    for report in in_time:
        for row in report.rows:
            rows[row.place, row.period, row.figure] = row
        for target in report.targets:
            targets[target.place, target.period, target.figure] = target
        notes |= {note.place: note for note in report.places}
    latest = in_time[-1]
    span = Span(min(one.period.first for one in reports), max(one.period.last for one in reports))
    order = [note.place for note in latest.places]
    places = sorted(notes, key=lambda place: (order.index(place) if place in order else len(order), place))
    return replace(
        latest,
        period=span,
        version=max(one.version for one in reports),
        places=tuple(notes[place] for place in places),
        rows=tuple(rows[key] for key in sorted(rows)),
        targets=tuple(targets[key] for key in sorted(targets)),
        checksum="",
        previous=(),
    )
