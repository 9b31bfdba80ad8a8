"""Printed values in words: numbers, bands and signs as people's tables have them, and what ten questions are told."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hub.domain.statistics.findings import Flag
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience, Target, ValueStatus
from hub.export import report_values as values
from hub.export.report_answers import answers, difference, highlights, is_met, method_note, title
from hub.export.report_document import Paragraph, Picture, Table, document_of
from hub.export.report_document_words import DOCUMENT
from hub.export.report_sentences import SENTENCES
from hub.export.report_words import WORDS
from hub.export.report_xlsx_words import XLSX
from hub.web.figure_words import REASONS
from tests.hub.export.reports import (
    TOWN,
    YEAR,
    network_report,
    printed,
    town_report,
    town_without_space,
)

ROUNDED = ValueStatus.ROUNDED


@pytest.mark.parametrize(
    ("figure", "row", "german", "english"),
    [
        ("visits", {"value": 1240, "status": ROUNDED}, "1.240", "1,240"),
        ("occupancy", {"value": "41.5"}, "41,5 %", "41.5%"),
        ("occupancy", {"value": "-1.5"}, "\u22121,5 %", "\u22121.5%"),
        ("visits", {"value": 0}, "–", "–"),
        ("visits", {"value": 0, "status": ROUNDED}, "0", "0"),
        ("visits", {"value": 30, "flags": frozenset({Flag.REVISED, Flag.PRELIMINARY})}, "30 pr", "30 pr"),
        ("visits", {"value": 30, "status": ValueStatus.ESTIMATED}, "30 s", "30 s"),
        ("occupancy", {"low": Decimal(0), "high": Decimal(25)}, "unter 25 %", "under 25%"),
        ("occupancy", {"low": Decimal(25), "high": Decimal(50)}, "25 bis 50 %", "25 to 50%"),
        ("occupancy", {"low": Decimal(50), "high": Decimal(100)}, "über 50 %", "over 50%"),
        ("occupancy", {"low": Decimal(50)}, "über 50 %", "over 50%"),
        ("users", {"low": Decimal(0), "high": Decimal(4)}, "unter 5", "under 5"),
        ("users", {"low": Decimal(1), "high": Decimal(4)}, "unter 5", "under 5"),
        ("users", {"low": Decimal(5), "high": Decimal(9)}, "5 bis 9", "5 to 9"),
        ("users", {"low": Decimal(20)}, "20 und mehr", "20 and more"),
        ("visits", {"status": ValueStatus.SUPPRESSED}, ".", "."),
        ("visits", {"status": ValueStatus.UNRELIABLE}, "/", "/"),
        ("visits", {"status": ValueStatus.NOT_APPLICABLE}, "x", "x"),
        ("visits", {"status": ValueStatus.PENDING}, "…", "…"),
    ],
)
def test_a_value_reads_as_official_tables_have_it(
    figure: str, row: dict[str, Any], german: str, english: str
) -> None:
    made = printed(TOWN, YEAR, figure, **row)
    assert (values.shown(made, "de"), values.shown(made, "en")) == (german, english)


def test_hidden_for_few_persons_and_hidden_for_another_read_the_same() -> None:
    hidden = [
        printed(TOWN, YEAR, "visits", status=ValueStatus.SUPPRESSED, reason=reason)
        for reason in ("few_persons", "secondary", "")
    ]
    for language in WORDS:
        assert len({values.why(row, language) for row in hidden}) == 1


@pytest.mark.parametrize(
    ("span", "german", "english"),
    [
        (YEAR, "2026", "2026"),
        (Span(Month(2026, 3), Month(2026, 3)), "März 2026", "March 2026"),
        (Span(Month(2026, 5), Month(2026, 8)), "Mai bis August 2026", "May to August 2026"),
        (Span(Month(2026, 11), Month(2027, 2)), "November 2026 bis Februar 2027", "November 2026 to February 2027"),
    ],
)  # fmt: skip
def test_a_period_reads_as_one_says_it(span: Span, german: str, english: str) -> None:
    assert (values.span_name(span, "de"), values.span_name(span, "en")) == (german, english)


@pytest.mark.parametrize("table", [SENTENCES, DOCUMENT, XLSX])
def test_both_languages_have_the_same_texts_with_the_same_gaps(table: dict[str, dict[str, str]]) -> None:
    gaps = {
        language: {
            name: sorted(part.partition("}")[0] for part in text.split("{")[1:])
            for name, text in texts.items()
        }
        for language, texts in table.items()
    }
    assert gaps["de"] == gaps["en"]
    assert all(text for texts in table.values() for text in texts.values())


def test_reasons_are_worded_in_both_languages() -> None:
    assert WORDS["de"].reasons.keys() == WORDS["en"].reasons.keys()
    # Those that pages word are all that disclosure control gives.
    assert set(REASONS) | {"dominance", "internal"} <= WORDS["de"].reasons.keys()
    assert WORDS["de"].statuses.keys() == WORDS["en"].statuses.keys() == set(ValueStatus)


def test_a_number_that_only_the_role_statistics_sees_stands_beside_why_others_do_not() -> None:
    row = printed(TOWN, YEAR, "visits", 3, reason="few_persons")
    assert values.shown(row, "de") == "3"
    assert values.why(row, "de").startswith("in der Veröffentlichung: verborgen")


def test_five_sentences_say_what_a_mayor_would_read_aloud() -> None:
    assert highlights(town_report(), "de") == (
        "Im Zeitraum 2026 gab es rund 450 Besuche.",
        "Es fanden 12 Veranstaltungen statt.",
        "Im Jahr 2026 nutzten 10 bis 19 Personen das Angebot.",
        "In den Öffnungszeiten waren die gemessenen Arbeitsplätze zu 29,6 % der Zeit belegt.",
        "Geöffnet war an 248 Tagen, zusammen 1.984,5 Stunden.",
    )


def test_what_is_hidden_is_said_to_be_hidden_and_no_number_stands_in_for_it() -> None:
    hidden = printed(TOWN, YEAR, "visits", status=ValueStatus.SUPPRESSED, reason="few_persons")
    rows = (hidden, *(row for row in town_report().rows if (row.place, row.figure) != (TOWN, "visits")))
    first = highlights(town_report(rows=rows), "de")[0]
    assert first.startswith("Zur Zahl der Besuche im Zeitraum 2026 steht hier nichts: verborgen")


def test_a_town_without_a_space_is_told_kindly_and_is_not_zero() -> None:
    (only,) = highlights(town_without_space(), "de")
    assert only == (
        "Dippoldiswalde hat im Zeitraum 2026 keinen Coworking-Raum; Zahlen zur Nutzung entfallen deshalb (x), sie "
        "sind nicht null."
    )


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("made", [town_report, network_report, town_without_space])
def test_ten_questions_are_answered_whatever_there_is_to_tell(made: Any, language: str) -> None:
    found = answers(made(), language)
    assert len(found) == 10
    assert len({one.question for one in found}) == 10
    for one in found:
        assert one.question.endswith("?")
        assert one.sentences
        assert all(line.rstrip().endswith(".") and "{" not in line for line in one.sentences)


def test_what_changed_is_told_of_printed_numbers_and_of_bands_without_a_difference() -> None:
    told = answers(town_report(), "de")[5].sentences[0]
    assert told == (
        "Gegenüber 2025: Besuche: 450 (Vorjahr 380; +70); Belegungsauslastung (Öffnungszeiten): 29,6 % (Vorjahr "
        "31,1 %; \u22121,5 Prozentpunkte); Nutzende: 10 bis 19 (Vorjahr 5 bis 9)."
    )


def test_no_difference_is_worked_out_with_what_is_not_printed() -> None:
    band = printed(TOWN, YEAR, "visits", low=Decimal(5), high=Decimal(9))
    assert difference(band, printed(TOWN, YEAR, "visits", 8), "de") == ""
    hidden = printed(TOWN, Span.of_year(2025), "visits", status=ValueStatus.SUPPRESSED)
    told = answers(town_report(previous=(hidden,)), "de")[5].sentences[0]
    assert told.startswith("Für 2025 gibt es keine veröffentlichten Zahlen")


@pytest.mark.parametrize(
    ("figure", "row", "target", "met"),
    [
        ("visits", {"value": 400}, 400, True),
        ("visits", {"value": 390}, 400, False),
        ("users", {"low": Decimal(10), "high": Decimal(19)}, 10, True),
        ("users", {"low": Decimal(10), "high": Decimal(19)}, 20, False),
        ("users", {"low": Decimal(10), "high": Decimal(19)}, 15, None),
        ("users", {"low": Decimal(20)}, 30, None),
        ("no_show_rate", {"value": 8}, 10, True),
        ("no_show_rate", {"value": 12}, 10, False),
        ("visits", {"status": ValueStatus.SUPPRESSED}, 1, None),
    ],
)
def test_a_target_is_judged_only_where_what_is_printed_tells(
    figure: str, row: dict[str, Any], target: int, met: bool | None
) -> None:
    assert is_met(printed(TOWN, YEAR, figure, **row), Target(TOWN, figure, YEAR, Decimal(target))) is met


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_is_internal_says_so_everywhere(language: str) -> None:
    internal = town_report(audience=Audience.INTERNAL, is_preliminary=True)
    document = document_of(internal, language)
    wanted = {"de": "Nicht zur Veröffentlichung", "en": "Not for publication"}[language]
    assert document.banner == wanted
    assert wanted.casefold() in method_note(internal, language)[0].casefold()
    assert wanted.casefold() in document.subtitle.casefold()


def test_a_preliminary_report_says_so_and_shows_no_checksum() -> None:
    document = document_of(town_report(is_preliminary=True), "de")
    assert document.banner == "Vorläufige Zahlen"
    texts = [getattr(block, "text", "") for block in document.blocks]
    assert not [text for text in texts if "Prüfsumme" in text]


def test_whatever_is_not_shown_stands_in_a_table_with_its_reason() -> None:
    report = town_report()
    tables = [block for block in document_of(report, "de").blocks if isinstance(block, Table)]
    missing = next(table for table in tables if table.header[-1] == "Warum")
    assert ("Wittenberge", "Besuche", "Januar 2026, August 2026") in {row[:3] for row in missing.rows}
    assert all(row[3] for row in missing.rows)


def test_months_that_follow_each_other_are_told_as_one_run() -> None:
    months = [Span.of_month(Month(2026, number)) for number in (1, 2, 3, 6, 11, 12)]
    runs = values.in_runs([YEAR, *reversed(months)])
    assert [values.span_name(run, "de") for run in runs] == [
        "Januar bis März 2026", "Juni 2026", "November bis Dezember 2026", "2026",
    ]  # fmt: skip


def test_a_course_of_which_nothing_can_be_shown_is_a_sentence_and_no_empty_chart() -> None:
    hidden = {"status": ValueStatus.SUPPRESSED, "reason": "few_persons"}
    rows = tuple(printed(TOWN, Span.of_month(month), "visits", **hidden) for month in YEAR.months())
    blocks = document_of(town_report(rows=rows), "de").blocks
    assert not [block for block in blocks if isinstance(block, Picture)]
    texts = [block.text for block in blocks if isinstance(block, Paragraph)]
    assert any(text.startswith("Besuche: in keinem Monat zu zeigen (verborgen") for text in texts)


def test_a_figure_that_only_an_older_report_knows_is_shown_by_its_id() -> None:
    report = town_report()
    old = replace(report.rows[0], figure="ehemals")
    assert values.figure_name("ehemals", "de") == "ehemals"
    assert title(report, "de") == "Nutzung: Wittenberge, 2026"
    assert values.ordered(replace(report, rows=(old, *report.rows)))[-1] != old
