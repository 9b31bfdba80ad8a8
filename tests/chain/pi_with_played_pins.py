"""`ankerort-device` on a machine without pins: the library below gpiozero is replaced, nothing of ours is.

The file named in `PLAYED_PINS` says which inputs are high ("17 27"); every other one is low. It outlives the process,
as a person on a mat does. The file named in `PLAYED_OUTPUTS` gets a line for each change of an output: monotonic
nanoseconds, pin, level. With `PLAYED_TIME_SERVICE` set, the kernel says that a time service keeps its clock right: the
machines that run tests often have none.
"""

import os
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.backends.clock import SystemClock
from device.cli import main

POLL_S = 0.02


class ToldPin(MockPWMPin):  # type: ignore[misc]
    """A pin that writes down what it is set to."""

    def _set_state(self, value: Any) -> None:
        before = self._state
        super()._set_state(value)
        path = os.environ.get("PLAYED_OUTPUTS")
        if path and self.function == "output" and before != self._state:
            number = min(name for name in self.info.names if isinstance(name, int))
            with Path(path).open("a", encoding="ascii") as file:
                file.write(f"{time.monotonic_ns()} {number} {int(bool(self._state))}\n")


class PlayedFactory(MockFactory):  # type: ignore[misc]
    """Drives the inputs of a device as a file says, until it is closed."""

    def __init__(self) -> None:
        super().__init__(pin_class=ToldPin)
        self._handle = self
        self._file = Path(os.environ["PLAYED_PINS"])
        self._closed = threading.Event()
        threading.Thread(target=self._play, name="played-pins", daemon=True).start()

    def close(self) -> None:
        self._closed.set()
        super().close()

    def _play(self) -> None:
        while not self._closed.wait(POLL_S):
            high = {int(pin) for pin in self._file.read_text("ascii").split()}
            for info, pin in list(self.pins.items()):
                if pin.function == "input":
                    (pin.drive_high if high & set(info.names) else pin.drive_low)()


def claim_output(chip: PlayedFactory, number: int, level: int) -> None:
    """Do as lgpio does."""
    MockPWMPin.output_with_state(chip.pin(number), bool(level))


played = ModuleType("gpiozero.pins.lgpio")
played.LGPIOFactory = PlayedFactory  # type: ignore[attr-defined]
played.LGPIOPin = ToldPin  # type: ignore[attr-defined]
lgpio = ModuleType("lgpio")
lgpio.gpio_free = lambda _chip, _number: 0  # type: ignore[attr-defined]
lgpio.gpio_claim_output = claim_output  # type: ignore[attr-defined]
sys.modules |= {played.__name__: played, lgpio.__name__: lgpio}

if "PLAYED_TIME_SERVICE" in os.environ:
    defaults: Any = SystemClock.__init__.__kwdefaults__
    defaults["kernel_synchronised"] = lambda: True

if __name__ == "__main__":
    main()
