"""When a desk was in use, told with hindsight: sessions begin at a first motion and end at a last one.

The live state must answer now and keeps a hold; statistics may wait. So a session is closed only when a silence has
lasted `bridge_us`, and then it is backdated to its last motion: no hold time is ever counted as use.
"""

from dataclasses import dataclass
from typing import Final

from device.core.evidence import Evidence

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

    Motions at most `gather_us` apart form a flock. A flock counts when it proves a person; one that does not is a
    passer-by at the edge of a session, or a still sitter in the middle of one: it bridges, but nothing begins or ends
    with it.

    Args:
        evidence: what proves a person; this object's own.
        gather_us: silences up to this belong to one flock.
        bridge_us: silences shorter than this belong to one session.
        least_us: shorter sessions are not told.
        piece_us: time between two pieces of a session that goes on.
    """

    def __init__(
        self,
        evidence: Evidence,
        *,
        gather_us: int,
        bridge_us: int,
        least_us: int,
        piece_us: int = PIECE_US,
    ) -> None:
        self._flock = evidence
        self._gather_us = gather_us
        self._bridge_us = bridge_us
        self._least_us = least_us
        self._trust_us = 0
        self._piece_us = piece_us
        self._moving = False
        self._forget()

    def _forget(self) -> None:
        self._flock.clear()
        self._last_us = 0  # last motion, whether it counts or not
        self._start_us: int | None = None  # first motion of the session
        self._end_us = 0  # its last motion that counts
        self._told_us: int | None = None  # how far it was told
        self._piece_due_us = 0
        self.deadline_us: int | None = None

    def begin(self, at_us: int, trust_us: int) -> None:
        """Take note that motion began.

        Args:
            at_us: when.
            trust_us: how far it counts before it has ended: it may turn out to be a fault.
        """
        self._trust_us = trust_us
        if self._flock and at_us - self._last_us > self._gather_us:
            self._flock.clear()
        self._flock.begin(at_us)
        self._moving = True
        self._reach(at_us)

    def end(self, at_us: int) -> None:
        """Take note that motion ended."""
        if self._moving:
            self._moving = False
            self._reach(at_us)

    def fault(self, at_us: int) -> None:
        """Take note that what looked like motion was a fault: it counts no further than it is trusted."""
        self.end(min(at_us, self._flock.began_us + self._trust_us))

    def advance(self, now_us: int) -> SessionPiece | None:
        """Return the piece that is due, if one is; to be called at each `deadline_us`."""
        if self._moving:
            self._reach(min(now_us, self._flock.began_us + self._trust_us))
        elif self._flock and now_us - self._last_us >= self._bridge_us:
            piece = self._tell(is_open=False)
            self._forget()
            return piece
        piece = None
        if self._start_us is not None and now_us >= self._piece_due_us:
            piece = self._tell(is_open=True)
            self._piece_due_us = now_us + self._piece_us
        self._plan(now_us)
        return piece

    def stop(self, now_us: int) -> SessionPiece | None:
        """Return what was not yet told of a session that the agent will not see the end of."""
        if self._moving:
            self.fault(now_us)
        piece = self._tell(is_open=True)
        self._forget()
        return piece

    def _reach(self, at_us: int) -> None:
        """Let the flock reach to a moment, and count it when it proves a person."""
        self._last_us = at_us
        if self._flock.reach(at_us):
            self._end_us = at_us
            if self._start_us is None:
                self._start_us = self._flock.first_us
                self._piece_due_us = self._start_us + self._piece_us
        self._plan(at_us)

    def _plan(self, now_us: int) -> None:
        """Set the next deadline."""
        due_us: int | None = None
        if not self._moving:
            due_us = self._last_us + self._bridge_us
        elif not self._flock.proven and self._flock.proof_us() > now_us:
            due_us = self._flock.proof_us()
        if self._start_us is not None:
            due_us = self._piece_due_us if due_us is None else min(due_us, self._piece_due_us)
        self.deadline_us = due_us

    def _tell(self, *, is_open: bool) -> SessionPiece | None:
        """Return what is not yet told; a session's last piece may be empty, for it says that the session is over."""
        if self._start_us is None or self._end_us - self._start_us < self._least_us:
            return None
        from_us = self._start_us if self._told_us is None else self._told_us
        if self._end_us == from_us and (is_open or self._told_us is None):
            return None
        piece = SessionPiece(from_us, self._end_us, continues=self._told_us is not None, open=is_open)
        self._told_us = self._end_us
        return piece
