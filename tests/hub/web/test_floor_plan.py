"""Geometry of the plan: labels that tell desks apart and fit, zones around their desks and inside the walls."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.plan import corners
from hub.domain.space import Desk, Phase, Space, SpaceKind, Zone
from hub.web.floor_plan import LETTER_WIDTH, floor_plan, layout_id, short_labels
from tests.hub.web.fakes import FakeLive

SPACES = [space for town in FakeLive().towns() for space in town.spaces]


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["Platz 1", "Platz 2", "Platz 10"], ("1", "2", "10")),
        (["Fenster 1", "Ruhe 1", "Ruhe 2"], ("F1", "R1", "R2")),
        (["Theke links", "Theke rechts"], ("TL", "TR")),
        (["Stehtisch", "A", "B2"], ("Ste", "A", "B2")),
        (["Tisch-7"], ("7",)),
        (["Raum 4711"], ("R4",)),
        ([""], ("",)),
    ],
)
def test_labels_are_as_short_as_they_can_be(names: list[str], labels: tuple[str, ...]) -> None:
    assert short_labels(names) == labels


@pytest.mark.parametrize("space", SPACES, ids=[space.id for space in SPACES])
def test_the_desks_of_a_space_have_labels_of_their_own(space: Space) -> None:
    labels = [desk.label for desk in floor_plan(space).desks]
    assert len(set(labels)) == len(labels)


def space_with(desks: tuple[Desk, ...]) -> Space:
    return Space(
        "s",
        "t",
        "Ort",
        SpaceKind.COWORKING,
        Phase.TEST,
        date(2024, 1, 1),
        plan_width=1200,
        plan_depth=800,
        zones=(Zone("z", "Ein langer Zonenname"), Zone("leer", "Leer")),
        desks=desks,
    )


desks_anywhere = st.lists(
    st.builds(
        Desk,
        id=st.just("d"),
        name=st.sampled_from(["Platz 1", "Stehtisch", "Fenster 12", "Theke links hinten"]),
        zone=st.sampled_from(["z", ""]),
        x=st.integers(150, 1050),
        y=st.integers(150, 650),
        width=st.integers(60, 240),
        depth=st.integers(40, 120),
        angle=st.integers(0, 359),
    ),
    min_size=1,
    max_size=8,
)


@given(desks=desks_anywhere)
def test_mark_and_label_stay_on_their_desk(desks: list[Desk]) -> None:
    for drawn, desk in zip(floor_plan(space_with(tuple(desks))).desks, desks, strict=True):
        words = LETTER_WIDTH * drawn.letter * len(drawn.label)
        width, height = max(desk.width, desk.depth), min(desk.width, desk.depth)
        across, along = zip(*corners(desk), strict=True)
        if max(along) - min(along) > max(across) - min(across):
            width, height = height, width
        assert drawn.letter > 5
        if drawn.is_upright:
            assert words <= width
            assert 2 * drawn.letter <= height
        else:
            assert words + drawn.letter <= width
            assert drawn.letter <= height


def test_a_small_square_table_has_mark_above_label_because_both_are_larger_so() -> None:
    table = Desk("t1", "Theke links", x=500, y=400, width=90, depth=90, angle=45)
    (drawn,) = floor_plan(space_with((table,))).desks
    assert drawn.is_upright
    assert drawn.letter >= 30


@given(desks=desks_anywhere)
def test_a_zone_holds_its_desks_and_stays_within_the_walls(desks: list[Desk]) -> None:
    space = space_with(tuple(desks))
    zones = {zone.name: zone.box for zone in floor_plan(space).zones}
    assert "Leer" not in zones
    assert ("Ein langer Zonenname" in zones) is any(desk.zone == "z" for desk in desks)
    for box in zones.values():
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= space.plan_width
        assert box.y + box.height <= space.plan_depth
        for desk in desks:
            for x, y in corners(desk) if desk.zone == "z" else ():
                assert box.x <= x <= box.x + box.width
                assert box.y <= y <= box.y + box.height


def test_a_page_is_loaded_again_when_desks_change_but_not_when_hours_do() -> None:
    space = space_with((Desk("a", "Platz 1"),))
    live = FakeLive()
    before = layout_id(live.change_space("moelln"))
    assert layout_id(live.change_space("moelln", closed_on=(date(2026, 1, 1),))) == before
    assert layout_id(live.change_space("moelln", desks=space.desks)) != before


def test_wide_letters_are_drawn_smaller_so_that_they_stay_on_their_desk() -> None:
    narrow, wide = Desk("f1", "Fenster links", x=300, y=300), Desk("m1", "Mitte Wand", x=300, y=500)
    drawn = floor_plan(space_with((replace(narrow, width=100), replace(wide, width=100)))).desks
    assert [desk.label for desk in drawn] == ["FL", "MW"]
    assert drawn[1].letter < drawn[0].letter
