"""Who comes in twice without going out is told; whoever did not get through is not."""

import pytest

from device.core.passback import AGAIN_US, FORGET_US, SAME_US, Passback
from tests.device.core.door_kit import FRONT, MEMBER, OTHER
from tests.device.core.traces import us

IN, OUT = False, True


def play(passback: Passback, steps: list[tuple[int, str]]) -> list[bool]:
    """Return what was told of each tap."""
    told: list[bool] = []
    for at_us, what in steps:
        match what:
            case "in" | "out":
                told.append(passback.granted(MEMBER, leaving=what == "out", now_us=at_us))
            case "not opened":
                passback.not_opened(MEMBER)
            case "taken":
                passback.taken(FRONT, MEMBER, leaving=False, now_us=at_us)
    return told


@pytest.mark.parametrize(
    ("label", "steps", "told"),
    [
        ("the first time ever, coming", [(0, "in")], [False]),
        ("the first time ever, going", [(0, "out")], [False]),
        ("in and out", [(0, "in"), (us(600), "out"), (us(900), "in")], [False, False, False]),
        ("in twice", [(0, "in"), (us(600), "in")], [False, True]),
        ("out twice", [(0, "in"), (us(600), "out"), (us(900), "out")], [False, False, True]),
        ("in twice, just one passage", [(0, "in"), (SAME_US - 1, "in")], [False, False]),
        ("in twice, just two passages", [(0, "in"), (SAME_US, "in")], [False, True]),
        ("in, but nobody opened", [(0, "in"), (us(6), "not opened"), (us(600), "in")], [False, False]),
        ("out, but nobody opened", [(0, "in"), (us(600), "out"), (us(606), "not opened"), (us(900), "in")],
         [False, False, True]),
        ("tapped twice, and nobody opened", [(0, "in"), (us(3), "in"), (us(9), "not opened"), (us(600), "in")],
         [False, False, False]),
        ("went in, tapped again, and did not open", [(0, "in"), (us(1), "taken"), (us(30), "in"),
         (us(36), "not opened"), (us(600), "in")], [False, False, True]),
        ("came in yesterday", [(0, "in"), (FORGET_US, "in")], [False, False]),
        ("came in nearly so long ago", [(0, "in"), (FORGET_US - 1, "in")], [False, True]),
    ],
)  # fmt: skip
def test_passback(label: str, steps: list[tuple[int, str]], told: list[bool]) -> None:
    assert play(Passback(), steps) == told, label


@pytest.mark.parametrize(
    ("label", "after_us", "too_soon"),
    [
        ("at once", 1, True),
        ("just before", AGAIN_US - 1, True),
        ("just in time", AGAIN_US, False),
        ("later", AGAIN_US + 1, False),
    ],
)
def test_a_card_that_opened_a_door_can_not_be_handed_back(label: str, after_us: int, too_soon: bool) -> None:
    passback = Passback()
    passback.taken(FRONT, MEMBER, leaving=IN, now_us=us(1))

    def ask(door: str = FRONT, leaving: bool = IN) -> bool:
        return passback.is_too_soon(door, MEMBER, leaving=leaving, now_us=us(1) + after_us)

    assert ask() is too_soon, label
    assert not ask(leaving=OUT)
    assert not ask(door="back")
    assert not passback.is_too_soon(FRONT, OTHER, leaving=IN, now_us=us(1) + after_us)


def test_a_space_is_empty_when_all_who_came_in_went_out_or_it_is_long_ago() -> None:
    passback = Passback()
    assert passback.is_empty(0)
    passback.granted(MEMBER, leaving=IN, now_us=0)
    passback.granted(OTHER, leaving=IN, now_us=us(60))
    passback.granted(MEMBER, leaving=OUT, now_us=us(600))
    assert not passback.is_empty(us(600))
    passback.granted(OTHER, leaving=OUT, now_us=us(700))
    assert passback.is_empty(us(700))
    passback.granted(OTHER, leaving=IN, now_us=us(800))
    assert not passback.is_empty(us(800) + FORGET_US - 1)
    assert passback.is_empty(us(800) + FORGET_US)


def test_old_passages_are_not_kept() -> None:
    passback = Passback()
    passback.granted(MEMBER, leaving=IN, now_us=0)
    passback.prune(FORGET_US)
    assert not passback._last
