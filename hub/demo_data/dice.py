"""Chance that is the same for the same words, on every machine and version of Python."""

import hashlib
from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

T = TypeVar("T")

_BITS: Final = 16


class Dice:
    """Dice that are thrown alike whenever they are named alike.

    Only `Random.random` is used: of all that `random` offers, Python promises that one alone to stay the same.

    Args:
        names: what they are thrown for, the seed first: `Dice(seed, space, day)`.
    """

    def __init__(self, *names: object) -> None:
        self._name = "/".join(map(str, names))
        self.roll = Random(self._name).random  # noqa: S311 - chance for a demonstration, no secret

    def chance(self, share: float) -> bool:
        """Say yes in so many of all cases, 0 to 1."""
        return self.roll() < share

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both inclusive."""
        return low + int(self.roll() * (high - low + 1))

    def about(self, middle: float, spread: float) -> float:
        """Return a number around another one: within `spread` mostly, within three times that always."""
        return middle + spread * 2 * (self.roll() + self.roll() + self.roll() - 1.5)

    def pick(self, things: Sequence[T]) -> T:
        """Return one of some things."""
        return things[int(self.roll() * len(things))]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """Return them in another order."""
        return [thing for _, _, thing in sorted((self.roll(), at, thing) for at, thing in enumerate(things))]

    def micro(self, low_us: int, high_us: int) -> int:
        """Return a moment or a length in microseconds, half-open."""
        return low_us + int(self.roll() * (high_us - low_us))


def token(*names: object, digits: int = _BITS) -> str:
    """Return hex digits that stand for some words, at most 64."""
    return hashlib.sha256("/".join(map(str, names)).encode()).hexdigest()[:digits]
