"""What is wired to a Pi: one table of parts and wires, from which pictures and the page with its tables are made."""

from dataclasses import dataclass
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

import msgspec

from docs.generate import FOLDER, NOTE

_STYLE: Final = 'font-family="system-ui, sans-serif" font-size="14" fill="#1a1a1a" role="img"'
_ROW, _TOP, _BOX, _GAP, _EDGE = 34, 64, 190, 130, 16


@dataclass(frozen=True, slots=True)
class Kind:
    """What a wire carries; told by colour, by dashes and in the table by its name.

    Args:
        name: in the table.
        colour: dark enough for white paper.
        dashes: of SVG; empty for a whole line.
    """

    name: str
    colour: str
    dashes: str = ""


KINDS: Final = {
    "signal": Kind("signal", "#0072b2"),
    "supply": Kind("supply", "#b03a00", "10 3"),
    "ground": Kind("ground", "#1a1a1a", "3 3"),
    "loop": Kind("lock's own circuit", "#7a3e8e", "14 4 3 4"),
}


class Wire(NamedTuple):
    """One wire between neighbours in a picture.

    Args:
        column: of the box on its left.
        left, right: rows of the boxes on both sides, from 0.
        kind: what it carries.
        by: a part in the wire, such as a resistor.
    """

    column: int
    left: int
    right: int
    kind: str
    by: str


class Box(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part with its terminals from top to bottom."""

    name: str
    terminals: list[str]


class Picture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One part and how it is wired.

    Args:
        name: of the file.
        title: heading of its section.
        boxes: from left to right.
        wires: between neighbours.
        text: what else must be known, as Markdown.
    """

    name: str
    title: str
    boxes: list[Box]
    wires: list[Wire]
    text: str


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    picture: list[Picture]


PICTURES: Final = msgspec.toml.decode((FOLDER / "wiring.toml").read_bytes(), type=_Table).picture

_SETTINGS: Final = """\
device = "pi-1"
space = "clubheim"
access.trust_file = "/etc/ankerort/secrets/device/trust.json"
clock.battery = true

[[door]]
id = "haupttuer"
lock = "energise_to_open"
lock_pin = 17
contact_pin = 27
exit_pin = 22
button_pin = 25
tamper_pin = 23

[[sensor]]
id = "pir-1"
desk = "p1"
kind = "pir"
pin = 12

[[sensor]]
id = "radar-2"
desk = "p2"
kind = "mmwave"
pin = 16

[[sensor]]
id = "matte-3"
desk = "p3"
kind = "mat"
pin = 20
active_high = false

[[sensor]]
id = "abstand-4"
desk = "p4"
kind = "distance"
pin = 26
trigger_pin = 24

[signal]
green = 5
red = 6
buzzer = 13
"""

_HEAD: Final = """\
<!-- {note} -->

# Wiring

What goes where, for whoever holds the screwdriver. Doors have [a page of their own](../how-to/wire-a-door.md), which
comes first: the key, the way out, and which lock.

- Switch the Pi off and pull its plug before a wire is moved. Then look twice: 5 V on a pin for 3.3 V ends the Pi.
- A pin switches a board, never a lock, a lamp or a motor; it gives a few milliamperes.
- Numbers are GPIO numbers (BCM), as settings have them; in brackets the place on the header, counted from its corner.
- Any free pin will do. Leave GPIO2 and 3 to the clock, 14 and 15 to a serial line, 8 to 11 to SPI for a reader.

In pictures, signals are whole blue lines, supply is dashed and brown, ground dotted and black; the lock's own circuit
is violet, and shares no wire with the Pi.
"""

_TAIL: Final = """\
## The settings to all of it

One Pi with everything on this page, in `/etc/ankerort/device.toml`; leave out what is not there.

```toml
{settings}```

`ankerort-device selftest` then tries each part in turn, and names the setting of a line that reads the wrong way round.
All keys: [settings](settings.md#ankerort-device).
"""


def pages() -> dict[str, str]:
    """Return the page and its pictures."""
    made = {f"images/wiring-{picture.name}.svg": _drawn(picture) for picture in PICTURES}
    sections = [
        f"## {picture.title}\n\n![{_alt(picture)}](../images/wiring-{picture.name}.svg)\n\n"
        f"{_table(picture)}\n\n{picture.text}\n"
        for picture in PICTURES
    ]
    parts = [_HEAD.format(note=NOTE), *sections, _TAIL.format(settings=_SETTINGS)]
    return made | {"reference/wiring.md": "\n".join(parts)}


def _ends(picture: Picture, wire: Wire) -> tuple[str, str]:
    left, right = picture.boxes[wire.column : wire.column + 2]
    return f"{left.name}: {left.terminals[wire.left]}", f"{right.name}: {right.terminals[wire.right]}"


def _table(picture: Picture) -> str:
    rows = ["| from | to | carries | by |", "| --- | --- | --- | --- |"]
    for wire in picture.wires:
        left, right = _ends(picture, wire)
        rows.append(f"| {left} | {right} | {KINDS[wire.kind].name} | {wire.by or '–'} |")
    return "\n".join(rows)


def _alt(picture: Picture) -> str:
    return f"{picture.title}: {', '.join(box.name for box in picture.boxes)}, wired as the table below says"


def _drawn(picture: Picture) -> str:
    rows = max(len(box.terminals) for box in picture.boxes)
    width = _EDGE * 2 + len(picture.boxes) * _BOX + (len(picture.boxes) - 1) * _GAP
    height = _TOP + rows * _ROW + _EDGE
    said = "; ".join(" to ".join(_ends(picture, wire)) for wire in picture.wires)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_STYLE} aria-labelledby="t d">',
        f"<!-- {NOTE} -->",
        f'<title id="t">{escape(picture.title)}</title>',
        f'<desc id="d">{escape(said)}</desc>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for column, box in enumerate(picture.boxes):
        x, box_height = _x(column), _TOP + len(box.terminals) * _ROW - 24
        parts.append(
            f'<rect x="{x}" y="{_EDGE}" width="{_BOX}" height="{box_height}" rx="6" fill="#f4f6f8" stroke="#111"/>'
        )
        where = f'x="{x + _BOX / 2:g}" y="{_EDGE + 24}" text-anchor="middle" font-weight="600"'
        parts.append(f"<text {where}>{escape(box.name)}</text>")
        side, anchor = (x + _BOX - 14, "end") if column == 0 else (x + 14, "start")
        parts += [
            f'<text x="{side}" y="{_y(row) + 5}" text-anchor="{anchor}">{escape(terminal)}</text>'
            for row, terminal in enumerate(box.terminals)
        ]
    for wire in picture.wires:
        parts += _line(wire)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _line(wire: Wire) -> list[str]:
    kind = KINDS[wire.kind]
    x1, x2, y1, y2 = _x(wire.column) + _BOX, _x(wire.column + 1), _y(wire.left), _y(wire.right)
    dashes = f' stroke-dasharray="{kind.dashes}"' if kind.dashes else ""
    middle = (x1 + x2) / 2
    bend = f"M{x1} {y1}C{middle:g} {y1} {middle:g} {y2} {x2} {y2}"
    parts = [f'<path d="{bend}" fill="none" stroke="{kind.colour}" stroke-width="2.5"{dashes}/>']
    parts += [f'<circle cx="{x}" cy="{y}" r="4" fill="{kind.colour}"/>' for x, y in ((x1, y1), (x2, y2))]
    if wire.by:
        y = (y1 + y2) / 2
        label = f'x="{middle - 44:g}" y="{y - 11:g}" width="88" height="22" rx="3"'
        parts.append(f'<rect {label} fill="#fff" stroke="{kind.colour}"/>')
        where = f'x="{middle:g}" y="{y + 5:g}" text-anchor="middle" font-size="13"'
        parts.append(f"<text {where}>{escape(wire.by)}</text>")
    return parts


def _x(column: int) -> int:
    return _EDGE + column * (_BOX + _GAP)


def _y(row: int) -> int:
    return _TOP + row * _ROW + 4
