"""Sets of moments as rising stretches that lie apart: what facts are cut from; pure.

A stretch is a pair of whole microseconds, half-open. Pairs rather than objects: a year of one space has a hundred
thousand.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Stretch = tuple[int, int]
Stretches = Sequence[Stretch]


def joined(parts: Iterable[Stretch]) -> list[Stretch]:
    """Return the moments of parts in any order, each once; parts without length are left out."""
    found: list[Stretch] = []
    for start, end in sorted(parts):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def both(one: Stretches, other: Stretches) -> list[Stretch]:
    """Return the moments that are in both."""
    found: list[Stretch] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            found.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return found


def without(one: Stretches, other: Stretches) -> list[Stretch]:
    """Return the moments of one that are not in the other."""
    found: list[Stretch] = []
    j = 0
    for begin, end in one:
        start = begin
        while j < len(other) and other[j][1] <= start:
            j += 1
        k = j
        while k < len(other) and other[k][0] < end:
            if start < other[k][0]:
                found.append((start, other[k][0]))
            start = max(start, other[k][1])
            k += 1
        if start < end:
            found.append((start, end))
    return found


def within(parts: Stretches, start: int, end: int) -> list[Stretch]:
    """Return the moments of parts from one moment to before another; quick, however many parts there are."""
    found: list[Stretch] = []
    first = bisect_right(parts, start, key=_end)
    for index in range(first, len(parts)):
        low, high = parts[index]
        if low >= end:
            break
        found.append((max(low, start), min(high, end)))
    return found


def length(parts: Iterable[Stretch]) -> int:
    """Return how long all of them are together, in microseconds."""
    return sum(end - start for start, end in parts)


def _end(part: Stretch) -> int:
    return part[1]
