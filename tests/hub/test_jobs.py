"""Leases, retention, published counts, silence, and the scheduler that runs them."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine

from hub.config import RetentionSettings
from hub.domain.errors import StoreUnavailable
from hub.domain.occupancy import STALE_AFTER_US
from hub.ingest.translate import read_event
from hub.jobs import Jobs
from hub.projections.rebuild import Rebuild
from hub.schedule import schedule
from hub.services.daily_work import (
    COUNT_EVERY_US,
    COUNTS_KEPT_US,
    DAY_US,
    NIGHT_BEGINS_US,
    NightlyFacts,
    PublishCounts,
    Purge,
    SilenceSweep,
)
from hub.services.lease import LEASE_US, LeaseKeeper
from hub.storage.device_words import SqlDeviceWords
from hub.storage.duties import SqlJobRuns, SqlLeases, SqlPublishedCounts, SqlPurgeLog, SqlRetention
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.picture_store import SqlPictureStore
from hub.storage.unit_of_work import UnitFactory
from tests.hub.ingest.hub import NOW_US, Hub
from tests.hub.ingest.spool import Spool
from tests.parts.waiting import wait_until


@dataclass
class SetClock:
    """A clock that a test moves."""

    at_us: int = NOW_US

    def now_us(self) -> int:
        return self.at_us


@pytest.fixture
def hub(engine: Engine) -> Hub:
    made = Hub(engine)
    made.import_site()
    return made


def purge_of(hub: Hub) -> Purge:
    return Purge(
        SqlRetention(hub.engine),
        SqlJobRuns(hub.engine),
        SqlPurgeLog(hub.engine),
        event_days=7,
        quarantine_days=30,
    )


# -- leases
# -------------------------------------------------------------------------------------------------------------


def test_a_lease_has_one_holder_until_it_runs_out(engine: Engine) -> None:
    leases = SqlLeases(engine)
    assert leases.take("jobs", "a", 1000, 2000)
    assert not leases.take("jobs", "b", 1999, 2999)
    assert leases.take("jobs", "a", 1500, 2500), "renewed"
    assert not leases.take("jobs", "b", 2499, 3499)
    assert leases.take("jobs", "b", 2500, 3500), "run out"
    assert not leases.take("jobs", "a", 2600, 3600)
    assert leases.take("other", "a", 2600, 3600)


def test_a_lease_given_back_is_free_at_once(engine: Engine) -> None:
    leases = SqlLeases(engine)
    leases.take("jobs", "a", 1000, 2000)
    leases.give_back("jobs", "b")
    assert not leases.take("jobs", "b", 1100, 2100)
    leases.give_back("jobs", "a")
    assert leases.take("jobs", "b", 1100, 2100)


def test_a_lease_from_a_clock_that_was_set_back_since_does_not_hold_for_years(engine: Engine) -> None:
    leases = SqlLeases(engine)
    leases.take("jobs", "a", 10**15, 10**15 + LEASE_US)
    assert leases.take("jobs", "b", 10**12, 10**12 + LEASE_US)


def test_of_many_who_ask_at_once_one_gets_the_lease(engine: Engine) -> None:
    leases, gate, got = SqlLeases(engine), threading.Barrier(6), list[str]()

    def ask(holder: str) -> None:
        gate.wait()
        if leases.take("jobs", holder, 1000, 2000):
            got.append(holder)

    threads = [threading.Thread(target=ask, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


@dataclass
class Work:
    """Notes when it begins and ends."""

    notes: list[str] = field(default_factory=list)

    def keeper(self, engine: Engine, holder: str, clock: SetClock) -> LeaseKeeper:
        return LeaseKeeper(
            SqlLeases(engine),
            "jobs",
            holder,
            begin=lambda: self.notes.append(f"{holder} begins"),
            end=lambda: self.notes.append(f"{holder} ends"),
            clock=clock,
            renew_s=0.02,
        )


def test_a_second_process_takes_over_when_the_first_gives_back(sqlite_engine: Engine) -> None:
    work, clock = Work(), SetClock()
    first, second = work.keeper(sqlite_engine, "a", clock), work.keeper(sqlite_engine, "b", clock)
    first.start()
    wait_until(lambda: first.is_held, 10, "the first to hold the lease")
    second.start()
    first.stop()
    wait_until(lambda: second.is_held, 10, "the second to take over")
    second.stop()
    assert work.notes == ["a begins", "a ends", "b begins", "b ends"]


def test_a_second_process_takes_over_when_the_first_has_died(sqlite_engine: Engine) -> None:
    work, clock = Work(), SetClock()
    SqlLeases(sqlite_engine).take("jobs", "dead", NOW_US, NOW_US + LEASE_US)
    second = work.keeper(sqlite_engine, "b", clock)
    second.start()
    assert not second.is_held
    clock.at_us += LEASE_US
    wait_until(lambda: second.is_held, 10, "the second to take over")
    second.stop()


def test_without_the_database_nobody_holds_the_lease(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, clock = Work(), SetClock()
    keeper = work.keeper(sqlite_engine, "a", clock)
    keeper.start()
    wait_until(lambda: keeper.is_held, 10, "the lease")
    take = SqlLeases.take

    def fail(*_: object) -> bool:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(SqlLeases, "take", fail)
    wait_until(lambda: not keeper.is_held, 10, "the work to end")
    monkeypatch.setattr(SqlLeases, "take", take)
    wait_until(lambda: keeper.is_held, 10, "the work to begin again")
    keeper.stop()
    assert work.notes == ["a begins", "a ends"] * 2


# -- retention
# ----------------------------------------------------------------------------------------------------------


def test_what_is_older_than_seven_days_goes_with_its_sessions_and_marks_stay(hub: Hub, spool: Spool) -> None:
    spool.many(4)
    spool.session("flur", 60, 30)
    spool.card()
    hub.take(spool.batch(1))
    hub.now_us += 1
    spool.session("flur", 60, 30)
    hub.take(spool.batch(7))
    assert purge_of(hub).run(NOW_US + 7 * DAY_US) == 0, "exactly seven days old"
    assert purge_of(hub).run(NOW_US + 8 * DAY_US) == 5
    # The last words on two desks stay: pages show them, and a rebuild needs them. So does nothing else.
    assert sorted(seq for _, _, seq in hub.payloads()) == [3, 4]
    assert hub.rows("SELECT seq FROM desk_session") == []
    assert hub.mark() == 7
    assert (
        Rebuild(SqlPictureStore(hub.engine), read_event).run(is_check=True, progress=lambda _: None).total
        == 0
    )


def test_a_purge_is_done_once_per_day_and_goes_on_after_an_interruption(
    hub: Hub, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.many(10)
    hub.take(spool.batch(1))
    late = NOW_US + 8 * DAY_US
    purge_rest = SqlRetention.purge_rest

    def fail(*_: object) -> int:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(SqlRetention, "purge_rest", fail)
    with pytest.raises(StoreUnavailable):
        purge_of(hub).run(late)
    monkeypatch.setattr(SqlRetention, "purge_rest", purge_rest)
    assert purge_of(hub).run(late) == 0
    assert hub.rows("SELECT job, period FROM job_run") == [("purge", "2026-11-26")]
    hub.now_us = NOW_US - DAY_US
    spool.card()
    hub.take(spool.batch(11))
    assert purge_of(hub).run(late) == 0, "this day is done"
    assert purge_of(hub).run(late + DAY_US) == 1
    # Numbers alone; what the interrupted night had deleted is in its numbers (P3). Two last words on desks stay.
    nothing = {"bookings": 0, "door_log": 0, "quarantine": 0, "visits": 0}
    nights = SqlPurgeLog(hub.engine).nights(9)
    assert nights == [("2026-11-27", nothing | {"events": 1}), ("2026-11-26", nothing | {"events": 8})]
    assert SqlPurgeLog(hub.engine).nights(1) == nights[:1]


@dataclass
class CountedNights:
    """Notes when it worked."""

    at: list[int] = field(default_factory=list)

    def nightly(self, now_us: int) -> int:
        self.at.append(now_us)
        return 7


def test_facts_of_days_are_worked_out_once_a_night_however_often_jobs_begin(hub: Hub) -> None:
    facts = CountedNights()
    work = NightlyFacts(facts, SqlJobRuns(hub.engine))
    begin_us = NOW_US - NOW_US % DAY_US + NIGHT_BEGINS_US
    changes = [work.run(at_us) for at_us in (begin_us - 1, begin_us - 1, begin_us, begin_us + DAY_US - 1)]
    assert changes == [7, 0, 7, 0]
    assert facts.at == [begin_us - 1, begin_us]


def test_old_quarantine_counts_and_runs_go_too(hub: Hub, spool: Spool) -> None:
    spool.add(b"{}")
    hub.take(spool.batch(1))
    PublishCounts(SqlLiveQueries(UnitFactory(hub.engine)), SqlPublishedCounts(hub.engine)).run(NOW_US)
    purge_of(hub).run(NOW_US + 30 * DAY_US)
    assert hub.quarantine() == [(1, "unreadable_event")]
    assert hub.rows("SELECT * FROM published_count") == []
    purge_of(hub).run(NOW_US + 31 * DAY_US)
    assert hub.quarantine() == []


# -- counts and silence
# -------------------------------------------------------------------------------------------------


def test_counts_are_written_once_per_five_minutes_and_stay_as_they_are(hub: Hub, spool: Spool) -> None:
    live = SqlLiveQueries(UnitFactory(hub.engine))
    publish = PublishCounts(live, SqlPublishedCounts(hub.engine))
    boundary = NOW_US - NOW_US % COUNT_EVERY_US
    assert publish.run(boundary + 1) == ["stadtlabor", "werkhalle"]
    hear(hub, "pi-1", boundary + COUNT_EVERY_US)
    spool.desk("flur", "occupied")
    hub.take(spool.batch(1))
    publish.run(boundary + 2)
    publish.run(boundary + COUNT_EVERY_US)
    query = (
        "SELECT at_us - :b, free, occupied, unknown FROM published_count p JOIN space s ON s.pk = p.space_pk"
    )
    rows = hub.rows(f"{query} WHERE s.id = 'stadtlabor' ORDER BY 1", b=boundary)
    assert rows == [(0, 0, 0, 3), (COUNT_EVERY_US, 0, 1, 2)]
    assert COUNTS_KEPT_US > 2 * COUNT_EVERY_US


def hear(hub: Hub, device: str, heard_us: int) -> None:
    with hub.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM device_state")
        connection.exec_driver_sql(
            "INSERT INTO device_state (device_pk, status, session, status_us, heard_us)"
            f" SELECT d.pk, 'online', 'x', {heard_us}, {heard_us} FROM device d JOIN space s ON s.pk = d.space_pk"
            f" WHERE d.id = '{device}' AND s.id = 'stadtlabor'"
        )


def test_a_device_that_falls_silent_is_noticed_once_and_not_early(hub: Hub) -> None:
    sweep = SilenceSweep(SqlDeviceWords(hub.engine))
    hear(hub, "pi-1", NOW_US)
    assert sweep.run(NOW_US + STALE_AFTER_US) == [], "the pages call it stale after this, not at it"
    assert sweep.run(NOW_US + STALE_AFTER_US + 1) == ["stadtlabor"]
    assert sweep.run(NOW_US + STALE_AFTER_US + 15_000_000) == []


def test_the_first_sweep_after_a_restart_finds_who_fell_silent_meanwhile(hub: Hub) -> None:
    hear(hub, "pi-1", NOW_US)
    assert SilenceSweep(SqlDeviceWords(hub.engine)).run(NOW_US + STALE_AFTER_US + 60_000_000) == [
        "stadtlabor"
    ]


def test_a_clock_that_is_set_back_does_not_stop_the_sweep(hub: Hub) -> None:
    sweep = SilenceSweep(SqlDeviceWords(hub.engine))
    sweep.run(NOW_US + DAY_US)
    hear(hub, "pi-1", NOW_US)
    assert sweep.run(NOW_US) == []
    assert sweep.run(NOW_US + STALE_AFTER_US + 1) == ["stadtlabor"]


# -- the scheduler
# ------------------------------------------------------------------------------------------------------


def make_jobs(hub: Hub, changed: list[str]) -> Jobs:
    def note(spaces: Iterable[str]) -> None:
        changed.extend(spaces)

    return Jobs(
        schedule(UnitFactory(hub.engine), RetentionSettings(), None), note, SetClock(NOW_US + 8 * DAY_US)
    )


def test_what_is_overdue_is_done_when_the_jobs_begin(sqlite_engine: Engine, spool: Spool) -> None:
    hub = Hub(sqlite_engine)
    hub.import_site()
    spool.card()
    hub.take(spool.batch(1))
    changed: list[str] = []
    jobs = make_jobs(hub, changed)
    jobs.begin()
    wait_until(lambda: hub.rows("SELECT * FROM job_run"), 10, "the purge")
    wait_until(lambda: set(changed) == {"stadtlabor", "werkhalle"}, 10, "the counts to be told")
    jobs.end()
    assert hub.payloads() == {}
    jobs.begin()
    jobs.end()
    jobs.end()


def test_the_next_runs_are_at_utc_times_that_come_once_a_day(sqlite_engine: Engine) -> None:
    hub = Hub(sqlite_engine)
    hub.import_site()
    jobs = make_jobs(hub, [])
    jobs.begin()
    try:
        wait_until(lambda: hub.rows("SELECT * FROM job_run"), 10, "the run at the beginning")

        def planned() -> Any:
            job = {job.name: job for job in jobs._scheduler.get_jobs()}["purge"]
            return job if job.next_run_time.minute == 30 else None

        purge = wait_until(planned, 10, "the night's run")
        assert (purge.next_run_time.hour, purge.next_run_time.minute) == (3, 30)
        assert str(purge.next_run_time.tzinfo) in ("UTC", "UTC+00:00")
        assert purge.misfire_grace_time >= 3600
    finally:
        jobs.end()


def test_a_job_that_fails_does_not_end_the_others(
    sqlite_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    hub = Hub(sqlite_engine)
    changed: list[str] = []
    jobs = make_jobs(hub, changed)
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE job_run RENAME TO gone")
    plan = {job.name: job for job in schedule(UnitFactory(hub.engine), RetentionSettings())}
    # Both note what they have done.
    for name in ("purge", "days"):
        jobs.do(plan.pop(name))
        assert f"job {name} failed" in caplog.text
    caplog.clear()
    for job in plan.values():
        jobs.do(job)
    assert "failed" not in caplog.text


@pytest.fixture
def spool() -> Spool:
    return Spool()
