"""`ankerort-device` with outputs that are not there: the library below gpiozero is replaced, nothing of ours is.

The file named in `BENCH_OUTPUTS` gets a line for each change of an output: monotonic nanoseconds, pin, level.
"""

import os
import sys
import time
from types import ModuleType
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from device.cli import main

_outputs = os.open(os.environ["BENCH_OUTPUTS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


class ToldPin(MockPin):  # type: ignore[misc]
    """A pin that writes down what it is set to."""

    def _change_state(self, value: Any) -> bool:
        at_ns = time.monotonic_ns()
        changed = bool(super()._change_state(value))
        if changed and self.function == "output":
            os.write(_outputs, f"{at_ns} {self._number} {int(value)}\n".encode("ascii"))
        return changed


class ToldFactory(MockFactory):  # type: ignore[misc]
    """The pins of one machine; it is its own handle for what the product says to lgpio itself."""

    def __init__(self) -> None:
        super().__init__(pin_class=ToldPin)
        self._handle = self


def _claim_output(factory: ToldFactory, number: int, level: int) -> None:
    pin = factory.pin(number)
    pin.function = "output"
    pin.state = level


lgpio = ModuleType("lgpio")
lgpio.gpio_free = lambda _factory, _number: None  # type: ignore[attr-defined]
lgpio.gpio_claim_output = _claim_output  # type: ignore[attr-defined]
pins = ModuleType("gpiozero.pins.lgpio")
pins.LGPIOFactory, pins.LGPIOPin = ToldFactory, ToldPin  # type: ignore[attr-defined]
sys.modules |= {lgpio.__name__: lgpio, pins.__name__: pins}

if __name__ == "__main__":
    main()
