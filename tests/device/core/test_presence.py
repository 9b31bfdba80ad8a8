"""What presence makes of a day at a desk."""

from dataclasses import fields, replace
from itertools import pairwise

import pytest

from device.core.hold import Hold
from device.core.inputs import Level
from device.core.presence import LiveChanged, Presence, PresenceSettings, SensorKind, SessionPiece, State
from tests.device.core.traces import ALL_KINDS, HOUR, MAT, MINUTE, PIR, every, play, pulses, us

MMWAVE = PresenceSettings.defaults(SensorKind.MMWAVE)
SITS = every(40, 1000, 5000)


def _states(*begins_s: float, kind: PresenceSettings = PIR, width_s: float = 2, end_s: float) -> list[str]:
    outcome = play(Presence(kind), pulses(*begins_s, width_s=width_s), us(end_s), stop=False)
    return [one.state for one in outcome.live]


# -- arriving ------------------------------------------------------------------------------------------------


def test_a_desk_of_which_nothing_is_known_is_unknown() -> None:
    presence = Presence(PIR)
    assert (presence.name, presence.reason) == ("unknown", "no_data")


@pytest.mark.parametrize("kind", ALL_KINDS, ids=[kind.value for kind in SensorKind])
def test_a_quiet_desk_is_vacant_once_it_has_been_quiet_for_a_moment(kind: PresenceSettings) -> None:
    outcome = play(Presence(kind), pulses(), us(60), stop=False)
    assert [(one.at_us, one.state) for one in outcome.live] == [(us(kind.settle_s), "vacant")]


@pytest.mark.parametrize(
    ("label", "begins_s", "width_s"),
    [
        ("one sunbeam", [1000], 2),
        ("someone walks by", [1000, 1006, 1013], 2),
        ("a module that holds its output for a minute", [1000], 60),
        ("two of them, half an hour apart", [1000, 2800], 2),
    ],
)
def test_what_is_no_person_changes_nothing(label: str, begins_s: list[float], width_s: float) -> None:
    outcome = play(Presence(PIR), pulses(*begins_s, width_s=width_s), 2 * HOUR)
    assert [one.state for one in outcome.live] == ["vacant"], label
    assert outcome.sessions == [], label


def test_someone_who_moves_again_has_arrived() -> None:
    outcome = play(Presence(PIR), pulses(1000, 1000 + PIR.confirm_s), us(1060), stop=False)
    assert [one.state for one in outcome.live] == ["vacant", "occupied"]
    assert outcome.live[-1].at_us == us(1000 + PIR.confirm_s)


def test_an_unbroken_motion_is_a_person_as_well() -> None:
    outcome = play(Presence(PIR), pulses(1000, width_s=400), us(1300), stop=False)
    assert outcome.live[-1].state == "occupied"
    assert outcome.live[-1].at_us == us(1000 + PIR.steady_s)


def test_a_cleaner_is_seen_live_and_is_no_session() -> None:
    outcome = play(Presence(PIR), pulses(*every(10, 1000, 1150)), 2 * HOUR)
    assert [one.state for one in outcome.live] == ["vacant", "occupied", "vacant"]
    assert outcome.live[-1].at_us < us(1152 + PIR.hold_s / 2), "little evidence is not held for long"
    assert outcome.sessions == []


# -- leaving -------------------------------------------------------------------------------------------------


def test_the_live_state_answers_within_the_hold_and_the_session_ends_at_the_last_motion() -> None:
    outcome = play(Presence(PIR), pulses(*SITS), 4 * HOUR)
    released = outcome.live[-1]
    assert released.state == "vacant"
    assert us(5002) < released.at_us <= us(5002 + PIR.hold_s)
    assert outcome.sessions == [(us(1000), us(5002))]


def test_a_single_motion_after_the_end_does_not_make_a_session_longer() -> None:
    outcome = play(Presence(PIR), pulses(*SITS, 5002 + PIR.gather_s + 60), 4 * HOUR)
    assert outcome.sessions == [(us(1000), us(5002))]


def test_a_single_motion_before_the_beginning_does_not_make_a_session_longer() -> None:
    outcome = play(Presence(PIR), pulses(1000 - PIR.gather_s - 60, *SITS), 4 * HOUR)
    assert outcome.sessions == [(us(1000), us(5002))]


def test_a_single_motion_in_a_long_silence_bridges_it() -> None:
    begin_s = 5002 + 2 * PIR.bridge_s - 60
    outcome = play(
        Presence(PIR), pulses(*SITS, 5002 + PIR.bridge_s - 20, *every(40, begin_s, begin_s + 2000)), 5 * HOUR
    )
    assert len(outcome.sessions) == 1


def test_lunch_parts_two_sessions() -> None:
    outcome = play(Presence(PIR), pulses(*SITS, *every(40, 8000, 9000)), 4 * HOUR)
    assert outcome.sessions == [(us(1000), us(5002)), (us(8000), us(9002))]


def test_someone_who_comes_back_soon_is_believed_at_once() -> None:
    back_s = 5002 + PIR.hold_s + 20
    outcome = play(Presence(PIR), pulses(*SITS, back_s), us(back_s + 1), stop=False)
    assert outcome.live[-1].state == "occupied"
    assert outcome.live[-1].at_us == us(back_s)


def test_a_session_is_over_only_when_its_bridge_is() -> None:
    presence = Presence(PIR)
    play(presence, pulses(*SITS), us(5002 + PIR.bridge_s) - 1, stop=False)
    [last] = [one for one in presence.advance(us(5002 + PIR.bridge_s)) if isinstance(one, SessionPiece)]
    assert not last.open
    assert last.end_us == us(5002)


# -- the hold that a desk learns -----------------------------------------------------------------------------


def _hold(**other: int) -> Hold:
    given = {
        "least_us": 120,
        "usual_us": 420,
        "most_us": 720,
        "arrival_us": 30,
        "return_us": 300,
        "grow_us": 900,
        "bridge_us": 960,
    }
    return Hold(**{name: us(value) for name, value in {**given, **other}.items()})


def test_the_hold_grows_with_the_stay_up_to_what_was_learned() -> None:
    hold = _hold()
    holds = [hold.after(us(there_s), returned=False) for there_s in (0, 300, 600, 900, 5000)]
    assert holds == sorted(holds)
    assert holds[0] == us(30)
    assert holds[-1] == hold.learned_us == us(420)


def test_someone_who_came_back_is_held_longer_at_first() -> None:
    hold = _hold()
    assert hold.after(us(10), returned=True) > hold.after(us(10), returned=False)


@pytest.mark.parametrize(("silence_s", "expected_s"), [(20, 120), (260, 270), (500, 510), (900, 720)])
def test_the_hold_settles_at_the_length_of_the_longest_usual_silences(
    silence_s: int, expected_s: int
) -> None:
    hold = _hold()
    for _day in range(60):
        for _silence in range(5):
            hold.outlasted(us(silence_s))
        hold.departed()
    assert abs(hold.learned_us - us(expected_s)) <= us(20)


def test_a_hold_without_room_learns_nothing() -> None:
    hold = _hold(least_us=30, usual_us=30, most_us=30)
    for _ in range(20):
        hold.outlasted(us(200))
        hold.departed()
    assert hold.learned_us == us(30)


def test_a_desk_of_restless_people_is_let_go_sooner_after_a_week() -> None:
    begins = [day * 86_400 + at for day in range(8) for at in every(20, 30_000, 40_000)]
    outcome = play(Presence(PIR), pulses(*begins), us(8 * 86_400))
    held = [
        released.at_us - end_us
        for released, (_start_us, end_us) in zip(
            [one for one in outcome.live if one.state == "vacant"][1:], outcome.sessions, strict=True
        )
    ]
    assert held[0] == us(PIR.usual_hold_s)
    assert held == sorted(held, reverse=True)
    assert held[-1] < held[0] / 2


# -- pieces --------------------------------------------------------------------------------------------------


def test_a_long_session_is_told_every_quarter_of_an_hour() -> None:
    outcome = play(Presence(PIR), pulses(*every(40, 0, 4 * 3600)), 6 * HOUR)
    assert outcome.sessions == [(0, us(4 * 3600 + 2))]
    assert [piece.continues for piece in outcome.pieces] == [False] + [True] * 17
    assert [piece.open for piece in outcome.pieces] == [True] * 17 + [False]
    for before, after in pairwise(outcome.pieces[:-1]):
        assert after.end_us - before.end_us <= 16 * MINUTE


def test_a_power_cut_loses_minutes() -> None:
    presence = Presence(PIR)
    told = play(presence, pulses(*every(40, 0, 4 * 3600)), us(4 * 3600), stop=False).sessions
    [(start_us, end_us)] = told
    assert start_us == 0
    assert us(4 * 3600) - end_us <= 16 * MINUTE


def test_an_agent_that_stops_tells_the_open_session() -> None:
    outcome = play(Presence(PIR), pulses(*SITS), us(5010))
    assert outcome.pieces[-1].open
    assert outcome.sessions == [(us(1000), us(5002))]


def test_an_agent_that_stops_while_a_contact_may_bounce_ends_the_session_at_the_fall() -> None:
    outcome = play(Presence(MAT), pulses(1000, width_s=300), us(1300) + 5)
    assert outcome.sessions == [(us(1000), us(1300))]


def test_a_mat_that_someone_sits_on_is_told_as_well() -> None:
    outcome = play(Presence(MAT), [(0, Level.IDLE), (us(1000), Level.ACTIVE)], us(8000), stop=False)
    assert outcome.sessions == [(us(1000), us(1000) + 7 * 15 * MINUTE)]


# -- a sensor that is not to be believed ---------------------------------------------------------------------


def test_a_level_that_never_falls_is_stuck_and_counts_only_as_far_as_it_was_trusted() -> None:
    outcome = play(Presence(PIR), pulses(1000, width_s=12 * 3600), 16 * HOUR)
    stuck = outcome.live[2]
    assert (stuck.at_us, stuck.state, stuck.reason) == (us(1000 + PIR.stuck_s), "unknown", "stuck")
    assert outcome.live[3].state == "vacant"
    assert outcome.sessions == [(us(1000), us(1000 + PIR.trust_s))]


def test_a_desk_that_knows_short_motions_only_finds_a_stuck_level_soon() -> None:
    begin_s = 20_000
    steps = [*pulses(*SITS), (us(begin_s), Level.ACTIVE), (us(begin_s + 5 * 3600), Level.IDLE)]
    outcome = play(Presence(PIR), steps, 9 * HOUR)
    [stuck] = [one for one in outcome.live if one.reason == "stuck"]
    assert stuck.at_us == us(begin_s + PIR.least_stuck_s)
    assert outcome.sessions == [(us(1000), us(5002))], "trusted for too short a time to be a session"


def test_a_desk_that_knows_long_motions_is_not_stuck_by_another() -> None:
    begins = every(1500, 1000, 1000 + 1500 * 40)
    steps = [*pulses(*begins, width_s=1400), (us(70_000), Level.ACTIVE), (us(80_000), Level.IDLE)]
    outcome = play(Presence(PIR), steps, us(100_000))
    assert not [one for one in outcome.live if one.reason == "stuck"]
    assert outcome.sessions[-1] == (us(70_000), us(80_000))


def test_a_long_unbroken_motion_that_ends_counts_whole() -> None:
    outcome = play(Presence(PIR), pulses(1000, width_s=2 * 3600), 14 * HOUR)
    assert outcome.sessions == [(us(1000), us(1000 + 2 * 3600))]


def test_a_sensor_without_any_motion_for_weeks_is_silent_and_recovers_with_the_first_person() -> None:
    late = PIR.silent_s + 1000
    outcome = play(Presence(PIR), pulses(*every(40, late, late + 2000)), us(late + 2010), stop=False)
    assert [(one.state, one.reason) for one in outcome.live] == [
        ("vacant", ""),
        ("unknown", "silent"),
        ("occupied", ""),
    ]


def test_holidays_are_no_silence() -> None:
    christmas = 12 * 86_400
    assert PIR.silent_s > christmas
    assert _states(end_s=christmas) == ["vacant"]


def test_a_sensor_that_is_unplugged_is_unknown_at_once_and_its_session_survives_it() -> None:
    steps = pulses(*SITS)
    half = len(steps) // 2
    gap = [(steps[half][0] + us(3), Level.MISSING), (steps[half][0] + us(225), Level.IDLE)]
    rest = [step for step in steps[half + 1 :] if step[0] > gap[-1][0]]
    outcome = play(Presence(PIR), [*steps[: half + 1], *gap, *rest], 4 * HOUR)
    assert [(one.state, one.reason) for one in outcome.live] == [
        ("vacant", ""),
        ("occupied", ""),
        ("unknown", "unplugged"),
        ("occupied", ""),
        ("vacant", ""),
    ]
    assert outcome.sessions == [(us(1000), us(5002))]


def test_why_it_is_unknown_is_told_when_it_changes() -> None:
    presence = Presence(PIR)
    [told] = presence.feed(Level.MISSING, us(5))
    assert isinstance(told, LiveChanged)
    assert (told.state, told.reason) == ("unknown", "unplugged")


def test_a_restart_in_the_middle_of_a_session_loses_nothing_but_the_motion_in_between() -> None:
    steps = pulses(*every(40, 0, 4 * 3600))
    cut_us = us(2 * 3600 + 10)
    before = play(Presence(PIR), [step for step in steps if step[0] <= cut_us], cut_us)
    again = [(cut_us + us(20), Level.IDLE), *(step for step in steps if step[0] > cut_us + us(20))]
    after = play(Presence(PIR, cut_us + us(20)), again, 6 * HOUR)
    assert before.sessions[0][0] == 0
    assert cut_us - before.sessions[-1][1] < us(41)
    assert after.sessions[0][0] - cut_us < us(61)
    assert after.sessions[-1][1] == us(4 * 3600 + 2)
    assert next(one.state for one in after.live) == "occupied", "unknown, and never vacant in between"


# -- other sensors -------------------------------------------------------------------------------------------


def test_a_mat_answers_within_seconds() -> None:
    outcome = play(Presence(MAT), pulses(1000, width_s=600), 2 * HOUR)
    assert [(one.at_us, one.state) for one in outcome.live][1:] == [
        (us(1000 + MAT.confirm_s), "occupied"),
        (us(1600 + MAT.hold_s), "vacant"),
    ]
    assert outcome.sessions == [(us(1000), us(1600))]


def test_a_radar_that_flickers_is_one_session() -> None:
    outcome = play(Presence(MMWAVE), pulses(*every(50, 1000, 4000), width_s=45), 2 * HOUR)
    assert [one.state for one in outcome.live] == ["vacant", "occupied", "vacant"]
    assert outcome.sessions == [(us(1000), us(4045))]


def test_a_bouncing_contact_is_one_motion() -> None:
    bounce = [(us(1000 + 0.004 * n), (Level.ACTIVE, Level.IDLE)[n % 2]) for n in range(9)]
    fall = [(us(1600 + 0.004 * n), (Level.IDLE, Level.ACTIVE)[n % 2]) for n in range(9)]
    outcome = play(Presence(MAT), [(0, Level.IDLE), *bounce, *fall], 2 * HOUR)
    assert [one.state for one in outcome.live] == ["vacant", "occupied", "vacant"]
    assert outcome.sessions == [(us(1000), us(1600 + 0.032))]


def test_chatter_at_the_end_of_one_long_pulse_is_no_second_motion() -> None:
    chatter = [(us(1060 + 0.004 * n), (Level.IDLE, Level.ACTIVE)[n % 2]) for n in range(9)]
    outcome = play(Presence(PIR), [(0, Level.IDLE), (us(1000), Level.ACTIVE), *chatter], HOUR)
    assert [one.state for one in outcome.live] == ["vacant"]


# -- settings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [field.name for field in fields(PresenceSettings)])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 1e9])
def test_a_setting_that_is_no_time_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        replace(PIR, **{name: value})


@pytest.mark.parametrize("value", [0, 1, 86_400])
@pytest.mark.parametrize("name", [field.name for field in fields(PresenceSettings)])
def test_any_single_setting_may_be_changed(name: str, value: float) -> None:
    for kind in ALL_KINDS:
        presence = Presence(replace(kind, **{name: value}))
        play(presence, pulses(*SITS, *every(40, 20_000, 22_000)), 8 * HOUR)
        assert presence.state in State


def test_a_hold_that_somebody_sets_is_the_longest_there_is() -> None:
    outcome = play(Presence(replace(PIR, hold_s=60)), pulses(*every(20, 1000, 5000)), 4 * HOUR)
    assert outcome.live[-1].at_us == us(5000 + 2 + 60)
