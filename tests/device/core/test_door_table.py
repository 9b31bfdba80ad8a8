"""The tables of doors: whole, and each row of the first reached by something that can happen."""

from itertools import product
from typing import get_args

import pytest

from device.core import door as machine
from device.core import door_mode
from device.core.door import Door, DoorSettings, LockMoved
from device.core.door_mode import FREES, MODES, Mode, Order
from device.core.door_table import (
    CONTACTS,
    FREE,
    RELEASED_ONCE,
    RELEASES,
    TABLE,
    TIMERS,
    Action,
    Sign,
    State,
)
from device.core.inputs import DoorLine, Level
from tests.device.core.door_kit import MEMBER
from tests.device.core.traces import us
from wire.events import DoorModeName

_OPEN = [one for one in State if CONTACTS[one] == "open"]
_CLOSED = [one for one in State if CONTACTS[one] == "closed"]
_UNKNOWN = [one for one in State if CONTACTS[one] == "unknown"]
_TIMERS = {Sign.LAPSED, Sign.SETTLED, Sign.SOON, Sign.LATE}

CANNOT_COME = {
    "an open door does not open": {(one, Sign.OPENED) for one in _OPEN},
    "a closed door does not close": {(one, Sign.CLOSED) for one in _CLOSED},
    "an unknown contact is not lost": {(one, Sign.LOST) for one in _UNKNOWN},
    "the timer does not run": {
        (state, sign) for state in State for sign in _TIMERS if sign not in TIMERS[state]
    },
    "while a door is released it may stand open": {(State.PASSING, Sign.SOON), (State.AJAR, Sign.SOON)},
}
"""Pairs that the interpreter never makes, and why."""


def test_every_state_and_sign_is_in_the_table_or_cannot_come() -> None:
    impossible = set().union(*CANNOT_COME.values())
    assert set(TABLE) | impossible == set(product(State, Sign))
    assert not set(TABLE) & impossible


def test_every_action_is_used() -> None:
    assert {action for _state, actions in TABLE.values() for action in actions} == set(Action)


def test_every_state_has_a_contact_and_its_timers() -> None:
    assert set(CONTACTS) == set(TIMERS) == set(State)
    assert set().union(*TIMERS.values()) == _TIMERS


def test_a_lock_is_released_by_a_grant_the_button_a_command_or_a_mode_and_nothing_else() -> None:
    signs = {
        sign
        for (state, sign), (following, _actions) in TABLE.items()
        if following in RELEASES and state not in RELEASES
    }
    assert signs == {Sign.GRANTED, Sign.EXIT, Sign.REMOTE, Sign.FREED}


def test_a_release_ends_by_itself_and_a_mode_does_not_hide_in_it() -> None:
    assert not RELEASED_ONCE & FREE
    for state in RELEASED_ONCE:
        assert Sign.LAPSED in TIMERS[state]
        assert TABLE[state, Sign.LAPSED][0] not in RELEASES
    into_free = {sign for (state, sign), (after, _) in TABLE.items() if after in FREE and state not in FREE}
    assert into_free == {Sign.FREED}


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_securing_locks_in_every_state(state: State) -> None:
    assert TABLE[state, Sign.SECURED][0] not in RELEASES


@pytest.mark.parametrize("sign", [Sign.GRANTED, Sign.EXIT, Sign.REMOTE], ids=lambda sign: sign.name)
def test_the_button_and_whoever_may_enter_get_through_in_every_state(sign: Sign) -> None:
    assert all(TABLE[state, sign][0] in RELEASES for state in State)


def test_a_transition_changes_the_contact_only_when_the_contact_speaks() -> None:
    said = {Sign.OPENED: "open", Sign.CLOSED: "closed", Sign.LOST: "unknown"}
    for (state, sign), (following, _actions) in TABLE.items():
        assert CONTACTS[following] == said.get(sign, CONTACTS[state]), (state, sign)


def test_what_is_unknown_is_never_taken_for_closed() -> None:
    for state in _UNKNOWN:
        _following, actions = TABLE[state, Sign.OPENED]
        assert not {Action.FORCE, Action.TAKE, Action.MISS} & set(actions)
        for sign in Sign:
            assert not {Action.TAKE, Action.MISS, Action.FORCE} & set(
                TABLE.get((state, sign), (state, ()))[1]
            )


def test_every_mode_and_order_is_in_the_table_or_may_not_come() -> None:
    missing = set(product(Mode, Order)) - set(MODES)
    assert missing == {
        (Mode.LOCKDOWN, Order.SET_OFFICE),
        # Somebody arrives in mode normal alone, and only office is over by itself.
        (Mode.OFFICE, Order.ARRIVED),
        (Mode.EVACUATE, Order.ARRIVED),
        (Mode.LOCKDOWN, Order.ARRIVED),
        (Mode.NORMAL, Order.OVER),
        (Mode.EVACUATE, Order.OVER),
        (Mode.LOCKDOWN, Order.OVER),
    }


def test_every_mode_has_a_name_and_a_command() -> None:
    names = set(get_args(DoorModeName))
    assert set(door_mode.NAMES.values()) == set(door_mode.SETS) == names
    assert {mode for mode in Mode if mode in FREES} == {Mode.OFFICE, Mode.EVACUATE}


# -- each row is reached ---------------------------------------------------------------------------------------

Step = tuple[float, str]
_ROADS_TO: dict[State, list[Step]] = {
    State.UNSEEN: [],
    State.SHUT: [(1, "close")],
    State.SETTLING: [(1, "close"), (2, "grant"), (7.01, "tick")],
    State.STANDING: [(1, "open")],
    State.LINGERING: [(1, "open"), (31.2, "tick")],
    State.HELD: [(1, "open"), (61.2, "tick")],
    State.FORCED: [(1, "close"), (2, "open")],
    State.OFFERED: [(1, "close"), (2, "grant")],
    State.BLIND: [(1, "grant")],
    State.PASSING: [(1, "close"), (2, "grant"), (3, "open")],
    State.AJAR: [(1, "open"), (2, "grant")],
    State.FREE_SHUT: [(1, "close"), (2, "free")],
    State.FREE_OPEN: [(1, "open"), (2, "free")],
    State.FREE_UNSEEN: [(1, "free")],
}
_BY: dict[Sign, tuple[float, str]] = {
    Sign.OPENED: (0.2, "open"),
    Sign.CLOSED: (0.2, "close"),
    Sign.LOST: (0.2, "lose"),
    Sign.GRANTED: (0.2, "grant"),
    Sign.EXIT: (0.2, "press"),
    Sign.REMOTE: (0.2, "remote"),
    Sign.FREED: (0.2, "free again"),
    Sign.SECURED: (0.2, "stop"),
    Sign.LAPSED: (10, "tick"),
    Sign.SETTLED: (1.2, "tick"),
    Sign.SOON: (31, "tick"),
    Sign.LATE: (31, "tick"),
}


def _play(door: Door, steps: list[Step]) -> None:
    door.feed(DoorLine.EXIT, Level.IDLE, 0)
    for number, (at_s, what) in enumerate(steps):
        at = us(at_s)
        match what:
            case "close" | "open" | "lose":
                level = {"close": Level.ACTIVE, "open": Level.IDLE, "lose": Level.MISSING}[what]
                door.feed(DoorLine.CONTACT, level, at)
                door.advance(at + us(0.1))
            case "press":
                door.feed(DoorLine.EXIT, Level.ACTIVE, at)
                door.advance(at + us(0.03))
            case "grant":
                door.grant(MEMBER, us(5), at)
            case "remote":
                door.open(f"{number:016x}", us(5), at)
            case "free" | "free again":
                # From one mode that holds it open to the other.
                frees = Order.SET_OFFICE if door.mode is Mode.EVACUATE else Order.SET_EVACUATE
                door.set_mode(frees, at)
            case "stop":
                door.stop(at)
            case _:
                door.advance(at)


class _Watched(dict[tuple[State, Sign], tuple[State, tuple[Action, ...]]]):
    """The table, and which of its rows were used."""

    def __init__(self) -> None:
        super().__init__(TABLE)
        self.used: set[tuple[State, Sign]] = set()

    def __getitem__(self, pair: tuple[State, Sign]) -> tuple[State, tuple[Action, ...]]:
        self.used.add(pair)
        return super().__getitem__(pair)


def _row_id(value: tuple[State, Sign]) -> str:
    return f"{value[0].name}-{value[1].name}"


@pytest.mark.parametrize("row", TABLE, ids=_row_id)
def test_a_row_is_reached_by_something_that_can_happen(
    row: tuple[State, Sign], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = _Watched()
    monkeypatch.setattr(machine, "TABLE", watched)
    state, sign = row
    door = Door(DoorSettings(has_exit=True))
    _play(door, _ROADS_TO[state])
    assert door.state is state
    after_s, what = _BY[sign]
    start_s = _ROADS_TO[state][-1][0] if _ROADS_TO[state] else 0
    _play(door, [(start_s + after_s, what)])
    assert row in watched.used
    following, _actions = TABLE[row]
    if not set(TIMERS[following]) or what != "tick":
        assert door.state is following


def test_a_pair_outside_the_table_is_a_bug_that_is_heard() -> None:
    with pytest.raises(KeyError):
        Door(DoorSettings())._step(Sign.LATE, 0, [])


def test_an_order_that_may_not_come_is_a_bug_that_is_heard() -> None:
    with pytest.raises(KeyError):
        Door(DoorSettings(), Mode.LOCKDOWN).set_mode(Order.SET_OFFICE, 0)


@pytest.mark.parametrize("mode", [Mode.OFFICE, Mode.EVACUATE], ids=lambda mode: mode.name)
def test_a_mode_that_holds_a_door_open_is_never_begun_with(mode: Mode) -> None:
    door = Door(DoorSettings(), mode)
    assert door.mode is Mode.NORMAL
    assert door.started()[0] == LockMoved(released=False)
