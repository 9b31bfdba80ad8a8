"""Each rule of S3 to S5 has a story that goes wrong without it, and well with it: no rule is there for nothing."""

from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal
from typing import Final

import pytest

from hub.auditing import HighsSolver
from hub.domain.disclosure import Rules, Solver
from hub.domain.statistics.findings import NETWORK
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Printed, ValueStatus
from tests.hub.disclosure.story import Story
from tests.hub.disclosure.world import FIRST, Deed, SpaceWorld, World

TOWN: Final = "06439012"
YEAR: Final = Span.of_year(2026)
Deeds = dict[str, Deed]


def visitors(*visits: int, name: str = "p", bookings: int = 0) -> Deeds:
    """So many visits of one person each, five hours long."""
    return {f"{name}{at}": Deed(some, some * 300, bookings) for at, some in enumerate(visits)}


def network(*deeds: Deeds, first: Month = FIRST, is_popup: bool = False, days: int = 21) -> World:
    """One space with one month after the other."""
    months = tuple(first.plus(at) for at in range(len(deeds)))
    one = SpaceWorld("here", TOWN, months, dict.fromkeys(months, days), is_popup)
    one.deeds = {month: some for month, some in zip(months, deeds, strict=True) if some}
    return World((TOWN, "14628060"), [one])


def year_of(*different: Deeds, usual: Deeds) -> list[Deeds]:
    return [*different, *[usual] * (12 - len(different))]


def four_come(story: Story) -> None:
    story.release(network(*year_of(usual=visitors(9, 9, 9, 9))), YEAR)


def nobody_comes(story: Story) -> None:
    story.release(network(*year_of(usual={})), YEAR)


def one_comes_daily(story: Story) -> None:
    story.release(network(*year_of(usual=visitors(21, 2, 2, 2, 2))), YEAR)


def twelve_come(story: Story) -> None:
    story.release(network(*year_of(usual=visitors(*[8] * 12))), YEAR)


def one_month_is_hidden(story: Story) -> None:
    story.release(network(*year_of(visitors(9, 9, 9), usual=visitors(*[8] * 12))), YEAR)


def six_book_and_three_come(story: Story) -> None:
    few = {f"p{at}": Deed(5 if at < 3 else 0, 0, 4, 1) for at in range(6)}
    story.release(network(*year_of(few, usual=visitors(*[8] * 12))), YEAR)


def six_come_every_day(story: Story) -> None:
    story.release(network(*year_of(usual=visitors(*[21] * 6))), YEAR)


def two_months_of_four_others(story: Story) -> None:
    two = network(visitors(9, 9, 9, 9), visitors(9, 9, 9, 9, name="q"), first=Month(2026, 5), is_popup=True)
    story.release(two, Span(Month(2026, 5), Month(2026, 6)))


def three_become_six(story: Story) -> None:
    """Three in one year, the same and three more in the next: with few new ones, users would be eight at most."""
    world = network(*year_of(usual=visitors(9, 9, 9)), *year_of(usual=visitors(*[9] * 6)))
    story.release(world, YEAR)
    story.release(world, Span.of_year(2027))


def a_fifth_comes_late(story: Story) -> None:
    story.release(network(*year_of(usual=visitors(9, 9, 9, 9))), YEAR)
    story.release(network(*year_of(usual=visitors(9, 9, 9, 9, 9))), YEAR)


def nine_become_ten(story: Story) -> None:
    story.release(network(*year_of(usual=visitors(*[5] * 9))), YEAR)
    story.release(network(*year_of(usual=visitors(*[5] * 10))), YEAR)


STORIES: Final[dict[str, Callable[[Story], None]]] = {
    "five_persons": four_come,
    "zero_as_hidden": nobody_comes,
    "bands_for_one": one_comes_daily,
    "person_bands": twelve_come,
    "nearest_ten": twelve_come,
    "printed_totals": one_month_is_hidden,
    "nothing_hidden_in_totals": one_month_is_hidden,
    "together": six_book_and_three_come,
    "capped_visits": six_come_every_day,
    "ladder_by_months": two_months_of_four_others,
    "new_by_bands": three_become_six,
    "forms_stay": a_fifth_comes_late,
}


def faults(tell: Callable[[Story], None], rules: Rules, solver: Solver | None = None) -> list[str]:
    story = Story(network({}).nesting, rules, solver)
    if tell is two_months_of_four_others:
        story.nesting = network({}, {}, first=Month(2026, 5), is_popup=True).nesting
    tell(story)
    return story.faults()


def test_each_rule_has_its_story() -> None:
    # The audit is the net beneath the others; it has tests of its own below.
    assert set(STORIES) == {field.name for field in fields(Rules)} - {"audit"}


@pytest.mark.parametrize("tell", {*STORIES.values(), nine_become_ten}, ids=lambda tell: tell.__name__)
def test_with_all_rules_every_story_goes_well(tell: Callable[[Story], None]) -> None:
    assert faults(tell, Rules()) == []


@pytest.mark.parametrize("rule", STORIES)
def test_without_a_rule_its_story_goes_wrong(rule: str) -> None:
    assert faults(STORIES[rule], replace(Rules(), **{rule: False})) != []


@pytest.mark.parametrize(
    ("rule", "tell"),
    [
        ("capped_visits", six_come_every_day),
        ("ladder_by_months", two_months_of_four_others),
        ("new_by_bands", three_become_six),
        ("forms_stay", a_fifth_comes_late),
        ("forms_stay", nine_become_ten),
        ("together", six_book_and_three_come),
    ],
)
def test_the_audit_catches_what_a_missing_rule_lets_through(rule: str, tell: Callable[[Story], None]) -> None:
    rules = replace(Rules(), **{rule: False})
    assert faults(tell, rules) != []
    assert faults(tell, rules, HighsSolver()) == []


def test_the_audit_hides_no_more_than_it_takes_and_says_so() -> None:
    rules = replace(Rules(), capped_visits=False)
    world = network(*year_of(visitors(*[21] * 6), usual=visitors(*[8] * 6)))
    rows = Story(world.nesting, rules, HighsSolver()).release(world, YEAR)
    without = Story(world.nesting, replace(rules, audit=False)).release(world, YEAR)
    changed = {
        (one.figure, str(one.period)) for one, other in zip(without, rows, strict=True) if one != other
    }
    assert changed == {("users", "2026")}
    assert rows == Story(world.nesting, rules, HighsSolver()).release(world, YEAR)


def test_a_total_of_another_program_makes_the_audit_hide_months_around_the_hidden_one() -> None:
    world = network(*year_of(visitors(9, 9, 9), usual=visitors(*[8] * 12)))
    true_total = Printed(NETWORK, YEAR, "visits", ValueStatus.ROUNDED, value=world_total(world))
    story = Story(world.nesting, Rules(audit=False), HighsSolver())
    story.releases.append((true_total,))
    story.release(world, YEAR)
    assert any("visits 2026-01" in fault for fault in story.faults())

    story = Story(world.nesting, Rules(), HighsSolver())
    story.releases.append((true_total,))
    rows = story.release(world, YEAR)
    assert [row for row in rows if row.reason == "secondary" and row.period.is_month]
    assert [fault for fault in story.faults() if "visits" in fault and "secondary" not in fault] == []


def world_total(world: World) -> Decimal | None:
    return next(
        one.value
        for one in world.findings(YEAR)
        if (one.place, one.figure, one.period) == (NETWORK, "visits", YEAR)
    )
