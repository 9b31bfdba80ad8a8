"""Refused events are counted once the reason is gone, each once; and the commands that operators have for it."""

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from hub.cli import main
from hub.ingest.intake import Message
from hub.ingest.translate import read_event
from hub.projections.rebuild import Rebuild
from hub.services.quarantine import Retried, RetryRefused
from hub.storage.picture_store import SqlPictureStore
from hub.storage.refusals import SqlRefusals
from tests.hub.ingest.hub import DESKS, NOW_US, Hub, town
from tests.hub.ingest.spool import Spool

Ours = Callable[..., Result]


def retry(hub: Hub) -> list[Retried]:
    work = RetryRefused(hub.store, hub.directory, read_event)
    return [work.retry(entry, hub.now_us) for entry in SqlRefusals(hub.engine).entries(with_resolved=False)]


def add_the_cellar(hub: Hub) -> None:
    hub.now_us += 60_000_000
    hub.import_site(town(desks=(*DESKS, "keller")), town("werkhalle", name="b"))


def test_d7_a_desk_that_the_site_file_has_now_is_counted_once(hub: Hub, spool: Spool) -> None:
    spool.desk("keller", "occupied", 1)
    spool.session("keller", 60, 30, 2)
    spool.desk("flur", "vacant", 3)
    hub.take(spool.batch(1))
    assert retry(hub) == [Retried.STILL_REFUSED] * 2
    add_the_cellar(hub)
    assert retry(hub) == [Retried.COUNTED] * 2
    assert retry(hub) == []
    assert len(hub.payloads()) == 3
    assert hub.live() == {"keller": ("occupied", 1), "flur": ("vacant", 3)}
    assert len(hub.rows("SELECT * FROM desk_session")) == 1
    assert hub.take(spool.batch(1)).counted == 0
    assert (
        Rebuild(SqlPictureStore(hub.engine), read_event).run(is_check=True, progress=lambda _: None).total
        == 0
    )


def test_d9_an_entry_retried_twice_at_once_is_counted_once(hub: Hub, spool: Spool) -> None:
    spool.desk("keller", "occupied")
    hub.take(spool.batch(1))
    add_the_cellar(hub)
    [entry] = SqlRefusals(hub.engine).entries(with_resolved=False)
    work = RetryRefused(hub.store, hub.directory, read_event)
    assert [work.retry(entry, hub.now_us) for _ in range(2)] == [Retried.COUNTED, Retried.GONE]
    assert len(hub.payloads()) == 1


def test_a_retried_event_does_not_bring_an_old_state_back(hub: Hub, spool: Spool) -> None:
    spool.desk("keller", "occupied", 1)
    hub.take(spool.batch(1))
    add_the_cellar(hub)
    spool.desk("keller", "vacant", 2)
    hub.take(spool.batch(2))
    retry(hub)
    assert hub.live() == {"keller": ("vacant", 2)}


def test_d8_a_retried_event_happened_when_it_was_refused_not_when_it_is_retried(
    hub: Hub, spool: Spool
) -> None:
    spool.desk("keller", "occupied", synced=False)
    hub.take(spool.batch(1))
    add_the_cellar(hub)
    retry(hub)
    assert hub.rows("SELECT latest_us, received_us FROM event") == [(NOW_US, NOW_US)]


def test_what_can_not_be_retried_says_why(hub: Hub, spool: Spool) -> None:
    spool.card()
    hub.take(spool.batch(1))
    copy = Spool()
    copy.desk("flur", "vacant")
    hub.take(copy.batch(1), Message(spool.topic, b"rubbish"))
    spool.add(b"{}")
    hub.take(spool.batch(2))
    assert set(retry(hub)) == {Retried.OTHER_CONTENT, Retried.SENT_AGAIN, Retried.STILL_REFUSED}
    assert len(hub.payloads()) == 1


@pytest.fixture
def ours(sqlite_hub: Hub, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Ours:
    """A function that runs a command on the database of `sqlite_hub`."""
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, env={"ANKERORT_DATABASE_URL": str(sqlite_engine.url)})

    return call


def test_operators_list_show_and_retry(ours: Ours, sqlite_hub: Hub, spool: Spool) -> None:
    assert ours("quarantine", "list").output == "nothing is in quarantine\n"
    assert ours("quarantine", "retry").output == "nothing is in quarantine\n"
    spool.desk("keller", "occupied")
    spool.add(b"no event \xff")
    sqlite_hub.take(spool.batch(1))
    listed = ours("quarantine", "list").output.splitlines()
    assert len(listed) == 2
    assert "stadtlabor/pi-1/e000000000000001 event 1: unknown_desk" in listed[0]
    number = re.match(r" *(\d+)", listed[1])
    assert number is not None
    shown = ours("quarantine", "show", number[1])
    assert "unreadable_event" in shown.output
    assert r"no event \xff" in shown.output
    add_the_cellar(sqlite_hub)
    retried = ours("quarantine", "retry")
    assert retried.exit_code == 1, "one stays refused"
    assert "event 1: counted" in retried.output
    assert "event 2: still refused" in retried.output
    assert len(ours("quarantine", "list").output.splitlines()) == 1
    assert "(counted since)" in ours("quarantine", "list", "--all").output
    assert ours("quarantine", "retry", "99").exit_code == 1
    assert "no entry 99" in ours("quarantine", "show", "99").output


def test_operators_see_alarms_and_clear_them(ours: Ours, sqlite_hub: Hub, spool: Spool) -> None:
    assert ours("alarms").output == "no alarms\n"
    spool.many(5)
    spool.lose(2, 3)
    sqlite_hub.take(spool.batch(1))
    assert "events_lost stadtlabor/pi-1: the device had to drop 2 events: 2-3" in ours("alarms").output
    assert "1 alarms forgotten" in ours("alarms", "--clear").output
    assert ours("alarms").output == "no alarms\n"


def test_operators_check_and_rebuild(ours: Ours, sqlite_hub: Hub, spool: Spool) -> None:
    spool.many(10)
    spool.session("flur", 60, 30)
    sqlite_hub.take(spool.batch(1))
    assert (ours("rebuild", "--check").exit_code, ours("rebuild").exit_code) == (0, 0)
    with sqlite_hub.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM desk_session")
    checked = ours("rebuild", "--check")
    assert checked.exit_code == 1
    assert "0 live states and 1 pieces of use differ from the log" in checked.output
    assert "were put right" in ours("rebuild").output
    assert "all pictures are what the log says" in ours("rebuild", "--check").output
