"""What the ingest process does with each group of messages: count, commit, then answer (D3)."""

import logging
from collections.abc import Sequence
from typing import Protocol

from hub.domain.errors import StoreUnavailable
from hub.ingest.intake import Intake, Message
from hub.metrics import IntakeMetrics
from hub.ports import Clock, Outbound
from hub.services.announce import Announcer

_log = logging.getLogger(__name__)


class Arrival(Protocol):
    """A message as the connection hands it over."""

    @property
    def topic(self) -> str: ...  # noqa: D102 - as the broker gave it
    @property
    def payload(self) -> bytes: ...  # noqa: D102


class IngestWorker:
    """Takes groups of the event channel in and answers with marks.

    Args:
        intake: counts and commits.
        outbound: where marks go, after the commit.
        announcer: tells the pages which spaces changed.
        metrics: counts what happened.
        clock: the hub's clock.
    """

    def __init__(
        self,
        intake: Intake,
        outbound: Outbound,
        announcer: Announcer,
        metrics: IntakeMetrics,
        clock: Clock,
    ) -> None:
        self._intake, self._outbound, self._announcer = intake, outbound, announcer
        self._metrics, self._clock = metrics, clock

    def handle(self, arrivals: Sequence[Arrival]) -> None:
        """Take a group in; when this returns, it is committed and may be acknowledged.

        Raises:
            StoreUnavailable: when the database can't take it now: give the same group again later.
        """
        messages = [Message(arrival.topic, arrival.payload) for arrival in arrivals]
        try:
            outcome = self._intake.take(messages, self._clock.now_us())
        except StoreUnavailable:
            self._metrics.store_unavailable()
            raise
        for (space, device, epoch), upto in outcome.marks.items():
            self._outbound.mark(space, device, epoch, upto)
        self._announcer.changed(outcome.changed)
        self._metrics.took(len(messages), outcome)
        # The same again is counted, in the alarm and in the metrics, and not logged: a device repeats itself.
        for alarm in outcome.rang:
            _log.warning(
                "%s %s: %s; see `ankerort-hub alarms`", alarm.kind.value, alarm.subject, alarm.detail
            )
