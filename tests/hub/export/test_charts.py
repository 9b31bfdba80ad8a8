"""Charts: the same rows give the same bytes, all words and numbers are in them, and hidden never looks like zero."""

import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from hub.domain.statistics.findings import NETWORK
from hub.export.charts import SIZES, Bar, Drawn, draw, known, monthly, side_by_side
from hub.export.report_values import number
from tests.hub.statistics.reports import WITTENBERGE, report, row

WIDE, NARROW = SIZES
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn() -> list[Drawn]:
    return draw(report())


def texts(svg: str) -> list[str]:
    """Return what is written in a drawing."""
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


def test_each_chart_is_drawn_for_both_widths_in_both_languages(drawn: list[Drawn]) -> None:
    assert [one.name for one in drawn] == [
        f"{kind}-{size}-{language}"
        for language in ("de", "en")
        for size in ("wide", "narrow")
        for kind in ("visits", "shares", "no-shows", "quality")
    ]


def test_F2_the_same_report_gives_the_same_bytes(drawn: list[Drawn]) -> None:  # noqa: N802
    again = {one.name: one.svg for one in draw(report())}
    assert again == {one.name: one.svg for one in drawn}


def test_a_drawing_says_in_words_and_numbers_what_it_shows_and_fetches_nothing(drawn: list[Drawn]) -> None:
    by_name = {one.name: one.svg for one in drawn}
    german, english = texts(by_name["visits-wide-de"]), texts(by_name["visits-wide-en"])
    assert {"Besuche", "Mär", "Dez", "130", "40", ".", "/"} <= set(german)
    assert {"Visits", "Mar", "Dec"} <= set(english)
    assert {"gebucht", "belegt"} <= set(texts(by_name["shares-narrow-de"]))
    for one in drawn:
        assert not re.findall(r'(?:href|src)="(?!#)|url\((?!#)|<script|<image', one.svg)
        size = WIDE if "wide" in one.name else NARROW
        assert f'viewBox="0 0 {size.width} {size.height}"' in one.svg


def test_towns_stand_in_their_own_order_and_one_without_a_space_is_an_x() -> None:
    bars = side_by_side(report(NETWORK), "visits_per_open_hour", "de")
    assert [bar.at for bar in bars][-2:] == ["Dippoldiswalde", "Dießen am Ammersee"]
    assert next(bar for bar in bars if bar.at == "Dippoldiswalde") == Bar("Dippoldiswalde", label="x")
    (wide,) = (one.svg for one in draw(report(NETWORK)) if one.name == "towns-wide-de")
    assert {"Dippoldiswalde", "x", "43"} <= set(texts(wide))


def test_what_is_hidden_has_no_bar_but_its_sign() -> None:
    bars = monthly(report(), "visits", "de", WIDE)
    assert [bar.at for bar in bars][:4] == ["Jan", "Feb", "Mär", "Apr"]
    assert (bars[3].high, bars[3].label, bars[6].label) == (None, ".", "/")
    assert monthly(report(), "visits", "de", NARROW)[9].at == "10"


def test_a_band_is_a_bar_from_one_end_to_the_other() -> None:
    made = report(rows=(row(WITTENBERGE, "occupancy", "25-50", report().rows[-1].period),))
    (bar,) = monthly(made, "occupancy", "de", WIDE, "belegt")
    assert (bar.low, bar.high, bar.is_band) == (25, 50, True)


def test_how_much_was_measured_is_a_number_a_month() -> None:
    assert [bar.label for bar in known(report(), "de", WIDE)][5:8] == ["97", "61", "97"]


def test_a_report_with_nothing_to_show_has_no_chart() -> None:
    hidden = tuple(row(WITTENBERGE, "visits", "suppressed", one.period) for one in report().rows[-3:])
    assert draw(report(rows=hidden)) == []
    assert draw(report(rows=())) == []


@pytest.mark.parametrize(
    ("value", "german", "english"),
    [("1240.5", "1.240,5", "1,240.5"), ("0", "0", "0"), ("1E+3", "1.000", "1,000")],
)
def test_numbers_are_written_as_the_language_has_them(value: str, german: str, english: str) -> None:
    assert (number(Decimal(value), "de"), number(Decimal(value), "en")) == (german, english)
