"""Does what the core decided: locks first, before light and sound, and before anything is written."""

import logging
from collections.abc import Mapping, Sequence

from device.card_desk import Desk
from device.core.effects import Effect, KeepMode, SetLock, Show, UseReader
from device.core.inputs import Input
from device.kept_state import KeptState
from device.ports import Lock, Signal

log = logging.getLogger(__name__)


class Hands:
    """Locks, light and readers of one device; only in the loop's thread.

    Args:
        locks: door to its lock, for every door that the core knows.
        signal: light and sound.
        kept: what survives a restart.
        desk: says what the readers do.
    """

    def __init__(self, locks: Mapping[str, Lock], signal: Signal, kept: KeptState, desk: Desk) -> None:
        self._locks = locks
        self._signal = signal
        self._kept = kept
        self._desk = desk

    def do(self, effects: Sequence[Effect]) -> list[Input]:
        """Do what is no record; return what came of it, to be taken in later.

        Raises:
            KeyError: when the core sets a lock that is not there, which is a bug.
        """
        for effect in effects:
            if isinstance(effect, SetLock):
                self._locks[effect.door].set(released=effect.released)
        for effect in effects:
            if isinstance(effect, Show):
                self._signal.show(effect.pattern)
        came: list[Input] = []
        for effect in effects:
            if isinstance(effect, KeepMode):
                self._kept.keep_mode(effect.door, effect.mode)
            elif isinstance(effect, UseReader):
                came += self._desk.use(effect.order)
        return came

    def check_locks(self) -> None:
        """Try again what failed at locks."""
        for lock in self._locks.values():
            lock.check()

    def lock_all(self) -> None:
        """Let every door hold for good, whatever else fails."""
        for door, lock in self._locks.items():
            try:
                lock.close()
            except Exception:
                log.exception("lock of door %s could not be closed: look after the door", door)

    def go_dark(self) -> None:
        """End light and sound."""
        self._signal.close()
