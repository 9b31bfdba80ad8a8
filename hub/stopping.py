"""How a process learns that it should end: Ctrl-C and SIGTERM set an event, and the main thread ends all in order."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ended_by_signal() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set; a second one of the same kind does what it does by default.

    Only the main thread of a program may ask for it.
    """
    ended = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, _frame: FrameType | None) -> None:
        ended.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, end)
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
