"""The two spaces of docs/explanation/disclosure.md: one user at eight desks; four regulars and one daily tenant."""

from fractions import Fraction
from typing import Final

import pytest

from hub.auditing import HighsSolver
from hub.domain.disclosure import disclose
from hub.domain.statistics.findings import NETWORK, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience, Printed, ValueStatus
from tests.hub.disclosure.recompute import span_of
from tests.hub.disclosure.story import Story
from tests.hub.disclosure.world import FIGURES, Deed, SpaceWorld, World

FEWER_THAN_FIVE: Final = (Fraction(0), Fraction(4))
FIVE_TO_NINE: Final = (Fraction(5), Fraction(9))
TOWN: Final = "07232107"
YEAR: Final = Span.of_year(2026)
MARCH: Final = Span.of_month(Month(2026, 3))
JULY: Final = Span.of_month(Month(2026, 7))
HERE: Final = Place(PlaceLevel.SPACE, "here")
SUPPLY: Final = {"desks", "sensed_desks", "open_days", "open_hours", "access_hours", "enquiries"}
REGULARS: Final = {f"regular-{at}": Deed(8, 8 * 300, 8) for at in range(4)}
TENANT: Final = {"tenant": Deed(21, 21 * 480, 21)}


def world_of(usual: dict[str, Deed], july: dict[str, Deed]) -> World:
    months = tuple(YEAR.months())
    one = SpaceWorld("here", TOWN, months, dict.fromkeys(months, 21))
    one.deeds = {month: july if month == JULY.first else usual for month in months}
    return World((TOWN,), [one])


def printed(world: World) -> dict[tuple[Place, str, Span], Printed]:
    story = Story(world.nesting, solver=HighsSolver())
    rows = story.release(world, YEAR)
    assert story.faults() == []
    return {(row.place, row.figure, row.period): row for row in rows}


def test_eight_desks_with_one_user_show_what_is_offered_and_nothing_else() -> None:
    rows = printed(world_of({"she": Deed(17, 17 * 400, 10)}, {}))
    for (_, figure, _), row in rows.items():
        if figure in SUPPLY:
            assert row.is_shown
        elif figure in ("users", "new_users", "returning_users"):
            assert span_of(row) == FEWER_THAN_FIVE
        else:
            assert not row.is_shown, row
            assert row.status is ValueStatus.SUPPRESSED


def test_eight_desks_with_one_user_print_what_eight_desks_without_any_print() -> None:
    assert printed(world_of({"she": Deed(17, 17 * 400, 10)}, {})) == printed(world_of({}, {}))


MONTH_OF_FIVE: Final = [
    ("visits", 50, None, None, ""),
    ("occupancy", None, 0, 25, "dominance_band"),
    ("access_occupancy", None, None, None, "dominance"),
    ("noon_occupancy", None, None, None, "dominance"),
    ("peak", None, None, None, "dominance"),
    ("open_days", 21, None, None, ""),
]


@pytest.mark.parametrize(("figure", "value", "low", "high", "reason"), MONTH_OF_FIVE)
def test_four_regulars_and_a_tenant(
    figure: str, value: int | None, low: int | None, high: int | None, reason: str
) -> None:
    row = printed(world_of({**REGULARS, **TENANT}, {**REGULARS, **TENANT}))[HERE, figure, MARCH]
    assert (row.value, row.low, row.high, row.reason) == (value, low, high, reason)


def test_a_month_without_one_of_the_five_is_hidden_and_so_is_every_total_over_it() -> None:
    four = dict(list(REGULARS.items())[:3]) | TENANT
    rows = printed(world_of({**REGULARS, **TENANT}, four))
    for figure in ("visits", "occupancy", "bookings", "peak"):
        assert rows[HERE, figure, JULY].reason == "few_persons"
        assert rows[HERE, figure, MARCH].reason != "few_persons"
    for place in (HERE, Place(PlaceLevel.TOWN, TOWN), NETWORK):
        assert rows[place, "visits", YEAR].reason == "spans_hidden"
        assert rows[place, "visits_per_desk", YEAR].reason == "spans_hidden"
        assert span_of(rows[place, "users", YEAR]) == FIVE_TO_NINE


def test_the_role_statistik_sees_what_is_hidden_and_why() -> None:
    world = world_of({"she": Deed(17, 17 * 400, 10)}, {})
    findings = world.findings(YEAR)
    rows = disclose(findings, (), Audience.INTERNAL, nesting=world.nesting, registry=FIGURES)
    found = {(row.place, row.figure, row.period): row for row in rows}
    assert len(rows) == len(findings)
    visits = found[HERE, "visits", MARCH]
    assert visits.value == 17
    assert (visits.status, visits.reason) == (ValueStatus.OK, "few_persons")
    assert found[HERE, "users", YEAR].value == 1
