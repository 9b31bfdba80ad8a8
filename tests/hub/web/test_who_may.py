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

from hub.web.app import OPEN_VIEWS, TOKEN_GROUPS
from hub.web.parts import SsoConfig, WebConfig
from tests.hub.web.access_fakes import (
    ELSEWHERE,
    HOST,
    MANAGER,
    MEMBER,
    RESEARCH,
    STATISTICS,
    TECHNICIAN,
    Fakes,
)
from tests.hub.web.booking_fakes import CALENDAR, OWN_LATER, SERIES
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import TUESDAY_MORNING_US
from tests.hub.web.figure_fakes import ENTRY, TARGET
from tests.hub.web.host_pages import SENT, WAITING, fill
from tests.hub.web.mail_fakes import TOKEN
from tests.hub.web.statistics_fakes import CHECKSUM
from tests.hub.web.waiting_fakes import HELD
from tests.hub.web.webhook_fakes import HOOK
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
    "research": RESEARCH,
}

EVERYONE: Final = frozenset(ROLES)
SIGNED_IN: Final = EVERYONE - {"stranger"}
HOSTS: Final = frozenset({"host", "manager"})
MANAGERS: Final = frozenset({"manager"})
MEMBERS: Final = frozenset({"member"})
RESEARCHERS: Final = frozenset({"research"})
STATISTICIANS: Final = frozenset({"statistics", "research"})
NOBODY: Final = frozenset[str]()
ONE_S_OWN_CARD: Final = frozenset({"member"})
ONE_S_OWN_PASSKEY: Final = frozenset({"host"})

# One line for each view; a method that differs has a line of its own.
TABLE: Final[dict[str, frozenset[str]]] = {
    # What everyone may see
    "api.docs": EVERYONE,
    "api.occupancy": EVERYONE,
    "api.openapi_document": EVERYONE,
    "api.spaces": EVERYONE,
    "badge.badge": EVERYONE,
    "bootstrap.static": EVERYONE,
    "calendar_feed.feed": EVERYONE,
    "downloads.download": EVERYONE,
    "opendata.catalog": EVERYONE,
    "opendata.file": EVERYONE,
    "opendata.page": EVERYONE,
    "operations.favicon": EVERYONE,
    "operations.healthz": EVERYONE,
    "operations.metrics": EVERYONE,
    "operations.readyz": EVERYONE,
    "operations.robots": EVERYONE,
    "overview.overview": EVERYONE,
    "papers.download": EVERYONE,
    "papers.overview": EVERYONE,
    "papers.page": EVERYONE,
    "space.live_page": EVERYONE,
    "spaceapi.spaceapi": EVERYONE,
    "static": EVERYONE,
    "stream.now": EVERYONE,
    "stream.stream": EVERYONE,
    "town_statistics.chart": EVERYONE,
    "town_statistics.network": EVERYONE,
    "town_statistics.town": EVERYONE,
    "way.page": EVERYONE,
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
    "my_calendar.end": MEMBERS,
    "my_calendar.make": MEMBERS,
    "my_calendar.page": MEMBERS,
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
    "book.confirm": MEMBERS | HOSTS,
    "book.page": MEMBERS | HOSTS,
    "check_in.page": MEMBERS | HOSTS,
    "my_bookings.cancel": MEMBERS,
    "my_bookings.change": MEMBERS,
    "my_bookings.check_in": MEMBERS,
    "my_bookings.restore": MEMBERS,
    "my_data.erase": MEMBERS,
    "my_data.export": MEMBERS,
    "my_data.page": MEMBERS,
    "phone.command": MEMBERS,
    "phone.open_door": MEMBERS,
    "series.cancel": MEMBERS,
    "series.page": MEMBERS | HOSTS,
    "waiting.confirm": MEMBERS,
    "waiting.leave": MEMBERS,
    "waiting.wait": MEMBERS | HOSTS,
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
    "duties.download": MANAGERS,
    "duties.page": MANAGERS,
    "duties.paper": MANAGERS,
    "enrol.cancel": HOSTS,
    "enrol.new": HOSTS,
    "enrol.order": HOSTS,
    "enrol.personalise": HOSTS,
    "life.close": MANAGERS,
    "life.move": MANAGERS,
    "life.open_space": MANAGERS,
    "life.page": MANAGERS,
    "life.take_back": MANAGERS,
    "member_account.account": MANAGERS,
    "members.member": HOSTS,
    "members.member POST": MANAGERS,
    "members.members": HOSTS,
    "members.new": MANAGERS,
    "today.close_log": HOSTS,
    "today.take_on": HOSTS,
    "today.today": HOSTS,
    "webhooks.page": MANAGERS,
    "webhooks.remove": MANAGERS,
    "webhooks.retry": MANAGERS,
    "blockings.lift": HOSTS,
    "blockings.page": HOSTS,
    "bookings.assign": HOSTS,
    "bookings.booking": HOSTS,
    "bookings.check_in": HOSTS,
    "bookings.new": HOSTS,
    "calendar.page": HOSTS,
    "groups.group": MANAGERS,
    "groups.groups": MANAGERS,
    "groups.new": MANAGERS,
    "groups.remove_phase": MANAGERS,
    "passes.due": MANAGERS,
    "passes.due_file": MANAGERS,
    "passes.end": MANAGERS,
    "passes.passes": HOSTS,
    "passes.sell": HOSTS,
    "plan.desk": HOSTS,
    "plan.new": HOSTS,
    "plan.page": HOSTS,
    "plan.remove": HOSTS,
    "settings.page": MANAGERS,
    "signs.download": HOSTS,
    "signs.page": HOSTS,
    "tariffs.new": MANAGERS,
    "tariffs.rule": MANAGERS,
    "tariffs.tariff": MANAGERS,
    "tariffs.tariffs": HOSTS,
    # The role Statistik
    "figure_entries.correct": STATISTICIANS,
    "figure_entries.page": STATISTICIANS,
    "figure_entries.remove": STATISTICIANS,
    "figure_entries.take_in": STATISTICIANS,
    "figure_targets.gaps": STATISTICIANS,
    "figure_targets.page": STATISTICIANS,
    "figure_targets.remove": STATISTICIANS,
    "figure_targets.settings": STATISTICIANS,
    "research.extract": RESEARCHERS,
    "statistics.internal": STATISTICIANS,
    "statistics.page": STATISTICIANS,
    "statistics.publish": STATISTICIANS,
    "statistics.review": STATISTICIANS,
    "statistics.version": STATISTICIANS,
    # For programs: a token and its scope (tests/hub/api/test_who_may.py), never a session
    "api_bookings.availability": NOBODY,
    "api_bookings.book": NOBODY,
    "api_bookings.booking": NOBODY,
    "api_bookings.bookings": NOBODY,
    "api_bookings.cancel": NOBODY,
    "api_bookings.change": NOBODY,
    "api_bookings.check_in": NOBODY,
    "api_bookings.restore": NOBODY,
    "api_members.add": NOBODY,
    "api_members.change": NOBODY,
    "api_members.choose": NOBODY,
    "api_members.end": NOBODY,
    "api_members.member": NOBODY,
    "api_members.members": NOBODY,
    "api_passes.end": NOBODY,
    "api_passes.note_visit": NOBODY,
    "api_passes.passes": NOBODY,
    "api_passes.sell": NOBODY,
    "api_passes.tariffs": NOBODY,
    "api_series.block": NOBODY,
    "api_series.book_series": NOBODY,
    "api_series.cancel_days": NOBODY,
    "api_series.change_days": NOBODY,
    "api_series.lift": NOBODY,
    "api_series.series": NOBODY,
}

# What stands for the parts of addresses: something that is there.
THERE: Final[dict[str, Any]] = {
    "space": "moelln", "door": "vorn", "member": 1, "alarm": 1, "passkey": 1, "filename": "app.css",
    "booking": OWN_LATER, "booking_id": OWN_LATER, "series": SERIES, "series_id": SERIES, "number": 1,
    "entry": ENTRY, "target": TARGET,
    "desk": "s5", "group": "verein", "tariff": "frueh",
    "held": 1, "day": "2026-01-01", "kind": "json", "command": SENT,
    "ags": "12070424", "level": "town", "id_": "12070424", "period": "2025", "checksum": CHECKSUM,
    "end": "csv", "file": "coworking-12070424.csv",
}  # fmt: skip
THERE_IN: Final[dict[str, dict[str, Any]]] = {
    "bootstrap.static": {"filename": "css/bootstrap.min.css"},
    "calendar_feed.feed": {"secret": CALENDAR},
    "card_changes.give": {"card": 4},
    "card_changes.unblock": {"card": 3},
    "doors.command": {"command": SENT},
    "duties.download": {"kind": "record"},
    "duties.paper": {"kind": "record"},
    "enrol.cancel": {"order": WAITING},
    "enrol.order": {"order": WAITING},
    "enrol.personalise": {"card": 5},
    "life.take_back": {"kind": "end"},
    "link.follow": {"token": "token-1"},
    "link.reset": {"token": "token-2"},
    "mail.end": {"token": TOKEN},
    "me.block": {"card": 2},
    "town_statistics.chart": {"name": "visits-wide-de"},
    "waiting.confirm": {"wait_id": HELD},
    "waiting.leave": {"wait_id": HELD},
    "papers.download": {"kind": "notice"},
    "papers.page": {"kind": "notice"},
    "signs.download": {"layout": "door-a5"},
    "webhooks.remove": {"webhook": HOOK},
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
    if call.endpoint.partition(".")[0] in TOKEN_GROUPS:
        return answer.status_code == 401
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
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_a_view_that_nobody_listed_is_there_for_no_role(
    make_app: Callable[..., Flask], fakes: Fakes, role: str
) -> None:
    app = make_app(WebConfig(has_mail=True, is_key_kept=True), access=fakes.access)
    app.add_url_rule("/neu", "neu", lambda: "geheim", methods=["GET", "POST"])
    visitor = Visitor(app, fakes, ROLES[role])
    for method in ("GET", "POST"):
        assert visitor.call(Call("neu", method, "/neu")).status_code == 404
