"""Half-days of one day cost no more than a day: worked examples, and laws."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.best_price import Saving, savings
from hub.domain.due import DueKind, due_lines, total_cents
from hub.domain.people import AccessHours
from hub.domain.tariffs import Pass, Tariff, TariffKind, sale

TODAY = date(2026, 11, 18)
MONTH = TODAY.replace(day=1)
MORNING = Tariff("vor", "Vormittag", TariffKind.HALF_DAY, 800, 1, valid_days=1, starts_min=480, ends_min=780)
EVENING = Tariff(
    "nach", "Nachmittag", TariffKind.HALF_DAY, 900, 1, valid_days=1, starts_min=780, ends_min=1080
)
DAY = Tariff("tag", "Tagespass", TariffKind.DAY, 1200, 1, valid_days=30)
TEN = Tariff("zehn", "Zehnerkarte", TariffKind.DAY, 9000, 10, valid_days=365)
MONTHLY = Tariff("monat", "Monat", TariffKind.MONTHLY, 100)
OFFERED = (MORNING, EVENING, DAY, TEN, MONTHLY)


def sold(*tariffs: Tariff, member: int | None = 1, on: date = TODAY, for_: date = TODAY) -> list[Pass]:
    """Return passes of one day."""
    return [replace(sale(replace(one, valid_days=1), 1, on, for_), member=member) for one in tariffs]


@pytest.mark.parametrize(
    ("passes", "tariffs", "saved"),
    [
        pytest.param(sold(MORNING, EVENING), OFFERED, 500, id="two half-days become a day"),
        pytest.param(sold(MORNING, EVENING, MORNING), OFFERED, 1300, id="three, too"),
        pytest.param(sold(MORNING, DAY), OFFERED, 800, id="a half-day, and then the day after all"),
        pytest.param(sold(MORNING), OFFERED, 0, id="one alone"),
        pytest.param(sold(DAY, DAY), OFFERED, 0, id="two days are two days"),
        pytest.param(sold(MORNING, EVENING), (MORNING, EVENING), 0, id="no day pass is offered"),
        pytest.param(sold(MORNING, EVENING), (replace(DAY, price_cents=1700),), 0, id="a day costs as much"),
        pytest.param(sold(MORNING, EVENING), (replace(DAY, is_offered=False),), 0, id="not any more"),
        pytest.param(sold(MORNING, EVENING), (TEN,), 0, id="ten days are not one"),
        pytest.param(sold(MORNING, EVENING), (replace(DAY, ends_min=900),), 0, id="a day that ends at 15:00"),
        pytest.param(
            sold(replace(MORNING, hours=AccessHours.ALWAYS), EVENING), OFFERED, 0, id="a morning at any hour"
        ),
        pytest.param(sold(MORNING) + sold(EVENING, member=2), OFFERED, 0, id="of two members"),
        pytest.param(sold(MORNING, EVENING, member=None), OFFERED, 0, id="of erased members"),
        pytest.param(
            sold(MORNING) + sold(EVENING, for_=TODAY + timedelta(days=1)), OFFERED, 0, id="of two days"
        ),
        pytest.param(sold(replace(MORNING, units=10), EVENING), OFFERED, 0, id="ten half-days"),
    ],
)
def test_worked_examples(passes: list[Pass], tariffs: tuple[Tariff, ...], saved: int) -> None:
    assert sum(one.cents for one in savings(passes, tariffs)) == saved


def test_what_a_saving_says_and_where_it_stands_in_what_is_due() -> None:
    later = TODAY + timedelta(days=20)
    passes = sold(MORNING, for_=later) + sold(EVENING, on=later, for_=later)
    assert savings(passes, OFFERED) == [Saving(1, later, later, 2, "Tagespass", 500)]
    names = {1: "Jo"}
    assert [line.kind for line in due_lines(MONTH, passes, {}, names, OFFERED)] == [DueKind.SOLD]
    december = due_lines(later.replace(day=1), passes, {}, names, OFFERED)
    assert [(line.kind, line.tariff, line.amount_cents) for line in december] == [
        (DueKind.COMBINED, "Tagespass", -500), (DueKind.SOLD, "Nachmittag", 900),
    ]  # fmt: skip


TARIFFS = st.builds(
    Tariff,
    st.just("t"),
    st.sampled_from("AB"),
    st.sampled_from([TariffKind.DAY, TariffKind.HALF_DAY, TariffKind.HOURS]),
    price_cents=st.integers(0, 3000),
    units=st.integers(0, 2),
    valid_days=st.sampled_from([0, 1, 1, 1, 30]),
    hours=st.sampled_from([AccessHours.OPENING, AccessHours.ALWAYS]),
    ends_min=st.sampled_from([780, 1440]),
    is_offered=st.booleans(),
)


def _sold(tariff: Tariff, member: int, days: tuple[int, int]) -> Pass:
    on = TODAY + timedelta(days=days[0])
    return sale(tariff, member, on, on + timedelta(days=days[1]))


PASSES = st.lists(
    st.builds(_sold, TARIFFS, st.integers(1, 2), st.tuples(st.integers(0, 1), st.integers(0, 1))), max_size=8
)


@given(PASSES, st.lists(TARIFFS, max_size=4), st.randoms(use_true_random=False))
def test_nobody_ever_pays_more_and_order_does_not_matter(
    passes: list[Pass], tariffs: list[Tariff], random: Any
) -> None:
    plain = total_cents(due_lines(MONTH, passes, {}, {}))
    combined = total_cents(due_lines(MONTH, passes, {}, {}, tariffs))
    assert 0 <= combined <= plain
    found = savings(passes, tariffs)
    assert all(one.cents > 0 for one in found)
    random.shuffle(passes)
    random.shuffle(tariffs)
    assert savings(passes, tariffs) == found


@given(PASSES, st.lists(TARIFFS, max_size=4), TARIFFS)
def test_another_tariff_on_offer_makes_nothing_dearer(
    passes: list[Pass], tariffs: list[Tariff], more: Tariff
) -> None:
    before = total_cents(due_lines(MONTH, passes, {}, {}, tariffs))
    assert total_cents(due_lines(MONTH, passes, {}, {}, [*tariffs, more])) <= before
