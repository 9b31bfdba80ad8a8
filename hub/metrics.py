"""Numbers of intake for `/metrics`; they say nothing of persons."""

from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric

from hub.custody_ports import Due
from hub.domain.errors import StoreUnavailable
from hub.event_ports import Refusals
from hub.ports import Clock
from hub.services.count_events import OUTCOME_COUNTS, Outcome

OLD_LIST_US: Final = 2 * 86_400_000_000
"""A list is made anew each day: one of this age could not be."""


class IntakeMetrics:
    """Counts what intake does.

    Args:
        registry: where `/metrics` collects.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._messages = Counter(
            "ankerort_intake_messages", "Messages taken in and acknowledged.", registry=registry
        )
        self._outcomes = Counter(
            "ankerort_intake",
            "Events counted, repeated, refused, lost; batches unknown, unreadable, stray, scattered.",
            ("outcome",),
            registry=registry,
        )
        self._group = Histogram(
            "ankerort_intake_group_messages",
            "Messages per transaction.",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
            registry=registry,
        )
        self._waits = Counter(
            "ankerort_intake_store_unavailable",
            "Times that the database could not take a group.",
            registry=registry,
        )
        for name in OUTCOME_COUNTS:
            self._outcomes.labels(name)

    def took(self, messages: int, outcome: Outcome) -> None:
        """Count a group that is committed."""
        self._messages.inc(messages)
        self._group.observe(messages)
        for name in OUTCOME_COUNTS:
            amount = getattr(outcome, name)
            if amount:
                self._outcomes.labels(name).inc(amount)

    def store_unavailable(self) -> None:
        """Count a group that the database could not take."""
        self._waits.inc()


class VerifiedBackups(Protocol):
    """Says how old the newest backup is (`hub.backup_ports.BackupRuns`)."""

    def newest_verified_us(self) -> int | None:
        """Return when the newest backup was made that was restored and compared; None without one."""
        ...


class BackupAge:
    """Tells Prometheus when the newest backup was made that holds, for a rule that rings when it is old.

    Args:
        runs: what was backed up.
    """

    def __init__(self, runs: VerifiedBackups) -> None:
        self._runs = runs

    def describe(self) -> Iterator[Metric]:
        """Return the name without asking the database, for the registry."""
        yield self._family()

    def collect(self) -> Iterator[Metric]:
        """Return the moment; 0 while there was none, and nothing while the database can't be read."""
        family = self._family()
        try:
            newest_us = self._runs.newest_verified_us()
        except StoreUnavailable:
            return
        family.add_metric([], (newest_us or 0) / 1_000_000)
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(
            "ankerort_backup_verified_timestamp_seconds",
            "When the newest backup was made that was restored and compared; 0 for never.",
        )


class DueLists(Protocol):
    """Says whose access list is not what it should be (`hub.custody_ports.AccessLists`)."""

    def due(self, stale_us: int | None) -> Sequence[Due]:
        """Return devices whose rights changed, and those whose list was issued before."""
        ...


class StoredTrouble:
    """Tells Prometheus what waits for a person, from the database: the same in every process.

    Args:
        refusals: quarantine and alarms.
        lists: how far access lists are.
        clock: the hub's clock.
    """

    def __init__(self, refusals: Refusals, lists: DueLists, clock: Clock) -> None:
        self._refusals, self._lists, self._clock = refusals, lists, clock

    def describe(self) -> Iterator[Metric]:
        """Return the names without asking the database, for the registry."""
        yield from self._families()

    def collect(self) -> Iterator[Metric]:
        """Return the numbers as they are; nothing while the database can't be read."""
        alarms, quarantine, lists = self._families()
        try:
            tally = Tally(alarm.kind.value for alarm in self._refusals.alarms())
            waiting = self._refusals.waiting()
            due = self._lists.due(max(self._clock.now_us() - OLD_LIST_US, 0))
        except StoreUnavailable:
            return
        for kind, amount in sorted(tally.items()):
            alarms.add_metric([kind], amount)
        quarantine.add_metric([], waiting)
        for one in due:
            if not one.is_gone:
                lists.add_metric([one.space, one.device], 1)
        yield alarms
        yield quarantine
        yield lists

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("ankerort_alarms", "Alarms that nobody cleared, by kind.", labels=["kind"]),
            GaugeMetricFamily("ankerort_quarantine", "Payloads in quarantine that no retry has counted."),
            GaugeMetricFamily(
                "ankerort_access_list_due",
                "Devices that wait for a new access list; for longer than a minute, none can be made (see the log).",
                labels=["space", "device"],
            ),
        )
