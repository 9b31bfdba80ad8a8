"""What every lock promises (`device.ports.Lock`), checked on each: on pins of both kinds, and simulated."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from gpiozero.pins.mock import MockFactory

from device.backends.gpio import GpioBoard
from device.backends.gpio_door import GpioDoor, GpioLock
from device.backends.simulated_door import SimulatedDoors, SimulatedLock
from device.ports import Lock


class KeptFactory(MockFactory):  # type: ignore[misc]
    """Keeps its pins when the last device leaves, so that a test may look at them."""

    def close(self) -> None:
        """Keep them."""


@dataclass(frozen=True)
class Hardware:
    """A lock and a look at what it does: whether the door holds; None when nothing drives it."""

    lock: Lock
    holds: Callable[[], bool | None]


class LockContract:
    """The promises; each subclass has a fixture `hardware`."""

    def test_it_holds_from_its_first_word_on(self, hardware: Hardware) -> None:
        hardware.lock.set(released=False)
        assert hardware.holds() is True
        assert hardware.lock.is_working

    def test_it_lets_go_and_holds_again(self, hardware: Hardware) -> None:
        for released in (False, True, True, False, False, True, False):
            hardware.lock.set(released=released)
            assert hardware.holds() is not released

    def test_it_may_be_released_with_its_first_word(self, hardware: Hardware) -> None:
        hardware.lock.set(released=True)
        assert hardware.holds() is False

    def test_closed_it_holds_and_does_nothing_more(self, hardware: Hardware) -> None:
        hardware.lock.set(released=True)
        hardware.lock.close()
        assert hardware.holds() in (True, None)
        hardware.lock.set(released=True)
        assert hardware.holds() in (True, None)
        hardware.lock.close()

    def test_a_check_changes_nothing_while_all_is_well(self, hardware: Hardware) -> None:
        hardware.lock.set(released=True)
        hardware.lock.check()
        assert hardware.holds() is False


class PinContract(LockContract):
    energise_to_lock = False
    active_high = True

    @pytest.fixture
    def hardware(self) -> Iterator[Hardware]:
        factory = KeptFactory()
        door = GpioDoor(
            "front", 17, energise_to_lock=self.energise_to_lock, lock_active_high=self.active_high
        )

        def holds() -> bool | None:
            pin = factory.pin(17)
            if pin.function != "output":
                return None
            has_current = bool(pin.state) is self.active_high
            return has_current is self.energise_to_lock

        yield Hardware(GpioLock(GpioBoard(lambda: factory), door), holds)
        MockFactory.close(factory)


class TestStrike(PinContract):
    """Holds without current."""


class TestMagnet(PinContract):
    energise_to_lock = True


class TestStrikeOnAnInvertingRelay(PinContract):
    active_high = False


class TestMagnetOnAnInvertingRelay(PinContract):
    energise_to_lock = True
    active_high = False


class TestSimulated(LockContract):
    @pytest.fixture
    def hardware(self) -> Hardware:
        lock: SimulatedLock = SimulatedDoors(["front"], "a").locks["front"]
        return Hardware(lock, lambda: not lock.released)
