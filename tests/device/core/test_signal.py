"""Light and sound: patterns that nobody needs to see colours for."""

from itertools import combinations, pairwise
from typing import get_args

import pytest

from device.core.effects import Pattern
from device.core.signal import ANSWERS, RHYTHMS, TEXTS, Colour, repeats, steps
from wire.events import AccessReason


def _rhythm(pattern: Pattern) -> list[tuple[bool, int]]:
    """Return what is left without colour and sound: light or dark, and how long in tenths of a second."""
    return [(one.colour is not Colour.DARK, round(one.last_ms, -2)) for one in steps(pattern)]


def test_every_pattern_has_a_rhythm() -> None:
    assert set(RHYTHMS) == set(Pattern)


@pytest.mark.parametrize(("one", "other"), list(combinations(Pattern, 2)), ids=lambda pattern: pattern.value)
def test_patterns_are_told_apart_without_colour_and_sound(one: Pattern, other: Pattern) -> None:
    assert _rhythm(one) != _rhythm(other)


def test_the_two_answers_to_a_card_differ_in_the_number_of_beats() -> None:
    beats = {
        pattern: sum(lit for lit, _length in _rhythm(pattern))
        for pattern in (Pattern.CARD_SEEN, Pattern.CARD_UNUSABLE)
    }
    assert beats == {Pattern.CARD_SEEN: 1, Pattern.CARD_UNUSABLE: 3}


@pytest.mark.parametrize("pattern", Pattern, ids=lambda pattern: pattern.value)
def test_nothing_flashes_more_than_three_times_in_a_second(pattern: Pattern) -> None:
    begins: list[int] = []
    at_ms = 0
    for lap in range(20):
        if lap and not repeats(pattern):
            break
        for one in steps(pattern):
            if one.colour is not Colour.DARK:
                begins.append(at_ms)
            at_ms += one.last_ms
    for first, fourth in zip(begins, begins[3:], strict=False):
        assert fourth - first >= 1000


@pytest.mark.parametrize("pattern", Pattern, ids=lambda pattern: pattern.value)
def test_a_rhythm_never_stands_still(pattern: Pattern) -> None:
    assert all(one.last_ms > 0 for one in steps(pattern))
    assert all(before != after for before, after in pairwise(steps(pattern)))


ANSWERED = {
    Pattern.CALLED,
    Pattern.CARD_SEEN,
    Pattern.CARD_UNUSABLE,
    Pattern.GRANTED,
    Pattern.REFUSED,
    Pattern.HOLD_CARD,
    Pattern.ASK_HOST,
    Pattern.CARD_DONE,
    Pattern.CARD_FAILED,
}
CALLING = {Pattern.CLOSE_DOOR, Pattern.ALARM}


def test_an_answer_to_a_card_ends_and_a_resting_pattern_goes_on_in_silence() -> None:
    for pattern in Pattern:
        assert repeats(pattern) is (pattern not in ANSWERED)
        if pattern not in ANSWERED | CALLING:
            assert all(one.tone_hz == 0 for one in steps(pattern))


def test_a_door_that_should_be_closed_is_also_heard() -> None:
    assert all(any(one.tone_hz for one in steps(pattern)) for pattern in CALLING)


def test_every_decision_has_an_answer_that_ends() -> None:
    assert set(ANSWERS) == set(get_args(AccessReason))
    assert set(ANSWERS.values()) <= ANSWERED
    assert [reason for reason, pattern in ANSWERS.items() if pattern is Pattern.GRANTED] == ["granted"]


def test_every_pattern_has_words_in_both_languages() -> None:
    assert set(TEXTS) == set(Pattern)
    assert all(set(words) == {"de", "en"} for words in TEXTS.values())
