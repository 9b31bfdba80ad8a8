"""How long a sensor's output stays up by itself, and from when on that is a fault."""

from typing import Final

_ENOUGH: Final = 30
"""So many motions tell what is usual; until then the longest limit applies."""
_TIMES: Final = 8
"""A motion this many times longer than the longest before it is a fault."""


class Unbroken:
    """What one desk's sensor is used to.

    A pulse lasts two seconds at one module and five minutes at another, and a fall that got lost looks like a motion
    that goes on all night. So what is too long is learned from the motions that ended by themselves.

    Args:
        steady_us: an unbroken motion of this length is a person, so it is always trusted.
        trust_us: how far an unbroken motion counts at most before it has ended.
        least_stuck_us, stuck_us: lowest and highest limit from which on it is a fault.
    """

    __slots__ = ("_least_stuck_us", "_longest_us", "_seen", "_steady_us", "_stuck_us", "_trust_us")

    def __init__(self, *, steady_us: int, trust_us: int, least_stuck_us: int, stuck_us: int) -> None:
        self._steady_us = steady_us
        self._trust_us = trust_us
        self._least_stuck_us = min(least_stuck_us, stuck_us)
        self._stuck_us = stuck_us
        self._longest_us = 0
        self._seen = 0

    def ended(self, length_us: int) -> None:
        """Take note of a motion that ended by itself."""
        self._seen += 1
        self._longest_us = max(self._longest_us, length_us)

    def trusted_us(self) -> int:
        """Return how far a motion counts that has not ended: as far as the longest before it."""
        if self._seen < _ENOUGH:
            return self._trust_us
        return min(self._trust_us, max(self._steady_us, self._longest_us))

    def stuck_us(self) -> int:
        """Return from which length on a motion is a fault."""
        if self._seen < _ENOUGH:
            return self._stuck_us
        return min(self._stuck_us, max(self._least_stuck_us, _TIMES * self._longest_us))
