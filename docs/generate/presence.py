"""Presence as it is in the code: states, transitions and settings, and how right it is on invented days."""

import json
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, Final
from xml.sax.saxutils import escape

from device.core.presence import NAMES, TABLE, PresenceSettings, SensorKind, Sign, State
from docs.generate import NOTE

FIGURES: Final = Path(__file__).resolve().parents[1] / "explanation" / "presence-accuracy.json"
"""Written by `python -m tests.device.core.presence_accuracy`."""

_STYLE: Final = 'font-family="system-ui, sans-serif" font-size="13" fill="#1a1a1a" role="img"'
_LOW: Final = 0.8
_LEFT, _WIDTH, _TOP, _ROW = 290, 560, 84, 24
# Okabe and Ito's colours that are dark enough for white; the shapes differ as well.
_SERIES: Final = (
    ("sessions", "sessions", "#0072b2", "circle"),
    ("live", "live state", "#d55e00", "square"),
    ("plain", "best plain hold", "#595959", "cross"),
)
_AIMS: Final = ((0.95, "live"), (0.985, "sessions"))

_NOTES: Final = {
    Sign.MOTION: "the level became active",
    Sign.RETURN: "the level became active within `bridge_s` of the last motion before a release",
    Sign.STILL: "the level became idle",
    Sign.UNPLUGGED: "the sensor is missing",
    Sign.CONFIRMED: "the motions prove a person (`confirm_s`, `steady_s`)",
    Sign.LAPSED: "the silence has lasted as long as the hold that applies",
    Sign.GONE: "nobody came back within `bridge_s` of the last motion before a release",
    Sign.STUCK: "the level has been active for longer than a person keeps it",
    Sign.SILENT: "there was no motion for `silent_s`",
}


def pages() -> dict[str, str]:
    """Return the reference page and the chart."""
    figures = json.loads(FIGURES.read_text("utf-8"))
    return {
        "reference/presence.md": _reference(figures),
        "images/presence-accuracy.svg": _chart(figures["models"]),
    }


def _reference(figures: dict[str, Any]) -> str:
    return f"""\
<!-- {NOTE} -->

# Presence

What the machine in `device/core/presence.py` does with a sensor's levels; why it does so:
[presence](../explanation/presence.md).

## States

{_diagram()}

{_table(["state", "shown as"], [[state.name, NAMES[state]] for state in State])}

## Signs

{_table(["sign", "when"], [[sign.name, _NOTES[sign]] for sign in Sign])}

## Transitions

A pair that is not here can't come; if it did, it would be a bug and the agent would end with it.

{
        _table(
            ["state", "sign", "next state", "action"],
            [
                [state.name, sign.name, following.name, action.name]
                for (state, sign), (following, action) in TABLE.items()
            ],
        )
    }

## Settings

In seconds, as they are when nobody sets anything; `[[sensor]]` in the device's settings and the options of
`ankerort-device replay` replace them one by one.

{_settings()}

## Accuracy

F1 per second over {figures["days"]} invented days, for each model median and, in brackets, the worst of
{
        len(next(iter(figures["models"].values())))
    } recordings, with the settings of a PIR. The plain hold counts every
motion; for each recording it is the best of several lengths, which nobody could know beforehand.

{_accuracy(figures["models"])}
"""


def _diagram() -> str:
    """Return the table as a diagram; signs that lead from one state to the same other one share an arrow."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, sign), (following, _action) in TABLE.items():
        if state is not following:
            arrows.setdefault((state, following), []).append(sign.name)
    lines = [
        f"    {one.name} --> {other.name} : {', '.join(signs)}" for (one, other), signs in arrows.items()
    ]
    return "\n".join(
        ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.UNKNOWN.name} : started", *lines, "```"]
    )


def _settings() -> str:
    columns = {kind: asdict(PresenceSettings.defaults(kind)) for kind in SensorKind}
    names = list(columns[SensorKind.PIR])
    return _table(
        ["setting", *(f"`{kind.value}`" for kind in SensorKind)],
        [[f"`{name}`", *(f"{columns[kind][name]:,.10g}" for kind in SensorKind)] for name in names],
    )


def _accuracy(models: dict[str, list[dict[str, float]]]) -> str:
    rows = []
    for name, scores in models.items():
        cells = [[score[key] for score in scores] for key, *_rest in _SERIES]
        rows.append([name, *(f"{median(cell):.3f} ({min(cell):.3f})" for cell in cells)])
    return _table(["model", *(label for _key, label, *_rest in _SERIES)], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _chart(models: dict[str, list[dict[str, float]]]) -> str:
    height = _TOP + _ROW * len(models) + 36
    bottom = _TOP + _ROW * len(models)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 30} {height}" {_STYLE}>',
        "<title>How right presence is: F1 per second on invented days, by model</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for nth, (_key, label, colour, shape) in enumerate(_SERIES):
        parts += [_mark(shape, 20 + 150 * nth, 22, colour), _text(32 + 150 * nth, 26, label)]
    parts.append(
        _text(
            20,
            52,
            "F1 per second; a mark is the median, its line reaches from the worst to the best recording",
        )
    )
    for score in (0.8, 0.85, 0.9, 0.95, 1.0):
        parts += [
            _line(score, _TOP - 8, bottom, "#d9d9d9"),
            _text(_x(score), bottom + 20, f"{score:.2f}", "middle"),
        ]
    for score, label in _AIMS:
        parts += [
            _line(score, _TOP - 8, bottom, "#1a1a1a", "4 3"),
            _text(_x(score), _TOP - 12, label, "middle"),
        ]
    for row, (name, scores) in enumerate(models.items()):
        y = _TOP + _ROW * row + _ROW / 2
        parts.append(_text(_LEFT - 12, y + 4, name, "end"))
        for nth, (key, _label, colour, shape) in enumerate(_SERIES):
            values = [score[key] for score in scores]
            at = y + 5 * (nth - 1)
            parts.append(
                f'<line x1="{_x(min(values)):.1f}" x2="{_x(max(values)):.1f}" y1="{at}" y2="{at}" '
                f'stroke="{colour}" stroke-width="2"/>'
            )
            parts.append(_mark(shape, _x(median(values)), at, colour))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(score: float) -> float:
    return round(_LEFT + _WIDTH * (max(score, _LOW) - _LOW) / (1 - _LOW), 1)


def _line(score: float, top: float, bottom: float, colour: str, dashes: str = "none") -> str:
    return (
        f'<line x1="{_x(score)}" x2="{_x(score)}" y1="{top}" y2="{bottom}" '
        f'stroke="{colour}" stroke-dasharray="{dashes}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _mark(shape: str, x: float, y: float, colour: str) -> str:
    match shape:
        case "circle":
            return f'<circle cx="{x}" cy="{y}" r="4.5" fill="{colour}"/>'
        case "square":
            return f'<rect x="{x - 4}" y="{y - 4}" width="8" height="8" fill="{colour}"/>'
        case _:
            return (
                f'<path d="M{x - 4},{y - 4} L{x + 4},{y + 4} M{x - 4},{y + 4} L{x + 4},{y - 4}" '
                f'stroke="{colour}" stroke-width="2"/>'
            )
