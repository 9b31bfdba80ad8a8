"""Series: which days, and what the wall clock makes of them when clocks change."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.booking_refusals import InvalidSeries
from hub.domain.series import LAST, MAX_OCCURRENCES, Frequency, SeriesRule, ends_before, expand, series_days
from hub.domain.time import Interval, to_local, to_us

BERLIN = "Europe/Berlin"
MORNING = SeriesRule(Frequency.DAILY, date(2026, 3, 27), date(2026, 3, 31), time(9), time(12))


def utc(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


def days(**changed: Any) -> list[str]:
    return [day.isoformat()[5:] for day in series_days(replace(MORNING, **changed))]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, ["03-27", "03-28", "03-29", "03-30", "03-31"], id="daily"),
        pytest.param({"interval": 3}, ["03-27", "03-30"], id="each third day"),
        pytest.param(
            {"frequency": Frequency.WEEKLY, "weekdays": (0, 4), "last": date(2026, 4, 6)},
            ["03-27", "03-30", "04-03", "04-06"],
            id="Mondays and Fridays",
        ),
        pytest.param(
            {"frequency": Frequency.WEEKLY, "weekdays": (4, 0), "interval": 2, "last": date(2026, 4, 12)},
            ["03-27", "04-06", "04-10"],
            id="every other week, which begins on Monday",
        ),
        pytest.param(
            {"frequency": Frequency.MONTHLY, "weekdays": (1,), "nth": 2, "last": date(2026, 6, 30)},
            ["04-14", "05-12", "06-09"],
            id="each second Tuesday",
        ),
        pytest.param(
            {"frequency": Frequency.MONTHLY, "weekdays": (6,), "nth": LAST, "last": date(2026, 5, 31)},
            ["03-29", "04-26", "05-31"],
            id="each last Sunday",
        ),
    ],
)
def test_the_days_of_a_series(changed: dict[str, Any], expected: list[str]) -> None:
    assert days(**changed) == expected


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"last": date(2026, 3, 26)}, "no day from its first to its last"),
        ({"last": date(2028, 3, 26)}, f"more than {MAX_OCCURRENCES} days"),
        ({"interval": 0}, "no interval"),
        ({"ends": time(9)}, "ends before it begins"),
        ({"weekdays": (1,)}, "a daily series has no weekdays"),
        ({"nth": 1}, "no place in the month"),
        ({"frequency": Frequency.WEEKLY}, "needs a weekday"),
        ({"frequency": Frequency.WEEKLY, "weekdays": (7,)}, "no such day"),
        ({"frequency": Frequency.MONTHLY, "weekdays": (1,), "nth": 5}, "1st to 4th, or the last"),
        ({"frequency": Frequency.MONTHLY, "weekdays": (1, 2), "nth": 1}, "on one weekday"),
    ],
)
def test_a_rule_that_can_not_be_is_refused(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidSeries, match=problem):
        series_days(replace(MORNING, **changed))


def test_the_wall_clock_stays_when_clocks_change() -> None:
    found = expand(MORNING, BERLIN).occurrences
    assert {to_local(one.time.start_us, BERLIN).time() for one in found} == {time(9)}
    assert found[1].time.start_us == utc("2026-03-28T08:00")
    assert found[2].time.start_us == utc("2026-03-29T07:00")


@pytest.mark.parametrize(
    ("day", "starts", "ends", "expected"),
    [
        pytest.param(date(2026, 3, 29), 1, 4, ("2026-03-29T00:00", "2026-03-29T02:00"), id="over the gap"),
        pytest.param(date(2026, 3, 29), 2, 4, ("2026-03-29T01:00", "2026-03-29T02:00"), id="from the gap"),
        pytest.param(date(2026, 3, 29), 1, 2, ("2026-03-29T00:00", "2026-03-29T01:00"), id="up to the gap"),
        pytest.param(date(2026, 10, 25), 2, 3, ("2026-10-25T00:00", "2026-10-25T02:00"), id="both hours"),
        pytest.param(
            date(2026, 10, 25), 1, 2, ("2026-10-24T23:00", "2026-10-25T01:00"), id="ends the second"
        ),
        pytest.param(date(2026, 10, 25), 0, 0, ("2026-10-24T22:00", "2026-10-25T23:00"), id="all 25 hours"),
    ],
)
def test_on_days_on_which_clocks_change(day: date, starts: int, ends: int, expected: tuple[str, str]) -> None:
    rule = replace(MORNING, first=day, last=day, starts=time(starts), ends=time(ends))
    (found,) = expand(rule, BERLIN).occurrences
    assert found.time == Interval(utc(expected[0]), utc(expected[1]))


def test_a_day_whose_time_the_gap_swallows_is_left_out_and_named() -> None:
    found = expand(replace(MORNING, starts=time(2), ends=time(3)), BERLIN)
    assert found.nothing_left == (date(2026, 3, 29),)
    assert len(found.occurrences) == 4
    with pytest.raises(InvalidSeries, match="no time is left"):
        expand(
            replace(MORNING, first=date(2026, 3, 29), last=date(2026, 3, 29), starts=time(2), ends=time(3)),
            BERLIN,
        )


def test_another_zone_has_its_own_clock() -> None:
    (found,) = expand(replace(MORNING, last=MORNING.first), "America/New_York").occurrences
    assert found.time.start_us == utc("2026-03-27T13:00")


@given(
    st.sampled_from([BERLIN, "America/Havana", "Australia/Lord_Howe"]),
    st.dates(date(2026, 1, 1), date(2026, 12, 1)),
    st.integers(0, 22),
    st.integers(1, 23),
    st.integers(1, 5),
)
def test_times_of_a_series_rise_and_never_overlap(
    zone: str, first: date, starts: int, length_h: int, interval: int
) -> None:
    ends = time(starts + length_h) if starts + length_h < 24 else time()
    rule = SeriesRule(Frequency.DAILY, first, first + timedelta(days=30), time(starts), ends, interval)
    try:
        found = expand(rule, zone).occurrences
    except InvalidSeries:
        return
    for one, other in itertools.pairwise(found):
        assert one.time.end_us <= other.time.start_us
        assert one.day < other.day


def test_a_series_that_ends_before_a_day_keeps_the_days_before_it() -> None:
    assert series_days(ends_before(MORNING, date(2026, 3, 29))) == (date(2026, 3, 27), date(2026, 3, 28))
