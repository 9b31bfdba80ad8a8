"""The transition table: whole, and each row of it reached by something that can happen."""

from dataclasses import replace
from itertools import product

import pytest

from device.core import presence as machine
from device.core.inputs import Level
from device.core.presence import NAMES, TABLE, Action, Presence, Sign, State
from tests.device.core.traces import PIR, Step, every, play, pulses, us

CANNOT_COME = {
    "an idle level can't fall": [(State.VACANT, Sign.STILL), (State.LEAVING, Sign.STILL)],
    "an active level can't rise": [(State.OCCUPIED, Sign.MOTION)],
    "only a vacant desk is returned to": [
        (State.ARRIVING, Sign.RETURN),
        (State.OCCUPIED, Sign.RETURN),
        (State.LEAVING, Sign.RETURN),
        (State.UNKNOWN, Sign.RETURN),
    ],
    "proof comes while something moves": [(State.VACANT, Sign.CONFIRMED), (State.LEAVING, Sign.CONFIRMED)],
    "nothing is held": [(State.VACANT, Sign.LAPSED), (State.OCCUPIED, Sign.LAPSED)],
    "only a release is watched": [
        (State.ARRIVING, Sign.GONE),
        (State.OCCUPIED, Sign.GONE),
        (State.LEAVING, Sign.GONE),
        (State.UNKNOWN, Sign.GONE),
    ],
    "an idle level is not stuck": [(State.VACANT, Sign.STUCK), (State.LEAVING, Sign.STUCK)],
    "there was motion lately": [
        (State.ARRIVING, Sign.SILENT),
        (State.OCCUPIED, Sign.SILENT),
        (State.LEAVING, Sign.SILENT),
    ],
    "unknown already": [(State.UNKNOWN, Sign.SILENT)],
}
"""Pairs that the interpreter never makes, and why."""

_SITS = every(30, 100, 700)
_STUCK_S = PIR.stuck_s + 1
_A_RETURN = [*_SITS, 702 + PIR.hold_s + 10]
_A_PROVEN_RETURN = [*_A_RETURN, _A_RETURN[-1] + PIR.confirm_s + 5]
_UNPLUG = Level.MISSING

ROADS: dict[tuple[State, Sign], list[Step]] = {
    (State.VACANT, Sign.MOTION): pulses(100),
    (State.VACANT, Sign.RETURN): pulses(*_A_RETURN),
    (State.VACANT, Sign.UNPLUGGED): [*pulses(), (us(100), _UNPLUG)],
    (State.VACANT, Sign.GONE): [*pulses(*_SITS), (us(5000), Level.IDLE)],
    (State.VACANT, Sign.SILENT): [*pulses(), (us(PIR.silent_s + 100), Level.IDLE)],
    (State.ARRIVING, Sign.MOTION): pulses(100, 110),
    (State.ARRIVING, Sign.STILL): [*pulses(100), (us(103), Level.IDLE)],
    (State.ARRIVING, Sign.UNPLUGGED): [*pulses(100), (us(110), _UNPLUG)],
    (State.ARRIVING, Sign.CONFIRMED): pulses(100, 140),
    (State.ARRIVING, Sign.LAPSED): [*pulses(100), (us(900), Level.IDLE)],
    (State.OCCUPIED, Sign.STILL): pulses(*_SITS),
    (State.OCCUPIED, Sign.UNPLUGGED): [*pulses(*_SITS), (us(720), Level.ACTIVE), (us(730), _UNPLUG)],
    (State.OCCUPIED, Sign.CONFIRMED): pulses(*_A_PROVEN_RETURN),
    (State.OCCUPIED, Sign.STUCK): [*pulses(100, width_s=_STUCK_S)],
    (State.LEAVING, Sign.MOTION): pulses(*_SITS),
    (State.LEAVING, Sign.UNPLUGGED): [*pulses(*_SITS), (us(710), _UNPLUG)],
    (State.LEAVING, Sign.LAPSED): [*pulses(*_SITS), (us(3000), Level.IDLE)],
    (State.UNKNOWN, Sign.MOTION): [(0, Level.ACTIVE)],
    (State.UNKNOWN, Sign.STILL): [(0, Level.IDLE)],
    (State.UNKNOWN, Sign.UNPLUGGED): [(0, _UNPLUG)],
    (State.UNKNOWN, Sign.CONFIRMED): [(0, Level.ACTIVE), (us(400), Level.ACTIVE)],
    (State.UNKNOWN, Sign.LAPSED): [(0, Level.IDLE), (us(400), Level.IDLE)],
}
"""Readings that lead to each row."""


def test_every_state_and_sign_is_in_the_table_or_cannot_come() -> None:
    impossible = [pair for pairs in CANNOT_COME.values() for pair in pairs]
    assert len(impossible) == len(set(impossible))
    assert set(TABLE) | set(impossible) == set(product(State, Sign))
    assert not set(TABLE) & set(impossible)


def test_every_action_is_used() -> None:
    assert {action for _state, action in TABLE.values()} == set(Action)


def test_every_state_has_a_name_outside() -> None:
    assert set(NAMES) == set(State)
    assert {state for state, name in NAMES.items() if name == "vacant"} == {State.VACANT, State.ARRIVING}
    assert {state for state, name in NAMES.items() if name == "occupied"} == {State.OCCUPIED, State.LEAVING}


class _Watched(dict[tuple[State, Sign], tuple[State, Action]]):
    """The table, and which of its rows were used."""

    def __init__(self) -> None:
        super().__init__(TABLE)
        self.used: set[tuple[State, Sign]] = set()

    def __getitem__(self, pair: tuple[State, Sign]) -> tuple[State, Action]:
        self.used.add(pair)
        return super().__getitem__(pair)


@pytest.mark.parametrize("row", ROADS, ids=lambda row: f"{row[0].name}-{row[1].name}")
def test_a_row_is_reached(row: tuple[State, Sign], monkeypatch: pytest.MonkeyPatch) -> None:
    watched = _Watched()
    monkeypatch.setattr(machine, "TABLE", watched)
    steps = ROADS[row]
    play(Presence(PIR), steps, steps[-1][0], stop=False)
    assert row in watched.used


def test_every_row_has_a_road_or_needs_unusual_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    rare = set(TABLE) - set(ROADS)
    assert rare == {(State.ARRIVING, Sign.STUCK), (State.UNKNOWN, Sign.STUCK)}
    watched = _Watched()
    monkeypatch.setattr(machine, "TABLE", watched)
    hasty = replace(PIR, stuck_s=60)
    play(Presence(hasty), [(0, Level.ACTIVE), (us(70), Level.ACTIVE)], us(80), stop=False)
    play(Presence(hasty), [(0, Level.IDLE), (us(60), Level.ACTIVE)], us(200), stop=False)
    assert rare <= watched.used


def test_a_pair_outside_the_table_is_a_bug_that_is_heard() -> None:
    presence = Presence(PIR)
    with pytest.raises(KeyError):
        presence._step(Sign.GONE, 0)
