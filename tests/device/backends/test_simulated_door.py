"""Doors that are not there, and somebody who lays cards down when the hub asks."""

import time
from collections.abc import Callable, Iterator

import pytest

from device.backends.simulated_door import SimulatedDoors
from device.backends.simulated_host import SimulatedHost
from device.card_desk import Desk
from device.core.inputs import CardOffer, DoorLevel, DoorLine, Level, WriteEnded
from tests.device.backends.recorder import Recorder
from tests.device.cards.personalising import UID
from tests.device.sealed import TRUST
from tests.device.test_card_desk import COMMAND, read_order, write_order

OPENED = DoorLevel("front", DoorLine.CONTACT, Level.IDLE)
CLOSED = DoorLevel("front", DoorLine.CONTACT, Level.ACTIVE)
PRESSED = DoorLevel("front", DoorLine.EXIT, Level.ACTIVE)

Play = Callable[..., tuple[SimulatedDoors, Recorder]]


@pytest.fixture
def play() -> Iterator[Play]:
    """A function that starts a door with people, which end with the test."""
    started: list[SimulatedDoors] = []

    def start(
        seed: str = "a", *, speed: float = 20.0, leave_s: float | None = None, call_s: float | None = None
    ) -> tuple[SimulatedDoors, Recorder]:
        doors = SimulatedDoors(["front"], seed, speed=speed, leave_s=leave_s, call_s=call_s)
        recorder = Recorder()
        started.append(doors)
        doors.start(recorder)
        return doors, recorder

    yield start
    for doors in started:
        doors.stop()


def test_every_line_is_told_at_the_start(play: Play) -> None:
    _doors, recorder = play()
    assert {
        (given.line, given.level) for given in recorder.of(DoorLevel) if isinstance(given, DoorLevel)
    } == {
        (DoorLine.CONTACT, Level.ACTIVE),
        (DoorLine.EXIT, Level.IDLE),
        (DoorLine.TAMPER, Level.IDLE),
        (DoorLine.BUTTON, Level.IDLE),
    }


def test_a_door_that_is_released_is_opened_and_closed_most_of_the_time(play: Play) -> None:
    doors, recorder = play()
    taken = 0
    for _ in range(20):
        before = recorder.inputs.count(OPENED)
        doors.locks["front"].set(released=True)
        time.sleep(0.45)
        doors.locks["front"].set(released=False)
        taken += recorder.inputs.count(OPENED) > before
        # Whoever went through lets it fall shut.
        time.sleep(0.5)
    assert 12 <= taken <= 20
    recorder.wait_for(lambda r: r.inputs.count(CLOSED) == r.inputs.count(OPENED) + 1, "all to be closed")


def test_a_door_that_holds_again_before_the_hand_is_there_stays_shut(play: Play) -> None:
    doors, recorder = play()
    for _ in range(10):
        doors.locks["front"].set(released=True)
        doors.locks["front"].set(released=False)
    time.sleep(0.6)
    assert OPENED not in recorder.inputs


def test_people_leave_by_the_button(play: Play) -> None:
    _doors, recorder = play(speed=50.0, leave_s=5.0)
    recorder.wait_for(lambda r: PRESSED in r.inputs, "somebody who leaves")


def test_people_press_the_button_outside_and_let_go_of_it(play: Play) -> None:
    _doors, recorder = play(speed=50.0, call_s=5.0)
    called = DoorLevel("front", DoorLine.BUTTON, Level.ACTIVE)
    recorder.wait_for(lambda r: called in r.inputs, "somebody who calls")
    let_go = DoorLevel("front", DoorLine.BUTTON, Level.IDLE)
    recorder.wait_for(lambda r: let_go in r.inputs[r.inputs.index(called) :], "the button to be let go of")


def test_whoever_is_asked_for_a_card_lays_one_down() -> None:
    desk, recorder = Desk({"r1": "front"}, None, TRUST), Recorder()
    host = SimulatedHost(["r1"], desk, lambda _number: UID, react_s=0.01)
    host.start(recorder)
    try:
        desk.use(read_order())
        recorder.wait_for(lambda r: bool(r.of(CardOffer)), "the offer")
        desk.use(write_order())
        recorder.wait_for(lambda r: bool(r.of(WriteEnded)), "the end of writing")
    finally:
        host.stop()
    assert recorder.of(WriteEnded) == [WriteEnded("r1", COMMAND, done=True)]
