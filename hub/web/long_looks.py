"""What takes long to be worked out is worked out beside the request, and a page tells how far it is.

A look is given once, to whoever comes back for it first, and not after a minute: then it is worked out anew. So nobody
sees numbers that are older than the page says. Nothing survives the web process.
"""

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Final, Generic, TypeVar

from hub.domain.errors import DomainError
from hub.statistics_ports import Step

MAX_RUNNING: Final = 4
"""How many are worked out at the same time; whoever comes then is asked to come back."""

KEPT_S: Final = 60.0
"""How long one waits for whoever asked for it."""

T = TypeVar("T")
_LOG: Final = logging.getLogger(__name__)


class LooksFull(Exception):
    """Too many are worked out already."""


@dataclass(slots=True)
class Look(Generic[T]):
    """Something that is worked out, or was.

    Args:
        done, count: steps; `count` 0 before it has begun.
        found: what came out; None before, and when it failed.
        error: why it failed.
        is_over: set when it came out or failed.
        over_s: when, by the clock that only goes forward.
    """

    done: int = 0
    count: int = 0
    found: T | None = None
    error: Exception | None = None
    is_over: Event = field(default_factory=Event)
    over_s: float = 0.0

    def step(self, done: int, count: int) -> None:
        """Take note of how far it is."""
        self.done, self.count = done, count


class LongLooks:
    """Works out what takes long, each in a thread of its own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._looks: dict[Hashable, Look[Any]] = {}

    def look(self, key: Hashable, work_out: Callable[[Step], T], wait_s: float) -> Look[T]:
        """Return a look, begun now or before; one that is over is given out, and forgotten.

        Args:
            key: the same for whoever may see the same.
            work_out: returns what is looked for; called in another thread, without a request.
            wait_s: how long to wait for it.

        Raises:
            LooksFull: when too many are worked out.
        """
        with self._lock:
            self._forget()
            look = self._looks.get(key)
            if look is None:
                if sum(not one.is_over.is_set() for one in self._looks.values()) >= MAX_RUNNING:
                    raise LooksFull
                look = self._looks[key] = Look()
                Thread(target=self._do, args=(look, work_out), name="long look", daemon=True).start()
        if look.is_over.wait(wait_s):
            with self._lock:
                if self._looks.get(key) is look:
                    del self._looks[key]
        return look

    def _forget(self) -> None:
        old = [
            key
            for key, look in self._looks.items()
            if look.is_over.is_set() and monotonic() - look.over_s > KEPT_S
        ]
        for key in old:
            del self._looks[key]

    @staticmethod
    def _do(look: Look[T], work_out: Callable[[Step], T]) -> None:
        try:
            look.found = work_out(look.step)
        except DomainError as error:
            look.error = error
        except Exception as error:  # noqa: BLE001 - whoever asked gets it, in the request
            _LOG.exception("what takes long could not be worked out")
            look.error = error
        finally:
            look.over_s = monotonic()
            look.is_over.set()
