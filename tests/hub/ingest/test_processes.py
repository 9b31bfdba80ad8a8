"""The ingest as its own process on a real Mosquitto: killed at its commit, restored from a backup, answering births."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.storage.engine import make_engine
from tests.hub.ear import Ear
from tests.hub.ingest.hub import Hub
from tests.hub.ingest.spool import Spool
from tests.parts.mosquitto import Mosquitto
from tests.parts.process import ChildProcess
from tests.parts.waiting import wait_until
from wire import codec
from wire.messages import Mark, Status

INGEST = [str(Path(sys.executable).parent / "ankerort-hub"), "ingest"]
MARK = "ankerort/v1/stadtlabor/pi-1/mark"
STATUS = "ankerort/v1/stadtlabor/pi-1/status"

Start = Callable[..., ChildProcess]


@pytest.fixture
def start(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[Start]:
    """A function that starts an ingest on a database and waits until events may come."""
    children: list[ChildProcess] = []

    def begin(database_url: str, command: list[str] = INGEST) -> ChildProcess:
        child = ChildProcess("ingest", tmp_path / f"ingest-{len(children)}.log")
        environ = {**os.environ, "ANKERORT_DATABASE_URL": database_url, "ANKERORT_MQTT_URL": mosquitto.url}
        child.spawn(command, env=environ)
        children.append(child)
        wait_until(lambda: "waiting for events" in child.log_tail(), 30, "the ingest to listen")
        return child

    yield begin
    for child in children:
        child.terminate()


def mark(upto: int) -> bytes:
    return codec.encode(Mark(epoch=Spool.epoch, upto=upto))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_d2_d3_an_ingest_killed_at_its_commit_is_given_the_events_again_and_counts_them_once(
    sqlite_engine: Engine, mosquitto: Mosquitto, start: Start, spool: Spool, moment: str
) -> None:
    hub = Hub(sqlite_engine)
    hub.import_site()
    spool.many(40)
    dying = start(str(sqlite_engine.url), [sys.executable, "-m", "tests.hub.ingest.dying_ingest", moment])
    with Ear(mosquitto.port) as ear:
        ear.say(*spool.batches(4))
        wait_until(lambda: not dying.is_running, 20, "the ingest to be killed")
        assert bool(hub.payloads()) == (moment == "after")
        assert ear.payloads(MARK) == []
        # Nobody sends them again but the broker: they were not acknowledged.
        start(str(sqlite_engine.url))
        ear.wait_for(MARK, mark(40), deadline_s=30)
    assert hub.payloads() == {("pi-1", spool.epoch, seq): line for seq, line in spool.lines.items()}
    assert hub.quarantine() == []


def test_d5_an_older_backup_takes_the_mark_back_and_the_device_refills_the_hub(
    sqlite_engine: Engine, mosquitto: Mosquitto, start: Start, spool: Spool, tmp_path: Path
) -> None:
    """What the device does at the mark that went back is played here: it sends again from there."""
    hub = Hub(sqlite_engine)
    hub.import_site()
    url, database = str(sqlite_engine.url), str(sqlite_engine.url.database)
    spool.many(60)
    with Ear(mosquitto.port) as ear:
        first = start(url)
        ear.say(spool.batch(1, 20))
        ear.wait_for(MARK, mark(20), deadline_s=20)
        first.terminate()
        sqlite_engine.dispose()
        shutil.copy(database, tmp_path / "backup.db")
        second = start(url)
        ear.say(spool.batch(21, 50))
        ear.wait_for(MARK, mark(50), deadline_s=20)
        second.terminate()
        for end in ("-wal", "-shm"):
            Path(database + end).unlink(missing_ok=True)
        shutil.copy(tmp_path / "backup.db", database)
        third = start(url)
        # The device goes on where it was: the answer tells it that the hub has forgotten.
        ear.say(spool.batch(51, 60))
        ear.wait_for(MARK, mark(20), deadline_s=20)
        ear.say(spool.batch(21, 50))
        ear.wait_for(MARK, mark(60), deadline_s=20)
        third.terminate()
    restored = Hub(make_engine(url))
    assert restored.payloads() == {("pi-1", spool.epoch, seq): line for seq, line in spool.lines.items()}
    assert restored.quarantine() == []
    restored.engine.dispose()


def test_d3_a_birth_is_answered_with_the_mark_and_an_unknown_epoch_with_zero(
    sqlite_engine: Engine, mosquitto: Mosquitto, start: Start, spool: Spool
) -> None:
    hub = Hub(sqlite_engine)
    hub.import_site()
    spool.many(5)
    hub.take(spool.batch(1))
    new = "eeeeeeeeeeeeeeee"
    with Ear(mosquitto.port) as ear:
        start(str(sqlite_engine.url))
        ear.wait_for("ankerort/v1/hub/status", deadline_s=20)
        birth = Status(state="online", session="a" * 16, epoch=spool.epoch)
        ear.say((STATUS, codec.encode(birth)), retain=True)
        ear.wait_for(MARK, mark(5))
        ear.say((STATUS, codec.encode(Status(state="online", session="b" * 16, epoch=new))), retain=True)
        ear.wait_for(MARK, codec.encode(Mark(epoch=new, upto=0)))
