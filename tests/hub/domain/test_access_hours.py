"""Hours of access: what a space offers, never what one person holds (S1, S3)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from hub.domain.space import OpeningPeriod, Phase, Space, SpaceKind
from hub.domain.statistics.access_hours import Opens, access_hours
from hub.domain.time import day_bounds

ZONE = "Europe/Berlin"
HOUR_US = 3_600_000_000
FIRST = date(2026, 1, 1)
SPACE = Space(
    id="raum",
    town="stadt",
    name="Raum",
    kind=SpaceKind.COWORKING,
    phase=Phase.OPERATION,
    valid_from=FIRST,
    time_zone=ZONE,
    controller="Stadt",
    opening=tuple(OpeningPeriod(day, time(9), time(17)) for day in range(7)),
)


def hours(day: date, opens: Sequence[Opens], space: Space = SPACE) -> float:
    begin_us = day_bounds(day, ZONE).start_us
    staffed = [(begin_us + 9 * HOUR_US, begin_us + 17 * HOUR_US)]
    return sum(b - a for a, b in access_hours(space, day, staffed, opens)) / HOUR_US


def holders(count: int, **of: Any) -> list[Opens]:
    return [Opens(number)._replace(**of) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("opens", "wanted"),
    [
        pytest.param([], 8, id="nobody"),
        pytest.param(holders(1), 8, id="one user with a key"),
        pytest.param(holders(4), 8, id="four"),
        pytest.param(holders(5), 24, id="five"),
        pytest.param([Opens(7)] * 9, 8, id="nine passes of one person"),
        pytest.param([Opens(None)], 24, id="on sale, whoever bought it"),
        pytest.param([Opens(None, starts_min=420, ends_min=1200)], 13, id="a part of the day on sale"),
        pytest.param([*holders(4), Opens(9, starts_min=420, ends_min=1200)], 13, id="who has more has the less"),
        pytest.param([*holders(4), Opens(1, starts_min=420, ends_min=1200)], 8, id="two rights of one person"),
        pytest.param(holders(5, first=date(2026, 3, 2)), 8, id="five from the second of the month on"),
        pytest.param(holders(5, first=date(2026, 3, 1), last=date(2026, 3, 1)), 24, id="five on the first"),
        pytest.param(holders(5, last=date(2026, 2, 28)), 8, id="five until the month before"),
    ],
)  # fmt: skip
def test_hours_of_access_are_what_is_on_sale_or_held_by_five(opens: list[Opens], wanted: float) -> None:
    assert hours(date(2026, 3, 20), opens) == wanted


def test_no_day_of_a_month_differs_from_another_by_who_joined_or_left() -> None:
    """Else the hours of a month told how many days before its end the fifth came."""
    opens = [*holders(4), Opens(5, date(2026, 3, 11), date(2026, 5, 20))]
    by_month = {
        month: {hours(date(2026, month, day), opens) for day in (1, 10, 11, 20, 21, 28)}
        for month in range(2, 7)
    }
    assert by_month == {2: {8}, 3: {8}, 4: {24}, 5: {24}, 6: {8}}


def test_the_first_month_of_a_space_is_asked_on_its_first_day() -> None:
    late = replace(SPACE, valid_from=date(2026, 3, 10))
    assert hours(date(2026, 3, 20), holders(5, first=date(2026, 3, 10)), late) == 24
    assert hours(date(2026, 3, 9), holders(5), late) == 0
