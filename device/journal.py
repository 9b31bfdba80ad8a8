"""Keeps what the agent records at once; only presence that follows a commit within a second waits for the next group.

A dead disk does not stop the door (D1): the journal goes on in a spool in memory, with an epoch of its own. What the
disk holds is sent after a restart with a working one.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from device.errors import SpoolBroken, SpoolDead, SpoolError, SpoolFull
from device.spool import Spool
from device.spool_file import MEMORY
from device.spool_records import Batch, Entry, Limits, State

log = logging.getLogger(__name__)

T = TypeVar("T")

GROUP_US: Final = 1_000_000
"""How long presence may wait for its commit (D1); so a busy room writes to its SD card once a second at most."""
MEMORY_EVENTS: Final = 20_000
MEMORY_BYTES: Final = 12 * 1024 * 1024


class Journal:
    """The spool that the loop uses, whichever it is at the moment; its epoch tells when it was replaced.

    Args:
        path: of the spool's file.
        owner: "space/device".
        boot: id of this boot.
        limits: how much the file may hold.

    Raises:
        SpoolInUse: when another agent has the file.
    """

    def __init__(self, path: Path | str, *, owner: str, boot: str, limits: Limits | None = None) -> None:
        self._owner = owner
        self._boot = boot
        self._limits = limits or Limits()
        self._pending: list[Entry] = []
        self._next_group_us = 0
        try:
            self._spool = Spool(path, owner=owner, boot=boot, limits=self._limits)
        except (SpoolDead, SpoolFull, SpoolBroken) as error:
            self._spool = self._in_memory(error)

    @property
    def state(self) -> State:
        """What the spool knows about its numbers."""
        return self._spool.state

    @property
    def lowest(self) -> int:
        """The lowest number that can still be accounted for."""
        return self._spool.lowest

    @property
    def is_durable(self) -> bool:
        """Whether what is recorded outlives a restart; an alarm when not."""
        return self._spool.is_durable

    @property
    def deadline_us(self) -> int | None:
        """When `flush` is due, on the caller's monotonic clock; None when nothing waits."""
        return self._next_group_us if self._pending else None

    def record(
        self,
        entries: Sequence[Entry],
        now_us: int,
        *,
        urgent: bool,
        publishing: bool = False,
        wall_us: int | None = None,
    ) -> None:
        """Write events: at once, with all that waits before them, or as a group within a second of the last write (D1).

        Args:
            entries: of one input, in order.
            now_us: monotonic time.
            urgent: whether they must be on disk when this returns.
            publishing, wall_us: as for `Spool.append`.
        """
        if not entries:
            return
        self._pending.extend(entries)
        if urgent or now_us >= self._next_group_us:
            # A change after a quiet time is on the live page at once, not a second later.
            self._next_group_us = now_us
            self.flush(publishing=publishing, wall_us=wall_us)

    def flush(self, *, publishing: bool = False, wall_us: int | None = None) -> None:
        """Commit what waits."""
        if self._pending:
            entries = self._pending
            self._do(lambda spool: spool.append(entries, publishing=publishing, wall_us=wall_us))
            self._pending = []
            self._next_group_us += GROUP_US

    def take_batch(self, first: int) -> Batch | None:
        """As `Spool.take_batch`; None also when the disk died over it, and the numbers are new ones."""
        try:
            return self._spool.take_batch(first)
        except SpoolError as error:
            self._fall_back(error)
            return None

    def set_mark(self, epoch: str, upto: int) -> None:
        """As `Spool.set_mark`, when the spool has that epoch still; its disk may have died meanwhile."""
        if epoch == self._spool.state.epoch:
            self._spool.set_mark(upto)

    def save(self, wall_us: int | None = None) -> None:
        """As `Spool.save`."""
        self._do(lambda spool: spool.save(wall_us))

    def purge(self, today: int) -> int:
        """As `Spool.purge`."""
        return self._do(lambda spool: spool.purge(today))

    def begin_epoch(self, mark: int) -> int:
        """As `Spool.begin_epoch`; 0 when the disk died over it."""
        try:
            return self._spool.begin_epoch(mark)
        except SpoolError as error:
            self._fall_back(error)
            return 0

    def depth(self) -> int:
        """Return how many events wait for the hub."""
        return self._do(lambda spool: spool.depth()) + len(self._pending)

    def close(self) -> None:
        """Commit what waits and close."""
        self.flush()
        self._spool.close()

    def _do(self, action: Callable[[Spool], T]) -> T:
        try:
            return action(self._spool)
        except SpoolError as error:
            self._fall_back(error)
            return action(self._spool)

    def _fall_back(self, error: SpoolError) -> None:
        if not self._spool.is_durable:
            raise error
        self._spool.close()
        self._spool = self._in_memory(error)

    def _in_memory(self, error: SpoolError) -> Spool:
        log.critical(
            "%s; events are kept in memory and a restart loses them: replace the disk or SD card, then restart",
            error,
        )
        limits = replace(
            self._limits,
            max_events=min(MEMORY_EVENTS, self._limits.max_events),
            max_bytes=min(MEMORY_BYTES, self._limits.max_bytes),
        )
        return Spool(MEMORY, owner=self._owner, boot=self._boot, limits=limits)
