"""What figures are made of facts, beside the worked examples: what is missing, added up, and of whom."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.space import Phase
from hub.domain.statistics.compute import Known, findings, periods_of, places_of
from hub.domain.statistics.facts import Contribution, Measured, SpaceDay
from hub.domain.statistics.figures import REGISTRY, Guard, Origin
from hub.domain.statistics.findings import NETWORK, Flag, Missing, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.written import (
    Distance,
    EmissionFactor,
    HandFigure,
    Mode,
    TownStatistics,
    Way,
    WayCount,
)
from tests.hub.statistics.places import (
    AGS,
    CLUB,
    EMPTY,
    HOUR_US,
    LAB,
    MARCH,
    NETWORK_OF_THREE,
    OTHER,
    SHOP,
    TODAY,
    TOWN,
    YEAR,
    days,
    desk,
    found,
    hours,
    people,
    sealed,
    space,
)

MARCH_DAYS = days(date(2026, 3, 1), date(2026, 3, 31))
YEAR_DAYS = days(date(2026, 3, 1), date(2026, 12, 31))
FIRST = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("span", "wanted"),
    [
        (Span.of_month(Month(2026, 3)), ["2026-03"]),
        (Span(Month(2026, 3), Month(2026, 4)), ["2026-03", "2026-04", "2026-03/2026-04"]),
        (
            Span(Month(2025, 12), Month(2026, 12)),
            ["2025-12", *(f"2026-{month:02}" for month in range(1, 13)), "2026", "2025-12/2026-12"],
        ),
    ],
)
def test_a_period_is_told_by_months_whole_years_and_as_a_whole(span: Span, wanted: list[str]) -> None:
    assert [str(one) for one in periods_of(span)] == wanted


def test_a_network_is_told_with_its_towns_and_a_town_with_its_spaces() -> None:
    assert places_of(NETWORK_OF_THREE, NETWORK) == (NETWORK, TOWN, CLUB, LAB, OTHER, SHOP, EMPTY)
    assert places_of(NETWORK_OF_THREE, TOWN) == (TOWN, CLUB, LAB)
    assert places_of(NETWORK_OF_THREE, LAB) == (LAB,)


def test_K2_unknown_is_never_free_and_a_desk_without_a_sensor_does_not_count() -> None:  # noqa: N802
    known = Known(
        desk_days=[
            desk("club", FIRST, "a", staffed=hours(8, 2, 4)),
            desk("club", FIRST, "b", staffed=hours(8, 1)),
            desk("club", FIRST, "c", staffed=hours(8)),
        ],
        space_days=sealed("club", MARCH_DAYS),
    )
    one = found(known, CLUB, MARCH, "occupancy")
    assert one.value == 25
    assert (one.numerator, one.denominator) == (3 * HOUR_US, 12 * HOUR_US)
    assert one.valid_share == Fraction(12, 16)


def test_K2_a_space_without_any_sensor_has_no_occupancy() -> None:  # noqa: N802
    known = Known([desk("club", FIRST, "c", staffed=hours(8))], sealed("club", MARCH_DAYS))
    sensed = [one.id for one in REGISTRY.values() if one.origin is Origin.SENSOR]
    assert {found(known, CLUB, MARCH, one).missing for one in sensed} == {Missing.NOT_APPLICABLE}
    assert found(known, CLUB, MARCH, "booking_utilisation").value == 0


def test_a_sensor_that_never_spoke_gives_no_value_and_nothing_known() -> None:
    known = Known([desk("club", FIRST, staffed=hours(8, 0, 8))], sealed("club", MARCH_DAYS))
    one = found(known, CLUB, MARCH, "occupancy")
    assert one.value is None
    assert one.valid_share == 0


@pytest.mark.parametrize(
    ("figure", "town", "network"),
    [("visits", 62, 93), ("desks", 6, 9), ("open_hours", 496, 744), ("events", 0, 0), ("users", 4, 4)],
)
def test_a_town_and_the_network_add_up_their_spaces_and_count_a_person_once(
    figure: str, town: int, network: int
) -> None:
    span = Span(Month(2026, 3), Month(2026, 3)) if figure != "users" else YEAR
    when = MARCH_DAYS if figure != "users" else YEAR_DAYS
    month = date(2026, 3, 1)
    known = Known(
        space_days=[
            *sealed("club", when, visits=1),
            *sealed("lab", when, visits=1),
            *sealed("shop", [day for day in when if day < date(2026, 7, 1)], visits=1),
        ],
        contributions=[
            *people("club", month, (1, 2)),
            *people("lab", month, (1, 2, 3, 4)),
            *people("shop", month, (9,)),
        ],
    )
    assert found(known, TOWN, span, figure).value == town
    assert found(known, NETWORK, span, figure).value == network


def test_K8_a_town_without_a_space_has_x_and_breaks_nothing() -> None:  # noqa: N802
    known = Known(space_days=sealed("club", MARCH_DAYS, visits=1))
    listed = findings(NETWORK_OF_THREE, known, NETWORK, MARCH, TODAY)
    assert {one.missing for one in listed if one.place == EMPTY} == {Missing.NOT_APPLICABLE}
    assert all(one.value is None for one in listed if one.place == EMPTY)


def test_a_town_without_a_space_has_the_enquiries_that_somebody_wrote_down() -> None:
    entry = HandFigure(
        1,
        EMPTY,
        "enquiries",
        FIRST,
        FIRST,
        Decimal(7),
        "Telefon",
        "Rathaus",
        flags=frozenset({Flag.ESTIMATED}),
    )
    known = Known(written=[entry])
    assert found(known, EMPTY, MARCH, "enquiries").value == 7
    assert found(known, NETWORK, MARCH, "enquiries").flags == {Flag.ESTIMATED}
    assert found(known, CLUB, MARCH, "enquiries").missing is Missing.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("today", "missing"),
    [(date(2026, 3, 31), Missing.PENDING), (date(2026, 4, 1), None)],
)
def test_a_period_that_is_not_over_is_pending(today: date, missing: Missing | None) -> None:
    known = Known(space_days=sealed("club", MARCH_DAYS))
    listed = findings(NETWORK_OF_THREE, known, CLUB, MARCH, today)
    assert next(one for one in listed if one.figure == "open_hours").missing is missing


def test_a_day_that_is_not_sealed_makes_its_periods_pending_or_preliminary() -> None:
    listed = sealed("club", MARCH_DAYS, visits=1)
    listed[3] = replace(listed[3], is_sealed=False)
    known = Known(space_days=listed)
    assert found(known, CLUB, MARCH, "visits").missing is Missing.PENDING
    one = found(known, CLUB, MARCH, "visits", preliminary=True)
    assert one.value == 31
    assert one.flags == {Flag.PRELIMINARY}


def test_a_day_without_facts_is_awaited_for_a_month_and_then_lowers_what_is_known() -> None:
    known = Known(space_days=sealed("club", MARCH_DAYS[:-1], visits=1))
    soon = findings(NETWORK_OF_THREE, known, CLUB, MARCH, date(2026, 4, 20))
    assert next(one for one in soon if one.figure == "visits").missing is Missing.PENDING
    later = found(known, CLUB, MARCH, "visits")
    assert later.value == 30
    assert later.valid_share == Fraction(30, 31)


def test_a_test_phase_counts_for_nothing_and_nobody() -> None:
    town = replace(NETWORK_OF_THREE[0], spaces=(space("club", "moelln", phase=Phase.TEST),))
    known = Known(
        [desk("club", FIRST, staffed=hours(8, 4), bookings=3)],
        [SpaceDay("club", day, counts=False, visits=5, is_sealed=True) for day in MARCH_DAYS],
        people("club", date(2026, 3, 1), (3, 3)),
    )
    listed = findings([town], known, CLUB, MARCH, TODAY)
    assert {one.missing for one in listed} == {Missing.NOT_APPLICABLE}
    assert {one.persons for one in listed} == {frozenset()}


def test_a_pop_up_is_reported_for_its_four_months_as_a_whole() -> None:
    span = Span(Month(2026, 3), Month(2026, 6))
    life = days(date(2026, 3, 1), date(2026, 6, 30))
    known = Known(
        space_days=sealed("shop", life, visits=2), contributions=people("shop", date(2026, 4, 1), (9, 1, 1))
    )
    assert found(known, SHOP, span, "visits").value == 244
    assert found(known, SHOP, span, "users").value == 3
    assert found(known, SHOP, YEAR, "visits").value == 244
    july = Span.of_month(Month(2026, 7))
    assert found(known, SHOP, july, "visits").missing is Missing.NOT_APPLICABLE


def test_over_two_years_persons_are_those_of_one_and_no_figure_of_persons_is_told() -> None:
    span = Span(Month(2026, 12), Month(2027, 1))
    when = days(date(2026, 12, 1), date(2027, 1, 31))
    known = Known(
        space_days=sealed("club", when, visits=1),
        contributions=[
            *people("club", date(2026, 12, 1), (6, 1), "x"),
            *people("club", date(2027, 1, 1), (6, 1, 1), "y"),
        ],
    )
    one = found(known, CLUB, span, "visits")
    assert one.persons == {"y0", "y1", "y2"}
    assert one.top_share == Fraction(12, 15)
    told = {one.figure for one in findings(NETWORK_OF_THREE, known, CLUB, span, TODAY) if one.period == span}
    assert not {one.id for one in REGISTRY.values() if one.guard is Guard.PERSONS} & told


def test_the_largest_share_is_of_visits_or_of_booked_time_whichever_is_more() -> None:
    month = date(2026, 3, 1)
    known = Known(
        space_days=sealed("club", MARCH_DAYS),
        contributions=[Contribution("club", month, "a", 1, 9), Contribution("club", month, "b", 3, 1)],
    )
    assert found(known, CLUB, MARCH, "occupancy").top_share == 0
    assert found(known, CLUB, MARCH, "bookings").top_share == Fraction(9, 10)


def test_K4_who_comes_again_is_told_only_of_those_who_take_part() -> None:  # noqa: N802
    month = date(2026, 3, 1)
    did = [("a", True, True), ("b", False, True), ("c", False, True), ("d", True, False), ("e", None, True)]
    known = Known(
        space_days=sealed("club", YEAR_DAYS, visits=1),
        contributions=[
            Contribution("club", month, person, 1, opted_in=takes_part, was_here=before)
            for person, before, takes_part in did
        ],
    )
    assert found(known, CLUB, YEAR, "users").value == 5
    assert found(known, CLUB, YEAR, "returning_users").persons == {"a"}
    new = found(known, CLUB, YEAR, "new_users")
    assert new.persons == {"b", "c"}
    assert new.valid_share == Fraction(3, 4)


def test_K4_who_changes_to_another_space_of_a_town_is_new_there_and_not_in_the_town() -> None:  # noqa: N802
    month = date(2026, 3, 1)
    known = Known(
        space_days=[*sealed("club", YEAR_DAYS, visits=1), *sealed("lab", YEAR_DAYS, visits=1)],
        contributions=[
            Contribution("club", month, "a", 1, was_here=False, was_at=frozenset({"lab"})),
            Contribution("club", month, "b", 1, was_here=False, was_at=frozenset({"shop"})),
            Contribution("club", month, "c", 1, was_here=None, was_at=frozenset({"lab"})),
        ],
    )
    told = {
        (place.id, figure): found(known, place, YEAR, figure).persons
        for place in (CLUB, TOWN)
        for figure in ("new_users", "returning_users")
    }
    assert told == {
        ("club", "new_users"): {"a", "b"}, ("club", "returning_users"): set(),
        (AGS, "new_users"): {"b"}, (AGS, "returning_users"): {"a", "c"},
    }  # fmt: skip
    assert found(known, CLUB, YEAR, "new_users").valid_share == Fraction(2, 3)
    assert found(known, TOWN, YEAR, "new_users").valid_share is None


def test_once_the_key_of_a_year_is_gone_nobody_can_be_counted() -> None:
    known = Known(space_days=sealed("club", YEAR_DAYS, visits=1))
    assert found(known, CLUB, YEAR, "users").missing is Missing.NOT_APPLICABLE
    assert found(known, CLUB, YEAR, "visits").persons == frozenset()


def test_K3_a_rate_tells_of_how_many_cases_it_is() -> None:  # noqa: N802
    known = Known([desk("club", FIRST, bookings=19, no_shows=2)], sealed("club", MARCH_DAYS))
    one = found(known, CLUB, MARCH, "no_show_rate")
    assert (one.cases, one.numerator, one.denominator) == (19, 2, 19)
    none = found(Known(space_days=sealed("club", MARCH_DAYS)), CLUB, MARCH, "no_show_rate")
    assert (none.cases, none.missing) == (0, None)


def test_the_peak_is_the_highest_share_of_a_day_and_not_of_all_days_together() -> None:
    busy = sealed("club", MARCH_DAYS, peak_desks=1)
    busy[4] = replace(busy[4], peak_desks=1, sensed_desks=1)
    known = Known([desk("club", FIRST, staffed=hours(8))], busy)
    one = found(known, CLUB, MARCH, "peak")
    assert one.value == 100
    assert (one.numerator, one.denominator) == (1, 1)


def test_K5_without_a_factor_of_every_town_there_is_no_carbon_dioxide() -> None:  # noqa: N802
    way = Way(would_drive=True, distance=Distance.FROM_10, mode=Mode.BICYCLE)
    ways = [WayCount("club", FIRST.replace(day=1), way, 2), WayCount("shop", FIRST.replace(day=1), way, 1)]
    settings = {AGS: TownStatistics(AGS, factor=EmissionFactor(100, "Quelle", 2025))}
    known = Known(space_days=sealed("club", YEAR_DAYS), ways=ways, settings=settings)
    assert found(known, TOWN, YEAR, "way_co2_high").value == 8
    assert found(known, NETWORK, YEAR, "way_co2_high").missing is Missing.NOT_APPLICABLE
    assert found(known, NETWORK, YEAR, "way_km_high").value == 120


measured = st.tuples(*(st.integers(0, 4 * HOUR_US) for _ in range(3)))


@given(inside=st.lists(measured, max_size=6), outside=st.lists(measured, max_size=6))
def test_what_lies_in_opening_hours_lies_in_hours_of_access(
    inside: list[tuple[int, int, int]], outside: list[tuple[int, int, int]]
) -> None:
    facts = []
    for number, (occupied, unknown, free) in enumerate(inside):
        more = outside[number] if number < len(outside) else (0, 0, 0)
        staffed = Measured(occupied + unknown + free, occupied, unknown)
        access = staffed.plus(Measured(sum(more), more[0], more[1]))
        facts.append(desk("club", MARCH_DAYS[number], staffed=staffed, access=access))
    known = Known(facts, sealed("club", MARCH_DAYS))
    staffed_one, access_one = (found(known, CLUB, MARCH, one) for one in ("occupancy", "access_occupancy"))
    assert (staffed_one.numerator or 0) <= (access_one.numerator or 0)
    assert (staffed_one.denominator or 0) <= (access_one.denominator or 0)
    for one in (staffed_one, access_one):
        assert one.value is None or 0 <= one.value <= 100


@given(st.permutations(range(6)))
def test_facts_in_any_order_give_the_same(order: list[int]) -> None:
    listed = [desk("club", MARCH_DAYS[one], staffed=hours(8, one), bookings=one) for one in range(6)]
    when = sealed("club", MARCH_DAYS, visits=1)
    told = findings(NETWORK_OF_THREE, Known(listed, when), CLUB, MARCH, TODAY)
    mixed = Known([listed[one] for one in order], when[::-1])
    assert findings(NETWORK_OF_THREE, mixed, CLUB, MARCH, TODAY) == told


def test_a_space_and_its_town_are_never_ranked_nor_crossed() -> None:
    # S2: one flat catalogue, each figure of a place and period exactly once.
    known = Known(space_days=sealed("club", YEAR_DAYS))
    listed = findings(NETWORK_OF_THREE, known, NETWORK, YEAR, TODAY)
    keys = [(one.place, one.period, one.figure) for one in listed]
    assert len(set(keys)) == len(keys)
    only_spaces = {one.figure for one in listed if one.place.level is PlaceLevel.SPACE} - {
        one.figure for one in listed if one.place.level is PlaceLevel.TOWN
    }
    assert only_spaces == {"open_days", "peak"}
