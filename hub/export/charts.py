"""Charts of a report as SVG, by Vega-Lite: rows in, text out, and the same rows give the same bytes.

Legible in grey: series differ in lightness and outline, values stand beside bars, and what is not shown has the sign
that tables have, never a gap that looks like zero. Each is drawn for a wide and for a narrow page, in each language.
Drawing takes 125 MB and seconds, so `jobs` does it when a report is published, not whoever serves pages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from hub.domain.statistics.findings import PlaceLevel
from hub.domain.statistics.printed import SIGNS, Printed, Report
from hub.export.report_values import number

VEGA_LITE: Final = "5.21"
"""Version of the grammar; another one draws other bytes."""

LANGUAGES: Final = ("de", "en")
VISITS, SHARES, NO_SHOWS, QUALITY, TOWNS = "visits", "shares", "no-shows", "quality", "towns"
"""What charts are called; `name_of` adds width and language."""

ENOUGH_PCT: Final = 80
"""Of the offered time must be known (K2)."""

LEAST_MONTHS: Final = 2

_DARK: Final = "#33526b"
_LIGHT: Final = "#cfdbe3"
_INK: Final = "#1b2226"
_GRID: Final = "#d5d9dc"


class Size(NamedTuple):
    """Of a drawing, in pixels."""

    name: str
    width: int
    height: int
    font: int


SIZES: Final = (Size("wide", 720, 300, 13), Size("narrow", 300, 240, 12))

WORDS: Final = {
    "de": {
        "months": "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "visits": "Besuche",
        "percent": "Prozent",
        "booked": "gebucht",
        "sensed": "belegt",
        "known": "Gemessene Zeit in Prozent",
        "towns": "Besuche je 100 Öffnungsstunden",
    },
    "en": {
        "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "visits": "Visits",
        "percent": "Per cent",
        "booked": "booked",
        "sensed": "in use",
        "known": "Time measured, in per cent",
        "towns": "Visits per 100 hours open",
    },
}  # fmt: skip


class Drawn(NamedTuple):
    """A chart."""

    name: str
    svg: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, or the sign that stands in its place.

    Args:
        at: where it stands: a month, or a town.
        series: which of several, in words; empty for the only one.
        label: what is written at its end.
        is_band: whether nobody may know more than that it lies between.
    """

    at: str
    series: str = ""
    low: float = 0
    high: float | None = None
    label: str = ""
    is_band: bool = False


def name_of(kind: str, size: str, language: str) -> str:
    """Return the name of a chart: `visits-wide-de`."""
    return f"{kind}-{size}-{language}"


def draw(report: Report) -> list[Drawn]:
    """Return all charts of a report, in the order of pages."""
    return [
        Drawn(name_of(kind, size.name, language), _svg(spec))
        for language in LANGUAGES
        for size in SIZES
        for kind, spec in _specs(report, language, size)
    ]


def _specs(report: Report, language: str, size: Size) -> Iterator[tuple[str, dict[str, Any]]]:
    words = WORDS[language]
    visits = monthly(report, "visits", language, size)
    if _is_worth_it(visits):
        yield VISITS, _columns(visits, words["visits"], size)
    shares = [
        bar
        for figure, word in (("booking_utilisation", "booked"), ("occupancy", "sensed"))
        for bar in monthly(report, figure, language, size, words[word])
    ]
    if _is_worth_it(shares):
        yield SHARES, _grouped(shares, words, size)
    no_shows = monthly(report, "no_show_rate", language, size)
    if _is_worth_it(no_shows):
        yield NO_SHOWS, _columns(no_shows, words["percent"], size)
    quality = known(report, language, size)
    if _is_worth_it(quality):
        yield QUALITY, _columns(quality, words["known"], size, enough=ENOUGH_PCT)
    towns = side_by_side(report, "visits_per_open_hour", language)
    if _is_worth_it(towns):
        yield TOWNS, _rows(towns, words["towns"], size)


def _is_worth_it(bars: Sequence[Bar]) -> bool:
    """A chart without a single number says nothing that its table does not say."""
    return len({bar.at for bar in bars}) >= LEAST_MONTHS and any(bar.high is not None for bar in bars)


def monthly(report: Report, figure: str, language: str, size: Size, series: str = "") -> list[Bar]:
    """Return a figure of the whole subject, month by month."""
    found = [
        row
        for row in report.rows
        if row.place == report.subject and row.figure == figure and row.period.is_month
    ]
    found.sort(key=lambda row: row.period)
    years = {row.period.first.year for row in found}
    return [_bar(row, _month(row, language, size, len(years) > 1), series, language) for row in found]


def known(report: Report, language: str, size: Size) -> list[Bar]:
    """Return how much of the offered time was measured, month by month."""
    bars = []
    for row in sorted(report.rows, key=lambda row: row.period):
        if row.place == report.subject and row.figure == "occupancy" and row.period.is_month:
            at = _month(row, language, size, report.period.first.year != report.period.last.year)
            pct = row.valid_pct
            if pct is None:
                bars.append(Bar(at, label=SIGNS.get(row.status, ".")))
            else:
                bars.append(Bar(at, high=float(pct), label=str(pct)))
    return bars


def side_by_side(report: Report, figure: str, language: str) -> list[Bar]:
    """Return a figure of each town for the whole period, in the order of the report; never by rank (K3)."""
    bars = []
    for note in report.places:
        row = report.row(note.place, figure, report.period)
        if note.place.level is PlaceLevel.TOWN and row is not None:
            bars.append(_bar(row, note.name, "", language))
    return bars


def _bar(row: Printed, at: str, series: str, language: str) -> Bar:
    if row.value is not None:
        return Bar(at, series, 0, float(row.value), number(row.value, language))
    if row.low is not None:
        high = float(row.high) if row.high is not None else max(100.0, float(row.low))
        return Bar(at, series, float(row.low), high, "", is_band=True)
    return Bar(at, series, label=SIGNS.get(row.status, "."))


def _month(row: Printed, language: str, size: Size, has_years: bool) -> str:
    first = row.period.first
    if size.name == "narrow":
        return f"{first.month}/{first.year % 100:02}" if has_years else str(first.month)
    name = WORDS[language]["months"].split()[first.month - 1]
    return f"{name} {first.year % 100:02}" if has_years else name


def _columns(bars: Sequence[Bar], title: str, size: Size, enough: int | None = None) -> dict[str, Any]:
    x, top = _at(bars, size), _top(bars)
    layers: list[dict[str, Any]] = [
        {
            "transform": [{"filter": "datum.high !== null"}],
            "mark": {"type": "bar", "color": _DARK},
            "encoding": {"x": x, "y": _y("low", size, top), "y2": {"field": "high"}},
        },
        _labels("datum.high !== null", {"x": x, "y": _y("high", size, top)}, size, dy=-3),
        _labels("datum.high === null", {"x": x, "y": _BOTTOM}, size, dy=-3, is_sign=True),
    ]
    if enough is not None:
        layers.append(
            {
                "mark": {"type": "rule", "color": "#ffffff", "strokeWidth": 3},
                "encoding": {"y": {"datum": enough}},
            }
        )
        layers.append(
            {
                "mark": {"type": "rule", "color": _INK, "strokeWidth": 1.5, "strokeDash": [6, 4]},
                "encoding": {"y": {"datum": enough}},
            }
        )
    return _whole(bars, title, layers, size)


def _grouped(bars: Sequence[Bar], words: dict[str, str], size: Size) -> dict[str, Any]:
    both: dict[str, Any] = {"x": _at(bars, size), "xOffset": {"field": "series", "sort": None}}
    color = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": [words["booked"], words["sensed"]], "range": [_LIGHT, _DARK]},
        "legend": {
            "title": None, "orient": "top", "labelFontSize": size.font, "symbolType": "square",
            "symbolStrokeColor": _INK, "symbolStrokeWidth": 1, "symbolSize": 140, "labelColor": _INK, "offset": 4,
        },
    }  # fmt: skip
    looks: tuple[tuple[bool, dict[str, Any]], ...] = (
        (False, {}),
        (True, {"strokeDash": [3, 3], "fillOpacity": 0.35}),
    )
    layers: list[dict[str, Any]] = [
        {
            "transform": [{"filter": f"datum.high !== null && datum.band === {str(is_band).lower()}"}],
            "mark": {"type": "bar", "stroke": _INK, "strokeWidth": 1, **look},
            "encoding": {
                **both,
                "y": _y("low", size, _top(bars)),
                "y2": {"field": "high"},
                "color": color,
            },
        }
        for is_band, look in looks
    ]
    layers.append(_labels("datum.high === null", {**both, "y": _BOTTOM}, size, dy=-3, is_sign=True))
    return _whole(bars, words["percent"], layers, size)


def _rows(bars: Sequence[Bar], title: str, size: Size) -> dict[str, Any]:
    y = _at(bars, size)
    x = _y("high", size, _top(bars))
    layers = [
        {
            "transform": [{"filter": "datum.high !== null"}],
            "mark": {"type": "bar", "color": _DARK},
            "encoding": {"y": y, "x": x},
        },
        _labels("datum.high !== null", {"y": y, "x": x}, size, dx=5),
        _labels("datum.high === null", {"y": y, "x": _BOTTOM}, size, dx=5, is_sign=True),
    ]
    # Fonts differ from one machine to the next, and names stand at the edge.
    return _whole(bars, title, layers, size) | {"padding": {"left": 22, "right": 8, "top": 6, "bottom": 6}}


_BOTTOM: Final = {"datum": 0, "type": "quantitative"}
_ROOM: Final = 1.14
"""Above the longest bar, for its number."""


def _top(bars: Sequence[Bar]) -> float:
    return _ROOM * max((bar.high for bar in bars if bar.high is not None), default=1.0) or 1.0


def _at(bars: Sequence[Bar], size: Size) -> dict[str, Any]:
    order = list(dict.fromkeys(bar.at for bar in bars))
    axis = _axis(size) | {"labelAngle": 0, "grid": False, "labelLimit": size.width * 2 // 5}
    return {"field": "at", "type": "ordinal", "sort": order, "axis": axis}


def _labels(
    which: str, encoding: dict[str, Any], size: Size, dx: int = 0, dy: int = 0, *, is_sign: bool = False
) -> dict[str, Any]:
    align = {"align": "left", "baseline": "middle"} if dx else {"align": "center", "baseline": "bottom"}
    font = size.font if dx or size.name == "wide" else size.font - 2
    strong = {"fontSize": size.font + 5, "fontWeight": "bold"} if is_sign else {"fontSize": font}
    return {
        "transform": [{"filter": which}],
        "mark": {"type": "text", "dx": dx, "dy": dy, "color": _INK, **strong, **align},
        "encoding": {**encoding, "text": {"field": "label"}},
    }


def _y(field: str, size: Size, top: float) -> dict[str, Any]:
    scale = {"domain": [0, top], "nice": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": _axis(size)}


def _axis(size: Size) -> dict[str, Any]:
    return {
        "title": None, "labelFontSize": size.font, "labelColor": _INK, "gridColor": _GRID, "domainColor": _INK,
        "tickCount": 5, "ticks": False, "labelPadding": 5, "labelOverlap": False,
    }  # fmt: skip


def _whole(bars: Sequence[Bar], title: str, layers: list[dict[str, Any]], size: Size) -> dict[str, Any]:
    values = [
        {
            "at": bar.at, "series": bar.series, "low": bar.low, "high": bar.high, "label": bar.label,
            "band": bar.is_band,
        }
        for bar in bars
    ]  # fmt: skip
    return {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE.partition('.')[0]}.json",
        "width": size.width,
        "height": size.height,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": "#ffffff",
        "padding": 6,
        "title": {
            "text": title, "anchor": "start", "frame": "bounds", "fontSize": size.font, "fontWeight": "normal",
            "color": _INK, "offset": 6,
        },
        "data": {"values": values},
        "layer": layers,
        "config": {"font": "Arial, Helvetica, sans-serif", "view": {"stroke": None}},
    }  # fmt: skip


def _svg(spec: dict[str, Any]) -> str:
    # Loading it takes 125 MB, which no process should have that draws nothing.
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
    return drawn
