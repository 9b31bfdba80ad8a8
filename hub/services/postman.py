"""Looks once a second whether there is mail to be written or sent: a thread of `jobs`, in one process at a time."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from hub.domain.errors import StoreUnavailable
from hub.ports import Clock, Pulse
from hub.services.call_rota import CallRota
from hub.services.send_mail import SendMail

_log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
RETRY_S: Final = 5.0
CALL_US: Final = 5_000_000
"""How often alarms are looked at."""

PURGE_US: Final = 21_600_000_000
STOP_S: Final = 8.0
"""So long the mail at hand may take to be finished; one that takes longer is sent again after it was taken."""


class Postman:
    """Runs from `start` to `stop`, by the lease of `jobs`.

    Args:
        send: empties the outbox.
        calls: writes calls about alarms into it.
        clock: the hub's clock.
        erase_again: erases who was erased and came back with a backup; done once, before anything is sent.
        look_s: seconds between two looks.
        pulse: beats each time round.
    """

    def __init__(
        self,
        send: SendMail,
        calls: CallRota,
        clock: Clock,
        erase_again: Callable[[int], object],
        look_s: float = LOOK_S,
        pulse: Pulse | None = None,
    ) -> None:
        self._send, self._calls, self._clock, self._look_s = send, calls, clock, look_s
        self._erase_again, self._is_first, self._pulse = erase_again, True, pulse
        self._next_us = dict.fromkeys(("call", "purge"), 0)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; what is due is sent at once."""
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after the mail at hand."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        if self._pulse is not None:
            self._pulse.rest()

    def step(self) -> None:
        """Do what there is to do now.

        Raises:
            StoreUnavailable: when the database can't be used now.
        """
        now_us = self._clock.now_us()
        if self._is_first:
            # A letter to somebody who was erased must not come back with a backup.
            self._erase_again(now_us)
            self._is_first = False
        if self._is_time("call", CALL_US, now_us):
            self._calls.run(now_us)
        self._send.run()
        if self._is_time("purge", PURGE_US, now_us):
            self._send.purge()

    def _is_time(self, what: str, every_us: int, now_us: int) -> bool:
        # A clock that was set back must not make it wait for as long.
        if self._next_us[what] - every_us <= now_us < self._next_us[what]:
            return False
        self._next_us[what] = now_us + every_us
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._pulse is not None:
                self._pulse.beat()
            try:
                self.step()
            except StoreUnavailable as error:
                _log.warning("mail: %s; trying again", error)
                self._stopping.wait(RETRY_S)
            except Exception:  # noqa: BLE001 - whatever it is, alarms depend on the next time
                _log.exception("mail: unexpected error; trying again")
                self._stopping.wait(RETRY_S)
            else:
                self._stopping.wait(self._look_s)
