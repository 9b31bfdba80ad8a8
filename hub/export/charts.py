"""Charts as SVG, by Vega-Lite: bars that stay legible in grey, with a sign where there is no number; pure.

The same points give the same text. A chart never stands alone: `Chart.alt` says what it shows, and the numbers stand in
a table beside it (requirement A4). Drawing takes about 125 MB and two seconds the first time, so no web worker does it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from html import escape
from typing import Any, Final, Literal, NamedTuple

VEGA_LITE: Final = "5.21"
"""Version of the grammar; another one draws other bytes."""

DARK: Final = "#1f4e5f"
LIGHT: Final = "#cfe0e6"
FILLS: Final = (DARK, LIGHT, "#7d9aa5")
INK: Final = "#1b2226"
GRID: Final = "#d5dbde"


class Look(NamedTuple):
    """For what a chart is drawn.

    Args:
        width, height: in pixels; what lies below each other is as high as it needs.
        font: size of its letters, in pixels.
        family: of its letters.
    """

    name: str
    width: int
    height: int
    font: int
    family: str


_SCREEN: Final = "Arial, Helvetica, sans-serif"
PRINT: Final = Look("print", 500, 175, 9, "Libertinus Serif")
PAGE: Final = Look("page", 640, 240, 12, _SCREEN)
WIDE: Final = Look("wide", 720, 300, 13, _SCREEN)
NARROW: Final = Look("narrow", 300, 250, 12, _SCREEN)


class Shape(StrEnum):
    """How bars stand: months side by side, or places below each other."""

    MONTHS = "months"
    PLACES = "places"


@dataclass(frozen=True, slots=True)
class Point:
    """One bar.

    Args:
        label: below or beside it; words below a bar stand in lines of their own.
        value: its height; None for a band, and where nothing is shown.
        low, high: of a band; `high` None for "and more".
        said: what stands at it: the number, the band or the sign.
    """

    label: str
    said: str
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def is_shown(self) -> bool:
        """Whether there is a bar."""
        return self.value is not None or self.low is not None


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of the same kind; `name` stands in the legend when there are several."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart.

    Args:
        axis: what the numbers are; stands above it.
        alt: what it shows, in words.
        language: `de` or `en`.
        enough: where a line says how much is enough; None for no line.
    """

    shape: Shape
    series: tuple[Series, ...]
    axis: str
    alt: str
    language: str
    enough: int | None = None


def draw(chart: Chart, look: Look = PRINT) -> str:
    """Return a chart as SVG."""
    # Loading it takes 125 MB, which no process should have that draws nothing.
    import vl_convert

    svg = vl_convert.vegalite_to_svg(
        _spec(chart, look), vl_version=VEGA_LITE, format_locale=_LOCALES[chart.language]
    )
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(chart.alt)}" ', 1)


_LOCALES: Final[dict[str, Literal["de-DE", "en-GB"]]] = {"de": "de-DE", "en": "en-GB"}
_ROOM: Final = 1.14
"""Above the longest bar, for its number; beside it, numbers need more."""
_ROOM_BESIDE: Final = 1.25
_LETTER: Final = 0.62
"""How wide a letter is at most, as a share of its size: pages have fonts that are not known here."""
_GAP: Final = 3
"""Between words at two bars, in pixels."""
_ROW: Final = 26
"""How high a bar is that lies, with the space below it, in pixels."""


def _spec(chart: Chart, look: Look) -> dict[str, Any]:
    rows, top = _rows(chart, look)
    names = [series.name for series in chart.series]
    labels = list(dict.fromkeys(one.label for series in chart.series for one in series.points))
    is_lying, has_several = chart.shape is Shape.PLACES, len(names) > 1
    # Bars lie along y and grow across x, or the other way round.
    along, across = ("y", "x") if is_lying else ("x", "y")

    numbers = _numbers(rows, top, look)

    def number(field: str) -> dict[str, Any]:
        scale = {"domain": [0, top], "nice": False}
        return {across: {"field": field, "type": "quantitative", "scale": scale, "axis": numbers}}

    axis = _axis(look) | {"grid": False, "labelOverlap": False, **_turned(labels, look, is_lying=is_lying)}
    place: dict[str, Any] = {along: {"field": "label", "type": "ordinal", "sort": labels, "axis": axis}}
    place[along]["scale"] = {"paddingInner": 0.3 if is_lying else 0.2}
    if has_several:
        place[f"{along}Offset"] = {"field": "series", "sort": names}
    beside = (
        {"align": "left", "baseline": "middle", "dx": 4}
        if is_lying
        else {"align": "center", "baseline": "bottom", "dy": -3}
    )
    at, fill = {**place, **number("at")}, {"fill": _fill(names, look)}
    layers = [
        {
            "transform": [{"filter": "isValid(datum.value)"}],
            "mark": {"type": "bar", "stroke": DARK, "strokeWidth": 0.7},
            "encoding": {**place, **number("value"), **fill},
        },
        {
            "transform": [{"filter": "isValid(datum.low)"}],
            "mark": {
                "type": "bar", "stroke": DARK, "strokeWidth": 1.2, "strokeDash": [4, 3], "fillOpacity": 0.25,
            },
            "encoding": {**place, **number("low"), f"{across}2": {"field": "high"}, **fill},
        },
        _words("said", {"fontSize": look.font, **beside}, at),
        _words("sign", {"fontSize": look.font + 5, "fontWeight": "bold", **beside}, at),
        *_enough(chart, across),
    ]  # fmt: skip
    height = 2 * look.font + 24 + _ROW * len(labels) * (1 + (len(names) - 1) / 2) if is_lying else look.height
    return {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE.partition('.')[0]}.json",
        "width": look.width,
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": "white",
        "padding": 4,
        "title": {
            "text": chart.axis, "anchor": "start", "frame": "bounds", "fontSize": look.font, "fontWeight": "normal",
            "color": INK, "offset": 8, "limit": look.width - 8,
        },
        "data": {"values": rows},
        "layer": layers,
        # What vega says to screen readers is English: `Chart.alt` is told instead.
        "config": {"font": look.family, "aria": False, "view": {"stroke": None}},
    }  # fmt: skip


def _axis(look: Look) -> dict[str, Any]:
    return {
        "title": None, "labelFontSize": look.font, "labelColor": INK, "gridColor": GRID, "domainColor": INK,
        "ticks": False, "labelPadding": 5,
    }  # fmt: skip


def _numbers(rows: Sequence[dict[str, Any]], top: float, look: Look) -> dict[str, Any]:
    numbers = [row[name] for row in rows for name in ("value", "low", "high") if row[name] is not None]
    # Half an event is none.
    step = max(_step(top), 1 if all(number == int(number) for number in numbers) else 0)
    ticks = [number * step for number in range(int(top / step) + 1)]
    return _axis(look) | {"values": ticks, "domain": False}


def _step(top: float) -> float:
    """Return the distance of four to seven ticks: 1, 2 or 5, or one of them with noughts."""
    power = 10.0 ** math.floor(math.log10(top / 5))
    return next(step * power for step in (1, 2, 5, 10) if top / (step * power) <= 7)


def _turned(labels: Sequence[str], look: Look, *, is_lying: bool) -> dict[str, Any]:
    """Return how the words at bars stand: each in a line of its own, or turned where they are many."""
    if is_lying:
        return {"labelLimit": look.width * 2 // 5}
    longest = max((len(word) for label in labels for word in label.split()), default=0)
    if longest * look.font * _LETTER + _GAP > _room_of(len(labels), look):
        return {"labelAngle": -90}
    return {"labelAngle": 0, "labelExpr": "split(datum.label, ' ')"}


def _room_of(bars: int, look: Look) -> float:
    """Return how wide the place of a bar is, beside the numbers of the axis."""
    return (look.width - 4 * look.font) / max(bars, 1)


def _fill(names: Sequence[str], look: Look) -> dict[str, Any]:
    legend = {
        "title": None, "orient": "top", "symbolType": "square", "symbolStrokeColor": DARK, "symbolSize": 12 * look.font,
        "labelFontSize": look.font, "labelColor": INK, "labelLimit": 0, "offset": 4,
        "columnPadding": 4 * look.font,
        # Names of figures are long: on a phone they stand below each other.
        "direction": "vertical" if look is NARROW else "horizontal",
    }  # fmt: skip
    return {
        "field": "series",
        "type": "nominal",
        "sort": list(names),
        "scale": {"domain": list(names), "range": list(FILLS[: len(names)])},
        "legend": legend if len(names) > 1 else None,
    }


def _words(field: str, mark: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
    text = {"field": field, "type": "nominal"}
    return {"mark": {"type": "text", "color": INK, **mark}, "encoding": {**encoding, "text": text}}


def _enough(chart: Chart, across: str) -> list[dict[str, Any]]:
    """Return the line that says how much is enough: dashed, on white, so that it is seen on bars too."""
    if chart.enough is None:
        return []
    looks = ({"color": "white", "strokeWidth": 3}, {"color": INK, "strokeWidth": 1.5, "strokeDash": [6, 4]})
    return [
        {"mark": {"type": "rule", **look}, "encoding": {across: {"datum": chart.enough}}} for look in looks
    ]


def _rows(chart: Chart, look: Look) -> tuple[list[dict[str, Any]], float]:
    """Return the bars as data, and where the axis ends."""
    points = [one for series in chart.series for one in series.points]
    ends = [float(end) for one in points for end in (one.value, one.low, one.high) if end is not None]
    is_lying = chart.shape is Shape.PLACES
    top = max(ends, default=0.0) * (_ROOM_BESIDE if is_lying else _ROOM) or 1.0
    has_numbers = is_lying or _have_room([one for one in points if one.value is not None], len(points), look)
    rows = []
    for series in chart.series:
        for one in series.points:
            is_band = one.value is None and one.low is not None
            high = top if is_band and one.high is None else one.high
            end = float(one.value if one.value is not None else high if high is not None else 0)
            said = _at_bar(one)
            is_said = (
                has_numbers if one.value is not None else is_lying or _have_room([one], len(points), look)
            )
            rows.append(
                {
                    "series": series.name,
                    "label": one.label,
                    "value": None if one.value is None else float(one.value),
                    "low": float(one.low) if is_band and one.low is not None else None,
                    "high": float(high) if is_band and high is not None else None,
                    "at": min(end, top * 0.94) if is_band else end,
                    "said": said if one.is_shown and is_said else "",
                    "sign": "" if one.is_shown else one.said,
                }
            )
    return rows, top


def _at_bar(point: Point) -> str:
    """Return what stands at a bar: without "%", which the axis says."""
    return point.said.removesuffix("%").rstrip()


def _have_room(points: Sequence[Point], bars: int, look: Look) -> bool:
    """Say whether numbers fit above their bars: some of them only would look like a choice."""
    longest = max((len(_at_bar(one)) for one in points), default=0)
    return longest * look.font * _LETTER <= _room_of(bars, look)


def shown_values(series: Sequence[Series]) -> int:
    """Return how many bars have a number or a band: a chart of none is not worth drawing."""
    return sum(one.is_shown for each in series for one in each.points)
