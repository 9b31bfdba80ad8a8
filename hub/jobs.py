"""Work that has its time, and the only place that knows APScheduler.

One process does it, by lease. Times are UTC: a local 02:30 comes twice on one day of the year and never on another.
Each job may run late (hours of grace) and twice (done once per period), so that a restart at the wrong moment loses
nothing.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from hub.ports import Clock, Pulse

_log = logging.getLogger(__name__)

GRACE_S: Final = 6 * 3600
BEAT_S: Final = 10


def every(seconds: int) -> Any:
    """Return the trigger of a job that is done again and again."""
    return IntervalTrigger(seconds=seconds, timezone=UTC)


def at(*, hour: str = "*", minute: str) -> Any:
    """Return the trigger of a job that has its hours and minutes (UTC), written as cron does."""
    return CronTrigger(hour=hour, minute=minute, timezone=UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work.

    Args:
        name: as the log tells it.
        when: a trigger, from `every` or `at`.
        run: takes the time in microseconds; what it returns is for tests.
        changes: as `run`, and returns the ids of spaces that look different now.
    """

    name: str
    when: Any
    run: Callable[[int], object] | None = None
    changes: Callable[[int], Iterable[str]] | None = None


class Jobs:
    """Runs jobs from `begin` to `end`, each also at the beginning: its time may have passed while nobody had the lease.

    Args:
        jobs: what is done when.
        changed: told the ids of spaces that look different now.
        clock: the hub's clock.
        pulse: beats as a job of its own: a scheduler that stands still, or has no thread left, is late.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        changed: Callable[[Iterable[str]], None],
        clock: Clock,
        pulse: Pulse | None = None,
    ) -> None:
        self._jobs, self._changed, self._clock, self._pulse = jobs, changed, clock, pulse
        self._scheduler: Any = None
        # It tells of every run of every job, at the level at which we tell of what matters.
        logging.getLogger("apscheduler").setLevel(logging.WARNING)

    def begin(self) -> None:
        """Begin; what is overdue is done at once."""
        scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_S}
        )
        for job in self._jobs:
            # The first time at once: a night, or a boundary, may have passed while nobody held the lease.
            scheduler.add_job(self.do, job.when, args=[job], name=job.name, next_run_time=datetime.now(UTC))
        if self._pulse is not None:
            # Expected from now on, whether or not its thread ever begins.
            self._pulse.beat()
            scheduler.add_job(self._pulse.beat, every(BEAT_S), name="pulse")
        scheduler.start()
        self._scheduler = scheduler

    def end(self) -> None:
        """End, and wait for what is running."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=True)
        if self._pulse is not None:
            self._pulse.rest()

    def do(self, job: Job) -> None:
        """Do a job now, and tell the pages what it changed; what fails is logged."""
        now_us = self._clock.now_us()
        try:
            if job.run is not None:
                job.run(now_us)
            if job.changes is not None:
                self._changed(job.changes(now_us))
        except Exception:  # noqa: BLE001 - a scheduler's thread has nobody to raise to; the next time comes
            _log.exception("job %s failed", job.name)
