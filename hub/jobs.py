"""Work that has its time, and the only place that knows APScheduler.

One process does it, by lease. Times are UTC: a local 02:30 comes twice on one day of the year and never on another.
Each job may run late (hours of grace) and twice (done once per period), so that a restart at the wrong moment loses
nothing.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from hub.ports import Clock
from hub.services.daily_work import PublishCounts, Purge, SilenceSweep
from hub.services.no_show import ReleaseNoShows

_log = logging.getLogger(__name__)

GRACE_S: Final = 6 * 3600
SWEEP_EVERY_S: Final = 15


class Jobs:
    """Runs the jobs from `begin` to `end`.

    Args:
        purge: each night at 03:30, and at the beginning when the night was missed.
        publish_counts: every five minutes.
        sweep: every fifteen seconds.
        release: of bookings that nobody came for, every fifteen seconds.
        changed: told the ids of spaces that look different now.
        clock: the hub's clock.
    """

    def __init__(
        self,
        *,
        purge: Purge,
        publish_counts: PublishCounts,
        sweep: SilenceSweep,
        release: ReleaseNoShows,
        changed: Callable[[Iterable[str]], None],
        clock: Clock,
    ) -> None:
        self._purge, self._publish_counts = purge, publish_counts
        self._sweep, self._release = sweep, release
        self._changed, self._clock = changed, clock
        self._scheduler: Any = None
        # It tells of every run of every job, at the level at which we tell of what matters.
        logging.getLogger("apscheduler").setLevel(logging.WARNING)

    def begin(self) -> None:
        """Begin; what is overdue is done at once."""
        scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_S}
        )
        for run, trigger in (
            (self.run_sweep, IntervalTrigger(seconds=SWEEP_EVERY_S, timezone=UTC)),
            (self.run_release, IntervalTrigger(seconds=SWEEP_EVERY_S, timezone=UTC)),
            (self.run_counts, CronTrigger(minute="*/5", timezone=UTC)),
            (self.run_purge, CronTrigger(hour=3, minute=30, timezone=UTC)),
        ):
            # The first time at once: a night, or a boundary, may have passed while nobody held the lease.
            scheduler.add_job(run, trigger, next_run_time=datetime.now(UTC))
        scheduler.start()
        self._scheduler = scheduler

    def end(self) -> None:
        """End, and wait for what is running."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=True)

    def run_sweep(self) -> None:
        """Tell the pages of spaces whose devices have fallen silent."""
        self._attempt("sweep", lambda: self._changed(self._sweep.run(self._clock.now_us())))

    def run_release(self) -> None:
        """Release bookings that nobody came for, and tell the pages."""
        self._attempt("release", lambda: self._changed(self._release.run(self._clock.now_us())))

    def run_counts(self) -> None:
        """Write the five-minute counts and tell the pages."""
        self._attempt("counts", lambda: self._changed(self._publish_counts.run(self._clock.now_us())))

    def run_purge(self) -> None:
        """Delete what is older than it may be."""
        self._attempt("purge", lambda: self._purge.run(self._clock.now_us()))

    def _attempt(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - a scheduler's thread has nobody to raise to; the next time comes
            _log.exception("job %s failed", name)
