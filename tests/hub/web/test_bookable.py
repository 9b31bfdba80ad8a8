"""Before somebody taps a desk, the page says what no desk can mend: a phase, the end of the space, no valid pass."""

from datetime import date

import pytest
from sqlalchemy import Engine

from hub.domain.admission import AccessPhase, Group
from hub.domain.people import AccessHours
from hub.domain.tariffs import Tariff, TariffKind, WithoutPass
from hub.services.life_desk import LifeService
from hub.storage.access_unit import SqlUnits
from hub.storage.booked_times import SqlBookedTimes
from hub.storage.life_rows import LifeRows
from tests.hub.bookings.world import BookingWorld, span
from tests.hub.desks.world import CLI, SPACE
from tests.hub.web.booking_site import JO, Site

DAY = "2026-11-19"
BOOK = f"/spaces/{SPACE}/book?day={DAY}"
NO_PASS = "ohne ihn bleibt die Tür zu"


@pytest.fixture
def site(sqlite_engine: Engine) -> Site:
    """The space of `BookingWorld` with its pages; it is Wednesday, 9:40."""
    world = BookingWorld(sqlite_engine)
    world.set_up()
    return Site(world)


def test_who_is_let_in_later_reads_from_when_and_finds_no_desk_to_tap(site: Site) -> None:
    world = site.world
    world.groups.save_group(SPACE, Group("verein", "Sportverein"), CLI, world.now_us)
    phases = [AccessPhase(date(2026, 11, 1), ("verein",)), AccessPhase(date(2026, 11, 26))]
    world.groups.save_phases(SPACE, phases, CLI, world.now_us)
    jo = site.person(JO)
    page = jo.get(BOOK).text
    assert "Buchen können Sie ab dem 26.11.2026" in page
    assert f"/spaces/{SPACE}/book/" not in page
    assert "Buchen können Sie ab dem 26.11.2026" in jo.get(f"/spaces/{SPACE}/book/flur?day={DAY}").text
    later = jo.get(f"/spaces/{SPACE}/book?day=2026-11-26").text
    assert "Buchen können Sie" not in later
    assert f"/spaces/{SPACE}/book/" in later


def test_after_the_last_day_nothing_can_be_tapped(site: Site) -> None:
    world = site.world
    life = LifeService(SqlUnits(world.engine, LifeRows))
    life.close(SPACE, date(2026, 11, 19), "Der Verein zieht aus", CLI, world.now_us)
    page = site.person(JO).get(BOOK).text
    assert "hat am 18.11.2026 den letzten Tag" in page
    assert f"/spaces/{SPACE}/book/" not in page


def test_where_doors_need_a_pass_the_page_says_when_a_booking_will_open_none(site: Site) -> None:
    world = site.world
    jo = site.person(JO)
    assert NO_PASS not in jo.get(BOOK).text
    world.passes.save_rule(SPACE, WithoutPass.SHUT, CLI, world.now_us)
    page = jo.get(BOOK).text
    assert NO_PASS in page
    assert f"/spaces/{SPACE}/book/" in page, "a pass may still be bought: the booking is not refused"
    assert NO_PASS in jo.get(f"/spaces/{SPACE}/book/flur?day={DAY}").text
    morning = Tariff("frueh", "Vormittag", TariffKind.DAY, units=5, starts_min=8 * 60, ends_min=12 * 60)
    world.passes.save_tariff(SPACE, morning, CLI, world.now_us)
    world.passes.sell(SPACE, world.jo, "frueh", None, CLI, world.now_us)
    assert "öffnet die Tür nur 08:00 bis 12:00" in jo.get(f"{BOOK}&part=day").text
    assert NO_PASS in jo.get(f"{BOOK}&from=13:00&until=17:00").text
    whole = jo.get(f"{BOOK}&from=09:00&until=11:00").text
    assert NO_PASS not in whole
    assert "öffnet die Tür nur" not in whole


def test_a_booking_is_no_way_around_a_pass_that_doors_need(site: Site) -> None:
    world = site.world
    world.passes.save_rule(SPACE, WithoutPass.SHUT, CLI, world.now_us)
    always, host = (
        world.somebody("Alma", AccessHours.ALWAYS),
        world.somebody("Hal", AccessHours.ALWAYS, is_host=True),
    )
    world.book(span("20:00", "22:00"), member=always)
    world.book(span("20:00", "22:00"), "sofa", member=host)
    booked = SqlBookedTimes(world.engine)(SPACE, span("00:00", "24:00"))
    assert [(one.member, one.any_hours) for one in booked] == [(always, False), (host, True)]
