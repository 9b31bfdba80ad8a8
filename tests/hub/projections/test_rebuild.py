"""Pictures made again from the log equal those that were made event by event, and whatever was wrong is put right."""

import random
import threading

import pytest
from sqlalchemy import text

from hub.ingest.translate import read_event
from hub.projections import rebuild
from hub.projections.rebuild import Difference, Rebuild
from hub.storage.picture_store import SqlPictureStore
from tests.hub.ingest.hub import Hub
from tests.hub.ingest.spool import Spool


def run(hub: Hub, *, is_check: bool = False) -> Difference:
    return Rebuild(SqlPictureStore(hub.engine), read_event).run(is_check=is_check, progress=lambda _: None)


def fill(hub: Hub) -> list[Spool]:
    spools = [
        Spool(device=device, epoch=epoch)
        for device, epoch in (("pi-1", "e" * 16), ("pi-1", "f" * 16), ("pi-2", "e" * 16))
    ]
    for spool in spools:
        spool.many(30)
        for at_s in range(10):
            spool.session("flur", 60, 30, at_s, synced=at_s > 5)
        spool.card()
        spool.desk("flur", "unknown", reason="stuck")
    messages = [message for spool in spools for message in spool.batches(4)]
    random.Random(4).shuffle(messages)
    hub.take(*messages)
    return spools


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "PIECE", 7)


def test_pictures_made_event_by_event_need_no_repair(hub: Hub) -> None:
    fill(hub)
    assert run(hub, is_check=True) == Difference(0, 0)


def test_pictures_that_are_gone_are_made_again(hub: Hub) -> None:
    fill(hub)
    before = hub.pictures()
    assert all(before)
    with hub.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM desk_live")
        connection.exec_driver_sql("DELETE FROM desk_session")
    assert run(hub, is_check=True).total == sum(map(len, before))
    assert hub.pictures() == ([], []), "a check writes nothing"
    run(hub)
    assert hub.pictures() == before
    assert run(hub).total == 0


@pytest.mark.parametrize(
    ("label", "damage"),
    [
        ("another state", "UPDATE desk_live SET state = 'occupied', reason = '' WHERE reason = 'stuck'"),
        ("another time", "UPDATE desk_live SET since_us = since_us + 1"),
        ("an earlier word", "UPDATE desk_live SET seq = seq - 1"),
        ("a word that nobody said", "UPDATE desk_live SET seq = seq + 100000"),
        ("a later epoch that said nothing", "UPDATE desk_live SET epoch_ordinal = epoch_ordinal + 1"),
        ("a session's end", "UPDATE desk_session SET end_us = end_us + 1 WHERE seq % 2 = 0"),
        ("sessions missing", "DELETE FROM desk_session WHERE seq % 3 = 0"),
        ("sessions between", "UPDATE desk_session SET seq = seq + 1000"),
        (
            "a desk that nobody spoke of",
            """INSERT INTO desk_live SELECT (SELECT max(pk) FROM desk), device_pk, state, reason, since_us,
            time_quality, epoch_pk, epoch_ordinal, seq FROM desk_live LIMIT 1""",
        ),
    ],
)
def test_every_kind_of_damage_is_found_and_put_right(hub: Hub, label: str, damage: str) -> None:
    fill(hub)
    before = hub.pictures()
    with hub.engine.begin() as connection:
        assert connection.execute(text(damage)).rowcount > 0, label
    assert hub.pictures() != before, label
    assert run(hub, is_check=True).total > 0, label
    run(hub)
    assert hub.pictures() == before, label


def test_an_interrupted_rebuild_goes_on_from_whole_pictures(hub: Hub) -> None:
    fill(hub)
    before = hub.pictures()
    with hub.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM desk_session")
        connection.exec_driver_sql("DELETE FROM desk_live")
    calls = [6]

    def interrupt(_: int) -> None:
        calls[0] -= 1
        if not calls[0]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Rebuild(SqlPictureStore(hub.engine), read_event).run(is_check=False, progress=interrupt)
    assert set(hub.pictures()[1]) < set(before[1])
    assert hub.pictures()[1]
    run(hub)
    assert hub.pictures() == before


def test_intake_goes_on_while_pictures_are_made_again(hub: Hub) -> None:
    [spool, *_] = fill(hub)
    other = Hub(hub.engine)
    spool.many(200)
    ended = threading.Event()

    def go_on() -> None:
        for first in range(43, spool.next_seq, 5):
            other.take(spool.batch(first, min(first + 4, spool.next_seq - 1)))
        ended.set()

    thread = threading.Thread(target=go_on)
    thread.start()
    while not ended.is_set():
        assert run(hub).total == 0, "what comes meanwhile is no damage"
    thread.join()
    assert run(hub, is_check=True).total == 0
    assert {("pi-1", spool.epoch, seq) for seq in spool.lines} <= set(hub.payloads())
