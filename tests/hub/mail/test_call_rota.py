"""Who is called about an alarm: the first at once, the deputy after 15 minutes, nobody once it is taken on."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub.config import HubSettings, WebSettings
from hub.domain.door_now import CALL_EVERY_US
from hub.domain.people import Role
from hub.post import postman
from hub.services.call_rota import OLD_US, CallRota
from hub.storage.alarm_calls import SqlAlarmCalls
from hub.storage.unit_of_work import UnitFactory
from tests.hub.desks.world import CLI, OTHER, SPACE, DoorSpool, S, World
from tests.hub.mail.conftest import BASE, PostOffice, settings_of
from tests.parts.smtp_server import SmtpServer
from tests.parts.waiting import wait_until

MakePost = Callable[..., PostOffice]


HOST, DEPUTY, THIRD = 1, 2, 3
FIRST_S = 3_590


@pytest.fixture
def spool() -> DoorSpool:
    """A device whose door was forced ten seconds ago."""
    made = DoorSpool()
    made.door("forced", FIRST_S, contact="open")
    return made


def take(world: World, spool: DoorSpool) -> None:
    world.take(*spool.batches(100))


def call(world: World) -> int:
    return CallRota(SqlAlarmCalls(world.engine)).run(world.now_us)


def called(world: World) -> list[int]:
    return [account for (account,) in world.rows("SELECT account_pk FROM outbox ORDER BY pk")]


def set_rota(world: World, *accounts: int) -> None:
    third = world.accounts.by_pk(THIRD)
    assert third is not None
    world.accounts.save(replace(third, roles=frozenset({(Role.HOST, "")})), CLI, world.now_us)
    world.doors.save_rota(SPACE, accounts, CLI, world.now_us)


def test_the_first_is_called_at_once_and_each_deputy_15_minutes_later(world: World, spool: DoorSpool) -> None:
    set_rota(world, HOST, DEPUTY, THIRD)
    assert call(world) == 0
    take(world, spool)
    assert (call(world), call(world)) == (1, 0)
    world.now_us += CALL_EVERY_US - 10 * S - 1
    assert call(world) == 0
    world.now_us += 1
    assert (call(world), call(world)) == (1, 0)
    world.now_us += 10 * CALL_EVERY_US
    assert (call(world), call(world)) == (1, 0)
    assert called(world) == [HOST, DEPUTY, THIRD]


def test_once_somebody_has_taken_it_on_nobody_further_is_called(world: World, spool: DoorSpool) -> None:
    set_rota(world, HOST, DEPUTY)
    take(world, spool)
    call(world)
    ((alarm,),) = world.rows("SELECT pk FROM door_alarm")
    world.doors.take_on(alarm, world.actor(HOST), world.now_us)
    world.now_us += 2 * CALL_EVERY_US
    assert call(world) == 0
    assert called(world) == [HOST]


def test_without_a_rota_nobody_is_called_and_of_a_later_one_whoever_is_due(
    sqlite_world: World, spool: DoorSpool
) -> None:
    world = sqlite_world
    take(world, spool)
    assert call(world) == 0
    world.now_us += CALL_EVERY_US
    set_rota(world, HOST, DEPUTY, THIRD)
    assert call(world) == 2
    assert called(world) == [HOST, DEPUTY]


def test_the_rota_of_another_space_is_not_called(sqlite_world: World, spool: DoorSpool) -> None:
    sqlite_world.doors.save_rota(OTHER, [THIRD], CLI, sqlite_world.now_us)
    take(sqlite_world, spool)
    assert call(sqlite_world) == 0


def test_an_account_that_is_switched_off_is_passed_over(sqlite_world: World, spool: DoorSpool) -> None:
    world = sqlite_world
    set_rota(world, HOST, DEPUTY)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE account SET is_active = 0 WHERE pk = 1")
    take(world, spool)
    assert call(world) == 1
    assert called(world) == [DEPUTY]


def test_an_alarm_of_yesterday_calls_nobody(sqlite_world: World, spool: DoorSpool) -> None:
    set_rota(sqlite_world, HOST)
    take(sqlite_world, spool)
    sqlite_world.now_us += OLD_US
    assert call(sqlite_world) == 0


def test_D9_an_event_that_is_told_again_calls_nobody_again(world: World, spool: DoorSpool) -> None:  # noqa: N802
    set_rota(world, HOST)
    take(world, spool)
    call(world)
    take(world, spool)
    assert call(world) == 0
    assert called(world) == [HOST]


def test_D9_a_hub_that_devices_refill_calls_nobody_again(  # noqa: N802
    sqlite_world: World, spool: DoorSpool, smtp: SmtpServer, make_post: MakePost, tmp_path: Path
) -> None:
    world, backup = sqlite_world, tmp_path / "backup.db"
    set_rota(world, HOST)
    file = Path(str(world.engine.url.database))
    world.engine.dispose()
    shutil.copy(file, backup)
    take(world, spool)
    call(world)
    assert make_post(world, smtp).run() == 1
    # The backup knows neither the event nor its alarm nor the mail; the device sends again (D5).
    world.engine.dispose()
    for left in file.parent.glob(f"{file.name}-*"):
        left.unlink()
    shutil.copy(backup, file)
    restored = World(world.engine, world.now_us)
    take(restored, spool)
    assert call(restored) == 1
    assert make_post(restored, smtp).run() == 0
    assert len(smtp.received) == 1
    assert restored.rows("SELECT state FROM outbox") == [("sent",)]


def test_the_letter_says_which_door_what_and_since_when(
    sqlite_world: World, spool: DoorSpool, smtp: SmtpServer, make_post: MakePost
) -> None:
    world = sqlite_world
    set_rota(world, HOST, DEPUTY)
    take(world, spool)
    world.now_us += CALL_EVERY_US
    call(world)
    make_post(world, smtp).run()
    first, second = smtp.received
    assert first.to == ["hanna@example.org"]
    assert first.message["Subject"] == f"Alarm: Haupteingang, {SPACE} – ohne Karte und ohne Taster geöffnet"
    assert "Seit: Mittwoch, 18. November 2026, 13:06 Uhr" in first.text
    assert f"{BASE}/spaces/{SPACE}/host/" in first.text
    assert "wird nach 15 Minuten die Vertretung gerufen" in first.text
    assert "Vor Ihnen hat ihn niemand angenommen" in second.text
    assert first.message["List-Unsubscribe"] is None


def test_jobs_call_and_send_by_themselves(
    sqlite_world: World, spool: DoorSpool, smtp: SmtpServer, tmp_path: Path
) -> None:
    world = sqlite_world
    set_rota(world, HOST)
    take(world, spool)
    settings = HubSettings(
        mail=settings_of(smtp, sent_file=tmp_path / "sent.jsonl"), web=WebSettings(public_url=BASE)
    )
    worker = postman(settings, UnitFactory(world.engine), FixedClock(world.now_us))
    worker.start()
    try:
        wait_until(lambda: smtp.received, 20, "the call to arrive")
    finally:
        worker.stop()
    assert [one.to for one in smtp.received] == [["hanna@example.org"]]


class FixedClock:
    def __init__(self, at_us: int) -> None:
        self._at_us = at_us

    def now_us(self) -> int:
        return self._at_us
