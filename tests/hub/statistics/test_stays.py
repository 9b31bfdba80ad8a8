"""K4, P2: how long people stayed is told where readers at the exit say so, and nothing is made up for the others."""

from collections import Counter
from dataclasses import replace
from datetime import date, time
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.statistics.compute import Known, findings
from hub.domain.statistics.facts import Contribution, Stays
from hub.domain.statistics.findings import Missing, Place
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.stays import HOUR_US, Passage, StayKind, last_stay_day, stay_day, stays
from hub.domain.time import wall_us
from tests.hub.statistics.places import CLUB, LAB, NETWORK_OF_THREE, TODAY, TOWN, YEAR, days, found, sealed
from tests.hub.statistics.slow_path import STAYS

ZONE = "Europe/Berlin"
IN, OUT = False, True


def told(*passages: tuple[float, bool], inexact: int = -1) -> dict[str, int]:
    """Return stays of (hour, goes out)."""
    made = [
        Passage(round(hour * HOUR_US), leaves, at != inexact) for at, (hour, leaves) in enumerate(passages)
    ]
    return {kind.value: count for kind, count in stays(made).items()}


@pytest.mark.parametrize(
    ("passages", "kinds"),
    [
        pytest.param([], {}, id="nobody"),
        pytest.param([(9, IN), (10, OUT)], {"under_2h": 1}, id="an hour"),
        pytest.param([(9, IN), (10, OUT), (13, IN), (20, OUT)], {"under_2h": 1, "4_to_8h": 1}, id="twice"),
        pytest.param([(20, OUT), (9, IN)], {"from_8h": 1}, id="in any order"),
        pytest.param([(9, IN)], {"auto_closed": 1}, id="no exit"),
        pytest.param([(9, IN), (10, IN), (12.5, OUT)], {"2_to_4h": 1}, id="in twice: the same stay"),
        pytest.param([(9, OUT)], {}, id="out without having come in"),
        pytest.param([(9, IN), (10, OUT), (11, OUT)], {"under_2h": 1}, id="out twice"),
        pytest.param([(9, IN), (10, OUT), (11, IN)], {"under_2h": 1, "auto_closed": 1}, id="came back"),
    ],
)
def test_entries_and_exits_become_stays(passages: list[tuple[float, bool]], kinds: dict[str, int]) -> None:
    assert told(*passages) == kinds


@pytest.mark.parametrize(
    ("hours", "below", "from_there"),
    [(2, "under_2h", "2_to_4h"), (4, "2_to_4h", "4_to_8h"), (8, "4_to_8h", "from_8h")],
)
def test_a_class_begins_with_its_hour(hours: int, below: str, from_there: str) -> None:
    def length(length_us: int) -> list[StayKind]:
        return list(stays([Passage(0, IN), Passage(length_us, OUT)]))

    assert [length(hours * HOUR_US + more) for more in (-1, 0, 1)] == [[below], [from_there], [from_there]]


@pytest.mark.parametrize("inexact", [0, 1])
def test_a_stay_whose_begin_or_end_nobody_knows_is_of_no_length(inexact: int) -> None:
    assert told((9, IN), (10, OUT), inexact=inexact) == {"auto_closed": 1}


@given(st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), max_size=12, unique_by=lambda one: one[0]))
def test_every_stay_has_one_begin_and_one_end_at_most(listed: list[tuple[int, bool]]) -> None:
    """The same, told by who is inside after each passage."""
    inside = [False]
    for _, leaves in sorted(listed):
        inside.append(not leaves)
    begins = sum(now and not before for before, now in pairwise(inside))
    counted = Counter(stays([Passage(at_us, leaves) for at_us, leaves in listed]))
    assert counted.total() == begins
    assert counted[StayKind.AUTO_CLOSED] == inside[-1]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 3, 29), 24)]
)
def test_a_day_of_stays_ends_at_four_also_when_clocks_change(day: date, hours: int) -> None:
    whole = stay_day(day, ZONE)
    assert whole.length_us == hours * HOUR_US
    assert last_stay_day(whole.end_us - 1, ZONE) < day
    assert last_stay_day(whole.end_us, ZONE) == day
    assert whole.start_us == wall_us(day, time(4), ZONE)


MONTH = date(2026, 3, 1)
ALL_DAYS = days(date(2026, 3, 1), date(2026, 12, 31))
PEOPLE = [
    Contribution("club", MONTH, "a", 4, stays=Stays(1, 2, 0, 0, 1)),
    Contribution("club", MONTH, "b", 2, stays=Stays(0, 3, 0, 1, 0)),
    Contribution("club", MONTH, "c", 2, opted_in=False, stays=Stays(9, 9, 9, 9, 9)),
]


def values(known: Known, place: Place) -> list[int | None]:
    return [
        None if (value := found(known, place, YEAR, figure).value) is None else int(value) for figure in STAYS
    ]


def test_stays_are_counted_by_length_and_those_without_an_end_apart() -> None:
    logged = [replace(one, logs_exits=True) for one in sealed("club", ALL_DAYS, visits=1)]
    known = Known(space_days=[*logged, *sealed("lab", ALL_DAYS, visits=1)], contributions=PEOPLE)
    assert values(known, CLUB) == [1, 5, 0, 1, 1]
    assert values(known, TOWN) == [1, 5, 0, 1, 1], "of the spaces that know it"
    assert found(known, TOWN, YEAR, "stays_2_to_4h").valid_share is None
    assert found(known, CLUB, YEAR, "stays_2_to_4h").persons == {"a", "b"}
    assert values(known, LAB) == [None] * 5
    assert found(known, LAB, YEAR, "stays_under_2h").missing is Missing.NOT_APPLICABLE


def test_of_a_part_of_the_days_it_is_said_how_much() -> None:
    facts = sealed("club", ALL_DAYS, visits=1)
    half = [replace(one, logs_exits=one.day >= date(2026, 7, 1)) for one in facts]
    known = Known(space_days=half, contributions=PEOPLE)
    one = found(known, CLUB, YEAR, "stays_under_2h")
    assert one.value == 1
    assert one.valid_share == Fraction(184, 306)


def test_once_the_key_of_a_year_is_gone_no_stay_is_told() -> None:
    logged = [replace(one, logs_exits=True) for one in sealed("club", ALL_DAYS, visits=1)]
    assert values(Known(space_days=logged), CLUB) == [None] * 5


def test_over_two_years_no_stay_is_told_as_no_person_is() -> None:
    # The first year's key ends in March: what was under it would be missing without a word.
    span = Span(Month(2026, 12), Month(2027, 2))
    when = days(date(2026, 12, 1), date(2027, 2, 28))
    known = Known(space_days=[replace(one, logs_exits=True) for one in sealed("club", when, visits=1)])
    listed = findings(NETWORK_OF_THREE, known, CLUB, span, TODAY)
    assert not {one.figure for one in listed if one.period == span} & set(STAYS)
