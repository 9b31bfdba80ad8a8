"""Booking in the browser on the real services: members, hosts, refusals in words, and what nobody else may reach."""

import re

import pytest
from sqlalchemy import Engine

from hub.booking_ports import Wish
from hub.domain.time import Interval
from tests.hub.bookings.world import A, B, BookingWorld, berlin, span
from tests.hub.desks.world import OTHER, SPACE
from tests.hub.web.booking_site import HANNA, JO, MIA, OLAF, Site, address_of
from tests.parts.queries import counting

BOOK = f"/spaces/{SPACE}/book"
AT = f"/spaces/{SPACE}/host"


@pytest.fixture
def site(sqlite_engine: Engine) -> Site:
    """The space of `BookingWorld` with its pages; it is Wednesday, 9:40."""
    world = BookingWorld(sqlite_engine)
    world.set_up()
    site = Site(world)
    site.link(MIA, world.mia)
    return site


def test_now_until_the_evening_takes_two_taps_from_the_live_page(site: Site) -> None:
    jo = site.person(JO)
    assert f'href="{BOOK}/{A}"' in jo.get(f"/spaces/{SPACE}").text
    assert jo.press(f"{BOOK}/{A}", f"{BOOK}/{A}").status_code == 303
    assert site.world.active() == [(A, berlin("2026-11-18T09:00"), berlin("2026-11-18T18:00"))]


def test_a_form_that_is_sent_twice_books_once(site: Site) -> None:
    jo = site.person(JO)
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', jo.get(f"{BOOK}/{A}").text))
    assert [jo.client.post(f"{BOOK}/{A}", data=form).status_code for _ in range(2)] == [303, 303]
    assert len(site.bookings()) == 1


def test_a_taken_desk_is_refused_with_what_would_work_instead(site: Site) -> None:
    site.world.book(span("10:00", "13:00"), member=site.world.mia)
    fields = {"day": "2026-11-19", "from": "10:00", "until": "17:00"}
    answer = site.person(JO).post(f"{BOOK}/{A}", fields)
    assert answer.status_code == 422
    assert "bis 13:00 vergeben; frei ab 13:00" in answer.text
    assert f"{BOOK}/{A}?day=2026-11-19&amp;from=13:00&amp;until=17:00" in answer.text.replace("%3A", ":")
    assert f"{BOOK}/{B}?day=2026-11-19&amp;from=10:00&amp;until=17:00" in answer.text.replace("%3A", ":")


@pytest.mark.parametrize(
    "fields",
    [
        {"day": "0001-01-01"},
        {"day": "9999-12-31", "from": "10:00", "until": "11:00"},
        {"day": "2026-11-19", "from": "18:00", "until": "09:00"},
        {"day": "2026-11-19", "from": "25:00", "until": "x"},
        {"day": "<script>", "note": "<script>" * 2000},
        {"day": "2026-11-22", "from": "10:00", "until": "11:00"},
    ],
    ids=["year 1", "year 9999", "backwards", "no clock", "markup", "closed on Sunday"],
)
def test_hostile_times_are_refused_and_nothing_is_kept(site: Site, fields: dict[str, str]) -> None:
    jo = site.person(JO)
    answer = jo.post(f"{BOOK}/{A}", fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<script>" not in answer.text
    assert jo.get(BOOK, query_string=fields).status_code == 200
    assert site.bookings() == {}


@pytest.mark.parametrize(
    ("day", "starts", "ends", "words"),
    [
        ("2026-11-19", "18:00", "09:00", "Das Ende muss hinter dem Beginn liegen"),
        ("2027-03-28", "02:00", "03:00", "wird die Uhr umgestellt"),
    ],
    ids=["backwards", "an hour that is skipped"],
)
def test_hours_that_are_none_are_told_as_such_and_no_other_time_is_offered_for_them(
    site: Site, day: str, starts: str, ends: str, words: str
) -> None:
    jo = site.person(JO)
    fields = {"day": day, "from": starts, "until": ends}
    asked = jo.get(f"{BOOK}/{A}", query_string=fields).text
    assert words in asked
    assert "Jetzt buchen" not in asked
    plan = jo.get(BOOK, query_string=fields).text
    assert words in plan
    assert f'name="day" value="{day}"' in plan


def test_an_address_that_takes_forms_alone_is_not_said_to_be_for_reading(site: Site) -> None:
    answer = site.person(JO).get("/me/bookings/0123456789abcdef/cancel?lang=de")
    assert answer.status_code == 405
    assert "was ein Formular sendet" in answer.text
    assert "nur lesen" not in answer.text


def test_a_booking_is_cancelled_in_one_click_and_restored(site: Site) -> None:
    booking = site.world.book(span("10:00", "12:00"))
    jo = site.person(JO)
    assert jo.press(address_of(booking, "/cancel"), "/me/").status_code == 303
    assert site.bookings() == {booking.id: "cancelled"}
    assert jo.press(address_of(booking, "/restore"), "/me/").status_code == 303
    assert site.bookings() == {booking.id: "booked"}


def test_of_two_windows_the_second_is_told_and_changes_nothing(site: Site) -> None:
    booking = site.world.book(span("10:00", "12:00"))
    jo, fields = site.person(JO), {"desk": A, "day": "2026-11-19", "version": "1"}
    assert jo.post(address_of(booking), {**fields, "from": "10:00", "until": "14:00"}).status_code == 303
    second = jo.post(address_of(booking), {**fields, "from": "10:00", "until": "11:00"})
    assert second.status_code == 422
    assert "anderen Fenster geändert" in second.text
    assert site.world.active() == [(A, berlin("2026-11-19T10:00"), berlin("2026-11-19T14:00"))]


def test_conflicts_of_a_series_are_listed_before_anything_is_kept(site: Site) -> None:
    site.world.book(Interval(berlin("2026-11-26T09:00"), berlin("2026-11-26T12:00")), member=site.world.mia)
    jo, address = site.person(JO), f"{BOOK}/{A}/series"
    rule = {
        "day": "2026-11-19", "from": "10:00", "until": "11:00", "frequency": "weekly", "weekday": "3",
        "interval": "1", "last": "2026-12-03",
    }  # fmt: skip
    looked = jo.post(address, rule)
    assert "der Platz ist vergeben" in looked.text
    assert len(site.bookings()) == 1
    assert jo.post(address, {**rule, "keep": "all"}).status_code == 422
    assert len(site.bookings()) == 1
    assert jo.post(address, {**rule, "keep": "without"}).status_code == 303
    assert len(site.bookings()) == 3


def test_the_code_at_the_desk_leads_to_one_button(site: Site) -> None:
    booking = site.world.book(span("10:00", "12:00", day="2026-11-18"))
    jo, address = site.person(JO), f"/spaces/{SPACE}/desks/{A}/check-in"
    assert jo.post(address).status_code == 303
    assert site.bookings() == {booking.id: "checked_in"}
    assert "Sie sind eingecheckt" in jo.get(address).text


def test_another_member_s_and_another_space_s_bookings_are_not_there(site: Site) -> None:
    booking = site.world.book(span("10:00", "12:00"), member=site.world.mia)
    jo, olaf = site.person(JO), site.person(OLAF)
    for what in ("", "/cancel", "/restore", "/check-in"):
        assert jo.post(address_of(booking, what), {"version": "1"}).status_code == 404, what
    assert jo.get(address_of(booking)).status_code == 404
    assert jo.get(f"/spaces/{OTHER}/book").status_code == 404
    assert olaf.get(BOOK).status_code == 404
    assert olaf.get(f"/spaces/{OTHER}/host/bookings/{booking.id}").status_code == 404
    assert (
        olaf.post(f"/spaces/{OTHER}/host/bookings/{booking.id}", {"reason": "weg damit"}).status_code == 404
    )
    assert site.bookings() == {booking.id: "booked"}


def test_the_live_page_says_what_is_reserved_and_never_by_whom(site: Site) -> None:
    site.world.book(span("10:00", "12:00", day="2026-11-18"))
    site.world.book(span("14:00", "16:00", day="2026-11-18"), desk=B, member=site.world.mia)
    page = site.person(JO).get(f"/spaces/{SPACE}").text
    assert "reserviert ab 10:00" in page
    assert "reserviert ab 14:00" in page
    assert "Mia" not in page
    # This space shows everyone only whether it is open.
    stranger = site.app.test_client().get(f"/spaces/{SPACE}").text
    assert "reserviert" not in stranger


def test_a_host_s_board_tells_who_is_late_here_and_expected(site: Site) -> None:
    late = site.world.book(span("10:00", "12:00", day="2026-11-18"))
    site.world.book(span("14:00", "16:00", day="2026-11-18"), desk=B, member=site.world.mia)
    site.world.now_us = berlin("2026-11-18T10:10")
    hanna = site.person(HANNA)
    board = hanna.get(f"{AT}/").text
    assert board.index("Überfällig") < board.index(">Jo<") < board.index("Erwartet") < board.index(">Mia<")
    assert hanna.press(f"{AT}/bookings/{late.id}/check-in", f"{AT}/").status_code == 303
    assert site.bookings()[late.id] == "checked_in"
    assert "Überfällig" not in hanna.get(f"{AT}/").text


def test_a_host_books_for_somebody_and_the_log_keeps_why(site: Site) -> None:
    hanna = site.person(HANNA)
    fields = {"desk": A, "member": str(site.world.jo), "day": "2026-11-19", "from": "10:00", "until": "12:00"}
    assert hanna.post(f"{AT}/bookings/new", {**fields, "reason": ""}).status_code == 422
    assert hanna.post(f"{AT}/bookings/new", {**fields, "reason": "rief an"}).status_code == 303
    assert site.world.chain()[-1]["reason"] == "rief an"
    whole = {**fields, "desk": "*", "member": "", "day": "2026-11-20", "reason": "Stadtfest"}
    assert hanna.post(f"{AT}/bookings/new", whole).status_code == 303
    assert len(site.world.active()) == 5


def test_a_blocking_of_some_hours_on_one_day_is_made_and_lifted(site: Site) -> None:
    hanna, address = site.person(HANNA), f"{AT}/blockings"
    fields = {
        "kind": "maintenance",
        "desk": A,
        "day": "2026-11-19",
        "from": "08:00",
        "until": "12:00",
        "note": "Lampe",
    }
    assert hanna.post(address, fields).status_code == 303
    assert site.world.active() == [(A, berlin("2026-11-19T08:00"), berlin("2026-11-19T12:00"))]
    (id_,) = site.bookings()
    assert hanna.press(f"{address}/{id_}/lift", address).status_code == 303
    assert site.world.active() == []


def test_pages_ask_as_many_queries_for_many_bookings_as_for_one(site: Site) -> None:
    def queries(address: str) -> int:
        with counting(site.world.engine) as counted:
            assert hanna.get(address).status_code == 200
        return sum(one.lstrip().startswith("SELECT") for one in counted.statements)

    hanna, addresses = site.person(HANNA), (f"/spaces/{SPACE}", f"{AT}/calendar", f"{AT}/")
    _fill(site, days=1)
    few = [queries(address) for address in addresses]
    _fill(site, days=3)
    assert [queries(address) for address in addresses] == few
    assert len(site.bookings()) > 40


def _fill(site: Site, *, days: int) -> None:
    """Book for guests each free hour of some days from now on."""
    for desk in (A, B):
        for day in range(18, 18 + days):
            for hour in range(10 if day == 18 else 8, 18):
                start_us = berlin(f"2026-11-{day}T{hour:02}:00")
                time = Interval(start_us, start_us + 3_600_000_000)
                wish = Wish(SPACE, desk, time, None, note="Gast", reason="Führung")
                if (desk, time.start_us, time.end_us) not in site.world.active():
                    site.world.bookings.book(wish, site.world.actor(1), site.world.now_us)
