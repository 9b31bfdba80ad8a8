"""Tariffs and passes: sold, used by those who come, over, due; what the database says of it afterwards."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from hub.domain.due import DueKind, total_cents
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import AccessHours
from hub.domain.tariffs import Tariff, TariffKind, WithoutPass
from hub.storage.duties import SqlRetention
from tests.hub.desks.world import CLI, LOOKUPS, OTHER, SPACE, DoorSpool, World

DAY = Tariff("tag", "Tagespass", TariffKind.DAY, price_cents=1500, units=1, valid_days=30)
TEN = Tariff("zehn", "Zehnerkarte", TariffKind.DAY, price_cents=12000, units=10, valid_days=365)
MONTH = Tariff("monat", "Monat mit 8 Tagen", TariffKind.MONTHLY, price_cents=9000, units=8)
DESK = Tariff("fest", "Fester Platz", TariffKind.FIXED_DESK, price_cents=22000, hours=AccessHours.ALWAYS)
FREE = Tariff("frei", "Kostenlos", TariffKind.FREE)
TODAY = date(2026, 11, 18)
S_OF_DAY = 86_400


def offer(world: World, *tariffs: Tariff) -> None:
    for tariff in tariffs:
        world.passes.save_tariff(SPACE, tariff, CLI, world.now_us)


def sell(world: World, member: int, tariff: Tariff, starts_on: date | None = None) -> int:
    return world.passes.sell(SPACE, member, tariff.id, starts_on, CLI, world.now_us).held.pk


def come(
    world: World, *at_s: float, card: int = 1, epoch: str = "e000000000000001", **more: Any
) -> DoorSpool:
    """Have a card be let in at moments after 2026-11-18 10:06 in Berlin."""
    spool = DoorSpool(epoch=epoch)
    for one in at_s:
        spool.access(LOOKUPS[card], one, **more)
    world.take(spool.batch(1))
    return spool


def visits(world: World) -> list[tuple[Any, ...]]:
    return [
        (member, str(day), held)
        for member, day, held in world.rows(
            "SELECT member_pk, day, pass_pk FROM visit ORDER BY member_pk, day"
        )
    ]


def test_tariffs_read_back_equal_and_those_that_are_not_offered_come_last(world: World) -> None:
    offer(world, TEN, DAY, replace(FREE, is_offered=False), MONTH)
    cheaper = replace(TEN, name="Ältere Zehnerkarte", price_cents=10000, starts_min=480, ends_min=780)
    offer(world, cheaper)
    assert world.passes.tariffs(SPACE, world.actor(1)) == [
        cheaper,
        MONTH,
        DAY,
        replace(FREE, is_offered=False),
    ]
    assert world.passes.tariffs(OTHER, CLI) == []
    with pytest.raises(RuleRefused, match='what tariff "tag" counts stays'):
        offer(world, replace(DAY, kind=TariffKind.HALF_DAY))


def test_a_visit_is_a_member_on_a_day_and_uses_the_pass_that_expires_first(world: World) -> None:
    offer(world, TEN, DAY)
    member = world.member()
    world.card(member=member)
    ten, day = sell(world, member, TEN), sell(world, member, DAY)
    come(world, 1, 3600, 7200)
    assert visits(world) == [(member, "2026-11-18", day)]
    come(world, S_OF_DAY, epoch="e000000000000002")
    assert visits(world)[1:] == [(member, "2026-11-19", ten)]
    views = {view.held.pk: view for view in world.passes.passes(SPACE, world.actor(1), world.now_us)}
    assert {pk: (view.left, view.opens_today) for pk, view in views.items()} == {
        ten: (9, True),
        day: (0, True),
    }


def test_the_same_events_again_and_late_ones_give_the_same_visits(world: World) -> None:
    offer(world, DAY)
    member = world.member()
    world.card(member=member)
    sell(world, member, DAY, TODAY - timedelta(days=3))
    spool = DoorSpool()
    for at_s in (1, -S_OF_DAY, 5, -2 * S_OF_DAY):
        spool.access(LOOKUPS[1], at_s + 3 * S_OF_DAY, synced=True)
    batches = [spool.batch(number, number) for number in range(1, 5)]
    world.take(*batches)
    once = visits(world)
    # The earliest day uses the pass, although it was told last.
    assert [row[2] is not None for row in once] == [True, False, False]
    world.take(*batches[::-1])
    assert visits(world) == once


def test_an_event_whose_time_becomes_known_moves_its_visit_and_leaves_the_other_one(world: World) -> None:
    member = world.member()
    world.card(member=member)
    spool = DoorSpool()
    spool.access(LOOKUPS[1], 1, synced=False)
    spool.access(LOOKUPS[1], 2 * S_OF_DAY, synced=False)
    world.take(spool.batch(1))
    assert len(visits(world)) == 1, "both can have happened up to now"
    spool.synchronised(2 * S_OF_DAY + 60)
    world.take(spool.batch(3))
    assert [row[1] for row in visits(world)] == ["2026-11-18", "2026-11-20"]


@pytest.mark.parametrize(
    ("more", "why"),
    [({"reason": "outside_window"}, "not let in"), ({"lookup": None}, "a card that nobody knows")],
)
def test_who_was_not_let_in_or_is_not_known_visits_nobody(
    world: World, more: dict[str, Any], why: str
) -> None:
    world.card(member=world.member())
    spool = DoorSpool()
    # Without touching `more`: it is the same one for both databases.
    lookup = more.get("lookup", LOOKUPS[1])
    spool.access(lookup, 1, **{name: value for name, value in more.items() if name != "lookup"})
    world.take(spool.batch(1))
    assert visits(world) == [], why


def test_a_card_that_was_given_on_counts_for_whoever_had_it_then(world: World) -> None:
    first, second = world.member("Jo"), world.member("Kim")
    card = world.card()
    world.cards.give(card, first, None, CLI, world.now_us)
    world.now_us += 3_600_000_000
    world.cards.take_back(card, CLI, world.now_us)
    world.cards.give(card, second, None, CLI, world.now_us)
    world.now_us += 3_600_000_000
    # 1 h after the boot began, which is when Jo had it; 2.5 h after it, Kim.
    come(world, 3_700, 9_500)
    assert [row[0] for row in visits(world)] == [first, second]


def test_doors_learn_when_a_pass_is_used_up_and_not_by_every_visit(world: World) -> None:
    offer(world, TEN)
    member = world.member()
    world.card(member=member)
    sell(world, member, TEN)
    before = world.wanted()
    come(world, 1)
    used = world.wanted()
    come(world, 10, 20, 30, epoch="e000000000000002")
    assert world.wanted() == used
    assert used[f"{SPACE}/pi-1"] == before[f"{SPACE}/pi-1"] + 1


def test_a_pass_that_is_sold_after_the_visit_covers_it(world: World) -> None:
    offer(world, DAY)
    member = world.member()
    world.card(member=member)
    come(world, 1)
    assert world.passes.without_pass_today(SPACE, world.actor(1), world.now_us) == 1
    held = sell(world, member, DAY)
    assert visits(world) == [(member, "2026-11-18", held)]
    assert world.passes.without_pass_today(SPACE, world.actor(1), world.now_us) == 0


def test_a_host_notes_a_visit_once(world: World) -> None:
    member = world.member()
    assert world.passes.note_visit(SPACE, member, TODAY, world.actor(1), world.now_us)
    assert not world.passes.note_visit(SPACE, member, TODAY, CLI, world.now_us)
    world.card(member=member)
    come(world, 1)
    assert visits(world) == [(member, "2026-11-18", None)]
    with pytest.raises(RuleRefused, match="still to come"):
        world.passes.note_visit(SPACE, member, TODAY + timedelta(days=1), CLI, world.now_us)


def test_a_pass_that_ends_gives_its_later_visits_to_another_one(world: World) -> None:
    offer(world, DAY, TEN)
    member = world.member()
    day, ten = sell(world, member, DAY), sell(world, member, TEN)
    world.passes.note_visit(SPACE, member, TODAY, CLI, world.now_us)
    world.passes.end(SPACE, day, TODAY - timedelta(days=9), world.actor(2), world.now_us)
    assert visits(world) == [(member, "2026-11-18", ten)]
    assert [view.held.pk for view in world.passes.passes(SPACE, CLI, world.now_us)] == [ten]
    with pytest.raises(RuleRefused, match="has no pass 99"):
        world.passes.end(SPACE, 99, TODAY, CLI, world.now_us)


def test_what_is_due_for_a_month(world: World) -> None:
    offer(world, DAY, MONTH, DESK, FREE)
    jo, aerik = world.member("Jo"), world.member("Ärik")
    sell(world, jo, MONTH, date(2026, 10, 20))
    sell(world, jo, DAY)
    sell(world, aerik, DESK, date(2026, 12, 1))
    sell(world, aerik, FREE)
    for day in (date(2026, 10, 21), date(2026, 11, 2), date(2026, 11, 3)):
        world.passes.note_visit(SPACE, jo, day, CLI, world.now_us)
    world.passes.note_visit(SPACE, aerik, date(2026, 11, 5), CLI, world.now_us)

    def told(month: date) -> list[tuple[Any, ...]]:
        due = world.passes.due(SPACE, month, world.actor(2))
        return [(line.name, line.tariff, line.kind, line.amount_cents, line.visits) for line in due.lines]

    month, sold = DueKind.MONTH, DueKind.SOLD
    assert told(date(2026, 10, 5)) == [("Jo", MONTH.name, month, 9000, 1)]
    assert told(date(2026, 11, 30)) == [
        ("Ärik", FREE.name, sold, 0, 0),
        ("Ärik", "", DueKind.UNCOVERED, None, 1),
        ("Jo", MONTH.name, month, 9000, 2),
        ("Jo", DAY.name, sold, 1500, 0),
    ]
    assert told(date(2026, 12, 1)) == [
        ("Ärik", DESK.name, month, 22000, 0),
        ("Jo", MONTH.name, month, 9000, 0),
    ]
    assert total_cents(world.passes.due(SPACE, TODAY, CLI).lines) == 10500


def test_a_settled_month_stays_as_it_was_billed(world: World) -> None:
    offer(world, DAY, MONTH)
    member = world.member()
    month = sell(world, member, MONTH, date(2026, 10, 1))
    world.passes.note_visit(SPACE, member, date(2026, 10, 30), CLI, world.now_us)
    with pytest.raises(RuleRefused, match="is not over yet: settle it from 2026-12-01 on"):
        world.passes.settle(SPACE, TODAY, CLI, world.now_us)
    settled = world.passes.settle(SPACE, date(2026, 10, 7), world.actor(2), world.now_us)
    assert settled.is_settled
    assert world.passes.settle(SPACE, date(2026, 10, 7), CLI, world.now_us) == settled
    with pytest.raises(RuleRefused, match="2026-10 is accounted for"):
        world.passes.end(SPACE, month, date(2026, 10, 15), CLI, world.now_us)
    with pytest.raises(RuleRefused, match="2026-10 is accounted for"):
        world.passes.note_visit(SPACE, member, date(2026, 10, 2), CLI, world.now_us)
    # One that would come first does not take the visit over any more.
    sell(world, member, DAY, date(2026, 10, 29))
    assert visits(world) == [(member, "2026-10-30", month)]


def test_who_may_do_what_with_passes(sqlite_world: World) -> None:
    world = sqlite_world
    offer(world, DAY)
    member, now_us = world.member(), world.now_us
    desk = world.passes
    held = sell(world, member, DAY)
    hosts: list[Any] = [
        lambda who: desk.tariffs(SPACE, who),
        lambda who: desk.rule(SPACE, who),
        lambda who: desk.passes(SPACE, who, now_us),
        lambda who: desk.sell(SPACE, member, "tag", None, who, now_us),
        lambda who: desk.note_visit(SPACE, member, TODAY, who, now_us),
        lambda who: desk.without_pass_today(SPACE, who, now_us),
    ]
    managers: list[Any] = [
        lambda who: desk.save_tariff(SPACE, DAY, who, now_us),
        lambda who: desk.save_rule(SPACE, WithoutPass.SHUT, who, now_us),
        lambda who: desk.end(SPACE, held, TODAY, who, now_us),
        lambda who: desk.due(SPACE, TODAY, who),
        lambda who: desk.settle(SPACE, date(2026, 10, 1), who, now_us),
    ]
    for account in (3, 4, 5):
        for call in (*hosts, *managers):
            with pytest.raises(NotAllowed):
                call(world.actor(account))
    for call in managers:
        with pytest.raises(NotAllowed):
            call(world.actor(1))
        call(world.actor(2))
    for call in hosts:
        call(world.actor(1))
    mine = desk.own_passes(world.actor(4, member=member), now_us)
    assert [view.held.pk for view in mine] == [held, held + 1]
    assert desk.own_passes(world.actor(4), now_us) == ()
    assert desk.rule(SPACE, CLI) is WithoutPass.SHUT


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"id": "Tag 1"}, "no id of a tariff"),
        ({"name": "\n"}, "needs a name"),
        ({"price_cents": -1}, "between 0 and 100000 euros"),
        ({"price_cents": 10**9}, "between 0 and 100000 euros"),
        ({"units": 0}, "enough for one visit or more"),
        ({"units": 3, "per_visit": 4}, "enough for one visit or more: 4"),
        ({"units": 10**6}, "up to 10000 units"),
        ({"valid_days": 9999}, "up to 3660 days"),
        ({"starts_min": 800, "ends_min": 800}, "must begin before it ends"),
        ({"hours": AccessHours.NONE}, "in the opening hours, or always"),
        ({"kind": TariffKind.FIXED_DESK}, "leave the units at 0"),
        ({"kind": TariffKind.FREE, "units": 0}, "has no price"),
        ({"kind": TariffKind.MONTHLY, "units": 8, "per_visit": 2}, "one of a month's days"),
    ],
)
def test_a_tariff_that_can_not_be_is_refused(
    sqlite_world: World, changed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(RuleRefused, match=problem):
        offer(sqlite_world, replace(DAY, **changed))
    assert sqlite_world.chain() == []


def test_what_can_not_be_sold_is_not(sqlite_world: World) -> None:
    world = sqlite_world
    offer(world, replace(DAY, is_offered=False))
    member = world.member(space=OTHER)
    with pytest.raises(RuleRefused, match='offers no tariff "tag"; offered are none'):
        sell(world, member, DAY)
    offer(world, DAY)
    with pytest.raises(RuleRefused, match="is no member of space"):
        sell(world, member, DAY)
    assert world.rows("SELECT * FROM member_pass") == []


def test_visits_go_when_they_are_accounted_for_and_what_they_used_stays_used(world: World) -> None:
    offer(world, TEN, MONTH)
    jo, kim = world.member("Jo"), world.member("Kim")
    ten, month = sell(world, jo, TEN, date(2026, 10, 1)), sell(world, kim, MONTH, date(2026, 10, 1))
    for day in (date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)):
        for member in (jo, kim):
            world.passes.note_visit(SPACE, member, day, CLI, world.now_us)
    world.passes.settle(SPACE, date(2026, 10, 1), CLI, world.now_us)
    retention = SqlRetention(world.engine)
    assert retention.purge_visits(world.now_us, date(2026, 1, 1)) == 0, "settled just now"
    assert retention.purge_visits(world.now_us + 1, date(2026, 1, 1)) == 4
    assert visits(world) == [(jo, "2026-11-01", ten), (kim, "2026-11-01", month)]
    left = {view.held.pk: view.left for view in world.passes.passes(SPACE, CLI, world.now_us)}
    assert left == {ten: 7, month: 7}
    assert retention.purge_visits(0, date(2026, 11, 2)) == 2, "too old, though nobody accounted for them"
    assert world.rows("SELECT pk, spent FROM member_pass ORDER BY pk") == [(ten, 3), (month, 0)]


def test_whoever_sells_the_second_half_of_a_day_is_told_that_a_day_is_cheaper(world: World) -> None:
    half = Tariff("halb", "Halber Tag", TariffKind.HALF_DAY, price_cents=900, units=1, valid_days=1)
    offer(world, DAY, half)
    jo = world.member("Jo")
    first, second = (world.passes.sell(SPACE, jo, "halb", None, CLI, world.now_us) for _ in range(2))
    assert first.saving is None
    assert second.saving is not None
    assert (second.saving.cents, second.saving.instead) == (300, "Tagespass")
    assert world.passes.sell(SPACE, jo, "tag", None, CLI, world.now_us).saving is None, "for any day"
    due = world.passes.due(SPACE, TODAY, CLI)
    assert total_cents(due.lines) == 900 + 900 - 300 + 1500
