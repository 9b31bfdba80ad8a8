"""Roles and what they come to: spaces, towns, every space, and never another controller's persons (requirement P7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.people import (
    EVERYWHERE,
    HOSTS,
    Actor,
    Role,
    SpacePlace,
    controllers_of,
    may_save_account,
    reach_of,
    town_scope,
)

PLACES = [
    SpacePlace("halle", "wittenberge", "Stadt"),
    SpacePlace("bahnhof", "wittenberge", "Stadt"),
    SpacePlace("atelier", "wittenberge", "Verein"),
    SpacePlace("clubheim", "moelln", "Verein"),
]
IDS = [place.id for place in PLACES]

REACHES: dict[str, tuple[Role, str, str, set[str]]] = {
    "a space": (Role.HOST, "halle", "Stadt", {"halle"}),
    "a space of somebody else": (Role.HOST, "clubheim", "Stadt", set()),
    "a town": (Role.MANAGER, "town:wittenberge", "Stadt", {"halle", "bahnhof"}),
    "a town for the other one there": (Role.MANAGER, "town:wittenberge", "Verein", {"atelier"}),
    "every space": (Role.HOST, "", "Verein", {"atelier", "clubheim"}),
    "every space for nobody": (Role.HOST, "", "", set()),
    "every space without persons": (Role.STATISTICS, "", "Stadt", set(IDS)),
    "a town without persons": (Role.TECHNICIAN, "town:wittenberge", "", {"halle", "bahnhof", "atelier"}),
    "a member's": (Role.MEMBER, "clubheim", "", {"clubheim"}),
    "a space that is not there": (Role.HOST, "kiel", "Stadt", set()),
    "a town that is called as a space": (Role.HOST, "town:halle", "Stadt", set()),
}


@pytest.mark.parametrize("label", REACHES)
def test_P7_a_role_reaches_the_spaces_of_its_scope_and_controller(label: str) -> None:  # noqa: N802
    role, scope, controller, expected = REACHES[label]
    actor = Actor(1, "x", reach_of([(role, scope)], controller, PLACES))
    assert {space for space in IDS if actor.may(space, role)} == expected
    others = [other for other in Role if other is not role]
    assert not any(actor.may(space, *others) for space in [*IDS, "", EVERYWHERE])


@given(
    st.sets(
        st.tuples(st.sampled_from(list(Role)), st.sampled_from(["", "town:wittenberge", "town:moelln", *IDS]))
    ),
    st.sampled_from(["", "Stadt", "Verein"]),
)
def test_P7_no_roles_whatever_see_persons_of_another_controller(  # noqa: N802
    roles: set[tuple[Role, str]], controller: str
) -> None:
    actor = Actor(1, "x", reach_of(roles, controller, PLACES))
    seen = {place.controller for place in PLACES if actor.may(place.id, *HOSTS)}
    assert seen <= {controller}


def test_the_controllers_are_those_of_spaces_in_which_persons_are_seen() -> None:
    assert controllers_of([(Role.HOST, "halle"), (Role.STATISTICS, "")], PLACES) == {"Stadt"}
    assert controllers_of([(Role.HOST, "town:wittenberge")], PLACES) == {"Stadt", "Verein"}
    assert controllers_of([(Role.MANAGER, "")], PLACES) == {"Stadt", "Verein"}
    assert controllers_of([(Role.MEMBER, "halle")], PLACES) == set()


GIVES = [
    ("halle", "halle", True),
    ("halle", "bahnhof", False),
    ("halle", "town:wittenberge", False),
    ("halle", "", False),
    ("town:wittenberge", "halle", True),
    ("town:wittenberge", "atelier", False),
    ("town:wittenberge", "town:wittenberge", True),
    ("town:wittenberge", "town:moelln", False),
    ("town:wittenberge", "", False),
    ("", "bahnhof", True),
    ("", "clubheim", False),
    ("", "town:moelln", True),
    ("", "", True),
]


@pytest.mark.parametrize(("own", "given_scope", "may"), GIVES)
def test_a_role_is_given_by_whoever_manages_all_of_its_scope(own: str, given_scope: str, may: bool) -> None:
    manager = Actor(1, "x", reach_of([(Role.MANAGER, own)], "Stadt", PLACES))
    host = Actor(2, "y", reach_of([(Role.HOST, own)], "Stadt", PLACES))
    after = frozenset({(Role.STATISTICS, given_scope)})
    assert may_save_account(manager, 0, frozenset(), after) is may
    assert not may_save_account(host, 0, frozenset(), after)


def test_a_town_s_scope_is_no_space_s_id() -> None:
    assert town_scope("halle") not in IDS
