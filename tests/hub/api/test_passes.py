"""Passes and visits through the API: sold once, ended, one's own seen; a visit counts once."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub.domain.tariffs import Tariff, TariffKind
from tests.hub.api.programs import Program
from tests.hub.bookings.world import BookingWorld
from tests.hub.desks.world import CLI, OTHER, SPACE

PASSES = "/api/v1/passes"
Check = Callable[[str, TestResponse], Any]


@pytest.fixture
def wanted(world: BookingWorld) -> dict[str, Any]:
    """A pass for Jo, of a tariff that the space offers."""
    tariff = Tariff("zehn", "Zehnerkarte", TariffKind.DAY, 12000, 10, valid_days=365)
    world.passes.save_tariff(SPACE, tariff, CLI, world.now_us)
    return {"space": SPACE, "member": world.jo, "tariff": "zehn"}


def test_a_pass_goes_its_way(
    host: Program, manager: Program, wanted: dict[str, Any], world: BookingWorld, check: Check
) -> None:
    offered = check("Tariffs", host("GET", f"/api/v1/spaces/{SPACE}/tariffs"))["tariffs"]
    assert [(one["id"], one["price_cents"], one["is_offered"]) for one in offered] == [("zehn", 12000, True)]
    sold = host("POST", PASSES, wanted)
    assert sold.status_code == 201
    held = check("Pass", sold)
    assert held == {
        "number": held["number"], "space": SPACE, "member": world.jo, "tariff": "zehn", "sold_on": "2026-11-18",
        "valid_from": "2026-11-18", "valid_to": "2027-11-17", "units": 10, "left": 10, "price_cents": 12000,
        "opens_today": True,
    }  # fmt: skip
    visit = {"space": SPACE, "member": world.jo, "day": "2026-11-18"}
    said = [host("POST", "/api/v1/visits", visit) for _ in range(2)]
    assert [one.status_code for one in said] == [201, 200]
    assert check("Visit", said[0]) == visit
    page = check("PassPage", host("GET", f"{PASSES}?space={SPACE}"))
    assert [(one["number"], one["left"]) for one in page["passes"]] == [(held["number"], 9)]
    end = {"space": SPACE, "last": "2026-11-17"}
    assert host("POST", f"{PASSES}/{held['number']}/end", end).status_code == 403
    assert manager("POST", f"{PASSES}/{held['number']}/end", end).status_code == 204
    assert host("GET", f"{PASSES}?space={SPACE}").json == {"passes": [], "cursor": None}


def test_the_same_request_again_sells_no_second_pass(
    host: Program, wanted: dict[str, Any], world: BookingWorld
) -> None:
    key = {"Idempotency-Key": "k1"}
    first, again = (host("POST", PASSES, wanted, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    other = host("POST", PASSES, wanted | {"member": world.mia}, headers=key)
    assert (other.status_code, other.json["code"]) == (422, "other_request")  # type: ignore[index]
    assert world.rows("SELECT count(*) FROM member_pass") == [(1,)]


def test_passes_are_seen_by_their_member_and_by_hosts(
    jo: Program, host: Program, program: Callable[..., Program], wanted: dict[str, Any], world: BookingWorld
) -> None:
    for member in (world.jo, world.mia, world.jo):
        host("POST", PASSES, wanted | {"member": member})
    own = jo("GET", PASSES).json["passes"]  # type: ignore[index]
    assert [one["member"] for one in own] == [world.jo] * 2
    assert jo("GET", f"{PASSES}?space={OTHER}").json["passes"] == []  # type: ignore[index]
    assert jo("GET", f"{PASSES}?space={SPACE}&member={world.mia}").status_code == 403
    assert jo("POST", PASSES, wanted).status_code == 403
    first = host("GET", f"{PASSES}?space={SPACE}&member={world.jo}&limit=1")
    following = host("GET", first.headers["Link"].partition("<")[2].partition(">")[0])
    assert [one["number"] for one in following.json["passes"]] == [own[1]["number"]]  # type: ignore[index]
    for refused in (host("GET", PASSES), program(account=3)("GET", f"{PASSES}?space={SPACE}")):
        assert (refused.status_code, refused.json["code"]) == (403, "not_allowed")  # type: ignore[index]


def test_what_can_not_be_sold_is_told(host: Program, wanted: dict[str, Any], world: BookingWorld) -> None:
    for changed, status, code in (
        ({"tariff": "nix"}, 404, "unknown_tariff"),
        ({"member": 999}, 409, "no_membership"),
        ({"starts_on": "9999-12-31"}, 409, "day_out_of_range"),
        ({"space": "nirgends"}, 403, "not_allowed"),
    ):
        answer = host("POST", PASSES, wanted | changed)
        assert (answer.status_code, answer.json["code"]) == (status, code)  # type: ignore[index]
    visit = {"space": SPACE, "member": world.jo, "day": "2026-11-19"}
    assert host("POST", "/api/v1/visits", visit).json["code"] == "day_to_come"  # type: ignore[index]
    assert world.rows("SELECT count(*) FROM member_pass") == [(0,)]
