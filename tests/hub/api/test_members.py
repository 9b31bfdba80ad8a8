"""Members through the API: found, added once, changed by one of two, ended; oneself and no other."""

from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from hub.domain.people import AccessHours
from tests.hub.api.programs import Program
from tests.hub.bookings.world import BookingWorld
from tests.hub.desks.world import OTHER, SPACE

MEMBERS = "/api/v1/members"
NEW = {
    "name": "Özlem Şahin",
    "mail": "oe@example.org",
    "memberships": [{"space": SPACE, "valid_from": "2026-11-18"}],
}
Check = Callable[[str, TestResponse], Any]


def test_a_member_goes_its_way(manager: Program, world: BookingWorld, check: Check) -> None:
    made = manager("POST", MEMBERS, NEW)
    assert made.status_code == 201
    member, where = check("Member", made), made.headers["Location"]
    assert member == {
        "number": member["number"], "name": "Özlem Şahin", "mail": "oe@example.org", "phone": "", "needs_longer": False,
        "shows_presence": False, "in_statistics": False, "answers": None,
        "memberships": [
            {
                "space": SPACE, "hours": "opening", "valid_from": "2026-11-18", "valid_to": None, "doors": [],
                "groups": [], "is_host": False, "works_offline": False,
            }
        ],
    }  # fmt: skip
    assert check("Member", manager("GET", where)) == member
    right = {"space": SPACE, "valid_from": "2026-11-18", "hours": "always", "doors": ["hof"]}
    changed = check("Member", manager("PATCH", where, {"phone": "030 1", "memberships": [right]}))
    assert (changed["phone"], changed["name"]) == ("030 1", "Özlem Şahin")
    assert (changed["memberships"][0]["hours"], changed["memberships"][0]["doors"]) == ("always", ["hof"])
    assert manager("DELETE", f"{where}?space={SPACE}&last=2026-11-30").status_code == 204
    assert manager("GET", where).json["memberships"][0]["valid_to"] == "2026-11-30"  # type: ignore[index]
    # Without a day it ended yesterday, before it began: it is taken away, the person is still known.
    assert manager("DELETE", f"{where}?space={SPACE}").status_code == 204
    assert manager("GET", where).status_code == 404
    assert world.rows("SELECT name FROM member WHERE pk = :pk", pk=member["number"]) == [("Özlem Şahin",)]
    assert [one["what"] for one in world.chain()][-4:] == ["member_saved"] * 4


def test_the_same_request_again_makes_no_second_member(
    manager: Program, host: Program, world: BookingWorld
) -> None:
    key = {"Idempotency-Key": "k1"}
    first, again = (manager("POST", MEMBERS, NEW, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    assert manager("POST", MEMBERS, NEW | {"name": "Wer"}, headers=key).status_code == 422
    # A key is a program's own: another one's request is another request, refused for what it is.
    assert host("POST", MEMBERS, NEW, headers=key).status_code == 403
    assert world.rows("SELECT count(*) FROM member WHERE name IN ('Wer', 'Özlem Şahin')") == [(1,)]
    refused = manager("POST", MEMBERS, NEW | {"mail": "keine"}, headers={"Idempotency-Key": "k2"})
    assert (refused.status_code, refused.json["code"]) == (409, "no_mail")  # type: ignore[index]
    # What was refused has made nothing, so its key is free.
    assert manager("POST", MEMBERS, NEW, headers={"Idempotency-Key": "k2"}).status_code == 201
    world.now_us += 8 * 86_400_000_000
    assert manager("POST", MEMBERS, NEW, headers={"Idempotency-Key": "k3"}).status_code == 201
    assert [key.partition(":")[2] for (key,) in world.rows("SELECT key FROM api_request")] == ["k3"]


def test_of_two_who_change_a_member_the_second_is_told(manager: Program) -> None:
    made = manager("POST", MEMBERS, NEW)
    where, seen = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    assert manager("PATCH", where, {"phone": "1"}, headers=seen).status_code == 200
    for answer in (
        manager("PATCH", where, {"phone": "2"}, headers=seen),
        manager("DELETE", f"{where}?space={SPACE}", headers=seen),
    ):
        assert (answer.status_code, answer.json["code"]) == (412, "changed_meanwhile")  # type: ignore[index]
    assert manager("GET", where).json["phone"] == "1"  # type: ignore[index]
    assert manager("PATCH", where, {"phone": "3"}, headers={"If-Match": "*"}).status_code == 200


def test_lists_are_searched_and_come_page_by_page(host: Program, world: BookingWorld) -> None:
    for name in ("Änne Ärmel", "Anne Arm", "Bea"):
        world.somebody(name)
    found, address = [], f"{MEMBERS}?space={SPACE}&limit=2"
    while address:
        answer = host("GET", address)
        assert answer.json is not None
        found += [one["name"] for one in answer.json["members"]]
        link = answer.headers.get("Link", "")
        assert (link == "") is (answer.json["cursor"] is None)
        address = link.partition("<")[2].partition(">")[0]
    assert found == ["Jo", "Mia", "Änne Ärmel", "Anne Arm", "Bea"]
    searched = host("GET", f"{MEMBERS}?space={SPACE}&q=ARM%20anne").json
    assert [one["name"] for one in searched["members"]] == ["Anne Arm"]  # type: ignore[index]
    for wrong in ("", "?space=x&limit=0", f"?space={SPACE}&cursor=x", f"?space={SPACE}&price=5"):
        assert host("GET", MEMBERS + wrong).status_code == 400


def test_what_belongs_to_another_space_is_neither_seen_nor_changed(
    manager: Program, program: Callable[..., Program], world: BookingWorld
) -> None:
    both = manager("POST", MEMBERS, NEW).json["number"]  # type: ignore[index]
    other = program(account=3)
    assert other("GET", f"{MEMBERS}/{both}").status_code == 404
    right = {"space": OTHER, "valid_from": "2026-11-18"}
    refused = manager("PATCH", f"{MEMBERS}/{both}", {"memberships": [right]})
    assert (refused.status_code, refused.json["code"]) == (403, "not_allowed")  # type: ignore[index]
    assert manager("DELETE", f"{MEMBERS}/{both}?space={OTHER}").json["code"] == "unknown_membership"  # type: ignore[index]
    assert manager("DELETE", f"{MEMBERS}/{both}?space=nirgends").status_code == 404
    away = world.members.member(world.jo, world.actor(2))
    assert [(one.space, one.hours) for one in away.memberships] == [(SPACE, AccessHours.OPENING)]


def test_a_members_token_is_for_that_member_alone(
    jo: Program, world: BookingWorld, manager: Program, check: Check
) -> None:
    mine = f"{MEMBERS}/{world.jo}"
    assert check("Member", jo("GET", mine))["name"] == "Jo"
    chosen = jo("PUT", f"{mine}/choices", {"shows_presence": True, "in_statistics": True})
    assert check("Member", chosen)["shows_presence"] is True
    assert jo("PATCH", mine, {"name": "Chefin"}).status_code == 403
    assert jo("GET", f"{MEMBERS}/{world.mia}").status_code == 404
    assert jo("GET", f"{MEMBERS}?space={SPACE}").status_code == 403
    # What somebody wants to be seen of is nobody else's to say.
    assert (
        manager("PUT", f"{mine}/choices", {"shows_presence": False, "in_statistics": False}).status_code
        == 403
    )
    assert jo("GET", mine).json["in_statistics"] is True  # type: ignore[index]
