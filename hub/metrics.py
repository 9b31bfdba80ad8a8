"""Numbers of intake for `/metrics`; they count since the process began and say nothing of persons."""

from prometheus_client import CollectorRegistry, Counter, Histogram

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
