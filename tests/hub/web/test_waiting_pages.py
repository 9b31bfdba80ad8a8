"""Waiting in the browser on the real services: in line in one click, told on the own page, booked in one click."""

import pytest
from sqlalchemy import Engine

from tests.hub.bookings.world import BARE, A, B, BookingWorld, C, berlin, span
from tests.hub.desks.world import CLI, SPACE
from tests.hub.web.booking_site import JO, MIA, Site

BOOK = f"/spaces/{SPACE}/book"
AT_TEN = "day=2026-11-19&from=10:00&until=12:00"
MORNING = span("10:00", "12:00")


@pytest.fixture
def site(sqlite_engine: Engine) -> Site:
    world = BookingWorld(sqlite_engine)
    world.set_up()
    world.space(several_desks=True)
    site = Site(world)
    site.link(MIA, world.mia)
    return site


def test_who_finds_a_desk_taken_waits_and_books_what_is_held(site: Site) -> None:
    world, mia = site.world, site.person(MIA)
    made = world.book(MORNING)
    answer = mia.press(f"/spaces/{SPACE}/wait", f"{BOOK}/{A}?{AT_TEN}")
    assert (answer.status_code, answer.location) == (303, "/me/#waiting")
    page = mia.get("/me/").text
    assert "Warteliste" in page
    assert "Sie stehen ganz vorn" in page
    assert "Buchen" not in mia.get(f"/me/waiting/{wait_of(site)}").text.partition("<h1>")[2]
    world.bookings.cancel(made.id, CLI, world.now_us, reason="abgesagt")
    assert "für Sie gehalten bis heute, 10:10" in mia.get("/me/").text
    address = f"/me/waiting/{wait_of(site)}"
    assert mia.press(address, address).location == "/me/#bookings"
    assert world.active() == [(A, berlin("2026-11-19T10:00"), berlin("2026-11-19T12:00"))]
    assert mia.get(address).status_code == 404
    assert mia.post(address).location == "/me/#bookings", "pressed twice"
    assert "Darauf warten Sie nicht mehr" in mia.get("/me/").text
    assert len(world.active()) == 1
    assert 'id="waiting"' not in mia.get("/me/").text


def test_where_no_desk_is_free_anybody_waits_for_any_and_leaves_again(site: Site) -> None:
    world, mia = site.world, site.person(MIA)
    for desk in (A, B, BARE):
        world.book(MORNING, desk)
    assert "irgendeinen Platz" not in mia.get(f"{BOOK}?{AT_TEN}").text
    world.book(MORNING, C)
    assert mia.press(f"/spaces/{SPACE}/wait", f"{BOOK}?{AT_TEN}").status_code == 303
    address = f"/me/waiting/{wait_of(site)}"
    assert site.person(JO).post(f"{address}/leave").status_code == 404, "another member's"
    assert mia.press(f"{address}/leave", "/me/").location == "/me/#waiting"
    assert world.rows("SELECT * FROM waiting") == []


def test_what_is_free_is_booked_and_not_waited_for(site: Site) -> None:
    mia = site.person(MIA)
    fields = {"day": "2026-11-19", "from": "10:00", "until": "12:00", "desk": A}
    answer = mia.post(f"/spaces/{SPACE}/wait", fields)
    assert answer.status_code == 303
    assert answer.location.startswith(f"{BOOK}/{A}?day=2026-11-19")
    assert mia.post(f"/spaces/{SPACE}/wait", {**fields, "day": "9999-99-99"}).status_code == 303
    assert mia.post(f"/spaces/{SPACE}/wait", {**fields, "desk": "zimmer"}).status_code == 404
    assert site.world.rows("SELECT * FROM waiting") == []


def wait_of(site: Site) -> str:
    ((found,),) = site.world.rows("SELECT id FROM waiting")
    return str(found)
