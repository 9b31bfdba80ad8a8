"""What presence never does, whatever a sensor says and whenever."""

from bisect import bisect_right

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from device.core.inputs import Level
from device.core.presence import NAMES, LiveChanged, Presence, PresenceSettings, State
from tests.device.core.traces import (
    ALL_KINDS,
    HOUR,
    MAT,
    PIR,
    Step,
    every,
    play,
    pulses,
    traces,
    us,
)

ANY_TRACE = st.sampled_from(ALL_KINDS).flatmap(lambda one: st.tuples(st.just(one), traces(one)))
TAIL = us(3 * 3600)
SITS = pulses(*every(40, 100, 4000))


def _end(steps: list[Step]) -> int:
    return (steps[-1][0] if steps else 0) + TAIL


def _last_motion(motions: list[tuple[int, int | None]], at_us: int) -> int:
    """Return until when there was motion before a moment."""
    past = [at_us if fall is None else min(fall, at_us) for rise, fall in motions if rise <= at_us]
    return max(past)


@given(ANY_TRACE)
@example((PIR, [*SITS, (us(9000), Level.IDLE)]))
@example((MAT, pulses(100, width_s=600)))
def test_occupied_becomes_vacant_only_after_a_silence_of_the_hold(
    case: tuple[PresenceSettings, list[Step]],
) -> None:
    kind, steps = case
    outcome = play(Presence(kind), steps, _end(steps))
    shortest = us(min(kind.arrival_hold_s, kind.least_hold_s))
    for before, after in zip(outcome.live, outcome.live[1:], strict=False):
        if (before.state, after.state) == ("occupied", "vacant"):
            silence = after.at_us - _last_motion(outcome.motions, after.at_us)
            assert silence >= shortest


@given(ANY_TRACE, st.data())
def test_the_live_state_is_let_go_within_the_hold_of_the_last_motion(
    case: tuple[PresenceSettings, list[Step]], data: st.DataObject
) -> None:
    kind, steps = case
    presence = Presence(kind)
    outcome = play(presence, steps, steps[-1][0] if steps else 0, stop=False)
    if steps and steps[-1][1] is Level.ACTIVE:
        return
    now_us = (steps[-1][0] if steps else 0) + data.draw(st.integers(0, TAIL))
    presence.advance(now_us)
    if presence.name == "occupied":
        silence = now_us - _last_motion(outcome.motions, now_us)
        assert silence < us(kind.hold_s + kind.debounce_s)


@given(ANY_TRACE)
@example((PIR, SITS))
def test_sessions_lie_apart_and_run_from_a_motion_to_a_motion(
    case: tuple[PresenceSettings, list[Step]],
) -> None:
    kind, steps = case
    end_us = _end(steps)
    outcome = play(Presence(kind), steps, end_us)
    rises = {rise for rise, _fall in outcome.motions}
    done = -1
    for start_us, stop_us in outcome.sessions:
        assert start_us in rises
        assert start_us > done
        assert stop_us - start_us >= us(kind.least_session_s)
        done = stop_us
        assert any(
            rise <= stop_us <= fall for rise, fall in _joined(outcome.motions, us(kind.debounce_s), end_us)
        )


def _joined(motions: list[tuple[int, int | None]], debounce_us: int, end_us: int) -> list[tuple[int, int]]:
    """Return motions with their bounces smoothed away."""
    joined: list[tuple[int, int]] = []
    for rise, fall in motions:
        to_us = end_us if fall is None else fall
        if joined and rise - joined[-1][1] <= debounce_us:
            joined[-1] = (joined[-1][0], to_us)
        else:
            joined.append((rise, to_us))
    return joined


@given(ANY_TRACE)
@example((PIR, SITS))
@example((MAT, pulses(100, width_s=4 * 3600)))
@example((PIR, pulses(100, width_s=PIR.stuck_s + 100)))
def test_a_session_told_in_pieces_is_the_session_told_at_once(
    case: tuple[PresenceSettings, list[Step]],
) -> None:
    kind, steps = case
    in_pieces = play(Presence(kind), steps, _end(steps))
    at_once = Presence(kind)
    at_once._sessions._piece_us = us(400 * 86_400)
    whole = play(at_once, steps, _end(steps))
    assert in_pieces.sessions == whole.sessions
    assert all(not piece.continues for piece in whole.pieces)


@given(ANY_TRACE)
@example((PIR, SITS))
def test_pieces_follow_their_marks(case: tuple[PresenceSettings, list[Step]]) -> None:
    kind, steps = case
    pieces = play(Presence(kind), steps, _end(steps)).pieces
    is_open = False
    for piece in pieces:
        assert piece.continues <= is_open, "only an open session is continued"
        assert piece.start_us <= piece.end_us
        is_open = piece.open


@given(ANY_TRACE)
def test_unknown_is_left_for_vacant_only_after_silence(case: tuple[PresenceSettings, list[Step]]) -> None:
    kind, steps = case
    presence = Presence(kind)
    outcome = play(presence, steps, _end(steps))
    idle_since = {at for at, level in steps if level is Level.IDLE}
    for before, after in zip([None, *outcome.live], outcome.live, strict=False):
        was = "unknown" if before is None else before.state
        if (was, after.state) == ("unknown", "vacant"):
            assert any(at <= after.at_us - us(kind.settle_s) for at in idle_since)


@given(ANY_TRACE)
def test_what_is_unknown_is_never_told_as_vacant_or_occupied(
    case: tuple[PresenceSettings, list[Step]],
) -> None:
    kind, steps = case
    presence = Presence(kind)
    shown = "unknown"
    for at_us, level in steps:
        for told in presence.feed(level, at_us):
            if isinstance(told, LiveChanged):
                assert (told.reason != "") == (told.state == "unknown")
                shown = told.state
        assert shown == NAMES[presence.state]
        assert (presence.state is State.UNKNOWN) == (shown == "unknown")
        if level is Level.MISSING:
            assert shown == "unknown"


@given(ANY_TRACE, st.lists(st.integers(0, 20 * HOUR), max_size=60))
@example((PIR, SITS), [us(second) for second in every(1, 0, 200)])
def test_reading_the_same_level_again_changes_nothing(
    case: tuple[PresenceSettings, list[Step]], again: list[int]
) -> None:
    kind, steps = case
    once = play(Presence(kind), steps, _end(steps))
    times = [at for at, _level in steps]
    more = list(steps)
    for at_us in again:
        place = bisect_right(times, at_us) - 1
        if place >= 0 and at_us <= _end(steps):
            more.append((at_us, steps[place][1]))
    more.sort(key=lambda step: step[0])
    assert play(Presence(kind), more, _end(steps)).told == once.told


@given(ANY_TRACE, st.lists(st.integers(0, 20 * HOUR), max_size=60))
def test_it_does_not_matter_how_often_the_machine_is_stepped(
    case: tuple[PresenceSettings, list[Step]], looks: list[int]
) -> None:
    kind, steps = case
    once = play(Presence(kind), steps, _end(steps))
    presence = Presence(kind)
    told = []
    todo = sorted(looks)
    for at_us, level in steps:
        while todo and todo[0] < at_us:
            told += presence.advance(todo.pop(0))
        told += presence.feed(level, at_us)
    told += presence.advance(_end(steps)) + presence.stop(_end(steps))
    assert told == once.told


@given(ANY_TRACE)
def test_a_deadline_always_lies_ahead(case: tuple[PresenceSettings, list[Step]]) -> None:
    kind, steps = case
    presence = Presence(kind)
    for at_us, level in steps:
        presence.feed(level, at_us)
        assert presence.deadline_us is None or presence.deadline_us > at_us


@settings(max_examples=40)
@given(traces(PIR, missing=False, size=60), st.integers(0, 10 * HOUR))
def test_a_restart_invents_nothing(steps: list[Step], cut_us: int) -> None:
    whole = play(Presence(PIR), steps, _end(steps))
    before = [step for step in steps if step[0] < cut_us]
    after = [step for step in steps if step[0] >= cut_us]
    first = play(Presence(PIR), before, cut_us)
    # The agent that starts again first reads the level as it is.
    level = [(cut_us, before[-1][1])] if before else []
    second = play(Presence(PIR, cut_us), [*level, *after], max(cut_us, _end(steps)))
    end_us = max(cut_us, _end(steps))
    motions = _joined(whole.motions, us(PIR.debounce_s), end_us)
    for start_us, stop_us in [*first.sessions, *second.sessions]:
        assert any(rise <= start_us <= fall for rise, fall in motions)
        assert any(rise <= stop_us <= fall for rise, fall in motions)
    for (_, done), (start_us, _) in zip(first.sessions, second.sessions, strict=False):
        assert done <= start_us


def test_a_bridge_that_just_holds_and_one_that_just_breaks() -> None:
    morning, noon = every(30, 0, 1200), 1202 + PIR.bridge_s
    for late_us, count in ((-1, 1), (0, 2), (1, 2)):
        later = [at + late_us / 1e6 for at in every(30, noon, noon + 1200)]
        steps = [(at + us(100), level) for at, level in pulses(*morning, *later)]
        assert len(play(Presence(PIR), steps, _end(steps)).sessions) == count


@pytest.mark.parametrize("kind", ALL_KINDS, ids=["pir", "mmwave", "mat", "distance"])
def test_motion_at_the_very_end_of_the_hold_is_in_time(kind: PresenceSettings) -> None:
    presence = Presence(kind)
    steps = pulses(*every(10, 100, 4000), width_s=5)
    play(presence, steps, steps[-1][0] + us(1), stop=False)
    assert presence.state is State.LEAVING
    release_us = presence._timers[next(iter(presence._timers))]
    assert not [one for one in presence.feed(Level.ACTIVE, release_us) if isinstance(one, LiveChanged)]
    assert presence.name == "occupied"
