"""Pages of bookings on days on which clocks change, in Berlin and where midnight itself is left out or comes twice."""

import re
from datetime import UTC, date, datetime, time
from typing import Final

import pytest
from sqlalchemy import Engine

from hub.domain.booking_refusals import TooLateToCancel
from hub.domain.people import AccessHours
from hub.domain.time import Interval, day_bounds, to_us, wall_us
from tests.hub.bookings.world import A, B, BookingWorld
from tests.hub.desks.world import CLI, SPACE
from tests.hub.web.booking_site import HANNA, JO, Site, address_of

FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)
BERLIN, AZORES = "Europe/Berlin", "Atlantic/Azores"
HOUR_US: Final = 3_600_000_000
AT = f"/spaces/{SPACE}/host"
DAYS: Final = [
    pytest.param(BERLIN, FORWARD, 23, id="Berlin, forward"),
    pytest.param(BERLIN, BACK, 25, id="Berlin, back"),
    pytest.param(AZORES, FORWARD, 23, id="Azores, no midnight"),
    pytest.param(AZORES, BACK, 25, id="Azores, midnight twice"),
]


def open_site(engine: Engine, zone: str, day: date, cancel_until_min: int = 0) -> tuple[Site, int]:
    """Return a space in a zone as a day begins there, and a member who may come at any hour."""
    world = BookingWorld(engine)
    world.set_up()
    world.now_us = day_bounds(day, zone).start_us
    world.space(zone=zone, concurrent=0, per_week=0, cancel_until_min=cancel_until_min)
    site, always = Site(world), world.somebody("Kim", AccessHours.ALWAYS)
    site.link(JO, always)
    return site, always


def utc(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


def bookings_on(page: str) -> list[str]:
    """Return the ids of bookings that a page links to."""
    return re.findall(rf'href="{AT}/bookings/([0-9a-f]{{16}})"', page)


@pytest.mark.parametrize(("zone", "day", "hours"), DAYS)
def test_a_day_is_all_its_hours_in_calendar_board_and_plan(
    sqlite_engine: Engine, zone: str, day: date, hours: int
) -> None:
    site, kim = open_site(sqlite_engine, zone, day)
    world, whole = site.world, day_bounds(day, zone)
    assert whole.length_us == hours * HOUR_US
    all_day = world.book(whole, A, kim, CLI, reason="rief an")
    single = [
        world.book(Interval(at_us, at_us + HOUR_US), B, world.jo, CLI, reason="rief an", beyond_rules=True).id
        for at_us in range(whole.start_us, whole.end_us, HOUR_US)
    ]
    hanna, member = site.person(HANNA), site.person(JO)

    one_day = hanna.get(f"{AT}/calendar?day={day}&days=1").text
    assert sorted(bookings_on(one_day)) == sorted([all_day.id, *single])
    assert one_day.count("ganztägig") == 1
    for before in (-1, 1):
        other = date.fromordinal(day.toordinal() + before)
        assert bookings_on(hanna.get(f"{AT}/calendar?day={other}&days=1").text) == []
    week = hanna.get(f"{AT}/calendar?day={day}").text
    assert sorted(bookings_on(week)) == sorted([all_day.id, *single])

    assert len(bookings_on(hanna.get(f"{AT}/").text)) == hours + 1
    world.now_us = whole.end_us - 1
    assert len(bookings_on(site.person(HANNA).get(f"{AT}/").text)) == 2, "the whole day, and its last hour"
    world.now_us = whole.start_us

    plan = member.get(f"/spaces/{SPACE}/book?day={day}&from=00:00&until=24:00").text
    assert "2 von 4 Plätzen frei" in plan
    assert "ganztägig" in plan
    assert "heute, ganztägig" in member.get("/me/").text


@pytest.mark.parametrize(("zone", "day", "hours"), DAYS)
def test_the_deadline_to_cancel_is_counted_in_real_hours(
    sqlite_engine: Engine, zone: str, day: date, hours: int
) -> None:
    site, kim = open_site(sqlite_engine, zone, day, cancel_until_min=180)
    start_us = wall_us(day, time(4), zone)
    made = site.world.book(Interval(start_us, start_us + HOUR_US), A, kim)
    member, cancel = site.person(JO), address_of(made, "/cancel")
    site.world.now_us = start_us - 3 * HOUR_US
    assert cancel not in member.get("/me/").text
    with pytest.raises(TooLateToCancel):
        site.world.bookings.cancel(made.id, site.world.me(kim), site.world.now_us)
    site.world.now_us -= 1
    assert member.press(cancel, "/me/").status_code == 303
    assert site.bookings() == {made.id: "cancelled"}


def test_a_note_moves_no_booking_out_of_the_second_of_two_hours(sqlite_engine: Engine) -> None:
    site, kim = open_site(sqlite_engine, BERLIN, BACK)
    second = Interval(utc("2026-10-25T01:00"), utc("2026-10-25T02:00"))
    made = site.world.book(second, A, kim)
    member = site.person(JO)
    form = dict(re.findall(r'name="(day|version)"[^>]*value="([^"]*)"', member.get(address_of(made)).text))
    fields = {**form, "desk": A, "from": "02:00", "until": "03:00", "note": "Fenster auf"}
    assert member.post(address_of(made), fields).status_code == 303
    assert site.world.active() == [(A, second.start_us, second.end_us)]
    assert site.world.bookings.booking(made.id, CLI).note == "Fenster auf"
