"""Groups and phases: what is stored, who may change it, and that doors are told."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from hub.domain.admission import AccessPhase, Admission, Group
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import AccessHours, Member, Membership
from tests.hub.desks.world import CLI, OTHER, SPACE, World

if TYPE_CHECKING:
    from collections.abc import Callable

CLUB = Group("verein", "Sportverein")
SUMMER = Group("sommer-26", "Sommerpioniere", date(2026, 6, 1), date(2026, 9, 30))
FIRST, ALL = AccessPhase(date(2026, 1, 1), ("sommer-26", "verein")), AccessPhase(date(2026, 10, 1))
HERE = Membership(SPACE, AccessHours.ALWAYS, date(2026, 1, 1))


def set_up(world: World) -> None:
    for group in (CLUB, SUMMER):
        world.groups.save_group(SPACE, group, CLI, world.now_us)
    world.groups.save_phases(SPACE, [ALL, FIRST], CLI, world.now_us)


def test_what_was_saved_reads_back_equal_by_day(world: World) -> None:
    set_up(world)
    assert world.groups.admission(SPACE, CLI) == Admission((SUMMER, CLUB), (FIRST, ALL))
    assert world.groups.admission(OTHER, CLI) == Admission()
    longer = replace(SUMMER, name=" Pioniere  26 ", ends_on=date(2026, 10, 31))
    world.groups.save_group(SPACE, longer, world.actor(2), world.now_us)
    world.groups.save_phases(SPACE, [ALL], CLI, world.now_us)
    found = world.groups.admission(SPACE, world.actor(1))
    assert found == Admission((replace(longer, name="Pioniere 26"), CLUB), (ALL,))
    assert [entry["what"] for entry in world.chain()] == [
        "group_saved", "group_saved", "phases_saved", "group_saved", "phases_saved",
    ]  # fmt: skip
    assert world.wanted() == {f"{SPACE}/pi-1": 5, f"{SPACE}/pi-2": 5}


def test_members_belong_to_groups_of_their_space(world: World) -> None:
    set_up(world)
    pk = world.members.save_member(
        Member(0, "Jo", memberships=(replace(HERE, groups=("sommer-26", "verein")),)), CLI, world.now_us
    )
    found = world.members.member(pk, CLI)
    assert found.memberships[0].groups == ("sommer-26", "verein")
    only = replace(found, memberships=(replace(HERE, groups=("verein",)),))
    world.members.save_member(only, CLI, world.now_us)
    assert world.members.members(SPACE, CLI) == [only]
    with pytest.raises(RuleRefused, match='no group "chor"; known are sommer-26, verein'):
        world.members.save_member(
            replace(only, memberships=(replace(HERE, groups=("chor",)),)), CLI, world.now_us
        )
    there = Membership(OTHER, AccessHours.ALWAYS, date(2026, 1, 1))
    world.members.save_member(replace(only, memberships=(there,)), CLI, world.now_us)
    assert world.rows("SELECT * FROM membership_group") == []


def test_a_group_goes_with_all_its_members_but_not_while_a_phase_names_it(world: World) -> None:
    set_up(world)
    pk = world.members.save_member(
        Member(0, "Jo", memberships=(replace(HERE, groups=("verein",)),)), CLI, world.now_us
    )
    with pytest.raises(RuleRefused, match="change the phases first"):
        world.groups.drop_group(SPACE, "verein", CLI, world.now_us)
    world.groups.save_phases(SPACE, [], CLI, world.now_us)
    world.groups.drop_group(SPACE, "verein", CLI, world.now_us)
    assert world.members.member(pk, CLI).memberships == (HERE,)
    with pytest.raises(RuleRefused, match='no group "verein"; known are sommer-26'):
        world.groups.drop_group(SPACE, "verein", CLI, world.now_us)


@pytest.mark.parametrize("account", [1, 3, 4, 5], ids=["host", "another space's", "member", "statistics"])
def test_groups_are_changed_by_managers_of_their_space_alone(sqlite_world: World, account: int) -> None:
    world = sqlite_world
    actor = world.actor(account)
    changes: list[Callable[[], None]] = [
        lambda: world.groups.save_group(SPACE, CLUB, actor, world.now_us),
        lambda: world.groups.save_phases(SPACE, [], actor, world.now_us),
        lambda: world.groups.drop_group(SPACE, "verein", actor, world.now_us),
    ]
    for change in changes:
        with pytest.raises(NotAllowed):
            change()
    assert world.chain() == []


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        (replace(CLUB, id="Verein!"), "no id of a group"),
        (replace(CLUB, id="x" * 41), "no id of a group"),
        (replace(CLUB, name=" "), "needs a name"),
        (replace(CLUB, name="x" * 201), "up to 200 characters"),
        (replace(SUMMER, ends_on=date(2026, 5, 31)), "before it begins on 2026-06-01"),
    ],
)
def test_a_group_that_can_not_be_is_refused(sqlite_world: World, group: Group, problem: str) -> None:
    with pytest.raises(RuleRefused, match=problem):
        sqlite_world.groups.save_group(SPACE, group, CLI, sqlite_world.now_us)


@pytest.mark.parametrize(
    ("phases", "problem"),
    [
        ([ALL, replace(ALL, groups=("verein",))], "two phases begin on 2026-10-01"),
        ([replace(FIRST, groups=("chor",))], 'no group "chor"'),
        ([AccessPhase(date(2026, 1, day % 28 + 1)) for day in range(51)], "phases"),
    ],
)
def test_phases_that_can_not_be_leave_those_that_are(
    sqlite_world: World, phases: list[AccessPhase], problem: str
) -> None:
    set_up(sqlite_world)
    with pytest.raises(RuleRefused, match=problem):
        sqlite_world.groups.save_phases(SPACE, phases, CLI, sqlite_world.now_us)
    assert sqlite_world.groups.admission(SPACE, CLI).phases == (FIRST, ALL)


GUEST = Member(0, "Gast", memberships=(replace(HERE, hours=AccessHours.NONE, valid_to=date(2026, 11, 18)),))


def test_a_guest_has_a_last_day_and_somebody_who_answers(sqlite_world: World) -> None:
    world = sqlite_world
    host = world.member("Hanna")
    guest = world.members.save_member(replace(GUEST, answers=host), CLI, world.now_us)
    assert world.members.member(guest, CLI).answers == host
    elsewhere = world.member("Olaf", space=OTHER)
    refused: list[tuple[Any, str]] = [
        (replace(GUEST, answers=host, memberships=(HERE,)), "a guest of stadtlabor has a last day"),
        (replace(GUEST, answers=guest), "a guest can't answer for a guest"),
        (replace(GUEST, pk=host, answers=host), "a guest can't answer for a guest"),
        (replace(GUEST, answers=elsewhere), "is no member of stadtlabor"),
        (replace(GUEST, answers=99), "no member 99"),
    ]
    for member, problem in refused:
        with pytest.raises(RuleRefused, match=problem):
            world.members.save_member(member, CLI, world.now_us)
