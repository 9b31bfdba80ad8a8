"""Signs to print, as PDF/UA: A5 for the door, A6 for each desk, or four desks on A4 to be cut.

The words are worked out here; `signs.typ` sets them. They reach it as data, so that no name is ever read as markup.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Final

import segno

from hub.domain.space import Desk, SensorKind, Space
from hub.export.sign_words import WORDS, SignWords
from hub.export.typesetting import typeset

_TEMPLATE: Final = Path(__file__).with_name("signs.typ")


class Layout(StrEnum):
    """What is made, and on which paper."""

    DOOR_A5 = "door-a5"
    DESKS_A6 = "desks-a6"
    DESKS_A4 = "desks-a4"


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence on a sign: its begin in bold, and the rest."""

    first: str
    rest: str


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign in words.

    Args:
        place: where it belongs: the address, or the zone.
        code: the QR code, as SVG; `code_says` stands beside it, `code_alt` is told instead of it.
        address: where the code leads, to be read.
        foot: who answers.
    """

    name: str
    place: str
    code: str
    code_says: str
    code_alt: str
    address: str
    lines: tuple[Line, ...]
    foot: tuple[str, ...]


def door_sign(space: Space, address: str, language: str) -> Sign:
    """Return the sign at the door.

    Args:
        address: of the space's live page, as the code has it.
        language: `de` or `en`.
    """
    words = WORDS[language]
    lines = [Line("", words.card)] if space.doors else []
    if any(desk.sensor for desk in space.desks):
        lines.insert(0, Line(words.sensors, words.sensors_see))
    return Sign(
        name=space.name,
        place=space.address,
        code=_code(address),
        code_says=words.door_code,
        code_alt=words.door_alt,
        address=_readable(address),
        lines=tuple(lines),
        foot=_foot(space, words),
    )


def desk_sign(space: Space, desk: Desk, address: str, language: str) -> Sign:
    """Return the sign of a desk.

    Args:
        address: of its page for checking in.
        language: `de` or `en`.
    """
    words = WORDS[language]
    if desk.sensor:
        line = Line(words.has_sensor, f"{words.sees[SensorKind(desk.sensor)]} {words.no_camera}")
    else:
        line = Line(words.no_sensor, words.no_sensor_sees)
    zone = next((zone.name for zone in space.zones if zone.id == desk.zone), "")
    return Sign(
        name=desk.name,
        place=f"{zone}, {space.name}" if zone else space.name,
        code=_code(address),
        code_says=words.desk_code,
        code_alt=words.desk_alt.format(name=desk.name),
        address=_readable(address),
        lines=(line,),
        foot=_foot(space, words),
    )


def signs_pdf(
    space: Space,
    layout: Layout,
    language: str,
    door_address: str,
    desk_address: Callable[[str], str],
    only: Collection[str] = (),
) -> bytes:
    """Return a PDF of signs.

    It is PDF/UA-1, unless a name has letters that no font here can show: then it is a plain one with what can be shown.

    Args:
        language: `de` or `en`.
        door_address: of the live page.
        desk_address: gives the address for checking in at a desk, by its id.
        only: ids of the desks that are wanted; none for all.
    """
    words = WORDS[language]
    if layout is Layout.DOOR_A5:
        signs, title = [door_sign(space, door_address, language)], words.door_title
    else:
        desks = [desk for desk in space.desks if not only or desk.id in only]
        signs = [desk_sign(space, desk, desk_address(desk.id), language) for desk in desks]
        title = words.desks_title
    sheet = {
        "layout": layout.value,
        "lang": language,
        "title": title.format(name=space.name),
        "controller": space.controller,
        "signs": [asdict(sign) for sign in signs],
    }
    return typeset(_TEMPLATE, json.dumps(sheet))


def _code(address: str) -> str:
    code = BytesIO()
    segno.make(address, error="m", micro=False).save(code, kind="svg", border=2, xmldecl=False, dark="#000")
    return code.getvalue().decode("utf-8")


def _readable(address: str) -> str:
    return address.removeprefix("https://").removeprefix("http://")


def _foot(space: Space, words: SignWords) -> tuple[str, ...]:
    return (words.answers.format(name=space.controller),) if space.controller else ()
