"""Whatever happens in a small network, and whatever is released when: nobody can conclude more than S3 prints (S5)."""

import os
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.auditing import HighsSolver
from hub.domain.statistics.periods import Span
from tests.hub.disclosure.story import Story
from tests.hub.disclosure.world import FIRST, LAST, corrected, random_world

EXAMPLES: Final = int(os.environ.get("ANKERORT_DISCLOSURE_EXAMPLES", "2"))
"""A thousand take an hour; what runs always is few, and the stories of `test_rules` are chosen."""


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES < 10
)
@given(
    seed=st.integers(0, 2**32),
    spaces=st.integers(1, 6 if EXAMPLES > 10 else 3),
    persons=st.integers(1, 30),
    lengths=st.lists(st.sampled_from([1, 3, 6, 12] if EXAMPLES > 10 else [6, 12]), min_size=24, max_size=24),
    corrections=st.lists(st.booleans(), min_size=24, max_size=24),
)
def test_no_history_of_releases_tells_more_than_its_rows(
    seed: int, spaces: int, persons: int, lengths: list[int], corrections: list[bool]
) -> None:
    world = random_world(seed, spaces, persons)
    story = Story(world.nesting, solver=HighsSolver())
    month = FIRST
    while month <= LAST:
        span = Span(month, min(month.plus(lengths.pop() - 1), LAST))
        story.release(world, span)
        if corrections.pop():
            world = corrected(world, seed + len(lengths))
            story.release(world, span)
        month = span.last.plus(1)
    for year in (2026, 2027):
        story.release(world, Span.of_year(year))
        world = corrected(world, seed + year)
        story.release(world, Span.of_year(year))
    assert story.faults() == []


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES < 10
)
@given(
    seed=st.integers(0, 2**32),
    persons=st.integers(1, 30),
    spans=st.lists(st.tuples(st.integers(0, 23), st.sampled_from([1, 3, 6, 12, 24])), min_size=2, max_size=6),
)
def test_nor_does_one_in_any_order(seed: int, persons: int, spans: list[tuple[int, int]]) -> None:
    world = random_world(seed, 2, persons)
    story = Story(world.nesting, solver=HighsSolver())
    story.release(world, Span.of_year(2027))
    for at, length in spans:
        story.release(world, Span(FIRST.plus(at), min(FIRST.plus(at + length - 1), LAST)))
        world = corrected(world, seed + at)
    story.release(world, Span.of_year(2026))
    assert story.faults() == []
