"""A thread that has a connection, and another one when it ends; with full jitter, never telling the same twice."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from hub.broker import BackOff
from hub.ports import Pulse

STOP_S: Final = 5.0

STABLE_S: Final = 10.0
"""A connection that lasted this long was a good one: the next back-off begins from the start."""

SHORT_LIVES: Final = 3
"""So many connections one after the other that ended as soon as they stood are no accident."""

GIVE_WAY: Final = 5
"""From this attempt on we wait when another client throws us out, or both would as fast as they can."""


class Ended(NamedTuple):
    """How a connection ended.

    Args:
        reason: what to tell; empty for an end that we wanted.
        stood: whether it stood before.
        taken_over: whether another client has our id.
    """

    reason: str
    stood: bool = False
    taken_over: bool = False


class Reconnecting:
    """Serves one connection after the other until it is stopped.

    Args:
        name: for the log and the thread.
        serve: serves one connection and returns how it ended; what it raises is a reason, too.
        remedy: what to do when connections end as soon as they stand.
        back_off: how long to wait between them.
        pulse: beats with each connection, and whenever `serve` says so.
    """

    def __init__(
        self,
        name: str,
        serve: Callable[[], Ended],
        *,
        remedy: str,
        back_off: BackOff,
        log: logging.Logger,
        pulse: Pulse | None = None,
    ) -> None:
        self._name, self._serve, self._remedy, self._back_off, self._log = name, serve, remedy, back_off, log
        self._pulse = pulse
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._told = ""

    @property
    def is_stopping(self) -> bool:
        """Whether `serve` should end."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin; after `stop` it may begin again."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, wake: Callable[[], None]) -> bool:
        """End the thread; `wake` makes `serve` look at `is_stopping`. False when it did not end in time."""
        thread, self._thread = self._thread, None
        self._stopping.set()
        wake()
        if thread is None:
            return True
        thread.join(STOP_S)
        if thread.is_alive():
            self._log.warning("%s: the connection did not end in %g s", self._name, STOP_S)
        elif self._pulse is not None:
            self._pulse.rest()
        return not thread.is_alive()

    def beat(self) -> None:
        """Say that `serve` turns."""
        if self._pulse is not None:
            self._pulse.beat()

    def tell(self, text: str) -> None:
        """Say what is wrong once, until something else is."""
        if text and text != self._told and not self.is_stopping:
            self._told = text
            self._log.warning("%s: %s", self._name, text)

    def is_well(self) -> None:
        """Note that all is well: what is wrong next is told, even when it was told before."""
        self._told = ""

    def _run(self) -> None:
        attempt = short_lives = 0
        while not self.is_stopping:
            self.beat()
            began = time.monotonic()
            ended = self._serve_one()
            self.tell(ended.reason)
            is_stable = time.monotonic() - began >= STABLE_S
            attempt = 0 if is_stable else attempt + 1
            short_lives = short_lives + 1 if ended.stood and not is_stable else 0
            if ended.taken_over or short_lives >= SHORT_LIVES:
                # Not every broker says why it ends a connection.
                self.tell(f"connections end as soon as they stand: {self._remedy}")
                attempt = max(attempt, GIVE_WAY)
            self._stopping.wait(self._back_off.delay_s(attempt))

    def _serve_one(self) -> Ended:
        try:
            return self._serve()
        except (OSError, ValueError) as error:
            # ValueError: paho's word for a host or certificate that can't be used.
            return Ended(f"can't connect: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, the next connection is a new start
            self._log.exception("%s: unexpected error; connecting again", self._name)
            return Ended(f"unexpected error: {type(error).__name__}")


class Waker:
    """Wakes a thread that waits in `select`; safe from any thread, and without effect when it is awake or gone."""

    def __init__(self) -> None:
        self._out, self._in = socket.socketpair()
        self._out.setblocking(False)
        self._in.setblocking(False)

    def fileno(self) -> int:
        """Return what `select` waits for."""
        return self._out.fileno()

    def wake(self) -> None:
        """Wake it."""
        # Full means that it is awake already, closed that it has ended.
        with contextlib.suppress(OSError):
            self._in.send(b"\0")

    def clear(self) -> None:
        """Forget that it was woken."""
        with contextlib.suppress(BlockingIOError):
            self._out.recv(4096)

    def close(self) -> None:
        """Release the sockets."""
        self._out.close()
        self._in.close()
