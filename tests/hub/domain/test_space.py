"""Places on the floor plan, the order of names, and the keys of the Länder."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.collation import german_key
from hub.domain.plan import corners, is_inside, overlap
from hub.domain.space import LAND_OF_AGS, Desk

ANGLES = st.integers(0, 359)
PLACES = st.integers(0, 600)
SIZES = st.integers(20, 300)
DESKS = st.builds(
    Desk, st.just("t"), st.just("T"), st.just(""), x=PLACES, y=PLACES, width=SIZES, depth=SIZES, angle=ANGLES
)


def desk(x: int, y: int, width: int = 140, depth: int = 70, angle: int = 0) -> Desk:
    return Desk("t", "T", "", x, y, width, depth, angle)


def test_a_desk_turns_clockwise_around_its_centre() -> None:
    straight = [(round(x), round(y)) for x, y in corners(desk(100, 100))]
    assert straight == [(30, 65), (170, 65), (170, 135), (30, 135)]
    turned = [(round(x), round(y)) for x, y in corners(desk(100, 100, angle=90))]
    assert turned == [(135, 30), (135, 170), (65, 170), (65, 30)]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(desk(70, 35), True, id="in the corner"),
        pytest.param(desk(68, 35), False, id="two centimetres through the wall"),
        pytest.param(desk(35, 70, angle=90), True, id="turned along the wall"),
        pytest.param(desk(35, 70), False, id="not turned"),
        pytest.param(desk(530, 365), True, id="in the far corner"),
        pytest.param(desk(530, 367), False, id="through the far wall"),
        pytest.param(desk(75, 75, angle=45), True, id="slanted, just inside"),
        pytest.param(desk(72, 72, angle=45), False, id="slanted, a corner outside"),
    ],
)
def test_a_desk_stands_inside_its_plan(one: Desk, expected: bool) -> None:
    assert is_inside(one, 600, 400) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param(desk(100, 100), desk(100, 170), False, id="back to back"),
        pytest.param(desk(100, 100), desk(100, 168), True, id="two centimetres too near"),
        pytest.param(desk(100, 100), desk(240, 100), False, id="side by side"),
        pytest.param(desk(100, 100), desk(100, 100), True, id="the same place"),
        pytest.param(
            desk(100, 100, 300, 40), desk(100, 100, 40, 300), True, id="crossed without a corner inside"
        ),
        pytest.param(desk(100, 100), desk(205, 205, angle=45), False, id="a corner near a corner"),
        pytest.param(desk(100, 100), desk(180, 150, angle=45), True, id="a corner in a corner"),
    ],
)
def test_two_desks_cover_common_ground(one: Desk, other: Desk, expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


@given(DESKS, DESKS)
def test_desks_overlap_when_a_point_lies_in_both(one: Desk, other: Desk) -> None:
    """Against a way that can't share the mistake: points thrown into one desk and looked for in the other."""
    dice = Random(7)
    a, b, _, d = corners(one)
    for _ in range(60):
        u, v = dice.random(), dice.random()
        x, y = a[0] + u * (b[0] - a[0]) + v * (d[0] - a[0]), a[1] + u * (b[1] - a[1]) + v * (d[1] - a[1])
        e, f, _, h = corners(other)
        side = ((x - e[0]) * (f[0] - e[0]) + (y - e[1]) * (f[1] - e[1])) / other.width
        ahead = ((x - e[0]) * (h[0] - e[0]) + (y - e[1]) * (h[1] - e[1])) / other.depth
        # Well inside, so that desks which merely touch do not count.
        if 2 < side < other.width - 2 and 2 < ahead < other.depth - 2:
            assert overlap(one, other)


def test_names_stand_in_the_order_of_a_german_list() -> None:
    names = [
        "Zeven",
        "Österreich",
        "Oestrich",
        "Ostrach",
        "Mölln",
        "Molmerswende",
        "Dießen",
        "Diesdorf",
        "Äpfingen",
    ]
    assert sorted(names, key=german_key) == [
        "Äpfingen", "Diesdorf", "Dießen", "Mölln", "Molmerswende", "Oestrich", "Österreich", "Ostrach", "Zeven",
    ]  # fmt: skip


def test_the_sixteen_laender_have_their_keys() -> None:
    assert sorted(LAND_OF_AGS) == [f"{number:02}" for number in range(1, 17)]
    assert len(set(LAND_OF_AGS.values())) == 16
    five_towns = {"12070424": "BB", "09181114": "BY", "14628060": "SN", "01053090": "SH", "06439012": "HE"}
    assert {ags: LAND_OF_AGS[ags[:2]] for ags in five_towns} == five_towns
