"""Printed values as people read them: numbers, bands, signs, periods and places in words; pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from hub.domain.statistics.figures import REGISTRY, Figure, Level, Origin, Unit
from hub.domain.statistics.figures import Guard as FigureGuard
from hub.domain.statistics.findings import Flag, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import NOT_COLLECTED, SIGNS, PlaceNote, Printed, Report, ValueStatus
from hub.export.report_words import STATUS_FLAGS, WORDS, ZERO

_NUMBERLESS: Final = frozenset(
    {
        "few_persons", "secondary", "dominance", "popup_few_persons", "spans_hidden", "spans_unreliable", "few_cases",
        "few_days", "dominance_band", "person_band", "coarse_band", "per_year_only", "internal", "uncounted_persons",
        "of_rounded",
    }
)  # fmt: skip
"""Reasons of what has no number in a report for everyone."""

_ORDER: Final = {id_: place for place, id_ in enumerate(REGISTRY)}


def figure_of(id_: str) -> Figure:
    """Return a figure of the registry, or a bare one for an id that only an older report knows."""
    known = REGISTRY.get(id_)
    return known or Figure(id_, id_, id_, Unit.COUNT, Level.OUTPUT, Origin.SITE, FigureGuard.DERIVED)


def figure_name(id_: str, language: str) -> str:
    """Return what a figure is called."""
    figure = figure_of(id_)
    return figure.name_de if language == "de" else figure.name_en


def ordered(report: Report) -> list[Printed]:
    """Return all rows by place, period and figure, in the order in which readers expect them."""
    places = {note.place: number for number, note in enumerate(report.places)}
    return sorted(
        report.rows,
        key=lambda row: (
            places.get(row.place, len(places)),
            row.place,
            row.period,
            _ORDER.get(row.figure, len(_ORDER)),
            row.figure,
        ),
    )


def in_order(figures: set[str]) -> list[str]:
    """Return ids of figures as the registry orders them."""
    return sorted(figures, key=lambda id_: (_ORDER.get(id_, len(_ORDER)), id_))


def note_of(report: Report, place: Place) -> PlaceNote:
    """Return what stands beside a place; a bare one where the report says nothing."""
    for note in report.places:
        if note.place == place:
            return note
    return PlaceNote(place, place.id)


def place_name(report: Report, place: Place, language: str) -> str:
    """Return what people call a place."""
    if place.level is PlaceLevel.NETWORK:
        return WORDS[language].network
    return note_of(report, place).name


def number(value: Decimal, language: str) -> str:
    """Return a number as it is written there, with the decimals that it has."""
    words = WORDS[language]
    plain = format(value, "f").lstrip("-")
    whole, _, decimals = plain.partition(".")
    grouped = f"{int(whole):,}".replace(",", words.thousands)
    sign = "\u2212" if value < 0 else ""
    return f"{sign}{grouped}{words.decimal}{decimals}" if decimals else f"{sign}{grouped}"


def with_unit(value: Decimal, unit: Unit, language: str) -> str:
    """Return a number with its unit, where that is short enough for a table."""
    return WORDS[language].units.get(unit, "{}").format(number(value, language))


def letters(row: Printed) -> str:
    """Return the letters that stand behind a number: `p`, `r`, `s`."""
    flags = set(row.flags)
    if row.status in STATUS_FLAGS:
        flags.add(STATUS_FLAGS[row.status])
    return "".join(sorted(flag.value for flag in flags))


def sign(row: Printed) -> str:
    """Return the sign of people's tables that a value has (requirement O3); empty for a plain number."""
    if not row.is_shown:
        return SIGNS.get(row.status, ".")
    if row.value == 0 and row.status is ValueStatus.OK:
        return ZERO
    return letters(row)


def shown(row: Printed | None, language: str) -> str:
    """Return a value as it stands in people's tables: a number, a band or a sign, with the letters behind it."""
    if row is None:
        return ""
    is_none = row.value == 0 and row.status is ValueStatus.OK
    said = ZERO if is_none else in_sentence(row, language)
    behind = letters(row) if row.is_shown else ""
    return f"{said}\u00a0{behind}" if behind else said


def in_sentence(row: Printed, language: str) -> str:
    """Return a value as it stands in a sentence: a number, a band or a sign, without letters behind it."""
    if not row.is_shown:
        return sign(row)
    if row.value is None:
        return band(row, language)
    return with_unit(row.value, figure_of(row.figure).unit, language)


def band(row: Printed, language: str) -> str:
    """Return a band in words: "unter 25 %", "5 bis 9", "20 und mehr"."""
    words, unit = WORDS[language], figure_of(row.figure).unit
    low, high = row.low if row.low is not None else Decimal(0), row.high
    is_share = unit is Unit.PERCENT
    if row.reason == "of_rounded" and high is not None:
        # No band of S3, whose ends are round: both ends belong to it, and income may cover more than all costs.
        said = words.between.format(low=number(low, language), high=number(high, language))
    elif high is None or (is_share and high >= 100):
        said = (words.share_over if is_share else words.over).format(low=number(low, language))
    elif low <= (0 if is_share else 1):
        said = words.under.format(high=number(high if is_share else high + 1, language))
    else:
        said = words.between.format(low=number(low, language), high=number(high, language))
    return words.units.get(unit, "{}").format(said)


def why(row: Printed, language: str) -> str:
    """Return in words what became of a value; empty for one that is plain."""
    words = WORDS[language]
    told = words.reasons.get(row.reason, words.statuses[row.status])
    if row.reason in _NUMBERLESS and row.value is not None:
        # Of the role Statistik: the number, and why others don't see it.
        return words.not_for_others.format(why=told)
    if row.reason:
        return told
    return "" if row.status is ValueStatus.OK else words.statuses[row.status]


def reliability(row: Printed, language: str) -> str:
    """Return how far a value can be relied on: "gerundet; geschätzt; Messwerte für 94 % der Zeit"."""
    words = WORDS[language]
    # That sums are made of what is printed holds for all of them, and stands in the method.
    parts = [words.statuses[row.status] if row.reason == "of_printed" else why(row, language)]
    if row.is_shown:
        # What is in the status already is not said twice.
        parts += [words.flags[flag] for flag in sorted(row.flags) if flag is not STATUS_FLAGS.get(row.status)]
    parts += measured(row, language)
    return "; ".join(part for part in parts if part) or words.statuses[row.status]


def measured(row: Printed, language: str) -> list[str]:
    """Return how much of the time was measured; nothing where nothing is known of that."""
    return [] if row.valid_pct is None else [WORDS[language].measured.format(pct=row.valid_pct)]


def percent(whole: int, language: str) -> str:
    """Return whole per cent: "94 %"."""
    return with_unit(exact(whole), Unit.PERCENT, language)


def exact(whole: int) -> Decimal:
    """Return a whole number as values are."""
    return Decimal(whole)


def kind_name(kind: str, phase: str, language: str) -> str:
    """Return what a space is: "Coworking-Raum, Betrieb"; empty where neither is known."""
    words = WORDS[language]
    named = [words.kinds.get(kind, kind), words.phases.get(phase, phase)]
    return ", ".join(dict.fromkeys(one for one in named if one))


def month_name(month: Month, language: str, *, is_short: bool = False) -> str:
    """Return a month in words: "März 2026", or "Mär 26"."""
    words = WORDS[language]
    if is_short:
        return f"{words.short_months[month.month - 1]} {month.year % 100:02}"
    return f"{words.months[month.month - 1]} {month.year}"


def span_name(span: Span, language: str) -> str:
    """Return a period in words: "2026", "März 2026", "Januar bis April 2026"."""
    if span.is_year:
        return str(span.first.year)
    if span.is_month:
        return month_name(span.first, language)
    until = "bis" if language == "de" else "to"
    first = month_name(span.first, language)
    if span.first.year == span.last.year:
        first = first.rsplit(" ", 1)[0]
    return f"{first} {until} {month_name(span.last, language)}"


def in_runs(spans: Sequence[Span]) -> list[Span]:
    """Return periods with months that follow each other joined, the longest ones last."""
    months = sorted({span.first for span in spans if span.is_month})
    runs = list[Span]()
    for month in months:
        if runs and runs[-1].last.plus(1) == month:
            runs[-1] = Span(runs[-1].first, month)
        else:
            runs.append(Span(month, month))
    return [*runs, *sorted(span for span in spans if not span.is_month)]


def whole_row(report: Report, place: Place, figure: str) -> Printed | None:
    """Return a figure of the whole period; of persons, that of the last calendar year in it (requirement S2)."""
    for span in (report.period, *reversed(tuple(report.period.years()))):
        found = report.row(place, figure, span)
        if found is not None:
            return found
    return None


def is_left_out(row: Printed) -> bool:
    """Say whether nobody collects a figure, and nobody misses it."""
    is_absent = row.status is ValueStatus.NOT_APPLICABLE
    return is_absent and (row.reason == NOT_COLLECTED or figure_of(row.figure).is_optional)


def joined(parts: Sequence[str], language: str) -> str:
    """Return an enumeration in words."""
    if len(parts) < 2:
        return "".join(parts)
    last = "und" if language == "de" else "and"
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def flags_text(flags: frozenset[Flag]) -> str:
    """Return flags as a column of the tidy table: `p r`."""
    return " ".join(sorted(flag.value for flag in flags))
