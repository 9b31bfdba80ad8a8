"""A store that can't write, messages that our own code fails on, workers that race: each event is counted once."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, event

from hub.domain.errors import StoreUnavailable
from hub.event_ports import Batch
from hub.ingest.intake import Message
from hub.services import event_group
from hub.storage import engine as storage_engine
from hub.storage.engine import make_engine
from hub.storage.schema import migrate
from tests.hub.ingest.hub import Hub
from tests.hub.ingest.spool import Spool
from tests.parts.postgres import Postgres


def test_a_full_disk_keeps_nothing_and_loses_nothing(sqlite_hub: Hub, spool: Spool) -> None:
    spool.many(2000)
    [(pages,)] = sqlite_hub.rows("PRAGMA page_count")

    def set_limit(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")

    sqlite_hub.engine.dispose()
    event.listen(sqlite_hub.engine, "connect", set_limit)
    with pytest.raises(StoreUnavailable, match="full"):
        sqlite_hub.take(*spool.batches(500))
    assert (sqlite_hub.payloads(), sqlite_hub.mark()) == ({}, 0)
    event.remove(sqlite_hub.engine, "connect", set_limit)
    sqlite_hub.engine.dispose()
    assert sqlite_hub.take(*spool.batches(500)).counted == 2000


def test_a_locked_database_keeps_nothing_and_loses_nothing(
    sqlite_hub: Hub, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_engine, "BUSY_S", 0.05)
    spool.many(5)
    engine = make_engine(str(sqlite_hub.engine.url))
    hub = Hub(engine)
    blocker = sqlite3.connect(engine.url.database or "", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        hub.take(spool.batch(1))
    blocker.execute("ROLLBACK")
    blocker.close()
    assert hub.take(spool.batch(1)).counted == 5
    engine.dispose()


def test_a_schema_that_is_missing_acknowledges_nothing(sqlite_hub: Hub, spool: Spool) -> None:
    spool.many(5)
    sqlite_hub.take(spool.batch(1, 1))
    with sqlite_hub.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE event RENAME TO gone")
    with pytest.raises(StoreUnavailable):
        sqlite_hub.take(spool.batch(2))
    with sqlite_hub.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO event")
    assert sqlite_hub.take(spool.batch(2)).counted == 4


@pytest.mark.xdist_group("postgres")
def test_a_database_server_that_is_killed_keeps_nothing_and_loses_nothing(spool: Spool) -> None:
    server = Postgres()
    try:
        server.start()
        with server.database() as url:
            engine = make_engine(url)
            migrate(engine)
            hub = Hub(engine)
            hub.import_site()
            spool.many(10)
            hub.take(spool.batch(1, 4))
            server.kill()
            with pytest.raises(StoreUnavailable):
                hub.take(spool.batch(5))
            server.start()
            assert hub.take(spool.batch(5)).marks == {("stadtlabor", "pi-1", spool.epoch): 10}
            assert len(hub.payloads()) == 10
            engine.dispose()
    finally:
        server.close()


def test_a_message_that_our_own_code_fails_on_stands_in_nobodys_way(
    hub: Hub, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = event_group.EventGroup.take

    def fail_on_pi_2(group: event_group.EventGroup, batch: Batch, device: Any) -> None:
        take(group, batch, device)
        if device.device == "pi-2":
            raise ZeroDivisionError

    monkeypatch.setattr(event_group.EventGroup, "take", fail_on_pi_2)
    other = Spool(device="pi-2")
    spool.many(4)
    other.many(3)
    outcome = hub.take(spool.batch(1, 2), other.batch(1), spool.batch(3))
    assert outcome.marks == {("stadtlabor", "pi-1", spool.epoch): 4}
    assert (outcome.counted, outcome.unreadable) == (4, 1)
    assert hub.quarantine() == [(0, "unprocessable")]
    assert hub.alarms() == {"unprocessable": 1}
    assert (hub.mark(), hub.mark("pi-2")) == (4, 0)
    # It moved no mark, so the device sends it again: after the repair it is counted.
    monkeypatch.undo()
    assert hub.take(other.batch(1)).counted == 3


def test_unreadable_batches_of_one_device_do_not_fill_the_disk(sqlite_hub: Hub, spool: Spool) -> None:
    for begin in range(0, 1000, 100):
        sqlite_hub.take(*[Message(spool.topic, b"rubbish %d" % n) for n in range(begin, begin + 100)])
    [(kept,)] = sqlite_hub.rows("SELECT count(*) FROM quarantine")
    assert kept == 200
    assert sqlite_hub.alarms() == {"unreadable_header": 1000}


def test_alarms_of_ever_new_names_do_not_fill_the_disk(sqlite_hub: Hub) -> None:
    for begin in range(0, 1000, 100):
        spools = [Spool(space=f"nirgends-{n}") for n in range(begin, begin + 100)]
        for stranger in spools:
            stranger.many(1)
        sqlite_hub.take(*[stranger.batch(1) for stranger in spools])
    [(names,)] = sqlite_hub.rows("SELECT count(*) FROM alarm")
    assert names == 201
    assert sqlite_hub.alarms() == {"unknown_device": 1000}


def test_d3_several_workers_with_all_devices_at_once_count_each_event_once(engine: Engine) -> None:
    """Every worker is given every message, in another order: the cursor's lock alone keeps them from counting twice."""
    first = Hub(engine)
    first.import_site()
    spools = [
        Spool(device=device, epoch=epoch) for device in ("pi-1", "pi-2") for epoch in ("e" * 16, "f" * 16)
    ]
    for spool in spools:
        spool.many(120)
        spool.session("flur", 60, 30)
        spool.desk("flur", "occupied", synced=False)
        spool.synchronised(500)
    messages = [message for spool in spools for message in spool.batches(6)]
    workers = [Hub(engine) for _ in range(4)]
    gate = threading.Barrier(len(workers))

    def work(number: int) -> int:
        mine = messages[number * 7 :] + messages[: number * 7]
        counted = 0
        gate.wait()
        for begin in range(0, len(mine), 5):
            counted += take(workers[number], mine[begin : begin + 5])
        return counted

    with ThreadPoolExecutor(len(workers)) as pool:
        counted = sum(pool.map(work, range(len(workers))))
    assert counted == sum(len(spool.lines) for spool in spools)
    assert first.payloads() == {
        (spool.device, spool.epoch, seq): line for spool in spools for seq, line in spool.lines.items()
    }
    assert {first.mark(spool.device, spool.epoch) for spool in spools} == {123}
    assert first.rows("SELECT * FROM received_range") == []
    assert first.quarantine() == []
    assert first.rows("SELECT DISTINCT time_quality FROM event ORDER BY 1") == [("derived",), ("exact",)]


def take(worker: Hub, messages: list[Message]) -> int:
    while True:
        try:
            return worker.take(*messages).counted
        except StoreUnavailable:
            # A deadlock with another worker: as the connection does, the same group again.
            continue
