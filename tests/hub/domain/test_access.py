"""Which card opens which door when: hours, days, clocks that change, and the laws that every list keeps."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.access import (
    DAYS,
    MAX_CARDS,
    NO_PASSES,
    Booked,
    CardFacts,
    CardFlag,
    CardRights,
    Passes,
    Rights,
    Windows,
    compile_rights,
    horizon,
)
from hub.domain.cards import CardKind, CardState
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.public_holidays import public_holidays
from hub.domain.space import Door, OpeningPeriod, Phase, Space, SpaceAccess, SpaceBookings, SpaceKind
from hub.domain.time import Interval, day_bounds, to_us

BERLIN = ZoneInfo("Europe/Berlin")
PI = "pi-1"
SPACE = Space(
    id="werkstatt",
    town="musterstadt",
    name="Werkstatt",
    kind=SpaceKind.COWORKING,
    phase=Phase.OPERATION,
    valid_from=date(2026, 1, 1),
    opening=tuple(OpeningPeriod(day, time(8), time(18)) for day in range(7)),
    doors=(Door("haupttuer", "Haupttür", PI), Door("lager", "Lager", PI), Door("hof", "Hof", "pi-2")),
)
RULES = SpaceAccess()
ALWAYS = Membership("werkstatt", AccessHours.ALWAYS, date(2026, 1, 1))
OPENING = Membership("werkstatt", AccessHours.OPENING, date(2026, 1, 1))
NONE = Membership("werkstatt", AccessHours.NONE, date(2026, 1, 1))


def at(text: str) -> int:
    """Return a moment of the wall clock in Berlin."""
    return to_us(datetime.fromisoformat(text).replace(tzinfo=BERLIN))


NOW_US = at("2026-06-10T12:00")


def member(membership: Membership, pk: int = 1, *, needs_longer: bool = False) -> Member:
    return Member(pk, "A", needs_longer=needs_longer, memberships=(membership,))


def card(pk: int = 1, state: CardState = CardState.ACTIVE, member: int | None = 1, **more: int) -> CardFacts:
    return CardFacts(pk, CardKind.DESFIRE, state, member, **more)


def rights(
    membership: Membership,
    *cards: CardFacts,
    space: Space = SPACE,
    now_us: int = NOW_US,
    holidays: Iterable[date] = (),
    bookings: Iterable[Booked] = (),
    needs_longer: bool = False,
    passes: Passes = NO_PASSES,
) -> Rights:
    """Return what the first device is told of one member."""
    who = member(membership, needs_longer=needs_longer)
    made = compile_rights(
        space,
        RULES,
        [who],
        cards or (card(),),
        set(holidays),
        now_us,
        bookings=tuple(bookings),
        passes=passes,
    )
    return made[PI]


def windows(made: Rights, door: str = "haupttuer", pk: int = 1) -> Windows:
    """Return when a card opens a door."""
    numbers = {one.id: number for number, one in enumerate(made.doors)}
    for one in made.cards:
        if one.pk == pk:
            return next((made.schedules[s] for d, s in one.rights if d == numbers[door]), ())
    return ()


def only(made: Rights) -> CardRights:
    (one,) = made.cards
    return one


def hours(window: Interval) -> float:
    return window.length_us / 3_600_000_000


# -- hours and days ------------------------------------------------------------


def test_opening_hours_open_the_door_day_by_day() -> None:
    found = windows(rights(OPENING))
    assert len(found) == DAYS + 2
    assert found[0] == Interval(at("2026-06-10T08:00"), at("2026-06-10T18:00"))


def test_always_is_one_window_to_the_end_of_the_list_and_beyond() -> None:
    (window,) = windows(rights(ALWAYS))
    assert window.start_us == at("2026-06-10T00:00")
    assert window.end_us >= NOW_US + DAYS * 86_400_000_000


def test_nothing_opens_after_a_spaces_last_day() -> None:
    ends = replace(SPACE, valid_to=date(2026, 6, 12))
    midnight = at("2026-06-13T00:00")
    late = Interval(at("2026-06-12T22:00"), at("2026-06-13T02:00"))
    for membership, bookings in ((ALWAYS, ()), (OPENING, ()), (NONE, [Booked(1, (), late)])):
        found = windows(rights(membership, space=ends, bookings=bookings))
        assert found
        assert max(window.end_us for window in found) <= midnight
    offline = replace(ALWAYS, works_offline=True)
    assert (
        only(rights(offline, space=replace(SPACE, valid_to=date(2026, 6, 26)))).flags & CardFlag.ALWAYS_WORKS
    )
    near = only(rights(offline, space=replace(SPACE, valid_to=date(2026, 6, 25)))).flags
    assert not near & CardFlag.ALWAYS_WORKS, "a door without the hub must not go on after the end"


def test_the_last_list_of_a_closed_space_names_no_card() -> None:
    over = replace(SPACE, valid_to=date(2026, 6, 9))
    made = rights(
        ALWAYS,
        card(),
        card(2, CardState.BLOCKED),
        space=over,
        bookings=[Booked(1, (), Interval(NOW_US, NOW_US + 1))],
    )
    assert made.cards == ()
    assert made.schedules == ()
    assert [door.office for door in made.doors] == [()] * len(made.doors)


def test_a_booking_keeps_to_the_opening_hours_unless_it_says_otherwise() -> None:
    day = Interval(at("2026-06-11T00:00"), at("2026-06-12T00:00"))
    (found,) = windows(rights(NONE, bookings=[Booked(1, (), day, any_hours=False)]))
    assert found == Interval(at("2026-06-11T08:00"), at("2026-06-11T18:00"))
    assert windows(rights(NONE, bookings=[Booked(1, (), day)])) == (day,)


def test_where_entry_needs_a_booking_only_hosts_come_in_without_one() -> None:
    strict = replace(SPACE, bookings=SpaceBookings(entry_needs_booking=True))
    morning = Interval(at("2026-06-11T09:00"), at("2026-06-11T12:00"))
    for membership in (OPENING, ALWAYS):
        assert rights(membership, space=strict).cards == ()
        assert windows(rights(membership, space=strict, bookings=[Booked(1, (), morning)])) == (morning,)
        assert rights(replace(membership, is_host=True), space=strict).cards != ()


def test_where_doors_need_a_pass_a_booking_opens_within_it_and_what_a_host_granted_stands_for_itself() -> (
    None
):
    day = Interval(at("2026-06-11T00:00"), at("2026-06-12T00:00"))
    noon = Interval(at("2026-06-11T12:00"), at("2026-06-11T13:00"))
    mine, granted = Booked(1, (), day, any_hours=False), Booked(1, (), day)
    for passes, opens in ((Passes({}, True), ()), (Passes({1: (noon,)}, True), (noon,))):
        made = rights(OPENING, bookings=[mine], passes=passes)
        assert (windows(made) if made.cards else ()) == opens
        assert windows(rights(OPENING, bookings=[granted], passes=passes)) == (day,)


def test_a_pass_alone_opens_nothing_where_entry_needs_a_booking() -> None:
    strict = replace(SPACE, bookings=SpaceBookings(entry_needs_booking=True))
    noon = Interval(at("2026-06-11T12:00"), at("2026-06-11T13:00"))
    passes = Passes({1: (noon,)})
    assert rights(OPENING, space=strict, passes=passes).cards == ()
    booked = Booked(1, (), noon, any_hours=False)
    assert windows(rights(OPENING, space=strict, passes=passes, bookings=[booked])) == (noon,)


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "opens"),
    [
        (date.min, None, True),
        (date.min, date.min, False),
        (date.min, date.max, True),
        (date(2026, 1, 1), date.max, True),
        (date.max, None, False),
        (date.max, date.max, False),
    ],
)
def test_whatever_days_are_stored_a_list_is_made(
    valid_from: date, valid_to: date | None, opens: bool
) -> None:
    made = rights(replace(ALWAYS, valid_from=valid_from, valid_to=valid_to))
    assert windows(made) == (windows(rights(ALWAYS)) if opens else ())


def test_a_membership_without_hours_opens_by_bookings_alone() -> None:
    assert rights(NONE).cards == ()
    booked = Booked(1, ("lager",), Interval(at("2026-06-11T20:00"), at("2026-06-11T22:00")))
    made = rights(NONE, bookings=[booked])
    assert windows(made, "lager") == (booked.time,)
    assert windows(made, "haupttuer") == ()


def test_a_booking_joins_the_opening_hours_that_it_touches() -> None:
    booked = Booked(1, (), Interval(at("2026-06-11T18:00"), at("2026-06-11T20:00")))
    found = windows(rights(OPENING, bookings=[booked]))
    assert found[1] == Interval(at("2026-06-11T08:00"), at("2026-06-11T20:00"))


def test_closing_days_and_holidays_open_nothing() -> None:
    closed = replace(SPACE, closed_on=(date(2026, 6, 11),))
    days = {
        datetime.fromtimestamp(w.start_us / 1e6, BERLIN).date()
        for w in windows(rights(OPENING, space=closed, holidays=[date(2026, 6, 12)]))
    }
    assert not days & {date(2026, 6, 11), date(2026, 6, 12)}
    assert date(2026, 6, 13) in days


@pytest.mark.parametrize(
    ("land", "catholic", "day", "expected"),
    [
        pytest.param("BB", False, date(2026, 10, 31), True, id="Reformationstag in Brandenburg"),
        pytest.param("HE", False, date(2026, 10, 31), False, id="not in Hessen"),
        pytest.param("BY", True, date(2026, 8, 15), True, id="Mariä Himmelfahrt in Dießen"),
        pytest.param("BY", False, date(2026, 8, 15), False, id="not in a Protestant municipality"),
        pytest.param("SN", False, date(2026, 11, 18), True, id="Buß- und Bettag in Sachsen"),
        pytest.param("SH", False, date(2027, 1, 1), True, id="Neujahr"),
    ],
)
def test_holidays_are_those_of_the_land(land: str, catholic: bool, day: date, expected: bool) -> None:
    assert (day in public_holidays(land, [2026, 2027], catholic=catholic)) is expected


def test_there_is_no_such_land() -> None:
    with pytest.raises(ValueError, match="no Land 'XX'"):
        public_holidays("XX", [2026])


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "first", "last"),
    [
        pytest.param(date(2026, 6, 12), None, "2026-06-12T08:00", None, id="begins within the list"),
        pytest.param(
            date(2026, 1, 1), date(2026, 6, 12), "2026-06-10T08:00", "2026-06-12T18:00", id="ends in it"
        ),
        pytest.param(
            date(2026, 6, 11), date(2026, 6, 11), "2026-06-11T08:00", "2026-06-11T18:00", id="one day"
        ),
    ],
)
def test_a_membership_holds_on_its_local_days(
    valid_from: date, valid_to: date | None, first: str, last: str | None
) -> None:
    found = windows(rights(replace(OPENING, valid_from=valid_from, valid_to=valid_to)))
    assert found[0].start_us == at(first)
    assert last is None or found[-1].end_us == at(last)


def test_a_membership_that_is_over_leaves_no_card_in_the_list() -> None:
    over = replace(ALWAYS, valid_to=date(2026, 6, 9), works_offline=True, is_host=True)
    assert rights(over).cards == ()
    assert rights(replace(ALWAYS, valid_from=date(2026, 8, 1), works_offline=True)).cards == ()


def test_a_pop_up_opens_to_nobody_after_its_last_day() -> None:
    found = windows(rights(OPENING, space=replace(SPACE, valid_to=date(2026, 6, 11))))
    assert found[-1].end_us == at("2026-06-11T18:00")


def test_a_membership_of_one_door_opens_no_other() -> None:
    made = rights(replace(ALWAYS, doors=("lager",)))
    assert windows(made, "haupttuer") == ()
    assert len(windows(made, "lager")) == 1


def test_a_membership_of_a_door_elsewhere_leaves_no_card_in_this_list() -> None:
    assert rights(replace(ALWAYS, doors=("hof",))).cards == ()


def test_another_spaces_membership_opens_nothing() -> None:
    assert rights(replace(ALWAYS, space="laden")).cards == ()


# -- cards and flags ------------------------------------------------------------


@pytest.mark.parametrize("state", [CardState.BLANK, CardState.SPARE, CardState.RETIRED])
def test_cards_that_open_nothing_do_not_stand_in_the_list(state: CardState) -> None:
    assert rights(ALWAYS, card(state=state)).cards == ()


def test_a_blocked_card_stands_there_and_opens_nothing() -> None:
    host = replace(ALWAYS, is_host=True, works_offline=True)
    assert only(rights(host, card(state=CardState.BLOCKED))) == CardRights(
        1, CardKind.DESFIRE, CardFlag.BLOCKED
    )


def test_a_spare_card_opens_until_the_moment_it_was_given_for() -> None:
    made = rights(replace(ALWAYS, works_offline=True), card(active_until_us=NOW_US + 7))
    assert windows(made)[-1].end_us == NOW_US + 7
    assert only(made).flags == CardFlag.NONE, "a flag would outlive the moment"
    assert rights(ALWAYS, card(active_until_us=at("2026-06-09T23:00"))).cards == ()


def test_flags_are_those_of_member_and_membership() -> None:
    host = replace(OPENING, is_host=True, works_offline=True)
    flags = only(rights(host, needs_longer=True)).flags
    assert flags == CardFlag.HOST | CardFlag.ALWAYS_WORKS | CardFlag.LONGER


def test_a_membership_with_an_end_never_works_without_time() -> None:
    assert only(rights(replace(ALWAYS, works_offline=True, valid_to=date(2027, 1, 1)))).flags == CardFlag.NONE


def test_a_card_that_always_works_keeps_its_doors_while_the_space_is_closed() -> None:
    closed = replace(SPACE, opening=())
    made = rights(replace(OPENING, works_offline=True, doors=("lager",)), space=closed)
    assert only(made).rights == ((1, 0),)
    assert made.schedules == ((),)
    assert rights(OPENING, space=closed).cards == ()


def test_members_share_their_schedules() -> None:
    members = [member(OPENING, pk) for pk in range(1, 51)]
    cards = [card(pk, member=pk) for pk in range(1, 51)]
    made = compile_rights(SPACE, RULES, members, cards, (), NOW_US)[PI]
    assert len(made.cards) == 50
    assert len(made.schedules) == 1


def test_the_latest_blocked_cards_take_the_room_that_is_left() -> None:
    active = [card(pk) for pk in range(1, MAX_CARDS - 9)]
    blocked = [card(9000 + n, CardState.BLOCKED, None, changed_us=n) for n in range(20)]
    made = compile_rights(SPACE, RULES, [member(ALWAYS)], [*active, *blocked], (), NOW_US)[PI]
    assert len(made.cards) == MAX_CARDS
    assert next(one.pk for one in made.cards if one.flags) == 9010


def test_a_door_may_be_held_open_in_the_opening_hours_when_the_space_wants_it() -> None:
    made = compile_rights(SPACE, replace(RULES, office_hours=True), [], [], (), NOW_US)[PI]
    assert made.doors[0].office == windows(rights(OPENING))
    assert compile_rights(SPACE, RULES, [], [], (), NOW_US)[PI].doors[0].office == ()


# -- clocks that change ------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "day", "opens", "closes", "expected_hours"),
    [
        pytest.param("2026-03-25T12:00", date(2026, 3, 29), time(0), time(0), 23, id="spring 2026, all day"),
        pytest.param("2026-10-20T12:00", date(2026, 10, 25), time(0), time(0), 25, id="autumn 2026, all day"),
        pytest.param(
            "2027-03-25T12:00", date(2027, 3, 28), time(1), time(4), 2, id="spring 2027, over the gap"
        ),
        pytest.param(
            "2027-10-25T12:00", date(2027, 10, 31), time(1), time(4), 4, id="autumn 2027, over the fold"
        ),
        pytest.param("2026-03-25T12:00", date(2026, 3, 29), time(8), time(18), 10, id="spring, office hours"),
        pytest.param(
            "2026-10-20T12:00", date(2026, 10, 25), time(8), time(18), 10, id="autumn, office hours"
        ),
    ],
)
def test_windows_are_right_on_days_when_the_clock_changes(
    now: str, day: date, opens: time, closes: time, expected_hours: float
) -> None:
    space = replace(SPACE, opening=(OpeningPeriod(day.weekday(), opens, closes),))
    found = windows(rights(OPENING, space=space, now_us=at(now)))
    of_day = [w for w in found if w.start_us in day_bounds(day, SPACE.time_zone)]
    assert [hours(window) for window in of_day] == [expected_hours]


def test_a_list_that_is_issued_before_the_change_reaches_its_own_end_after_it() -> None:
    for now in ("2026-10-12T23:30", "2026-03-16T00:00", "2026-10-25T02:30"):
        (window,) = windows(rights(ALWAYS, now_us=at(now)))
        assert window.start_us <= at(now)
        assert window.end_us > at(now) + DAYS * 86_400_000_000


# -- laws ------------------------------------------------------------

quarters = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
periods = st.builds(OpeningPeriod, st.integers(0, 6), quarters, quarters).filter(
    lambda period: period.closes == time(0) or period.opens < period.closes
)
some_days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
moments = some_days.flatmap(
    lambda day: st.integers(0, 86_399).map(
        lambda s: to_us(datetime.combine(day, time(), UTC) + timedelta(seconds=s))
    )
)
memberships = st.builds(
    Membership,
    st.just("werkstatt"),
    st.sampled_from(AccessHours),
    some_days,
    st.none() | st.dates(date(2027, 12, 31), date(2028, 12, 31)),
    doors=st.sampled_from([(), ("lager",), ("hof",)]),
    is_host=st.booleans(),
    works_offline=st.booleans(),
)


@given(
    st.lists(periods, max_size=12),
    st.sets(st.integers(-2, 20), max_size=6),
    st.lists(memberships, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(-40, 400), st.integers(1, 60)), max_size=5),
    moments,
)
def test_every_list_keeps_the_laws(
    opening: list[OpeningPeriod],
    closed: set[int],
    held: list[Membership],
    booked: list[tuple[int, int, int]],
    now_us: int,
) -> None:
    first = horizon(SPACE, now_us)[0]
    closing = {first + timedelta(days=ahead) for ahead in closed}
    space = replace(SPACE, opening=tuple(opening), closed_on=tuple(closing))
    members = [member(one, pk) for pk, one in enumerate(held)]
    hour = 3_600_000_000
    bookings = [
        Booked(pk, (), Interval(now_us + start * hour, now_us + (start + length) * hour))
        for pk, start, length in booked
    ]
    cards = [card(pk, member=pk) for pk in range(len(held))]
    made = compile_rights(space, RULES, members, cards, (), now_us, bookings=bookings)
    days = horizon(space, now_us)
    whole = Interval(
        day_bounds(days[0], SPACE.time_zone).start_us, day_bounds(days[-1], SPACE.time_zone).end_us
    )
    for told in made.values():
        assert len(set(told.schedules)) == len(told.schedules), "each schedule once"
        for schedule in told.schedules:
            assert all(w.start_us < w.end_us for w in schedule)
            assert all(a.end_us < b.start_us for a, b in pairwise(schedule))
            assert all(whole.start_us <= w.start_us and w.end_us <= whole.end_us for w in schedule)
        for one in told.cards:
            assert one.rights or one.flags & CardFlag.BLOCKED
            has_bookings = any(booking.member == one.pk for booking in bookings)
            if held[one.pk].hours is AccessHours.OPENING and not has_bookings:
                for _, number in one.rights:
                    for window in told.schedules[number]:
                        day = datetime.fromtimestamp(window.start_us / 1e6, BERLIN).date()
                        assert day not in closing
                        assert day >= held[one.pk].valid_from


@given(moments)
def test_the_same_rights_have_the_same_digest_all_day(now_us: int) -> None:
    day = day_bounds(horizon(SPACE, now_us)[0], SPACE.time_zone)
    made = [rights(OPENING, now_us=moment).digest() for moment in (now_us, day.start_us, day.end_us - 1)]
    assert len(set(made)) == 1
