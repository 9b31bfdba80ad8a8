"""A pass that runs out is told of once, in time, to whom it is news."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from hub.domain.letters import LetterKind, PassEnds, read_letter
from hub.domain.pass_ends import ending_passes
from hub.domain.tariffs import Pass, Tariff, TariffKind
from hub.domain.time import wall_us
from hub.domain.visits import assign
from hub.services.pass_letters import TellPassEnds
from hub.storage.access_unit import SqlUnits
from hub.storage.pass_letter_rows import PassLetterRows
from tests.hub.desks.test_passes import DAY, FREE, MONTH, TEN, offer, sell
from tests.hub.desks.world import CLI, SPACE, S, World

TODAY = date(2026, 11, 18)
HOURS = Tariff("std", "20 Stunden", TariffKind.HOURS, units=20, per_visit=4)


def held(tariff: Tariff, since: int = 0, to: int | None = None, pk: int = 1) -> Pass:
    """Return a pass by days from today."""
    end = None if to is None else TODAY + timedelta(days=to)
    return Pass(pk, 1, tariff, TODAY, TODAY + timedelta(days=since), end, tariff.units, 0)


@pytest.mark.parametrize(
    ("passes", "visits", "told"),
    [
        pytest.param([held(TEN, -60, 8)], 0, [], id="eight days to go"),
        pytest.param([held(TEN, -60, 7)], 0, [None], id="seven days to go"),
        pytest.param([held(TEN, -60, 0)], 0, [None], id="the last day"),
        pytest.param([held(TEN, -60, -1)], 0, [], id="it is over"),
        pytest.param([held(TEN, 1, 60)], 0, [], id="it has not begun"),
        pytest.param([held(MONTH, -6, 7)], 0, [], id="two weeks: short from the beginning"),
        pytest.param([held(MONTH, -7, 7)], 0, [None], id="a day more than two weeks"),
        pytest.param([held(TEN, -60)], 8, [], id="two visits left"),
        pytest.param([held(TEN, -60)], 9, [1], id="one visit left"),
        pytest.param([held(TEN, -60)], 10, [0], id="used up"),
        pytest.param([held(HOURS, -60)], 4, [4], id="hours for one more visit"),
        pytest.param([held(DAY, -1)], 1, [], id="a day pass is for a day"),
        pytest.param([held(MONTH, -60)], 8, [], id="a month's days come again"),
        pytest.param([held(FREE, -60)], 20, [], id="nothing is counted"),
        pytest.param([held(TEN, -60), held(TEN, 0, pk=2)], 9, [], id="another one goes on"),
        pytest.param([held(TEN, -60, 3), held(TEN, 4, pk=2)], 0, [], id="another one goes on the day after"),
        pytest.param([held(TEN, -60, 3), held(TEN, -60, 3, pk=2)], 0, [None, None], id="both end"),
    ],
)
def test_what_runs_out(passes: list[Pass], visits: int, told: list[int | None]) -> None:
    days = assign(passes[:1], [TODAY - timedelta(days=visits - index) for index in range(visits)])
    assert [one.left for one in ending_passes(passes, days, TODAY)] == told


def letters(world: World) -> list[tuple[int | None, PassEnds]]:
    rows = world.rows("SELECT member_pk, letter FROM outbox ORDER BY pk")
    found = [(member, read_letter(LetterKind.PASS_ENDS, letter)) for member, letter in rows]
    return [(member, letter) for member, letter in found if isinstance(letter, PassEnds)]


def test_a_member_is_told_once_whatever_becomes_of_the_outbox(world: World) -> None:
    tell = TellPassEnds(SqlUnits(world.engine, PassLetterRows))
    offer(world, replace(TEN, valid_days=30))
    jo, nobody = world.member("Jo"), world.member("Ohne Adresse")
    person = world.members.member(jo, CLI)
    world.members.save_member(replace(person, mail="jo@example.org"), CLI, world.now_us)
    sell(world, jo, TEN)
    sell(world, nobody, TEN)
    assert tell.run(world.now_us) == 0
    world.now_us += 23 * 86_400 * S
    assert (tell.run(world.now_us), tell.run(world.now_us)) == (1, 0)
    ((reader, letter),) = letters(world)
    # 30 days from 18 November on: the last is 17 December.
    end_us = wall_us(date(2026, 12, 18), time(), "Europe/Berlin")
    assert (reader, letter.pass_name, letter.left, letter.ends_us) == (jo, "Zehnerkarte", None, end_us)
    assert letter.space_name
    ((key,),) = world.rows("SELECT key FROM outbox")
    assert key.startswith(f"pass/{SPACE}/1/2026-11-18/")
    with world.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM outbox")
    assert tell.run(world.now_us + 86_400 * S) == 0, "what is purged from the outbox is still known"
