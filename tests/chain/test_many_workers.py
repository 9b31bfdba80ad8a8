"""Several ingest processes on PostgreSQL share the events, and each event is counted once (D2, D3)."""

from pathlib import Path

import pytest

from tests.chain.fleet import EVENTS, Fleet, Key
from tests.chain.installation import Hub
from tests.parts.mosquitto import Mosquitto
from tests.parts.waiting import wait_until

DEVICES = 10
EACH = 500
RATE_PER_S = 100
COUNT = "SELECT count(*) FROM event"
WORKERS = ("one", "two")

WRITES = "SELECT DISTINCT application_name FROM pg_stat_activity WHERE query LIKE 'INSERT INTO event %'"


def start_workers(hub: Hub, database_url: str) -> None:
    """Start two processes, each with a name of its own at the broker and in PostgreSQL."""
    for worker in WORKERS:
        url = f"{database_url}&application_name={worker}"
        hub.start("ingest", worker, ANKERORT_INGEST_WORKER=worker, ANKERORT_DATABASE_URL=url)


def check_counted(hub: Hub, fleet: Fleet, each: int) -> None:
    """Compare what was counted with what was spooled."""
    rows = hub.query(EVENTS)
    counted = {Key(device, epoch, seq): bytes(payload) for device, epoch, seq, payload in rows}
    assert len(counted) == len(rows) == DEVICES * each
    assert counted == fleet.spooled()
    assert hub.query("SELECT upto FROM cursor") == [(each,)] * DEVICES
    assert hub.query("SELECT * FROM received_range") == []
    assert hub.query("SELECT * FROM quarantine") == []


@pytest.mark.slow
def test_d2_d3_two_workers_count_each_of_5000_events_once_and_marks_have_no_gap(
    mosquitto: Mosquitto, postgres_url: str, tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path, mosquitto.url, DEVICES)
    with Hub(tmp_path, mosquitto.url, postgres_url) as hub:
        hub.set_up(fleet.site)
        start_workers(hub, postgres_url)
        fleet.start(f"--rate={RATE_PER_S}", f"--count={EACH}")
        wrote: set[str] = set()

        def has_ended() -> bool:
            wrote.update(name for (name,) in hub.query(WRITES))
            return fleet.has_ended()

        try:
            # Asked all the time: the last statement of a session is all that PostgreSQL tells.
            wait_until(has_ended, 100.0, f"the hub to have all {DEVICES * EACH} events")
        finally:
            status = fleet.process.terminate()
        assert status == 0

        check_counted(hub, fleet, EACH)
        assert wrote == set(WORKERS)


@pytest.mark.slow
def test_d4_the_events_of_a_worker_that_is_killed_soon_go_to_the_other(
    mosquitto: Mosquitto, postgres_url: str, tmp_path: Path
) -> None:
    each = 100
    fleet = Fleet(tmp_path, mosquitto.url, DEVICES)
    with Hub(tmp_path, mosquitto.url, postgres_url) as hub:
        hub.set_up(fleet.site)
        start_workers(hub, postgres_url)
        fleet.start("--rate=20", f"--count={each}")
        try:
            wait_until(lambda: hub.number(COUNT) > each, 30.0, "some of the events")
            hub.processes[WORKERS[0]].kill()
            assert hub.number(COUNT) < DEVICES * each
            # Batches for the dead one are sent again after 10 to 12.5 s; with bad luck once more, after twice that.
            wait_until(fleet.has_ended, 60.0, "the other worker to have all events")
        finally:
            fleet.process.terminate()
        check_counted(hub, fleet, each)
