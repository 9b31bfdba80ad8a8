"""Floor plan and settings on a real database: kept, told, logged; what bookings and doors would see of it."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import Engine

from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor
from hub.domain.site_edits import DeskPlace, FieldsRefused
from hub.domain.space import Desk, Granularity, OpeningPeriod, PublicDetail
from hub.domain.space_settings import SpaceSettings
from hub.domain.tariffs import WithoutPass
from hub.services.site_desk import SiteService
from hub.storage.access_unit import SqlUnits
from hub.storage.booked_times import SqlBookedTimes
from hub.storage.site_edit_rows import SiteEditRows
from tests.hub.bookings.world import A, B, BookingWorld, span
from tests.hub.desks.world import CLI, OTHER, SPACE


class Site(BookingWorld):
    """The space with what changes it."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.site = SiteService(SqlUnits(engine, SiteEditRows), SqlBookedTimes(engine))

    @property
    def host(self) -> Actor:
        return self.actor(1)

    @property
    def manager(self) -> Actor:
        return self.actor(2)

    def settings(self, **changed: Any) -> SpaceSettings:
        return replace(self.site.look(SPACE, CLI).settings, **changed)

    def version(self) -> int:
        return self.site.look(SPACE, CLI).version

    def desks(self) -> dict[str, Desk]:
        return {desk.id: desk for desk in self.site.look(SPACE, CLI).space.desks}

    def logged(self) -> dict[str, Any]:
        """Return the last words of the log of actions."""
        return self.chain()[-1]


@pytest.fixture
def site(sqlite_engine: Engine) -> Site:
    site = Site(sqlite_engine)
    site.set_up()
    return site


def test_desks_are_moved_together_and_the_log_says_from_where(site: Site) -> None:
    before = site.desks()[A]
    site.site.move_desks(SPACE, site.version(), {A: DeskPlace(500, 400, 450)}, site.host, site.now_us)
    after = site.desks()[A]
    assert (after.x, after.y, after.angle) == (500, 400, 90)
    assert site.logged() == {
        "what": "desks_moved", "space": SPACE, "by": 1,
        "desks": {A: [[before.x, before.y, before.angle], [500, 400, 90]]},
    }  # fmt: skip


def test_one_desk_outside_of_the_plan_keeps_all_where_they_are(site: Site) -> None:
    before = site.desks()
    places = {A: DeskPlace(500, 400, 0), B: DeskPlace(10, 10, 0)}
    with pytest.raises(FieldsRefused) as refused:
        site.site.move_desks(SPACE, site.version(), places, site.host, site.now_us)
    assert {name: problem.code for name, problem in refused.value.problems.items()} == {B: "desk_outside"}
    assert site.desks() == before


def test_of_two_tabs_the_second_is_told(site: Site) -> None:
    version = site.version()
    site.site.move_desks(SPACE, version, {A: DeskPlace(500, 400, 0)}, site.host, site.now_us)
    calls = (
        lambda: site.site.move_desks(SPACE, version, {A: DeskPlace(600, 400, 0)}, site.host, site.now_us),
        lambda: site.site.save_desk(SPACE, version, site.desks()[A], site.host, site.now_us),
        lambda: site.site.remove_desk(SPACE, version, A, site.host, site.now_us),
        lambda: site.site.save_settings(SPACE, version, site.settings(), site.manager, site.now_us),
    )
    for call in calls:
        with pytest.raises(RuleRefused) as refused:
            call()
        assert refused.value.code == "space_changed_meanwhile"
    assert site.desks()[A].x == 500


def test_a_new_desk_never_gets_an_id_that_there_was(site: Site) -> None:
    new = Desk("", "Sofa", x=700, y=400)
    first = site.site.save_desk(SPACE, site.version(), new, site.host, site.now_us).desk
    assert first.id == "sofa-2"  # there is a "sofa" already
    site.site.remove_desk(SPACE, site.version(), first.id, site.host, site.now_us)
    assert first.id not in site.desks()
    assert site.site.save_desk(SPACE, site.version(), new, site.host, site.now_us).desk.id == "sofa-3"
    kept = site.rows("SELECT retired_us IS NOT NULL FROM desk WHERE id = 'sofa-2'")
    assert [bool(retired) for (retired,) in kept] == [True]


def test_a_desk_that_is_booked_stays_and_one_out_of_service_tells_of_its_bookings(site: Site) -> None:
    site.book(span("10:00", "11:00"), desk=A)
    with pytest.raises(RuleRefused) as refused:
        site.site.remove_desk(SPACE, site.version(), A, site.host, site.now_us)
    assert refused.value.code == "desk_is_booked"
    out = replace(site.desks()[A], in_service=False, name="Fenster", x=200)
    assert site.site.save_desk(SPACE, site.version(), out, site.host, site.now_us).coming == 1
    assert site.desks()[A].name == "Fenster"
    assert site.logged()["changed"] == {
        "name": ["fenster-1", "Fenster"],
        "x": [0, 200],
        "in_service": [True, False],
    }


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ({"name": "\u200b"}, {"name": "unseen_text"}),
        ({"name": " "}, {"name": "short_text"}),
        ({"width": 19, "depth": 1001}, {"width": "no_such_number", "depth": "no_such_number"}),
        ({"zone": "keller"}, {"zone": "no_such_choice"}),
        ({"sensor": "kamera"}, {"sensor": "no_such_choice"}),
        ({"sensor": "pir", "device": ""}, {"device": "sensor_without_device"}),
        ({"x": 5}, {"x": "desk_outside"}),
    ],
)
def test_each_refusal_is_at_its_field(site: Site, changed: dict[str, Any], problems: dict[str, str]) -> None:
    desk = replace(site.desks()[A], **changed)
    with pytest.raises(FieldsRefused) as refused:
        site.site.save_desk(SPACE, site.version(), desk, site.host, site.now_us)
    assert {name: problem.code for name, problem in refused.value.problems.items()} == problems


MORNINGS = tuple(OpeningPeriod(day, time(8), time(12)) for day in range(5))


def test_settings_are_kept_with_who_and_what(site: Site) -> None:
    wanted = site.settings(
        opening=MORNINGS[::-1],
        closed_on=(date(2026, 12, 24),),
        without_pass=WithoutPass.SHUT,
        phone_opening=True,
    )
    site.site.save_settings(SPACE, site.version(), wanted, site.manager, site.now_us)
    assert site.settings() == replace(wanted, opening=MORNINGS)
    entry = site.logged()
    assert (entry["what"], entry["by"]) == ("space_settings_changed", 2)
    assert entry["changed"]["opening_0"] == ["08:00-18:00", "08:00-12:00"]
    assert entry["changed"]["without_pass"] == ["open", "shut"]
    assert "granularity" not in entry["changed"]
    assert site.site.look(OTHER, CLI).settings.phone_opening is False


def test_a_rule_that_was_changed_on_the_page_of_tariffs_is_not_put_back(site: Site) -> None:
    version = site.version()
    site.passes.save_rule(SPACE, WithoutPass.SHUT, site.manager, site.now_us)
    with pytest.raises(RuleRefused, match="meanwhile"):
        site.site.save_settings(SPACE, version, site.settings(opening=MORNINGS), site.manager, site.now_us)


def test_doors_get_new_lists(site: Site) -> None:
    before = site.wanted()
    site.site.save_settings(SPACE, site.version(), site.settings(opening=MORNINGS), site.manager, site.now_us)
    assert site.wanted()[f"{SPACE}/pi-1"] > before[f"{SPACE}/pi-1"]


def test_nothing_is_written_when_nothing_is_otherwise(site: Site) -> None:
    version = site.version()
    site.site.save_settings(SPACE, version, site.settings(), site.manager, site.now_us)
    site.site.move_desks(SPACE, version, {}, site.host, site.now_us)
    assert site.version() == version


def test_the_preview_says_what_hours_do_to_bookings_and_cards(site: Site) -> None:
    site.card(member=site.jo)
    site.book(span("09:00", "10:00"), desk=A)
    site.book(span("14:00", "15:00"), desk=A, member=site.mia)
    found = site.site.preview(SPACE, site.settings(opening=MORNINGS), site.manager, site.now_us)
    assert [one.member for one in found.outside] == [site.mia]
    assert (found.losing, found.gaining) == (1, 0)
    assert [day.day for day in found.week][:1] == [date(2026, 11, 18)]
    assert (found.week[0].before, found.week[0].after) == (
        (span("08:00", "18:00", "2026-11-18"),), (span("08:00", "12:00", "2026-11-18"),)
    )  # fmt: skip
    assert site.settings().opening != MORNINGS


def test_the_preview_says_what_other_rules_do(site: Site) -> None:
    site.card(member=site.jo)
    site.book(span("09:00", "10:00"), desk=A)
    site.book(span("11:00", "12:00"), desk=A)
    rules = replace(site.settings().bookings, concurrent=1, advance_days=1)
    wanted = site.settings(granularity=Granularity.DAY, bookings=rules, without_pass=WithoutPass.SHUT)
    found = site.site.preview(SPACE, wanted, site.manager, site.now_us)
    assert (len(found.off_grid), found.over_limit, found.too_far) == (2, 1, 0)
    assert found.losing == 1
    same = site.site.preview(SPACE, site.settings(), site.manager, site.now_us)
    assert (same.outside, same.off_grid, same.over_limit, same.losing, same.gaining) == ((), (), 0, 0, 0)


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        (
            {"opening": (OpeningPeriod(2, time(8), time(12)), OpeningPeriod(2, time(11), time(14)))},
            {"opening_2": "hours_overlap"},
        ),
        ({"opening": (OpeningPeriod(6, time(12), time(8)),)}, {"opening_6": "hours_backwards"}),
        ({"closed_on": (date(1999, 1, 1),)}, {"closed_on": "day_out_of_range"}),
        ({"public_detail": PublicDetail.DESKS}, {"public_detail_reason": "small_space_shows_more"}),
    ],
)  # fmt: skip
def test_each_refused_setting_is_at_its_field(
    site: Site, changed: dict[str, Any], problems: dict[str, str]
) -> None:
    for call in (
        site.site.preview,
        lambda space, *args: site.site.save_settings(space, site.version(), *args),
    ):
        with pytest.raises(FieldsRefused) as refused:
            call(SPACE, site.settings(**changed), site.manager, site.now_us)
        assert {name: problem.code for name, problem in refused.value.problems.items()} == problems


def test_numbers_have_their_ranges(site: Site) -> None:
    rules = replace(site.settings().bookings, grace_min=0, advance_days=731, half_day_at=time(12, 10))
    with pytest.raises(FieldsRefused) as refused:
        site.site.save_settings(
            SPACE, site.version(), site.settings(bookings=rules), site.manager, site.now_us
        )
    assert set(refused.value.problems) == {"grace_min", "advance_days", "half_day_at"}


def test_hosts_move_desks_and_only_managers_set_rules(site: Site) -> None:
    site.site.look(SPACE, site.host)
    stranger = site.actor(4)
    for call in (
        lambda: site.site.look(SPACE, stranger),
        lambda: site.site.move_desks(SPACE, 0, {}, stranger, site.now_us),
        lambda: site.site.preview(SPACE, site.settings(), site.host, site.now_us),
        lambda: site.site.save_settings(SPACE, 0, site.settings(), site.host, site.now_us),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_both_databases_keep_desks_and_settings(engine: Engine) -> None:
    site = Site(engine)
    site.set_up()
    site.site.move_desks(SPACE, site.version(), {A: DeskPlace(500, 400, 0)}, site.host, site.now_us)
    new = site.site.save_desk(
        SPACE, site.version(), Desk("", "Neu", x=800, y=400), site.host, site.now_us
    ).desk
    site.site.remove_desk(SPACE, site.version(), new.id, site.host, site.now_us)
    wanted = site.settings(opening=MORNINGS, without_pass=WithoutPass.SHUT)
    site.book(span("14:00", "15:00"), desk=A)
    assert len(site.site.preview(SPACE, wanted, site.manager, site.now_us).outside) == 1
    site.site.save_settings(SPACE, site.version(), wanted, site.manager, site.now_us)
    assert (site.settings(), site.desks()[A].x, new.id in site.desks()) == (wanted, 500, False)
