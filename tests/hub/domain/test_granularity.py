"""The grid of a space: hours, half days and days of its own wall clock, on the days on which clocks change too."""

from datetime import UTC, date, datetime, time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.booking_refusals import NotAligned, TooLong
from hub.domain.granularity import check_fits, days_of, fitted, slot_at, slots
from hub.domain.space import Granularity
from hub.domain.time import Interval, day_bounds, to_local, to_us

BERLIN = "Europe/Berlin"
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)
HOUR_US = 3_600_000_000
ZONES = st.sampled_from([BERLIN, "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu", "UTC"])
GRIDS = st.sampled_from(list(Granularity))
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


def utc(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


@given(GRIDS, DAYS, ZONES, st.times().map(lambda at: at.replace(microsecond=0)))
def test_slots_of_a_day_fill_it_without_gap_or_overlap(
    grid: Granularity, day: date, zone: str, half_day_at: time
) -> None:
    found = slots(grid, day, zone, half_day_at)
    bounds = day_bounds(day, zone)
    assert (found[0].start_us, found[-1].end_us) == (bounds.start_us, bounds.end_us)
    assert all(one.end_us == other.start_us for one, other in pairwise(found))
    assert all(slot.length_us > 0 for slot in found)


@given(GRIDS, ZONES, st.integers(utc("2026-01-01"), utc("2027-12-31")), st.integers(1, 200 * HOUR_US))
def test_the_fitted_time_holds_the_wanted_one_and_fits(
    grid: Granularity, zone: str, start_us: int, length_us: int
) -> None:
    wanted = Interval(start_us, start_us + length_us)
    whole = fitted(grid, wanted, zone)
    assert whole.start_us <= wanted.start_us
    assert wanted.end_us <= whole.end_us
    check_fits(grid, whole, zone)
    assert start_us in slot_at(grid, start_us, zone)
    if whole != wanted:
        with pytest.raises(NotAligned) as refused:
            check_fits(grid, wanted, zone)
        assert (refused.value.data["start_us"], refused.value.data["end_us"]) == (
            whole.start_us,
            whole.end_us,
        )


@pytest.mark.parametrize(
    ("day", "number", "length_h"), [(date(2026, 3, 28), 24, 24), (FORWARD, 23, 23), (BACK, 25, 25)]
)
def test_a_day_has_as_many_hours_as_its_clock(day: date, number: int, length_h: int) -> None:
    hours = slots(Granularity.HOUR, day, BERLIN)
    assert len(hours) == number
    assert {slot.length_us for slot in hours} == {HOUR_US}
    (whole,) = slots(Granularity.DAY, day, BERLIN)
    assert whole.length_us == length_h * HOUR_US
    assert sum(half.length_us for half in slots(Granularity.HALF_DAY, day, BERLIN)) == length_h * HOUR_US


def test_the_hour_that_comes_twice_is_two_slots() -> None:
    walls = [
        to_local(slot.start_us, BERLIN).strftime("%H:%M") for slot in slots(Granularity.HOUR, BACK, BERLIN)
    ]
    assert walls[:5] == ["00:00", "01:00", "02:00", "02:00", "03:00"]
    walls = [
        to_local(slot.start_us, BERLIN).strftime("%H:%M") for slot in slots(Granularity.HOUR, FORWARD, BERLIN)
    ]
    assert walls[:4] == ["00:00", "01:00", "03:00", "04:00"]


def test_a_half_day_is_cut_where_the_space_says() -> None:
    first, second = slots(Granularity.HALF_DAY, FORWARD, BERLIN, time(13))
    assert (first.start_us, first.end_us) == (utc("2026-03-28T23:00"), utc("2026-03-29T11:00"))
    assert second.end_us == utc("2026-03-29T22:00")
    assert len(slots(Granularity.HALF_DAY, FORWARD, BERLIN, time())) == 1, "a cut at midnight leaves one"


@pytest.mark.parametrize("length_us", [0, -1, 401 * 24 * HOUR_US])
def test_a_time_that_is_empty_or_endless_is_refused(length_us: int) -> None:
    with pytest.raises(TooLong):
        check_fits(Granularity.HOUR, Interval(0, length_us), BERLIN)


def test_the_days_of_a_time_are_local_ones() -> None:
    assert days_of(Interval(utc("2026-03-28T23:00"), utc("2026-03-29T22:00")), BERLIN) == (FORWARD,)
    assert len(days_of(Interval(utc("2026-03-28T22:59"), utc("2026-03-29T22:01")), BERLIN)) == 3
