"""The life of a space: a test, the opening, moves, the end; decided in the hub or by the days of a site file."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.life import (
    LifeRefused,
    address_on,
    bounds_of,
    closed,
    closes_on,
    counts_on,
    life_of,
    moved,
    next_move,
    opened,
    opens_on,
    period_on,
    phase_on,
    without,
)
from hub.domain.space import Period, PeriodKind, Phase, Space, SpaceKind

TODAY = date(2026, 11, 18)
FILE = Space(
    id="stadtlabor", town="wittenberge", name="StadtLabor", kind=SpaceKind.COWORKING, phase=Phase.OPERATION,
    valid_from=date(2026, 11, 1), address="Am Markt 1",
)  # fmt: skip
POP_UP = replace(FILE, kind=SpaceKind.POP_UP, phase=Phase.POP_UP, valid_to=date(2027, 1, 31))


def on(day: str) -> date:
    return date.fromisoformat(day)


def living(space: Space, periods: tuple[Period, ...]) -> Space:
    """Return a space as it is stored once a life was decided."""
    first, last = bounds_of(periods)
    return replace(space, periods=periods, valid_from=first, valid_to=last)


def kinds(periods: tuple[Period, ...]) -> list[str]:
    return [f"{one.kind} {one.starts_on}" for one in periods]


def test_a_site_files_days_are_a_life_too() -> None:
    assert kinds(life_of(FILE)) == ["open 2026-11-01"]
    assert kinds(life_of(POP_UP)) == ["open 2026-11-01", "closed 2027-02-01"]
    assert kinds(life_of(replace(FILE, phase=Phase.TEST))) == ["test 2026-11-01"]
    assert kinds(life_of(replace(FILE, valid_to=date.max))) == ["open 2026-11-01"]


def test_a_pop_up_of_four_months_has_a_test_an_opening_and_an_end_known_in_advance() -> None:
    planned = living(
        FILE, opened(replace(FILE, valid_from=on("2027-01-01")), on("2027-02-01"), on("2027-01-15"), TODAY)
    )
    planned = living(planned, closed(planned, on("2027-06-01"), TODAY))
    assert kinds(planned.periods) == ["test 2027-01-15", "open 2027-02-01", "closed 2027-06-01"]
    assert (planned.valid_from, planned.valid_to) == (on("2027-01-15"), on("2027-05-31"))
    counted = [
        counts_on(planned, on(day)) for day in ("2027-01-14", "2027-01-15", "2027-01-31", "2027-02-01")
    ]
    assert counted == [False, False, False, True]
    assert [counts_on(planned, on(day)) for day in ("2027-05-31", "2027-06-01")] == [True, False]
    assert (opens_on(planned), closes_on(planned)) == (on("2027-02-01"), on("2027-06-01"))
    assert period_on(planned, on("2027-01-14")) is None
    assert [phase_on(planned, on(day)) for day in ("2027-01-20", "2027-03-01")] == [
        Phase.TEST,
        Phase.OPERATION,
    ]


def test_a_test_of_the_site_file_ends_with_the_opening() -> None:
    tried = replace(FILE, phase=Phase.TEST)
    life = living(tried, opened(tried, on("2026-12-01"), None, TODAY))
    assert kinds(life.periods) == ["test 2026-11-01", "open 2026-12-01"]
    assert [phase_on(life, on(day)) for day in ("2026-11-30", "2026-12-01")] == [Phase.TEST, Phase.OPERATION]
    assert phase_on(replace(life, kind=SpaceKind.POP_UP), on("2026-12-01")) is Phase.POP_UP
    sooner = living(life, opened(life, on("2026-11-01"), None, TODAY))
    assert kinds(sooner.periods) == ["open 2026-11-01"], "no day is left for the test"


def test_a_move_changes_the_address_from_its_day_on_and_nothing_else() -> None:
    life = living(FILE, moved(FILE, on("2027-03-01"), "Bahnhofstraße 5", TODAY))
    assert [address_on(life, on(day)) for day in ("2027-02-28", "2027-03-01")] == [
        "Am Markt 1",
        "Bahnhofstraße 5",
    ]
    assert counts_on(life, on("2027-03-01"))
    planned = next_move(life, TODAY)
    assert planned is not None
    assert planned.starts_on == on("2027-03-01")
    assert next_move(life, on("2027-03-01")) is None
    later = living(life, moved(life, on("2027-04-01"), "Bahnhofstraße 5", TODAY))
    assert kinds(later.periods) == ["open 2026-11-01", "moved 2027-04-01"], "a move to come is put off"
    again = living(later, moved(later, on("2028-01-01"), "Am Hafen", on("2027-06-01")))
    assert kinds(again.periods) == ["open 2026-11-01", "moved 2027-04-01", "moved 2028-01-01"]
    assert without(again, PeriodKind.MOVED, on("2027-06-01")) == later.periods
    ends = living(again, closed(again, on("2027-12-01"), on("2027-06-01")))
    assert kinds(ends.periods)[-1] == "closed 2027-12-01", "what closes before it moves does not move"


def test_an_end_to_come_is_put_off_or_taken_back() -> None:
    life = living(FILE, closed(FILE, on("2026-12-24"), TODAY))
    assert kinds(living(life, closed(life, on("2026-12-31"), TODAY)).periods)[-1] == "closed 2026-12-31"
    assert kinds(without(life, PeriodKind.CLOSED, TODAY)) == ["open 2026-11-01"]
    with pytest.raises(LifeRefused, match="nothing of that kind to come"):
        without(life, PeriodKind.CLOSED, on("2026-12-24"))
    # The site file's end has come, and nobody has said that the space is closed.
    over = replace(POP_UP, valid_to=on("2026-10-31"), valid_from=on("2026-07-01"))
    assert kinds(closed(over, on("2026-11-01"), TODAY)) == ["open 2026-07-01", "closed 2026-11-01"]


DONE = living(
    FILE, (Period(on("2026-11-01"), PeriodKind.OPEN), Period(on("2026-11-10"), PeriodKind.CLOSED, "", 1))
)


@pytest.mark.parametrize(
    ("code", "decide"),
    [
        ("open_already", lambda: opened(FILE, on("2026-12-01"), None, TODAY)),
        ("test_after_opening", lambda: opened(FILE, on("2026-12-01"), on("2026-12-01"), TODAY)),
        ("life_out_of_order", lambda: opened(POP_UP, on("2027-02-01"), on("2026-11-01"), TODAY)),
        ("day_out_of_range", lambda: opened(FILE, on("9999-01-01"), None, TODAY)),
        ("life_out_of_order", lambda: moved(FILE, on("2026-11-01"), "Hafen", TODAY)),
        ("life_out_of_order", lambda: moved(POP_UP, on("2027-02-01"), "Hafen", TODAY)),
        ("life_out_of_order", lambda: moved(replace(FILE, phase=Phase.TEST), on("2027-02-01"), "Hafen", TODAY)),
        ("closes_too_soon", lambda: closed(FILE, TODAY, TODAY)),
        ("day_out_of_range", lambda: closed(FILE, date.max, TODAY)),
        ("life_out_of_order", lambda: closed(replace(FILE, valid_from=on("2027-01-01")), on("2026-12-31"), TODAY)),
        ("nothing_to_come", lambda: without(FILE, PeriodKind.CLOSED, TODAY)),
        ("space_is_closed", lambda: opened(DONE, on("2026-12-01"), None, TODAY)),
        ("space_is_closed", lambda: moved(DONE, on("2026-12-01"), "Hafen", TODAY)),
        ("space_is_closed", lambda: closed(DONE, on("2026-11-10"), TODAY)),
    ],
)  # fmt: skip
def test_what_no_life_can_be_is_refused(code: str, decide: object) -> None:
    assert callable(decide)
    with pytest.raises(Exception, match=r".") as refused:
        decide()
    assert getattr(refused.value, "code", "") == code


days = st.dates(date(2026, 1, 1), date(2028, 12, 31))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("open"), days, st.none() | days),
        st.tuples(st.just("move"), days, st.none()),
        st.tuples(st.just("close"), days, st.none()),
    ),
    max_size=6,
)


@given(space=st.sampled_from([FILE, POP_UP, replace(FILE, phase=Phase.TEST)]), steps=steps)
def test_whatever_is_decided_a_life_stays_in_order(
    space: Space, steps: list[tuple[str, date, date | None]]
) -> None:
    for what, day, first in steps:
        try:
            if what == "open":
                life = opened(space, day, first, TODAY)
            elif what == "move":
                life = moved(space, day, "Am Hafen", TODAY)
            else:
                life = closed(space, day, TODAY)
        except LifeRefused:
            continue
        space = living(space, life)
        starts = [one.starts_on for one in life]
        assert starts == sorted(set(starts))
        assert [one.kind for one in life].count(PeriodKind.OPEN) <= 1
        assert all(one.kind is not PeriodKind.CLOSED for one in life[:-1])
        assert (space.valid_from, space.valid_to) == bounds_of(life)
        assert space.valid_to is None or space.valid_from <= space.valid_to
