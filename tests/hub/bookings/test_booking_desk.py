"""Single bookings: who may what, what is refused and why, and that doors and the log are told."""

from dataclasses import replace
from datetime import date
from datetime import time as wall
from functools import partial
from typing import Any

import pytest

from hub.booking_ports import Blocking, Change, Query, SeriesWish, Wish
from hub.domain import booking_refusals as refusals
from hub.domain.booking import Booking, BookingKind, BookingState, CheckInWay
from hub.domain.errors import NotAllowed, RuleRefused, UnknownSpace
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.requests import Request
from hub.domain.series import Frequency, SeriesRule
from hub.domain.space import Granularity
from hub.domain.time import Interval
from tests.hub.bookings.world import BARE, A, B, BookingWorld, berlin, span
from tests.hub.desks.world import CLI, OTHER, SPACE
from tests.hub.domain.overlaps import OVERLAPS
from tests.parts.queries import counting

MORNING = span("09:00", "12:00")


def test_what_was_booked_reads_back_equal_and_doors_are_told(world: BookingWorld) -> None:
    before = world.wanted()
    made = world.book(MORNING, note="  am \x00 Fenster ")
    assert made == Booking(
        made.id, SPACE, BookingKind.DESK, (A,), MORNING, BookingState.BOOKED, world.jo, 1, world.now_us,
        world.now_us, "am Fenster",
    )  # fmt: skip
    assert world.bookings.booking(made.id, world.me(world.jo)) == made
    assert world.active() == [(A, MORNING.start_us, MORNING.end_us)]
    assert world.wanted() == {key: count + (SPACE in key) for key, count in before.items()}


@pytest.mark.parametrize(("other", "overlaps"), OVERLAPS)
def test_a_desk_that_is_taken_is_refused_with_when(
    world: BookingWorld, other: tuple[int, int], overlaps: bool
) -> None:
    # In the overlap table six o'clock is the earliest: three hours later here, when the space is open.
    world.book(span("11:00", "14:00"))
    wanted = span(f"{other[0] + 2:02}:00", f"{other[1] + 2:02}:00")
    if overlaps:
        with pytest.raises(refusals.DeskTaken) as refused:
            world.book(wanted, member=world.mia)
        assert refused.value.data["start_us"] == berlin("2026-11-19T11:00")
    else:
        world.book(wanted, member=world.mia)
    world.book(wanted, B, member=world.mia if overlaps else world.jo)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"time": span("09:00", "10:00", "2026-11-17")}, refusals.InThePast),
        ({"time": span("09:30", "10:30")}, refusals.NotAligned),
        ({"time": span("17:00", "19:00")}, refusals.OutsideHours),
        ({"time": span("09:00", "10:00", "2026-11-21")}, refusals.OutsideHours),
        ({"time": span("09:00", "10:00", "2026-12-25")}, refusals.OutsideHours),
        ({"time": span("09:00", "10:00", "2027-02-01")}, refusals.TooFarAhead),
        ({"time": Interval(-(10**17), 10**15)}, refusals.InThePast),
        ({"time": Interval(10**16, 10**19)}, refusals.TooFarAhead),
        ({"time": Interval(MORNING.end_us, MORNING.start_us)}, refusals.TooLong),
        ({"desk": "zimmer"}, refusals.UnknownDesk),
        ({"kind": BookingKind.MAINTENANCE}, NotAllowed),
        ({"kind": BookingKind.EVENT, "desk": ""}, NotAllowed),
        ({"beyond_rules": True}, NotAllowed),
    ],
)
def test_what_a_member_can_not_have_is_refused_and_nothing_is_stored(
    sqlite_world: BookingWorld, values: dict[str, Any], refusal: type[Exception]
) -> None:
    wanted: dict[str, Any] = {"time": MORNING} | values
    before = sqlite_world.wanted()
    with pytest.raises(refusal):
        sqlite_world.book(wanted.pop("time"), wanted.pop("desk", A), **wanted)
    assert sqlite_world.rows("SELECT * FROM booking") == []
    assert sqlite_world.wanted() == before


def test_limits_are_those_of_the_space(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.space(concurrent=2, per_week=2)
    world.book(MORNING)
    with pytest.raises(refusals.TwoDesksAtOnce) as refused:
        world.book(span("11:00", "13:00"), B)
    assert refused.value.data["desk"] == A
    world.book(span("12:00", "13:00"), B)
    with pytest.raises(refusals.TooManyBookings):
        world.book(span("09:00", "10:00", "2026-11-30"))
    world.space(per_week=2, several_desks=True)
    world.book(span("09:00", "10:00", "2026-11-30"))
    with pytest.raises(refusals.TooManyThisWeek):
        world.book(span("09:00", "10:00", "2026-11-20"))


def test_a_membership_must_hold_on_the_day(sqlite_world: BookingWorld) -> None:
    guest = sqlite_world.members.member(sqlite_world.jo, CLI)
    elsewhere = replace(guest.memberships[0], space=OTHER)
    sqlite_world.members.save_member(replace(guest, memberships=(elsewhere,)), CLI, sqlite_world.now_us)
    with pytest.raises(refusals.NoMembership, match="2026-11-19"):
        sqlite_world.book(MORNING)


def test_who_has_a_key_for_all_hours_books_all_hours(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    owl = world.somebody("Eule", AccessHours.ALWAYS)
    made = world.book(span("20:00", "23:00"), member=owl)
    assert made.any_hours
    assert not world.book(MORNING).any_hours


def test_days_are_booked_whole_where_the_space_says_so(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.space(Granularity.DAY)
    with pytest.raises(refusals.NotAligned) as refused:
        world.book(MORNING)
    whole = Interval(refused.value.data["start_us"], refused.value.data["end_us"])  # type: ignore[arg-type]
    assert world.book(whole).time == span("00:00", "24:00")
    assert world.book(span("00:00", "24:00", "2026-11-18"), B).time.start_us < world.now_us, (
        "today still runs"
    )


def test_others_book_nothing_for_a_member_and_see_nothing(world: BookingWorld) -> None:
    made = world.book(MORNING)
    for actor in (world.me(world.mia), world.actor(3), world.actor(4), world.actor(5)):
        with pytest.raises(NotAllowed):
            world.book(span("13:00", "14:00"), actor=actor, reason="einfach so")
        desk, now_us = world.bookings, world.now_us
        for work in (
            partial(desk.booking, made.id, actor),
            partial(desk.cancel, made.id, actor, now_us, reason="einfach so"),
            partial(desk.change, made.id, Change(note="x"), 1, actor, now_us, reason="einfach so"),
            partial(desk.check_in, made.id, actor, now_us),
            partial(desk.restore, made.id, actor, now_us),
        ):
            with pytest.raises(refusals.UnknownBooking):
                work()
        with pytest.raises(NotAllowed):
            world.bookings.bookings(Query(SPACE), actor)
    assert world.states() == {made.id: "booked"}


def test_a_host_books_for_somebody_with_a_reason_that_the_log_keeps(world: BookingWorld) -> None:
    host = world.actor(1)
    with pytest.raises(refusals.BookingRefused) as refused:
        world.book(MORNING, actor=host)
    assert refused.value.code == "no_reason"
    made = world.book(MORNING, actor=host, reason="am Telefon")
    assert world.chain()[-1] == {
        "what": "booking_made", "booking": made.id, "space": SPACE, "member": world.jo, "by": 1,
        "reason": "am Telefon",
    }  # fmt: skip


def test_a_host_books_for_nobody_of_another_controller_and_is_not_told_that_they_are_there(
    world: BookingWorld,
) -> None:
    host, away = world.actor(1), Membership(OTHER, AccessHours.ALWAYS, date(2026, 1, 1))
    foreign = world.members.save_member(Member(0, "Olga", memberships=(away,)), CLI, world.now_us)
    rule = SeriesRule(Frequency.DAILY, date(2026, 11, 20), date(2026, 11, 21), wall(9), wall(10))
    asked = (
        lambda: world.book(MORNING, member=foreign, actor=host, reason="am Telefon", beyond_rules=True),
        lambda: world.series.plan(
            SeriesWish(SPACE, A, rule, foreign, reason="am Telefon", beyond_rules=True), host, world.now_us
        ),
        lambda: world.series.book_series(
            SeriesWish(SPACE, A, rule, foreign, reason="am Telefon", beyond_rules=True), host, world.now_us
        ),
        lambda: world.blockings.block(
            Blocking(SPACE, BookingKind.HOLD, MORNING, (A,), "am Telefon", foreign), host, world.now_us
        ),
    )
    for one in asked:
        with pytest.raises(RuleRefused) as refused:
            one()
        assert refused.value.code == "unknown_member"
    assert world.active() == []
    was_here = replace(away, space=SPACE, valid_to=date(2026, 1, 31))
    former = world.members.save_member(Member(0, "Fred", memberships=(was_here,)), CLI, world.now_us)
    assert (
        world.book(MORNING, member=former, actor=host, reason="kommt wieder", beyond_rules=True).member
        == former
    )


def test_a_host_goes_beyond_every_rule_but_a_taken_desk(world: BookingWorld) -> None:
    host = world.actor(1)
    world.space(concurrent=1, advance_days=7)
    world.book(MORNING)
    late = span("20:00", "22:00", "2027-03-06")
    made = world.book(late, actor=host, beyond_rules=True, reason="Lesung")
    assert made.any_hours
    world.book(span("09:00", "10:00"), B, actor=host, beyond_rules=True, reason="zweiter Tisch")
    with pytest.raises(refusals.DeskTaken):
        world.book(span("11:00", "13:00"), actor=host, beyond_rules=True, reason="eilig", member=world.mia)
    with pytest.raises(NotAllowed):
        world.book(late, B, actor=world.actor(3), beyond_rules=True, reason="fremd")
    guest = Wish(SPACE, B, span("14:00", "15:00"), None, reason="Gast des Hauses")
    assert world.bookings.book(guest, host, world.now_us).member is None


def test_an_event_takes_every_desk(world: BookingWorld) -> None:
    host = world.actor(1)
    world.book(MORNING, BARE)
    with pytest.raises(refusals.DeskTaken) as refused:
        world.book(span("11:00", "13:00"), "", actor=host, kind=BookingKind.EVENT, reason="Lesung")
    assert refused.value.data["desk"] == BARE
    made = world.book(
        span("19:00", "22:00"), "", actor=host, kind=BookingKind.EVENT, reason="Lesung", note="Lesung"
    )
    assert len(made.desks) == 4
    assert len(world.active()) == 5
    world.bookings.cancel(made.id, host, world.now_us, reason="krank")
    assert len(world.active()) == 1


def test_a_space_whose_hosts_book_lets_no_member_book(sqlite_world: BookingWorld) -> None:
    sqlite_world.space(bookable=False)
    with pytest.raises(NotAllowed) as refused:
        sqlite_world.book(MORNING)
    assert refused.value.code == "hosts_book_here"
    sqlite_world.book(MORNING, actor=sqlite_world.actor(1), reason="am Tresen")


@pytest.mark.parametrize("id_", ["", "x" * 16, "0" * 15, "a\x00" * 8, "é" * 16, "0" * 10_000])
def test_what_can_be_no_id_is_unknown(world: BookingWorld, id_: str) -> None:
    with pytest.raises(refusals.UnknownBooking):
        world.bookings.cancel(id_, CLI, world.now_us, reason="weg damit")
    with pytest.raises(refusals.UnknownSeries):
        world.series.series(id_, CLI)
    with pytest.raises(UnknownSpace):
        world.bookings.availability("kiel" + id_, MORNING, CLI)
    with pytest.raises(RuleRefused):
        world.bookings.bookings(Query(SPACE, after=f"1-{id_}"), CLI)


# -- the same request again


def test_a_request_that_comes_again_makes_no_second_booking(world: BookingWorld) -> None:
    request = Request("1:abc", b"d" * 32)
    first = world.book(MORNING, request=request)
    assert world.book(MORNING, request=request) == first
    with pytest.raises(refusals.OtherRequest):
        world.book(span("13:00", "14:00"), request=Request("1:abc", b"e" * 32))
    assert list(world.states()) == [first.id]


# -- change


def test_a_booking_is_moved_to_another_desk_and_time(world: BookingWorld) -> None:
    made = world.book(MORNING)
    other = world.book(span("13:00", "15:00"), B, member=world.mia)
    to = Change(desk=B, time=span("10:00", "13:00"))
    moved = world.bookings.change(made.id, to, 1, world.me(world.jo), world.now_us)
    assert (moved.desks, moved.time, moved.version) == ((B,), span("10:00", "13:00"), 2)
    with pytest.raises(refusals.DeskTaken):
        world.bookings.change(
            made.id, Change(time=span("12:00", "14:00")), 2, world.me(world.jo), world.now_us
        )
    assert world.bookings.booking(made.id, CLI) == moved
    assert world.bookings.booking(other.id, CLI) == other


def test_of_two_who_change_a_booking_the_second_is_told(world: BookingWorld) -> None:
    made = world.book(MORNING)
    world.bookings.change(made.id, Change(note="eins"), 1, world.me(world.jo), world.now_us)
    with pytest.raises(refusals.ChangedMeanwhile) as refused:
        world.bookings.change(made.id, Change(note="zwei"), 1, world.me(world.jo), world.now_us)
    assert refused.value.data["version"] == 2
    assert world.bookings.booking(made.id, CLI).note == "eins"


def test_of_a_booking_that_runs_only_the_end_changes(world: BookingWorld) -> None:
    made, me = world.book(MORNING), world.me(world.jo)
    world.at("2026-11-19T10:20")
    longer = world.bookings.change(made.id, Change(time=span("09:00", "14:00")), 1, me, world.now_us)
    shorter = world.bookings.change(made.id, Change(time=span("09:00", "11:00")), 2, me, world.now_us)
    assert (longer.time.end_us, shorter.time.end_us) == (
        span("09:00", "14:00").end_us,
        span("09:00", "11:00").end_us,
    )
    for change in (
        Change(time=span("11:00", "14:00")),
        Change(desk=B),
        Change(time=span("09:00", "10:00")),
    ):
        with pytest.raises(refusals.BookingRefused):
            world.bookings.change(made.id, change, 3, me, world.now_us)
    moved = world.bookings.change(
        made.id, Change(desk=B), 3, world.actor(1), world.now_us, reason="Stuhl kaputt"
    )
    assert moved.desks == (B,)
    assert world.chain()[-1]["what"] == "booking_changed"


# -- cancel and restore


def test_cancelled_in_one_step_and_restored_until_its_begin_while_free(world: BookingWorld) -> None:
    made, me = world.book(MORNING), world.me(world.jo)
    gone = world.bookings.cancel(made.id, me, world.now_us)
    assert (gone.state, gone.ended_us) == (BookingState.CANCELLED, world.now_us)
    assert world.bookings.cancel(made.id, me, world.now_us + 1) == gone, "twice is once"
    world.at("2026-11-19T08:59")
    back = world.bookings.restore(made.id, me, world.now_us)
    assert (back.state, back.ended_us, back.fresh_us) == (BookingState.BOOKED, None, world.now_us)
    world.bookings.cancel(made.id, me, world.now_us)
    other = world.book(span("10:00", "11:00"), member=world.mia)
    with pytest.raises(refusals.DeskTaken):
        world.bookings.restore(made.id, me, world.now_us)
    world.bookings.cancel(other.id, world.me(world.mia), world.now_us)
    world.at("2026-11-19T09:00")
    with pytest.raises(refusals.TooLate):
        world.bookings.restore(made.id, me, world.now_us)
    assert world.bookings.restore(made.id, world.actor(1), world.now_us, reason="Irrtum").is_active


def test_the_deadline_binds_members_and_not_hosts(world: BookingWorld) -> None:
    world.space(cancel_until_min=120)
    made, me = world.book(MORNING), world.me(world.jo)
    world.at("2026-11-19T07:00")
    for work in (
        partial(world.bookings.cancel, made.id, me, world.now_us),
        partial(world.bookings.change, made.id, Change(desk=B), 1, me, world.now_us),
    ):
        with pytest.raises(refusals.TooLateToCancel) as refused:
            work()
        assert refused.value.data["deadline_us"] == berlin("2026-11-19T07:00")
    world.at("2026-11-19T10:00")
    cancelled = world.bookings.cancel(made.id, world.actor(1), world.now_us, reason="krank gemeldet")
    assert cancelled.ended_reason == "krank gemeldet"


# -- check-in


def test_a_member_checks_in_by_phone_and_a_host_by_hand(world: BookingWorld) -> None:
    mine, other = world.book(MORNING), world.book(MORNING, B, member=world.mia)
    with pytest.raises(refusals.TooEarly):
        world.bookings.check_in(mine.id, world.me(world.jo), world.now_us)
    world.at("2026-11-19T08:30")
    here = world.bookings.check_in(mine.id, world.me(world.jo), world.now_us)
    assert world.bookings.check_in(mine.id, world.me(world.jo), world.now_us + 1) == here
    world.bookings.check_in(other.id, world.actor(1), world.now_us)
    assert set(world.states().values()) == {"checked_in"}
    assert world.rows("SELECT member_pk, at_us, how, account_pk FROM check_in ORDER BY pk") == [
        (world.jo, world.now_us, CheckInWay.PHONE, None),
        (world.mia, world.now_us, CheckInWay.HOST, 1),
    ]
    assert [tuple(map(str, row)) for row in world.rows("SELECT day, member_pk FROM visit ORDER BY 2")] == [
        ("2026-11-19", str(world.jo)),
        ("2026-11-19", str(world.mia)),
    ]
    with pytest.raises(refusals.WrongState):
        world.bookings.cancel(mine.id, world.me(world.jo), world.now_us)


# -- lists and availability


def test_pages_follow_each_other_without_gap_or_double(world: BookingWorld) -> None:
    made = [world.book(span(f"{hour:02}:00", f"{hour + 1:02}:00")).id for hour in range(9, 16)]
    other = world.book(MORNING, B, member=world.mia)
    me, found, after = world.me(world.jo), [], ""
    while True:
        page = world.bookings.bookings(Query(SPACE, world.jo, after=after, limit=3), me)
        found += [one.id for one in page.bookings]
        after = page.after
        if not after:
            break
    assert found == made
    everybody = world.bookings.bookings(Query(SPACE, time=span("09:00", "10:00")), world.actor(1))
    assert {one.id for one in everybody.bookings} == {made[0], other.id}
    with pytest.raises(RuleRefused, match="none of ours"):
        world.bookings.bookings(Query(SPACE, world.jo, after="1; DROP TABLE"), me)
    with pytest.raises(refusals.BookingRefused, match="1 to 500"):
        world.bookings.bookings(Query(SPACE, world.jo, limit=0), me)


def test_availability_tells_when_desks_are_taken_and_not_by_whom(world: BookingWorld) -> None:
    world.book(MORNING)
    world.book(span("14:00", "16:00"), B, member=world.mia)
    day = span("08:00", "20:00")
    found = world.bookings.availability(SPACE, day, world.me(world.mia))
    assert found.taken == {A: (MORNING,), B: (span("14:00", "16:00"),)}
    assert found.closed == (span("18:00", "20:00"),)
    part = world.bookings.availability(SPACE, span("10:00", "15:00"), world.me(world.mia))
    assert part.taken == {A: (span("10:00", "12:00"),), B: (span("14:00", "15:00"),)}
    world.book(span("12:00", "13:00"))
    joined = world.bookings.availability(SPACE, day, world.me(world.mia))
    assert joined.taken[A] == (span("09:00", "13:00"),), "nor where one ends and the next begins"
    assert world.bookings.availability(SPACE, span("13:00", "14:00"), CLI).taken == {}
    assert found.free(span("11:00", "15:00")) == ("flur", BARE)
    assert found.free(span("12:00", "14:00")) == (A, B, "flur", BARE)
    for actor in (world.actor(3), world.actor(4), world.actor(5)):
        with pytest.raises((NotAllowed, refusals.NoMembership)):
            world.bookings.availability(SPACE, day, actor)
    for time in (Interval(0, 1), Interval(10**17, 3 * 10**17), Interval(day.start_us, day.start_us)):
        with pytest.raises(refusals.BookingRefused):
            world.bookings.availability(SPACE, time, CLI)


def test_bookings_are_read_in_a_constant_number_of_queries(world: BookingWorld) -> None:
    world.book(MORNING)
    with counting(world.engine) as few:
        world.bookings.bookings(Query(SPACE), CLI)
        world.bookings.availability(SPACE, span("08:00", "20:00"), CLI)
    for hour in range(12, 17):
        world.book(span(f"{hour}:00", f"{hour + 1}:00"), B)
    with counting(world.engine) as many:
        assert len(world.bookings.bookings(Query(SPACE), CLI).bookings) == 6
        world.bookings.availability(SPACE, span("08:00", "20:00"), CLI)
    assert many.count == few.count


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_clocks_change_is_booked_whole(
    sqlite_world: BookingWorld, day: str, hours: int
) -> None:
    world = sqlite_world
    owl = world.somebody("Eule", AccessHours.ALWAYS)
    world.space(Granularity.DAY)
    world.at(f"{day}T00:30")
    made = world.book(span("00:00", "24:00", day), member=owl)
    assert made.time.length_us == hours * 3_600_000_000
    world.space(several_desks=True)
    for hour in range(hours):
        start_us = made.time.start_us + hour * 3_600_000_000
        world.book(Interval(start_us, start_us + 3_600_000_000), B, member=owl)
    assert world.bookings.availability(SPACE, made.time, CLI).free(made.time) == ("flur", BARE)


def test_another_zone_has_its_own_day(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.space(Granularity.DAY, zone="America/New_York")
    with pytest.raises(refusals.NotAligned) as refused:
        world.book(span("00:00", "24:00"))
    data = refused.value.data
    assert data["zone"] == "America/New_York"
    made = world.book(Interval(data["start_us"], data["end_us"]))  # type: ignore[arg-type]
    assert made.time.start_us == berlin("2026-11-18T06:00")


def test_bookings_beyond_the_last_day_of_a_membership_end_with_it(world: BookingWorld) -> None:
    last = world.book(span("09:00", "10:00", "2026-11-20"))
    beyond = world.book(span("09:00", "10:00", "2026-11-23"))
    others = world.book(span("11:00", "12:00", "2026-11-23"), member=world.mia)
    jo = world.members.member(world.jo, CLI)
    (right,) = jo.memberships
    ended = replace(jo, memberships=(replace(right, valid_to=date(2026, 11, 20)),))
    world.members.save_member(ended, CLI, world.now_us)
    assert world.states() == {last.id: "booked", beyond.id: "cancelled", others.id: "booked"}
    longer = replace(ended, memberships=(replace(right, valid_to=date(2026, 12, 20)),))
    world.members.save_member(longer, CLI, world.now_us)
    assert world.states()[last.id] == "booked"
    world.members.save_member(replace(longer, memberships=()), CLI, world.now_us)
    assert world.states() == {last.id: "cancelled", beyond.id: "cancelled", others.id: "booked"}
