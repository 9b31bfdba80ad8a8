"""Single sign-on against a real provider: who gets in with which roles, and nothing that it could not have said."""

import logging
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import Engine

from hub.access_ports import Account
from hub.domain.errors import RuleRefused
from hub.domain.people import Role
from hub.domain.sso import GroupRole, Known
from hub.storage.single_sign_on import SqlSingleSignOn
from hub.web.parts import SsoConfig, WebConfig
from tests.hub.desks.world import OTHER, SPACE, World
from tests.hub.web.access_fakes import ELSEWHERE, HOST, Fakes
from tests.hub.web.conftest import Person
from tests.parts.oidc_provider import CLIENT, SECRET, OidcProvider

TODAY = "/spaces/moelln/host/"
GROUPS = (
    GroupRole("coworking-empfang", Role.HOST, "moelln"),
    GroupRole("coworking-leitung", Role.MANAGER, "moelln"),
    GroupRole("statistik", Role.STATISTICS, ""),
)
EVA = {
    "sub": "8f3e", "name": "Eva König", "email": HOST, "email_verified": True, "groups": ["coworking-empfang", "alle"],
}  # fmt: skip


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    made = OidcProvider(dict(EVA))
    made.start()
    yield made
    made.stop()


def config_of(provider: OidcProvider, **more: Any) -> WebConfig:
    values = {"client_id": CLIENT, "client_secret": SECRET, "name": "Stadt Mölln", "groups": GROUPS, **more}
    return WebConfig(sso=SsoConfig(issuer=provider.issuer, **values))


@pytest.fixture
def person(make_app: Callable[..., Flask], provider: OidcProvider, fakes: Fakes) -> Person:
    """A stranger, where there is a provider."""
    return Person(make_app(config_of(provider), access=fakes.access))


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def visit(address: str) -> str:
    """Go to the provider as a browser does; return where it sends one."""
    try:
        urllib.request.build_opener(_Stay).open(address, timeout=10)
    except HTTPError as answer:
        with answer:
            return str(answer.headers["Location"])
    raise AssertionError("the provider sends nobody on")


def go(person: Person, onward: str = TODAY) -> str:
    """Begin at the sign-in page, pass the provider, and return the address that leads back."""
    answer = person.get(f"/sign-in/sso?{urlencode({'next': onward})}")
    assert answer.status_code == 302, answer.text
    return visit(answer.location).removeprefix("http://localhost")


def test_somebody_whom_the_provider_knows_gets_in_with_the_roles_of_the_groups(
    person: Person, fakes: Fakes, provider: OidcProvider
) -> None:
    assert "Mit Stadt Mölln anmelden" in person.get("/sign-in").text
    answer = person.get(go(person))
    assert (answer.status_code, answer.location) == (303, TODAY)
    assert person.get(TODAY).status_code == 200
    assert fakes.sso.came == [
        Known(provider.issuer, "8f3e", "Eva König", HOST, True, frozenset({(Role.HOST, "moelln")}))
    ]


def test_groups_are_asked_for_where_the_token_does_not_name_them(
    person: Person, fakes: Fakes, provider: OidcProvider
) -> None:
    provider.in_token = frozenset({"sub"})
    provider.person["groups"] = ["statistik", "coworking-leitung"]
    person.get(go(person))
    assert fakes.sso.came[0].roles == {(Role.STATISTICS, ""), (Role.MANAGER, "moelln")}
    assert provider.asked[-1] == "/stadt/userinfo"


@pytest.mark.parametrize(
    ("claims", "proved"),
    [({}, True), ({"email_verified": False}, False), ({"email_verified": "true"}, False)],
)
def test_only_an_address_that_is_proved_counts_as_proved(
    person: Person, fakes: Fakes, provider: OidcProvider, claims: dict[str, object], proved: bool
) -> None:
    provider.person |= claims
    person.get(go(person))
    assert fakes.sso.came[0].is_mail_proved is proved


def test_an_operator_may_trust_the_provider_s_addresses(
    make_app: Callable[..., Flask], fakes: Fakes, provider: OidcProvider
) -> None:
    provider.person["email_verified"] = False
    person = Person(make_app(config_of(provider, trusts_mail=True), access=fakes.access))
    person.get(go(person))
    assert fakes.sso.came[0].is_mail_proved


def test_without_a_role_the_page_says_so_and_nobody_is_in(person: Person, provider: OidcProvider) -> None:
    provider.person["groups"] = ["alle"]
    answer = person.get(go(person))
    assert (answer.status_code, "Keine Ihrer Gruppen" in answer.text) == (403, True)
    assert person.get("/me/").status_code == 303


def lie(**claims: object) -> Callable[[dict[str, Any]], None]:
    return lambda told: told.update(claims)


LIES: dict[str, dict[str, Any]] = {
    "for another client": {"lie": lie(aud="shop")},
    "of another provider": {"lie": lie(iss="https://evil.example")},
    "of another sign-in": {"lie": lie(nonce="0")},
    "of yesterday": {"lie": lie(exp=1_000_000_000)},
    "of nobody": {"lie": lambda told: told.pop("sub")},
    "unsigned": {"signs_with": "none"},
    "signed with what anyone has": {"signs_with": "HS256"},
    "signed with another key": {"signs_with": "another key"},
    "said by somebody who calls himself another": {"says_issuer": "https://evil.example"},
}


@pytest.mark.parametrize(
    "label", [label for label in LIES if label != "said by somebody who calls himself another"]
)
def test_a_token_that_is_not_the_provider_s_for_this_sign_in_lets_nobody_in(
    person: Person, fakes: Fakes, provider: OidcProvider, label: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in LIES[label].items():
        setattr(provider, name, value)
    with caplog.at_level(logging.WARNING):
        answer = person.get(go(person))
    assert (answer.status_code, fakes.sso.came) == (502, [])
    assert "Stadt Mölln hat nicht geantwortet" in answer.text
    assert person.get("/me/").status_code == 303
    assert "single sign-on failed" in caplog.text
    assert SECRET not in caplog.text


def test_a_provider_that_says_it_is_another_one_is_not_gone_to(
    person: Person, provider: OidcProvider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.says_issuer = "https://evil.example"
    answer = person.get("/sign-in/sso")
    assert answer.status_code == 502
    assert "correct oidc.issuer" in caplog.text


def test_whoever_cancels_there_is_told_and_may_sign_in_another_way(
    person: Person, provider: OidcProvider
) -> None:
    provider.refuses = "access_denied"
    answer = person.get(go(person))
    assert (answer.status_code, "Auf andere Weise anmelden" in answer.text) == (502, True)


def test_an_answer_that_was_not_asked_for_here_lets_nobody_in(
    make_app: Callable[..., Flask], person: Person, fakes: Fakes
) -> None:
    back = go(person)
    other = Person(person.client.application)
    assert other.get(back).status_code == 502, "somebody else's answer (login CSRF)"
    assert other.get("/sign-in/sso/back").status_code == 502
    assert other.get("/sign-in/sso/back?code=x&state=y").status_code == 502
    assert fakes.sso.came == []
    assert person.get(back).status_code == 303
    assert person.get(back).status_code == 502, "and not twice"
    assert len(fakes.sso.came) == 1


def test_a_provider_that_is_away_is_a_page_that_says_so(
    person: Person, provider: OidcProvider, fakes: Fakes
) -> None:
    back = go(person)
    provider.stop()
    provider.start = lambda: None  # type: ignore[method-assign]
    provider.stop = lambda: None  # type: ignore[method-assign]
    assert person.get(back).status_code == 502
    assert Person(person.client.application).get("/sign-in").status_code == 200
    assert fakes.sso.came == []


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", ""])
def test_nobody_is_led_elsewhere(person: Person, onward: str) -> None:
    assert person.get(go(person, onward)).location == "/me/"


def test_without_a_provider_there_is_no_such_page(staffed: Flask) -> None:
    client = staffed.test_client()
    for address in ("/sign-in/sso", "/sign-in/sso/back?code=x&state=y"):
        assert client.get(address).status_code == 404
    assert "Stadt Mölln" not in client.get("/sign-in").text


def test_the_provider_s_secret_shows_itself_nowhere(provider: OidcProvider) -> None:
    assert SECRET not in repr(config_of(provider))
    assert ELSEWHERE not in repr(config_of(provider))


# -- accounts on a real database


@pytest.fixture
def world(engine: Engine) -> World:
    made = World(engine)
    made.set_up()
    return made


def known(**more: Any) -> Known:
    values: dict[str, Any] = {
        "issuer": "https://a.example", "subject": "s1", "name": "Neu", "mail": "Neu@Example.org",
        "is_mail_proved": True, "roles": frozenset({(Role.HOST, SPACE)}), **more,
    }  # fmt: skip
    return Known(**values)


def enter(world: World, **more: Any) -> Account:
    return SqlSingleSignOn(world.engine).enter(known(**more), world.now_us)


def test_the_first_time_makes_an_account_without_a_password(world: World) -> None:
    account = enter(world)
    assert (account.mail, account.name, account.password_hash) == ("neu@example.org", "Neu", None)
    assert account.roles == {(Role.HOST, SPACE)}
    assert account.controller == "Stadt"
    assert enter(world, mail="other@example.org", is_mail_proved=False) == account, (
        "known by the subject from then on"
    )
    assert len(world.accounts.all()) == 6


def test_an_account_of_the_same_proved_address_is_taken_over_and_of_an_unproved_one_not(world: World) -> None:
    with pytest.raises(RuleRefused) as refused:
        enter(world, mail="hanna@example.org", is_mail_proved=False)
    assert refused.value.code == "sso_mail_not_proved"
    account = enter(world, mail="Hanna@example.org", name="")
    assert (account.pk, account.name) == (1, "Hanna Host")


def test_the_groups_decide_on_roles_each_time_but_for_a_member_s(world: World) -> None:
    enter(world, mail="mika@example.org", roles=frozenset({(Role.STATISTICS, "")}))
    account = enter(world, roles=frozenset({(Role.MANAGER, SPACE)}))
    assert account.roles == {(Role.MEMBER, SPACE), (Role.MANAGER, SPACE)}
    assert enter(world, roles=frozenset()).roles == {(Role.MEMBER, SPACE)}


def test_whoever_left_all_groups_is_out_and_has_no_roles(world: World) -> None:
    account = enter(world)
    with pytest.raises(RuleRefused) as refused:
        enter(world, roles=frozenset())
    assert refused.value.code == "sso_no_role"
    left = world.accounts.by_pk(account.pk)
    assert left is not None
    assert left.roles == frozenset()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"roles": frozenset()}, "sso_no_role"),
        ({"mail": ""}, "sso_no_mail"),
        ({"mail": "kein"}, "no_mail"),
        ({"roles": frozenset({(Role.HOST, "kiel")})}, "unknown_space"),
    ],
)
def test_who_can_not_be_known_or_given_roles_makes_no_account(
    sqlite_engine: Engine, more: dict[str, Any], code: str
) -> None:
    world = World(sqlite_engine)
    world.set_up()
    with pytest.raises(RuleRefused) as refused:
        enter(world, **more)
    assert refused.value.code == code
    assert len(world.accounts.all()) == 5
    assert world.rows("SELECT * FROM sso_subject") == []


def test_an_account_that_is_switched_off_stays_so(world: World) -> None:
    enter(world)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE account SET is_active = false WHERE mail = 'neu@example.org'")
    with pytest.raises(RuleRefused) as refused:
        enter(world)
    assert refused.value.code == "sso_switched_off"


def test_P7_whoever_comes_this_way_works_for_one_controller(sqlite_engine: Engine) -> None:  # noqa: N802
    world = World(sqlite_engine)
    world.set_up()
    with world.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE space SET controller = 'Verein' WHERE id = '{OTHER}'")
    account = enter(world, roles=frozenset({(Role.HOST, "")}), controller="Verein")
    assert {space for role, space in account.reach if role is Role.HOST} == {"*", OTHER}
    with pytest.raises(RuleRefused) as refused:
        enter(world, roles=frozenset({(Role.HOST, SPACE)}))
    assert refused.value.code == "other_controller"
