"""Whole numbers with linear constraints, and what a solver must say of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from hub.domain.errors import DomainError

MOST: Final = 100_000
"""More persons or visits than any space has: up there, a number counts as open."""


class Range(NamedTuple):
    """The least and the greatest value that a number can have."""

    low: int
    high: int

    @property
    def is_open(self) -> bool:
        """Whether it has no upper end that anybody could know."""
        return self.high >= MOST


class SolverFailed(DomainError):
    """The solver can't tell: nothing may be printed on its word; try again, or look at it."""


class Constraint(NamedTuple):
    """A sum of variables times factors, at least `low`."""

    terms: tuple[tuple[str, int], ...]
    low: int


@dataclass(frozen=True, slots=True)
class System:
    """Whole numbers within bounds, and constraints.

    Args:
        variables: names with bounds, both inclusive.
    """

    variables: tuple[tuple[str, Range], ...] = ()
    constraints: tuple[Constraint, ...] = ()


class Solver(Protocol):
    """Says how far the numbers of a system are known; kept behind a port, so that the rules need no library."""

    def ranges(self, system: System, names: tuple[str, ...]) -> Mapping[str, Range] | None:
        """Return the least and greatest value of variables in whole numbers, exactly; None when nothing solves it.

        Raises:
            SolverFailed: when it can't tell, in time or at all: nothing may be printed on its word then.
        """
        ...


class Builder:
    """Collects what is known of numbers."""

    def __init__(self) -> None:
        self._bounds: dict[str, Range] = {}
        self._constraints: list[Constraint] = []

    def known(self, name: str, low: int = 0, high: int | None = None) -> None:
        """Say that a number lies in some bounds, besides what was said before; say it of every number once at least."""
        before = self._bounds.get(name, Range(0, MOST))
        self._bounds[name] = Range(max(before.low, low), min(before.high, MOST if high is None else high))

    def at_most(self, name: str, other: str, times: int = 1) -> None:
        """Say that a number is no more than so many times another one."""
        self._constraints.append(Constraint(((other, times), (name, -1)), 0))

    def between(self, terms: Mapping[str, int], low: int | None, high: int | None) -> None:
        """Say between what a sum lies."""
        if low is not None:
            self._constraints.append(Constraint(tuple(terms.items()), low))
        if high is not None:
            self._constraints.append(Constraint(tuple((name, -by) for name, by in terms.items()), -high))

    def has(self, name: str) -> bool:
        """Say whether anything is known of a number."""
        return name in self._bounds

    def bounds(self, name: str) -> Range:
        """Return in what bounds a number was said to lie."""
        return self._bounds[name]

    def system(self) -> System:
        """Return all of it."""
        return System(tuple(sorted(self._bounds.items())), tuple(self._constraints))
