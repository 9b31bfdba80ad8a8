"""What a space allows, each rule at its boundaries; and when a booking is released."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from hub.domain import booking_refusals as refusals
from hub.domain.booking import ACTIVE, TRANSITIONS, Booking, BookingInput, BookingKind, BookingState, after
from hub.domain.booking_limits import (
    Held,
    check_advance,
    check_check_in,
    check_deadline,
    check_limits,
    check_membership,
    check_open,
    check_when,
)
from hub.domain.no_show import Silence, Verdict, judge
from hub.domain.occupancy import DeskState, DeskView, DeviceStatus, Trouble
from hub.domain.people import AccessHours, Membership
from hub.domain.space import (
    Desk,
    Granularity,
    OpeningPeriod,
    Phase,
    Space,
    SpaceBookings,
    SpaceKind,
)
from hub.domain.time import Interval, to_us
from tests.hub.domain.overlaps import HOUR_US, OVERLAPS, hours

BERLIN = "Europe/Berlin"
MINUTE_US = 60_000_000
OPEN = tuple(OpeningPeriod(day, time(8), time(18)) for day in range(5))


def utc(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


NOW_US = utc("2026-11-18T08:40")  # a Wednesday, 9:40 in Berlin
BASE_US = utc("2026-11-17T23:00")  # its midnight


def space(grid: Granularity = Granularity.HOUR, zone: str = BERLIN, **rules: Any) -> Space:
    return Space(
        "moelln", "moelln", "Clubheim", SpaceKind.CLUB, Phase.OPERATION, date(2020, 1, 1), zone, opening=OPEN,
        granularity=grid, bookings=SpaceBookings(**rules),
    )  # fmt: skip


def booking(
    state: BookingState = BookingState.BOOKED, time_: Interval | None = None, **values: Any
) -> Booking:
    base: dict[str, Any] = {"version": 1, "created_us": 0, "fresh_us": 0, "member": 1}
    return Booking(
        "b" * 16, "moelln", BookingKind.DESK, ("t1",), time_ or hours(9, 12, BASE_US), state, **base | values
    )


def test_every_state_can_be_reached_and_only_the_active_ones_take_desks() -> None:
    assert set(TRANSITIONS.values()) == set(BookingState)
    assert {before for before, _ in TRANSITIONS} == set(BookingState)
    assert {state for state in BookingState if booking(state).is_active} == ACTIVE


@pytest.mark.parametrize("state", list(BookingState))
@pytest.mark.parametrize("given", list(BookingInput))
def test_what_is_not_in_the_table_is_refused(state: BookingState, given: BookingInput) -> None:
    if (state, given) in TRANSITIONS:
        assert after(booking(state), given) is TRANSITIONS[state, given]
    else:
        with pytest.raises(refusals.WrongState, match=f"is {state}"):
            after(booking(state), given)


@pytest.mark.parametrize(
    ("start", "end", "refusal"),
    [
        pytest.param(8, 9, refusals.InThePast, id="the hour before"),
        pytest.param(9, 12, None, id="the hour that runs"),
        pytest.param(10, 12, None, id="the next"),
        pytest.param(24 * 730 + 8, 24 * 730 + 9, None, id="the last day"),
        pytest.param(24 * 731 + 8, 24 * 731 + 9, refusals.TooFarAhead, id="a day more"),
        pytest.param(-24 * 700_000, 12, refusals.InThePast, id="the year 1"),
        pytest.param(24 * 2_900_000, 24 * 2_900_001, refusals.TooFarAhead, id="the year 9999"),
    ],
)
def test_when_a_booking_may_be(start: int, end: int, refusal: type[Exception] | None) -> None:
    wanted = hours(start, end, BASE_US)
    if refusal is None:
        check_when(space(), wanted, NOW_US)
    else:
        with pytest.raises(refusal):
            check_when(space(), wanted, NOW_US)


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [(18, 18, None), (19, None, refusals.NotOpenYet), (1, 17, refusals.ClosedForGood)],
)
def test_nobody_books_before_or_after_a_spaces_life(
    first: int, last: int | None, refusal: type[refusals.BookingRefused] | None
) -> None:
    life = replace(
        space(), valid_from=date(2026, 11, first), valid_to=None if last is None else date(2026, 11, last)
    )
    if refusal is not None:
        with pytest.raises(refusal, match=f"{first if refusal is refusals.NotOpenYet else last}: choose"):
            check_when(life, hours(10, 12, BASE_US), NOW_US)
    else:
        check_when(life, hours(10, 12, BASE_US), NOW_US)


def test_a_day_that_has_begun_can_be_booked() -> None:
    check_when(space(Granularity.DAY), hours(0, 24, BASE_US), NOW_US)
    check_when(space(Granularity.HALF_DAY), hours(0, 12, BASE_US), NOW_US)
    with pytest.raises(refusals.InThePast) as refused:
        check_when(space(Granularity.HALF_DAY), hours(0, 12, BASE_US), BASE_US + 12 * HOUR_US)
    assert refused.value.data["earliest_us"] == BASE_US + 12 * HOUR_US


@pytest.mark.parametrize(("day", "is_refused"), [(6, False), (7, False), (8, True)])
def test_members_book_so_many_local_days_ahead(day: int, is_refused: bool) -> None:
    wanted = hours(24 * day + 9, 24 * day + 10, BASE_US)
    if is_refused:
        with pytest.raises(refusals.TooFarAhead) as refused:
            check_advance(space(advance_days=7), wanted, NOW_US)
        assert refused.value.data["days"] == 7
        latest_us = refused.value.data["latest_us"]
        assert isinstance(latest_us, int)
        check_advance(space(advance_days=7), Interval(latest_us - HOUR_US, latest_us), NOW_US)
    else:
        check_advance(space(advance_days=7), wanted, NOW_US)
    check_advance(space(advance_days=0), wanted, NOW_US)


@pytest.mark.parametrize(("days", "is_refused"), [(61, False), (62, False), (63, True), (365, True)])
def test_one_booking_lasts_two_months_at_most_however_far_ahead_members_book(
    days: int, is_refused: bool
) -> None:
    wanted = hours(24, 24 * (1 + days), BASE_US)
    if is_refused:
        with pytest.raises(refusals.TooLong) as refused:
            check_advance(space(Granularity.DAY, advance_days=0), wanted, NOW_US)
        assert refused.value.data["days"] == 62
    else:
        check_advance(space(Granularity.DAY, advance_days=0), wanted, NOW_US)


@pytest.mark.parametrize(
    ("grid", "start", "end", "is_open"),
    [
        pytest.param(Granularity.HOUR, 8, 18, True, id="all opening hours"),
        pytest.param(Granularity.HOUR, 7, 9, False, id="an hour too early"),
        pytest.param(Granularity.HOUR, 17, 19, False, id="an hour too late"),
        pytest.param(Granularity.HALF_DAY, 0, 12, True, id="half a day"),
        pytest.param(Granularity.DAY, 0, 24, True, id="a day"),
        pytest.param(Granularity.DAY, 48, 96, False, id="Friday and Saturday"),
        pytest.param(Granularity.HOUR, 32, 33, False, id="on a holiday"),
    ],
)
def test_what_is_closed_can_not_be_booked(grid: Granularity, start: int, end: int, is_open: bool) -> None:
    holidays = {date(2026, 11, 19)}
    if is_open:
        check_open(space(grid), hours(start, end, BASE_US), holidays)
    else:
        with pytest.raises(refusals.OutsideHours, match="Clubheim is closed then"):
            check_open(space(grid), hours(start, end, BASE_US), holidays)


def test_a_space_may_be_bookable_on_holidays() -> None:
    check_open(space(holidays_open=True), hours(32, 33, BASE_US), {date(2026, 11, 19)})


@pytest.mark.parametrize(
    ("first", "last", "is_refused"),
    [(18, 18, False), (19, None, True), (1, 17, True), (1, None, False)],
)
def test_a_membership_holds_on_its_local_days(first: int, last: int | None, is_refused: bool) -> None:
    end = None if last is None else date(2026, 11, last)
    membership = Membership("moelln", AccessHours.NONE, date(2026, 11, first), end)
    if is_refused:
        with pytest.raises(refusals.NoMembership, match="2026-11-18"):
            check_membership(space(), membership, hours(0, 24, BASE_US))
    else:
        assert check_membership(space(), membership, hours(0, 24, BASE_US)) is membership
    with pytest.raises(refusals.NoMembership):
        check_membership(space(), None, hours(9, 12, BASE_US))


@pytest.mark.parametrize(("other", "overlaps"), OVERLAPS)
def test_one_desk_at_a_time(other: tuple[int, int], overlaps: bool) -> None:
    held, wanted = Held("a", "t1", hours(9, 12, BASE_US)), Held("", "t2", hours(*other, BASE_US))
    check_limits(space(several_desks=True), [held], [wanted], NOW_US)
    for mine, new in (([held], [wanted]), ([], [held, wanted])):
        if overlaps:
            with pytest.raises(refusals.TwoDesksAtOnce):
                check_limits(space(), mine, new, NOW_US)
        else:
            check_limits(space(), mine, new, NOW_US)


def test_what_overlaps_already_does_not_keep_from_booking_elsewhen() -> None:
    held = [Held("a", "t1", hours(9, 12, BASE_US)), Held("b", "t2", hours(10, 13, BASE_US))]
    check_limits(space(), held, [Held("", "t3", hours(13, 14, BASE_US))], NOW_US)
    with pytest.raises(refusals.TwoDesksAtOnce):
        check_limits(space(), held, [Held("", "t3", hours(12, 14, BASE_US))], NOW_US)


def test_open_bookings_are_counted() -> None:
    held = [Held(str(day), "t1", hours(24 * day + 9, 24 * day + 10, BASE_US)) for day in (-1, 1, 2)]
    new = Held("", "t1", hours(100, 101, BASE_US))
    check_limits(space(concurrent=3), held, [new], NOW_US)
    with pytest.raises(refusals.TooManyBookings) as refused:
        check_limits(space(concurrent=2), held, [new], NOW_US)
    assert refused.value.data == {"most": 2}


def test_bookings_of_one_local_week_are_counted() -> None:
    monday = utc("2026-11-15T23:00")  # Monday's midnight in Berlin, Sunday's evening in UTC
    held = [Held("a", "t1", hours(9, 10, monday)), Held("b", "t1", hours(-2, -1, monday))]
    new = Held("", "t1", hours(33, 34, monday))
    check_limits(space(per_week=2), held, [new], NOW_US)
    with pytest.raises(refusals.TooManyThisWeek, match="week of 2026-11-16"):
        check_limits(space(per_week=1), held, [new], NOW_US)


@pytest.mark.parametrize(("minutes", "is_refused"), [(61, False), (60, True), (59, True), (-1, True)])
def test_the_deadline_to_cancel(minutes: int, is_refused: bool) -> None:
    one = booking()
    now_us = one.time.start_us - minutes * MINUTE_US
    if is_refused:
        with pytest.raises(refusals.TooLateToCancel) as refused:
            check_deadline(space(cancel_until_min=60), one, now_us)
        assert refused.value.data["deadline_us"] == one.time.start_us - HOUR_US
    else:
        check_deadline(space(cancel_until_min=60), one, now_us)


@pytest.mark.parametrize(
    ("after_us", "refusal"),
    [
        (-30 * MINUTE_US - 1, refusals.TooEarly),
        (-30 * MINUTE_US, None),
        (3 * HOUR_US - 1, None),
        (3 * HOUR_US, refusals.TooLate),
    ],
)
def test_when_one_can_check_in(after_us: int, refusal: type[Exception] | None) -> None:
    one = booking()
    if refusal is None:
        check_check_in(space(), one, one.time.start_us + after_us)
    else:
        with pytest.raises(refusal):
            check_check_in(space(), one, one.time.start_us + after_us)


# -- no-show

START_US = hours(9, 12, BASE_US).start_us
GRACE_US = 30 * MINUTE_US
SENSOR, BARE = Desk("t1", "T1", sensor="pir", device="pi"), Desk("t1", "T1")
FREE = DeskView(SENSOR, DeskState.FREE, Trouble.NONE, START_US - HOUR_US)
NO_SENSOR = DeskView(BARE, DeskState.UNKNOWN, Trouble.NO_SENSOR)
OCCUPIED = DeskView(SENSOR, DeskState.OCCUPIED, Trouble.NONE, START_US + MINUTE_US)
UNPLUGGED = DeskView(SENSOR, DeskState.UNKNOWN, Trouble.UNPLUGGED, START_US)
LEFT = replace(FREE, since_us=START_US + 10 * MINUTE_US)
ONLINE, LOST = DeviceStatus.ONLINE, DeviceStatus.LOST


@pytest.mark.parametrize(
    ("desk", "cards", "minutes", "verdict"),
    [
        pytest.param(FREE, (ONLINE,), 29, Verdict.NOT_DUE, id="grace lasts"),
        pytest.param(FREE, (ONLINE,), 30, Verdict.RELEASE, id="grace is over, all silent"),
        pytest.param(FREE, (), 30, Verdict.RELEASE, id="no card is read there"),
        pytest.param(FREE, (ONLINE, LOST), 30, Verdict.CARDS_UNKNOWN, id="a door is away"),
        pytest.param(OCCUPIED, (ONLINE,), 30, Verdict.OCCUPIED, id="somebody is there, not confirmed"),
        pytest.param(LEFT, (ONLINE,), 39, Verdict.OCCUPIED, id="a cleaner left 29 minutes ago"),
        pytest.param(LEFT, (ONLINE,), 40, Verdict.RELEASE, id="a cleaner left 30 minutes ago"),
        pytest.param(UNPLUGGED, (ONLINE,), 90, Verdict.SENSOR_UNKNOWN, id="the sensor is unplugged"),
        pytest.param(NO_SENSOR, (ONLINE,), 30, Verdict.RELEASE, id="no sensor, card silent"),
        pytest.param(NO_SENSOR, (LOST,), 30, Verdict.CARDS_UNKNOWN, id="no sensor, and the door away"),
        pytest.param(FREE, (ONLINE,), 180, Verdict.NOT_DUE, id="it is over"),
        pytest.param(FREE, (ONLINE,), -1, Verdict.NOT_DUE, id="it has not begun"),
    ],
)
def test_a_booking_is_released_only_when_card_and_sensor_were_silent_and_heard(
    desk: DeskView, cards: tuple[DeviceStatus, ...], minutes: int, verdict: Verdict
) -> None:
    silence = Silence(desk, cards)
    assert judge(booking(), SpaceBookings(), silence, START_US + minutes * MINUTE_US) is verdict


@pytest.mark.parametrize(("minutes", "verdict"), [(69, Verdict.NOT_DUE), (70, Verdict.RELEASE)])
def test_a_late_booking_has_fresh_grace(minutes: int, verdict: Verdict) -> None:
    late = booking(fresh_us=START_US + 40 * MINUTE_US)
    assert judge(late, SpaceBookings(), Silence(FREE), START_US + minutes * MINUTE_US) is verdict


def test_only_somebodys_desk_that_is_not_checked_in_is_released() -> None:
    now_us = START_US + 2 * GRACE_US
    for one in (
        booking(BookingState.CHECKED_IN),
        booking(BookingState.CANCELLED),
        replace(booking(), kind=BookingKind.EVENT),
        replace(booking(), kind=BookingKind.MAINTENANCE),
    ):
        assert judge(one, SpaceBookings(), Silence(FREE), now_us) is Verdict.NOT_DUE
    assert judge(booking(), SpaceBookings(release=False), Silence(FREE), now_us) is Verdict.NOT_DUE


def test_who_stays_at_the_same_desk_needs_no_second_card() -> None:
    silence = Silence(FREE, (ONLINE,), continues=True)
    assert judge(booking(), SpaceBookings(), silence, START_US) is Verdict.CONTINUES
    assert judge(booking(), SpaceBookings(), silence, START_US - 1) is Verdict.NOT_DUE


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_grace_is_counted_in_real_minutes_when_clocks_change(day: str) -> None:
    at_us = utc(f"{day}T00:30")  # half an hour before the change
    one = booking(time_=Interval(at_us, at_us + 3 * HOUR_US))
    assert judge(one, SpaceBookings(grace_min=60), Silence(FREE), at_us + HOUR_US - 1) is Verdict.NOT_DUE
    free = replace(FREE, since_us=at_us)
    assert judge(one, SpaceBookings(grace_min=60), Silence(free), at_us + HOUR_US) is Verdict.RELEASE
