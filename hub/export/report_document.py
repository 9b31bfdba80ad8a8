"""A report as a document: what it is about, its figures, ten answers, what is not shown, and the method; pure."""

from hub.domain.statistics.figures import Guard
from hub.domain.statistics.printed import Audience, Printed, Report
from hub.export import report_answers as words
from hub.export import report_values as values
from hub.export.document import Block, Bullets, Document, Heading, Paragraph, Table
from hub.export.report_course import course_blocks
from hub.export.report_document_words import DOCUMENT
from hub.export.report_gaps import gaps_of
from hub.export.report_months import Line, lines_of
from hub.export.report_places import only_space, room_blocks, side_blocks
from hub.export.report_sentences import SENTENCES
from hub.export.report_words import WORDS


def document_of(report: Report, language: str) -> Document:
    """Return the document of a report."""
    said = DOCUMENT[language]
    blocks: list[Block] = []
    if report.audience is not Audience.PUBLIC:
        blocks.append(Paragraph(words.confidentiality(report, language), is_loud=True))
    blocks += [Heading(1, said["in_short"]), Bullets(words.highlights(report, language))]
    blocks += _targets(report, language)
    blocks += _whole_period(report, language)
    blocks += course_blocks(report, language)
    blocks += side_blocks(report, language)
    blocks += room_blocks(report, language)
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
        facts.append(
            (said["inhabitants"], f"{values.number(values.exact(note.inhabitants), language)}{when}")
        )
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
    return [
        Heading(1, said["targets"]),
        Table(said["targets_caption"], header, tuple(rows), 3, (2.6, 1.5, 1.2, 1.5, 1.5)),
    ]


def _whole_period(report: Report, language: str) -> list[Block]:
    """Return the figures of the subject: now, a year before, how reliable; with those of its only space."""
    said = DOCUMENT[language]
    places = [report.subject, *([] if (space := only_space(report)) is None else [space])]
    found: dict[str, tuple[Printed, Line]] = {}
    for place in places:
        for row, line in lines_of(report, place, language):
            found.setdefault(row.figure, (row, line))
    rows = []
    for figure in values.in_order(set(found)):
        row, line = found[figure]
        before = values.shown(words.compared(report, row), language)
        rows.append((line.name, line.value, before, line.reliability))
    if not rows:
        return []
    now, earlier = (
        values.span_name(span, language) for span in (report.period, words.year_before(report.period))
    )
    caption = said["figures_caption"].format(
        place=values.place_name(report, report.subject, language), period=now
    )
    if any(before for _, _, before, _ in rows):
        columns = (said["figure"], now, earlier, said["reliability"])
        table = Table(caption, columns, tuple(rows), 2, (3.2, 1.3, 1.3, 3.2))
    else:
        names = (said["figure"], said["value"], said["reliability"])
        bare = tuple((name, value, why) for name, value, _, why in rows)
        table = Table(caption, names, bare, 1, (3.4, 1.2, 4.0))
    return [Heading(1, said["figures"]), table]


def _questions(report: Report, language: str) -> list[Block]:
    blocks: list[Block] = [Heading(1, DOCUMENT[language]["questions"])]
    for one in words.answers(report, language):
        blocks += [Heading(2, one.question), Paragraph(" ".join(one.sentences))]
    return blocks


def _missing(report: Report, language: str) -> list[Block]:
    """Return what is not shown as a number, once for each reason: of which figures, where and when."""
    said, gaps = DOCUMENT[language], gaps_of(report, language)
    blocks: list[Block] = [Heading(1, said["missing"])]
    header = (said["figure"], said["place"], said["period"])
    for why, found in gaps.by_reason:
        rows = tuple((", ".join(one.figures), ", ".join(one.places), one.when) for one in found)
        blocks.append(Table(f"{why[:1].upper()}{why[1:]}:", header, rows, 0, (3, 2, 2)))
    if gaps.made_of_others:
        count = values.number(values.exact(gaps.made_of_others), language)
        blocks.append(Paragraph(said["missing_others"].format(count=count)))
    if gaps.absent:
        names = [values.place_name(report, place, language) for place in gaps.absent]
        blocks.append(Paragraph(said["absent"].format(places=values.joined(names, language))))
    if gaps.uncollected:
        blocks.append(Paragraph(said["uncollected"].format(figures=", ".join(gaps.uncollected))))
    return blocks if len(blocks) > 1 else [*blocks, Paragraph(said["missing_none"])]


def _method(report: Report, language: str) -> list[Block]:
    said, sentences = DOCUMENT[language], SENTENCES[language]
    methods = {row.figure: row.method for row in report.rows if not values.is_left_out(row)}
    signs = WORDS[language].signs
    blocks: list[Block] = [
        Heading(1, said["method"]),
        Paragraph(words.confidentiality(report, language)),
        Paragraph(sentences["note_method"]),
        Heading(2, said["signs"]),
        Table(said["signs_caption"], (said["sign"], said["means"]), tuple(signs), 0, (1, 8)),
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
    blocks.append(Table(said["formulas_caption"], header, tuple(rows), 0, (2.4, 0.9, 5)))
    if report.checksum and not report.is_preliminary:
        blocks.append(Paragraph(sentences["checksum"].format(checksum=report.checksum)))
    if report.packages:
        packages = ", ".join(f"{name} {version}" for name, version in report.packages)
        blocks.append(Paragraph(said["packages"].format(packages=packages)))
    return blocks


def _day(report: Report, language: str) -> str:
    return f"{report.made_on:{WORDS[language].date}}"
