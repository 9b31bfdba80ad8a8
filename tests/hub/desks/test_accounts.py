"""Accounts: found by address, session and key, saved with roles by whoever may give them."""

from dataclasses import replace
from typing import Any

import pytest

from hub.access_ports import Account
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Role
from tests.hub.desks.world import CLI, OTHER, SPACE, World

NEW = Account(0, " Neu@Example.ORG ", " Neu ", "", "argon2…", True, None, frozenset({(Role.HOST, SPACE)}))


def save(world: World, account: Account, actor: int | None = None, member: int | None = None) -> int:
    return world.accounts.save(account, CLI if actor is None else world.actor(actor, member), world.now_us)


def get(world: World, pk: int) -> Account:
    found = world.accounts.by_pk(pk)
    assert found is not None
    return found


def test_an_account_is_found_by_its_address_in_any_case_its_session_and_its_key(world: World) -> None:
    pk = save(world, NEW)
    found = world.accounts.by_mail("NEU@example.org ")
    assert found is not None
    assert found == replace(
        NEW,
        pk=pk,
        mail="neu@example.org",
        name="Neu",
        uniquifier=found.uniquifier,
        controller="Stadt",
        reach=NEW.roles,
    )
    assert len(found.uniquifier) == 64
    assert world.accounts.by_uniquifier(found.uniquifier) == world.accounts.by_pk(pk) == found
    assert (
        world.accounts.by_mail("wer@example.org")
        is world.accounts.by_uniquifier("")
        is world.accounts.by_pk(99)
        is None
    )
    assert [account.mail for account in world.accounts.all()][-2:] == ["olaf@example.org", "stat@example.org"]


def test_a_changed_account_has_the_roles_that_were_given_and_no_others(world: World) -> None:
    pk = save(world, NEW)
    before = get(world, pk)
    after = replace(before, roles=frozenset({(Role.MANAGER, ""), (Role.STATISTICS, OTHER)}), is_active=False)
    save(world, after)
    reach = {(Role.MANAGER, "*"), (Role.MANAGER, SPACE), (Role.MANAGER, OTHER), (Role.STATISTICS, OTHER)}
    assert get(world, pk) == replace(after, reach=frozenset(reach))
    save(world, replace(after, roles=frozenset()))
    assert get(world, pk).roles == frozenset()


def test_an_empty_uniquifier_ends_all_sessions(world: World) -> None:
    pk = save(world, NEW)
    before = get(world, pk)
    save(world, replace(before, uniquifier=""))
    assert world.accounts.by_uniquifier(before.uniquifier) is None
    assert len(get(world, pk).uniquifier) == 64


def test_the_log_of_actions_has_the_roles_and_neither_address_nor_password(world: World) -> None:
    pk = save(world, NEW)
    assert world.chain() == [
        {
            "what": "account_saved",
            "account": pk,
            "roles": [f"host@{SPACE}"],
            "is_active": True,
            "member": None,
            "controller": "Stadt",
            "by": None,
        }
    ]


ROLES: dict[str, tuple[int, set[tuple[Role, str]], bool]] = {
    "a manager gives a role of the own space": (2, {(Role.HOST, SPACE)}, True),
    "a manager gives a role of another space": (2, {(Role.HOST, OTHER)}, False),
    "a manager gives a role of both": (2, {(Role.HOST, SPACE), (Role.HOST, OTHER)}, False),
    "a manager gives a role of every space": (2, {(Role.HOST, "")}, False),
    "a manager gives none": (2, set(), False),
    "a host gives a role": (1, {(Role.HOST, SPACE)}, False),
    "a member gives a role": (4, {(Role.MEMBER, SPACE)}, False),
    "statistics gives a role": (5, {(Role.STATISTICS, "")}, False),
}


@pytest.mark.parametrize("label", ROLES)
def test_roles_are_given_by_managers_of_all_their_spaces(sqlite_world: World, label: str) -> None:
    actor, roles, may = ROLES[label]
    account = replace(NEW, roles=frozenset(roles))
    if may:
        assert save(sqlite_world, account, actor)
    else:
        with pytest.raises(NotAllowed):
            save(sqlite_world, account, actor)
        assert sqlite_world.accounts.by_mail(NEW.mail) is None


def test_everyone_changes_the_own_account_but_for_its_roles(sqlite_world: World) -> None:
    world = sqlite_world
    own = get(world, 4)
    save(world, replace(own, password_hash="neu", uniquifier=""), 4)
    assert get(world, 4).password_hash == "neu"
    with pytest.raises(NotAllowed):
        save(world, replace(own, roles=frozenset({(Role.MANAGER, SPACE)})), 4)
    with pytest.raises(NotAllowed):
        save(world, replace(get(world, 1), password_hash="neu"), 4)
    with pytest.raises(NotAllowed, match="gets its member from a manager"):
        save(world, replace(own, member=world.member()), 4)


def test_an_account_gets_a_member_of_the_managers_own_space_alone(sqlite_world: World) -> None:
    world = sqlite_world
    own, strange = world.member(), world.member(space=OTHER)
    assert world.accounts.by_member(own) is None
    pk = save(world, replace(NEW, member=own), 2)
    assert world.accounts.by_member(own) == get(world, pk)
    with pytest.raises(NotAllowed):
        save(world, replace(NEW, mail="b@example.org", member=strange), 2)


def test_a_member_has_one_account_with_the_role_of_a_member_in_the_own_spaces(world: World) -> None:
    own, strange = world.member(), world.member(space=OTHER)
    here = replace(NEW, roles=frozenset({(Role.MEMBER, SPACE)}))
    with pytest.raises(
        RuleRefused, match=f"member {strange} belongs to {OTHER}, not to {SPACE}: give the member"
    ):
        save(world, replace(here, member=strange))
    pk = save(world, replace(here, member=own))
    with pytest.raises(RuleRefused, match=f"member {own} has an account already, neu@example.org: change"):
        save(world, replace(here, mail="b@example.org", member=own))
    kept = get(world, pk)
    with pytest.raises(RuleRefused, match=f"not to {OTHER}"):
        save(world, replace(kept, roles=kept.roles | {(Role.MEMBER, OTHER)}))
    # Who works for one space may be a member of another.
    save(world, replace(kept, roles=frozenset({(Role.HOST, OTHER), (Role.MEMBER, "")})))
    assert save(world, replace(here, mail="c@example.org", roles=frozenset(), member=strange))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"mail": "HANNA@example.org"}, "hanna@example.org has an account already"),
        ({"mail": "niemand"}, "is no mail address"),
        ({"mail": "@"}, "is no mail address"),
        (
            {"roles": frozenset({(Role.HOST, "kiel")})},
            f'space "kiel", which is not there: use one of {SPACE}, {OTHER}',
        ),
        ({"member": 99}, "no member 99"),
        ({"pk": 99}, "no account 99"),
    ],
)
def test_what_can_not_be_stored_is_refused(sqlite_world: World, values: dict[str, Any], problem: str) -> None:
    with pytest.raises(RuleRefused, match=problem):
        save(sqlite_world, replace(NEW, **values))
    assert len(sqlite_world.accounts.all()) == 5


def test_P7_after_a_space_went_to_another_controller_its_staff_see_nobody_there(world: World) -> None:  # noqa: N802
    world.member("Jo")
    assert [one.name for one in world.members.members(SPACE, world.actor(1))] == ["Jo"]
    with world.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE space SET controller = 'Verein' WHERE id = '{SPACE}'")
    for account in (1, 2):
        with pytest.raises(NotAllowed):
            world.members.members(SPACE, world.actor(account))
    moved = save(world, replace(get(world, 1), controller="Verein"))
    assert [one.name for one in world.members.members(SPACE, world.actor(moved))] == ["Jo"]


def test_P7_a_role_for_every_space_or_a_town_stays_with_one_controller(sqlite_world: World) -> None:  # noqa: N802
    world = sqlite_world
    with world.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE space SET controller = 'Verein' WHERE id = '{OTHER}'")
    with pytest.raises(RuleRefused, match=r"several controllers \(Stadt, Verein\)"):
        save(world, replace(NEW, roles=frozenset({(Role.HOST, "")})))
    every = save(world, replace(NEW, roles=frozenset({(Role.HOST, "")}), controller="Stadt"))
    assert world.actor(every).may(SPACE, Role.HOST)
    assert not world.actor(every).may(OTHER, Role.HOST)
    town = save(
        world, replace(NEW, mail="b@example.org", roles=frozenset({(Role.HOST, f"town:town-{OTHER}")}))
    )
    assert get(world, town).controller == "Verein"
    assert get(world, town).reach == {(Role.HOST, f"town:town-{OTHER}"), (Role.HOST, OTHER)}
    with pytest.raises(RuleRefused, match=f"{OTHER} belongs to Verein, and the account works for Stadt"):
        save(world, replace(get(world, every), roles=frozenset({(Role.MANAGER, OTHER)})))


def test_a_role_for_a_town_that_is_not_there_is_refused(sqlite_world: World) -> None:
    with pytest.raises(RuleRefused, match=f'town "kiel", which is not there: use one of town-{SPACE}'):
        save(sqlite_world, replace(NEW, roles=frozenset({(Role.HOST, "town:kiel")})))
