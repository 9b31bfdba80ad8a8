"""Takes what a source puts on the queue, for tests to look at."""

import threading
import time
from collections.abc import Callable

from device.core.inputs import Input
from tests.parts.waiting import wait_until


class Recorder:
    """A queue's receiving end: call it to put, read `inputs` for what came."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = threading.Lock()
        self._inputs: list[tuple[float, Input]] = []

    def __call__(self, given: Input) -> None:
        """Take an input, from any thread."""
        with self._lock:
            self._inputs.append((time.monotonic(), given))

    @property
    def inputs(self) -> list[Input]:
        """Everything that came, in order."""
        with self._lock:
            return [given for _, given in self._inputs]

    @property
    def times(self) -> list[float]:
        """When each came, on `time.monotonic`."""
        with self._lock:
            return [at for at, _ in self._inputs]

    def of(self, *kinds: type) -> list[Input]:
        """Return what came of some kinds."""
        return [given for given in self.inputs if isinstance(given, kinds)]

    def wait_for(self, predicate: Callable[["Recorder"], bool], what: str, deadline_s: float = 10.0) -> None:
        """Wait until something is true of what came; the failure shows what did."""
        try:
            wait_until(lambda: predicate(self), deadline_s, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; came: {self.inputs}") from None
