"""Doors on gpiozero's mock pins: the lock from its first moment on, the lines, and pins that fail."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from device.backends.gpio import GpioBoard, open_lgpio
from device.backends.gpio_door import GpioDoor, GpioDoorLines, GpioLock, GpioReaderPower
from device.core.inputs import DoorLevel, DoorLine, Level
from tests.device.backends.recorder import Recorder
from tests.device.backends.test_lock_contract import KeptFactory
from wire.errors import InvalidSetting

DOOR = GpioDoor("front", 17, contact_pin=22, exit_pin=23, tamper_pin=24, button_pin=25)


@pytest.fixture
def factory() -> Iterator[KeptFactory]:
    made = KeptFactory()
    yield made
    MockFactory.close(made)


Run = Callable[..., Recorder]


@pytest.fixture
def run(factory: KeptFactory) -> Iterator[Run]:
    """A function that starts the lines of doors on the mock pins, and stops them at the end."""
    started: list[GpioDoorLines] = []

    def start(*doors: GpioDoor, reread_s: float = 0.05, board: GpioBoard | None = None) -> Recorder:
        recorder = Recorder()
        source = GpioDoorLines(board or GpioBoard(lambda: factory), doors, reread_s=reread_s)
        started.append(source)
        source.start(recorder)
        return recorder

    yield start
    for source in started:
        source.stop()


def levels(recorder: Recorder, line: DoorLine) -> list[Level]:
    return [given.level for given in recorder.inputs if isinstance(given, DoorLevel) and given.line is line]


def wait_levels(recorder: Recorder, line: DoorLine, *expected: Level) -> None:
    recorder.wait_for(lambda r: levels(r, line) == list(expected), f"{line} {expected}", deadline_s=5.0)


# --- the lock ---


def works(lock: GpioLock) -> bool:
    return lock.is_working


@pytest.mark.parametrize("energise_to_lock", [False, True], ids=["strike", "magnet"])
@pytest.mark.parametrize("active_high", [True, False], ids=["high", "low"])
def test_the_pin_never_shows_the_released_level_before_it_was_said(
    energise_to_lock: bool, active_high: bool
) -> None:
    seen: list[tuple[str, object]] = []

    class Watched(MockPin):  # type: ignore[misc]
        def output_with_state(self, state: bool) -> None:
            seen.append(("begins with", bool(state)))
            super().output_with_state(state)

        def _set_state(self, value: object) -> None:
            seen.append(("set", bool(value)))
            super()._set_state(value)

    factory = KeptFactory(pin_class=Watched)
    door = GpioDoor("front", 17, energise_to_lock=energise_to_lock, lock_active_high=active_high)
    lock = GpioLock(GpioBoard(lambda: factory), door)
    assert seen == [], "nothing is opened before the first word"
    lock.set(released=False)
    held = energise_to_lock is active_high
    assert seen[0] == ("begins with", held)
    assert {level for _, level in seen} == {held}
    lock.close()
    MockFactory.close(factory)


def test_the_pi_library_is_told_the_first_level_with_the_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[object, ...]] = []
    lgpio = ModuleType("lgpio")
    lgpio.gpio_free = lambda *args: calls.append(("free", *args))  # type: ignore[attr-defined]
    lgpio.gpio_claim_output = lambda *args: calls.append(("output", *args))  # type: ignore[attr-defined]
    module = ModuleType("gpiozero.pins.lgpio")

    class Factory:
        _handle = 5

    class Pin:
        factory, _number = Factory, 17

    module.LGPIOFactory, module.LGPIOPin = Factory, Pin  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lgpio", lgpio)
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", module)
    pin: Any = open_lgpio().pin_class()
    pin.output_with_state(True)
    assert calls == [("free", 5, 17), ("output", 5, 17, 1)]


def test_a_lock_whose_pin_fails_alarms_once_and_works_again_by_itself(
    factory: KeptFactory, caplog: pytest.LogCaptureFixture
) -> None:
    fails = True

    def open_factory() -> MockFactory:
        if fails:
            raise OSError("can not open gpiochip")
        return factory

    lock = GpioLock(GpioBoard(open_factory), DOOR)
    lock.set(released=False)
    lock.set(released=False)
    assert not works(lock)
    alarms = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(alarms) == 1
    assert "lock of door front can't be set, and nobody knows whether it holds" in alarms[0].getMessage()
    fails = False
    lock.check()
    assert works(lock)
    assert factory.pin(17).function == "output"
    assert not factory.pin(17).state


def test_a_pin_that_fails_while_it_is_released_is_opened_anew(factory: KeptFactory) -> None:
    lock = GpioLock(GpioBoard(lambda: factory), DOOR)
    lock.set(released=True)

    def broken(_value: object) -> None:
        raise OSError("gone")

    pin = factory.pin(17)
    real = pin._set_state
    pin._set_state = broken
    lock.set(released=False)
    assert not works(lock)
    pin._set_state = real
    lock.check()
    assert works(lock)
    assert not pin.state


def test_a_pin_that_somebody_else_has_is_refused_by_name(factory: KeptFactory) -> None:
    board = GpioBoard(lambda: factory)
    GpioLock(board, DOOR)
    with pytest.raises(InvalidSetting, match="lock of door back asks for it, but lock of door front has it"):
        GpioLock(board, GpioDoor("back", 17))


def test_a_lock_is_set_within_a_millisecond(factory: KeptFactory) -> None:
    lock = GpioLock(GpioBoard(lambda: factory), DOOR)
    lock.set(released=False)
    took = []
    for number in range(200):
        began = time.perf_counter()
        lock.set(released=number % 2 == 0)
        took.append(time.perf_counter() - began)
    assert sorted(took)[len(took) // 2] < 0.001


# --- the lines ---


def test_lines_read_as_their_wiring_says(factory: KeptFactory, run: Run) -> None:
    recorder = run(DOOR)
    # Pulled up, and nothing is connected: open, not pressed, housing open.
    wait_levels(recorder, DoorLine.CONTACT, Level.IDLE)
    wait_levels(recorder, DoorLine.EXIT, Level.IDLE)
    wait_levels(recorder, DoorLine.TAMPER, Level.ACTIVE)
    factory.pin(22).drive_low()
    wait_levels(recorder, DoorLine.CONTACT, Level.IDLE, Level.ACTIVE)
    factory.pin(23).drive_low()
    wait_levels(recorder, DoorLine.EXIT, Level.IDLE, Level.ACTIVE)
    factory.pin(24).drive_low()
    wait_levels(recorder, DoorLine.TAMPER, Level.ACTIVE, Level.IDLE)
    wait_levels(recorder, DoorLine.BUTTON, Level.IDLE)
    factory.pin(25).drive_low()
    wait_levels(recorder, DoorLine.BUTTON, Level.IDLE, Level.ACTIVE)


def test_lines_of_the_other_polarity_are_pulled_down(factory: KeptFactory, run: Run) -> None:
    recorder = run(
        GpioDoor(
            "front", 17, contact_pin=22, contact_closed_high=True, exit_pin=23, exit_active_high=True,
            button_pin=25, button_active_high=True,
        )
    )  # fmt: skip
    wait_levels(recorder, DoorLine.CONTACT, Level.IDLE)
    wait_levels(recorder, DoorLine.EXIT, Level.IDLE)
    wait_levels(recorder, DoorLine.BUTTON, Level.IDLE)
    assert {factory.pin(pin).pull for pin in (22, 23, 25)} == {"down"}
    factory.pin(25).drive_high()
    wait_levels(recorder, DoorLine.BUTTON, Level.IDLE, Level.ACTIVE)
    factory.pin(22).drive_high()
    wait_levels(recorder, DoorLine.CONTACT, Level.IDLE, Level.ACTIVE)
    factory.pin(23).drive_high()
    wait_levels(recorder, DoorLine.EXIT, Level.IDLE, Level.ACTIVE)


def test_a_press_whose_edges_both_got_lost_is_seen_when_it_lasts_400_ms(
    factory: KeptFactory, run: Run
) -> None:
    recorder = run(DOOR, reread_s=0.1)
    wait_levels(recorder, DoorLine.EXIT, Level.IDLE)
    pin = factory.pin(23)
    pin.when_changed = None
    for presses in range(1, 6):
        pin.drive_low()
        time.sleep(0.4)
        pin.drive_high()
        time.sleep(0.2)
        assert levels(recorder, DoorLine.EXIT).count(Level.ACTIVE) == presses


def test_an_edge_is_told_at_once(factory: KeptFactory, run: Run) -> None:
    recorder = run(DOOR, reread_s=60.0)
    wait_levels(recorder, DoorLine.EXIT, Level.IDLE)
    recorder.wait_for(lambda _: factory.pin(23).when_changed is not None, "the pin to be watched")
    began = time.monotonic()
    factory.pin(23).drive_low()
    wait_levels(recorder, DoorLine.EXIT, Level.IDLE, Level.ACTIVE)
    assert recorder.times[-1] - began < 0.5


def test_a_line_that_cannot_be_read_is_missing_and_never_closed(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> MockFactory:
        raise OSError("can not open gpiochip")

    recorder = run(DOOR, board=GpioBoard(refuse))
    for line in DoorLine:
        wait_levels(recorder, line, Level.MISSING)
    assert "contact of door front on GPIO22: can not open gpiochip; what it tells is unknown" in caplog.text


# --- the reader's power ---


def test_a_readers_power_is_on_until_it_is_cut(factory: KeptFactory) -> None:
    power = GpioReaderPower(GpioBoard(lambda: factory), 25, "r1")
    power.set(on=True)
    assert factory.pin(25).state
    power.set(on=False)
    assert not factory.pin(25).state
    power.set(on=True)
    assert factory.pin(25).state
    power.close()


def test_a_power_switch_that_fails_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> MockFactory:
        raise OSError("can not open gpiochip")

    power = GpioReaderPower(GpioBoard(refuse), 25, "r1")
    power.set(on=True)
    power.close()
    assert "power of reader r1 can't be switched" in caplog.text
