"""What `/metrics` tells of intake."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine

from hub.domain.errors import StoreUnavailable
from hub.metrics import IntakeMetrics, StoredTrouble
from hub.services.count_events import OUTCOME_COUNTS, Outcome
from hub.storage.refusals import SqlRefusals
from tests.hub.ingest.hub import Hub
from tests.hub.ingest.spool import Spool


def test_groups_are_counted_by_what_became_of_their_events() -> None:
    registry = CollectorRegistry()
    metrics = IntakeMetrics(registry)
    metrics.took(3, Outcome(counted=7, repeated=2, lost=1))
    metrics.took(1, Outcome(counted=1))
    metrics.store_unavailable()
    told = {
        name: registry.get_sample_value("ankerort_intake_total", {"outcome": name}) for name in OUTCOME_COUNTS
    }
    assert (told["counted"], told["repeated"], told["lost"], told["refused"]) == (8, 2, 1, 0)
    assert registry.get_sample_value("ankerort_intake_messages_total") == 4
    assert registry.get_sample_value("ankerort_intake_group_messages_count") == 2
    assert registry.get_sample_value("ankerort_intake_store_unavailable_total") == 1


def test_what_waits_for_a_person_is_told_from_the_database(sqlite_engine: Engine) -> None:
    hub = Hub(sqlite_engine)
    hub.import_site()
    registry = CollectorRegistry()
    registry.register(StoredTrouble(SqlRefusals(sqlite_engine)))
    assert registry.get_sample_value("ankerort_quarantine") == 0
    spool, stranger = Spool(), Spool(space="nirgends")
    spool.add(b"{}")
    stranger.many(1)
    hub.take(spool.batch(1), stranger.batch(1))
    assert registry.get_sample_value("ankerort_quarantine") == 1
    assert registry.get_sample_value("ankerort_alarms", {"kind": "unknown_device"}) == 1


def test_without_the_database_metrics_are_told_all_the_same(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: SqlRefusals) -> int:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(SqlRefusals, "waiting", fail)
    registry = CollectorRegistry()
    registry.register(StoredTrouble(SqlRefusals(sqlite_engine)))
    IntakeMetrics(registry)
    assert b"ankerort_intake_messages_total 0.0" in generate_latest(registry)
