"""Findings as they are really worked out go through: facts of days in, rows of a report out."""

from datetime import date
from typing import Final

import pytest

from hub.auditing import HighsSolver
from hub.domain.disclosure import Nesting, disclose
from hub.domain.statistics.compute import Known, findings
from hub.domain.statistics.figures import REGISTRY
from hub.domain.statistics.findings import NETWORK, Place
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Printed, ValueStatus
from tests.hub.disclosure import audit_by_z3
from tests.hub.disclosure.recompute import wrong_rows
from tests.hub.statistics.places import (
    CLUB,
    EMPTY,
    LAB,
    NETWORK_OF_THREE,
    OTHER,
    SHOP,
    TODAY,
    TOWN,
    YEAR,
    days,
    desk,
    hours,
    people,
    sealed,
)

MONTHS: Final = [Month(2026, month) for month in range(3, 13)]
MAY: Final = Span.of_month(Month(2026, 5))


def known() -> Known:
    """Twelve people in the club; five in the lab, four of them in May; four in the pop-up shop."""
    visitors = {"club": (8,) * 12, "lab": (9, 9, 9, 9, 9), "shop": (7, 7, 7, 7)}
    contributions, space_days, desk_days = [], [], []
    for month in MONTHS:
        when = days(month.first_day, month.last_day)
        for where, visits in visitors.items():
            if where == "shop" and month > Month(2026, 6):
                continue
            those = visits[:4] if where == "lab" and month == MAY.first else visits
            contributions += people(where, month.first_day, those, prefix=where)
            space_days += sealed(where, when[:20], peak_desks=1)
            space_days[-1] = sealed(where, [when[19]], visits=sum(those))[0]
            space_days += sealed(where, when[20:], staffed_us=0, access_us=0)
            desk_days += [
                desk(where, day, staffed=hours(8, 3), access=hours(12, 4), noon=hours(2, 1))
                for day in when[:20]
            ]
    return Known(desk_days, space_days, contributions)


@pytest.fixture(scope="module")
def rows() -> dict[tuple[Place, str, Span], Printed]:
    nesting = Nesting.of(NETWORK_OF_THREE)
    listed = findings(NETWORK_OF_THREE, known(), NETWORK, YEAR, TODAY)
    printed = disclose(listed, (), nesting=nesting, solver=HighsSolver())
    assert len(printed) == sum(not REGISTRY[one.figure].is_internal for one in listed)
    assert wrong_rows([printed], nesting) == []
    assert audit_by_z3.leaks([printed], nesting) == []
    return {(row.place, row.figure, row.period): row for row in printed}


@pytest.mark.parametrize(
    ("place", "figure", "period", "status", "reason"),
    [
        (CLUB, "visits", MAY, ValueStatus.ROUNDED, ""),
        (CLUB, "visits", YEAR, ValueStatus.ROUNDED, "of_printed"),
        (CLUB, "users", YEAR, ValueStatus.ROUNDED, "person_band"),
        (LAB, "visits", MAY, ValueStatus.SUPPRESSED, "few_persons"),
        (LAB, "visits", YEAR, ValueStatus.SUPPRESSED, "spans_hidden"),
        (TOWN, "visits", MAY, ValueStatus.SUPPRESSED, "spans_hidden"),
        (SHOP, "visits", MAY, ValueStatus.SUPPRESSED, "few_persons"),
        (OTHER, "visits", MAY, ValueStatus.SUPPRESSED, "spans_hidden"),
        (EMPTY, "visits", YEAR, ValueStatus.NOT_APPLICABLE, "no_space"),
        (EMPTY, "visits_per_thousand", YEAR, ValueStatus.NOT_APPLICABLE, "no_space"),
        (EMPTY, "desks", YEAR, ValueStatus.NOT_APPLICABLE, "no_space"),
        (NETWORK, "users", YEAR, ValueStatus.ROUNDED, "of_printed"),
    ],
)  # fmt: skip
def test_real_findings_are_printed(
    rows: dict[tuple[Place, str, Span], Printed],
    place: Place,
    figure: str,
    period: Span,
    status: ValueStatus,
    reason: str,
) -> None:
    row = rows[place, figure, period]
    assert (row.status, row.reason) == (status, reason)


def test_a_month_before_the_first_desk_is_none_and_stands_in_no_way(
    rows: dict[tuple[Place, str, Span], Printed],
) -> None:
    january = Span.of_month(Month(2026, 1))
    assert rows[CLUB, "visits", january].status is ValueStatus.NOT_APPLICABLE
    assert rows[CLUB, "visits", YEAR].value == 10 * 100


def test_every_row_carries_the_version_of_its_method(rows: dict[tuple[Place, str, Span], Printed]) -> None:
    assert {row.method for row in rows.values()} == {figure.method for figure in REGISTRY.values()}


def test_what_runs_on_is_pending_and_decides_nothing() -> None:
    until_june = date(2026, 6, 10)
    listed = findings(NETWORK_OF_THREE, known(), CLUB, YEAR, until_june)
    rows = disclose(listed, (), nesting=Nesting.of(NETWORK_OF_THREE), solver=HighsSolver())
    pending = {(row.figure, str(row.period)) for row in rows if row.status is ValueStatus.PENDING}
    assert {("users", "2026"), ("visits", "2026"), ("visits", "2026-06"), ("occupancy", "2026")} <= pending
    assert ("visits", "2026-03") not in pending
