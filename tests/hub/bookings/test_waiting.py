"""Who waits gets what became free: first come first, for a term, and then the next; nobody gets between."""

from datetime import date, time
from functools import partial

import pytest

from hub.booking_ports import Blocking, Change, Days, SeriesWish, Which
from hub.domain import booking_refusals as refusals
from hub.domain.booking import BookingKind
from hub.domain.errors import NotAllowed
from hub.domain.series import Frequency, SeriesRule
from hub.domain.space import Granularity
from hub.domain.time import Interval
from hub.domain.waiting import MAX_WAITS, MIN_HOLD_US, held_until_us, rest_of
from hub.services.person_desk import PersonService
from hub.storage.access_unit import SqlUnits
from hub.storage.person_rows import PersonRows
from hub.waiting_ports import WaitWish
from tests.hub.bookings.world import BARE, A, B, BookingWorld, C, berlin, span
from tests.hub.desks.world import CLI, SPACE
from tests.hub.domain.overlaps import OVERLAPS
from tests.hub.domain.test_booking_rules import space

MORNING = span("09:00", "12:00")
MINUTE_US = 60_000_000


def cancel(world: BookingWorld, booking: str) -> None:
    world.bookings.cancel(booking, CLI, world.now_us, reason="abgesagt")


def held(world: BookingWorld) -> dict[str, str]:
    """Return for whom which desk is held, as the list and the claims say."""
    return dict(
        world.rows(
            "SELECT m.name, d.id FROM waiting w JOIN member m ON m.pk = w.member_pk JOIN booking b ON b.pk = w.hold_pk"
            " JOIN claim c ON c.booking_pk = b.pk JOIN desk d ON d.pk = c.desk_pk WHERE c.is_active"
        )
    )


def letters(world: BookingWorld) -> list[int]:
    """Return to whom it was written that something is held."""
    return [
        row[0] for row in world.rows("SELECT member_pk FROM outbox WHERE kind = 'place_free' ORDER BY pk")
    ]


def test_who_waits_has_it_before_others_when_it_becomes_free_and_books_in_one_click(
    world: BookingWorld,
) -> None:
    made = world.book(MORNING)
    wait = world.wait(MORNING)
    assert world.wait(MORNING) == wait, "in line already"
    assert [one.ahead for one in world.waiting.turns(world.me(world.mia), world.now_us)] == [0]
    with pytest.raises(refusals.NothingHeld):
        world.waiting.confirm(wait.id, world.me(world.mia), world.now_us)
    cancel(world, made.id)
    assert held(world) == {"Mia": A}
    assert letters(world) == [world.mia]
    for somebody in (world.jo, world.somebody("Ada")):
        with pytest.raises(refusals.DeskTaken):
            world.book(MORNING, member=somebody)
    with pytest.raises(refusals.DeskTaken):
        world.bookings.restore(made.id, world.me(world.jo), world.now_us)
    booked = world.waiting.confirm(wait.id, world.me(world.mia), world.now_us)
    assert (booked.kind, booked.member, booked.desks, booked.time) == (
        BookingKind.DESK, world.mia, (A,), MORNING,
    )  # fmt: skip
    assert world.active() == [(A, MORNING.start_us, MORNING.end_us)]
    assert world.rows("SELECT * FROM waiting") == []
    with pytest.raises(refusals.UnknownWait):
        world.waiting.confirm(wait.id, world.me(world.mia), world.now_us)


@pytest.mark.parametrize(("other", "overlaps"), OVERLAPS)
def test_of_a_time_that_is_held_nobody_else_gets_any_part(
    world: BookingWorld, other: tuple[int, int], overlaps: bool
) -> None:
    made = world.book(span("11:00", "14:00"))
    world.wait(span("11:00", "14:00"))
    cancel(world, made.id)
    wanted = span(f"{other[0] + 2:02}:00", f"{other[1] + 2:02}:00")
    if overlaps:
        with pytest.raises(refusals.DeskTaken):
            world.book(wanted)
    else:
        world.book(wanted)


@pytest.mark.parametrize(("other", "overlaps"), OVERLAPS)
def test_what_becomes_free_is_held_when_all_of_the_time_is(
    sqlite_world: BookingWorld, other: tuple[int, int], overlaps: bool
) -> None:
    # Of what is waited for, something else takes a part, or none.
    world, wanted = sqlite_world, span(f"{other[0] + 2:02}:00", f"{other[1] + 2:02}:00")
    world.space(several_desks=True)
    made = world.book(span("11:00", "14:00"))
    if not overlaps:
        with pytest.raises(refusals.NoNeedToWait):
            world.wait(wanted)
        return
    wait = world.wait(wanted)
    assert wait.is_for(made)
    cancel(world, made.id)
    assert held(world) == {"Mia": A}
    assert world.active() == [(A, wanted.start_us, wanted.end_us)]


def test_a_hold_that_nobody_confirms_goes_to_the_next_who_may(world: BookingWorld) -> None:
    world.space(hold_min=45)
    ada = world.somebody("Ada")
    made = world.book(MORNING)
    world.wait(MORNING)
    # Ada comes second, but has another desk then; Eva comes third.
    world.book(MORNING, B, ada)
    eva = world.somebody("Eva")
    world.wait(MORNING, member=ada)
    wait = world.wait(MORNING, member=eva)
    assert world.waiting.turn(wait.id, world.me(eva), world.now_us).ahead == 2
    cancel(world, made.id)
    assert held(world) == {"Mia": A}
    world.at("2026-11-18T10:24")
    assert world.line.run(world.now_us) == []
    world.at("2026-11-18T10:25")
    assert world.line.run(world.now_us) == [SPACE]
    assert held(world) == {"Eva": A}
    assert letters(world) == [world.mia, eva]
    assert world.line.run(world.now_us) == [], "once"
    assert [row[0] for row in world.rows("SELECT member_pk FROM waiting ORDER BY pk")] == [ada, eva]


def test_a_hold_that_is_over_is_in_nobody_s_way_before_the_jobs_have_looked(world: BookingWorld) -> None:
    made = world.book(MORNING)
    wait = world.wait(MORNING)
    cancel(world, made.id)
    world.at("2026-11-18T10:10")
    with pytest.raises(refusals.NothingHeld):
        world.waiting.confirm(wait.id, world.me(world.mia), world.now_us)
    assert world.book(MORNING).member == world.jo
    assert world.rows("SELECT * FROM waiting") == []


def test_whoever_comes_when_a_hold_is_over_is_behind_the_line(world: BookingWorld) -> None:
    ada = world.somebody("Ada")
    made = world.book(MORNING)
    world.wait(MORNING)
    world.wait(MORNING, member=ada)
    cancel(world, made.id)
    world.at("2026-11-18T10:10")
    with pytest.raises(refusals.DeskTaken):
        world.book(MORNING)
    assert world.book(MORNING, member=ada).member == ada, "it is Ada's turn"
    assert world.rows("SELECT * FROM waiting") == []
    assert letters(world) == [world.mia], "who is there needs no letter"


def test_a_no_show_s_desk_goes_to_the_line(world: BookingWorld) -> None:
    world.book(MORNING, BARE)
    world.wait(MORNING, BARE)
    world.at("2026-11-19T09:30")
    assert world.release.run(world.now_us) == [SPACE]
    assert held(world) == {"Mia": BARE}
    assert world.rows("SELECT until_us FROM waiting") == [(berlin("2026-11-19T09:40"),)]
    with pytest.raises(refusals.DeskTaken):
        world.book(span("09:00", "11:00"), BARE, world.somebody("Ada"))


def test_any_desk_will_do(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.space(several_desks=True)
    made = [world.book(MORNING, desk) for desk in (A, B, C, BARE)]
    world.wait(MORNING, "")
    with pytest.raises(refusals.UnknownDesk):
        world.wait(MORNING, "zimmer")
    cancel(world, made[2].id)
    assert held(world) == {"Mia": C}


def test_ways_in_which_something_becomes_free(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.space(several_desks=True)
    actor, now_us = world.me(world.jo), world.now_us
    moved = world.book(MORNING)
    world.wait(MORNING)
    world.bookings.change(moved.id, Change(B), 1, actor, now_us)
    assert held(world) == {"Mia": A}
    world.waiting.leave(
        world.waiting.turns(world.me(world.mia), now_us)[0].wait.id, world.me(world.mia), now_us
    )
    assert (held(world), world.rows("SELECT * FROM waiting")) == ({}, [])

    daily = SeriesRule(Frequency.DAILY, date(2026, 11, 19), date(2026, 11, 20), time(13), time(15))
    series = world.series.book_series(SeriesWish(SPACE, A, daily, world.jo), actor, now_us)
    world.wait(span("13:00", "15:00", "2026-11-20"))
    world.series.cancel_days(series.id, Days(Which.ALL), actor, now_us)
    assert held(world) == {"Mia": A}

    blocking = Blocking(SPACE, BookingKind.MAINTENANCE, span("15:00", "17:00"), (A,), "Lampe")
    blocked, _ = world.blockings.block(blocking, CLI, now_us)
    world.wait(span("16:00", "17:00"), member=world.jo)
    world.blockings.lift(blocked.id, CLI, now_us)
    assert held(world) == {"Mia": A, "Jo": A}


def test_a_host_takes_back_what_is_held_and_the_next_has_it(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    made = world.book(MORNING)
    world.wait(MORNING)
    world.wait(MORNING, member=world.somebody("Ada"))
    cancel(world, made.id)
    ((hold,),) = world.rows("SELECT id FROM booking WHERE kind = 'hold' AND is_active")
    world.blockings.lift(hold, CLI, world.now_us)
    assert held(world) == {"Ada": A}
    # What must be repaired is repaired, whoever waits; they go on waiting.
    broken = Blocking(SPACE, BookingKind.MAINTENANCE, MORNING, (A,), "Lampe", displace=True)
    lamp, _ = world.blockings.block(broken, CLI, world.now_us)
    assert held(world) == {}
    world.blockings.lift(lamp.id, CLI, world.now_us)
    assert held(world) == {"Ada": A}


def test_who_books_a_part_of_what_is_held_leaves_the_rest_to_the_next(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    made = world.book(MORNING)
    world.wait(MORNING)
    world.wait(span("11:00", "12:00"), member=world.somebody("Ada"))
    cancel(world, made.id)
    world.book(span("09:00", "11:00"), member=world.mia)
    assert held(world) == {"Ada": A}
    assert [desk for desk, _, _ in world.active()] == [A, A]


def test_who_finds_a_desk_elsewhere_waits_no_more_for_any(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.space(several_desks=True)
    taken = [world.book(MORNING, desk) for desk in (A, B, C, BARE)]
    world.wait(MORNING, "")
    world.wait(MORNING, A)
    world.bookings.cancel(world.book(span("13:00", "14:00")).id, CLI, world.now_us, reason="abgesagt")
    assert held(world) == {}, "another time is no help"
    world.bookings.cancel(taken[2].id, CLI, world.now_us, reason="abgesagt")
    assert held(world) == {"Mia": C}
    world.book(MORNING, C, world.mia)
    assert world.rows("SELECT d.id FROM waiting w LEFT JOIN desk d ON d.pk = w.desk_pk") == [(A,)]


def test_what_is_over_is_no_longer_waited_for(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.book(MORNING)
    wait = world.wait(MORNING)
    world.at("2026-11-19T12:00")
    assert world.waiting.turns(world.me(world.mia), world.now_us) == []
    with pytest.raises(refusals.UnknownWait):
        world.waiting.turn(wait.id, world.me(world.mia), world.now_us)
    world.line.run(world.now_us)
    assert world.rows("SELECT * FROM waiting") == []


def test_what_is_refused(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    with pytest.raises(refusals.NoNeedToWait) as refused:
        world.wait(MORNING)
    assert refused.value.data["desk"] == A
    world.book(MORNING)
    wait = world.wait(MORNING)
    jo, now_us = world.me(world.jo), world.now_us
    for work in (world.waiting.confirm, world.waiting.leave, world.waiting.turn):
        with pytest.raises(refusals.UnknownWait):
            work(wait.id, jo, now_us)
        with pytest.raises(refusals.UnknownWait):
            work("x\x00", jo, now_us)
    with pytest.raises(NotAllowed):
        world.waiting.wait(WaitWish(SPACE, A, MORNING), CLI, now_us)
    with pytest.raises(refusals.NotAligned):
        world.wait(span("09:30", "12:00"))
    world.book(span("08:00", "18:00", "2026-11-20"))
    for number in range(1, MAX_WAITS):
        hours = f"{8 + number // 9:02}:00", f"{9 + number // 9 + number % 9:02}:00"
        world.wait(span(*hours, "2026-11-20"))
    with pytest.raises(refusals.TooManyWaits):
        world.wait(span("11:00", "18:00", "2026-11-20"))
    world.space(hold_min=0)
    with pytest.raises(refusals.NoWaitingList):
        world.wait(span("10:00", "11:00"), member=world.jo)


def test_an_erased_member_waits_for_nothing_and_holds_nothing(world: BookingWorld) -> None:
    made = world.book(MORNING)
    world.wait(MORNING)
    cancel(world, made.id)
    persons = PersonService(SqlUnits(world.engine, PersonRows))
    persons.erase(world.mia, CLI, world.now_us)
    assert world.active() == []
    assert world.rows("SELECT * FROM waiting") == []
    assert world.line.run(world.now_us) == []


@pytest.mark.parametrize(
    ("now", "rest"),
    [
        ("2026-11-19T08:59", MORNING),
        ("2026-11-19T09:59", MORNING),
        ("2026-11-19T10:00", span("10:00", "12:00")),
        ("2026-11-19T11:59", span("11:00", "12:00")),
        ("2026-11-19T12:00", None),
    ],
)
def test_of_a_time_that_has_begun_the_rest_is_offered(now: str, rest: Interval | None) -> None:
    assert rest_of(space(), MORNING, berlin(now)) == rest


@pytest.mark.parametrize(
    ("now", "term_min", "minutes"),
    [
        pytest.param("2026-11-18T09:00", 30, 30, id="the day before"),
        pytest.param("2026-11-19T08:40", 30, 20, id="until its begin"),
        pytest.param("2026-11-19T08:55", 30, 10, id="long enough to read a letter"),
        pytest.param("2026-11-19T08:55", 5, 5, id="unless the space wants it shorter"),
        pytest.param("2026-11-19T10:00", 30, 10, id="it has begun"),
        pytest.param("2026-11-19T11:57", 30, 3, id="until its end"),
    ],
)
def test_a_hold_lasts_for_the_term_but_until_its_begin(now: str, term_min: int, minutes: int) -> None:
    assert held_until_us(space(hold_min=term_min), MORNING, berlin(now)) == berlin(now) + minutes * MINUTE_US
    assert MIN_HOLD_US == 10 * MINUTE_US


def test_the_rest_of_a_half_day_is_all_of_it() -> None:
    whole = span("00:00", "24:00")
    look = partial(rest_of, space(Granularity.HALF_DAY), whole)
    assert look(berlin("2026-11-19T11:00")) == whole
    assert look(berlin("2026-11-19T13:00")) == Interval(berlin("2026-11-19T12:00"), whole.end_us)
