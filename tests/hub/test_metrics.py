"""What `/metrics` tells of intake."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine

from hub.domain.backups import BackupRun, BackupState
from hub.domain.errors import StoreUnavailable
from hub.metrics import BackupAge, IntakeMetrics, StoredTrouble
from hub.services.count_events import OUTCOME_COUNTS, Outcome
from hub.storage.access_state import SqlAccessLists
from hub.storage.backup_runs import SqlBackupRuns
from hub.storage.refusals import SqlRefusals
from tests.hub.custody.world import DEVICES, NOW_US, SPACE, World
from tests.hub.ingest.hub import Hub
from tests.hub.ingest.spool import Spool


class SetClock:
    """A clock that a test moves."""

    at_us = NOW_US

    def now_us(self) -> int:
        return self.at_us


def trouble(engine: Engine, clock: SetClock | None = None) -> StoredTrouble:
    return StoredTrouble(SqlRefusals(engine), SqlAccessLists(engine), clock or SetClock())


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
    registry.register(trouble(sqlite_engine))
    assert registry.get_sample_value("ankerort_quarantine") == 0
    spool, stranger = Spool(), Spool(space="nirgends")
    spool.add(b"{}")
    stranger.many(1)
    hub.take(spool.batch(1), stranger.batch(1))
    assert registry.get_sample_value("ankerort_quarantine") == 1
    assert registry.get_sample_value("ankerort_alarms", {"kind": "unknown_device"}) == 1


def test_how_old_the_newest_backup_is_that_holds(sqlite_engine: Engine) -> None:
    registry, runs = CollectorRegistry(), SqlBackupRuns(sqlite_engine)
    registry.register(BackupAge(runs))
    name = "ankerort_backup_verified_timestamp_seconds"
    assert registry.get_sample_value(name) == 0
    runs.note(BackupRun(NOW_US, BackupState.VERIFIED, "a.age", 1, 1, ""))
    runs.note(BackupRun(NOW_US + 1, BackupState.FAILED, "b.age", 0, 0, "no room"))
    assert registry.get_sample_value(name) == NOW_US / 1_000_000


def test_without_the_database_metrics_are_told_all_the_same(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: SqlRefusals) -> int:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(SqlRefusals, "waiting", fail)
    registry = CollectorRegistry()
    registry.register(trouble(sqlite_engine))
    IntakeMetrics(registry)
    assert b"ankerort_intake_messages_total 0.0" in generate_latest(registry)


def test_a_device_whose_access_list_is_not_made_is_told_by_its_name(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    world, clock, registry = World(sqlite_engine, tmp_path), SetClock(), CollectorRegistry()
    world.set_up()
    registry.register(trouble(sqlite_engine, clock))

    def is_due(device: str) -> float | None:
        return registry.get_sample_value("ankerort_access_list_due", {"space": SPACE, "device": device})

    assert [is_due(device) for device in DEVICES] == [1, 1]
    world.run()
    assert [is_due(device) for device in DEVICES] == [None, None]
    clock.at_us += 2 * 86_400_000_000
    assert is_due(DEVICES[0]) is None
    clock.at_us += 1
    assert is_due(DEVICES[0]) == 1, "nothing changed, but each day a list must be made anew"
