"""When a device's word on its desks can be believed, read from its log in the log's own order; pure.

A desk is *known* from a word on it (`vacant`, `occupied`) until something casts doubt: a word that says `unknown`, a
time in which the device did not run, numbers of the log that are missing. What lies between is unknown, and unknown is
never free (requirement K2). Order is by (epoch ordinal, number), never by a wall clock (D8).
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from hub.domain.statistics.stretches import Stretch

TOLD_WITHIN_US: Final = 45 * 60 * 1_000_000
"""Use of a desk is told at most that much later: every 15 minutes while it goes on, and after 16 minutes of silence."""

VACANT: Final = "vacant"
OCCUPIED: Final = "occupied"
UNKNOWN: Final = "unknown"


class LogEntry(NamedTuple):
    """An event of a device's log, as far as it says what is known of desks.

    Args:
        ordinal, seq: its place in the log; an entry that is missing shows in `seq`.
        earliest_us, latest_us: bounds of when it happened (D8).
        desk: key of the desk that it is a word on, None for none.
        state: of that desk.
        started: whether the device began to run; `not_before_us` is the latest time that it had stored before.
    """

    ordinal: int
    seq: int
    earliest_us: int
    latest_us: int
    desk: int | None = None
    state: str = ""
    started: bool = False
    not_before_us: int = 0


@dataclass(slots=True)
class DeskWord:
    """The last word on a desk.

    Args:
        since_us: when it was said, at the latest.
        known_us: since when the desk is known without a break; None while it is not.
    """

    state: str
    since_us: int
    known_us: int | None


@dataclass(slots=True)
class LogState:
    """All that the past of a log means for what comes after: kept when its events go.

    Args:
        ordinal, seq: of the last entry that was read; 0 for none.
        alive_us: when the device surely ran last.
        words: on its desks, by key.
    """

    ordinal: int = 0
    seq: int = 0
    alive_us: int = 0
    words: dict[int, DeskWord] = field(default_factory=dict)

    def copy(self) -> "LogState":
        """Return one that does not change with this one."""
        return LogState(
            self.ordinal, self.seq, self.alive_us, {desk: copy(word) for desk, word in self.words.items()}
        )


class DeskLog:
    """Reads a device's log.

    Args:
        state: what its past means; a new one for a log that is read from its beginning.
        boundaries: moments, rising; for each, `at` holds the state before the first entry of that moment or later.
    """

    def __init__(self, state: LogState, boundaries: Sequence[int] = ()) -> None:
        self._state = state.copy()
        self._known: dict[int, list[Stretch]] = {}
        self._boundaries = boundaries
        self.at: dict[int, LogState] = {}
        self.first_us: dict[int, int] = dict.fromkeys(state.words, 0)
        """When each desk was spoken of first; 0 where that lies in the past."""
        self.holes: list[Stretch] = []
        """Within each, entries are missing that may still come."""

    def read(self, entries: Iterable[LogEntry]) -> None:
        """Read entries on, in their order."""
        state = self._state
        for entry in entries:
            self._pass(entry.latest_us)
            if state.seq and (entry.ordinal != state.ordinal or entry.seq != state.seq + 1):
                self.holes.append((state.alive_us - TOLD_WITHIN_US, max(entry.latest_us, state.alive_us)))
                self._doubt(state.alive_us)
            if entry.started:
                self._doubt(min(max(state.alive_us, entry.not_before_us), entry.earliest_us))
            if entry.desk is not None:
                self._hear(entry.desk, entry)
            state.ordinal, state.seq, state.alive_us = entry.ordinal, entry.seq, entry.earliest_us

    @property
    def alive_us(self) -> int:
        """When the device surely ran last."""
        return self._state.alive_us

    def finish(self, heard_us: int) -> Mapping[int, Sequence[Stretch]]:
        """Return when each desk is known, as it was told: not yet joined.

        Args:
            heard_us: when the device said last that it runs and has told everything.
        """
        for boundary in self._boundaries:
            if boundary not in self.at:
                self.at[boundary] = self._state.copy()
        self._doubt(max(heard_us, self._state.alive_us))
        return self._known

    def _pass(self, at_us: int) -> None:
        """Keep the state for boundaries that are reached."""
        while len(self.at) < len(self._boundaries) and self._boundaries[len(self.at)] <= at_us:
            self.at[self._boundaries[len(self.at)]] = self._state.copy()

    def _hear(self, desk: int, entry: LogEntry) -> None:
        word = self._state.words.get(desk)
        if word is None:
            self.first_us[desk] = entry.earliest_us
            word = self._state.words[desk] = DeskWord(UNKNOWN, 0, None)
        if entry.state == UNKNOWN:
            # Who doubts a sensor doubts what it said last: a cable that sticks looks like somebody who sits.
            self._close(desk, word, word.since_us if word.state == OCCUPIED else entry.earliest_us)
        elif word.known_us is None or entry.earliest_us < entry.latest_us:
            self._close(desk, word, entry.earliest_us)
            word.known_us = entry.latest_us
        word.state, word.since_us = entry.state, entry.latest_us

    def _doubt(self, at_us: int) -> None:
        """Let nothing be known from a moment on, and where use may not have been told yet, from before."""
        for desk, word in self._state.words.items():
            is_quiet = word.state == VACANT and word.since_us <= at_us - TOLD_WITHIN_US
            self._close(desk, word, at_us if is_quiet else at_us - TOLD_WITHIN_US)

    def _close(self, desk: int, word: DeskWord, at_us: int) -> None:
        if word.known_us is not None and word.known_us < at_us:
            self._known.setdefault(desk, []).append((word.known_us, at_us))
        word.known_us = None
