"""A report as a document: headings, paragraphs, tables and charts, for whatever sets it (PDF, HTML); pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from hub.domain.statistics.figures import Guard, Unit
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Audience, Printed, Report
from hub.export import report_answers as words
from hub.export import report_values as values
from hub.export.report_charts import Chart, Point, Series, Shape, point, shown_values
from hub.export.report_document_words import DOCUMENT
from hub.export.report_sentences import SENTENCES
from hub.export.report_words import WORDS


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; the title of the document is none."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `is_loud` of what nobody may overlook."""

    text: str
    is_loud: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one header row; its first column names the rows.

    Args:
        numeric: how many columns, from the second on, hold numbers.
        has_words: whether the last column holds sentences, and takes the room that is left.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: int
    has_words: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with the sentence above it."""

    chart: Chart
    caption: str


def quiet(_done: int, _count: int) -> None:
    """Tell nobody how far a document is."""


Block: TypeAlias = Heading | Paragraph | Bullets | Table | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A report in words.

    Args:
        banner: what each page says above all; empty for nothing.
        facts: what stands below the title, as label and text.
        foot: at the bottom of each page.
    """

    language: str
    title: str
    subtitle: str
    banner: str
    author: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    foot: str


TRENDS: Final = (("visits",), ("events",), ("booking_utilisation", "occupancy"), ("no_show_rate",))
"""What is drawn by month, in this order (requirement K3); what stands together is compared."""

SIDE_BY_SIDE: Final = ("visits_per_open_hour", "visits_per_desk", "visits_per_thousand", "occupancy")
"""What towns are compared by (requirement K8)."""


def document_of(report: Report, language: str) -> Document:
    """Return the document of a report."""
    said = DOCUMENT[language]
    blocks: list[Block] = []
    if report.audience is not Audience.PUBLIC:
        blocks.append(Paragraph(words.confidentiality(report, language), is_loud=True))
    blocks += [Heading(1, said["in_short"]), Bullets(words.highlights(report, language))]
    blocks += _targets(report, language)
    blocks += _whole_period(report, language)
    blocks += _trends(report, language)
    blocks += _side_by_side(report, language)
    blocks += _rooms(report, language)
    blocks += _questions(report, language)
    blocks += _missing(report, language)
    blocks += _method(report, language)
    return Document(
        language=language,
        title=words.title(report, language),
        subtitle=words.subtitle(report, language),
        banner=_banner(report, language),
        author=report.publisher,
        facts=_facts(report, language),
        blocks=tuple(blocks),
        foot=said["foot"].format(
            title=words.title(report, language), version=report.version, made_on=_day(report, language)
        ),
    )


def _banner(report: Report, language: str) -> str:
    said = DOCUMENT[language]
    if report.audience is not Audience.PUBLIC:
        return said["not_public"]
    return said["preliminary"] if report.is_preliminary else ""


def _facts(report: Report, language: str) -> tuple[tuple[str, str], ...]:
    said, format_ = DOCUMENT[language], WORDS[language].date
    span = f"{report.period.first_day:{format_}} – {report.period.last_day:{format_}}"
    facts = [(said["period"], span)]
    note = values.note_of(report, report.subject)
    if note.ags:
        facts.append((said["ags"], note.ags))
    if note.inhabitants is not None:
        when = f" ({note.inhabitants_on:{format_}})" if note.inhabitants_on else ""
        facts.append((said["inhabitants"], f"{_whole(note.inhabitants, language)}{when}"))
    if report.publisher:
        facts.append((said["publisher"], report.publisher))
    state = said["state_preliminary" if report.is_preliminary else "state_final"]
    facts.append((said["version"], f"{report.version}, {state}, {_day(report, language)}"))
    return tuple(facts)


def _targets(report: Report, language: str) -> list[Block]:
    said, targets = DOCUMENT[language], words.own_targets(report)
    if not targets:
        return []
    rows = []
    for one in targets:
        row, unit = report.row(one.place, one.figure, one.period), values.figure_of(one.figure).unit
        met = words.is_met(row, one)
        verdict = said["target_open"] if met is None else said["target_met" if met else "target_missed"]
        start = "" if one.baseline is None else values.with_unit(one.baseline, unit, language)
        if start and one.baseline_on is not None:
            start = f"{start} ({one.baseline_on.year})"
        rows.append(
            (
                values.figure_name(one.figure, language),
                start,
                values.with_unit(one.target, unit, language),
                values.shown(row, language),
                verdict,
            )
        )
    header = (said["figure"], said["baseline"], said["target"], said["actual"], said["verdict"])
    return [Heading(1, said["targets"]), Table(said["targets_caption"], header, tuple(rows), 3)]


def _whole_period(report: Report, language: str) -> list[Block]:
    """Return the figures of the subject: now, a year before, how reliable."""
    said, subject = DOCUMENT[language], report.subject
    spans = {report.period, *report.period.years()}
    figures = {row.figure for row in report.rows if row.place == subject and row.period in spans}
    rows = []
    for figure in values.in_order(figures):
        row = values.whole_row(report, subject, figure)
        assert row is not None
        before = words.compared(report, row)
        name = values.figure_name(figure, language)
        if row.period != report.period:
            name = f"{name} ({values.span_name(row.period, language)})"
        rows.append(
            (name, values.shown(row, language), values.shown(before, language), _reliability(row, language))
        )
    if not rows:
        return []
    now, earlier = (
        values.span_name(span, language) for span in (report.period, words.year_before(report.period))
    )
    caption = said["figures_caption"].format(place=values.place_name(report, subject, language))
    if any(before for _, _, before, _ in rows):
        table = Table(
            caption, (said["figure"], now, earlier, said["reliability"]), tuple(rows), 2, has_words=True
        )
    else:
        bare = tuple((name, shown, why) for name, shown, _, why in rows)
        table = Table(caption, (said["figure"], now, said["reliability"]), bare, 1, has_words=True)
    return [Heading(1, said["figures"]), table]


def _reliability(row: Printed, language: str) -> str:
    parts = [values.why(row, language)] if values.why(row, language) else []
    if row.valid_pct is not None:
        parts.append(DOCUMENT[language]["measured"].format(pct=row.valid_pct))
    return "; ".join(parts) or WORDS[language].statuses[row.status]


def _trends(report: Report, language: str) -> list[Block]:
    said = DOCUMENT[language]
    months = [Span.of_month(month) for month in report.period.months()]
    blocks: list[Block] = []
    for group in TRENDS:
        figures = [
            figure
            for figure in group
            if any(report.row(report.subject, figure, month) is not None for month in months)
        ]
        if not figures or len(months) < 2:
            continue
        names = [values.figure_name(figure, language) for figure in figures]
        heading = values.joined(names, language)
        series = tuple(
            Series(name, tuple(
                point(
                    _bar_label(month, report.period, language),
                    report.row(report.subject, figure, month),
                    language,
                )
                for month in months
            ))
            for name, figure in zip(names, figures, strict=True)
        )  # fmt: skip
        blocks.append(Heading(2, said["by_month"].format(figure=heading)))
        unit = values.figure_of(figures[0]).unit
        axis = WORDS[language].unit_names.get(unit, unit.value) if unit is not Unit.COUNT else heading
        if not shown_values(series):
            why = dict.fromkeys(
                values.why(row, language)
                for figure in figures
                for month in months
                if (row := report.row(report.subject, figure, month)) is not None
            )
            blocks.append(Paragraph(said["trend_nothing"].format(figure=heading, why="; ".join(why))))
            continue
        chart = Chart(Shape.MONTHS, series, axis, _alt(heading, series, language), language)
        blocks.append(Picture(chart, _trend(series[0], months, language)))
        blocks.append(_by_month(report, figures, names, months, language))
    if blocks:
        blocks.insert(0, Heading(1, said["trends"]))
    return blocks


def _bar_label(month: Span, period: Span, language: str) -> str:
    """Return a month below a bar, without the year where all are of the same one."""
    name = values.month_name(month.first, language, is_short=True)
    return name.partition(" ")[0] if period.first.year == period.last.year else name


def _by_month(
    report: Report, figures: Sequence[str], names: Sequence[str], months: Sequence[Span], language: str
) -> Table:
    said = DOCUMENT[language]
    rows = []
    for month in months:
        found = [report.row(report.subject, figure, month) for figure in figures]
        notes = [
            values.why(row, language)
            for row in found
            if row is not None and (not row.is_shown or row.value is None)
        ]
        rows.append(
            (
                values.month_name(month.first, language),
                *(values.shown(row, language) for row in found),
                "; ".join(dict.fromkeys(note for note in notes if note)),
            )
        )
    caption = said["month_caption"].format(figure=values.joined(names, language))
    if not any(row[-1] for row in rows):
        return Table(caption, (said["month"], *names), tuple(row[:-1] for row in rows), len(names))
    return Table(caption, (said["month"], *names, said["note"]), tuple(rows), len(names), has_words=True)


def _trend(series: Series, months: Sequence[Span], language: str) -> str:
    """Return a sentence on the highest and the lowest of the numbers that are shown."""
    said = DOCUMENT[language]
    shown = [(one.value, number) for number, one in enumerate(series.points) if one.value is not None]
    if not shown:
        return said["trend_bands"].format(figure=series.name)
    most, least = max(shown, key=lambda one: one[0]), min(shown, key=lambda one: one[0])
    key = "trend_same" if most[0] == least[0] else "trend"
    text = said[key].format(
        figure=series.name,
        most=_told(series.points[most[1]]),
        most_in=values.month_name(months[most[1]].first, language),
        least=_told(series.points[least[1]]),
        least_in=values.month_name(months[least[1]].first, language),
    )
    if len(shown) < len(months):
        text = f"{text} {said['trend_gaps'].format(shown=len(shown), count=len(months))}"
    return text


def _told(point: Point) -> str:
    return "0" if point.value == 0 else point.said


def _alt(heading: str, series: Sequence[Series], language: str) -> str:
    said = DOCUMENT[language]
    parts = []
    for one in series:
        told = ", ".join(f"{point.label} {point.said or said['no_value']}" for point in one.points)
        parts.append(f"{one.name}: {told}")
    return said["alt"].format(figure=heading, values="; ".join(parts))


def _side_by_side(report: Report, language: str) -> list[Block]:
    """Return towns beside each other, normalised and with what must be known of them (requirement K8)."""
    said, towns = DOCUMENT[language], _parts(report, PlaceLevel.TOWN)
    if len(towns) < 2:
        return []
    figures = [
        figure for figure in SIDE_BY_SIDE if any(values.whole_row(report, town, figure) for town in towns)
    ]
    if not figures:
        return []
    blocks: list[Block] = [Heading(1, said["side_by_side"]), Paragraph(SENTENCES[language]["not_compare"])]
    for figure in figures:
        name = values.figure_name(figure, language)
        bars = tuple(_bar(report, town, figure, language) for town in towns)
        series = (Series(name, bars),)
        if shown_values(series):
            chart = Chart(Shape.PLACES, series, name, _alt(name, series, language), language)
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
    return [*blocks, Table(said["side_caption"], header, rows, len(names), has_words=True)]


def _bar(report: Report, place: Place, figure: str, language: str) -> Point:
    without = "" if values.note_of(report, place).has_space else "x"
    row = values.whole_row(report, place, figure)
    return point(values.place_name(report, place, language), row, language, without=without)


def _whole_text(report: Report, place: Place, figure: str, language: str) -> str:
    if not values.note_of(report, place).has_space:
        return "x"
    return values.shown(values.whole_row(report, place, figure), language)


def _town_note(report: Report, town: Place, language: str) -> str:
    said, note = DOCUMENT[language], values.note_of(report, town)
    if not note.has_space:
        return said["no_space"]
    spaces = [one for one in report.places if one.place.level is PlaceLevel.SPACE and one.ags == note.ags]
    kinds = [_kind(one.kind, one.phase, language) for one in spaces]
    measured = said["sensed"].format(sensed=note.sensed_desks, desks=note.desks)
    return "; ".join([*dict.fromkeys(kind for kind in kinds if kind), measured])


def _kind(kind: str, phase: str, language: str) -> str:
    words_ = WORDS[language]
    named = [words_.kinds.get(kind, kind), words_.phases.get(phase, phase)]
    return ", ".join(dict.fromkeys(one for one in named if one))


def _rooms(report: Report, language: str) -> list[Block]:
    """Return the spaces of a town, or the places of a network, with all that is printed of them."""
    said, blocks = DOCUMENT[language], list[Block]()
    for place in _parts(report, PlaceLevel.SPACE):
        note = values.note_of(report, place)
        spans = {report.period, *report.period.years()}
        figures = {row.figure for row in report.rows if row.place == place and row.period in spans}
        if place == report.subject or not figures:
            continue
        rows = []
        for figure in values.in_order(figures):
            row = values.whole_row(report, place, figure)
            assert row is not None
            rows.append(
                (
                    values.figure_name(figure, language),
                    values.shown(row, language),
                    _reliability(row, language),
                )
            )
        kind = _kind(note.kind, note.phase, language)
        blocks.append(Heading(2, f"{note.name} ({kind})" if kind else note.name))
        header = (said["figure"], values.span_name(report.period, language), said["reliability"])
        caption = said["figures_caption"].format(place=note.name)
        blocks.append(Table(caption, header, tuple(rows), 1, has_words=True))
    if blocks:
        blocks.insert(0, Heading(1, said["rooms"]))
    return blocks


def _parts(report: Report, level: PlaceLevel) -> list[Place]:
    return [note.place for note in report.places if note.place.level is level]


def _questions(report: Report, language: str) -> list[Block]:
    blocks: list[Block] = [Heading(1, DOCUMENT[language]["questions"])]
    for one in words.answers(report, language):
        blocks += [Heading(2, one.question), Paragraph(" ".join(one.sentences))]
    return blocks


def _missing(report: Report, language: str) -> list[Block]:
    """Return what is not shown as it is: figure by figure, for which periods, and why."""
    said, spans = DOCUMENT[language], dict[tuple[str, str, str], list[Span]]()
    for row in values.ordered(report):
        if not row.is_shown:
            place = values.place_name(report, row.place, language)
            spans.setdefault((place, values.why(row, language), row.figure), []).append(row.period)
    if not spans:
        return []
    figures: dict[tuple[str, str, str], list[str]] = {}
    for (place, why, figure), periods in spans.items():
        # Twelve months and their year have the same name.
        named = [values.span_name(span, language) for span in values.in_runs(periods)]
        when = ", ".join(dict.fromkeys(named))
        figures.setdefault((place, why, when), []).append(values.figure_name(figure, language))
    rows = tuple((place, ", ".join(names), when, why) for (place, why, when), names in figures.items())
    header = (said["place"], said["figure"], said["period"], said["why"])
    return [Heading(1, said["missing"]), Table(said["missing_caption"], header, rows, 0, has_words=True)]


def _method(report: Report, language: str) -> list[Block]:
    said, sentences = DOCUMENT[language], SENTENCES[language]
    methods = {row.figure: row.method for row in report.rows}
    signs = WORDS[language].signs
    blocks: list[Block] = [
        Heading(1, said["method"]),
        Paragraph(words.confidentiality(report, language)),
        Paragraph(sentences["note_method"]),
        Heading(2, said["signs"]),
        Table(said["signs_caption"], (said["sign"], said["means"]), tuple(signs), 0, has_words=True),
        Heading(2, said["formulas"]),
    ]
    rows = []
    for figure in values.in_order(set(methods)):
        one = values.figure_of(figure)
        formula = one.formula_de if language == "de" else one.formula_en
        origin = WORDS[language].origins.get(one.origin, one.origin.value)
        derived = said["derived"] if one.guard is Guard.DERIVED else ""
        if formula and not formula.endswith("."):
            formula += "."
        how = " ".join(part for part in (formula, said["from"].format(origin=origin), derived) if part)
        rows.append((values.figure_name(figure, language), methods[figure], how))
    header = (said["figure"], said["version"], said["formula"])
    blocks.append(Table(said["formulas_caption"], header, tuple(rows), 0, has_words=True))
    if report.checksum and not report.is_preliminary:
        blocks.append(Paragraph(sentences["checksum"].format(checksum=report.checksum)))
    if report.packages:
        packages = ", ".join(f"{name} {version}" for name, version in report.packages)
        blocks.append(Paragraph(said["packages"].format(packages=packages)))
    return blocks


def _whole(number: int, language: str) -> str:
    return f"{number:,}".replace(",", WORDS[language].thousands)


def _day(report: Report, language: str) -> str:
    return f"{report.made_on:{WORDS[language].date}}"
