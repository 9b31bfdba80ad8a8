"""People who are not there: inputs that a seed decides, through the same port as hardware.

The stories themselves are in `people.py` and `load.py`; this module only tells them at the right time.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from device.core.inputs import Input
from device.ports import Put


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a story.

    Args:
        at_us: microseconds since the story began; never falling.
        input: what happens then.
    """

    at_us: int
    input: Input


Story = Iterable[Happening]


class SimulatedSource:
    """Tells a story on the queue, each happening when it is due.

    Args:
        story: begins a story; each `start` begins it anew.
        speed: how many of its seconds pass in a real one, above 0.
        at_last: makes of an input, at the moment when it is due, what is put on the queue.
    """

    def __init__(
        self,
        story: Callable[[], Story],
        *,
        speed: float = 1.0,
        at_last: Callable[[Input], Input] = lambda given: given,
    ) -> None:
        if speed <= 0:
            raise ValueError(f"speed {speed:g} is not above 0: use 1 for real time")
        self._story = story
        self._speed = speed
        self._at_last = at_last
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, put: Put) -> None:
        """Begin the story; what is due at once comes at once."""
        if self._thread is not None:
            return
        self._stopping.clear()
        self._thread = threading.Thread(target=self._tell, args=(put,), name="simulated", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the story where it is; nothing comes after that."""
        if self._thread is None:
            return
        self._stopping.set()
        self._thread.join()
        self._thread = None

    def _tell(self, put: Put) -> None:
        began = time.monotonic()
        for happening in self._story():
            due = began + happening.at_us / 1e6 / self._speed
            # A story that fell behind (a suspended laptop) is caught up with, not skipped.
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                return
            put(self._at_last(happening.input))
