"""The matters of a report: a sentence, a chart, and the same numbers in a table; in the language of the moment."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hub.domain.statistics.findings import PlaceLevel
from hub.domain.statistics.printed import PlaceNote, Printed, Report
from hub.export.report_values import kind_name
from hub.web.figure_words import (
    figure_name,
    number_text,
    percent_text,
    period_text,
    reason_text,
    said_text,
    value_text,
)
from hub.web.language import gettext, language, ngettext
from hub.web.report_sentences import (
    Look,
    not_shown,
    person_sentence,
    quality_sentence,
    use_sentence,
    visit_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ENOUGH_PCT: Final = 80
"""Of the offered time must be known (K2)."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its caption, the words above its columns, and rows that begin with a heading."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One matter: a sentence, a chart when there is one, and the same numbers in a table (requirement A4).

    Args:
        wide, narrow: names of the chart's drawings; empty when there is none.
        alt: what the chart shows, for whoever does not see it.
    """

    id: str
    title: str
    sentence: str
    table: Table
    wide: str = ""
    narrow: str = ""
    alt: str = ""
    note: str = ""


def sections(look: Look) -> tuple[Section, ...]:
    """Return the matters of a report in their order: visits and events come first (K3), towns only of the network."""
    makers: tuple[Callable[[Look], Section | None], ...] = (
        _visits,
        _shares,
        _persons,
        _no_shows,
        _targets,
        _quality,
    )
    if look.report.subject.level is PlaceLevel.NETWORK:
        makers = (_towns, *makers)
    return tuple(section for make in makers if (section := make(look)) is not None)


def _visits(look: Look) -> Section | None:
    return _monthly(
        look,
        "visits",
        gettext("Visits and events"),
        ("visits", "events"),
        _peak_sentence(look, "visits"),
        gettext("A visit is a person on a day. Visits are rounded to the nearest ten."),
    )


def _shares(look: Look) -> Section | None:
    return _monthly(
        look,
        "shares",
        gettext("Booked and in use"),
        ("booking_utilisation", "occupancy"),
        use_sentence(look),
        gettext(
            "What is booked and what sensors notice are two facts: somebody may book and not come, or sit down without "
            "a booking."
        ),
    )


def _no_shows(look: Look) -> Section | None:
    row = look.whole("no_show_rate")
    sentence = (
        gettext("Of all bookings, %(share)s were not used.", share=said_text(row))
        if row is not None and row.is_shown
        else not_shown("no_show_rate", row)
    )
    return _monthly(look, "no-shows", gettext("Bookings that nobody used"), ("no_show_rate",), sentence)


def _monthly(
    look: Look, kind: str, title: str, figures: tuple[str, ...], sentence: str, note: str = ""
) -> Section | None:
    table = _month_table(look, title, figures)
    if table is None:
        return None
    wide, narrow = look.chart(kind)
    alt = gettext("Bar chart by month: %(title)s. %(sentence)s", title=title, sentence=sentence)
    return Section(kind, title, sentence, table, wide, narrow, alt, note)


def _month_table(look: Look, title: str, figures: tuple[str, ...]) -> Table | None:
    columns = {figure: look.months(figure) for figure in figures}
    columns = {figure: rows for figure, rows in columns.items() if rows}
    wholes = {figure: row for figure in figures if (row := look.whole(figure)) is not None}
    if not columns and not wholes:
        return None
    used = [figure for figure in figures if figure in columns or figure in wholes]
    by_month = {figure: {row.period: row for row in rows} for figure, rows in columns.items()}
    periods = sorted({period for rows in by_month.values() for period in rows})
    lines = [
        (period_text(period), *(_cell(by_month.get(figure, {}).get(period)) for figure in used))
        for period in periods
        if period != look.report.period
    ]
    whole = (period_text(look.report.period), *(_cell(wholes.get(figure)) for figure in used))
    caption = f"{title}, {look.name}"
    return Table(caption, (gettext("Period"), *map(figure_name, used)), (*lines, whole))


def _cell(row: Printed | None) -> str:
    return "–" if row is None else value_text(row)


def _peak_sentence(look: Look, figure: str) -> str:
    rows = [row for row in look.months(figure) if row.value is not None]
    if len(rows) < 2:
        return visit_sentence(look)
    most = max(rows, key=lambda row: (row.value or 0, row.period))
    least = min(rows, key=lambda row: (row.value or 0, row.period))
    assert most.value is not None
    assert least.value is not None
    if most.value == least.value:
        return gettext("Each month had about as many: %(number)s.", number=number_text(most.value, figure))
    return gettext(
        "Most visits were in %(most)s (%(high)s), fewest in %(least)s (%(low)s).",
        most=period_text(most.period),
        high=said_text(most),
        least=period_text(least.period),
        low=said_text(least),
    )


def _persons(look: Look) -> Section | None:
    figures = ("users", "new_users", "returning_users")
    rows = [
        row
        for row in look.report.rows
        if row.place == look.report.subject and row.figure in figures and not row.period.is_month
    ]
    if not rows:
        return None
    periods = sorted({row.period for row in rows})
    lines = tuple(
        (
            figure_name(figure),
            *(_cell(look.row(look.report.subject, figure, period)) for period in periods),
        )
        for figure in figures
    )
    title = gettext("New and returning people")
    table = Table(f"{title}, {look.name}", (gettext("Figure"), *map(period_text, periods)), lines)
    note = gettext("People are counted by the year and shown as a range, so that nobody can be recognised.")
    return Section("persons", title, person_sentence(look), table, note=note)


def _targets(look: Look) -> Section | None:
    targets = [one for one in look.report.targets if one.place == look.report.subject]
    if not targets:
        return None
    lines = []
    for target in targets:
        row = look.row(target.place, target.figure, target.period)
        baseline = "–" if target.baseline is None else number_text(target.baseline, target.figure)
        lines.append(
            (
                figure_name(target.figure),
                baseline,
                number_text(target.target, target.figure),
                _cell(row),
                target.source,
            )
        )
    reached = sum(
        1
        for target in targets
        if (row := look.row(target.place, target.figure, target.period)) is not None
        and row.value is not None
        and row.value >= target.target
    )
    title = gettext("Targets")
    columns = (
        gettext("Figure"),
        gettext("At the beginning"),
        gettext("Target"),
        gettext("Reached"),
        gettext("Source"),
    )
    sentence = ngettext(
        "Of %(num)s target, %(reached)s is reached.",
        "Of %(num)s targets, %(reached)s are reached.",
        len(targets),
        reached=reached,
    )
    return Section("targets", title, sentence, Table(f"{title}, {look.name}", columns, tuple(lines)))


def _quality(look: Look) -> Section | None:
    rows = [row for row in (*look.months("occupancy"), look.whole("occupancy")) if row is not None]
    if not rows:
        return None
    title = gettext("How well was it measured?")
    lines = tuple(
        (
            period_text(row.period),
            "–" if row.valid_pct is None else percent_text(row.valid_pct),
            reason_text(row),
        )
        for row in dict.fromkeys(rows)
    )
    weak = sum(
        1 for row in look.months("occupancy") if row.valid_pct is not None and row.valid_pct < ENOUGH_PCT
    )
    sentence = (
        ngettext(
            "In %(num)s month, less than 80 per cent of the time was measured; its numbers are “/”.",
            "In %(num)s months, less than 80 per cent of the time was measured; their numbers are “/”.",
            weak,
        )
        if weak
        else quality_sentence(look)
    )
    wide, narrow = look.chart("quality")
    columns = (gettext("Period"), gettext("Measured"), gettext("Why it is as it is"))
    alt = gettext("Bar chart by month, with a line at 80 per cent. %(sentence)s", sentence=sentence)
    return Section(
        "quality", title, sentence, Table(f"{title} {look.name}", columns, lines), wide, narrow, alt
    )


SIDE_BY_SIDE: Final = ("visits_per_open_hour", "visits_per_desk", "visits_per_thousand")


def _towns(look: Look) -> Section | None:
    towns = [note for note in look.report.places if note.place.level is PlaceLevel.TOWN]
    if not towns:
        return None
    figures = [figure for figure in SIDE_BY_SIDE if any(look.whole(figure, town.place) for town in towns)]
    lines = []
    for town in towns:
        quality = look.whole("occupancy", town.place)
        measured = "–" if quality is None or quality.valid_pct is None else percent_text(quality.valid_pct)
        cells = ["x" if not town.has_space else _cell(look.whole(figure, town.place)) for figure in figures]
        lines.append(
            (town.name, _spaces_text(look.report, town), *cells, measured if town.has_space else "x")
        )
    title = gettext("Towns side by side")
    columns = (gettext("Town"), gettext("Spaces"), *map(figure_name, figures), gettext("Measured"))
    without = [town.name for town in towns if not town.has_space]
    sentence = ngettext(
        "%(num)s town is part of the network.", "%(num)s towns are part of the network.", len(towns)
    )
    if without:
        said = gettext("Without a space, and so “x”: %(towns)s.", towns=", ".join(without))
        sentence = f"{sentence} {said}"
    wide, narrow = look.chart("towns")
    alt = gettext("Bar chart of the towns. %(sentence)s", sentence=sentence)
    note = gettext(
        "Towns differ in size, in opening hours and in how far their space has come: this is no ranking."
    )
    return Section("towns", title, sentence, Table(title, columns, tuple(lines)), wide, narrow, alt, note)


def _spaces_text(report: Report, town: PlaceNote) -> str:
    spaces = [note for note in report.places if note.place.level is PlaceLevel.SPACE and note.ags == town.ags]
    if not spaces:
        return gettext("no space") if not town.has_space else "–"
    return "; ".join(what_of(space) for space in spaces)


def what_of(note: PlaceNote) -> str:
    """Return what a place is: "Coworking space, Betrieb"; of a town, how many desks it has."""
    said = [kind] if (kind := kind_name(note.kind, note.phase, language())) else []
    if note.place.level is not PlaceLevel.SPACE and note.desks:
        said.append(ngettext("%(num)s desk", "%(num)s desks", note.desks))
    return ", ".join(said)
