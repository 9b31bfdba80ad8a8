"""Every view, every method, every role: allowed exactly as this table says. A view that is not in it fails the test.

What somebody may not see is not there (404), and a stranger is asked to sign in; whether a form is filled in rightly is
another matter, so anything else counts as allowed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from hub.web.app import OPEN_VIEWS
from hub.web.parts import SsoConfig, WebConfig
from tests.hub.web.access_fakes import (
    ELSEWHERE,
    HOST,
    MANAGER,
    MEMBER,
    STATISTICS,
    TECHNICIAN,
    Fakes,
)
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import TUESDAY_MORNING_US
from tests.hub.web.host_pages import SENT, WAITING, fill
from tests.hub.web.mail_fakes import TOKEN
from tests.parts.ports import free_port

STRANGER: Final = ""

ROLES: Final = {
    "stranger": STRANGER,
    "member": MEMBER,
    "host": HOST,
    "manager": MANAGER,
    "host elsewhere": ELSEWHERE,
    "technician": TECHNICIAN,
    "statistics": STATISTICS,
}

EVERYONE: Final = frozenset(ROLES)
SIGNED_IN: Final = EVERYONE - {"stranger"}
HOSTS: Final = frozenset({"host", "manager"})
MANAGERS: Final = frozenset({"manager"})
ONE_S_OWN_CARD: Final = frozenset({"member"})
ONE_S_OWN_PASSKEY: Final = frozenset({"host"})

# One line for each view; a method that differs has a line of its own.
TABLE: Final[dict[str, frozenset[str]]] = {
    # What everyone may see
    "api.docs": EVERYONE,
    "api.occupancy": EVERYONE,
    "api.openapi_document": EVERYONE,
    "api.spaces": EVERYONE,
    "bootstrap.static": EVERYONE,
    "operations.favicon": EVERYONE,
    "operations.healthz": EVERYONE,
    "operations.metrics": EVERYONE,
    "operations.readyz": EVERYONE,
    "operations.robots": EVERYONE,
    "overview.overview": EVERYONE,
    "space.live_page": EVERYONE,
    "static": EVERYONE,
    "stream.now": EVERYONE,
    "stream.stream": EVERYONE,
    # The way in
    "account.sign_in": EVERYONE,
    "account.sign_out": EVERYONE,
    "link.ask": EVERYONE,
    "link.follow": EVERYONE,
    "link.forgot": EVERYONE,
    "link.reset": EVERYONE,
    "link.sent_page": EVERYONE,
    "mail.end": EVERYONE,
    "passkey.options": EVERYONE,
    "passkey.sign_in": EVERYONE,
    "second.second": EVERYONE,
    "sso.back": EVERYONE,
    "sso.go": EVERYONE,
    # What is one's own
    "me.block": ONE_S_OWN_CARD,
    "me.page": SIGNED_IN,
    "me.password": SIGNED_IN,
    "me.sign_out_everywhere": SIGNED_IN,
    "my_mail.choose": SIGNED_IN,
    "my_security.codes": SIGNED_IN,
    "my_security.page": SIGNED_IN,
    "my_security.passkey": SIGNED_IN,
    "my_security.passkey_add": SIGNED_IN,
    "my_security.passkey_options": SIGNED_IN,
    "my_security.passkey_remove": ONE_S_OWN_PASSKEY,
    "my_security.second": SIGNED_IN,
    "my_security.second_off": SIGNED_IN,
    "session.left": SIGNED_IN,
    "session.stay": SIGNED_IN,
    # A space's hosts (Empfang and Verwaltung)
    "card_changes.block": HOSTS,
    "card_changes.give": HOSTS,
    "card_changes.retire": HOSTS,
    "card_changes.take_back": HOSTS,
    "card_changes.unblock": HOSTS,
    "cards.card": HOSTS,
    "cards.cards": HOSTS,
    "doors.command": HOSTS,
    "doors.doors": HOSTS,
    "doors.lockdown": HOSTS,
    "doors.mode": HOSTS,
    "doors.open_once": HOSTS,
    "enrol.cancel": HOSTS,
    "enrol.new": HOSTS,
    "enrol.order": HOSTS,
    "enrol.personalise": HOSTS,
    "member_account.account": MANAGERS,
    "members.member": HOSTS,
    "members.member POST": MANAGERS,
    "members.members": HOSTS,
    "members.new": HOSTS,
    "members.new POST": MANAGERS,
    "today.close_log": HOSTS,
    "today.take_on": HOSTS,
    "today.today": HOSTS,
}

# What stands for the parts of addresses: something that is there.
THERE: Final[dict[str, Any]] = {
    "space": "moelln", "door": "vorn", "member": 1, "alarm": 1, "passkey": 1, "filename": "app.css",
}  # fmt: skip
THERE_IN: Final[dict[str, dict[str, Any]]] = {
    "bootstrap.static": {"filename": "css/bootstrap.min.css"},
    "card_changes.give": {"card": 4},
    "card_changes.unblock": {"card": 3},
    "doors.command": {"command": SENT},
    "enrol.cancel": {"order": WAITING},
    "enrol.order": {"order": WAITING},
    "enrol.personalise": {"card": 5},
    "link.follow": {"token": "token-1"},
    "link.reset": {"token": "token-2"},
    "mail.end": {"token": TOKEN},
    "me.block": {"card": 2},
}
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Call:
    """A view and a method."""

    endpoint: str
    method: str
    address: str

    @property
    def allowed(self) -> frozenset[str]:
        return TABLE.get(f"{self.endpoint} {self.method}", TABLE[self.endpoint])


@pytest.fixture
def app(make_app: Callable[..., Flask], fakes: Fakes) -> Flask:
    """The whole application: with accounts, mail, and a provider that is away."""
    fill(fakes)
    provider = SsoConfig(
        issuer=f"http://127.0.0.1:{free_port()}", client_id="a", client_secret="b", name="Stadt"
    )
    return make_app(WebConfig(has_mail=True, is_key_kept=True, sso=provider), access=fakes.access)


def rules(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))


def calls(app: Flask) -> list[Call]:
    """Return every view with each of its methods and an address of something that is there."""
    found = []
    with app.test_request_context():
        for rule in rules(app):
            values = {"card": 1, **THERE, **THERE_IN.get(rule.endpoint, {})}
            built = rule.build({name: values[name] for name in rule.arguments})
            assert built is not None
            offered = rule.methods or set()
            found += [Call(rule.endpoint, method, built[1]) for method in METHODS if method in offered]
    return found


def is_refused(answer: TestResponse, call: Call) -> bool:
    """Say whether a view was not there, or asked a stranger to sign in."""
    to_sign_in = answer.status_code == 303 and answer.headers["Location"].partition("?")[0] == "/sign-in"
    return answer.status_code == 404 or (to_sign_in and call.endpoint not in OPEN_VIEWS)


class Visitor:
    """Somebody of a role, whose session is begun anew when a view has ended it."""

    def __init__(self, app: Flask, fakes: Fakes, mail: str) -> None:
        self._app, self._fakes, self._mail = app, fakes, mail
        self._begin()

    def call(self, call: Call) -> TestResponse:
        """Ask for a view, with the token of forms."""
        client = self._person.client
        headers = {"X-CSRFToken": self._token} if call.method != "GET" else {}
        answer = client.open(call.address, method=call.method, headers=headers)
        answer.close()
        assert answer.status_code != 400, f"{call}: its token was not taken, so nothing was asked"
        if call.method == "POST":
            # Signed out, or signed in as somebody else, by this very view.
            self._begin()
        return answer

    def _begin(self) -> None:
        self._person = Person(self._app)
        if self._mail:
            account = self._fakes.accounts.by_mail(self._mail)
            assert account is not None
            now_s = TUESDAY_MORNING_US // 1_000_000
            with self._person.client.session_transaction() as session:
                session.update(
                    _user_id=account.uniquifier,
                    _fresh=True,
                    sid=token_hex(16),
                    at=now_s,
                    long=False,
                    fresh=now_s,
                )
        self._token = self._person.token() if not self._mail else _token(self._person)


def _token(person: Person) -> str:
    page = person.get("/me/password").text
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_the_table_names_every_view_and_no_other(app: Flask) -> None:
    assert {rule.endpoint for rule in rules(app)} == {name.partition(" ")[0] for name in TABLE}


def test_what_is_open_in_the_table_is_open_in_the_application_and_nothing_else() -> None:
    assert {name for name, allowed in TABLE.items() if allowed == EVERYONE} == OPEN_VIEWS


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_exactly_what_the_table_says(app: Flask, fakes: Fakes, role: str) -> None:
    visitor, wrong = Visitor(app, fakes, ROLES[role]), list[str]()
    for account in fakes.accounts.all():
        fakes.factors.turn_on(account.pk, b"sealed", 0, [b"a"], TUESDAY_MORNING_US)
    cards = dict(fakes.cards.kept)
    for call in calls(app):
        # What an earlier call has changed is there again.
        fakes.cards.kept = dict(cards)
        fakes.passkeys.kept.clear()
        fakes.passkeys.add(1, b"credential", b"key", 0, "Telefon", TUESDAY_MORNING_US)
        answer = visitor.call(call)
        if is_refused(answer, call) is (role in call.allowed):
            wrong.append(f"{call.method} {call.address} ({call.endpoint}): {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_a_view_that_nobody_listed_is_there_for_no_role(
    make_app: Callable[..., Flask], fakes: Fakes, role: str
) -> None:
    app = make_app(WebConfig(has_mail=True, is_key_kept=True), access=fakes.access)
    app.add_url_rule("/neu", "neu", lambda: "geheim", methods=["GET", "POST"])
    visitor = Visitor(app, fakes, ROLES[role])
    for method in ("GET", "POST"):
        assert visitor.call(Call("neu", method, "/neu")).status_code == 404
