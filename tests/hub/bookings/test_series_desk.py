"""Series: conflicts are listed before anything is kept; this one, following, all, or a range of days."""

from dataclasses import replace
from datetime import date, time
from functools import partial
from typing import Any

import pytest

from hub.booking_ports import DayChange, Days, SeriesWish, Which
from hub.domain import booking_refusals as refusals
from hub.domain.booking import BookingKind
from hub.domain.errors import NotAllowed
from hub.domain.series import Frequency, SeriesRule
from tests.hub.bookings.world import A, B, BookingWorld, span
from tests.hub.desks.world import CLI, SPACE
from tests.hub.domain.overlaps import OVERLAPS

RULE = SeriesRule(Frequency.WEEKLY, date(2026, 11, 19), date(2026, 12, 10), time(9), time(12), weekdays=(3,))
"""Thursdays: 19 and 26 November, 3 and 10 December."""
DAYS = [date(2026, 11, 19), date(2026, 11, 26), date(2026, 12, 3), date(2026, 12, 10)]


def wish(world: BookingWorld, **changed: Any) -> SeriesWish:
    return replace(SeriesWish(SPACE, A, RULE, world.jo), **changed)


def made(world: BookingWorld, **changed: Any) -> str:
    return world.series.book_series(wish(world, **changed), world.me(world.jo), world.now_us).id


def test_a_series_books_each_of_its_days_and_reads_back_equal(world: BookingWorld) -> None:
    series = world.series.book_series(wish(world), world.me(world.jo), world.now_us)
    assert [one.series_day for one in series.bookings] == DAYS
    assert [one.time for one in series.bookings] == [span("09:00", "12:00", str(day)) for day in DAYS]
    assert world.series.series(series.id, world.me(world.jo)) == series
    for rule in (
        replace(RULE, weekdays=(0, 4), interval=2),
        SeriesRule(Frequency.MONTHLY, RULE.first, RULE.last, time(14), time(), 1, (0,), -1),
    ):
        other = world.series.book_series(
            wish(world, rule=rule, desk=B, reason="Verein", beyond_rules=True), CLI, world.now_us
        )
        assert world.series.series(other.id, CLI) == other


@pytest.mark.parametrize(("other", "overlaps"), OVERLAPS)
def test_conflicts_are_listed_before_anything_is_kept(
    world: BookingWorld, other: tuple[int, int], overlaps: bool
) -> None:
    rule = replace(RULE, starts=time(11), ends=time(14))
    world.book(
        span(f"{other[0] + 2:02}:00", f"{other[1] + 2:02}:00", "2026-11-26"),
        member=world.mia, actor=world.actor(1), reason="Tabelle",
    )  # fmt: skip
    plan = world.series.plan(wish(world, rule=rule), world.me(world.jo), world.now_us)
    assert [one.day for one in plan.conflicts] == ([DAYS[1]] if overlaps else [])
    assert len(world.active()) == 1, "a plan keeps nothing"
    if not overlaps:
        made(world, rule=rule)
        return
    assert plan.conflicts[0].refusal == "desk_taken"
    with pytest.raises(refusals.SeriesTaken) as refused:
        made(world, rule=rule)
    assert refused.value.data["days"] == ["2026-11-26"]
    assert len(world.active()) == 1
    kept = world.series.book_series(
        wish(world, rule=rule), world.me(world.jo), world.now_us, without_conflicts=True
    )
    assert [one.series_day for one in kept.bookings] == [DAYS[0], *DAYS[2:]]


def test_each_rule_that_says_no_is_named_with_its_day(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.space(per_week=1, advance_days=20)
    world.book(span("14:00", "15:00", "2026-11-27"), B)
    rule = replace(RULE, frequency=Frequency.DAILY, weekdays=())
    plan = world.series.plan(wish(world, rule=rule), world.me(world.jo), world.now_us)
    told = {one.day.isoformat()[5:]: one.refusal for one in plan.conflicts}
    assert [day.isoformat()[5:] for day, _ in plan.free] == ["11-19", "11-30", "12-07"]
    assert (told["11-20"], told["11-21"], told["11-23"]) == (
        "too_many_this_week", "outside_hours", "too_many_this_week",
    )  # fmt: skip
    assert told["12-09"] == "too_far_ahead"


@pytest.mark.parametrize(
    "rule",
    [
        replace(RULE, first=date(2026, 11, 17)),
        replace(RULE, last=date(2029, 1, 1)),
        replace(RULE, first=date(1, 1, 1)),
        replace(RULE, last=date(9999, 12, 31)),
        replace(RULE, first=date(2026, 12, 11), last=date(2026, 12, 12)),
    ],
)
def test_a_series_that_can_not_be_is_refused(sqlite_world: BookingWorld, rule: SeriesRule) -> None:
    with pytest.raises(refusals.InvalidSeries):
        made(sqlite_world, rule=rule)


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        (Days(Which.THIS, DAYS[1]), [1]),
        (Days(Which.FOLLOWING, DAYS[1]), [1, 2, 3]),
        (Days(Which.ALL), [0, 1, 2, 3]),
        (Days(Which.RANGE, DAYS[1], DAYS[2]), [1, 2]),
        (Days(Which.RANGE, date(2027, 1, 1), date(2027, 2, 1)), []),
    ],
)
def test_days_are_cancelled_as_meant(world: BookingWorld, days: Days, gone: list[int]) -> None:
    id_ = made(world)
    change = world.series.cancel_days(id_, days, world.me(world.jo), world.now_us)
    assert [one.series_day for one in change.changed] == [DAYS[index] for index in gone]
    after = world.series.series(id_, CLI).bookings
    assert [one.is_active for one in after] == [index not in gone for index in range(4)]


@pytest.mark.parametrize("days", [Days(Which.THIS), Days(Which.FOLLOWING), Days(Which.RANGE, DAYS[0])])
def test_days_that_nobody_named_are_none_and_never_all(sqlite_world: BookingWorld, days: Days) -> None:
    id_ = made(sqlite_world)
    desk, now_us = sqlite_world.series, sqlite_world.now_us
    for work in (
        partial(desk.cancel_days, id_, days, CLI, now_us, reason="zu Ende"),
        partial(desk.change_days, id_, days, DayChange(desk=B), CLI, now_us, reason="Umzug"),
    ):
        with pytest.raises(refusals.BookingRefused, match="which days"):
            work()
    assert len(sqlite_world.active()) == 4


def test_what_has_begun_is_kept(world: BookingWorld) -> None:
    id_ = made(world)
    world.at("2026-11-26T09:30")
    change = world.series.cancel_days(id_, Days(Which.ALL), world.me(world.jo), world.now_us)
    assert [one.series_day for one in change.kept] == DAYS[:2]
    assert [one.series_day for one in change.changed] == DAYS[2:]
    world.space(cancel_until_min=24 * 60)
    other = made(world, desk=B, rule=replace(RULE, first=date(2026, 11, 27), weekdays=(4,)))
    change = world.series.cancel_days(other, Days(Which.ALL), world.me(world.jo), world.now_us)
    assert [one.series_day for one in change.kept] == [date(2026, 11, 27)], "past its deadline"


def test_days_move_together_or_not_at_all(world: BookingWorld) -> None:
    id_, me = made(world), world.me(world.jo)
    to = DayChange(desk=B, starts_min=10 * 60, ends_min=13 * 60, note="später")
    change = world.series.change_days(id_, Days(Which.FOLLOWING, DAYS[1]), to, me, world.now_us)
    assert [one.time for one in change.changed] == [span("10:00", "13:00", str(day)) for day in DAYS[1:]]
    assert {one.desks for one in change.changed} == {(B,)}
    before = world.active()
    world.book(span("14:00", "15:00", "2026-12-03"), B, member=world.mia)
    with pytest.raises(refusals.SeriesTaken) as refused:
        world.series.change_days(id_, Days(Which.ALL), DayChange(desk=B, ends_min=15 * 60), me, world.now_us)
    assert refused.value.data["days"] == ["2026-12-03"]
    assert len(world.active()) == len(before) + 1
    assert set(before) <= set(world.active())


def test_hours_of_a_series_stay_on_the_wall_clock_when_they_are_changed(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.space(advance_days=0)
    rule = SeriesRule(Frequency.WEEKLY, date(2027, 3, 25), date(2027, 4, 1), time(9), time(12), 1, (3,))
    id_ = made(world, rule=rule)
    change = world.series.change_days(
        id_, Days(Which.ALL), DayChange(starts_min=10 * 60), world.me(world.jo), world.now_us
    )
    assert [one.time for one in change.changed] == [
        span("10:00", "12:00", "2027-03-25"), span("10:00", "12:00", "2027-04-01"),
    ]  # fmt: skip
    with pytest.raises(refusals.InvalidSeries):
        world.series.change_days(
            id_, Days(Which.ALL), DayChange(ends_min=9 * 60), world.me(world.jo), world.now_us
        )


def test_others_see_no_series_and_hosts_need_a_reason(world: BookingWorld) -> None:
    id_ = made(world)
    for actor in (world.me(world.mia), world.actor(3), world.actor(5)):
        with pytest.raises(refusals.UnknownSeries):
            world.series.series(id_, actor)
        with pytest.raises(refusals.UnknownSeries):
            world.series.cancel_days(id_, Days(Which.ALL), actor, world.now_us, reason="weg")
        with pytest.raises(NotAllowed):
            world.series.plan(wish(world), actor, world.now_us)
    with pytest.raises(refusals.BookingRefused, match="say why"):
        world.series.cancel_days(id_, Days(Which.ALL), world.actor(1), world.now_us)
    world.series.cancel_days(id_, Days(Which.ALL), world.actor(1), world.now_us, reason="zieht weg")
    assert world.chain()[-1] == {
        "what": "series_cancelled", "series": id_, "space": SPACE, "days": 4, "reason": "zieht weg",
        "member": world.jo, "by": 1,
    }  # fmt: skip


def test_events_come_in_series_too(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    rule = SeriesRule(Frequency.MONTHLY, date(2026, 11, 20), date(2027, 2, 28), time(19), time(), 1, (4,), -1)
    series = world.series.book_series(
        wish(world, desk="", rule=rule, kind=BookingKind.EVENT, member=None, reason="Stammtisch"),
        world.actor(1),
        world.now_us,
    )
    assert [one.series_day.day for one in series.bookings if one.series_day] == [27, 25, 29, 26]
    assert {len(one.desks) for one in series.bookings} == {4}
    assert len(world.active()) == 16
