"""What a door's line is believed to say, from levels that bounce, chatter or stay away.

Libraries drop edges and ignore bounce times (reference/cards.md), so this is our own: a level counts once it has
stayed, a line that never rests is unknown, and one that is missing is unknown at once.
"""

from typing import Final

from device.core.inputs import Level

CHATTER_US: Final = 5_000_000
"""A line that has not rested for this long is not to be believed."""


class Line:
    """One line of a door.

    Levels go in with `feed`; each answer is the level that is believed from now on, if it changed.

    Args:
        settle_us: for how long a level must stay before it counts.
    """

    __slots__ = ("_raw", "_raw_us", "_restless_us", "_settle_us", "believed", "deadline_us")

    def __init__(self, settle_us: int) -> None:
        self._settle_us = settle_us
        self._raw = Level.MISSING
        self._raw_us = 0  # since when
        self._restless_us: int | None = None  # since when the level is not the one believed, or moves
        self.believed = Level.MISSING
        self.deadline_us: int | None = None

    def feed(self, level: Level, at_us: int) -> Level | None:
        """Take a level in: an edge, or the same level read again, which changes nothing.

        Args:
            at_us: mono_us, not before an earlier call's and before `deadline_us`.
        """
        if level is self._raw:
            return None
        self._raw, self._raw_us = level, at_us
        if level is Level.MISSING:
            self._restless_us = None
            return self._believe(level)
        if self._restless_us is None:
            self._restless_us = at_us
        self._plan()
        return None

    def advance(self, now_us: int) -> Level | None:
        """Say what is believed since the deadline, when it has come."""
        if self.deadline_us is None or now_us < self.deadline_us:
            return None
        if self.deadline_us >= self._raw_us + self._settle_us:
            self._restless_us = None
            return self._believe(self._raw)
        return self._believe(Level.MISSING)

    def _believe(self, level: Level) -> Level | None:
        was, self.believed = self.believed, level
        self._plan()
        return None if level is was else level

    def _plan(self) -> None:
        """Set the deadline: when the level will have stayed, or when a line that moves has moved for too long."""
        if self._restless_us is None:
            self.deadline_us = None
            return
        self.deadline_us = self._raw_us + self._settle_us
        if self.believed is not Level.MISSING:
            self.deadline_us = min(self.deadline_us, self._restless_us + CHATTER_US)
