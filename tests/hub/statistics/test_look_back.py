"""K4: who is new is known from last year while its key is there, and then under the pseudonym of this year."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine, insert

from hub.domain.statistics.periods import Span
from hub.storage.access_tables import MemberRow, MembershipRow
from hub.storage.contributions import SqlContributions, loosen
from hub.storage.member_tables import VisitRow
from tests.hub.facts.world import SPACE, World, town, utc

FEBRUARY, MAY = date(2026, 2, 3), date(2026, 5, 20)


def made(engine: Engine, first: date) -> World:
    """Return a space with three members who take part in optional statistics and one who does not."""
    world = World(engine, town(first=first))
    add_members(world, first, [1])
    return world


def add_members(world: World, first: date, spaces: Iterable[int]) -> None:
    with world.engine.begin() as connection:
        for pk in (1, 2, 3, 4):
            connection.execute(
                insert(MemberRow),
                {
                    "pk": pk, "name": f"M{pk}", "mail": "", "needs_longer": False, "created_us": 0, "phone": "",
                    "shows_presence": False, "in_statistics": pk < 4, "answers_pk": None, "ref": f"{pk:032x}",
                },
            )  # fmt: skip
            for space_pk in spaces:
                connection.execute(
                    insert(MembershipRow),
                    {
                        "member_pk": pk, "space_pk": space_pk, "hours": "opening", "valid_from": first,
                        "valid_to": None, "is_host": False, "works_offline": False,
                    },
                )  # fmt: skip


def visit(world: World, *visits: tuple[int, date], space_pk: int = 1) -> None:
    with world.engine.begin() as connection:
        for member, day in visits:
            values = {"space_pk": space_pk, "member_pk": member, "day": day, "pass_pk": None}
            connection.execute(insert(VisitRow), values)


def renew(world: World, today: date, space: str = SPACE) -> None:
    store = SqlContributions(world.engine)
    store.end(today)
    store.renew(space, today, utc(today.year, today.month, today.day))


def told(world: World) -> list[tuple[int, bool | None]]:
    """Return (visits, was there before); each member of these tests has another number of visits."""
    found = world.reader.contributions([SPACE], Span.of_year(2026))
    return sorted((one.visits, one.was_here) for one in found)


def days(member: int, count: int, month: int, year: int = 2026) -> list[tuple[int, date]]:
    return [(member, date(year, month, day)) for day in range(1, count + 1)]


def test_who_was_there_last_year_is_known_after_its_key_is_gone(engine: Engine) -> None:
    world = made(engine, date(2025, 1, 1))
    visit(world, *days(1, 1, 11, 2025), *days(4, 1, 11, 2025))
    renew(world, FEBRUARY)
    visit(world, *days(1, 1, 5), *days(2, 2, 5), *days(4, 4, 5))
    renew(world, MAY)
    assert world.rows("SELECT year FROM contribution_key") == [(2026,)]
    assert told(world) == [(1, True), (2, False), (4, False)], (
        "of whoever does not take part, nothing is noted"
    )
    with engine.begin() as connection:
        loosen(connection, f"{1:032x}")
    assert told(world) == [(1, None), (2, False), (4, False)]
    assert world.rows("SELECT count(*) FROM contribution_before WHERE pseudonym <> ''") == [(0,)]


def test_a_hub_that_counted_nothing_last_year_knows_nobody_as_new(sqlite_engine: Engine) -> None:
    world = made(sqlite_engine, date(2025, 1, 1))
    visit(world, *days(1, 1, 1))
    renew(world, FEBRUARY)
    assert told(world) == [(1, None)]


@pytest.mark.parametrize("today", [FEBRUARY, MAY])
def test_in_a_space_of_this_year_everybody_is_new(sqlite_engine: Engine, today: date) -> None:
    world = made(sqlite_engine, date(2026, 1, 10))
    visit(world, *days(1, 1, 2), *days(2, 2, 2))
    renew(world, today)
    assert told(world) == [(1, False), (2, False)]


def test_whoever_stops_taking_part_is_looked_back_for_no_more(sqlite_engine: Engine) -> None:
    world = made(sqlite_engine, date(2025, 1, 1))
    visit(world, *days(1, 1, 11, 2025), *days(2, 1, 12, 2025), *days(1, 1, 1))
    renew(world, FEBRUARY)
    assert told(world) == [(1, True)]
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE member SET in_statistics = false WHERE pk = 1")
    renew(world, FEBRUARY)
    assert told(world) == [(1, False)]
    found = world.reader.contributions([SPACE], Span.of_year(2026))
    assert [one.opted_in for one in found] == [False], "and so the figure leaves the person out"


def test_who_changes_from_one_space_to_another_was_at_the_first(sqlite_engine: Engine) -> None:
    one = town(first=date(2025, 1, 1))
    world = World(sqlite_engine, replace(one, spaces=(*one.spaces, replace(one.spaces[0], id="werkstatt"))))
    spaces = {SPACE: 1, "werkstatt": 2}
    add_members(world, date(2025, 1, 1), spaces.values())
    visit(world, *days(1, 1, 11, 2025))
    visit(world, *days(2, 1, 11, 2025), space_pk=2)
    visit(world, *days(1, 2, 1), *days(2, 1, 1), space_pk=2)
    for space in spaces:
        renew(world, FEBRUARY, space)
    found = world.reader.contributions(spaces, Span.of_year(2026))
    assert {(each.space, each.visits, each.was_here, each.was_at) for each in found} == {
        ("werkstatt", 2, False, frozenset({SPACE})), ("werkstatt", 1, True, frozenset()),
    }  # fmt: skip
    alone = world.reader.contributions(["werkstatt"], Span.of_year(2026))
    assert {each.was_at for each in alone} == {frozenset()}, (
        "nothing is told of spaces that were not asked for"
    )
