"""Tells everyone what a space looks like after it changed: the first change at once, those soon after it together."""

import logging
import threading
import time
from collections.abc import Iterable
from typing import Final

from hub.ports import Clock, LiveQueries, Outbound, Pulse

_log = logging.getLogger(__name__)

PAUSE_S: Final = 0.05
"""After a round of announcements; changes of this time share the next one."""

RETRY_S: Final = 1.0
STOP_S: Final = 5.0
BEAT_S: Final = 10.0
"""How often it turns when nothing changes."""


class Announcer:
    """Looks changed spaces up and publishes their occupancy, in a thread of its own so that intake never waits for it.

    Args:
        live: what a space looks like now.
        outbound: where to say it.
        clock: the hub's clock.
        pulse: beats each time round.
    """

    def __init__(
        self, live: LiveQueries, outbound: Outbound, clock: Clock, pulse: Pulse | None = None
    ) -> None:
        self._live, self._outbound, self._clock, self._pulse = live, outbound, clock, pulse
        self._changed: set[str] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to announce."""
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is not announced yet is left to the pages' own next look."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        if self._pulse is not None:
            self._pulse.rest()

    def changed(self, spaces: Iterable[str]) -> None:
        """Note that spaces changed; returns at once."""
        with self._lock:
            self._changed.update(spaces)
            if not self._changed:
                return
        self._wake.set()

    def announce_all(self) -> None:
        """Note that every space may have changed: after the connection to the broker came back."""
        try:
            self.changed(live.space.id for live in self._live.overview(self._clock.now_us()))
        except Exception:  # noqa: BLE001 - the link's thread must go on
            _log.exception("can't look spaces up; their next change announces them")

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._beat()
            self._wake.wait(BEAT_S)
            self._wake.clear()
            with self._lock:
                spaces, self._changed = self._changed, set()
            began = time.monotonic()
            for space in sorted(spaces):
                self._beat()
                if not self._announce(space):
                    self.changed([space])
                    self._stopping.wait(RETRY_S)
            # While thousands of events refill the hub, looking spaces up must not take the processor from counting.
            self._stopping.wait(max(PAUSE_S, 2 * (time.monotonic() - began)))

    def _beat(self) -> None:
        if self._pulse is not None:
            self._pulse.beat()

    def _announce(self, space: str) -> bool:
        try:
            live = self._live.space(space, self._clock.now_us())
        except Exception:  # noqa: BLE001 - whatever the database's trouble is, it is tried again
            _log.exception("can't look space %s up; trying again", space)
            return False
        if live is not None:
            self._outbound.occupancy(live)
        return True
