"""Opens what the hub sealed, in a thread of its own: neither a signature nor a slow disk makes a card wait.

In: bytes from the uplink. Out: `ListArrived`, `CommandArrived` or `MessageRefused` on the queue, in the order in which
the bytes came.
"""

import logging
import queue
import threading
from typing import Final

from device.core.inputs import Input, MessageRefused
from device.errors import NotTaken
from device.ports import AccessLists, Clock, Put
from wire.topics import ACCESS, Channel

log = logging.getLogger(__name__)

MAX_WAITING: Final = 32
"""Lists and commands that were not yet looked at; whoever sends more of them at once is not the hub."""

_End = None


class SealedMail:
    """A source (`device.ports.Source`) of lists and commands.

    Args:
        store: checks and keeps them; in no other thread's hands meanwhile.
        clock: the device's clocks.
    """

    def __init__(self, store: AccessLists, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: queue.Queue[tuple[Channel, bytes, bool] | None] = queue.Queue(MAX_WAITING)
        self._put: Put | None = None
        self._thread: threading.Thread | None = None
        self._complaints: set[str] = set()

    def take(self, channel: Channel, payload: bytes, retained: bool) -> None:
        """Take what came; from any thread, never blocks, raises nothing."""
        try:
            self._waiting.put_nowait((channel, payload, retained))
        except queue.Full:
            if self._put is not None:
                self._put(MessageRefused("too-many"))

    def start(self, put: Put) -> None:
        """Begin to open what came and comes."""
        if self._thread is not None:
            return
        self._put = put
        self._thread = threading.Thread(target=self._run, name="sealed mail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after what it is at."""
        if self._thread is None:
            return
        while True:
            # What still waits is given up: lists are retained, and commands are void at the next start.
            try:
                self._waiting.put_nowait(_End)
                break
            except queue.Full:
                self._drop_one()
        self._thread.join()
        self._thread = None
        self._put = None

    def _drop_one(self) -> None:
        try:
            self._waiting.get_nowait()
        except queue.Empty:
            return

    def _run(self) -> None:
        while (one := self._waiting.get()) is not _End:
            given = self._open(*one)
            if given is not None and self._put is not None:
                self._put(given)

    def _open(self, channel: Channel, payload: bytes, retained: bool) -> Input | None:
        try:
            if channel == ACCESS:
                return self._store.take_list(payload, self._clock.now())
            return self._store.take_command(payload, retained=retained)
        except NotTaken as refused:
            self._complain(channel, refused.reason, refused.detail)
            return MessageRefused(refused.reason)
        except Exception:
            # Bytes that anyone may have sent must not end the agent, whatever they hit.
            log.exception("%s could not be looked at", channel.name)
            return MessageRefused("unreadable")

    def _complain(self, channel: Channel, reason: str, detail: str) -> None:
        """Log each reason once; all are counted in health."""
        if reason not in self._complaints:
            self._complaints.add(reason)
            log.warning("%s refused (%s): %s; further ones are only counted", channel.name, reason, detail)
