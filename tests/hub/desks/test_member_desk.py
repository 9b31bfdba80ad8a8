"""Members: what is stored, who may see and change what, and that doors are told."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hub.domain.booking_refusals import OtherRequest
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.requests import Request
from tests.hub.desks.world import CLI, OTHER, SPACE, World
from tests.parts.queries import counting

HERE = Membership(
    SPACE, AccessHours.OPENING, date(2026, 1, 1), date(2026, 12, 31), ("haupt", "hof"), is_host=True
)
THERE = Membership(OTHER, AccessHours.ALWAYS, date(2026, 2, 1), works_offline=True)


def save(world: World, member: Member, account: int | None = None) -> int:
    return world.members.save_member(member, CLI if account is None else world.actor(account), world.now_us)


def test_what_was_saved_reads_back_equal(world: World) -> None:
    pk = save(world, Member(0, " Jo   Beispiel ", "jo@example.org", True, (HERE, THERE)))
    assert world.members.member(pk, CLI) == Member(pk, "Jo Beispiel", "jo@example.org", True, (HERE, THERE))
    changed = Member(pk, "Jo", "", False, (replace(HERE, doors=(), valid_to=None, is_host=False),))
    assert save(world, changed) == pk
    assert world.members.member(pk, CLI) == changed
    assert world.rows("SELECT * FROM membership_door") == []


def test_doors_of_both_spaces_are_told_of_a_change_in_one(world: World) -> None:
    world.trust("pi-1", space=OTHER)
    pk = save(world, Member(0, "Jo", memberships=(HERE, THERE)))
    before = world.wanted()
    save(world, Member(pk, "Jo", needs_longer=True, memberships=(HERE, THERE)))
    assert world.wanted() == {key: count + 1 for key, count in before.items()}
    save(world, Member(pk, "Jo", memberships=(HERE,)))
    assert world.wanted() == {key: count + 2 for key, count in before.items()}, (
        "what was taken away is told too"
    )


@pytest.mark.parametrize("account", [1, 3, 4, 5], ids=["host", "another space's", "member", "statistics"])
def test_members_are_changed_by_managers_of_their_space_alone(sqlite_world: World, account: int) -> None:
    world = sqlite_world
    pk = save(world, Member(0, "Jo", memberships=(HERE,)))
    before = world.chain()
    for member in (
        Member(0, "Neu", memberships=(HERE,)),
        Member(pk, "Anders", memberships=(HERE,)),
        Member(pk, "Jo"),
    ):
        with pytest.raises(NotAllowed):
            save(world, member, account)
    assert world.members.member(pk, CLI).name == "Jo"
    assert world.chain() == before
    save(world, Member(pk, "Jo B.", memberships=(HERE,)), 2)
    assert world.members.member(pk, CLI).name == "Jo B."
    assert world.chain()[-1] == {"what": "member_saved", "member": pk, "spaces": [SPACE], "by": 2}


def test_P7_staff_see_no_other_spaces_membership_and_leave_it_as_it_is(world: World) -> None:  # noqa: N802
    pk = save(world, Member(0, "Jo", memberships=(HERE, THERE)))
    seen = world.members.member(pk, world.actor(2))
    assert seen.memberships == (HERE,)
    save(world, replace(seen, memberships=()), 2)
    assert world.members.member(pk, CLI).memberships == (THERE,)
    with pytest.raises(NotAllowed):
        save(world, replace(seen, memberships=(HERE, replace(THERE, is_host=True))), 2)
    with pytest.raises(NotAllowed):
        world.members.member(pk, world.actor(1))
    assert world.members.member(pk, world.actor(4, member=pk)).memberships == (THERE,)


def test_hosts_read_members_and_others_do_not(world: World) -> None:
    save(world, Member(0, "Zoe", memberships=(HERE,)))
    save(world, Member(0, "Ägidius", memberships=(HERE, THERE)))
    save(world, Member(0, "Fremd", memberships=(THERE,)))
    assert [member.name for member in world.members.members(SPACE, world.actor(1))] == ["Ägidius", "Zoe"]
    for account in (3, 4, 5):
        with pytest.raises(NotAllowed):
            world.members.members(SPACE, world.actor(account))


def test_members_are_read_in_a_constant_number_of_queries(world: World) -> None:
    save(world, Member(0, "Jo", memberships=(HERE,)))
    with counting(world.engine) as few:
        world.members.members(SPACE, CLI)
    for number in range(20):
        save(world, Member(0, f"M{number}", memberships=(HERE, THERE)))
    with counting(world.engine) as many:
        assert len(world.members.members(SPACE, CLI)) == 21
    assert many.count == few.count


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"name": "  "}, "needs a name"),
        ({"name": "x" * 201}, "200 characters at most"),
        ({"mail": "jo"}, "is no mail address"),
        ({"mail": "jo@example.org, eva@example.org"}, "is no mail address"),
        ({"mail": "Jo <jo@example.org>"}, "is no mail address"),
        ({"memberships": ()}, "at least one membership"),
        ({"memberships": (HERE, HERE)}, "one membership for each space"),
        ({"memberships": (replace(HERE, valid_to=date(2025, 12, 31)),)}, "before it begins on 2026-01-01"),
        (
            {"memberships": (replace(HERE, valid_to=date.max),)},
            "9999-12-31 lies outside of the years 2000 to",
        ),
        ({"memberships": (replace(HERE, valid_from=date(1999, 12, 31)),)}, "1999-12-31 lies outside"),
        ({"memberships": (replace(HERE, doors=("dach",)),)}, 'no door "dach"; known are haupt, hof, keller'),
        ({"memberships": (replace(HERE, space="kiel"),)}, 'no space "kiel"'),
        ({"pk": 99}, "no member 99"),
    ],
)
def test_what_can_not_be_stored_is_refused_and_nothing_is(
    sqlite_world: World, values: dict[str, Any], problem: str
) -> None:
    member = replace(Member(0, "Jo", "jo@example.org", memberships=(HERE,)), **values)
    with pytest.raises(RuleRefused, match=problem):
        save(sqlite_world, member)
    assert sqlite_world.rows("SELECT * FROM member") == []
    assert sqlite_world.chain() == []


def test_of_the_same_request_several_times_at_once_one_makes_a_member(world: World) -> None:
    new = Member(0, "Neu", memberships=(Membership(SPACE, AccessHours.OPENING, date(2026, 1, 1)),))
    request = Request("1:k", b"d" * 32)
    with ThreadPoolExecutor(4) as pool:
        saved = [
            pool.submit(world.members.save_member, new, CLI, world.now_us, request=request) for _ in range(8)
        ]
    assert len({one.result() for one in saved}) == 1
    assert world.rows("SELECT count(*) FROM member WHERE name = 'Neu'") == [(1,)]
    with pytest.raises(OtherRequest):
        world.members.save_member(new, CLI, world.now_us, request=Request("1:k", b"e" * 32))


def test_who_looked_at_a_member_that_was_changed_since_is_told(world: World) -> None:
    seen = world.members.member(world.member(), CLI)
    world.members.save_member(replace(seen, phone="1"), CLI, world.now_us, seen=seen)
    with pytest.raises(RuleRefused) as refused:
        world.members.save_member(replace(seen, phone="2"), CLI, world.now_us, seen=seen)
    assert refused.value.code == "member_changed"
    assert world.members.member(seen.pk, CLI).phone == "1"
