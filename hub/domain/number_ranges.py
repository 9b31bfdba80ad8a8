"""Sets of whole numbers as closed ranges: rising, apart, not touching."""

from collections.abc import Iterable

Range = tuple[int, int]
"""First and last number, both inside."""


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Return the same numbers as rising ranges that neither overlap nor touch.

    Args:
        ranges: in any order; may overlap; none is empty.
    """
    result: list[Range] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            if last > result[-1][1]:
                result[-1] = (result[-1][0], last)
        else:
            result.append((first, last))
    return result


def without(ranges: Iterable[Range], removed: Iterable[Range]) -> list[Range]:
    """Return the numbers of `ranges` that are not in `removed`; both are rising and apart."""
    result: list[Range] = []
    holes = list(removed)
    at = 0
    for begin, last in ranges:
        first = begin
        while at < len(holes) and holes[at][1] < first:
            at += 1
        hole = at
        while hole < len(holes) and holes[hole][0] <= last:
            if holes[hole][0] > first:
                result.append((first, holes[hole][0] - 1))
            first = max(first, holes[hole][1] + 1)
            hole += 1
        if first <= last:
            result.append((first, last))
    return result


def common(ranges: Iterable[Range], others: Iterable[Range]) -> list[Range]:
    """Return the numbers that are in both; both are rising and apart."""
    kept = list(ranges)
    return without(kept, without(kept, others))


def amount(ranges: Iterable[Range]) -> int:
    """Return how many numbers there are."""
    return sum(last - first + 1 for first, last in ranges)
