"""The API of bookings: tokens and scopes, one 201 of many, the same request again, problems that say what to do."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from hub import desks
from hub.domain.people import Actor
from hub.storage.unit_of_work import UnitFactory
from tests.hub.api.programs import BOOKINGS as PAGES
from tests.hub.api.programs import MORNING, Program
from tests.hub.bookings.world import BARE, A, B, BookingWorld
from tests.hub.desks.world import OTHER, SPACE

Check = Callable[[str, TestResponse], Any]


def test_a_booking_goes_its_way(jo: Program, world: BookingWorld, check: Check) -> None:
    made = jo.book(note="am Fenster")
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    booking = check("Booking", made)
    assert booking | {"created_at": ""} == {
        "id": booking["id"], "space": SPACE, "kind": "desk", "desks": [A], "starts_at": "2026-11-19T08:00:00Z",
        "ends_at": "2026-11-19T11:00:00Z", "state": "booked", "member": world.jo, "version": 1, "note": "am Fenster",
        "series": None, "series_day": None, "created_at": "", "ended_at": None, "ended_reason": "",
    }  # fmt: skip
    where = made.headers["Location"]
    assert check("Booking", jo("GET", where)) == booking
    page = check("BookingPage", jo("GET", PAGES))
    assert page == {"bookings": [booking], "cursor": None}
    moved = check("Booking", jo("PATCH", where, {"version": 1, "desk": B, "ends_at": "2026-11-19T12:00:00Z"}))
    assert (moved["desks"], moved["ends_at"], moved["version"]) == ([B], "2026-11-19T12:00:00Z", 2)
    gone = check("Booking", jo("DELETE", where))
    assert (gone["state"], gone["ended_at"]) == ("cancelled", "2026-11-18T08:40:00Z")
    assert check("Booking", jo("POST", where + "/restore"))["state"] == "booked"
    world.at("2026-11-19T08:50")
    assert check("Booking", jo("POST", where + "/check-in"))["state"] == "checked_in"


def test_a_taken_desk_is_a_conflict_that_says_when(
    jo: Program, program: Callable[..., Program], world: BookingWorld, check: Check
) -> None:
    jo.book()
    answer = program(world.mia).book(starts_at="2026-11-19T10:00:00Z", ends_at="2026-11-19T12:00:00Z")
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    said = check("Problem", answer)
    assert said["code"] == "desk_taken"
    assert said["data"] == {
        "desk": A, "name": A, "start_at": "2026-11-19T08:00:00Z", "end_at": "2026-11-19T11:00:00Z",
        "zone": "Europe/Berlin",
    }  # fmt: skip
    assert said["detail"] == (
        "fenster-1 ist von 19.11.2026, 09:00 bis 19.11.2026, 12:00 vergeben. Wählen Sie eine andere Zeit oder einen "
        "anderen Platz."
    )


def test_the_same_request_again_is_answered_the_same(jo: Program, world: BookingWorld) -> None:
    first, again = jo.book("k1"), jo.book("k1")
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    assert jo.book("k1", desk=B).status_code == 422
    assert jo.book("k2").status_code == 409
    assert jo.book("x" * 101).status_code == 400
    assert len(world.states()) == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (MORNING | {"starts_at": "2026-11-19T08:00:00"}, "starts_at"),
        (MORNING | {"starts_at": "morgen"}, "starts_at"),
        (MORNING | {"starts_at": None}, "starts_at"),
        (MORNING | {"desk": "a" * 41}, "desk"),
        (MORNING | {"desk": "../etc"}, "desk"),
        (MORNING | {"note": "x" * 201}, "note"),
        (MORNING | {"member": 0}, "member"),
        (MORNING | {"price": 5}, "price"),
        ({"space": SPACE}, "desk"),
        ([], "object"),
        (None, ""),
    ],
)
def test_a_body_that_can_not_be_read_is_told_and_nothing_is_kept(
    jo: Program, world: BookingWorld, body: Any, told: str, check: Check
) -> None:
    answer = jo("POST", PAGES, body)
    assert answer.status_code == 400
    assert told in check("Problem", answer)["detail"]
    assert world.states() == {}


@pytest.mark.parametrize("year", ["0001", "1969", "9999"])
def test_times_at_the_ends_of_the_calendar_are_refused(jo: Program, year: str) -> None:
    wanted = {"starts_at": f"{year}-01-01T00:00:00Z", "ends_at": f"{year}-12-31T23:59:59Z"}
    assert jo.book(**wanted).status_code == 409
    query = f"from={wanted['starts_at']}&to={wanted['ends_at']}"
    assert jo("GET", f"/api/v1/spaces/{SPACE}/availability?{query}").status_code == 409
    assert jo("GET", f"{PAGES}?{query}").status_code == 200


def test_names_of_all_kinds_are_kept_as_they_are_or_refused(jo: Program, world: BookingWorld) -> None:
    for number, note in enumerate(
        ("Ägidius & Söhne", "<b>x</b>", "=SUM(A1)", "שלום \u202e abc", "a\u0000b\nc")
    ):
        hour = 9 + number
        answer = jo.book(
            note=note, starts_at=f"2026-11-19T{hour:02}:00:00Z", ends_at=f"2026-11-19T{hour + 1:02}:00:00Z"
        )
        assert answer.status_code == 201, answer.json
    notes = [one["note"] for one in jo("GET", PAGES).json["bookings"]]  # type: ignore[index]
    assert notes == ["Ägidius & Söhne", "<b>x</b>", "=SUM(A1)", "שלום abc", "a b c"]


def test_of_two_who_change_a_booking_the_second_is_told(jo: Program) -> None:
    where = jo.book().headers["Location"]
    assert jo("PATCH", where, {"version": 1, "note": "eins"}).status_code == 200
    answer = jo("PATCH", where, {"version": 1, "note": "zwei"})
    assert (answer.status_code, answer.json["code"]) == (409, "changed_meanwhile")  # type: ignore[index]


def test_availability_tells_no_person(
    jo: Program, program: Callable[..., Program], world: BookingWorld, check: Check
) -> None:
    jo.book()
    path = f"/api/v1/spaces/{SPACE}/availability?from=2026-11-19T06:00:00Z&to=2026-11-19T18:00:00Z"
    said = check("Availability", program(world.mia)("GET", path))
    assert said["desks"][0] == {
        "id": A, "taken": [{"starts_at": "2026-11-19T08:00:00Z", "ends_at": "2026-11-19T11:00:00Z"}],
    }  # fmt: skip
    assert [desk["id"] for desk in said["desks"]][-1] == BARE
    assert said["closed"] == [
        {"starts_at": "2026-11-19T06:00:00Z", "ends_at": "2026-11-19T07:00:00Z"},
        {"starts_at": "2026-11-19T17:00:00Z", "ends_at": "2026-11-19T18:00:00Z"},
    ]
    for wrong in ("", "?from=2026-11-19T06:00:00Z", path.partition("?")[2] + "&from=x"):
        assert jo("GET", f"/api/v1/spaces/{SPACE}/availability{wrong}").status_code in (400, 404)


def test_pages_have_a_cursor(jo: Program) -> None:
    for hour in range(8, 13):
        jo.book(starts_at=f"2026-11-19T{hour:02}:00:00Z", ends_at=f"2026-11-19T{hour + 1:02}:00:00Z")
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = jo("GET", f"{PAGES}?limit=2&cursor={cursor}").json
        assert page is not None
        found += [one["starts_at"][11:13] for one in page["bookings"]]
        cursor = page["cursor"]
    assert found == ["08", "09", "10", "11", "12"]
    for wrong in ("limit=0", "limit=501", "cursor=x", "state=there", "price=5", "limit=2&limit=3"):
        assert jo("GET", f"{PAGES}?{wrong}").status_code == 400


# -- who may


def test_hosts_act_for_their_space_alone(
    host: Program, program: Callable[..., Program], world: BookingWorld
) -> None:
    assert host.book(member=world.jo).json["code"] == "no_reason"  # type: ignore[index]
    made = host.book(member=world.jo, reason="am Telefon")
    assert made.status_code == 201
    assert host.book(member=None, desk=B, reason="Gast").json["member"] is None  # type: ignore[index]
    assert len(host("GET", f"{PAGES}?space={SPACE}").json["bookings"]) == 2  # type: ignore[index]
    other = program(account=3)
    assert other("GET", made.headers["Location"]).status_code == 404
    assert other("GET", f"{PAGES}?space={SPACE}").status_code == 403
    assert other.book(member=world.jo, reason="am Telefon").status_code == 403
    assert other("GET", f"{PAGES}?space={OTHER}").json == {"bookings": [], "cursor": None}
    assert host("DELETE", made.headers["Location"] + "?reason=krank").status_code == 200


def test_members_see_and_change_their_own_alone(
    jo: Program, program: Callable[..., Program], world: BookingWorld
) -> None:
    where, mia = jo.book().headers["Location"], program(world.mia)
    for method, path, body in (
        ("GET", where, None),
        ("PATCH", where, {"version": 1, "note": "x"}),
        ("DELETE", where, None),
        ("POST", where + "/check-in", None),
        ("POST", where + "/restore", None),
    ):
        assert mia(method, path, body).status_code == 404
    assert mia("GET", PAGES).json == {"bookings": [], "cursor": None}
    assert mia("GET", f"{PAGES}?member={world.jo}").status_code == 403
    assert mia.book(member=world.jo, reason="für Jo").status_code == 403
    assert mia("GET", PAGES + "/0000000000000000").status_code == 404


def test_a_token_that_was_revoked_or_whose_member_left_opens_nothing(
    jo: Program, world: BookingWorld, engine_of: Engine
) -> None:
    desk = desks.token_desk(UnitFactory(engine_of))
    assert jo("GET", PAGES).status_code == 200
    desk.revoke(1, Actor(None, "cli"), world.now_us)
    assert jo("GET", PAGES).status_code == 401


@pytest.fixture
def engine_of(world: BookingWorld) -> Engine:
    return world.engine


def test_a_session_is_no_token(app: Flask) -> None:
    """So that no other site can have a browser book."""
    client = app.test_client()
    client.set_cookie("session", "x")
    answer = client.post(PAGES, json=MORNING)
    assert answer.status_code == 401
    assert "Authorization: Bearer" in answer.get_json()["detail"]
