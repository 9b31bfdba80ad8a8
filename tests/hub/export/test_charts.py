"""Charts: the same rows give the same bytes, all words and numbers are in them, and hidden never looks like zero."""

import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from hub.domain.statistics.findings import NETWORK
from hub.export.charts import NARROW, WIDE, Chart, Look, Point, Series, Shape, draw
from hub.export.report_charts import Drawn, course, page_charts, quality, side_by_side
from hub.export.report_values import number
from tests.hub.statistics.reports import WITTENBERGE, report, row

TURNED = r"rotate\((?:-90|270)[,)]"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn() -> list[Drawn]:
    return page_charts(report())


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
    again = {one.name: one.svg for one in page_charts(report())}
    assert again == {one.name: one.svg for one in drawn}


def test_a_drawing_says_in_words_and_numbers_what_it_shows_and_fetches_nothing(drawn: list[Drawn]) -> None:
    by_name = {one.name: one.svg for one in drawn}
    german, english = texts(by_name["visits-wide-de"]), texts(by_name["visits-wide-en"])
    assert {"Besuche", "Mär", "Dez", "130", "40", ".", "/"} <= set(german)
    assert {"Visits", "Mar", "Dec"} <= set(english)
    assert {"Buchungsauslastung", "Belegungsauslastung (Öffnungszeiten)"} <= set(
        texts(by_name["shares-narrow-de"])
    )
    for one in drawn:
        assert not re.findall(r'(?:href|src)="(?!#)|url\((?!#)|<script|<image', one.svg)
        size = WIDE if "wide" in one.name else NARROW
        assert f'viewBox="0 0 {size.width} {size.height}"' in one.svg


def points(chart: Chart | None, series: int = 0) -> tuple[Point, ...]:
    """Return the bars of a chart."""
    assert chart is not None
    return chart.series[series].points


def test_towns_stand_in_their_own_order_and_one_without_a_space_is_an_x() -> None:
    bars = points(side_by_side(report(NETWORK), "visits_per_open_hour", "de"))
    assert [bar.label for bar in bars][-2:] == ["Dippoldiswalde", "Dießen am Ammersee"]
    assert next(bar for bar in bars if bar.label == "Dippoldiswalde") == Point("Dippoldiswalde", "x")
    (wide,) = (one.svg for one in page_charts(report(NETWORK)) if one.name == "towns-wide-de")
    assert {"Dippoldiswalde", "x", "43"} <= set(texts(wide))
    assert side_by_side(report(), "visits_per_open_hour", "de") is None


def test_what_is_hidden_has_no_bar_but_its_sign() -> None:
    bars = points(course(report(), ("visits",), "de"))
    assert [bar.label for bar in bars][:4] == ["Jan", "Feb", "Mär", "Apr"]
    assert (bars[3].is_shown, bars[3].said, bars[6].said) == (False, ".", "/")


def test_a_band_is_a_bar_from_one_end_to_the_other() -> None:
    made = report(rows=(row(WITTENBERGE, "occupancy", "25-50", report().rows[-1].period),))
    bar = points(course(made, ("booking_utilisation", "occupancy"), "de"))[-1]
    assert (bar.low, bar.high, bar.value) == (Decimal(25), Decimal(50), None)


def test_how_much_was_measured_is_a_number_a_month_with_a_line_at_what_is_enough() -> None:
    chart = quality(report(), "de")
    assert [bar.said.replace("\u00a0", " ") for bar in points(chart)][5:8] == ["97 %", "61 %", "97 %"]
    assert chart is not None
    assert chart.enough == 80
    assert "stroke-dasharray" in draw(chart)


def test_numbers_stand_at_bars_where_they_fit_and_words_below_are_turned_where_they_do_not() -> None:
    bars = tuple(Point(f"Mär {year}", f"{year}.000 %", Decimal(year)) for year in range(10, 22))
    chart = Chart(Shape.MONTHS, (Series("Besuche", bars),), "Prozent", "Säulen", "de")
    wide, narrow = draw(chart, WIDE), draw(chart, Look("slim", 160, 120, 12, "Arial"))
    assert "15.000" in texts(wide)
    assert not re.search(TURNED, wide)
    assert "15.000" not in texts(narrow)
    assert re.search(TURNED, narrow)
    # The axis says it.
    assert not any("%" in text for text in texts(wide))


def test_an_axis_of_whole_numbers_has_no_halves() -> None:
    bars = (Point("Jan", "1", Decimal(1)), Point("Feb", "2", Decimal(2)))
    assert not [
        text for text in texts(draw(Chart(Shape.MONTHS, (Series("", bars),), "", "", "de"))) if "," in text
    ]


def test_a_report_with_nothing_to_show_has_no_chart() -> None:
    hidden = tuple(row(WITTENBERGE, "visits", "suppressed", one.period) for one in report().rows[-3:])
    assert page_charts(report(rows=hidden)) == []
    assert page_charts(report(rows=())) == []


@pytest.mark.parametrize(
    ("value", "german", "english"),
    [("1240.5", "1.240,5", "1,240.5"), ("0", "0", "0"), ("1E+3", "1.000", "1,000")],
)
def test_numbers_are_written_as_the_language_has_them(value: str, german: str, english: str) -> None:
    assert (number(Decimal(value), "de"), number(Decimal(value), "en")) == (german, english)
