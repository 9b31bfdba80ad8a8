"""Tells systemd that a process of the hub is ready and alive: for as long as every loop that does work has turned.

A thread that only fed the watchdog would feed it while all others hang. So each loop has a pulse, which it beats each
time round, and the main thread feeds systemd only when no pulse is late (sd_notify(3), `WatchdogSec=`).
"""

import http.client
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

_log = logging.getLogger(__name__)

SHORT: Final = 1
"""Periods of the watchdog that a loop may take which looks each second or so."""

LONG: Final = 5
"""Periods for one whose work may take minutes: a large space's lists, a night's work that must end first."""

FEEDS_PER_PERIOD: Final = 4
ANSWER_S: Final = 5.0


class Pulse:
    """The sign of life of one loop (`hub.ports.Pulse`).

    Args:
        periods: after how many of the watchdog's periods without a beat it is late.
        clock: seconds, rising.
    """

    def __init__(self, periods: float, clock: Callable[[], float]) -> None:
        self.periods, self._clock = periods, clock
        self._beat_s: float | None = None

    def beat(self) -> None:
        """Say that the loop turns; from the first time on it is expected again."""
        self._beat_s = self._clock()

    def rest(self) -> None:
        """Say that the loop was ended on purpose. One that died has not said so, and is late."""
        self._beat_s = None

    @property
    def is_expected(self) -> bool:
        """Whether it has beaten and does not rest."""
        return self._beat_s is not None

    def silent_s(self) -> float:
        """Return for how long it has not beaten; 0 while nobody expects it to."""
        beat_s = self._beat_s
        return 0.0 if beat_s is None else self._clock() - beat_s


class Pulses:
    """The pulses of one process, by the names of their loops.

    Args:
        clock: seconds, rising.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pulses: dict[str, Pulse] = {}
        self._questions: list[tuple[Pulse, Callable[[], bool]]] = []

    def of(self, loop: str, periods: float = SHORT) -> Pulse:
        """Return the pulse of a loop, the same one each time it is begun."""
        return self._pulses.setdefault(loop, Pulse(periods, self._clock))

    def ask(self, what: str, question: Callable[[], bool]) -> Pulse:
        """Have something asked before each look whether it works, by the thread that looks; a yes is a beat.

        Returns:
            Its pulse; while that rests, nothing is asked.
        """
        pulse = self.of(what)
        pulse.beat()
        self._questions.append((pulse, question))
        return pulse

    def beating(self) -> list[str]:
        """Return the loops that have turned and were not ended."""
        return [name for name, pulse in self._pulses.items() if pulse.is_expected]

    def late(self, period_s: float) -> dict[str, float]:
        """Return the loops that should have turned, and for how many seconds they have not.

        Args:
            period_s: of the watchdog.
        """
        for pulse, question in self._questions:
            if pulse.is_expected and question():
                pulse.beat()
        return {
            name: silent_s
            for name, pulse in self._pulses.items()
            if (silent_s := pulse.silent_s()) > pulse.periods * period_s
        }


class Supervisor:
    """A line to systemd, or to nobody when it did not start us.

    Args:
        environ: has NOTIFY_SOCKET and WATCHDOG_USEC when systemd started us.
        pulses: of this process.
    """

    def __init__(self, environ: Mapping[str, str], pulses: Pulses) -> None:
        self._pulses = pulses
        self._notifier = None
        self._period_s: float | None = None
        if not environ.get("NOTIFY_SOCKET"):
            return
        # Only under systemd is it needed.
        from sdnotify import SystemdNotifier

        self._notifier = SystemdNotifier()
        period_us = environ.get("WATCHDOG_USEC", "")
        if period_us.isdigit() and environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
            self._period_s = int(period_us) / 1e6

    def watch(self, ended: threading.Event) -> None:
        """Say that all is started, and feed the watchdog until the event is set; the calling thread does it."""
        self._say("READY=1")
        if self._period_s is None:
            ended.wait()
            return
        told: set[str] = set()
        while True:
            late = self._pulses.late(self._period_s)
            if not late:
                self._say("WATCHDOG=1")
            for name in late.keys() - told:
                _log.error("%s has not turned for %.0f s; systemd starts this process anew", name, late[name])
            told = set(late)
            if ended.wait(self._period_s / FEEDS_PER_PERIOD):
                return

    def stopping(self) -> None:
        """Say that we end on purpose, and hang up."""
        self._say("STOPPING=1")
        if self._notifier is not None and self._notifier.socket is not None:
            self._notifier.socket.close()
        self._notifier = None

    def _say(self, word: str) -> None:
        if self._notifier is not None:
            self._notifier.notify(word)


def answers(address: str) -> bool:
    """Return whether a web server answers `/healthz` within five seconds, as it would anybody.

    Args:
        address: such as `http://127.0.0.1:8080`.
    """
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=ANSWER_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
