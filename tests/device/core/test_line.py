"""A line is believed once its level has stayed; one that is missing or never rests is unknown."""

import pytest

from device.core.inputs import Level
from device.core.line import CHATTER_US, Line
from tests.device.core.traces import us

SETTLE_US = 100_000
UP, DOWN, GONE = Level.ACTIVE, Level.IDLE, Level.MISSING


def play(line: Line, steps: list[tuple[int, Level]], end_us: int) -> list[tuple[int, Level]]:
    """Return what was believed when."""
    told: list[tuple[int, Level]] = []

    def advance(now_us: int) -> None:
        while line.deadline_us is not None and line.deadline_us <= now_us:
            at_us = line.deadline_us
            if (level := line.advance(at_us)) is not None:
                told.append((at_us, level))

    for at_us, level in steps:
        advance(at_us)
        if (believed := line.feed(level, at_us)) is not None:
            told.append((at_us, believed))
    advance(end_us)
    return told


@pytest.mark.parametrize(
    ("label", "steps", "told"),
    [
        ("nothing was read", [], []),
        ("the first level", [(0, UP)], [(SETTLE_US, UP)]),
        ("read again and again", [(0, UP), (50_000, UP), (90_000, UP)], [(SETTLE_US, UP)]),
        ("a bounce just too short", [(0, UP), (us(1), DOWN), (us(1) + SETTLE_US - 1, UP)], [(SETTLE_US, UP)]),
        (
            "a change just long enough",
            [(0, UP), (us(1), DOWN), (us(1) + SETTLE_US, UP)],
            [(SETTLE_US, UP), (us(1) + SETTLE_US, DOWN), (us(1) + 2 * SETTLE_US, UP)],
        ),
        ("missing, at once", [(0, UP), (us(1), GONE)], [(SETTLE_US, UP), (us(1), GONE)]),
        ("missing and back", [(0, UP), (us(1), GONE), (us(2), UP)],
         [(SETTLE_US, UP), (us(1), GONE), (us(2) + SETTLE_US, UP)]),
        ("missing before it settled", [(0, UP), (50_000, GONE)], []),
    ],
)  # fmt: skip
def test_what_is_believed(label: str, steps: list[tuple[int, Level]], told: list[tuple[int, Level]]) -> None:
    assert play(Line(SETTLE_US), steps, us(60)) == told, label


def test_a_line_that_never_rests_is_unknown_until_it_does() -> None:
    chatter = [(us(1) + n * 40_000, DOWN if n % 2 == 0 else UP) for n in range(200)]
    told = play(Line(SETTLE_US), [(0, UP), *chatter], us(60))
    assert told == [(SETTLE_US, UP), (us(1) + CHATTER_US, GONE), (chatter[-1][0] + SETTLE_US, UP)]


def test_a_line_that_rests_has_no_deadline() -> None:
    line = Line(SETTLE_US)
    play(line, [(0, UP), (us(1), DOWN)], us(5))
    assert line.deadline_us is None
