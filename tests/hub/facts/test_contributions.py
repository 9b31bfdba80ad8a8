"""The contribution store: what persons did in a month, under pseudonyms that end with their key (P1, P5)."""

from collections.abc import Sequence
from datetime import date

import pytest
from sqlalchemy import Engine, insert, text

from hub.domain.statistics.facts import Contribution
from hub.domain.statistics.periods import Span
from hub.services.daily_work import VISITS_KEPT_US
from hub.storage.access_tables import MemberRow, MembershipRow
from hub.storage.contributions import SqlContributions, first_year
from hub.storage.duties import SqlRetention
from hub.storage.member_tables import PassRow, SettlementRow, TariffRow, VisitRow
from hub.storage.person_rows import PersonRows
from tests.hub.facts.world import DAY_US, MINUTE_US, SPACE, World, town, utc

TODAY = date(2026, 6, 10)
NOW_US = utc(2026, 6, 10, 12)
MAY = date(2026, 5, 1)


@pytest.fixture
def world(engine: Engine) -> World:
    """A space with two members, one of whom takes part in optional statistics, and passes of two kinds."""
    made = World(engine, town(first=date(2025, 1, 1)))
    with engine.begin() as connection:
        for pk, takes_part in ((1, False), (2, True)):
            connection.execute(
                insert(MemberRow),
                {
                    "pk": pk, "name": f"M{pk}", "mail": "", "needs_longer": False, "created_us": 0, "phone": "",
                    "shows_presence": False, "in_statistics": takes_part, "answers_pk": None, "ref": f"{pk:032x}",
                },
            )  # fmt: skip
            connection.execute(
                insert(MembershipRow),
                {
                    "member_pk": pk, "space_pk": 1, "hours": "opening", "valid_from": date(2025, 1, 1),
                    "valid_to": None, "is_host": False, "works_offline": False,
                },
            )  # fmt: skip
        for pk, kind in ((1, "day"), (2, "monthly")):
            connection.execute(
                insert(TariffRow),
                {
                    "pk": pk, "space_pk": 1, "id": kind, "name": kind, "kind": kind, "price_cents": 0, "units": 0,
                    "per_visit": 1, "valid_days": 0, "hours": "opening", "starts_min": 0, "ends_min": 1440,
                    "is_offered": True,
                },
            )  # fmt: skip
            connection.execute(
                insert(PassRow),
                {
                    "pk": pk, "space_pk": 1, "member_pk": 1, "tariff_pk": pk, "sold_on": date(2026, 1, 1),
                    "valid_from": date(2026, 1, 1), "valid_to": None, "units": 0, "price_cents": 0, "spent": 0,
                },
            )  # fmt: skip
    return made


def visit(world: World, member: int, *days: date, used: int | None = None) -> None:
    with world.engine.begin() as connection:
        for day in days:
            connection.execute(
                insert(VisitRow), {"space_pk": 1, "member_pk": member, "day": day, "pass_pk": used}
            )


def renew(world: World, today: date = TODAY, now_us: int = NOW_US) -> int:
    return SqlContributions(world.engine).renew(SPACE, today, now_us)


def found(world: World, year: int = 2026) -> Sequence[Contribution]:
    return world.reader.contributions([SPACE], Span.of_year(year))


def test_what_persons_did_in_a_month(world: World) -> None:
    visit(world, 1, date(2026, 5, 4), date(2026, 5, 5), used=2)
    visit(world, 1, date(2026, 5, 6), used=1)
    visit(world, 1, date(2026, 6, 1))
    visit(world, 2, date(2026, 5, 4))
    begin_us = utc(2026, 5, 4, 8)
    world.book("desk", ["flur"], begin_us, begin_us + 90 * MINUTE_US, "checked_in", member_pk=1)
    world.book("desk", ["sofa"], begin_us, begin_us + 90 * MINUTE_US, "released_no_show", member_pk=2)
    assert renew(world) == 3
    rows = found(world)
    assert {(one.month, one.visits, one.booked_us, one.tariff_class, one.opted_in) for one in rows} == {
        (MAY, 3, 90 * MINUTE_US, "monthly", False),
        (date(2026, 6, 1), 1, 0, "", False),
        (MAY, 1, 0, "", True),
    }
    [one] = {one.person for one in rows if not one.opted_in}
    assert len(one) == 32
    assert renew(world) == 0


def test_a_visit_that_is_written_down_later_changes_its_month(world: World) -> None:
    visit(world, 1, date(2026, 5, 4))
    renew(world)
    visit(world, 1, date(2026, 5, 7))
    assert renew(world) == 1
    assert [one.visits for one in found(world)] == [2]


def test_a_pseudonym_holds_for_one_year(world: World) -> None:
    visit(world, 1, date(2025, 11, 3), date(2025, 12, 1), date(2026, 1, 12), date(2026, 2, 2))
    renew(world, date(2026, 2, 3), utc(2026, 2, 3))
    last, this = found(world, 2025), found(world)
    assert len({one.person for one in last}) == len({one.person for one in this}) == 1
    assert {one.person for one in last}.isdisjoint(one.person for one in this)


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 3, 31), 2025),
        (date(2026, 4, 1), 2026),
        (date(2026, 1, 1), 2025),
        (date(2026, 12, 31), 2026),
    ],
)
def test_a_year_ends_with_the_31_march_after_it(today: date, first: int) -> None:
    assert first_year(today) == first


def test_keys_and_what_is_under_them_go_together(world: World) -> None:
    visit(world, 1, date(2025, 11, 3), date(2026, 1, 12))
    renew(world, date(2026, 2, 3), utc(2026, 2, 3))
    store = SqlContributions(world.engine)
    assert store.end(date(2026, 3, 31)) == 0
    assert store.end(date(2026, 4, 1)) == 1
    assert found(world, 2025) == []
    assert len(found(world)) == 1
    assert world.rows("SELECT year FROM contribution_key") == [(2026,)]
    renew(world, date(2026, 4, 1), utc(2026, 4, 1))
    assert found(world, 2025) == [], "what has ended is not made again"


def test_a_month_stands_when_its_visits_go(world: World) -> None:
    visit(world, 1, date(2026, 2, 2), date(2026, 2, 3))
    begin_us = utc(2026, 2, 2, 8)
    world.book("desk", ["flur"], begin_us, begin_us + MINUTE_US, "checked_in", member_pk=1)
    renew(world, date(2026, 3, 1), utc(2026, 3, 1))
    before = found(world)
    with world.engine.begin() as connection:
        # Ninety days after its end, a booking is nobody's; the visits are still there.
        connection.execute(text("UPDATE booking SET member_pk = NULL"))
    assert renew(world) == 0
    with world.engine.begin() as connection:
        settled_us = NOW_US - VISITS_KEPT_US - 1
        connection.execute(
            insert(SettlementRow), {"space_pk": 1, "month": date(2026, 2, 1), "settled_us": settled_us}
        )
    assert SqlRetention(world.engine).purge_visits(NOW_US - VISITS_KEPT_US, date(2025, 1, 1)) == 2
    assert renew(world) == 0
    assert found(world) == before


def test_P5_who_is_erased_leaves_sums_that_no_key_leads_to(world: World) -> None:  # noqa: N802
    visit(world, 1, date(2026, 4, 2), date(2026, 5, 4))
    visit(world, 2, date(2026, 5, 4))
    renew(world)
    [before] = {one.person for one in found(world) if not one.opted_in}
    with world.engine.begin() as connection:
        PersonRows(connection, True).erase(1, NOW_US)
    for _ in range(2):
        rows = [one for one in found(world) if not one.opted_in]
        assert [(one.month, one.visits) for one in rows] == [(date(2026, 4, 1), 1), (MAY, 1)]
        assert len({one.person for one in rows}) == 1, "it was one person"
        assert before not in {one.person for one in rows}
        renew(world)


def test_P5_whoever_asks_is_told_what_stands_under_the_own_pseudonyms(world: World) -> None:  # noqa: N802
    visit(world, 1, date(2026, 4, 2), date(2026, 5, 4))
    visit(world, 2, date(2026, 5, 4), date(2026, 5, 5))
    renew(world)
    with world.engine.begin() as connection:
        data = PersonRows(connection, False).collect(2, NOW_US)
    [section] = [one for one in data.sections if one.table == "contribution"]
    [row] = section.rows
    assert (row["space"], row["month"], row["visits"], row["opted_in"]) == (SPACE, "2026-05-01", 2, True)


def test_P5_an_objection_holds_for_what_lies_back(world: World) -> None:  # noqa: N802
    visit(world, 2, date(2026, 1, 5), date(2026, 5, 4))
    renew(world)
    with world.engine.begin() as connection:
        connection.execute(
            insert(SettlementRow),
            {"space_pk": 1, "month": date(2026, 1, 1), "settled_us": NOW_US - 59 * DAY_US},
        )
        connection.execute(text("UPDATE member SET in_statistics = :no"), {"no": False})
    renew(world)
    assert [one.opted_in for one in found(world)] == [False, False]


def test_the_nightly_work_keeps_contributions_too(world: World) -> None:
    visit(world, 1, date(2026, 5, 4))
    world.facts.nightly(NOW_US)
    assert [one.visits for one in found(world)] == [1]
    assert world.space_days()[date(2026, 5, 4)].visits == 1
