"""Hostile input to the API: a clear refusal, and nothing half-written; a name comes back as it is."""

import json
from typing import Any, Final

import pytest

from hub.domain.tariffs import Tariff, TariffKind
from tests.hub.api.programs import BOOKINGS, MORNING, Program
from tests.hub.bookings.world import A, BookingWorld
from tests.hub.desks.world import CLI, SPACE

MEMBERS: Final = "/api/v1/members"
NEW: Final[dict[str, Any]] = {"name": "Jo", "memberships": [{"space": SPACE, "valid_from": "2026-11-18"}]}
LONG: Final = "ä" * 10_000
VALUES: Final[tuple[Any, ...]] = (
    LONG, "a\x00b", "\u202e\u2066", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "'; DROP TABLE member; --",
    "../../etc/passwd", "", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", 2**63,
    -1, 1e308, True, None, [[[[]]]], {"$ref": "#"},
)  # fmt: skip
TABLES: Final = (
    "member", "membership", "booking", "claim", "booking_series", "member_pass", "visit", "chain_entry", "api_request",
)  # fmt: skip


@pytest.fixture
def bodies(world: BookingWorld, jo: Program) -> dict[str, dict[str, Any]]:
    """A good body for each request that takes one."""
    world.passes.save_tariff(SPACE, Tariff("tag", "Tag", TariffKind.DAY, units=1), CLI, world.now_us)
    booking = jo.book().json["id"]  # type: ignore[index]
    series = {
        "space": SPACE, "desk": A, "frequency": "weekly", "weekdays": ["thu"], "first": "2026-11-26",
        "last": "2026-11-26", "starts": "09:00", "ends": "12:00", "member": world.jo, "note": "", "interval": 1,
        "reason": "am Telefon",
    }  # fmt: skip
    made = jo("POST", "/api/v1/series", series | {"reason": ""}).json["id"]  # type: ignore[index]
    blocking = MORNING | {"kind": "hold", "note": "Lampe", "desks": [A], "member": None}
    del blocking["desk"]
    member = NEW | {"mail": "", "phone": "", "answers": None}
    return {
        f"POST {BOOKINGS}": MORNING | {"member": world.jo, "note": "", "reason": "am Telefon"},
        f"PATCH {BOOKINGS}/{booking}": {"version": 1, "desk": A, "note": "", "reason": "am Telefon"},
        "POST /api/v1/series": series,
        f"PATCH /api/v1/series/{made}": {
            "which": "range",
            "first": "2026-11-26",
            "last": "2026-11-26",
            "note": "",
        },
        "POST /api/v1/blockings": blocking,
        f"POST {MEMBERS}": member,
        f"PATCH {MEMBERS}/{world.mia}": member,
        "POST /api/v1/passes": {"space": SPACE, "member": world.jo, "tariff": "tag", "starts_on": None},
        "POST /api/v1/visits": {"space": SPACE, "member": world.jo, "day": "2026-11-17"},
    }


def kept(world: BookingWorld) -> list[tuple[Any, ...]]:
    """Return how much stands in the tables that requests write."""
    return world.rows(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in TABLES))


def test_whatever_stands_in_a_field_is_taken_whole_or_refused_whole(
    manager: Program, bodies: dict[str, dict[str, Any]], world: BookingWorld
) -> None:
    wrong, number = list[str](), 0
    for request, body in bodies.items():
        method, path = request.split()
        for field in body:
            # Each field meets some of them, and each of them many fields.
            for value in VALUES[number % 4 :: 4]:
                before = kept(world)
                answer = manager(method, path, body | {field: value})
                told = answer.json if isinstance(answer.json, dict) else {}
                is_refused = 400 <= answer.status_code < 500 and told.get("code") and told.get("detail")
                if not (answer.status_code in (200, 201) or (is_refused and kept(world) == before)):
                    wrong.append(f"{request} {field}={str(value)[:20]!r}: {answer.status_code} {told}")
            number += 1
    assert wrong == []


JSON: Final = "application/json"
NO_BODIES: Final = (
    (b"name=Jo", "application/x-www-form-urlencoded", 415, "application/json"),
    (b"<member/>", "text/xml", 415, "application/json"),
    (json.dumps(NEW).encode(), "", 415, "application/json"),
    (b"", JSON, 400, ""),
    (b"{", JSON, 400, ""),
    (b"null", JSON, 400, "object"),
    (json.dumps(NEW).encode() + b"x", JSON, 400, ""),
    (json.dumps(NEW).encode("utf-16"), JSON, 400, ""),
    (json.dumps(NEW | {"name": "\ud800"}).encode(), JSON, 400, ""),
    (json.dumps(NEW)[:-1].encode() + b', "name": "B"}', JSON, 400, "Feld name steht zweimal"),
    (json.dumps(NEW | {"memberships": NEW["memberships"] * 2}).encode(), JSON, 409, "Mitgliedschaft"),
    (b"[" * 60_000 + b"]" * 60_000, JSON, 413, ""),
    (b"[" * 30_000 + b"]" * 30_000, JSON, 400, ""),
    (b'{"name":' * 5_000 + b"1" + b"}" * 5_000, JSON, 400, ""),
    (json.dumps(NEW | {"answers": 10**400}).encode(), JSON, 400, ""),
    (json.dumps(NEW | {"is_admin": True}).encode(), JSON, 400, "is_admin"),
)  # fmt: skip


def test_a_body_that_is_none_is_refused_and_told(manager: Program, world: BookingWorld) -> None:
    before = kept(world)
    for data, media, status, told in NO_BODIES:
        answer = manager("POST", MEMBERS, data=data, content_type=media)
        found = (answer.status_code, answer.content_type)
        assert found == (status, "application/problem+json"), data[:80]
        assert told in answer.json["detail"]  # type: ignore[index]
        assert answer.json["code"] not in ("", "refused")  # type: ignore[index]
    assert kept(world) == before


def test_names_come_back_as_they_are_or_are_refused(manager: Program) -> None:
    for name in (
        "Ägidius Öz-Übelß",
        "שלום עליכם",
        "محمد",
        "<b>x</b> & Söhne",
        "=SUM(A1)",
        "🧑‍🚀",
        "ä" * 200,
        "O’Neill",
    ):
        made = manager("POST", MEMBERS, NEW | {"name": name})
        assert made.status_code == 201
        assert manager("GET", made.headers["Location"]).json["name"] == name  # type: ignore[index]
    for name, code in (
        ("ä" * 201, "bad_request"),
        ("a\u202eb", "unseen_text"),
        ("a\x00", "unseen_text"),
        ("a\nb", "unseen_text"),
        (" ", "no_name"),
    ):
        assert manager("POST", MEMBERS, NEW | {"name": name}).json["code"] == code  # type: ignore[index]


def test_addresses_and_headers_that_are_none_are_refused(manager: Program, world: BookingWorld) -> None:
    far = str(2**63)
    for path in (
        f"{MEMBERS}/{far}", f"{MEMBERS}/-1", f"{MEMBERS}/0", f"{MEMBERS}/x%00", f"{BOOKINGS}/%00",
        f"{BOOKINGS}/{LONG[:500]}", "/api/v1/series/..%2F..", "/api/v1/spaces/%00/tariffs", f"{MEMBERS}/٣",
    ):  # fmt: skip
        assert manager("GET", path).status_code in (403, 404), path
    for query in (
        f"cursor={far}",
        "cursor=-1",
        "limit=1e3",
        f"q={LONG[:300]}",
        "space=%00",
        "space=A",
        "q=a&q=b",
    ):
        assert manager("GET", f"{MEMBERS}?space={SPACE}&{query}").status_code == 400, query
    before = kept(world)
    for key in ("x" * 101, "ä", ""):
        answer = manager("POST", MEMBERS, NEW, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json["code"]) == (400, "bad_request")  # type: ignore[index]
    assert kept(world) == before
    mia = f"{MEMBERS}/{world.mia}"
    assert manager("PATCH", mia, {"phone": "1"}, headers={"If-Match": '"nie'}).status_code == 412
    assert manager("PATCH", mia, {"phone": "1"}, headers={"If-Match": "ä"}).status_code == 400
    assert manager("GET", mia, headers={"Authorization": f"Bearer {LONG[:5000]}"}).status_code == 401


@pytest.mark.parametrize(
    ("body", "german"),
    [
        (b"{", "Das JSON endet zu früh."),
        (b"{]", "Das ist kein JSON"),
        (b"{}", "Das Feld "),
        (b'{"space": "a", "space": "b"}', ""),
        (b'{"name": 1}', "Verlangt ist str, gesendet wurde int. Stelle: `$.name`"),
    ],
)
def test_what_is_wrong_with_the_form_of_a_request_is_said_in_german_too(
    manager: Program, body: bytes, german: str
) -> None:
    answer = manager("POST", MEMBERS, data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "bad_request")  # type: ignore[index]
    assert german in answer.json["detail"]  # type: ignore[index]
    assert "Expected" not in answer.json["detail"]  # type: ignore[index]
