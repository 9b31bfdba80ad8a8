"""S10: four weeks before a report is due it is told what it lacks, and who can fill it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.gaps import Filler, Gap, GapKind, Given, by_filler, gaps, is_near, runs
from hub.domain.statistics.written import EmissionFactor, HandFigure, TownStatistics, Way, WayCount
from tests.hub.statistics.places import (
    AGS,
    CLUB,
    EMPTY_AGS,
    MARCH,
    NETWORK_OF_THREE,
    TODAY,
    TOWN,
    YEAR,
    days,
    desk,
    hours,
    sealed,
    space,
)

MARCH_DAYS = days(date(2026, 3, 1), date(2026, 3, 31))
TOWN_OF_ONE = replace(NETWORK_OF_THREE[0], spaces=(space("club", "moelln"),))
SETTINGS = TownStatistics(AGS, date(2026, 4, 20), MARCH)
WRITTEN = [
    HandFigure(1, place, figure, MARCH_DAYS[0], MARCH_DAYS[1], Decimal(3), "Liste", "Amt")
    for place, figure in ((CLUB, "event_guests"), (TOWN, "enquiries"))
]


def told(**given: object) -> tuple[Gap, ...]:
    whole = {"space_days": sealed("club", MARCH_DAYS), "written": WRITTEN, **given}
    return gaps(TOWN_OF_ONE, MARCH, Given(**whole), SETTINGS, TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("today", "near"),
    [
        (date(2026, 3, 22), False),
        (date(2026, 3, 23), True),
        (date(2026, 4, 20), True),
        (date(2026, 4, 21), False),
    ],
)
def test_a_report_is_near_from_four_weeks_before_until_its_day(today: date, *, near: bool) -> None:
    assert is_near(SETTINGS, today) is near


def test_a_report_with_everything_lacks_nothing() -> None:
    assert told(desk_days=[desk("club", MARCH_DAYS[0], staffed=hours(8, 2, 1.5))]) == ()


def test_days_without_facts_and_days_that_are_not_fixed_are_told_as_runs() -> None:
    facts = sealed("club", [day for day in MARCH_DAYS if day.day not in (3, 4, 9)])
    facts[-1] = replace(facts[-1], is_sealed=False)
    found = told(space_days=facts)
    assert [(one.kind, one.first.day, one.last.day) for one in found] == [
        (GapKind.DAYS, 3, 4), (GapKind.DAYS, 9, 9), (GapKind.UNSEALED, 31, 31),
    ]  # fmt: skip
    assert [one.may_stand_in for one in found] == [True, True, False]


def test_days_of_the_last_week_become_fixed_by_themselves() -> None:
    facts = [replace(one, is_sealed=one.day.day < 20) for one in sealed("club", MARCH_DAYS)]
    given = Given(space_days=facts, written=WRITTEN)
    found = gaps(TOWN_OF_ONE, MARCH, given, SETTINGS, date(2026, 3, 29))
    assert [(one.filler, one.first.day, one.last.day) for one in found] == [
        (Filler.TECHNICIAN, 20, 20), (Filler.NOBODY, 21, 28),
    ]  # fmt: skip


@pytest.mark.parametrize(("unknown", "known_pct"), [(2, None), (2.5, 75)], ids=["at 80 %", "below"])
def test_a_desk_of_which_too_little_is_known_is_told_by_the_month(
    unknown: float, known_pct: int | None
) -> None:
    found = told(desk_days=[desk("club", MARCH_DAYS[0], staffed=hours(10, 1, unknown))])
    assert [(one.desk, one.known_pct, one.first) for one in found] == (
        [] if known_pct is None else [("a", known_pct, MARCH_DAYS[0])]
    )


def test_a_desk_without_a_sensor_lacks_nothing() -> None:
    assert told(desk_days=[desk("club", MARCH_DAYS[0], "c", staffed=hours(10, 0, 10))]) == ()


def test_what_nobody_wrote_down_and_what_nobody_set_is_told() -> None:
    ways = [WayCount("club", MARCH_DAYS[0], Way(would_drive=False), 1)]
    found = told(written=WRITTEN[:1], ways=ways)
    assert [(one.kind, one.figure, one.filler) for one in found] == [
        (GapKind.HAND, "enquiries", Filler.HOST), (GapKind.FACTOR, "way_co2_low", Filler.STATISTICS),
    ]  # fmt: skip
    assert list(by_filler(found)) == [Filler.HOST, Filler.STATISTICS]
    settled = replace(SETTINGS, factor=EmissionFactor(140, "Quelle", 2025))
    given = Given(space_days=sealed("club", MARCH_DAYS), written=WRITTEN, ways=ways)
    assert gaps(TOWN_OF_ONE, MARCH, given, settled, TODAY) == ()


def test_a_town_without_a_space_lacks_only_what_people_write_down() -> None:
    town = replace(NETWORK_OF_THREE[2], inhabitants=None)
    found = gaps(town, YEAR, Given(), TownStatistics(EMPTY_AGS), TODAY)
    assert {one.kind for one in found} == {GapKind.HAND, GapKind.INHABITANTS}
    assert {one.place for one in found} == {Place(PlaceLevel.TOWN, EMPTY_AGS)}


def test_a_test_phase_has_no_gaps_and_days_to_come_are_none_yet() -> None:
    before = Given(written=WRITTEN)
    assert gaps(TOWN_OF_ONE, MARCH, before, SETTINGS, date(2026, 3, 1)) == ()
    (one,) = gaps(TOWN_OF_ONE, MARCH, before, SETTINGS, date(2026, 3, 3))
    assert (one.first.day, one.last.day) == (1, 2)


def test_runs_of_nothing_are_none() -> None:
    assert runs([]) == []
    assert runs([date(2026, 1, 2), date(2025, 12, 31), date(2026, 1, 1)]) == [
        (date(2025, 12, 31), date(2026, 1, 2))
    ]
