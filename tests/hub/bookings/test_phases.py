"""Whom a space lets in limits what can be booked, too: a club first, a cohort with an end, guests on their days."""

from datetime import date, time

import pytest

from hub.booking_ports import Change, SeriesWish
from hub.domain.admission import AccessPhase, Group
from hub.domain.booking_refusals import NoMembership, NotAdmitted
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.series import Frequency, SeriesRule
from tests.hub.bookings.world import A, B, BookingWorld, span
from tests.hub.desks.world import CLI, SPACE

NEXT_WEEK = "2026-11-26"
CLUB = Group("verein", "Sportverein")
SUMMER = Group("pioniere", "Pioniere", None, date(2026, 11, 20))


@pytest.fixture
def club_first(sqlite_world: BookingWorld) -> BookingWorld:
    """The club has the space from the first on, everyone from the 26th; pioneers leave on the 20th."""
    world = sqlite_world
    for group in (CLUB, SUMMER):
        world.groups.save_group(SPACE, group, CLI, world.now_us)
    phases = [AccessPhase(date(2026, 11, 1), ("verein", "pioniere")), AccessPhase(date(2026, 11, 26))]
    world.groups.save_phases(SPACE, phases, CLI, world.now_us)
    return world


def test_who_is_let_in_later_books_for_later(club_first: BookingWorld) -> None:
    with pytest.raises(NotAdmitted, match="book from 2026-11-26 on") as refused:
        club_first.book(span("09:00", "12:00"))
    assert refused.value.code == "not_admitted_yet"
    assert refused.value.data["first_day"] == "2026-11-26"
    made = club_first.book(span("09:00", "12:00", NEXT_WEEK))
    me = club_first.me(club_first.jo)
    earlier = Change(time=span("09:00", "12:00"))
    with pytest.raises(NotAdmitted):
        club_first.bookings.change(made.id, earlier, made.version, me, club_first.now_us)
    weekly = SeriesRule(Frequency.DAILY, date(2026, 11, 25), date(2026, 11, 26), time(14), time(15))
    plan = club_first.series.plan(SeriesWish(SPACE, B, weekly, club_first.jo), me, club_first.now_us)
    assert [(one.day.day, one.refusal) for one in plan.conflicts] == [(25, "not_admitted_yet")]
    assert [day.day for day, _ in plan.free] == [26]


def test_who_belongs_to_the_club_books_at_once_and_a_host_for_anybody(club_first: BookingWorld) -> None:
    of_club = club_first.somebody("Clara", groups=("verein",))
    assert club_first.book(span("09:00", "12:00"), member=of_club).member == of_club
    host = club_first.somebody("Hanna", is_host=True)
    assert club_first.book(span("09:00", "12:00"), B, member=host).member == host
    beyond = club_first.book(span("13:00", "14:00"), actor=CLI, reason="Probearbeiten", beyond_rules=True)
    assert beyond.any_hours, "its door opens, whatever the phase"


def test_a_cohort_books_until_it_ends(club_first: BookingWorld) -> None:
    pioneer = club_first.somebody("Pia", groups=("pioniere",))
    club_first.book(span("09:00", "12:00", "2026-11-20"), member=pioneer)
    with pytest.raises(NotAdmitted, match="ask whoever manages it") as refused:
        club_first.book(span("09:00", "12:00", NEXT_WEEK), member=pioneer)
    assert (refused.value.code, refused.value.data["day"]) == ("not_admitted", NEXT_WEEK)


def test_guests_book_within_their_days(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    stay = Membership(SPACE, AccessHours.NONE, date(2026, 11, 19), date(2026, 11, 19))
    person = Member(0, "Gesa Gast", memberships=(stay,), answers=world.jo)
    guest = world.members.save_member(person, CLI, world.now_us)
    world.book(span("09:00", "12:00"), member=guest)
    with pytest.raises(NoMembership, match="2026-11-20"):
        world.book(span("09:00", "12:00", "2026-11-20"), B, member=guest)


def test_what_was_cancelled_is_not_restored_once_others_are_let_in(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    made = world.book(span("09:00", "12:00"), A)
    me = world.me(world.jo)
    world.bookings.cancel(made.id, me, world.now_us)
    world.groups.save_group(SPACE, CLUB, CLI, world.now_us)
    world.groups.save_phases(SPACE, [AccessPhase(date(2026, 11, 1), ("verein",))], CLI, world.now_us)
    with pytest.raises(NotAdmitted):
        world.bookings.restore(made.id, me, world.now_us)
    world.bookings.restore(made.id, CLI, world.now_us, reason="war zugesagt")
