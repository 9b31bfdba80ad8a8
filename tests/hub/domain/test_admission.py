"""Groups and phases: Mölln's club first, then everyone; a cohort whose time ends for all of them."""

from dataclasses import replace
from datetime import date

import pytest

from hub.domain.access import NO_PASSES, CardFlag, Passes, Rights, compile_rights
from hub.domain.admission import EVERYONE, AccessPhase, Admission, Group
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.time import Interval, day_bounds
from tests.hub.domain.test_access import NOW_US, PI, RULES, SPACE, card
from tests.hub.domain.test_access import windows as at_door

CLUB = Group("verein", "Sportverein")
PIONEERS = Group("pioniere", "Sommerpioniere", date(2026, 5, 1), date(2026, 6, 14))
CLUB_FIRST = Admission(
    (CLUB, PIONEERS), (AccessPhase(date(2026, 1, 1), ("verein",)), AccessPhase(date(2026, 6, 15)))
)

ANYONE = Membership("werkstatt", AccessHours.ALWAYS, date(2026, 1, 1))
OF_CLUB = replace(ANYONE, groups=("verein",))
PIONEER = replace(ANYONE, groups=("pioniere",))
BOTH = replace(ANYONE, groups=("pioniere", "verein"))

DAYS = {
    "before any phase": date(2025, 12, 31),
    "first day for the club": date(2026, 1, 1),
    "last day for the club alone": date(2026, 6, 14),
    "first day for everyone": date(2026, 6, 15),
}


@pytest.mark.parametrize(
    ("membership", "admitted"),
    [
        (ANYONE, [True, False, False, True]),
        (OF_CLUB, [True, True, True, True]),
        (PIONEER, [False, False, False, False]),
        (BOTH, [True, True, True, True]),
        (replace(ANYONE, is_host=True), [True, True, True, True]),
        (replace(ANYONE, groups=("gone",)), [False, False, False, False]),
    ],
    ids=["anyone", "club", "pioneer", "pioneer of the club", "host", "of a group that is gone"],
)
def test_who_is_let_in_when(membership: Membership, admitted: list[bool]) -> None:
    assert [CLUB_FIRST.admits(membership, at) for at in DAYS.values()] == admitted


@pytest.mark.parametrize(
    ("membership", "after", "expected"),
    [
        (ANYONE, date(2026, 1, 1), date(2026, 6, 15)),
        (ANYONE, date(2026, 6, 14), date(2026, 6, 15)),
        (ANYONE, date(2026, 6, 15), None),
        (OF_CLUB, date(2025, 12, 31), date(2026, 1, 1)),
        (PIONEER, date(2026, 1, 1), None),
    ],
    ids=["anyone", "the day before", "nothing begins later", "club", "pioneer whom no phase lets in"],
)
def test_from_which_day_on_somebody_is_let_in(
    membership: Membership, after: date, expected: date | None
) -> None:
    assert CLUB_FIRST.admits_next(membership, after) == expected


def test_a_cohort_ends_for_all_of_them_where_everyone_is_let_in() -> None:
    space = Admission((PIONEERS,))
    assert space.admits(PIONEER, date(2026, 6, 14))
    assert not space.admits(PIONEER, date(2026, 6, 15))
    assert not space.admits(PIONEER, date(2026, 4, 30))
    assert not space.admits_for_good(PIONEER, date(2026, 6, 1))
    assert space.admits_for_good(ANYONE, date(2026, 6, 1))


def test_the_latest_phase_that_has_begun_counts_in_whatever_order_they_stand() -> None:
    turned = replace(CLUB_FIRST, phases=CLUB_FIRST.phases[::-1])
    assert [turned.admits(ANYONE, at) for at in DAYS.values()] == [True, False, False, True]


def compiled(membership: Membership, admission: Admission, passes: Passes) -> Rights:
    members = [Member(1, "", memberships=(membership,))]
    made = compile_rights(SPACE, RULES, members, [card()], (), NOW_US, admission=admission, passes=passes)
    return made[PI]


def windows(
    membership: Membership, admission: Admission = EVERYONE, passes: Passes = NO_PASSES
) -> tuple[Interval, ...]:
    return at_door(compiled(membership, admission, passes))


def test_doors_learn_of_phases_ahead() -> None:
    opens = day_bounds(date(2026, 6, 15), "Europe/Berlin").start_us
    (window,) = windows(ANYONE, CLUB_FIRST)
    assert window.start_us == opens
    assert windows(OF_CLUB, CLUB_FIRST)[0].start_us < NOW_US


def test_a_card_that_always_works_does_so_only_without_any_end() -> None:
    endless = replace(ANYONE, works_offline=True)

    def always(membership: Membership, admission: Admission, passes: Passes = NO_PASSES) -> bool:
        cards = compiled(membership, admission, passes).cards
        return any(one.flags & CardFlag.ALWAYS_WORKS for one in cards)

    assert always(endless, Admission())
    assert not always(endless, CLUB_FIRST)
    assert always(replace(endless, groups=("verein",)), CLUB_FIRST)
    assert not always(replace(endless, groups=("pioniere",)), Admission((PIONEERS,)))
    assert not always(endless, Admission(), Passes({}, True))


def test_without_a_pass_doors_stay_shut_where_one_is_needed() -> None:
    noon = Interval(NOW_US, NOW_US + 3_600_000_000)
    assert windows(ANYONE, passes=Passes({}, True)) == ()
    assert windows(ANYONE, passes=Passes({1: (noon,)}, True))[0] == noon
    assert windows(replace(ANYONE, is_host=True), passes=Passes({}, True)) != ()
    only_passes = replace(ANYONE, hours=AccessHours.NONE)
    assert windows(only_passes) == ()
    assert windows(only_passes, passes=Passes({1: (noon,)}))[0] == noon
    assert windows(replace(only_passes, valid_to=date(2026, 1, 2)), passes=Passes({1: (noon,)})) == ()
    assert windows(only_passes, CLUB_FIRST, Passes({1: (noon,)})) == ()
