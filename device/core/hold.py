"""How long the live state survives silence: it grows with evidence, and each desk learns how still its people sit."""

from typing import Final

STEP: Final = 1.07
"""Too early lengthens the hold by this factor, rightly shortens it: it settles where both are equally frequent."""


class Hold:
    """The hold of one desk.

    A release is *too early* when the same person is seen again soon after, and *right* when nobody is. One is paid
    for in minutes shown vacant with someone there, the other in minutes shown occupied with nobody there; the sum is
    least where both happen equally often, whatever the silences look like (`docs/explanation/presence.md`).

    Args:
        least_us: shortest hold that is learned.
        usual_us: hold before anything is learned.
        most_us: longest hold of all.
        arrival_us: hold of someone who has just been confirmed.
        return_us: hold of someone who has just come back.
        grow_us: length of a stay after which the hold has grown to `most_us`, or to what was learned.
    """

    __slots__ = ("_arrival_us", "_grow_us", "_least_us", "_most_us", "_return_us", "learned_us")

    def __init__(
        self, *, least_us: int, usual_us: int, most_us: int, arrival_us: int, return_us: int, grow_us: int
    ) -> None:
        self._most_us = most_us
        self._least_us = min(least_us, most_us)
        self._arrival_us = arrival_us
        self._return_us = return_us
        self._grow_us = grow_us
        self.learned_us = min(max(usual_us, self._least_us), most_us)

    def after(self, there_us: int, *, returned: bool) -> int:
        """Return how long a silence is survived, in microseconds.

        Args:
            there_us: from the first motion of this stay to the last.
            returned: whether the stay began soon after a release.
        """
        start_us = self._return_us if returned else self._arrival_us
        if there_us >= self._grow_us:
            return self.learned_us
        grown_us = max(0, self._most_us - start_us) * there_us // self._grow_us
        return min(self.learned_us, start_us + grown_us)

    def too_early(self) -> None:
        """Learn from a release after which the same person was seen again."""
        self.learned_us = min(self._most_us, round(self.learned_us * STEP))

    def right(self) -> None:
        """Learn from a release after which nobody came."""
        self.learned_us = max(self._least_us, round(self.learned_us / STEP))
