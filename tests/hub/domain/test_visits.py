"""Passes: which one a visit uses, what is left of it, and when it opens doors."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.pass_windows import PassFacts, passes_open
from hub.domain.people import AccessHours
from hub.domain.space import OpeningPeriod, Phase, Space, SpaceKind
from hub.domain.tariffs import MINUTES_OF_DAY, Pass, Tariff, TariffKind, WithoutPass, last_of_month, sale
from hub.domain.time import to_local
from hub.domain.visits import Spending, assign, open_passes

FIRST = date(2026, 11, 2)
KIND = TariffKind


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def held(pk: int, kind: TariffKind = KIND.DAY, first: int = 0, last: int | None = None, **more: Any) -> Pass:
    units = more.pop("units", 1)
    tariff = Tariff("t", "T", kind, units=units, **more)
    return Pass(pk, 7, tariff, FIRST, day(first), None if last is None else day(last), units, 0)


USED = [
    ("one that nothing is taken from comes first", [held(1, last=3), held(2, KIND.FREE, units=0)], [0, 1], [2, 2]),
    ("then the one that expires first", [held(1, last=9), held(2, last=3), held(3)], [0, 1, 2, 3], [2, 1, 3, None]),
    ("whatever was sold first", [held(1), held(2, last=3)], [0], [2]),
    ("of two that expire together, the one sold first", [held(2, last=3), held(1, last=3)], [0], [1]),
    ("with fewer left before that", [held(1, last=3, units=5), held(2, last=3, units=2)], [0, 1, 2], [2, 2, 1]),
    ("none before its time or after it", [held(1, first=2, last=3)], [0, 4], [None, None]),
    ("included days end with their month", [held(1, last=60, units=3), held(2, KIND.MONTHLY)], [0, 1, 29], [2, 1, 2]),
    ("hours as the tariff says", [held(1, KIND.HOURS, units=9, per_visit=4)], [0, 1, 2], [1, 1, None]),
    ("no visit, no use", [held(1)], [], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("passes", "days", "used"), [row[1:] for row in USED], ids=[str(row[0]) for row in USED]
)
def test_a_visit_uses(passes: list[Pass], days: list[int], used: list[int | None]) -> None:
    assert assign(passes, map(day, days)) == {day(at): pk for at, pk in zip(days, used, strict=True)}


def test_what_is_settled_stays_and_counts() -> None:
    passes = [held(1, last=3), held(2)]
    assert assign(passes, [day(0), day(1)], {day(0): 2}) == {day(1): 1}
    assert assign(passes, [day(2)], {day(0): 2, day(1): 1}) == {day(2): None}
    assert Spending([held(1, units=5)], {}).left(held(1, units=5), day(0)) == 5


def test_units_of_visits_that_are_kept_no_more_stay_used() -> None:
    tariff = Tariff("zehn", "Zehnerkarte", KIND.DAY, units=10)
    rest = Pass(1, 7, tariff, FIRST, FIRST, None, 10, 0, spent=9)
    assert assign([rest], [day(0), day(1)]) == {day(0): 1, day(1): None}


def passes_and_days() -> st.SearchStrategy[tuple[list[Pass], list[date]]]:
    spans = st.tuples(st.integers(20, 32), st.integers(0, 12), st.integers(1, 3), st.booleans())
    some = st.lists(spans, max_size=4).map(
        lambda rows: [
            held(pk, KIND.MONTHLY if monthly else KIND.DAY, first, first + length, units=units)
            for pk, (first, length, units, monthly) in enumerate(rows, 1)
        ]
    )
    # From the day 20 on: the turn of a month lies among them, so that monthly units begin anew.
    days = st.lists(st.integers(18, 43), max_size=9, unique=True)
    return st.tuples(some, days.map(lambda numbers: [day(at) for at in numbers]))


@given(passes_and_days(), st.randoms(use_true_random=False))
def test_no_order_of_telling_changes_anything_and_nothing_is_used_that_is_not_there(
    given_: tuple[list[Pass], list[date]], shuffle: Any
) -> None:
    passes, days = given_
    used = assign(passes, days)
    other, mixed = list(days), list(passes)
    shuffle.shuffle(other)
    shuffle.shuffle(mixed)
    assert assign(mixed, other) == used
    assert used.keys() == set(days)
    by_key = {one.pk: one for one in passes}
    spending = Spending(passes, {})
    for at, pk in sorted(used.items()):
        if pk is not None:
            assert spending.has_room(by_key[pk], at)
            assert by_key[pk].expires_on(at) == min(
                one.expires_on(at) for one in passes if spending.has_room(one, at)
            )
            spending.use(by_key[pk], at)
        else:
            assert not any(spending.has_room(one, at) for one in passes)


@given(passes_and_days())
def test_no_other_choice_of_passes_covers_more_visits(given_: tuple[list[Pass], list[date]]) -> None:
    passes, days = given_
    covered = sum(pk is not None for pk in assign(passes, days).values())
    assert covered == _most(passes, sorted(set(days)))


def _most(passes: list[Pass], days: list[date]) -> int:
    """Return how many days any choice can cover: augmenting paths from days to single units."""
    holder: dict[tuple[int, date, int], date] = {}

    def place(at: date, seen: set[tuple[int, date, int]]) -> bool:
        for one in passes:
            for unit in range(one.units) if one.is_valid(at) else ():
                slot = (one.pk, one.period(at), unit)
                if slot not in seen:
                    seen.add(slot)
                    if slot not in holder or place(holder[slot], seen):
                        holder[slot] = at
                        return True
        return False

    return sum(place(at, set()) for at in days)


def test_a_pass_opens_doors_until_the_end_of_the_day_on_which_it_is_used_up() -> None:
    one, week = held(1, last=4), [day(n) for n in range(6)]
    assert [found.days for found in open_passes([one], {}, week)] == [tuple(week[:5])]
    assert [found.days for found in open_passes([one], {day(0): 1}, week)] == [(day(0),)]
    assert open_passes([one], {day(0): 1}, week[1:]) == []


@pytest.mark.parametrize(
    ("at", "last"),
    [((2026, 2, 3), (2026, 2, 28)), ((2024, 2, 29), (2024, 2, 29)), ((2026, 12, 31), (2026, 12, 31))],
)
def test_a_month_has_a_last_day(at: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    assert last_of_month(date(*at)) == date(*last)


def test_a_pass_is_sold_for_its_days_at_the_price_of_the_day() -> None:
    tariff = Tariff("woche", "Woche", KIND.DAY, price_cents=2500, units=3, valid_days=7)
    sold = sale(tariff, 7, FIRST, day(3))
    assert (sold.sold_on, sold.valid_from, sold.valid_to, sold.units, sold.price_cents) == (
        FIRST, day(3), day(9), 3, 2500,
    )  # fmt: skip
    assert sale(Tariff("frei", "Frei", KIND.FREE), 7, FIRST, FIRST).valid_to is None


SPACE = Space(
    "s", "t", "Ort", SpaceKind.CLUB, Phase.OPERATION, date(2026, 1, 1),
    opening=tuple(OpeningPeriod(weekday, time(8), time(18)) for weekday in range(5)),
)  # fmt: skip


def open_times(tariff: Tariff, *days: date) -> list[tuple[str, str]]:
    facts = PassFacts(WithoutPass.OPEN, {7: [Pass(1, 7, tariff, days[0], days[0], None, 0, 0)]}, {})
    windows = passes_open(SPACE, facts, days, ()).windows.get(7, ())
    return [
        (
            f"{to_local(w.start_us, 'Europe/Berlin'):%d %H:%M}",
            f"{to_local(w.end_us, 'Europe/Berlin'):%d %H:%M}",
        )
        for w in windows
    ]


def test_a_tariff_opens_in_its_part_of_the_day() -> None:
    morning = Tariff("f", "Früh", KIND.HALF_DAY, ends_min=13 * 60)
    late = Tariff("s", "Spät", KIND.HALF_DAY, hours=AccessHours.ALWAYS, starts_min=13 * 60)
    friday, saturday = day(4), day(5)
    assert open_times(morning, friday, saturday) == [("06 08:00", "06 13:00")]
    assert open_times(late, friday, saturday) == [("06 13:00", "07 00:00"), ("07 13:00", "08 00:00")]
    assert open_times(Tariff("i", "Immer", KIND.FREE, hours=AccessHours.ALWAYS), friday, saturday) == [
        ("06 00:00", "08 00:00")
    ]


def test_the_day_on_which_the_clock_goes_forward_is_whole_and_its_parts_meet() -> None:
    change = date(2026, 3, 29)
    night = Tariff("n", "Nacht", KIND.FREE, hours=AccessHours.ALWAYS, ends_min=2 * 60 + 30)
    assert open_times(night, change) == [("29 00:00", "29 03:00")]
    assert open_times(
        Tariff("i", "I", KIND.FREE, hours=AccessHours.ALWAYS, ends_min=MINUTES_OF_DAY), change
    ) == [("29 00:00", "30 00:00")]
