"""What a report does not show and why: said once for all figures, places and periods that it holds for; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from hub.domain.statistics.findings import Place
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Printed, Report, ValueStatus
from hub.export import report_values as values

_MADE_OF_OTHERS: Final = frozenset({"spans_hidden", "spans_unreliable", "unreliable"})
"""Reasons of what is not shown because something is not shown that it is made of."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Figures that are not shown, of the same places, for the same periods."""

    figures: tuple[str, ...]
    places: tuple[str, ...]
    when: str


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is not shown.

    Args:
        by_reason: reason in words, and what it holds for.
        made_of_others: how many values more are made of those, and so not shown either.
        uncollected: figures that nobody collects anywhere here.
        absent: places of which there is nothing to tell, as their figures don't exist.
    """

    by_reason: tuple[tuple[str, tuple[Gap, ...]], ...]
    made_of_others: int
    uncollected: tuple[str, ...]
    absent: tuple[Place, ...]


def gaps_of(report: Report, language: str) -> Gaps:
    """Return what a report does not show."""
    absent = tuple(note.place for note in report.places if is_absent(report, note.place))
    rows = [row for row in values.ordered(report) if row.place not in absent]
    missing = [row for row in rows if not row.is_shown and not values.is_left_out(row)]
    roots = [row for row in missing if row.reason not in _MADE_OF_OTHERS]
    # A report without what others are made of says it of those themselves.
    told = roots or missing
    return Gaps(
        tuple((why, _gaps(report, found, language)) for why, found in _by_reason(told, language).items()),
        len(missing) - len(told),
        _uncollected(rows, language),
        absent,
    )


def is_absent(report: Report, place: Place) -> bool:
    """Say whether nothing of a place exists in a period: a town without a space, a space that was not there yet."""
    rows = [row for row in report.rows if row.place == place]
    return bool(rows) and all(row.status is ValueStatus.NOT_APPLICABLE for row in rows)


def _uncollected(rows: Iterable[Printed], language: str) -> tuple[str, ...]:
    left_out = {row.figure for row in rows if values.is_left_out(row)}
    collected = {row.figure for row in rows if not values.is_left_out(row)}
    return tuple(values.figure_name(figure, language) for figure in values.in_order(left_out - collected))


def _by_reason(rows: Iterable[Printed], language: str) -> dict[str, list[Printed]]:
    found: dict[str, list[Printed]] = {}
    for row in rows:
        found.setdefault(values.why(row, language), []).append(row)
    return found


def _gaps(report: Report, rows: Iterable[Printed], language: str) -> tuple[Gap, ...]:
    """Return rows that have the same reason: figures with the same places and periods together, and places too."""
    spans: dict[str, dict[Place, list[Span]]] = {}
    for row in rows:
        spans.setdefault(row.figure, {}).setdefault(row.place, []).append(row.period)
    alike: dict[tuple[tuple[Place, str], ...], list[str]] = {}
    for figure, places in spans.items():
        where = tuple((place, _when(found, language)) for place, found in places.items())
        alike.setdefault(where, []).append(values.figure_name(figure, language))
    gaps = []
    for where, figures in alike.items():
        for when, places_ in _by_when(where).items():
            names = tuple(dict.fromkeys(values.place_name(report, place, language) for place in places_))
            gaps.append(Gap(tuple(figures), names, when))
    return tuple(gaps)


def _by_when(where: Iterable[tuple[Place, str]]) -> Mapping[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place, when in where:
        found.setdefault(when, []).append(place)
    return found


def _when(spans: list[Span], language: str) -> str:
    # Twelve months and their year have the same name.
    return ", ".join(dict.fromkeys(values.span_name(span, language) for span in values.in_runs(spans)))
