"""When a desk was in use, told with hindsight: sessions begin at a first motion and end at a last one.

The live state must answer now and keeps a hold; statistics may wait. So a session is closed only when a silence has
outlasted `bridge_us`, and then it is backdated to its last motion: no hold time is ever counted as use.
"""

from dataclasses import dataclass
from typing import Final

PIECE_US: Final = 15 * 60 * 1_000_000
"""A session that goes on is told this often, so that a power cut loses minutes and not a day."""


@dataclass(frozen=True, slots=True)
class SessionPiece:
    """A piece of a session, or all of it; the pieces of one session touch.

    Args:
        start_us: first motion, or the end of the piece before it.
        end_us: last motion that belongs to the piece.
        continues: whether an earlier piece belongs to the same session.
        open: whether the session was not over when this was told.
    """

    start_us: int
    end_us: int
    continues: bool
    open: bool


class Sessions:
    """Joins motions into sessions.

    Motions that lie at most `gather_us` apart form a flock. A flock counts as a person once it has lasted `person_us`;
    a shorter one is a passer-by or a false trigger, and counts only when it lies inside a session.

    Args:
        bridge_us: silences shorter than this belong to one session.
        gather_us: silences up to this belong to one flock.
        person_us: from first to last motion of a flock that is a person.
        least_us: shorter sessions are not told.
        piece_us: time between two pieces of a session that goes on.
    """

    def __init__(
        self,
        *,
        bridge_us: int,
        gather_us: int,
        person_us: int,
        least_us: int,
        piece_us: int = PIECE_US,
    ) -> None:
        self._bridge_us = bridge_us
        self._gather_us = gather_us
        self._person_us = person_us
        self._least_us = least_us
        self._piece_us = piece_us
        self._moving = False
        self._forget()

    def _forget(self) -> None:
        self._flock_us: int | None = None  # first motion of the flock
        self._last_us = 0  # last motion, whether it counts or not
        self._person = False  # whether the flock counts
        self._start_us: int | None = None  # first motion of the session
        self._end_us = 0  # its last motion that counts
        self._told_us: int | None = None  # how far it was told
        self._piece_due_us = 0
        self.deadline_us: int | None = None

    def begin(self, at_us: int) -> None:
        """Take note that motion began."""
        if self._flock_us is None or at_us - self._last_us > self._gather_us:
            self._flock_us = at_us
            self._person = False
        self._moving = True
        self._reach(at_us)

    def end(self, at_us: int) -> None:
        """Take note that motion ended."""
        if self._moving:
            self._moving = False
            self._reach(at_us)

    def advance(self, now_us: int) -> SessionPiece | None:
        """Return the piece that is due, if one is; to be called at each `deadline_us`."""
        if self._moving:
            self._reach(now_us)
        elif self._flock_us is not None and now_us - self._last_us >= self._bridge_us:
            return self._close(is_open=False)
        piece = None
        if self._start_us is not None and now_us >= self._piece_due_us:
            if self._end_us > (self._start_us if self._told_us is None else self._told_us):
                piece = self._tell(is_open=True)
            self._piece_due_us = now_us + self._piece_us
        self._plan()
        return piece

    def stop(self, now_us: int) -> SessionPiece | None:
        """Return what was not yet told of a session that the agent will not see the end of."""
        if self._moving:
            self._reach(now_us)
            self._moving = False
        return self._close(is_open=True)

    def _reach(self, at_us: int) -> None:
        """Let the flock reach to a moment, and count it once it is a person."""
        assert self._flock_us is not None
        self._last_us = at_us
        if self._person or at_us - self._flock_us >= self._person_us:
            self._person = True
            self._end_us = at_us
            if self._start_us is None:
                self._start_us = self._flock_us
                self._piece_due_us = self._flock_us + self._piece_us
        self._plan()

    def _plan(self) -> None:
        due: list[int] = []
        if not self._moving:
            due.append(self._last_us + self._bridge_us)
        elif not self._person and self._flock_us is not None:
            due.append(self._flock_us + self._person_us)
        if self._start_us is not None:
            due.append(self._piece_due_us)
        self.deadline_us = min(due, default=None)

    def _tell(self, *, is_open: bool) -> SessionPiece | None:
        if self._start_us is None or self._end_us - self._start_us < self._least_us:
            return None
        start_us = self._start_us if self._told_us is None else self._told_us
        piece = SessionPiece(start_us, self._end_us, continues=self._told_us is not None, open=is_open)
        self._told_us = self._end_us
        return piece

    def _close(self, *, is_open: bool) -> SessionPiece | None:
        piece = self._tell(is_open=is_open)
        self._forget()
        return piece
