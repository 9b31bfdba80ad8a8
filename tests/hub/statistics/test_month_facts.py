"""Months are what their days add up to, in whatever order the days come, and they say which days those are."""

from datetime import date, timedelta
from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.statistics.facts import DeskDay, Measured, SpaceDay
from hub.domain.statistics.month_facts import MonthFacts, added_up, bit, days_without
from hub.domain.statistics.periods import Month

FIRST = date(2024, 1, 20)
AMOUNTS = st.integers(0, 9)
DAYS = st.dictionaries(
    st.tuples(st.sampled_from(["club", "shop"]), st.integers(0, 75).map(lambda at: FIRST + timedelta(at))),
    st.tuples(st.booleans(), st.booleans(), AMOUNTS, AMOUNTS, AMOUNTS, st.booleans()),
    max_size=40,
)


@given(days=DAYS, chance=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_month_is_what_its_days_add_up_to(
    days: dict[tuple[str, date], tuple[bool, bool, int, int, int, bool]], chance: Random
) -> None:
    spaces, tables = [], []
    for (space, day), (counts, sealed, desks, peak, amount, has_sensor) in days.items():
        spaces.append(
            SpaceDay(
                space, day, counts, staffed_us=amount, access_us=2 * amount, desks=desks, sensed_desks=desks,
                peak_desks=min(peak, desks), visits=amount, events=peak, is_sealed=sealed,
            )
        )  # fmt: skip
        used = Measured(9, min(amount, 5), 4)
        tables += [
            DeskDay(
                space, "a", day, has_sensor, used, used, used, bookings=peak, no_shows=1, booked_us=amount
            ),
            DeskDay(space, "b", day, False, used),
        ]
    found = {(one.space, one.month): one for one in added_up(spaces, tables)}
    assert found.keys() == {(space, Month.of(day)) for space, day in days}
    for (space, month), one in found.items():
        own = [fact for fact in spaces if (fact.space, Month.of(fact.day)) == (space, month)]
        counted = [fact for fact in own if fact.counts]
        with_sensor = [fact for fact in counted if days[space, fact.day][5]]
        assert set(days_without(month, one.present)) == _whole(month) - {fact.day for fact in own}
        assert set(days_without(month, one.sealed)) == _whole(month) - {
            fact.day for fact in own if fact.is_sealed
        }
        assert one.sealed_days == sum(fact.is_sealed for fact in counted)
        assert one.sealed_days + one.open_ends == len(counted)
        assert one.last == max((fact.day for fact in counted), default=date.min)
        assert one.desks == next((fact.desks for fact in counted if fact.day == one.last), 0)
        assert one.open_days == sum(fact.staffed_us > 0 for fact in counted)
        assert (one.open_us, one.visits) == (sum(fact.staffed_us for fact in counted),) * 2
        shares = [Fraction(fact.peak_desks, fact.sensed_desks) for fact in counted if fact.sensed_desks]
        assert (Fraction(one.peak_desks, one.peak_of) if one.peak_of else None) == max(shares, default=None)
        assert one.sums.bookings == sum(fact.events for fact in counted)
        assert one.sums.offered_us == 18 * len(counted)
        assert one.sums.sensor_days == len(with_sensor)
        assert one.sums.staffed == one.sums.access == one.sums.noon
        assert one.sums.staffed.occupied_us == sum(min(fact.visits, 5) for fact in with_sensor)
    chance.shuffle(spaces)
    chance.shuffle(tables)
    assert {(one.space, one.month): one for one in added_up(spaces, tables)} == found


def _whole(month: Month) -> set[date]:
    return {month.first_day + timedelta(at) for at in range(month.last_day.day)}


def test_a_month_without_a_day_that_counts_has_none_to_end_with() -> None:
    [month] = added_up([SpaceDay("club", date(2024, 2, 29), counts=False, desks=4, visits=3)], [])
    assert month == MonthFacts("club", Month(2024, 2), present=bit(date(2024, 2, 29)))
    assert month.last == date.min
    assert list(days_without(month.month, month.present))[-1] == date(2024, 2, 28)
