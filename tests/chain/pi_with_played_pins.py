"""`ankerort-device` on a machine without pins: the library below gpiozero is replaced, nothing of ours is.

The file named in `PLAYED_PINS` says which inputs are high ("17 27"); every other one is low. It outlives the process,
as a person on a mat does.
"""

import os
import sys
import threading
from pathlib import Path
from types import ModuleType

from gpiozero.pins.mock import MockFactory

from device.cli import main

POLL_S = 0.02


class PlayedFactory(MockFactory):  # type: ignore[misc]
    """Drives the inputs of a device as a file says, until it is closed."""

    def __init__(self) -> None:
        super().__init__()
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


played = ModuleType("gpiozero.pins.lgpio")
played.LGPIOFactory = PlayedFactory  # type: ignore[attr-defined]
sys.modules[played.__name__] = played

if __name__ == "__main__":
    main()
