"""What is counted of a device's numbering, and what a batch adds to it: the delivery rules D2, D3 and D6, pure.

The *mark* is the end of the run without a gap. Batches that come out of order leave runs above it, which join it once
the gap is filled. A number is counted once: at or below the mark, or in a run, it is a duplicate, even when its event
was purged long ago.
"""

from dataclasses import dataclass
from typing import Final

from hub.domain.number_ranges import Range, common, merged, without

MAX_RUNS: Final = 1000
"""Runs above one mark. A device sends in order, so more of them come from no working device; each costs a row."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is counted of one epoch.

    Args:
        upto: the mark; 0 when nothing is.
        runs: counted ranges above the mark, rising and apart; none begins at `upto + 1`.
        lost: ranges that the device said it had to drop and that never arrived.
    """

    upto: int = 0
    runs: tuple[Range, ...] = ()
    lost: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchRange:
    """What a batch's header accounts for (D6).

    Args:
        first, last: closed range of numbers.
        floor: lowest number that the device still holds.
        lost: ranges inside `first … last` that it dropped; the other numbers are the batch's events.
    """

    first: int
    last: int
    floor: int
    lost: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Accounted:
    """What a batch changes.

    Args:
        fresh: numbers of the batch's events to count now.
        repeated: numbers of the batch's events that were counted before (D2).
        newly_lost: numbers to record as lost (D6).
        ledger: afterwards.
    """

    fresh: tuple[Range, ...]
    repeated: tuple[Range, ...]
    newly_lost: tuple[Range, ...]
    ledger: Ledger


def continues(ledger: Ledger, batch: BatchRange) -> bool:
    """Say whether a batch simply goes on from the mark: all of it is fresh, nothing is lost, no run waits above."""
    return (
        batch.first == ledger.upto + 1 and not batch.lost and not ledger.runs and batch.floor <= batch.first
    )


def account(ledger: Ledger, batch: BatchRange) -> Accounted | None:
    """Return what a batch changes, or None when it would leave more than `MAX_RUNS` runs above the mark.

    What is said to be lost is recorded when it is not counted yet. What was recorded as lost and arrives all the same
    (it was on its way when the device dropped it) is counted, and is lost no more.
    """
    if continues(ledger, batch):
        whole = ((batch.first, batch.last),)
        return Accounted(whole, (), (), Ledger(batch.last, (), ledger.lost))
    carried = without([(batch.first, batch.last)], batch.lost)
    counted = merged([(1, ledger.upto), *ledger.runs]) if ledger.upto else list(ledger.runs)
    fresh = merged([*without(carried, counted), *common(carried, ledger.lost)])
    said_lost = merged([*_below_floor(batch, carried), *batch.lost])
    newly_lost = without(without(said_lost, counted), carried)
    covered = merged([*counted, *fresh, *newly_lost])
    upto = covered[0][1] if covered and covered[0][0] == 1 else 0
    runs = tuple(covered[1:] if upto else covered)
    if len(runs) > max(MAX_RUNS, len(ledger.runs)):
        return None
    lost = merged([*without(ledger.lost, fresh), *newly_lost])
    return Accounted(
        tuple(fresh), tuple(without(carried, fresh)), tuple(newly_lost), Ledger(upto, runs, tuple(lost))
    )


def _below_floor(batch: BatchRange, carried: list[Range]) -> list[Range]:
    """What lies below the floor is gone; a floor above the batch's own events contradicts them and is lowered."""
    floor = min(batch.floor, carried[0][0] if carried else batch.last + 1)
    return [(1, floor - 1)] if floor > 1 else []
