"""Every view of the closed API × every scope × whoever a token acts for: allowed exactly as this table says.

All calls are about Jo, of one space. What somebody may not see is not there (404), what somebody may not do is refused
(403); whether a request makes sense otherwise (409) is another matter. A view that is not in the table fails the test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pytest
from flask import Flask

from hub.domain.tariffs import Tariff, TariffKind
from hub.domain.tokens import Scope
from hub.web.app import CLOSED_API, OPEN_VIEWS, TOKEN_GROUPS
from tests.hub.api.programs import MORNING, Program
from tests.hub.bookings.world import A, B, BookingWorld
from tests.hub.desks.world import CLI, SPACE

ONESELF: Final = frozenset({"Jo"})
MEMBERS: Final = frozenset({"Jo", "another member"})
HOST: Final = frozenset({"host", "manager"})
MANAGER: Final = frozenset({"manager"})

# One line for each view: what its token needs, and for whom it may act.
TABLE: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "api_bookings.availability": ("availability:read", MEMBERS | HOST),
    "api_bookings.book": ("bookings:write", ONESELF | HOST),
    "api_bookings.booking": ("bookings:read", ONESELF | HOST),
    "api_bookings.bookings": ("bookings:read", ONESELF | HOST),
    "api_bookings.cancel": ("bookings:write", ONESELF | HOST),
    "api_bookings.change": ("bookings:write", ONESELF | HOST),
    "api_bookings.check_in": ("check-ins:write", ONESELF | HOST),
    "api_bookings.restore": ("bookings:write", ONESELF | HOST),
    "api_members.add": ("members:write", MANAGER),
    "api_members.change": ("members:write", MANAGER),
    "api_members.choose": ("members:write", ONESELF),
    "api_members.end": ("members:write", MANAGER),
    "api_members.member": ("members:read", ONESELF | HOST),
    "api_members.members": ("members:read", HOST),
    "api_passes.end": ("passes:write", MANAGER),
    "api_passes.note_visit": ("visits:write", HOST),
    "api_passes.passes": ("passes:read", ONESELF | HOST),
    "api_passes.sell": ("passes:write", HOST),
    "api_passes.tariffs": ("passes:read", HOST),
    "api_series.block": ("blockings:write", HOST),
    "api_series.book_series": ("bookings:write", ONESELF | HOST),
    "api_series.cancel_days": ("bookings:write", ONESELF | HOST),
    "api_series.change_days": ("bookings:write", ONESELF | HOST),
    "api_series.lift": ("blockings:write", HOST),
    "api_series.series": ("bookings:read", ONESELF | HOST),
}
DAILY: Final = {
    "space": SPACE, "desk": B, "frequency": "daily", "first": "2026-11-24", "last": "2026-11-25", "starts": "09:00",
    "ends": "12:00",
}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A view, and a request of it."""

    endpoint: str
    method: str
    path: str
    body: Any = None

    @property
    def scope(self) -> Scope:
        return Scope(TABLE[self.endpoint][0])


@pytest.fixture
def calls(app: Flask, world: BookingWorld, jo: Program) -> list[Call]:
    """Every view of the closed API, with something of Jo's that is there."""
    world.passes.save_tariff(SPACE, Tariff("tag", "Tag", TariffKind.DAY, units=1), CLI, world.now_us)
    held = world.passes.sell(SPACE, world.jo, "tag", None, CLI, world.now_us).held.pk
    booking = jo.book().json["id"]  # type: ignore[index]
    series = jo("POST", "/api/v1/series", DAILY).json["id"]  # type: ignore[index]
    end = {"space": SPACE, "last": "2026-12-31"}
    bodies: dict[str, Any] = {
        "api_bookings.book": MORNING | {"member": world.jo, "reason": "für Jo"},
        "api_bookings.change": {"version": 1, "note": "x", "reason": "für Jo"},
        "api_members.add": {"name": "Neu", "memberships": [{"space": SPACE, "valid_from": "2026-11-18"}]},
        "api_members.change": {"phone": "1"},
        "api_members.choose": {"shows_presence": True, "in_statistics": False},
        "api_passes.end": end,
        "api_passes.note_visit": {"space": SPACE, "member": world.jo, "day": "2026-11-17"},
        "api_passes.sell": {"space": SPACE, "member": world.jo, "tariff": "tag"},
        "api_series.block": {
            "space": SPACE, "kind": "hold", "desks": [A], "note": "Lampe", **_span("2026-11-26"),
        },
        "api_series.book_series": DAILY | {"member": world.jo, "reason": "für Jo", "desk": A},
        "api_series.change_days": {"which": "all", "note": "x", "reason": "für Jo"},
    }  # fmt: skip
    queries = {
        "api_bookings.availability": "?from=2026-11-19T08:00:00Z&to=2026-11-19T09:00:00Z",
        "api_bookings.bookings": f"?space={SPACE}&member={world.jo}",
        "api_bookings.cancel": "?reason=krank",
        "api_bookings.restore": "?reason=gesund",
        "api_members.end": f"?space={SPACE}&last=2027-12-31",
        "api_members.members": f"?space={SPACE}",
        "api_passes.passes": f"?space={SPACE}&member={world.jo}",
        "api_series.cancel_days": "?which=all&reason=krank",
    }
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in TOKEN_GROUPS:
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            path = rule.rule.replace("<booking_id>", booking).replace("<series_id>", series)
            number = held if "/passes/" in path else world.jo
            path = path.replace("<space>", SPACE).replace("<int:number>", str(number))
            query = queries.get(rule.endpoint, "")
            found.append(Call(rule.endpoint, method, path + query, bodies.get(rule.endpoint)))
    return found


def test_the_table_names_every_view_and_no_other(app: Flask) -> None:
    views = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert views - OPEN_VIEWS == set(TABLE)
    scopes = {view: scope for group in CLOSED_API for view, scope in group.SCOPES.items()}
    assert scopes == {view: Scope(scope) for view, (scope, _) in TABLE.items()}
    assert {scope for scope, _ in TABLE.values()} == set(Scope)


def test_each_token_may_do_exactly_what_the_table_says(
    calls: list[Call], program: Callable[..., Program], world: BookingWorld
) -> None:
    holders = {
        "another member": (world.mia, None), "host elsewhere": (None, 3), "statistics": (None, 5),
        "Jo": (world.jo, None),
        "host": (None, 1), "manager": (None, 2),
    }  # fmt: skip
    wrong = []
    for name, holder in holders.items():
        tokens = {scope: program(*holder, scopes=frozenset({scope})) for scope in Scope}
        for call in calls:
            answer = tokens[call.scope](call.method, call.path, call.body)
            code = "" if answer.json is None else answer.json.get("code")
            is_refused = answer.status_code in (401, 403, 404) or code == "no_membership_then"
            if is_refused is (name in TABLE[call.endpoint][1]) or answer.status_code in (400, 415, 500):
                wrong.append(f"{name}: {call.method} {call.path}: {answer.status_code} {code}")
    assert wrong == []


def test_without_its_scope_or_without_a_token_no_view_does_anything(
    app: Flask, calls: list[Call], program: Callable[..., Program]
) -> None:
    stranger = app.test_client()
    # A session is no token, so that no other site can have a browser do anything.
    stranger.set_cookie("session", "x")
    lacking = {scope: program(account=2, scopes=frozenset(Scope) - {scope}) for scope in Scope}
    for call in calls:
        for headers in ({}, {"Authorization": "Bearer ankerort_x"}, {"Authorization": "Basic x"}):
            answer = stranger.open(call.path, method=call.method, json=call.body, headers=headers)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), call
        refused = lacking[call.scope](call.method, call.path, call.body)
        assert (refused.status_code, refused.json["code"]) == (403, "no_such_scope"), call  # type: ignore[index]


def test_a_view_that_nobody_listed_is_there_for_no_token(app: Flask, manager: Program) -> None:
    names = [f"{group.blueprint.name}.neu" for group in CLOSED_API]
    for name in names:
        app.add_url_rule(f"/api/v1/neu/{name}", name, lambda: "geheim")
    assert [manager("GET", f"/api/v1/neu/{name}").status_code for name in names] == [404] * len(names)


def _span(day: str) -> dict[str, str]:
    assert date.fromisoformat(day)
    return {"starts_at": f"{day}T08:00:00Z", "ends_at": f"{day}T11:00:00Z"}
