"""Printed values in words: numbers, bands and signs as people's tables have them, and what ten questions are told."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hub.domain.statistics.findings import Flag
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import REASONS, Audience, Report, Target, ValueStatus
from hub.export import report_values as values
from hub.export.document import Paragraph, Picture, Table
from hub.export.report_answers import answers, difference, highlights, is_met, method_note, title
from hub.export.report_document import document_of
from hub.export.report_document_words import DOCUMENT
from hub.export.report_gaps import gaps_of
from hub.export.report_months import lines_of, part_sentence
from hub.export.report_sentences import SENTENCES
from hub.export.report_words import WORDS
from hub.export.report_xlsx_words import XLSX
from tests.hub.export.reports import (
    CLUB,
    TOWN,
    YEAR,
    network_report,
    printed,
    town_report,
    town_without_space,
)

ROUNDED = ValueStatus.ROUNDED


def plain(text: str) -> str:
    """Return text with each space as it is typed."""
    return text.replace("\u00a0", " ")


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
    assert (plain(values.shown(made, "de")), plain(values.shown(made, "en"))) == (german, english)


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


def test_every_reason_and_status_and_flag_has_words_in_both_languages() -> None:
    for words in WORDS.values():
        assert words.reasons.keys() == REASONS
        assert words.statuses.keys() == set(ValueStatus)
        assert words.flags.keys() == set(Flag)
        assert all(words.reasons.values())


def test_whatever_hides_a_value_reads_the_same_where_it_would_tell_another() -> None:
    """S4: what is hidden for few people, for one of them, or for another number."""
    for words in WORDS.values():
        assert len({words.reasons[code] for code in ("few_persons", "secondary", "dominance")}) == 1


def test_how_reliable_a_value_is_names_what_became_of_it_and_how_much_was_measured() -> None:
    row = printed(TOWN, YEAR, "visits", 30, status=ROUNDED, valid_pct=94, flags=frozenset({Flag.PRELIMINARY}))
    assert plain(values.reliability(row, "de")) == "gerundet; vorläufig; Messwerte für 94 % der Zeit"
    estimated = printed(
        TOWN, YEAR, "visits", 30, status=ValueStatus.ESTIMATED, flags=frozenset({Flag.ESTIMATED})
    )
    assert values.reliability(estimated, "en") == "estimated"
    assert values.reliability(printed(TOWN, YEAR, "visits", 3, reason="of_printed"), "de") == "genau"


def test_a_number_that_only_the_role_statistics_sees_stands_beside_why_others_do_not() -> None:
    row = printed(TOWN, YEAR, "visits", 3, reason="few_persons")
    assert values.shown(row, "de") == "3"
    assert values.why(row, "de").startswith("in der Veröffentlichung: verborgen")


def test_five_sentences_say_what_a_mayor_would_read_aloud() -> None:
    assert tuple(map(plain, highlights(town_report(), "de"))) == (
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
    told = plain(answers(town_report(), "de")[5].sentences[0])
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


def test_whatever_is_not_shown_is_said_once_for_each_reason_with_where_and_when() -> None:
    tables = [block for block in document_of(town_report(), "de").blocks if isinstance(block, Table)]
    hidden = next(table for table in tables if table.caption.startswith("Verborgen, damit niemand"))
    assert hidden.header == ("Kennzahl", "Stadt oder Raum", "Zeitraum")
    assert ("Besuche", "Wittenberge", "Januar 2026, August 2026") in hidden.rows
    assert len({table.caption for table in tables}) >= 3


def hidden_months(*numbers: int) -> Report:
    """Return a year of which some months are hidden, and the year with them."""
    hidden = {"status": ValueStatus.SUPPRESSED, "reason": "few_persons"}
    rows = [
        printed(TOWN, YEAR, figure, **hidden | {"reason": "spans_hidden"})
        for figure in ("visits", "occupancy")
    ]
    for number in range(1, 13):
        month = Span.of_month(Month(2026, number))
        for figure, value in (("visits", 10 * number), ("occupancy", number)):
            made = hidden if number in numbers else {"value": value, "status": ROUNDED}
            rows.append(printed(TOWN, month, figure, **made))
    return town_report(rows=tuple(rows))


def test_a_year_without_a_number_tells_what_its_shown_months_tell() -> None:
    report = hidden_months(1, 2)
    lines = {row.figure: line for row, line in lines_of(report, TOWN, "de")}
    assert plain(lines["visits"].name) == "Besuche (10 von 12 Monaten)"
    assert (lines["visits"].value, lines["visits"].reliability) == ("750", "Summe der gezeigten Monate")
    assert plain(lines["occupancy"].value) == "3 bis 12 %"
    first = highlights(report, "de")[0]
    assert first == "Besuche: In 10 von 12 Monaten darf die Zahl gezeigt werden; zusammen sind das rund 750."
    assert "3 bis 12 % (10 von 12 Monaten)" in plain(answers(report, "de")[2].sentences[0])


def test_nothing_is_told_of_a_year_of_which_no_month_is_shown() -> None:
    report = hidden_months(*range(1, 13))
    lines = {row.figure: line for row, line in lines_of(report, TOWN, "de")}
    assert lines["visits"].value == "."
    assert part_sentence(report, report.rows[0], "de") == ""


def test_numbers_that_are_missing_for_others_are_counted_and_not_listed() -> None:
    gaps = gaps_of(hidden_months(1, 2), "de")
    ((why, (gap,)),) = gaps.by_reason
    assert why.startswith("verborgen, damit niemand")
    assert gap.figures == ("Besuche", "Belegungsauslastung (Öffnungszeiten)")
    assert (gap.places, gap.when) == (("Wittenberge",), "Januar bis Februar 2026")
    assert gaps.made_of_others == 2
    only_made = town_report(rows=hidden_months(1).rows[:1])
    assert gaps_of(only_made, "de").by_reason[0][1][0].when == "2026"


def test_what_nobody_collects_and_who_has_no_space_are_named_in_a_sentence_and_have_no_row() -> None:
    absent = {"status": ValueStatus.NOT_APPLICABLE, "reason": "not_applicable"}
    report = town_report(rows=(*town_report().rows, printed(TOWN, YEAR, "revenue", **absent)))
    assert gaps_of(report, "de").uncollected == ("Einnahmen",)
    document = document_of(report, "de")
    tables = [block for block in document.blocks if isinstance(block, Table)]
    assert "Einnahmen" not in {row[0] for table in tables for row in table.rows}
    assert any("nicht erhoben" in block.text for block in document.blocks if isinstance(block, Paragraph))
    (place,) = gaps_of(town_without_space(), "de").absent
    assert place == town_without_space().subject


def test_a_town_with_one_space_says_so_in_a_sentence_and_repeats_no_number() -> None:
    made = town_report()
    places = tuple(note for note in made.places if note.place.id != "formel")
    space = next(note.place for note in places if note.place.id == "wittenberge")
    rows = [row for row in made.rows if row.place == TOWN and row.figure != "open_days"]
    rows += [replace(row, place=space) for row in made.rows if row.place == TOWN]
    report = town_report(places=places, rows=tuple(rows))
    blocks = document_of(report, "de").blocks
    texts = [block.text for block in blocks if isinstance(block, Paragraph)]
    assert any(
        text.startswith("Wittenberge hat einen Raum: Bahnhof Wittenberge (Coworking-Raum") for text in texts
    )
    named = [row[0] for block in blocks if isinstance(block, Table) and block.numeric for row in block.rows]
    assert named.count("Arbeitsplätze") == 1
    # What there is of the space alone stands with what there is of the town.
    assert named.count("Öffnungstage") == 1


def test_where_a_space_is_told_otherwise_than_its_town_both_stand_there() -> None:
    made = town_report()
    places = tuple(note for note in made.places if note.place.id != "formel")
    space = next(note.place for note in places if note.place.id == "wittenberge")
    rows = (
        printed(TOWN, YEAR, "visits", 450),
        printed(space, YEAR, "visits", 440),
        printed(TOWN, YEAR, "events", 3),
    )
    blocks = document_of(town_report(places=places, rows=rows), "de").blocks
    tables = [block for block in blocks if isinstance(block, Table) and block.numeric]
    assert [table.rows for table in tables if table.caption.startswith("Nur hier weicht")] == [
        (("Besuche", "440", "genau"),)
    ]


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


def test_what_nobody_wrote_down_stands_once_and_not_among_the_figures() -> None:
    """Twenty lines of "x" would hide the ten that say something."""
    more = tuple(
        printed(place, YEAR, "survey_asked", status=ValueStatus.NOT_APPLICABLE, reason="not_collected")
        for place in (TOWN, CLUB)
    )
    report = town_report(rows=(*town_report().rows, *more))
    blocks = document_of(report, "de").blocks
    tables = [block for block in blocks if isinstance(block, Table)]
    assert not any("Befragte" in row[0] for table in tables for row in table.rows)
    said = [block.text for block in blocks if isinstance(block, Paragraph) and "Befragte" in block.text]
    assert said == ["Hier nicht erhoben und deshalb nicht aufgeführt: Befragte."]


@pytest.mark.parametrize(
    ("figure", "low", "high", "said"),
    [
        ("no_show_rate", 0, 9, "0 bis 9\u00a0%"),
        ("no_show_rate", 73, 100, "73 bis 100\u00a0%"),
        ("cost_cover", 90, 130, "90 bis 130\u00a0%"),
    ],
)
def test_both_ends_of_a_rate_of_rounded_numbers_are_told(figure: str, low: int, high: int, said: str) -> None:
    row = printed(
        TOWN, YEAR, figure, low=Decimal(low), high=Decimal(high), status=ROUNDED, reason="of_rounded"
    )
    assert values.shown(row, "de") == said
