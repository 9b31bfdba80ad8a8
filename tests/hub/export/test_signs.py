"""Signs: PDF/UA, on the right paper, in both languages; what a host wrote is shown and never read as markup."""

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import typst

from hub.domain.space import Desk, Door, Phase, SensorKind, Space, SpaceKind, Zone
from hub.export import signs
from hub.export.sign_words import WORDS
from hub.export.signs import Layout, desk_sign, door_sign, signs_pdf

SPACE = Space(
    "moelln", "moelln", "Clubheim Mölln", SpaceKind.CLUB, Phase.OPERATION, date(2022, 4, 1),
    address="Am Sportplatz 5, 23879 Mölln", controller="Sportverein Mölln e. V.",
    zones=(Zone("saal", "Größerer Saal"),), doors=(Door("vorn", "Haupteingang"),),
    desks=(
        Desk("s1", "Saal 1", "saal", sensor="pir", device="pi"), Desk("s2", "Saal 2"), Desk("s3", "Saal 3"),
        Desk("s4", "Saal 4"), Desk("s5", "Theke"),
    ),
)  # fmt: skip
ADDRESS = "https://plaetze.example.org/spaces/moelln"
MM = 72 / 25.4


def made(layout: Layout, space: Space = SPACE, **more: Any) -> bytes:
    return signs_pdf(space, layout, "de", ADDRESS, lambda desk: f"{ADDRESS}/desks/{desk}/check-in", **more)


def pages(pdf: bytes) -> list[tuple[int, int]]:
    """Return the size of each page, in millimetres."""
    boxes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return [(round(float(width) / MM), round(float(height) / MM)) for width, height in boxes]


@pytest.mark.parametrize(
    ("layout", "sizes"),
    [
        (Layout.DOOR_A5, [(148, 210)]),
        (Layout.DESKS_A6, [(105, 148)] * 5),
        (Layout.DESKS_A4, [(210, 297)] * 2),
    ],
)
def test_each_layout_is_an_accessible_document_of_its_paper(
    layout: Layout, sizes: list[tuple[int, int]]
) -> None:
    pdf = made(layout)
    assert pages(pdf) == sizes
    # PDF/UA-1: tagged, with a language, and with a description of each code, or typst would not have made it.
    assert re.search(rb"pdfuaid:part>\s*1", pdf)
    assert b"/Marked true" in pdf
    assert b"/Lang(de)" in pdf


def test_one_desk_alone_has_one_page() -> None:
    assert pages(made(Layout.DESKS_A6, only=["s5"])) == [(105, 148)]


def headings(monkeypatch: pytest.MonkeyPatch, space: Space) -> list[str]:
    """Return the names on the signs, as the document has them."""
    kept: list[str] = []

    def keep(sheet: str) -> bytes:
        kept.append(sheet)
        return b""

    monkeypatch.setattr(signs, "typeset", lambda _, sheet: keep(sheet))
    made(Layout.DESKS_A6, space)
    found = typst.query(str(signs._TEMPLATE), "heading", sys_inputs={"sheet": kept[0]})
    return [one["body"]["text"] for one in json.loads(found)]


@pytest.mark.parametrize(
    "name",
    [
        '#panic("x")',
        "*fett* _kursiv_ $x^2$",
        "] } ) #[",
        "<label> @ref `raw` // weg",
        'Ä"ß\\n',
        "= Titel - Liste",
    ],
)
def test_a_name_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    space = replace(SPACE, desks=(replace(SPACE.desks[0], name=name),))
    assert headings(monkeypatch, space) == [name]


@pytest.mark.parametrize("name", ["x" * 200, "Sehr langer Name " * 11, "مكتب", "🪑 Platz", "席一"])
def test_every_name_gets_a_sign(name: str) -> None:
    space = replace(
        SPACE, name=name, address=name, controller=name, desks=(replace(SPACE.desks[0], name=name),)
    )
    for layout in Layout:
        assert len(pages(made(layout, space))) == 1


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_sign_says_what_the_sensor_sees_and_does_not_see(language: str) -> None:
    words = WORDS[language]
    assert words.sees.keys() == set(SensorKind)
    with_sensor = desk_sign(SPACE, SPACE.desks[0], ADDRESS, language)
    assert with_sensor.lines[0].first == words.has_sensor
    assert words.no_camera in with_sensor.lines[0].rest
    assert desk_sign(SPACE, SPACE.desks[1], ADDRESS, language).lines[0].first == words.no_sensor
    assert with_sensor.place == "Größerer Saal, Clubheim Mölln"
    door = door_sign(SPACE, ADDRESS, language)
    assert [line.rest for line in door.lines] == [words.sensors_see, words.card]
    assert "Sportverein Mölln e. V." in door.foot[0]
    assert door.address == "plaetze.example.org/spaces/moelln"


def test_a_space_without_sensors_or_doors_does_not_speak_of_them() -> None:
    bare = replace(SPACE, desks=SPACE.desks[1:], doors=(), controller="")
    assert door_sign(bare, ADDRESS, "de").lines == ()
    assert door_sign(bare, ADDRESS, "de").foot == ()
