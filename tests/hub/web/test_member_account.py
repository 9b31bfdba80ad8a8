"""A manager invites a member to sign in: an account of that member's, in this space, and a link by mail."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from hub.domain.accounts import LinkPurpose
from hub.domain.people import Role
from tests.hub.web.access_fakes import HOST, MANAGER, MEMBER, Fakes
from tests.hub.web.conftest import Person
from tests.hub.web.host_pages import AT

SignedIn = Callable[[str], Person]


def test_a_member_is_invited_once_and_gets_a_link_again(signed_in: SignedIn, fakes: Fakes) -> None:
    manager = signed_in(MANAGER)
    assert "person3@example.org" in manager.get(f"{AT}/members/3/account").text
    assert manager.get(f"{AT}/members/3/account").status_code == 200
    assert fakes.accounts.by_member(3) is None, "looking makes no account"
    for _ in range(2):
        assert manager.post(f"{AT}/members/3/account").location == f"{AT}/members/3"
    made = fakes.accounts.by_member(3)
    assert made is not None
    assert (made.mail, made.password_hash) == ("person3@example.org", None)
    assert made.roles == {(Role.MEMBER, "moelln")}
    assert fakes.links.open == {f"invited-{made.pk}": (made.pk, LinkPurpose.INVITATION)}
    assert len([one for one in fakes.accounts.all() if one.member == 3]) == 1
    assert "noch kein Passwort" in manager.get(f"{AT}/members/3/account").text


def test_whoever_can_sign_in_gets_a_link_for_a_new_password(signed_in: SignedIn, fakes: Fakes) -> None:
    manager = signed_in(MANAGER)
    assert f"Meldet sich als {MEMBER} an" in manager.get(f"{AT}/members/2/account").text
    manager.post(f"{AT}/members/2/account")
    assert list(fakes.links.open) == ["invited-3"]


@pytest.mark.parametrize("trouble", ["host", "other roles", "switched off", "another space"])
def test_who_may_not_be_invited_gets_no_link(signed_in: SignedIn, fakes: Fakes, trouble: str) -> None:
    member = 2
    if trouble == "other roles":
        fakes.accounts.change(MEMBER, roles=frozenset({(Role.MEMBER, "moelln"), (Role.HOST, "wittenberge")}))
    elif trouble == "switched off":
        fakes.accounts.change(MEMBER, is_active=False)
    elif trouble == "another space":
        elsewhere = tuple(replace(one, space="wittenberge") for one in fakes.members.kept[2].memberships)
        fakes.members.kept[2] = replace(fakes.members.kept[2], memberships=elsewhere)
    person = signed_in(HOST if trouble == "host" else MANAGER)
    assert person.post(f"{AT}/members/{member}/account").status_code == 404
    assert fakes.links.open == {}


def test_without_an_address_the_page_says_what_to_do(signed_in: SignedIn, fakes: Fakes) -> None:
    fakes.members.kept[3] = replace(fakes.members.kept[3], mail="")
    manager = signed_in(MANAGER)
    assert "fehlt die Mailadresse" in manager.get(f"{AT}/members/3/account").text
    answer = manager.post(f"{AT}/members/3/account")
    assert (answer.status_code, "keine Mailadresse" in answer.text) == (422, True)
    assert fakes.accounts.by_member(3) is None


def test_without_a_mail_server_nobody_is_invited(make_app: Callable[..., Flask], fakes: Fakes) -> None:
    person = Person(make_app(access=fakes.access))
    person.sign_in(MANAGER)
    assert "Befehlszeile" in person.get(f"{AT}/members/3/account").text
    assert person.post(f"{AT}/members/3/account").status_code == 404
    assert fakes.accounts.by_member(3) is None
