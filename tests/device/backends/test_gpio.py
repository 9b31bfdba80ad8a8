"""Sensors, lamp and buzzer on gpiozero's mock pins."""

import itertools
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory, MockPWMPin, MockTriggerPin

from device.backends import gpio
from device.backends import levels as levels_module
from device.backends.gpio import GpioBoard, GpioSensor, GpioSensors
from device.backends.gpio_signal import GpioSignal, SignalPins
from device.core.effects import Pattern
from device.core.inputs import Level, SensorLevel
from device.core.signal import steps
from device.errors import MissingExtra
from tests.device.backends.recorder import Recorder
from tests.parts.waiting import wait_until
from wire.errors import InvalidSetting


class KeptFactory(MockFactory):  # type: ignore[misc]
    """Counts how often it was closed, and keeps its pins, so that a test may look at them afterwards."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def factory() -> Iterator[KeptFactory]:
    made = KeptFactory()
    yield made
    MockFactory.close(made)


def board_of(factory: MockFactory) -> GpioBoard:
    return GpioBoard(lambda: factory)


Run = Callable[..., Recorder]


@pytest.fixture
def run(factory: KeptFactory) -> Iterator[Run]:
    """A function that starts sensors on the mock pins, and stops them at the end."""
    started: list[GpioSensors] = []

    def start(*sensors: GpioSensor, reread_s: float = 0.05, board: GpioBoard | None = None) -> Recorder:
        recorder = Recorder()
        source = GpioSensors(board or board_of(factory), sensors, reread_s=reread_s)
        started.append(source)
        source.start(recorder)
        return recorder

    yield start
    for source in started:
        source.stop()


def levels(recorder: Recorder) -> list[Level]:
    return [given.level for given in recorder.inputs if isinstance(given, SensorLevel)]


def wait_levels(recorder: Recorder, *expected: Level) -> None:
    recorder.wait_for(lambda r: levels(r) == list(expected), f"levels {expected}", deadline_s=5.0)


@pytest.mark.parametrize("kind", ["pir", "mmwave", "mat"])
@pytest.mark.parametrize("active_high", [True, False], ids=["active high", "active low"])
def test_a_level_on_a_pin_becomes_a_level_of_its_desk(
    factory: KeptFactory, run: Run, kind: Any, active_high: bool
) -> None:
    recorder = run(GpioSensor("s1", "desk-1", kind, 17, active_high=active_high))
    wait_levels(recorder, Level.IDLE)
    pin = factory.pin(17)
    come, go = (pin.drive_high, pin.drive_low) if active_high else (pin.drive_low, pin.drive_high)
    come()
    wait_levels(recorder, Level.IDLE, Level.ACTIVE)
    go()
    wait_levels(recorder, Level.IDLE, Level.ACTIVE, Level.IDLE)
    assert {given.desk for given in recorder.inputs if isinstance(given, SensorLevel)} == {"desk-1"}


@pytest.mark.parametrize("kind", ["mmwave", "mat"])
def test_an_edge_is_told_at_once_and_not_only_at_the_next_reading(
    factory: KeptFactory, run: Run, kind: Any
) -> None:
    recorder = run(GpioSensor("s1", "desk-1", kind, 17), reread_s=60.0)
    wait_levels(recorder, Level.IDLE)
    wait_until(lambda: factory.pin(17).when_changed is not None, 2.0, "the pin to be watched")
    began = time.monotonic()
    factory.pin(17).drive_high()
    wait_levels(recorder, Level.IDLE, Level.ACTIVE)
    assert recorder.times[-1] - began < 1.0


def test_a_level_whose_edge_got_lost_is_found_at_the_next_reading(factory: KeptFactory, run: Run) -> None:
    recorder = run(GpioSensor("s1", "desk-1", "mmwave", 17))
    wait_levels(recorder, Level.IDLE)
    pin = factory.pin(17)
    pin.when_changed = None
    pin.drive_high()
    wait_levels(recorder, Level.IDLE, Level.ACTIVE)


def test_short_pulses_are_left_to_the_core(factory: KeptFactory, run: Run) -> None:
    run(GpioSensor("s1", "desk-1", "mat", 17))
    wait_until(lambda: factory.pin(17).when_changed is not None, 2.0, "the pin to be opened")
    assert factory.pin(17).bounce is None


def test_a_level_that_stays_is_told_again_in_a_while(
    factory: KeptFactory, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levels_module, "REPEAT_S", 0.2)
    recorder = run(GpioSensor("s1", "desk-1", "mmwave", 17), reread_s=0.02)
    wait_levels(recorder, Level.IDLE, Level.IDLE, Level.IDLE)
    assert recorder.times[2] - recorder.times[0] >= 0.4


def test_a_distance_below_the_threshold_is_somebody(factory: KeptFactory, run: Run) -> None:
    echo = factory.pin(23)
    # 2.4 ms there and back are 0.41 m, 8 ms are 1.4 m.
    trigger = factory.pin(24, pin_class=MockTriggerPin, echo_pin=echo, echo_time=0.0024)
    recorder = run(GpioSensor("s1", "desk-1", "distance", 23, trigger_pin=24, near_m=0.9))
    recorder.wait_for(lambda r: Level.ACTIVE in levels(r), "somebody near")
    trigger.echo_time = 0.008
    recorder.wait_for(lambda r: levels(r)[-1] is Level.IDLE, "nobody near")


def test_a_distance_sensor_without_an_echo_is_missing_and_comes_back(
    factory: KeptFactory, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpio, "NO_ECHO_S", 0.5)

    class LooseWire(MockTriggerPin):  # type: ignore[misc]
        plugged = True

        def _set_state(self, value: float) -> None:
            if self.plugged:
                super()._set_state(value)

    trigger = factory.pin(24, pin_class=LooseWire, echo_pin=factory.pin(23), echo_time=0.0024)
    recorder = run(GpioSensor("s1", "desk-1", "distance", 23, trigger_pin=24))
    recorder.wait_for(lambda r: levels(r)[-1:] == [Level.ACTIVE], "somebody near")
    trigger.plugged = False
    recorder.wait_for(lambda r: levels(r)[-1] is Level.MISSING, "word that it is missing")
    trigger.plugged = True
    recorder.wait_for(lambda r: levels(r)[-1] is Level.ACTIVE, "word that it is back")


def test_a_board_that_can_not_be_opened_makes_its_desks_missing_until_it_can(
    factory: KeptFactory, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(levels_module, "RETRY_S", 0.1)
    broken = True

    def open_factory() -> MockFactory:
        if broken:
            raise OSError("can not open gpiochip")
        return factory

    recorder = run(GpioSensor("s1", "desk-1", "mmwave", 17), board=GpioBoard(open_factory))
    wait_levels(recorder, Level.MISSING)
    time.sleep(0.3)
    assert caplog.text.count("sensor s1 on GPIO17: can not open gpiochip; its desk is unknown") == 1
    broken = False
    wait_levels(recorder, Level.MISSING, Level.IDLE)
    assert "sensor s1 is back" in caplog.text


def test_a_pin_that_fails_while_it_is_read_is_opened_anew(
    factory: KeptFactory, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levels_module, "RETRY_S", 0.05)
    recorder = run(GpioSensor("s1", "desk-1", "mmwave", 17), reread_s=0.02)
    wait_levels(recorder, Level.IDLE)
    pin = factory.pin(17)
    with monkeypatch.context() as breaking:

        def fail(_pin: object) -> bool:
            raise OSError("I/O error")

        breaking.setattr(type(pin), "_get_state", fail)
        wait_levels(recorder, Level.IDLE, Level.MISSING)
    wait_levels(recorder, Level.IDLE, Level.MISSING, Level.IDLE)


def test_a_pin_of_another_program_part_is_named_with_its_owner(
    factory: KeptFactory, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    lamp = LED(17, pin_factory=factory)
    recorder = run(GpioSensor("s1", "desk-1", "mat", 17))
    wait_levels(recorder, Level.MISSING)
    lamp.close()
    assert "sensor s1 on GPIO17" in caplog.text
    assert "already in use by <gpiozero.LED object on pin GPIO17" in caplog.text


def test_a_pin_of_another_process_is_named_with_what_the_kernel_knows(
    factory: KeptFactory, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # What lgpio answers on a Pi whose 1-wire driver has the pin.
    answer = SimpleNamespace(gpio_get_line_info=lambda _handle, pin: [0, pin, 1, "GPIO17", "onewire@0"])
    monkeypatch.setitem(sys.modules, "lgpio", answer)
    monkeypatch.setattr(KeptFactory, "_handle", 0, raising=False)
    lamp = LED(17, pin_factory=factory)
    recorder = run(GpioSensor("s1", "desk-1", "mat", 17))
    wait_levels(recorder, Level.MISSING)
    lamp.close()
    assert "(in use by 'onewire@0': end it, or take another pin)" in caplog.text


@pytest.mark.parametrize(
    ("sensors", "message"),
    [
        pytest.param(
            [GpioSensor("s1", "desk-1", "pir", 17), GpioSensor("s2", "desk-2", "mat", 17)],
            r"GPIO17: sensor s2 asks for it, but sensor s1 has it",
            id="two sensors on one pin",
        ),
        pytest.param(
            [
                GpioSensor("s1", "desk-1", "pir", 24),
                GpioSensor("s2", "desk-2", "distance", 23, trigger_pin=24),
            ],
            r"GPIO24: sensor s2 asks for it, but sensor s1 has it",
            id="a trigger on a sensor's pin",
        ),
        pytest.param(
            [GpioSensor("s1", "desk-1", "distance", 23)],
            r"sensor s1: a distance sensor needs `trigger_pin` as well as `pin`",
            id="a distance sensor without a trigger",
        ),
    ],
)
def test_settings_that_can_not_work_are_refused_by_name(
    factory: KeptFactory, sensors: list[GpioSensor], message: str
) -> None:
    with pytest.raises(InvalidSetting, match=message):
        GpioSensors(board_of(factory), sensors)


def test_a_lamp_on_a_sensors_pin_is_refused_by_name(factory: KeptFactory) -> None:
    board = board_of(factory)
    GpioSensors(board, [GpioSensor("s1", "desk-1", "pir", 17)])
    with pytest.raises(InvalidSetting, match="GPIO17: signal red asks for it, but sensor s1 has it"):
        GpioSignal(board, SignalPins(red=17))


def test_the_board_is_closed_when_nobody_uses_it_and_opened_again_when_somebody_does(
    factory: KeptFactory, run: Run
) -> None:
    board = board_of(factory)
    recorder = Recorder()
    source = GpioSensors(board, [GpioSensor("s1", "desk-1", "mat", 17)], reread_s=0.05)
    for number in (1, 2):
        source.start(recorder)
        wait_levels(recorder, *[Level.IDLE] * number)
        source.stop()
        assert factory.closed == number


def test_without_gpiozero_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpio, "gpiozero", None)
    with pytest.raises(MissingExtra, match=r"pip install 'ankerort\[device\]'"):
        GpioBoard()


def test_a_machine_without_pins_says_so_and_never_falls_back_to_another_library(tmp_path: Path) -> None:
    # In a process of its own: lgpio starts a thread for good when it is imported.
    code = """
import sys
from pathlib import Path
from device.backends.gpio import GpioBoard, open_lgpio
from device.backends.levels import PinUnusable
board = GpioBoard(lambda: open_lgpio(Path(sys.argv[1])))
try:
    board.open_output(17, "signal red", tones=False)
except PinUnusable as error:
    print(error)
print("lgpio" in sys.modules, "RPi" in sys.modules, "gpiozero.pins.native" in sys.modules)
"""
    if list(Path("/dev").glob("gpiochip*")):
        pytest.skip("this machine has pins")
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()[0].startswith("signal red on GPIO17: ")
    assert done.stdout.splitlines()[1] == "True False False"


# --- lamp and buzzer ---

PINS = SignalPins(red=5, green=6, blue=13, buzzer=18)


@pytest.fixture
def signal(factory: KeptFactory) -> Iterator[GpioSignal]:
    factory.pin_class = MockPWMPin
    made = GpioSignal(board_of(factory), PINS)
    yield made
    made.close()


def changes(factory: KeptFactory, pin: int) -> list[float]:
    """Return what a pin went through since it was opened, as values."""
    return [
        state.state for state in factory.pin(pin, **({"pin_class": MockPWMPin} if pin == 18 else {})).states
    ]


def test_a_pattern_is_played_without_making_anybody_wait(factory: KeptFactory, signal: GpioSignal) -> None:
    began = time.monotonic()
    signal.show(Pattern.CARD_SEEN)
    assert time.monotonic() - began < 0.1
    wait_until(lambda: changes(factory, 6)[-2:] == [1.0, 0.0], 3.0, "the green light to go on and off")
    beats = sum(step.colour.value[1] for step in steps(Pattern.CARD_SEEN))
    assert sum(changes(factory, 6)) == beats
    assert not any(changes(factory, 5))
    assert [value for value in changes(factory, 18) if value] == [0.5] * beats


def test_what_does_not_repeat_gives_way_to_the_last_that_did(
    factory: KeptFactory, signal: GpioSignal
) -> None:
    signal.show(Pattern.DEGRADED)
    wait_until(lambda: 1.0 in changes(factory, 5), 2.0, "a yellow blink")
    signal.show(Pattern.CARD_SEEN)
    wait_until(lambda: changes(factory, 6)[-1] and changes(factory, 5)[-1] == 0, 2.0, "green alone")
    green_alone = len(changes(factory, 5))
    wait_until(lambda: any(changes(factory, 5)[green_alone:]), 3.0, "yellow again")


def test_a_new_pattern_does_not_wait_for_the_end_of_the_one_before(
    factory: KeptFactory, signal: GpioSignal
) -> None:
    signal.show(Pattern.READY)
    wait_until(lambda: changes(factory, 13)[-2:] == [1.0, 0.0], 2.0, "the pause after the white blink")
    began = time.monotonic()
    signal.show(Pattern.CARD_UNUSABLE)
    wait_until(lambda: changes(factory, 5)[-1] and changes(factory, 6)[-1] == 0, 2.0, "red alone")
    assert time.monotonic() - began < 1.0


def test_closing_makes_it_dark_and_silent_and_a_later_pattern_is_ignored(
    factory: KeptFactory, signal: GpioSignal
) -> None:
    signal.show(Pattern.CARD_SEEN)
    wait_until(lambda: changes(factory, 6)[-1], 2.0, "the green light")
    signal.close()
    assert [changes(factory, pin)[-1] for pin in (5, 6, 13, 18)] == [0.0] * 4
    signal.show(Pattern.CARD_SEEN)
    signal.close()
    assert factory.closed == 1


def test_a_lamp_that_is_not_wired_is_no_error(factory: KeptFactory) -> None:
    for pins in (SignalPins(), SignalPins(green=6)):
        made = GpioSignal(board_of(factory), pins)
        for pattern in Pattern:
            made.show(pattern)
        made.close()


def test_a_lamp_that_fails_is_told_once_and_the_others_go_on(
    factory: KeptFactory, signal: GpioSignal, caplog: pytest.LogCaptureFixture
) -> None:
    taken = LED(5, pin_factory=factory)
    signal.show(Pattern.CARD_UNUSABLE)
    wait_until(lambda: any(changes(factory, 18)), 2.0, "the buzzer")
    signal.show(Pattern.CARD_SEEN)
    wait_until(lambda: any(changes(factory, 6)), 2.0, "the green light")
    signal.close()
    taken.close()
    assert (
        caplog.text.count(
            "signal red fails, going on without it: signal red on GPIO5: pin GPIO5 is already in use"
        )
        == 1
    )


def test_no_two_patterns_look_and_sound_alike(factory: KeptFactory) -> None:
    rhythms = {
        pattern: tuple((s.colour, s.tone_hz, s.last_ms) for s in steps(pattern)) for pattern in Pattern
    }
    for one, other in itertools.combinations(Pattern, 2):
        assert rhythms[one] != rhythms[other]
