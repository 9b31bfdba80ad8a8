"""Local time and UTC, also on the days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.domain.space import OpeningPeriod, Phase, Space, SpaceKind
from hub.domain.time import (
    Interval,
    OpeningState,
    day_bounds,
    local_date,
    opening_at,
    opening_changed_us,
    opening_of,
    to_local,
    to_us,
    to_utc,
    wall_us,
)

BERLIN = "Europe/Berlin"
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)
HOUR_US = 3_600_000_000

# Changes by an hour at 02:00, by half an hour, and by an hour at midnight itself.
ZONES = st.sampled_from([BERLIN, "Australia/Lord_Howe", "America/Havana"])
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
WALLS = st.times().map(lambda value: value.replace(microsecond=0))


def space(*periods: tuple[int, str, str], zone: str = BERLIN, **values: object) -> Space:
    """Return a space with these opening periods."""
    opening = tuple(
        OpeningPeriod(day, time.fromisoformat(opens), time.fromisoformat(closes))
        for day, opens, closes in periods
    )
    facts: dict[str, object] = {
        "valid_from": date(2020, 1, 1),
        "opening": opening,
        "time_zone": zone,
        **values,
    }
    return Space("moelln", "moelln", "Clubheim", SpaceKind.CLUB, Phase.TEST, **facts)  # type: ignore[arg-type]


def utc(text: str) -> int:
    """Return a UTC moment in microseconds."""
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-03-29T02:30:00 has no time zone"):
        to_us(datetime.fromisoformat("2026-03-29T02:30"))


@given(st.integers(0, 253_402_300_799_999_999))
def test_a_moment_survives_the_way_to_datetime_and_back_to_the_microsecond(at_us: int) -> None:
    assert to_us(to_utc(at_us)) == at_us


@given(st.integers(utc("2026-01-01T00:00"), utc("2027-01-01T00:00")), ZONES)
def test_a_local_moment_is_the_same_moment(at_us: int, zone: str) -> None:
    assert to_us(to_local(at_us, zone)) == at_us


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(FORWARD - timedelta(1), 24, id="before the clock goes forward"),
        pytest.param(FORWARD, 23, id="the clock goes forward"),
        pytest.param(FORWARD + timedelta(1), 24, id="after it"),
        pytest.param(BACK - timedelta(1), 24, id="before the clock goes back"),
        pytest.param(BACK, 25, id="the clock goes back"),
        pytest.param(BACK + timedelta(1), 24, id="after that"),
    ],
)
def test_a_day_in_berlin_has_as_many_hours(day: date, hours: int) -> None:
    assert day_bounds(day, BERLIN).length_us == hours * HOUR_US


@given(DAYS, ZONES)
def test_days_follow_each_other_without_gap_or_overlap(day: date, zone: str) -> None:
    assert day_bounds(day, zone).end_us == day_bounds(day + timedelta(1), zone).start_us


@given(DAYS, ZONES, st.integers(0, 2**40))
@example(BACK, BERLIN, 0)
@example(date(2026, 11, 1), "America/Havana", 0)
def test_every_moment_of_a_day_shows_that_date(day: date, zone: str, offset: int) -> None:
    bounds = day_bounds(day, zone)
    assert local_date(bounds.start_us + offset % bounds.length_us, zone) == day


@pytest.mark.parametrize(
    ("day", "wall", "ends", "expected"),
    [
        pytest.param(date(2026, 7, 1), "09:00", False, "2026-07-01T07:00", id="summer"),
        pytest.param(date(2026, 1, 1), "09:00", False, "2026-01-01T08:00", id="winter"),
        pytest.param(FORWARD, "01:59", False, "2026-03-29T00:59", id="before the gap"),
        pytest.param(FORWARD, "02:00", False, "2026-03-29T01:00", id="the gap begins"),
        pytest.param(FORWARD, "02:30", False, "2026-03-29T01:00", id="begins within the gap"),
        pytest.param(FORWARD, "02:30", True, "2026-03-29T01:00", id="ends within the gap"),
        pytest.param(FORWARD, "03:00", False, "2026-03-29T01:00", id="the gap is over"),
        pytest.param(BACK, "02:30", False, "2026-10-25T00:30", id="begins in the hour that comes twice"),
        pytest.param(BACK, "02:30", True, "2026-10-25T01:30", id="ends in the hour that comes twice"),
        pytest.param(BACK, "03:00", True, "2026-10-25T02:00", id="ends after it"),
    ],
)
def test_a_wall_time_means_this_moment(day: date, wall: str, ends: bool, expected: str) -> None:
    assert wall_us(day, time.fromisoformat(wall), BERLIN, ends=ends) == utc(expected)


@given(DAYS, WALLS, ZONES)
@example(FORWARD, time(2, 30), BERLIN)
@example(BACK, time(2, 30), BERLIN)
def test_a_wall_time_that_exists_is_shown_at_its_moment(day: date, wall: time, zone: str) -> None:
    begins, ends = wall_us(day, wall, zone), wall_us(day, wall, zone, ends=True)
    assert begins <= ends
    shown = to_local(begins, zone).replace(tzinfo=None)
    if shown != datetime.combine(day, wall):
        # It does not exist: the moment of the change, which shows a later wall time.
        assert begins == ends
        assert shown > datetime.combine(day, wall)
        assert to_local(begins - 1_000_000, zone).replace(tzinfo=None) < datetime.combine(day, wall)


PERIODS = st.lists(st.tuples(st.integers(0, 6), WALLS, WALLS), max_size=6).map(
    lambda rows: tuple(OpeningPeriod(day, *sorted((opens, closes))) for day, opens, closes in rows)
)


@given(
    PERIODS, st.sampled_from([FORWARD, BACK, date(2026, 11, 1), date(2026, 4, 5), date(2026, 6, 6)]), ZONES
)
def test_opening_intervals_rise_lie_apart_and_stay_within_their_day(
    periods: tuple[OpeningPeriod, ...], day: date, zone: str
) -> None:
    bounds = day_bounds(day, zone)
    last_us = bounds.start_us - 1
    for interval in opening_of(space(zone=zone, opening=periods), day):
        assert last_us < interval.start_us < interval.end_us <= bounds.end_us
        last_us = interval.end_us


@given(
    PERIODS, st.sampled_from([FORWARD, BACK, date(2026, 11, 1), date(2026, 4, 5)]), ZONES, st.integers(0, 99)
)
def test_a_space_is_open_at_every_moment_whose_wall_time_lies_in_a_period(
    periods: tuple[OpeningPeriod, ...], day: date, zone: str, percent: int
) -> None:
    bounds = day_bounds(day, zone)
    at_us = bounds.start_us + bounds.length_us * percent // 100
    wall = to_local(at_us, zone).time()
    within = any(
        period.weekday == day.weekday()
        and period.opens <= wall
        and (wall < period.closes or period.closes == time())
        for period in periods
        if period.opens != period.closes or period.closes == time()
    )
    if within:
        assert opening_at(space(zone=zone, opening=periods), at_us).is_open


WEEK = [(day, "08:00", "12:00") for day in range(5)] + [(day, "13:00", "18:00") for day in range(5)]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(
            "2026-11-23T06:59:59", OpeningState(False, None, utc("2026-11-23T07:00")), id="just before"
        ),
        pytest.param("2026-11-23T07:00", OpeningState(True, utc("2026-11-23T11:00"), None), id="opens"),
        pytest.param(
            "2026-11-23T10:59:59", OpeningState(True, utc("2026-11-23T11:00"), None), id="last second"
        ),
        pytest.param("2026-11-23T11:00", OpeningState(False, None, utc("2026-11-23T12:00")), id="noon break"),
        pytest.param("2026-11-27T18:00", OpeningState(False, None, utc("2026-11-30T07:00")), id="weekend"),
        pytest.param(
            "2026-12-23T20:00", OpeningState(False, None, utc("2026-12-25T07:00")), id="closing day"
        ),
        pytest.param("2026-12-31T17:00", OpeningState(False, None, None), id="after its last day"),
    ],
)
def test_a_week_opens_and_closes(at: str, expected: OpeningState) -> None:
    place = space(*WEEK, closed_on=(date(2026, 12, 24),), valid_to=date(2026, 12, 31))
    assert opening_at(place, utc(at)) == expected


def test_a_place_that_is_always_open_is_open_through_midnight_and_both_changes() -> None:
    always = space(*[(day, "00:00", "00:00") for day in range(7)])
    for moment in ("2026-03-28T23:00", "2026-03-29T01:00", "2026-10-25T00:59:59", "2026-10-25T01:00"):
        state = opening_at(always, utc(moment))
        assert state.is_open
        assert state.until_us is not None
        assert state.until_us > utc(moment) + 30 * 24 * HOUR_US
    assert opening_of(always, BACK) == (Interval(utc("2026-10-24T22:00"), utc("2026-10-25T23:00")),)


def test_a_place_without_opening_hours_never_opens() -> None:
    assert opening_at(space(), utc("2026-11-23T10:00")) == OpeningState(False, None, None)


def test_a_period_wholly_within_the_missing_hour_opens_nothing() -> None:
    assert opening_of(space((6, "02:15", "02:45")), FORWARD) == ()
    assert len(opening_of(space((6, "02:15", "02:45")), FORWARD + timedelta(7))) == 1


def test_a_public_holiday_closes_only_when_it_is_asked_about() -> None:
    day = date(2026, 12, 25)
    assert opening_of(space(*WEEK), day, holidays={day}) == ()
    assert len(opening_of(space(*WEEK), day)) == 2


@pytest.mark.parametrize(
    ("at", "changed"),
    [
        ("2026-10-26T06:59", "2026-10-23T15:00"),
        ("2026-10-26T07:00", "2026-10-26T07:00"),  # Monday, 08:00: winter time since the day before
        ("2026-10-26T15:59", "2026-10-26T07:00"),
        ("2026-10-26T16:00", "2026-10-26T16:00"),
        ("2026-10-24T12:00", "2026-10-23T15:00"),  # Saturday; Friday ended in summer time
    ],
)
def test_a_space_changed_when_it_opened_or_closed_last(at: str, changed: str) -> None:
    place = space(*((day, "08:00", "17:00") for day in range(5)))
    assert opening_changed_us(place, utc(at)) == utc(changed)


def test_when_a_space_changed_is_not_known_when_it_never_does() -> None:
    always = space(*((day, "00:00", "00:00") for day in range(7)))
    assert opening_changed_us(always, utc("2026-11-23T10:00")) is None
    assert opening_changed_us(space(), utc("2026-11-23T10:00")) is None
    later = space((0, "08:00", "17:00"), valid_from=date(2026, 11, 23))
    assert opening_changed_us(later, utc("2026-11-23T06:59")) is None
    assert opening_changed_us(later, utc("2026-11-23T07:00")) == utc("2026-11-23T07:00")
