"""What every source promises (`device.ports.Source`), checked on each: simulated, pins, card readers."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from gpiozero.pins.mock import MockFactory

from device.backends.gpio import GpioBoard, GpioSensor, GpioSensors, Kind
from device.backends.gpio_door import GpioDoor, GpioDoorLines
from device.backends.load import tell_load
from device.backends.pcsc import PcscReaders
from device.backends.people import SimulatedDesk, tell_people
from device.backends.simulated import SimulatedSource
from device.backends.simulated_door import SimulatedDoors
from device.card_desk import Desk
from device.cards.uid import credential_of
from device.core.inputs import (
    CardPresented,
    DoorLevel,
    DoorLine,
    Level,
    ReaderPresence,
    SensorLevel,
)
from device.ports import Source
from tests.device.backends.recorder import Recorder
from tests.parts.pcscd import Pcscd
from tests.parts.virtual_card import VirtualCard

UID = bytes.fromhex("04A1B2C3D4E5F6")


@dataclass(frozen=True)
class Hardware:
    """A source and what makes it tell something.

    Args:
        make: makes the source.
        touch: makes something happen that the source must tell, apart from what it tells by itself at its start.
        let_go: undoes that.
        is_told: whether an input tells of the touch.
    """

    make: Callable[[], Source]
    touch: Callable[[], None]
    let_go: Callable[[], None]
    is_told: Callable[[object], bool]


def nothing() -> None:
    """Simulated people need no touch."""


class SourceContract:
    """The promises; each subclass has a fixture `hardware`."""

    def test_after_start_it_tells_what_there_is_and_what_happens(self, hardware: Hardware) -> None:
        source, recorder = hardware.make(), Recorder()
        source.start(recorder)
        recorder.wait_for(lambda r: bool(r.inputs), "the first input")
        hardware.touch()
        recorder.wait_for(lambda r: any(hardware.is_told(given) for given in r.inputs), "word of the touch")
        source.stop()
        hardware.let_go()

    def test_after_stop_no_thread_is_left_and_nothing_is_told(self, hardware: Hardware) -> None:
        before = set(threading.enumerate())
        source, recorder = hardware.make(), Recorder()
        source.start(recorder)
        recorder.wait_for(lambda r: bool(r.inputs), "the first input")
        source.stop()
        assert set(threading.enumerate()) <= before
        told = len(recorder.inputs)
        hardware.touch()
        # Longer than the slowest of them takes to tell.
        time.sleep(1.2)
        hardware.let_go()
        assert len(recorder.inputs) == told

    def test_a_second_start_and_a_second_stop_do_nothing(self, hardware: Hardware) -> None:
        source, recorder = hardware.make(), Recorder()
        source.start(recorder)
        threads = set(threading.enumerate())
        source.start(recorder)
        assert set(threading.enumerate()) == threads
        recorder.wait_for(lambda r: bool(r.inputs), "the first input")
        source.stop()
        source.stop()

    def test_it_can_be_stopped_before_it_was_started(self, hardware: Hardware) -> None:
        hardware.make().stop()

    def test_it_can_be_started_again(self, hardware: Hardware) -> None:
        source = hardware.make()
        for _ in range(3):
            recorder = Recorder()
            source.start(recorder)
            recorder.wait_for(lambda r: bool(r.inputs), "the first input")
            source.stop()

    def test_stopping_takes_less_than_two_seconds(self, hardware: Hardware) -> None:
        source, recorder = hardware.make(), Recorder()
        source.start(recorder)
        recorder.wait_for(lambda r: bool(r.inputs), "the first input")
        began = time.monotonic()
        source.stop()
        assert time.monotonic() - began < 2.0

    def test_starting_makes_nobody_wait_for_hardware(self, hardware: Hardware) -> None:
        source, recorder = hardware.make(), Recorder()
        began = time.monotonic()
        source.start(recorder)
        took_s = time.monotonic() - began
        source.stop()
        assert took_s < 1.0


class TestPeople(SourceContract):
    @pytest.fixture
    def hardware(self) -> Hardware:
        desks = [SimulatedDesk("desk-1"), SimulatedDesk("desk-2", pulses=False)]

        def make() -> Source:
            return SimulatedSource(
                lambda: tell_people(desks, ["door-1"], lambda who: credential_of(b"k", who.encode()), "a"),
                speed=50.0,
            )

        return Hardware(make, nothing, nothing, lambda given: isinstance(given, CardPresented))


class TestLoad(SourceContract):
    @pytest.fixture
    def hardware(self) -> Hardware:
        def make() -> Source:
            return SimulatedSource(
                lambda: tell_load(
                    ["door-1"], ["desk-1"], lambda who: credential_of(b"k", who.encode()), 50.0, "a"
                )
            )

        return Hardware(make, nothing, nothing, lambda given: isinstance(given, CardPresented))


class TestPins(SourceContract):
    @pytest.fixture
    def hardware(self) -> Iterator[Hardware]:
        class KeptFactory(MockFactory):  # type: ignore[misc]
            def close(self) -> None:
                """Keep the pins for the next start."""

        factory = KeptFactory()
        kinds: tuple[Kind, ...] = ("pir", "mmwave", "mat")
        sensors = [GpioSensor(f"s{pin}", f"desk-{pin}", kind, pin) for pin, kind in enumerate(kinds, start=5)]
        yield Hardware(
            lambda: GpioSensors(GpioBoard(lambda: factory), sensors, reread_s=0.1),
            lambda: factory.pin(6).drive_high(),
            lambda: factory.pin(6).drive_low(),
            lambda given: given == SensorLevel("desk-6", Level.ACTIVE),
        )
        MockFactory.close(factory)


class TestPinsWithoutABoard(SourceContract):
    @pytest.fixture
    def hardware(self) -> Hardware:
        def refuse() -> MockFactory:
            raise OSError("can not open gpiochip")

        sensors = [GpioSensor("s1", "desk-1", "pir", 5)]
        return Hardware(
            lambda: GpioSensors(GpioBoard(refuse), sensors, reread_s=0.1),
            nothing,
            nothing,
            lambda given: given == SensorLevel("desk-1", Level.MISSING),
        )


class TestCardReaders(SourceContract):
    @pytest.fixture
    def hardware(self, pcscd: Pcscd) -> Iterator[Hardware]:
        card = VirtualCard(pcscd, UID)
        yield Hardware(
            lambda: PcscReaders({"door-1": "Virtual PCD 00 00"}, Desk({}, b"k" * 32, None)),
            card.insert,
            card.remove,
            lambda given: isinstance(given, CardPresented),
        )
        card.remove()


class TestCardReadersWithoutADaemon(SourceContract):
    @pytest.fixture
    def hardware(self, pcscd: Pcscd) -> Hardware:
        pcscd.kill()
        return Hardware(
            lambda: PcscReaders({"door-1": "Virtual PCD 00 00"}, Desk({}, b"k" * 32, None)),
            nothing,
            nothing,
            lambda given: given == ReaderPresence("door-1", connected=False),
        )


class TestDoorsOnPins(SourceContract):
    @pytest.fixture
    def hardware(self) -> Iterator[Hardware]:
        class KeptFactory(MockFactory):  # type: ignore[misc]
            def close(self) -> None:
                """Keep the pins for the next start."""

        factory = KeptFactory()
        doors = [GpioDoor("front", 17, contact_pin=22, exit_pin=23)]
        yield Hardware(
            lambda: GpioDoorLines(GpioBoard(lambda: factory), doors),
            lambda: factory.pin(22).drive_low(),
            lambda: factory.pin(22).drive_high(),
            lambda given: given == DoorLevel("front", DoorLine.CONTACT, Level.ACTIVE),
        )
        MockFactory.close(factory)


class TestSimulatedDoors(SourceContract):
    @pytest.fixture
    def hardware(self) -> Hardware:
        return Hardware(
            lambda: SimulatedDoors(["front"], "a", speed=100.0, leave_s=10.0),
            nothing,
            nothing,
            lambda given: given == DoorLevel("front", DoorLine.EXIT, Level.ACTIVE),
        )
