"""Numbers of intake for `/metrics`; they say nothing of persons."""

from collections import Counter as Tally
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric

from hub.domain.errors import StoreUnavailable
from hub.event_ports import Refusals
from hub.services.count_events import OUTCOME_COUNTS, Outcome


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


class StoredTrouble:
    """Tells Prometheus what waits for a person, from the database: the same in every process.

    Args:
        refusals: quarantine and alarms.
    """

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals

    def describe(self) -> Iterator[Metric]:
        """Return the names without asking the database, for the registry."""
        yield from self._families()

    def collect(self) -> Iterator[Metric]:
        """Return the numbers as they are; nothing while the database can't be read."""
        alarms, quarantine = self._families()
        try:
            tally = Tally(alarm.kind.value for alarm in self._refusals.alarms())
            waiting = self._refusals.waiting()
        except StoreUnavailable:
            return
        for kind, amount in sorted(tally.items()):
            alarms.add_metric([kind], amount)
        quarantine.add_metric([], waiting)
        yield alarms
        yield quarantine

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("ankerort_alarms", "Alarms that nobody cleared, by kind.", labels=["kind"]),
            GaugeMetricFamily("ankerort_quarantine", "Payloads in quarantine that no retry has counted."),
        )
