"""The spool: every event of the device in the order of its numbers, on disk, until the hub has it and a week longer.

An event exists when `append` has returned (D1). Numbers are never used twice, rows never change, and what is missing
between two rows was dropped and is told to the hub as lost (D6); below `purged` nothing is kept any more (D5).
"""

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from device.errors import SpoolBroken, SpoolFull
from device.spool_file import (
    MEMORY,
    Reserve,
    identity_of,
    open_file,
    salvage,
    set_aside,
    sorted_errors,
)
from device.spool_records import Batch, Entry, Limits, State, assemble
from wire.codec import MAX_BATCH_EVENTS
from wire.identifiers import new_hex16

log = logging.getLogger(__name__)

T = TypeVar("T")

PURGE_AT_ONCE: Final = 5_000
"""Rows removed in one commit, so that a purge never keeps the door waiting."""

HIGHEST: Final = 2**62
"""No spool ever comes this far: a number above it is a damaged one, and the numbers behind it would run out."""

_LOAD: Final = """
SELECT epoch, owner, boot, identity, highest, mark, published, own_from, purged, dropped, last_wall_us FROM state
"""
_STORE: Final = """
INSERT OR REPLACE INTO state
(id, epoch, owner, boot, identity, highest, mark, published, own_from, purged, dropped, last_wall_us)
VALUES (1, :epoch, :owner, :boot, :identity, :highest, :mark, :published, :own_from, :purged, :dropped, :last_wall_us)
"""
_INSERT: Final = "INSERT INTO event (seq, presence, day, payload) VALUES (?, ?, ?, ?)"
_UP_TO: Final = "SELECT seq FROM event WHERE seq <= ? ORDER BY seq LIMIT ?"
_OLDEST_PRESENCE: Final = "SELECT seq FROM event WHERE presence = 1 ORDER BY seq LIMIT ?"
_OLDEST: Final = "SELECT seq FROM event ORDER BY seq LIMIT ?"


class Spool:
    """An open spool; one thread at a time.

    Every method that touches the file raises `SpoolDead` or `SpoolBroken` when that can't be done; nothing has changed
    then, and the spool must be closed.

    Args:
        path: of the file, made when missing; ":memory:" for one that a restart loses.
        owner: "space/device".
        boot: id of this boot.
        limits: how much it may hold.

    Raises:
        SpoolInUse: when another agent has it.
        SpoolFull, SpoolDead: when its disk does not work.
    """

    def __init__(self, path: str | Path, *, owner: str, boot: str, limits: Limits | None = None) -> None:
        self.path = str(path)
        self.limits = limits or Limits()
        self._owner = owner
        self._boot = boot
        self._reserve = Reserve(self.path)
        self._db: sqlite3.Connection
        self._state: State
        # What the next commit writes, and what the last one wrote: the mark is learnt between commits.
        self._stored: State
        self._saved: State
        self._count: int
        try:
            self._open()
        except SpoolBroken as error:
            saved = self._set_aside(error)
            self._open()
            if saved:
                self.append(saved)
                log.warning("spool %s: %d events of the damaged file were saved", self.path, len(saved))

    @property
    def state(self) -> State:
        """What it knows about its numbers."""
        return self._state

    @property
    def lowest(self) -> int:
        """The lowest number that can still be accounted for."""
        return self._state.purged + 1

    @property
    def is_durable(self) -> bool:
        """Whether it outlives a restart."""
        return self.path != MEMORY

    def depth(self) -> int:
        """Return how many events lie above the mark."""
        with sorted_errors(self.path):
            query = "SELECT count(*) FROM event WHERE seq > ?"
            return int(self._db.execute(query, (self._state.mark,)).fetchone()[0])

    def append(
        self,
        entries: Sequence[Entry],
        *,
        publishing: bool = False,
        wall_us: int | None = None,
    ) -> range:
        """Write events in one commit; they exist when this returns (D1). A full spool drops others for them (D6).

        Args:
            entries: in order.
            publishing: whether they may be published from now on.
            wall_us: synchronised wall time to remember.

        Returns:
            Their numbers.
        """
        return self._with_room(lambda: self._append(entries, publishing, wall_us), len(entries))

    def take_batch(self, first: int) -> Batch | None:
        """Read what is to be sent, from a number on, and remember that it is published.

        Returns:
            At most `MAX_BATCH_EVENTS` events and `MAX_BATCH_BYTES` bytes; None when there is nothing from there on.
        """
        start = max(first, self.lowest)
        if start > self._state.highest:
            return None
        if self._state.published < self._state.highest:
            # Before the first byte leaves (D10): what a copy of this file may have sent is known exactly.
            self._with_room(lambda: self._save(published=self._state.highest))
        with sorted_errors(self.path):
            query = "SELECT seq, payload FROM event WHERE seq >= ? ORDER BY seq LIMIT ?"
            rows = self._db.execute(query, (start, MAX_BATCH_EVENTS)).fetchall()
            floor = self._db.execute("SELECT min(seq) FROM event").fetchone()[0] or self._state.highest + 1
        return assemble(self._state, start, rows, floor)

    def set_mark(self, upto: int) -> None:
        """Learn how far the hub has committed; written with the next commit or by `save`."""
        self._state = replace(self._state, mark=min(upto, self._state.highest))

    def save(self, wall_us: int | None = None) -> None:
        """Write what was only learnt: the mark, and the latest synchronised wall time when given."""
        state = replace(self._state, last_wall_us=max(self._state.last_wall_us, wall_us or 0))
        if state != self._saved:
            self._with_room(lambda: self._save(last_wall_us=state.last_wall_us))

    def purge(self, today: int) -> int:
        """Remove acknowledged events that are older than `keep_days`; at most `PURGE_AT_ONCE` of them.

        Args:
            today: days since 1970, of a synchronised clock.

        Returns:
            How many went.
        """
        oldest_kept = today - self.limits.keep_days
        with self._transaction() as state:
            # Only a run from the bottom goes, so that what is missing above was dropped; an unknown day goes with the
            # next known one.
            young = self._one(
                "SELECT min(seq) FROM event WHERE seq <= ? AND day >= ?", state.mark, oldest_kept
            )
            top = state.mark if young is None else young - 1
            old = self._one(
                "SELECT max(seq) FROM event WHERE seq <= ? AND day < ?",
                top,
                oldest_kept,
            )
            if old is None:
                return 0
            gone = self._remove(_UP_TO, old, limit=PURGE_AT_ONCE)
            self._store(replace(state, purged=max([state.purged, *gone[-1:]])))
        self._count -= len(gone)
        return len(gone)

    def begin_epoch(self, mark: int) -> int:
        """Begin a new numbering, because the hub's mark shows that another copy of this spool used the old one (D10).

        Carried into it is what the hub can't have from us: what lies above the mark, and this boot's events that it
        never acknowledged to us.

        Args:
            mark: the hub's, in the old numbering.

        Returns:
            How many events were carried.
        """
        with self._transaction() as state:
            ours = max(state.own_from, state.mark)
            rows = self._db.execute(
                "SELECT presence, day, payload FROM event WHERE seq > ? ORDER BY seq",
                (min(ours, mark),),
            ).fetchall()
            self._db.execute("DELETE FROM event")
            self._db.executemany(_INSERT, [(seq, *row) for seq, row in enumerate(rows, 1)])
            self._store(
                State(
                    epoch=new_hex16(), owner=state.owner, boot=state.boot, identity=state.identity,
                    highest=len(rows), dropped=state.dropped, last_wall_us=state.last_wall_us,
                )
            )  # fmt: skip
        self._count = len(rows)
        return len(rows)

    def close(self) -> None:
        """Close the file; what was committed stays."""
        # A dead disk may refuse even this, and nothing depends on it.
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    # -- inside ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[State]:
        """One commit; on any error nothing has changed, neither on disk nor here."""
        before = self._state
        with sorted_errors(self.path):
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield before
                self._db.execute("COMMIT")
                self._saved = self._stored
            except BaseException:
                self._state, self._stored = before, self._saved
                # SQLite may have rolled back by itself, and a dead disk refuses.
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    def _with_room(self, action: Callable[[], T], coming: int = 0) -> T:
        """Do something that writes; when the disk is full, make room and try once more."""
        try:
            return action()
        except SpoolFull:
            self._make_room_on_disk(coming)
            return action()

    def _save(self, **changes: Any) -> None:
        with self._transaction() as state:
            self._store(replace(state, **changes))

    def _store(self, state: State) -> None:
        self._db.execute(_STORE, asdict(state))
        self._state = self._stored = state

    def _open(self) -> None:
        self._db = open_file(self.path)
        try:
            state = self._load()
            if state is not None and state.owner != self._owner:
                self._db.close()
                aside = set_aside(self.path, "foreign")
                log.error(
                    "spool %s belongs to %s, this is %s: moved to %s, its events are not sent; began a new one",
                    self.path, state.owner, self._owner, aside,
                )  # fmt: skip
                self._db = open_file(self.path)
                state = None
            with sorted_errors(self.path):
                self._count = self._db.execute("SELECT count(*) FROM event").fetchone()[0]
            self._begin(state)
            self._reserve.hold()
        except BaseException:
            self.close()
            raise

    def _load(self) -> State | None:
        with sorted_errors(self.path):
            row = self._db.execute(_LOAD).fetchone()
        state = None if row is None else State(*row)
        if state is not None and state.highest > HIGHEST:
            raise SpoolBroken(f"spool {self.path}: damaged: its numbers have come to {state.highest}")
        return state

    def _begin(self, state: State | None) -> None:
        identity = identity_of(self.path)
        if state is None:
            state = State(new_hex16(), self._owner, self._boot, identity)
        elif (state.boot, state.identity) != (self._boot, identity):
            state = replace(state, boot=self._boot, identity=identity, own_from=state.highest)
        self._state = self._stored = self._saved = state
        self._with_room(self._save)

    def _append(self, entries: Sequence[Entry], publishing: bool, wall_us: int | None) -> range:
        with self._transaction() as before:
            coming = list(enumerate(entries, before.highest + 1))
            state, kept, gone = self._make_room(before, coming)
            self._db.executemany(_INSERT, [(seq, e.presence, e.day, e.payload) for seq, e in kept])
            highest = before.highest + len(entries)
            self._store(
                replace(
                    state,
                    highest=highest,
                    published=highest if publishing else state.published,
                    last_wall_us=max(state.last_wall_us, wall_us or 0),
                )
            )
        self._count += len(kept) - gone
        return range(before.highest + 1, highest + 1)

    def _make_room(
        self, before: State, coming: list[tuple[int, Entry]]
    ) -> tuple[State, list[tuple[int, Entry]], int]:
        """Drop what the hub has, then the oldest presence, that to come included, then the oldest (D6)."""
        excess = self._count + len(coming) - self.limits.max_events
        if self._used_bytes() > self.limits.max_bytes:
            excess = max(excess, len(coming), self._count // 100)
        if excess <= 0:
            return before, coming, 0
        state, gone = self._drop(before, excess, _OLDEST_PRESENCE)
        presence = [seq for seq, entry in coming if entry.presence]
        refused = set(presence[: excess - gone])
        state, more = self._drop(state, excess - gone - len(refused), _OLDEST)
        # More at once than the whole spool may hold: the last ones stay.
        kept = [one for one in coming if one[0] not in refused][-self.limits.max_events :]
        dropped = state.dropped + len(coming) - len(kept)
        return replace(state, dropped=dropped), kept, gone + more

    def _drop(self, state: State, excess: int, which: str) -> tuple[State, int]:
        acknowledged = self._remove(_UP_TO, state.mark, limit=excess)
        lost = self._remove(which, limit=excess - len(acknowledged))
        if lost and (state.dropped == 0 or state.dropped // 1000 != (state.dropped + len(lost)) // 1000):
            log.error("spool %s is full: events that the hub has not seen are dropped", self.path)
        purged = max([state.purged, *acknowledged[-1:]])
        dropped = state.dropped + len(lost)
        return replace(state, purged=purged, dropped=dropped), len(acknowledged) + len(lost)

    def _remove(self, which: str, *values: int, limit: int) -> list[int]:
        """Delete the first rows that a query of numbers gives; return those numbers."""
        if limit <= 0:
            return []
        gone = [seq for (seq,) in self._db.execute(which, (*values, limit))]
        self._db.executemany("DELETE FROM event WHERE seq = ?", [(seq,) for seq in gone])
        return gone

    def _used_bytes(self) -> int:
        pages, free, size = (
            self._one(f"PRAGMA {name}") or 0 for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def _one(self, query: str, *values: int) -> int | None:
        row: tuple[int | None] = self._db.execute(query, values).fetchone()
        return row[0]

    def _set_aside(self, error: SpoolBroken) -> list[Entry]:
        aside = set_aside(self.path, "broken")
        saved = [Entry(payload, presence, day) for presence, day, payload in salvage(aside)]
        log.error("%s; moved to %s, began a new spool with a new epoch", error, aside)
        return saved

    def _make_room_on_disk(self, coming: int) -> None:
        """The disk is full: give up the reserve, drop a part, and let SQLite reuse the pages."""
        log.error("spool %s: its disk is full", self.path)
        self._reserve.give_up()
        with self._transaction() as before:
            excess = max(coming, self._count // 20)
            state, gone = self._drop(before, excess, _OLDEST_PRESENCE)
            state, more = self._drop(state, excess - gone, _OLDEST)
            self._store(state)
        self._count -= gone + more
        with sorted_errors(self.path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._reserve.hold()
