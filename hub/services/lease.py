"""Holds the lease of a work that only one process may do: takes, renews, and takes over when its holder is gone."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from hub.domain.errors import StoreUnavailable
from hub.ports import Clock, Leases, Pulse

_log = logging.getLogger(__name__)

LEASE_US: Final = 20_000_000
"""For how long a lease is taken; after its holder's death the work rests for as long at most."""

RENEW_S: Final = 5.0
STOP_S: Final = 10.0


class LeaseKeeper:
    """Does a work for as long as the lease is held, in turns with other processes' keepers.

    Args:
        leases: where leases are kept.
        name: of the work.
        holder: a name that no other process has.
        begin, end: start and stop the work; called in the keeper's own thread, `end` once per `begin`.
        clock: the hub's clock.
        renew_s: how often the lease is taken or renewed.
        pulse: beats each time round.
    """

    def __init__(
        self,
        leases: Leases,
        name: str,
        holder: str,
        *,
        begin: Callable[[], None],
        end: Callable[[], None],
        clock: Clock,
        renew_s: float = RENEW_S,
        pulse: Pulse | None = None,
    ) -> None:
        self._leases, self._name, self._holder, self._clock = leases, name, holder, clock
        self._begin, self._end, self._renew_s = begin, end, renew_s
        self._pulse = pulse
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.is_held = False

    def start(self) -> None:
        """Begin to ask for the lease."""
        self._thread = threading.Thread(target=self._run, name=f"lease {self._name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the work and give the lease back, so that the next holder need not wait."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        if self._pulse is not None:
            self._pulse.rest()

    def _run(self) -> None:
        try:
            while True:
                if self._pulse is not None:
                    self._pulse.beat()
                self._step()
                if self._stopping.wait(self._renew_s):
                    return
        finally:
            self._set_held(is_held=False)
            try:
                self._leases.give_back(self._name, self._holder)
            except StoreUnavailable as error:
                _log.warning("lease %s: not given back, it runs out by itself: %s", self._name, error)

    def _step(self) -> None:
        now_us = self._clock.now_us()
        try:
            is_held = self._leases.take(self._name, self._holder, now_us, now_us + LEASE_US)
        except StoreUnavailable as error:
            # Another process may take it meanwhile: without the database nobody can say, so nobody works.
            _log.warning("lease %s: %s", self._name, error)
            is_held = False
        self._set_held(is_held=is_held)

    def _set_held(self, *, is_held: bool) -> None:
        if is_held == self.is_held:
            return
        self.is_held = is_held
        _log.info(
            "lease %s: %s",
            self._name,
            "taken" if is_held else "given back" if self._stopping.is_set() else "lost",
        )
        try:
            (self._begin if is_held else self._end)()
        except Exception:  # noqa: BLE001 - the lease must be kept or given back, whatever its work does
            _log.exception("lease %s: the work did not %s", self._name, "begin" if is_held else "end")
