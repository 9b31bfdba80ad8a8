"""Pages of a space with 200 desks and 2,000 bookings ask a handful of queries (issue C, must show 6)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from hub.domain.booking import Booking, BookingKind, BookingState
from hub.domain.space import Desk
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Printed, ValueStatus
from hub.domain.statistics.releases import notes
from hub.domain.time import Interval
from hub.services.import_site import import_site
from hub.storage.access_unit import SqlUnits
from hub.storage.booking_rows import BookingRows
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.report_store import SqlReports
from hub.storage.unit_of_work import UnitFactory
from tests.hub.bookings.world import BookingWorld, berlin
from tests.hub.desks.world import LOOKUPS, SPACE, DoorSpool
from tests.hub.statistics.reports import report
from tests.hub.web.booking_site import HANNA, JO, Site, Visitor
from tests.parts.queries import counting

AT = f"/spaces/{SPACE}/host"
HOUR_US = 3_600_000_000
DESKS = 200
LIMIT = 12
HOURS = range(8, 18)


def fill(world: BookingWorld) -> None:
    """Have 200 desks, each hour of today and of no other day booked by one of many; somebody came, a door is forced."""
    database = UnitFactory(world.engine)
    with database.reading() as unit:
        towns = unit.sites.towns()
    more = tuple(Desk(f"d-{number}", f"Platz {number}") for number in range(DESKS))
    grown = [
        replace(one, spaces=(replace(one.spaces[0], desks=(*one.spaces[0].desks, *more)),))
        for one in towns
        if one.spaces[0].id == SPACE
    ]
    import_site(database, grown, world.now_us)
    members = [world.somebody(f"M{number}") for number in range(10)]
    bookings = [
        Booking(
            id=f"{number * 100 + hour:016x}",
            space=SPACE,
            kind=BookingKind.DESK,
            desks=(desk.id,),
            time=Interval(begin_us := berlin(f"2026-11-18T{hour:02}:00"), begin_us + HOUR_US),
            state=BookingState.BOOKED,
            member=members[number % 10],
            version=1,
            created_us=world.now_us,
            fresh_us=world.now_us,
        )
        for number, desk in enumerate(more)
        for hour in HOURS
    ]
    with SqlUnits(world.engine, BookingRows).writing() as unit:
        unit.add(bookings)
        unit.commit()
    card = world.card(member=world.mia)
    spool = DoorSpool()
    spool.access(LOOKUPS[card], 1)
    spool.door("forced", 2, contact="open")
    world.take(spool.batch(1))
    world.doors.save_rota(SPACE, [2], world.actor(2), world.now_us)


@pytest.fixture
def site(sqlite_engine: Engine) -> Site:
    world = BookingWorld(sqlite_engine)
    world.set_up()
    world.at("2026-11-18T15:40")
    fill(world)
    return Site(world)


def test_live_page_board_and_calendar_stay_under_12_queries_and_others_near(site: Site) -> None:
    hanna, jo = site.person(HANNA), site.person(JO)

    def queries(visitor: Visitor, address: str, shown: str = "Platz 199") -> int:
        with counting(site.world.engine) as counted:
            page = visitor.get(address)
        assert page.status_code == 200
        assert shown in page.text
        return len(counted.queries)

    live = f"/spaces/{SPACE}"
    assert queries(hanna, live) < LIMIT
    assert queries(jo, live) < LIMIT
    assert queries(hanna, f"{AT}/calendar") < LIMIT
    assert queries(hanna, f"{AT}/calendar?days=1") < LIMIT
    assert queries(hanna, f"{AT}/") < LIMIT
    for visitor, address, shown, limit in (
        (hanna, "/", SPACE, LIMIT),
        (hanna, f"{AT}/members", "M9", LIMIT),
        (jo, "/me/", SPACE, 16),
    ):
        assert queries(visitor, address, shown) < limit
    # Names of the log: who they are is one more.
    assert hanna.post(f"{AT}/", {"reason": "Fundsache"}).status_code == 303
    assert queries(hanna, f"{AT}/") < LIMIT


def test_published_figures_ask_a_handful_of_queries_however_many_rows_were_printed(site: Site) -> None:
    store = SqlReports(site.world.engine)
    town = next(one for one in SqlLiveQueries(UnitFactory(site.world.engine)).towns() if one.spaces)
    subject = Place(PlaceLevel.TOWN, town.ags)
    rows = [
        Printed(subject, Span.of_month(Month(2026, month)), figure, ValueStatus.ROUNDED, Decimal(10 * month))
        for figure in (
            "visits",
            "bookings",
            "occupancy",
            "no_show_rate",
            *(f"f{number}" for number in range(100)),
        )
        for month in range(1, 13)
    ]
    for version in (1, 2, 3):
        places = notes(subject, [town], date(2026, 12, 31))
        made = replace(report(), subject=subject, version=version, places=places, rows=tuple(rows))
        store.publish(made, site.world.now_us)
    with counting(site.world.engine) as counted:
        page = site.app.test_client().get(f"/towns/{town.ags}/statistics")
    assert (page.status_code, "Juni 2026" in page.text) == (200, True)
    # Towns take most of them, however many there are.
    assert len(counted.queries) < LIMIT
