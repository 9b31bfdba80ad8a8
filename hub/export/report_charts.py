"""Charts of printed values as SVG: bars that stay legible in grey, with a sign where there is no number; pure.

The same points give the same text. A chart never stands alone: `Chart.alt` says what it shows, and the numbers stand in
a table beside it (requirement A4). Drawing takes about 125 MB and two seconds the first time, so no web worker does it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from html import escape
from typing import Any, Final, Literal

from hub.domain.statistics.printed import Printed
from hub.export import report_values as values

DARK: Final = "#1f4e5f"
LIGHT: Final = "#cfe0e6"
FILLS: Final = (DARK, LIGHT, "#7d9aa5")
INK: Final = "#1b2226"
GRID: Final = "#d5dbde"
PRINT_FONT: Final = "Libertinus Serif"
SCREEN_FONT: Final = "system-ui, sans-serif"
_WIDTH: Final = 500
_LABELLED: Final = 24
"""Up to so many bars have their number above them."""


class Shape(StrEnum):
    """How bars stand: months side by side, or places below each other."""

    MONTHS = "months"
    PLACES = "places"


@dataclass(frozen=True, slots=True)
class Point:
    """One bar.

    Args:
        label: below or beside it.
        value: its height; None for a band, and where nothing is shown.
        low, high: of a band; `high` None for "and more".
        said: what stands at it: the number, the band or the sign.
    """

    label: str
    said: str
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of the same kind; `name` stands in the legend when there are several."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart.

    Args:
        axis: what the numbers are.
        alt: what it shows, in words.
        language: `de` or `en`.
    """

    shape: Shape
    series: tuple[Series, ...]
    axis: str
    alt: str
    language: str


def point(label: str, row: Printed | None, language: str, *, without: str = "") -> Point:
    """Return the bar of a printed value.

    Args:
        without: what is said where there is no row at all.
    """
    if row is None:
        return Point(label, without)
    return Point(label, values.shown(row, language), row.value, row.low, row.high)


def draw(chart: Chart, font: str = PRINT_FONT) -> str:
    """Return a chart as SVG.

    Args:
        font: family of its letters.
    """
    import vl_convert

    svg = vl_convert.vegalite_to_svg(_spec(chart, font), format_locale=_LOCALES[chart.language])
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(chart.alt)}" ', 1)


_LOCALES: Final[dict[str, Literal["de-DE", "en-GB"]]] = {"de": "de-DE", "en": "en-GB"}
_CONFIG: Final[dict[str, object]] = {
    # What vega says to screen readers is English: `Chart.alt` is told instead.
    "aria": False,
    "background": "white",
    "padding": 4,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 10,
        "titleFontSize": 10,
        "labelColor": INK,
        "titleColor": INK,
        "gridColor": GRID,
        "domainColor": INK,
    },
    "legend": {"labelFontSize": 10, "labelColor": INK},
}


def _spec(chart: Chart, font: str) -> dict[str, Any]:
    import altair as alt

    rows, top = _rows(chart)
    names = [series.name for series in chart.series]
    labels = list(dict.fromkeys(one.label for series in chart.series for one in series.points))
    is_lying, has_several = chart.shape is Shape.PLACES, len(names) > 1
    # Bars lie along y and grow across x, or the other way round.
    kinds: dict[str, Any] = {"x": alt.X, "y": alt.Y, "x2": alt.X2, "y2": alt.Y2}
    shifts: dict[str, Any] = {"x": alt.XOffset, "y": alt.YOffset}
    along, across = ("y", "x") if is_lying else ("x", "y")
    ticks = alt.Axis(tickCount=5, tickMinStep=_step(rows), titleFontWeight="normal")

    def number(field: str) -> dict[str, Any]:
        scale = alt.Scale(domain=[0, top], nice=False)
        return {across: kinds[across](f"{field}:Q", title=chart.axis, scale=scale, axis=ticks)}

    axis = (
        alt.Axis(labelLimit=200, ticks=False)
        if is_lying
        else alt.Axis(labelAngle=-90 if len(labels) > _LABELLED else 0, ticks=False, labelOverlap="greedy")
    )
    place: dict[str, Any] = {along: kinds[along]("label:N", axis=axis, title=None, sort=labels)}
    if is_lying:
        place[along] = place[along].scale(paddingInner=0.3)
    if has_several:
        place[f"{along}Offset"] = shifts[along]("series:N", sort=names)
    legend = alt.Legend(title=None, orient="top", symbolStrokeColor=DARK, labelLimit=0)
    fill = alt.Fill(
        "series:N",
        sort=names,
        scale=alt.Scale(domain=names, range=list(FILLS[: len(names)])),
        legend=legend if has_several else None,
    )
    beside: dict[str, Any] = (
        {"align": "left", "baseline": "middle", "dx": 4}
        if is_lying
        else {"align": "center", "baseline": "bottom", "dy": -3}
    )
    base = alt.Chart(alt.InlineData(values=rows))
    bars = (
        base.transform_filter("isValid(datum.value)")
        .mark_bar(stroke=DARK, strokeWidth=0.7)
        .encode(**place, **number("value"), fill=fill)
    )
    far = {f"{across}2": kinds[f"{across}2"]("high:Q")}
    bands = (
        base.transform_filter("isValid(datum.low)")
        .mark_bar(stroke=DARK, strokeWidth=1.2, strokeDash=[4, 3], fillOpacity=0.25)
        .encode(**place, **number("low"), **far, fill=fill)
    )
    at = {**place, **number("at")}
    words = base.mark_text(fontSize=10, color=INK, **beside).encode(**at, text="said:N")
    signs = base.mark_text(fontSize=15, fontWeight="bold", color=INK, **beside).encode(**at, text="sign:N")
    height: Any = {"step": 18 if has_several else 26} if is_lying else 170
    layers = alt.layer(bars, bands, words, signs).properties(width=_WIDTH, height=height)
    spec: dict[str, Any] = layers.to_dict()
    # Written here and not by Altair's `configure`: the same for every chart.
    spec["config"] = {**_CONFIG, "font": font}
    return spec


def _rows(chart: Chart) -> tuple[list[dict[str, Any]], float]:
    """Return the bars as data, and where the axis ends."""
    points = [one for series in chart.series for one in series.points]
    ends = [float(end) for one in points for end in (one.value, one.low, one.high) if end is not None]
    is_lying = chart.shape is Shape.PLACES
    # Room for the number at the end of the longest bar.
    top = max(ends, default=0.0) * (1.25 if is_lying else 1.12) or 1.0
    is_labelled = len(points) <= _LABELLED if len(chart.series) == 1 else False
    rows = []
    for series in chart.series:
        for one in series.points:
            is_band = one.value is None and one.low is not None
            high = top if is_band and one.high is None else one.high
            end = float(one.value if one.value is not None else high if high is not None else 0)
            is_bare = one.value is None and one.low is None
            rows.append(
                {
                    "series": series.name,
                    "label": one.label,
                    "value": None if one.value is None else float(one.value),
                    "low": float(one.low) if is_band and one.low is not None else None,
                    "high": float(high) if is_band and high is not None else None,
                    "at": min(end, top * 0.94) if is_band else end,
                    "said": one.said if not is_bare and (is_labelled or is_lying) else "",
                    "sign": one.said if is_bare else "",
                }
            )
    return rows, top


def _step(rows: Sequence[dict[str, Any]]) -> float:
    """Return the least distance of ticks: half an event is none."""
    numbers = [row[name] for row in rows for name in ("value", "low", "high") if row[name] is not None]
    return 1 if all(number == int(number) for number in numbers) else 0


def shown_values(series: Sequence[Series]) -> int:
    """Return how many bars have a number or a band: a chart of none is not worth drawing."""
    return sum(one.value is not None or one.low is not None for each in series for one in each.points)
