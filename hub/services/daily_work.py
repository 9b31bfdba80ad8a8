"""Work that has its time: retention each night, counts every five minutes, and a look at who has fallen silent."""

import logging
from datetime import UTC, datetime
from typing import Final

from hub.domain.device_words import stale_at_us
from hub.domain.occupancy import STALE_AFTER_US
from hub.ports import DeviceWordsStore, JobRuns, LiveQueries, PublishedCounts, Retention

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

PURGE_CHUNK: Final = 2000


class Purge:
    """Deletes what is older than it may be, once per day (DESIGN section 8).

    Marks stay, so that nothing is counted anew when it comes again (D2).

    Args:
        retention: deletes.
        runs: which days are done.
        event_days, quarantine_days, door_log_days: how long is kept.
        booking_days: how long after its end a booking is known to be somebody's.
    """

    def __init__(
        self,
        retention: Retention,
        runs: JobRuns,
        *,
        event_days: int,
        quarantine_days: int,
        door_log_days: int = 30,
        booking_days: int = 90,
    ) -> None:
        self._retention, self._runs = retention, runs
        self._event_days, self._quarantine_days = event_days, quarantine_days
        self._door_log_days, self._booking_days = door_log_days, booking_days

    def run(self, now_us: int) -> int:
        """Purge unless this UTC day's purge is done; return how many events went.

        Short transactions, so that intake is never held up; one that is interrupted goes on where it was.

        Raises:
            StoreUnavailable: when the database can't now; the day stays undone.
        """
        period = datetime.fromtimestamp(now_us / 1_000_000, UTC).date().isoformat()
        if self._runs.is_done("purge", period):
            return 0
        before_us = max(now_us - self._event_days * DAY_US, 0)
        gone = 0
        while chunk := self._retention.purge_events(before_us, PURGE_CHUNK):
            gone += chunk
        rest = self._retention.purge_rest(
            max(now_us - self._quarantine_days * DAY_US, 0), max(now_us - COUNTS_KEPT_US, 0)
        )
        rest += self._retention.purge_access(
            max(now_us - self._door_log_days * DAY_US, 0), max(now_us - ORDERS_KEPT_US, 0)
        )
        oldest = datetime.fromtimestamp(max(now_us - VISITS_AT_MOST_US, 0) / 1_000_000, UTC).date()
        rest += self._retention.purge_visits(max(now_us - VISITS_KEPT_US, 0), oldest)
        booked_us = max(now_us - self._booking_days * DAY_US, 0)
        while chunk := self._retention.purge_bookings(booked_us, PURGE_CHUNK):
            rest += chunk
        self._runs.note_done("purge", period, now_us)
        _log.info("purge %s: %d events and %d other rows were older than they may be", period, gone, rest)
        return gone


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
