"""What a batch adds to a numbering (D2, D3, D6), against sets of numbers; and the arithmetic of ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.delivery import MAX_RUNS, BatchRange, Ledger, account
from hub.domain.number_ranges import Range, amount, common, merged, without

LIMIT = 40


def numbers(ranges: tuple[Range, ...] | list[Range]) -> set[int]:
    return {n for first, last in ranges for n in range(first, last + 1)}


def as_ranges(found: set[int]) -> list[Range]:
    return merged([(n, n) for n in found])


sets = st.sets(st.integers(1, LIMIT), max_size=LIMIT)


@given(sets, sets)
def test_ranges_are_sets(ours: set[int], theirs: set[int]) -> None:
    left, right = as_ranges(ours), as_ranges(theirs)
    assert numbers(left) == ours
    assert amount(left) == len(ours)
    assert numbers(merged([*left, *right])) == ours | theirs
    assert numbers(without(left, right)) == ours - theirs
    assert numbers(common(left, right)) == ours & theirs
    assert without(left, right) == as_ranges(ours - theirs)


@st.composite
def batches(draw: st.DrawFn) -> BatchRange:
    first = draw(st.integers(1, LIMIT))
    last = draw(st.integers(first, min(first + 12, LIMIT)))
    lost = draw(st.sets(st.integers(first, last)))
    return BatchRange(first, last, draw(st.integers(1, LIMIT)), tuple(as_ranges(lost)))


@given(st.lists(batches(), max_size=12))
def test_a_ledger_keeps_the_rules_whatever_comes(plan: list[BatchRange]) -> None:
    """Beside the ledger: the set of what was counted, and of what is lost."""
    ledger, counted, lost = Ledger(), set[int](), set[int]()
    for batch in plan:
        mark = ledger.upto
        found = account(ledger, batch)
        assert found is not None
        carried = set(range(batch.first, batch.last + 1)) - numbers(batch.lost)
        fresh = numbers(found.fresh)
        assert fresh == carried - counted, "counted once, and never not at all"
        assert numbers(found.repeated) == carried & counted
        counted |= fresh
        lost -= fresh
        lost |= numbers(found.newly_lost)
        ledger = found.ledger
        assert numbers(ledger.lost) == lost
        assert not lost & counted
        # What the device named as lost is known now, one way or the other.
        assert numbers(batch.lost) <= counted | lost
        # The mark is the end of the run without a gap.
        assert ledger.upto >= mark
        assert ledger.upto == next(n for n in range(LIMIT + 2) if n + 1 not in counted | lost)
        assert numbers(ledger.runs) == {n for n in counted | lost if n > ledger.upto}


@given(st.lists(batches(), max_size=8))
def test_the_same_batches_again_change_nothing(plan: list[BatchRange]) -> None:
    ledger = Ledger()
    for batch in plan:
        found = account(ledger, batch)
        assert found is not None
        ledger = found.ledger
    for batch in plan:
        again = account(ledger, batch)
        assert again is not None
        assert (again.fresh, again.newly_lost, again.ledger) == ((), (), ledger)


@pytest.mark.parametrize(
    ("label", "floor", "lost"),
    [
        ("below the mark", 5, ()),
        ("at the mark", 10, ()),
        ("just above the mark", 11, ()),
        ("one above: one is lost", 12, ((11, 11),)),
        ("far above: up to the batch's first event", 99, ((11, 19),)),
    ],
)
def test_what_lies_between_mark_and_floor_is_lost(label: str, floor: int, lost: tuple[Range, ...]) -> None:
    found = account(Ledger(upto=10), BatchRange(20, 22, floor))
    assert found is not None
    assert found.newly_lost == lost, label


def test_a_device_that_leaves_ever_more_gaps_is_refused_before_it_fills_the_disk() -> None:
    full = Ledger(0, tuple((n * 2, n * 2) for n in range(1, MAX_RUNS + 1)))
    assert account(full, BatchRange(9000, 9000, 1)) is None
    closing = account(full, BatchRange(1, 1, 1))
    assert closing is not None
    assert closing.ledger.upto == 2
