"""What goes into a spool, what it knows about its numbers, and what comes out of it as a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wire.codec import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_HEADER_BYTES, encode_batch
from wire.fields import MAX_LOST_RANGES
from wire.messages import BatchHeader, SeqRange

BATCH_BUDGET: Final = MAX_BATCH_BYTES - MAX_HEADER_BYTES
"""Bytes of a batch that are left for its events."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a spool may hold.

    Args:
        keep_days: how long an acknowledged event is kept for a hub that lost it (D5).
        max_events, max_bytes: beyond either, the least precious goes (D6).
    """

    keep_days: int = 7
    max_events: int = 500_000
    max_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """An event about to be written.

    Args:
        payload: as `wire.codec.encode_event` made it.
        presence: whether it is dropped before access and clock events (D6).
        day: of its wall clock, in days since 1970; None when the clock was not synchronised.
    """

    payload: bytes
    presence: bool
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A piece of the spool, ready to send; it accounts for every number of `first … last`."""

    first: int
    last: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class State:
    """What a spool knows about its numbers; one row of the file, changed in the transaction that it belongs to.

    Args:
        epoch: names the numbering; born with the file.
        owner: space and device; another one's events are never sent as ours.
        boot: of the machine when the file was last opened.
        identity: what tells the file from its copy.
        highest: last number given.
        mark: last number that the hub is known to have committed; may be older than the truth.
        published: no number above it was ever published from here.
        own_from: numbers above it were given in this boot, and by this file.
        purged: nothing at or below is kept.
        dropped: how many events were lost for want of room.
        last_wall_us: latest synchronised wall time known here.
    """

    epoch: str
    owner: str
    boot: str
    identity: str
    highest: int = 0
    mark: int = 0
    published: int = 0
    own_from: int = 0
    purged: int = 0
    dropped: int = 0
    last_wall_us: int = 0


def assemble(state: State, start: int, rows: Sequence[tuple[int, bytes]], floor: int) -> Batch:
    """Make a batch that accounts for as many numbers as fit.

    Args:
        state: of the spool.
        start: first number to account for; above `purged`, so that what is missing from here on was dropped.
        rows: the next events (number, payload), at most `MAX_BATCH_EVENTS`; fewer only when there are no more.
        floor: lowest number held.
    """
    lost: list[SeqRange] = []
    events: list[bytes] = []
    size, at = 0, start
    for seq, payload in rows:
        if seq > at:
            if len(lost) == MAX_LOST_RANGES:
                break
            lost.append(SeqRange(at, seq - 1))
            at = seq
        size += len(payload) + 1
        if size > BATCH_BUDGET:
            break
        events.append(payload)
        at = seq + 1
    else:
        if len(rows) < MAX_BATCH_EVENTS and at <= state.highest and len(lost) < MAX_LOST_RANGES:
            lost.append(SeqRange(at, state.highest))
            at = state.highest + 1
    header = BatchHeader(epoch=state.epoch, first=start, last=at - 1, floor=floor, lost=lost)
    return Batch(start, at - 1, encode_batch(header, events))
