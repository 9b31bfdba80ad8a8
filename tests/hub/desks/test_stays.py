"""Who goes out is written down only where a space has said why; from entries and exits stays are counted each night."""

from datetime import time, timedelta

import pytest
from sqlalchemy import insert

from hub.desks import count_stays
from hub.domain.statistics.facts import Stays
from hub.domain.statistics.periods import Span
from hub.domain.time import local_date, wall_us
from hub.storage.access_tables import SpaceAccessRow
from hub.storage.contributions import SqlContributions
from hub.storage.duties import SqlRetention
from hub.storage.fact_store import SqlFactReader
from hub.storage.unit_of_work import UnitFactory
from tests.hub.desks.world import LOOKUPS, OTHER, SPACE, DoorSpool, World
from tests.hub.ingest.spool import WALL_US
from tests.hub.storage.rows import ROWS

HOUR_S = 3600
ZONE = "Europe/Berlin"


def log_exits(
    world: World, space_pk: int = 1, reason: str = "Die Feuerwehr fragt, wer noch drin ist."
) -> None:
    with world.engine.begin() as connection:
        values = {**ROWS["space_access"], "space_pk": space_pk, "exits_reason": reason}
        connection.execute(insert(SpaceAccessRow), values)


def log(world: World) -> list[tuple[str, int | None]]:
    return [
        (what, card) for what, card in world.rows("SELECT what, card_pk FROM door_log ORDER BY at_us, seq")
    ]


def test_P2_who_goes_out_is_logged_in_spaces_that_say_why_and_in_no_other(world: World) -> None:  # noqa: N802
    log_exits(world)
    card = world.card(member=world.member())
    here, there = DoorSpool(), DoorSpool(space=OTHER)
    here.access(LOOKUPS[card], 1)
    here.access(LOOKUPS[card], 2, leaving=True)
    there.access(LOOKUPS[card], 3, leaving=True)
    world.take(here.batch(1))
    world.take(there.batch(1))
    assert log(world) == [("access", card), ("leaving", card), ("leaving", None)]


def test_an_empty_reason_is_none(sqlite_world: World) -> None:
    log_exits(sqlite_world, reason="")
    card = sqlite_world.card(member=sqlite_world.member())
    spool = DoorSpool()
    spool.access(LOOKUPS[card], leaving=True)
    sqlite_world.take(spool.batch(1))
    assert log(sqlite_world) == [("leaving", None)]
    assert count_stays(UnitFactory(sqlite_world.engine), 30).run(sqlite_world.now_us + 86_400_000_000) == 0


@pytest.fixture
def stayed(world: World) -> World:
    """Jo came for three hours, for one, and did not sign off in the evening."""
    log_exits(world)
    card = world.card(member=world.member())
    spool = DoorSpool()
    for hour, leaves in ((0, False), (3, True), (4, False), (5, True), (6, False)):
        spool.access(LOOKUPS[card], hour * HOUR_S + 1, leaving=leaves)
    world.take(spool.batch(1))
    return world


DAY = local_date(WALL_US, ZONE)
FIVE_US = wall_us(DAY + timedelta(days=1), time(5), ZONE)
"""The next morning, when the day of stays is over."""


def test_stays_of_a_day_that_is_over_are_counted_once_and_without_a_time(stayed: World) -> None:
    count = count_stays(UnitFactory(stayed.engine), 30)
    assert count.run(FIVE_US - 2 * HOUR_S * 1_000_000) == 0, "before four in the morning"
    assert [count.run(FIVE_US), count.run(FIVE_US)] == [3, 0]
    rows = stayed.rows("SELECT member_pk, kind, stays FROM stay ORDER BY kind")
    assert rows == [(1, "2_to_4h", 1), (1, "auto_closed", 1), (1, "under_2h", 1)]
    with stayed.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM door_log WHERE what = 'leaving'")
    assert count.run(FIVE_US + 27 * 86_400_000_000) == 2, "while the log is whole, it is what counts"
    assert stayed.rows("SELECT kind, stays FROM stay") == [("auto_closed", 1)]
    with stayed.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM door_log")
    assert count.run(FIVE_US + 28 * 86_400_000_000) == 0, "what is purged from the log is no reason to forget"


def test_stays_go_into_the_month_of_a_pseudonym_and_no_longer_than_visits_are_kept(stayed: World) -> None:
    count_stays(UnitFactory(stayed.engine), 30).run(FIVE_US)
    SqlContributions(stayed.engine).renew(SPACE, DAY + timedelta(days=1), FIVE_US)
    year = Span.of_year(DAY.year)
    (one,) = SqlFactReader(stayed.engine).contributions([SPACE], year)
    assert (one.visits, one.stays) == (1, Stays(1, 1, 0, 0, 1))
    SqlRetention(stayed.engine).purge_visits(0, DAY)
    assert stayed.rows("SELECT count(*) FROM stay") == [(3,)]
    SqlRetention(stayed.engine).purge_visits(0, DAY + timedelta(days=1))
    assert stayed.rows("SELECT count(*) FROM stay") == [(0,)]
    (kept,) = SqlFactReader(stayed.engine).contributions([SPACE], year)
    assert kept.stays == one.stays


def test_who_is_no_member_any_more_has_no_stays(stayed: World) -> None:
    with stayed.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM membership")
    assert count_stays(UnitFactory(stayed.engine), 30).run(FIVE_US) == 0
