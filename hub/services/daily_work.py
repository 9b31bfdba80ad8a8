"""Work that has its time: retention each night, counts every five minutes, and a look at who has fallen silent."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final, Protocol

from hub.domain.device_words import stale_at_us
from hub.domain.occupancy import STALE_AFTER_US
from hub.domain.time import to_utc
from hub.ports import DeviceWordsStore, JobRuns, LiveQueries, PublishedCounts, PurgeLog, Retention

_log = logging.getLogger(__name__)

DAY_US: Final = 86_400_000_000
COUNT_EVERY_US: Final = 300_000_000
COUNTS_KEPT_US: Final = DAY_US
"""Published counts serve the live pages only; statistics are made from events."""

ORDERS_KEPT_US: Final = DAY_US
"""An order for a card is over in a minute; a host may still look at how it ended."""

VISITS_KEPT_US: Final = 60 * DAY_US
"""How long visits are kept after their month was accounted for (DESIGN section 8)."""

VISITS_AT_MOST_US: Final = 400 * DAY_US
"""A space that accounts for nothing keeps them no longer than that."""

EVENTS_AT_MOST_US: Final = 31 * DAY_US
"""Days are sealed before that (`hub.domain.statistics.sealing`): this holds when working them out fails."""

PURGE_CHUNK: Final = 2000


class Purge:
    """Deletes what is older than it may be, once per day (DESIGN section 8).

    Marks stay, so that nothing is counted anew when it comes again (D2).

    Args:
        retention: deletes.
        runs: which days are done.
        log: what went in which night.
        event_days, quarantine_days, door_log_days: how long is kept.
        booking_days: how long after its end a booking is known to be somebody's.
    """

    def __init__(
        self,
        retention: Retention,
        runs: JobRuns,
        log: PurgeLog,
        *,
        event_days: int,
        quarantine_days: int,
        door_log_days: int = 30,
        booking_days: int = 90,
    ) -> None:
        self._retention, self._runs, self._log = retention, runs, log
        self._event_days, self._quarantine_days = event_days, quarantine_days
        self._door_log_days, self._booking_days = door_log_days, booking_days

    def run(self, now_us: int) -> int:
        """Purge unless this UTC day's purge is done; return how many events went.

        Short transactions, so that intake is never held up; one that is interrupted goes on where it was.

        Raises:
            StoreUnavailable: when the database can't now; the day stays undone.
        """
        period = to_utc(now_us).date().isoformat()
        if self._runs.is_done("purge", period):
            return 0
        gone: dict[str, int] = {}
        for kind, steps in self._steps(now_us):
            gone[kind] = sum(steps)
            self._log.add(period, {kind: gone[kind]})
        self._runs.note_done("purge", period, now_us)
        _log.info("purge %s: %s", period, ", ".join(f"{kind} {amount}" for kind, amount in gone.items()))
        return gone["events"]

    def _steps(self, now_us: int) -> Iterator[tuple[str, Iterable[int]]]:
        """Give each kind of data with the pieces of its purge: each is done when it is asked for."""
        ago = partial(_ago_us, now_us)
        keep = self._retention
        events = partial(
            keep.purge_events, ago(self._event_days * DAY_US), PURGE_CHUNK, ago(EVENTS_AT_MOST_US)
        )
        yield "events", iter(events, 0)
        yield "quarantine", _once(keep.purge_rest, ago(self._quarantine_days * DAY_US), ago(COUNTS_KEPT_US))
        yield "door_log", _once(keep.purge_access, ago(self._door_log_days * DAY_US), ago(ORDERS_KEPT_US))
        oldest = to_utc(ago(VISITS_AT_MOST_US)).date()
        yield "visits", _once(keep.purge_visits, ago(VISITS_KEPT_US), oldest)
        yield (
            "bookings",
            iter(partial(keep.purge_bookings, ago(self._booking_days * DAY_US), PURGE_CHUNK), 0),
        )


def _ago_us(now_us: int, length_us: int) -> int:
    return max(now_us - length_us, 0)


def _once(work: Callable[..., int], *values: Any) -> Iterator[int]:
    yield work(*values)


NIGHT_BEGINS_US: Final = 160 * 60_000_000
"""Of UTC: 02:40. Before it, work for the night before is done, when nobody did it then."""


class FactsOfDays(Protocol):
    """Works out the facts of days."""

    def nightly(self, now_us: int) -> int:
        """Work out all that is not sealed, seal what is due, and delete what has its end; return what changed."""
        ...


class NightlyFacts:
    """Works out the facts of days once each night, however often its process begins.

    Args:
        facts: works them out.
        runs: which nights are done.
    """

    def __init__(self, facts: FactsOfDays, runs: JobRuns) -> None:
        self._facts, self._runs = facts, runs

    def run(self, now_us: int) -> int:
        """Do the work of the last night unless it is done; return what changed.

        Raises:
            StoreUnavailable: when the database can't now; the night stays undone.
        """
        night = to_utc(max(now_us - NIGHT_BEGINS_US, 0)).date().isoformat()
        if self._runs.is_done("days", night):
            return 0
        changes = self._facts.nightly(now_us)
        self._runs.note_done("days", night, now_us)
        return changes


class PublishCounts:
    """Writes down each space's counts every five minutes, for those that show no more than that.

    Args:
        live: what spaces look like now.
        counts: where they are kept.
    """

    def __init__(self, live: LiveQueries, counts: PublishedCounts) -> None:
        self._live, self._counts = live, counts

    def run(self, now_us: int) -> list[str]:
        """Write the counts of the last five-minute boundary, unless they are there; return the spaces' ids."""
        at_us = now_us - now_us % COUNT_EVERY_US
        spaces = self._live.overview(now_us)
        self._counts.add(at_us, {live.space.id: live.counts for live in spaces})
        return [live.space.id for live in spaces]


class SilenceSweep:
    """Finds spaces of which a device has just fallen silent: nobody says so, time alone makes its desks unknown.

    Args:
        words: when devices were heard.
    """

    def __init__(self, words: DeviceWordsStore) -> None:
        self._words = words
        self._swept_us: int | None = None

    def run(self, now_us: int) -> list[str]:
        """Return the ids of spaces with a device that became stale since the last sweep; the first looks back far."""
        until_us = max(now_us - STALE_AFTER_US - 1, 0)
        after_us = max(until_us - STALE_AFTER_US, 0) if self._swept_us is None else self._swept_us
        self._swept_us = until_us
        if until_us <= after_us:
            return []
        assert stale_at_us(until_us) <= now_us
        return list(self._words.fallen_silent(after_us, until_us))
