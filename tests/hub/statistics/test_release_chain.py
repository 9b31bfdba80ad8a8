"""From facts to the page of a town on real parts: reviewed, published, and still there when all facts are gone."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert

from hub import desks
from hub.domain.space import Space
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.releases import counted_days
from hub.export.report_answers import answers
from hub.storage.contribution_tables import ContributionRow
from hub.storage.fact_tables import MEASURES, DeskDayRow, SpaceDayRow, SpaceMonthRow
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.month_sums import renew_months
from hub.storage.unit_of_work import UnitFactory
from tests.hub.bookings.world import BookingWorld
from tests.hub.desks.world import SPACE
from tests.hub.web.booking_site import HANNA, Site
from tests.hub.web.test_statistics_pages import words

HOUR_US = 3_600_000_000
OCTOBER, NOVEMBER = Span.of_month(Month(2026, 10)), Span.of_month(Month(2026, 11))
STAT = "stat@example.org"
REGULARS = 7


def fill(engine: Engine) -> str:
    """Write the facts of an October with seven regulars, half of whose desk time is used; return the town's AGS."""
    towns = SqlLiveQueries(UnitFactory(engine)).towns()
    town = next(one for one in towns if any(space.id == SPACE for space in one.spaces))
    space = town.spaces[0]
    days = list(counted_days(space, OCTOBER))
    part = {"offered_us": 8 * HOUR_US, "occupied_us": 4 * HOUR_US, "unknown_us": 0}
    times = {f"{name}_{what}": value for name in MEASURES for what, value in part.items()}
    more: dict[str, Any] = {
        "device_pk": None, "has_sensor": True, "in_service": True, "booked_us": 2 * HOUR_US, "bookings": 1,
        "no_shows": 0, "unknown_us": 0, "space_pk": 1,
    }  # fmt: skip
    with engine.begin() as connection:
        for day in days:
            connection.execute(insert(SpaceDayRow).values(**_space_day(day, peak_desks=1, visits=4)))
            for desk_pk in (1, 2):
                connection.execute(insert(DeskDayRow).values(day=day, desk_pk=desk_pk, **times, **more))
        renew_months(connection, 1, days)
        for person in range(REGULARS):
            connection.execute(
                insert(ContributionRow).values(
                    space_pk=1, month=OCTOBER.first_day, pseudonym=f"{person:032}", tariff_class="", visits=18,
                    booked_us=8 * HOUR_US, opted_in=True, is_loose=False,
                )
            )  # fmt: skip
    return town.ags


@pytest.fixture
def site(sqlite_engine: Engine) -> Site:
    world = BookingWorld(sqlite_engine)
    world.set_up()
    world.at("2026-11-18T15:40")
    return Site(world)


def test_a_report_is_reviewed_published_drawn_and_outlives_its_facts(site: Site) -> None:
    engine = site.world.engine
    ags = fill(engine)
    stat, anyone = site.person(STAT), site.app.test_client()
    review = f"/statistics/town/{ags}/2026-10"
    assert "Noch nichts veröffentlicht" in anyone.get(f"/towns/{ags}/statistics").text
    page = stat.get(review)
    assert "Bereit zur Veröffentlichung als Fassung 1." in words(page.text)
    digest = re.findall(r'name="digest" value="([0-9a-f]{64})"', page.text)[0]
    assert stat.post(f"{review}/publish", {"digest": digest, "looked": "y"}).status_code == 303

    published = anyone.get(f"/towns/{ags}/statistics").text
    said = words(published)
    assert "Im Oktober 2026 zählte" in said
    assert re.search(r"zählte \S+ 1[23]0 Besuche", said)
    assert "zu 50 % belegt" in said
    (frozen,) = desks.reports(UnitFactory(engine)).versions(Place(PlaceLevel.TOWN, ags))
    assert frozen.checksum in published
    assert dict(frozen.packages).keys() >= {"ankerort", "holidays"}
    # One month makes no chart, and is not tried again.
    assert desks.draw_charts(UnitFactory(engine)).run(site.world.now_us) == 1
    assert desks.draw_charts(UnitFactory(engine)).run(site.world.now_us) == 0

    with engine.begin() as connection:
        for table in (DeskDayRow, SpaceDayRow, SpaceMonthRow, ContributionRow):
            connection.execute(delete(table))
    assert anyone.get(f"/towns/{ags}/statistics").text == published
    assert stat.get(review).status_code == 200
    assert stat.post(f"{review}/publish", {"digest": digest, "looked": "y"}).status_code == 422

    assert site.person(HANNA).get(review).status_code == 404
    looked = [entry for entry in site.world.chain() if entry["what"] == "report_published"]
    assert [(entry["place"], entry["period"], entry["by"]) for entry in looked] == [(ags, "2026-10", 5)]


def test_P7_internal_figures_are_shown_to_the_controller_s_own_alone_and_logged(site: Site) -> None:  # noqa: N802
    fill(site.world.engine)
    stat = site.person(STAT)
    address = f"/statistics/space/{SPACE}/2026-10/internal"
    with site.world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE space SET controller = 'Verein'")
    refused = stat.post(address, {"purpose": "Planung der Öffnungszeiten"})
    assert (refused.status_code, "jemand anderes verantwortlich" in words(refused.text)) == (422, True)
    assert site.world.chain()[-1]["what"] != "figures_read"
    with site.world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE space SET controller = 'Stadt'")
    shown = stat.post(address, {"purpose": "Planung der Öffnungszeiten"})
    assert (shown.status_code, "Nicht zur Veröffentlichung" in shown.text) == (200, True)
    entry = site.world.chain()[-1]
    assert (entry["what"], entry["place"], entry["by"]) == ("figures_read", SPACE, 5)
    assert entry["reason"] == "Planung der Öffnungszeiten"


def test_after_the_pseudonyms_have_ended_use_is_hidden_as_uncounted_and_what_was_printed_stays(
    site: Site,
) -> None:
    engine = site.world.engine
    place, year = Place(PlaceLevel.TOWN, fill(engine)), Span.of_year(2026)
    here = Place(PlaceLevel.SPACE, SPACE)
    reports = desks.reports(UnitFactory(engine))
    in_time = reports.publish(place, OCTOBER, date(2026, 11, 18), site.world.now_us, None)
    assert in_time.row(here, "visits", OCTOBER).value == 120  # type: ignore[union-attr]
    with engine.begin() as connection:
        connection.execute(delete(ContributionRow))
        # Nobody at all came in any other month.
        empty = set(counted_days(_space(engine), year)) - set(OCTOBER.days())
        for day in empty:
            connection.execute(insert(SpaceDayRow).values(**_space_day(day, peak_desks=0, visits=0)))
        renew_months(connection, 1, empty)
    last_day = reports.draft(place, year, date(2027, 3, 31))
    assert last_day.row(here, "visits", NOVEMBER).reason == "few_persons"  # type: ignore[union-attr]
    late = reports.draft(place, year, date(2027, 4, 1))
    by_month = {row.period: row for row in late.rows if (row.place, row.figure) == (here, "visits")}
    assert by_month[OCTOBER].value == 120, "as it was printed"
    assert (by_month[NOVEMBER].status, by_month[NOVEMBER].reason) == ("suppressed", "uncounted_persons")
    users = late.row(here, "users", year)
    assert users is not None
    assert (users.status, users.reason) == ("suppressed", "uncounted_persons")
    assert late.is_uncounted
    assert not in_time.is_uncounted
    assert "danach nie mehr" in " ".join(
        sentence for answer in answers(late, "de") for sentence in answer.sentences
    )
    site.world.at("2027-04-05T10:00")
    page = words(site.person(STAT).get(f"/statistics/town/{place.id}/2026-11").text)
    assert "Pseudonyme dieses Zeitraums endeten am 31. März" in page


def _space(engine: Engine) -> Space:
    towns = SqlLiveQueries(UnitFactory(engine)).towns()
    return next(space for town in towns for space in town.spaces if space.id == SPACE)


def _space_day(day: date, **more: int) -> dict[str, Any]:
    return {
        "space_pk": 1, "day": day, "counts": True, "is_holiday": False, "hours": "{}", "staffed_us": 8 * HOUR_US,
        "access_us": 8 * HOUR_US, "desks": 2, "sensed_desks": 2, "unassigned": 0, "events": 0, "is_sealed": True,
        "late": 0, "gap_us": 0, **more,
    }  # fmt: skip
