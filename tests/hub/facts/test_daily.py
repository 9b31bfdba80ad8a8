"""Facts of days: the same in any order of arrival, sealed once, and never wrong for what is missing."""

import random
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from hub.cli import main
from hub.domain.space import Desk, OpeningPeriod
from hub.domain.statistics.facts import Measured
from hub.services.daily_work import EVENTS_AT_MOST_US
from hub.storage.duties import SqlRetention
from hub.storage.schema import migrate
from tests.hub.facts.slow_path import Truth
from tests.hub.facts.test_slow_path import busy, compare
from tests.hub.facts.world import DAY_US, DESKS, MINUTE_US, SPACE, Line, World, spool, town, utc
from tests.hub.ingest.spool import WALL_US, Spool

FIRST = date(2026, 5, 4)
BEGIN_US = utc(2026, 5, 4)
HOUR_US = 60 * MINUTE_US


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def empty(world: World) -> None:
    with world.engine.begin() as connection:
        for table in (
            "quarter_fact", "desk_day", "space_day", "space_month", "fact_word", "fact_device", "fact_space",
            "fact_touch", "desk_session", "desk_live", "event", "received_range", "lost_range", "cursor", "boot",
            "epoch", "alarm",
        ):  # fmt: skip
            connection.exec_driver_sql(f"DELETE FROM {table}")


def nightly_and_purge(world: World, now_us: int) -> None:
    world.facts.nightly(now_us)
    retention = SqlRetention(world.engine)
    while retention.purge_events(now_us - 7 * DAY_US, 100, now_us - EVENTS_AT_MOST_US):
        pass


@given(seed=st.integers(0, 10_000), refreshes=st.sets(st.integers(0, 30), max_size=3))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_order_of_arrival_gives_what_a_rebuild_gives(
    sqlite_engine: Engine, seed: int, refreshes: set[int]
) -> None:
    first, begin_us = date(2026, 5, 30), utc(2026, 5, 30)
    world = World(sqlite_engine, town(first=first))
    empty(world)
    chance = random.Random(seed)
    end_us = begin_us + 4 * DAY_US
    messages = []
    for device in ("pi-1", "pi-2"):
        made = spool(device, busy(begin_us, 3, device))
        low = chance.randrange(2, made.next_seq - 4)
        made.lose(low, low + chance.randrange(3))
        messages += made.batches(chance.randrange(5, 30))
    messages += chance.sample(messages, 3)
    chance.shuffle(messages)
    for number, message in enumerate(messages):
        world.take(message, now_us=end_us)
        if number in refreshes:
            world.facts.refresh(end_us)
            world.check_months()
    world.facts.refresh(end_us)
    found = world.everything()
    assert len(found["space_month"]) == 2
    assert world.facts.rebuild(end_us, is_check=True, progress=lambda _: None) == 0
    with world.engine.begin() as connection:
        for table in (
            "quarter_fact", "desk_day", "space_day", "space_month", "fact_word", "fact_device", "fact_space",
        ):  # fmt: skip
            connection.exec_driver_sql(f"DELETE FROM {table}")
    world.facts.rebuild(end_us, is_check=False, progress=lambda _: None)
    assert world.everything() == found
    world.check_months()


def test_days_are_worked_out_seal_and_stay(engine: Engine) -> None:
    world = World(engine, town(first=FIRST))
    lines = {device: busy(BEGIN_US, 12, device) for device in ("pi-1", "pi-2")}
    told = dict.fromkeys(lines, 1)
    spools = {device: spool(device, of) for device, of in lines.items()}
    for number in range(1, 13):
        now_us = BEGIN_US + number * DAY_US + 2 * HOUR_US
        for device, made in spools.items():
            upto = sum(line.at_us < now_us for line in lines[device])
            world.take(made.batch(told[device], upto), now_us=now_us)
            told[device] = upto + 1
            world.healthy(device, now_us)
        nightly_and_purge(world, now_us)
    days = world.space_days()
    # Of the twelve days that are over, the last seven may still change.
    assert [days[day(i)].is_sealed for i in range(12)] == [True] * 5 + [False] * 7
    truths = [Truth(desk, lines["pi-1"], now_us) for desk in ("fenster", "flur")]
    compare(world, [day(i) for i in range(12)], [*truths, Truth("sofa", lines["pi-2"], now_us)])
    [(oldest,)] = world.rows("SELECT min(latest_us) FROM event")
    assert oldest >= BEGIN_US + 4 * DAY_US, "what is sealed has let its events go"
    assert all(days[day(i)].peak_desks >= 1 for i in range(12))
    world.check_months()
    before = world.everything()
    assert world.facts.rebuild(now_us, is_check=True, progress=lambda _: None) == 0
    assert world.facts.nightly(now_us) == 0
    assert world.everything() == before
    # A database of before there were months gets them from its days.
    migrate(engine, "0015")
    migrate(engine)
    assert world.everything() == before


def test_what_comes_after_a_day_is_sealed_is_counted_and_changes_nothing(engine: Engine) -> None:
    world = World(engine, town(first=FIRST))
    made = spool("pi-2", busy(BEGIN_US, 10, "pi-2"))
    other = spool(
        "pi-1", [Line("word", BEGIN_US, "fenster", "vacant"), Line("word", BEGIN_US, "flur", "vacant")]
    )
    now_us = BEGIN_US + 9 * DAY_US
    world.take(*made.batches(50), *other.batches(5), now_us=now_us)
    for device in ("pi-1", "pi-2"):
        world.healthy(device, now_us)
    world.facts.nightly(now_us)
    before = world.desk_days()
    assert world.space_days()[day(0)].is_sealed
    # Another epoch, as of a spool that was restored, tells of the first day: too late.
    late = spool(
        "pi-2",
        [
            Line("use", BEGIN_US + 13 * HOUR_US, "sofa", start_us=BEGIN_US + 12 * HOUR_US),
            Line("word", BEGIN_US + 14 * HOUR_US, "sofa", "vacant"),
        ],
        epoch="f000000000000002",
    )
    world.take(late.batch(1), now_us=now_us)
    assert world.rows("SELECT sum(events) FROM fact_touch")[0][0] == 2
    world.facts.refresh(now_us)
    assert world.rows("SELECT count(*) FROM fact_touch") == [(0,)]
    assert world.space_days()[day(0)].late == 2
    assert {key: one for key, one in world.desk_days().items() if key[0] == day(0)} == {
        key: one for key, one in before.items() if key[0] == day(0)
    }


def test_a_device_that_was_silent_for_13_days_tells_its_days_after_all(engine: Engine) -> None:
    """Must show 4: a day that was sealed stands, one that waited is worked out, and none is wrong."""
    world = World(engine, town(first=FIRST))
    lines = busy(BEGIN_US, 16, "pi-2")
    made = spool("pi-2", lines)
    beside = busy(BEGIN_US, 16, "pi-1")
    neighbour, told = spool("pi-1", beside), 0
    silent_from = BEGIN_US + 2 * DAY_US + 10 * HOUR_US
    upto = sum(line.at_us < silent_from for line in lines)
    world.take(made.batch(1, upto), now_us=silent_from)
    world.healthy("pi-2", silent_from)
    for number in range(3, 16):
        now_us = BEGIN_US + number * DAY_US + 2 * HOUR_US
        first, told = told + 1, sum(line.at_us < now_us for line in beside)
        world.take(neighbour.batch(first, told), now_us=now_us)
        world.healthy("pi-1", now_us)
        nightly_and_purge(world, now_us)
    days = world.desk_days()
    assert world.space_days()[day(1)].is_sealed
    assert not world.space_days()[day(2)].is_sealed, "the day on which it fell silent waits"
    assert days[day(2), "sofa"].staffed.unknown_us > 0
    assert days[day(8), "sofa"].staffed == Measured(8 * HOUR_US, 0, 8 * HOUR_US), "unknown is never free"
    assert days[day(8), "flur"].staffed.occupied_us > 0
    # Its own log of the day is still there, although it is older than seven days.
    kept = world.rows("SELECT count(*) FROM event WHERE latest_us >= :at", at=BEGIN_US + 2 * DAY_US)
    assert kept[0][0] >= 5
    back_us = BEGIN_US + 16 * DAY_US
    world.take(*[made.batch(upto + 1)], now_us=back_us)
    world.healthy("pi-2", back_us)
    nightly_and_purge(world, back_us + 2 * HOUR_US)
    compare(world, [day(i) for i in range(16)], [Truth("sofa", lines, back_us)])
    # Its neighbour's days were sealed, and let their events go, while the space waited.
    truths = [Truth(desk, beside[:told], now_us) for desk in ("fenster", "flur")]
    compare(world, [day(i) for i in range(14)], truths)
    assert world.space_days()[day(2)].is_sealed
    assert world.space_days()[day(2)].late == 0


def test_a_gap_that_never_closes_is_sealed_after_thirty_days_as_unknown(sqlite_engine: Engine) -> None:
    world = World(sqlite_engine, town(first=FIRST))
    lines = busy(BEGIN_US, 3, "pi-2")
    made = spool("pi-2", lines)
    quiet = [Line("word", BEGIN_US, "fenster", "vacant"), Line("word", BEGIN_US, "flur", "vacant")]
    world.tell("pi-1", quiet, now_us=BEGIN_US)
    world.take(made.batch(1, 8), made.batch(14), now_us=BEGIN_US + 3 * DAY_US)
    for number, is_sealed in ((29, False), (30, True)):
        now_us = BEGIN_US + number * DAY_US + 2 * HOUR_US
        world.healthy("pi-1", now_us)
        world.healthy("pi-2", now_us)
        nightly_and_purge(world, now_us)
        assert world.space_days()[day(0)].is_sealed is is_sealed, number
    assert world.space_days()[day(0)].gap_us > 0
    compare(world, [day(0)], [Truth("sofa", [*lines[:8], None, *lines[13:]], now_us)])
    before = world.desk_days()[day(0), "sofa"]
    world.take(made.batch(9, 13), now_us=now_us)
    world.facts.refresh(now_us)
    assert world.desk_days()[day(0), "sofa"] == before
    assert world.space_days()[day(0)].late == 5


def test_a_day_whose_events_are_partly_gone_is_marked_and_never_wrong(sqlite_engine: Engine) -> None:
    world = World(sqlite_engine, town(first=FIRST))
    lines = busy(BEGIN_US, 3, "pi-2")
    world.tell("pi-2", lines, now_us=BEGIN_US + 3 * DAY_US)
    with sqlite_engine.begin() as connection:
        # As an earlier version purged: by when they were received, whatever their day.
        connection.exec_driver_sql("DELETE FROM desk_session WHERE seq BETWEEN 9 AND 12")
        connection.exec_driver_sql("DELETE FROM event WHERE seq BETWEEN 9 AND 12")
    world.facts.nightly(BEGIN_US + 4 * DAY_US)
    truth = Truth("sofa", [*lines[:8], None, *lines[12:]], 0)
    compare(world, [day(i) for i in range(3)], [truth])
    assert world.space_days()[day(0)].gap_us > 0


def test_hours_and_desks_of_a_day_stay_as_they_were_on_it(sqlite_engine: Engine) -> None:
    site = town(first=FIRST)
    world = World(sqlite_engine, site)
    now_us = BEGIN_US + 2 * DAY_US
    world.facts.nightly(now_us)
    before = world.desk_days()
    [space] = site.spaces
    always = tuple(OpeningPeriod(weekday, time(0), time(0)) for weekday in range(7))
    fewer = tuple(replace(desk, sensor="", device="", in_service=False) for desk in space.desks[:3])
    changed = replace(space, opening=always, desks=(*fewer, Desk("neu", "neu")))
    world.bring(replace(site, spaces=(changed,)))
    world.facts.nightly(now_us + DAY_US)
    after = world.desk_days()
    assert {key: one for key, one in after.items() if key in before} == before
    assert {desk for one, desk in after if one == day(2)} == {*DESKS, "neu"}
    assert after[day(2), "sofa"].staffed == Measured()
    assert after[day(2), "neu"].staffed.offered_us == 24 * HOUR_US


def test_bookings_no_shows_and_what_was_cancelled(sqlite_engine: Engine) -> None:
    world = World(sqlite_engine, town(first=FIRST))
    at = BEGIN_US + 6 * HOUR_US  # eight o'clock: an hour before the opening
    world.book("desk", ["stehtisch"], at, at + 3 * HOUR_US)
    world.book("desk", ["stehtisch"], at + 3 * HOUR_US, at + 4 * HOUR_US, "checked_in")
    world.book("desk", ["stehtisch"], at + 5 * HOUR_US, at + 6 * HOUR_US, "released_no_show")
    world.book("desk", ["stehtisch"], at + 7 * HOUR_US, at + 8 * HOUR_US, "cancelled")
    world.book("hold", ["fenster"], at, at + 2 * HOUR_US)
    world.book("closing", ["fenster"], at + 2 * HOUR_US, at + 3 * HOUR_US, "cancelled")
    world.facts.nightly(BEGIN_US + 2 * DAY_US)
    days = world.desk_days()
    table = days[day(0), "stehtisch"]
    assert (table.booked_us, table.bookings, table.no_shows) == (3 * HOUR_US, 3, 1)
    assert not table.has_sensor
    assert table.staffed == Measured(8 * HOUR_US, 0, 0)
    assert days[day(0), "fenster"].staffed.offered_us == 7 * HOUR_US


def test_a_desk_that_moves_to_another_device_is_known_by_the_one_that_speaks(sqlite_engine: Engine) -> None:
    site = town(first=FIRST)
    world = World(sqlite_engine, site)
    world.tell("pi-2", [Line("word", BEGIN_US + HOUR_US, "sofa", "vacant")], now_us=BEGIN_US + HOUR_US)
    world.facts.nightly(BEGIN_US + DAY_US)
    move_us = BEGIN_US + DAY_US + 10 * HOUR_US
    [space] = site.spaces
    desks = tuple(replace(desk, device="pi-1") if desk.id == "sofa" else desk for desk in space.desks)
    world.bring(replace(site, spaces=(replace(space, desks=desks),)))
    now_us = BEGIN_US + 3 * DAY_US
    world.tell("pi-1", [Line("word", move_us, "sofa", "vacant")], now_us=now_us)
    world.healthy("pi-1", now_us)
    world.healthy("pi-2", move_us - HOUR_US)
    world.facts.nightly(now_us)
    fact = world.desk_days()[day(1), "sofa"]
    # The old one was heard until nine UTC, the new one speaks from ten on: the hour between them is nobody's.
    assert fact.staffed == Measured(8 * HOUR_US, 0, HOUR_US)
    assert world.desk_days()[day(0), "sofa"].staffed == Measured(8 * HOUR_US, 0, 0)


def test_a_test_phase_and_what_comes_before_it_do_not_count(sqlite_engine: Engine) -> None:
    from hub.domain.space import Phase

    site = town(first=FIRST)
    [space] = site.spaces
    world = World(sqlite_engine, replace(site, spaces=(replace(space, phase=Phase.TEST),)))
    world.facts.nightly(BEGIN_US + 2 * DAY_US)
    assert [one.counts for one in world.space_days().values()] == [False, False]
    assert min(world.space_days()) == FIRST


@pytest.mark.parametrize(("now", "changes"), [(0, False), (1, True)], ids=["in the day", "after it"])
def test_a_day_is_worked_out_when_it_is_over(sqlite_engine: Engine, now: int, changes: bool) -> None:
    world = World(sqlite_engine, town(first=FIRST))
    midnight_us = BEGIN_US + DAY_US - 2 * HOUR_US
    assert bool(world.facts.refresh(midnight_us - 1 + now)) is changes
    assert not world.facts.refresh(midnight_us - 1 + now), "and once"


def test_facts_begin_a_week_before_the_first_word_and_not_with_a_space_that_is_old(
    sqlite_engine: Engine,
) -> None:
    world = World(sqlite_engine, town(first=FIRST - timedelta(days=900)))
    assert world.facts.refresh(BEGIN_US) > 0
    assert min(world.space_days()) == FIRST - timedelta(days=7)


def test_two_who_work_out_the_same_days_do_not_write_over_each_other(sqlite_engine: Engine) -> None:
    from hub.ingest.translate import read_event
    from hub.projections.daily import _Making  # the work between a look and writing it down
    from hub.storage.fact_store import SqlFactStore

    world = World(sqlite_engine, town(first=FIRST))
    store = SqlFactStore(sqlite_engine)
    with store.looking(SPACE) as look:
        old = _Making(look, read_event, BEGIN_US + 2 * DAY_US).made()
    assert old is not None
    world.facts.nightly(BEGIN_US + 2 * DAY_US)
    assert store.write(old) is False


def test_a_clock_that_becomes_right_later_gives_a_day_its_times(engine: Engine) -> None:
    """D8: until then bounds alone are known, and the desk is unknown; the correction re-opens the day by itself."""
    world = World(engine, town(first=date(2026, 11, 18)))
    told = Spool(space=SPACE, device="pi-2")
    told.started(0, synced=False)
    told.desk("sofa", "vacant", 60, synced=False)
    told.session("sofa", 3600, 0, 3 * 3600, synced=False)
    told.synchronised(20 * 3600)
    late_us = WALL_US + 30 * HOUR_US
    world.take(told.batch(1, 3), now_us=late_us)
    world.facts.nightly(late_us)
    before = world.desk_days()[date(2026, 11, 18), "sofa"]
    assert (before.staffed.occupied_us, before.staffed.unknown_us) == (0, 8 * HOUR_US)
    world.take(told.batch(4), now_us=late_us)
    assert world.facts.refresh(late_us) > 0
    after = world.desk_days()[date(2026, 11, 18), "sofa"]
    # From 12:07:40 on it is known; before 15:06:40 somebody sat there for an hour.
    begun_us = WALL_US - utc(2026, 11, 18, 8) + MINUTE_US
    assert after.staffed == Measured(8 * HOUR_US, HOUR_US, begun_us)


def test_the_command_line_works_out_facts_again(sqlite_engine: Engine, sqlite_url: str) -> None:
    World(sqlite_engine, town(first=date(2026, 3, 20)))
    environ = {"ANKERORT_DATABASE_URL": sqlite_url}
    runner = CliRunner()
    checked = runner.invoke(main, ["rebuild", "--facts", "--check"], env=environ)
    assert checked.exit_code == 1, checked.output
    assert "facts differ" in checked.output
    made = runner.invoke(main, ["rebuild", "--facts"], env=environ)
    assert made.exit_code == 0, made.output
    assert "facts were put right" in made.output
    again = runner.invoke(main, ["rebuild", "--facts", "--check"], env=environ)
    assert again.exit_code == 0, again.output
    assert "all facts of days" in again.output
