"""How long the live state survives silence: it grows with evidence, and each desk learns how still its people sit."""

from math import exp
from typing import Final

_BINS: Final = 32
_FADING: Final = 0.95
"""What was learned counts this much less with each departure: a desk follows its people within weeks."""


class Hold:
    """The hold of one desk.

    A longer hold shows a desk occupied that is vacant, after each departure; a shorter one shows it vacant while
    someone sits still. The minutes lost to both are fewest where as many silences outlast the hold as there are
    departures, whatever the silences look like: one more second of hold costs a second for each departure, and saves
    one for each silence that outlasts it (`docs/explanation/presence.md`). So the hold counts silences, by length, and
    departures. It begins as if one departure had been seen, and silences that make `usual_us` right.

    Args:
        least_us: shortest hold that is learned.
        usual_us: hold before anything is learned.
        most_us: longest hold of all.
        arrival_us: hold of someone who has just been confirmed.
        return_us: hold of someone who has just come back.
        grow_us: length of a stay after which the hold has grown to `most_us`, or to what was learned.
        bridge_us: longer silences are departures.
    """

    __slots__ = (
        "_arrival_us",
        "_bin_us",
        "_departures",
        "_grow_us",
        "_least_us",
        "_most_us",
        "_return_us",
        "_silences",
        "learned_us",
    )

    def __init__(
        self,
        *,
        least_us: int,
        usual_us: int,
        most_us: int,
        arrival_us: int,
        return_us: int,
        grow_us: int,
        bridge_us: int,
    ) -> None:
        self._most_us = most_us
        self._least_us = min(least_us, most_us)
        self._arrival_us = arrival_us
        self._return_us = return_us
        self._grow_us = grow_us
        self.learned_us = min(max(usual_us, self._least_us), most_us)
        self._bin_us = max(1, bridge_us // _BINS)
        self._departures = 1.0
        longer = [exp(4 * (1 - n * self._bin_us / max(1, usual_us))) for n in range(_BINS + 1)]
        self._silences = [longer[n] - longer[n + 1] for n in range(_BINS)]

    def after(self, there_us: int, *, returned: bool) -> int:
        """Return how long a silence is survived, in microseconds.

        Args:
            there_us: from the first motion of this stay to the last.
            returned: whether the stay began soon after a release.
        """
        if there_us >= self._grow_us:
            return self.learned_us
        start_us = self._return_us if returned else self._arrival_us
        grown_us = max(0, self._most_us - start_us) * there_us // self._grow_us
        return min(self.learned_us, start_us + grown_us)

    def outlasted(self, silence_us: int) -> None:
        """Take note of a silence through which someone was there."""
        self._silences[min(silence_us // self._bin_us, _BINS - 1)] += 1

    def departed(self) -> None:
        """Take note that somebody left, and learn the hold anew."""
        self._departures = self._departures * _FADING + 1
        self._silences = [count * _FADING for count in self._silences]
        missing = self._departures
        for n in reversed(range(_BINS)):
            count = self._silences[n]
            if count >= missing:
                learned_us = round(self._bin_us * (n + 1 - missing / count))
                self.learned_us = min(max(learned_us, self._least_us), self._most_us)
                return
            missing -= count
        self.learned_us = self._least_us
