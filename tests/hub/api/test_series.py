"""Series and blockings through the API: told before they are kept, booked once, some days changed or cancelled."""

from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from tests.hub.api.programs import BOOKINGS, Program
from tests.hub.bookings.world import A, B, BookingWorld
from tests.hub.desks.world import SPACE

SERIES = "/api/v1/series"
WEEKLY = {
    "space": SPACE, "desk": A, "frequency": "weekly", "weekdays": ["thu"], "first": "2026-11-19", "last": "2026-12-10",
    "starts": "09:00", "ends": "12:00",
}  # fmt: skip
LAMP = {
    "space": SPACE, "kind": "maintenance", "desks": [A], "note": "Lampe", "starts_at": "2026-11-26T07:00:00Z",
    "ends_at": "2026-11-26T12:00:00Z",
}  # fmt: skip
Check = Callable[[str, TestResponse], Any]


def test_what_can_not_be_is_told_before_anything_is_kept(
    jo: Program, host: Program, world: BookingWorld, check: Check
) -> None:
    assert host("POST", "/api/v1/blockings", LAMP).status_code == 201
    plan = check("SeriesPlan", jo("POST", f"{SERIES}?dry_run=true", WEEKLY))
    assert [one["day"] for one in plan["free"]] == ["2026-11-19", "2026-12-03", "2026-12-10"]
    assert plan["conflicts"] == [
        {
            "day": "2026-11-26", "starts_at": "2026-11-26T08:00:00Z", "ends_at": "2026-11-26T11:00:00Z",
            "code": "desk_taken",
        }
    ]  # fmt: skip
    refused = jo("POST", SERIES, WEEKLY)
    assert (refused.status_code, check("Problem", refused)["data"]["days"]) == (409, ["2026-11-26"])
    assert world.rows("SELECT count(*) FROM booking_series") == [(0,)]
    made = jo("POST", SERIES, WEEKLY | {"without_conflicts": True})
    assert made.status_code == 201
    series = check("Series", made)
    assert [one["series_day"] for one in series["bookings"]] == ["2026-11-19", "2026-12-03", "2026-12-10"]
    assert {name: series[name] for name in WEEKLY} == WEEKLY
    assert check("Series", jo("GET", made.headers["Location"])) == series
    of_series = check("BookingPage", jo("GET", f"{BOOKINGS}?series={series['id']}&limit=2"))
    assert [one["series"] for one in of_series["bookings"]] == [series["id"]] * 2


def test_days_are_changed_and_cancelled(jo: Program, check: Check) -> None:
    where = jo("POST", SERIES, WEEKLY).headers["Location"]
    later = {"which": "following", "first": "2026-12-03", "desk": B, "starts": "10:00"}
    done = check("SeriesChanged", jo("PATCH", where, later))
    assert [(one["desks"], one["starts_at"]) for one in done["changed"]] == [
        ([B], "2026-12-03T09:00:00Z"),
        ([B], "2026-12-10T09:00:00Z"),
    ]
    gone = check("SeriesChanged", jo("DELETE", f"{where}?which=range&first=2026-11-19&last=2026-12-03"))
    assert [one["state"] for one in gone["changed"]] == ["cancelled"] * 3
    again = check("SeriesChanged", jo("DELETE", f"{where}?which=all"))
    assert [one["series_day"] for one in again["changed"]] == ["2026-12-10"]
    assert len(again["kept"]) == 3
    for wrong in ("", "?which=this", "?which=some"):
        assert jo("DELETE", where + wrong).status_code in (400, 409)


def test_the_same_request_again_books_no_second_series(
    jo: Program, host: Program, world: BookingWorld
) -> None:
    key = {"Idempotency-Key": "k1"}
    first, again = (jo("POST", SERIES, WEEKLY, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    assert jo("POST", SERIES, WEEKLY | {"desk": B}, headers=key).status_code == 422
    assert world.rows("SELECT count(*) FROM booking_series") == [(1,)]
    displacing = LAMP | {"displace": True}
    first, again = (host("POST", "/api/v1/blockings", displacing, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["blocking"] == again.json["blocking"]  # type: ignore[index]
    assert [len(one.json["displaced"]) for one in (first, again)] == [1, 0]  # type: ignore[index]
    assert host("POST", "/api/v1/blockings", LAMP, headers=key).status_code == 422


def test_members_block_nothing_and_hosts_lift_what_they_blocked(
    jo: Program, host: Program, world: BookingWorld, check: Check
) -> None:
    assert jo("POST", "/api/v1/blockings", LAMP).status_code == 403
    made = check("Blocking", host("POST", "/api/v1/blockings", LAMP))
    where = f"/api/v1/blockings/{made['blocking']['id']}"
    # It is not theirs, and so not there for them, as with bookings of others.
    assert jo("DELETE", where).status_code == 404
    assert check("Booking", host("DELETE", where))["state"] == "cancelled"
    own = jo.book().json["id"]  # type: ignore[index]
    assert host("DELETE", f"/api/v1/blockings/{own}").json["code"] == "no_blocking"  # type: ignore[index]
    assert sorted(world.states().values()) == ["booked", "cancelled"]


def test_rules_that_are_none_are_refused(jo: Program, world: BookingWorld) -> None:
    for changed, status in (
        ({"starts": "9:00"}, 400),
        ({"starts": "24:00"}, 400),
        ({"ends": "09:00\n"}, 409),
        ({"interval": 0}, 400),
        ({"frequency": "yearly"}, 400),
        ({"weekdays": []}, 409),
        ({"frequency": "monthly", "of_month": None}, 409),
        ({"last": "9999-12-31"}, 409),
        ({"first": "0001-01-01"}, 409),
        ({"desk": "nirgends"}, 404),
    ):
        assert jo("POST", SERIES, WEEKLY | changed).status_code == status, changed
    assert world.rows("SELECT count(*) FROM booking") == [(0,)]
