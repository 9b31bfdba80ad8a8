"""When to send what lies in the spool, and when to send it again: rules D4, D5, D9 and D10, without any I/O.

The machine knows numbers and times only. The caller asks `next_step` until it has nothing to do, sends what it is told
and says what it sent. A mark is the only acknowledgement; the broker's own counts for nothing.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Phase(Enum):
    """How far a connection has come."""

    DOWN = "down"
    AWAITING_MARK = "awaiting_mark"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Pace:
    """The machine's times and sizes.

    Args:
        window: batches under way at most.
        resend_us: how long a batch may go without a mark, the first time; doubles up to `resend_max_us`, with jitter.
        mark_wait_us: how long a new connection waits for the mark before it sends (D10).
        back_us: how long a mark must stay back before it is believed (D5).
    """

    window: int = 8
    resend_us: int = 10_000_000
    resend_max_us: int = 60_000_000
    mark_wait_us: int = 5_000_000
    back_us: int = 10_000_000


@dataclass(frozen=True, slots=True)
class SendFrom:
    """Send one batch that begins at this number, then say `sent`, or `refused`."""

    first: int


@dataclass(frozen=True, slots=True)
class BeginEpoch:
    """Another copy of this spool used our numbers: begin a new epoch, then say `begin` (D10).

    Args:
        mark: the hub's, in the old numbering.
    """

    mark: int


Step = SendFrom | BeginEpoch


class Delivery:
    """One device's delivery; every time is a monotonic microsecond count of the caller.

    Args:
        epoch: of the spool.
        mark: last one known to the spool.
        published: no number above it was published before (D10).
        random: gives numbers from 0 to 1, for jitter.
        pace: times and sizes.
    """

    def __init__(
        self, epoch: str, mark: int, published: int, *, random: Callable[[], float], pace: Pace | None = None
    ) -> None:
        self.pace = pace or Pace()
        self._random = random
        self.phase = Phase.DOWN
        self._open_at = 0
        self._retry_at: int | None = None
        self.begin(epoch, mark, published)

    def begin(self, epoch: str, mark: int = 0, published: int = 0) -> None:
        """Take over a numbering: at the start, after `BeginEpoch`, or when the spool was replaced.

        A connection that stands stays open: a new epoch is random, so nobody can have a mark for it.
        """
        self.epoch = epoch
        self.mark = mark
        self._published = max(published, mark)
        self._next = mark + 1
        self._flight: deque[int] = deque()
        self._attempt = 0
        self._resend_at: int | None = None
        self._back: tuple[int, int] | None = None
        self._copied: int | None = None
        if self.phase is Phase.AWAITING_MARK:
            self.phase = Phase.OPEN

    @property
    def in_flight(self) -> int:
        """How many batches are sent and not acknowledged."""
        return len(self._flight)

    # -- inputs ---------------------------------------------------------------------------------------------------

    def link_up(self, now_us: int) -> None:
        """The connection stands: wait for the mark, then send what lies above it (D4)."""
        self._land()
        self.phase = Phase.AWAITING_MARK
        self._open_at = now_us + self.pace.mark_wait_us

    def link_down(self) -> None:
        """The connection is gone, and with it all that was under way."""
        self._land()
        self.phase = Phase.DOWN

    def mark_arrived(self, epoch: str, upto: int, now_us: int) -> None:
        """The hub said how far it has committed (D3)."""
        if epoch != self.epoch:
            # Counts as zero (D10), but is believed no sooner than any mark that goes back, and opens nothing.
            self._look_back(0, now_us)
            return
        if upto > self._published:
            self._copied = upto
            return
        if self.phase is Phase.AWAITING_MARK:
            self.phase = Phase.OPEN
        if upto < self.mark:
            self._look_back(upto, now_us)
            return
        self._back = None
        if upto > self.mark:
            self._advance(upto, now_us)
        elif self._attempt and self._resend_at is not None:
            # The hub is there and lacks what we sent: no need to wait out a long back-off.
            self._attempt = 0
            self._resend_at = min(self._resend_at, now_us + self._patience_us())

    def sent(self, first: int, last: int, now_us: int) -> None:
        """A batch that accounts for `first … last` was handed to the broker."""
        self._next = last + 1
        self._published = max(self._published, last)
        self._flight.append(last)
        self._retry_at = None
        if self._resend_at is None:
            self._resend_at = now_us + self._patience_us()

    def refused(self, now_us: int) -> None:
        """The broker took nothing: try again in a second, or with the next connection."""
        self._retry_at = now_us + 1_000_000

    # -- answers --------------------------------------------------------------------------------------------------

    def next_step(self, lowest: int, highest: int, now_us: int) -> Step | None:
        """Say what is to be done now.

        Args:
            lowest: first number that the spool can still account for.
            highest: last number given.

        Returns:
            One step, to be asked again after it; None when there is nothing to do before the next input or deadline.
        """
        if self.phase is Phase.DOWN:
            return None
        if self._copied is not None:
            return BeginEpoch(self._copied)
        if self.phase is Phase.AWAITING_MARK:
            if now_us < self._open_at:
                return None
            self.phase = Phase.OPEN
        self._look_at_timers(now_us)
        if self._retry_at is not None:
            if now_us < self._retry_at:
                return None
            self._retry_at = None
        # After a time-out one batch asks the way: a hub that is away must not fill the broker's queue.
        window = 1 if self._attempt else self.pace.window
        first = max(self._next, lowest)
        if first > highest or len(self._flight) >= window:
            return None
        return SendFrom(first)

    def deadline_us(self) -> int | None:
        """Return when `next_step` must be asked again at the latest, or None."""
        if self.phase is Phase.DOWN:
            return None
        times = [self._resend_at, self._retry_at, self._back[1] if self._back else None]
        if self.phase is Phase.AWAITING_MARK:
            times = [self._open_at]
        return min((time for time in times if time is not None), default=None)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _advance(self, upto: int, now_us: int) -> None:
        self.mark = upto
        while self._flight and self._flight[0] <= upto:
            self._flight.popleft()
        self._next = max(self._next, upto + 1)
        self._attempt = 0
        self._resend_at = now_us + self._patience_us() if self._flight else None

    def _look_back(self, upto: int, now_us: int) -> None:
        """Note a mark that lies behind ours; the time counts from the first of them (D5)."""
        if upto < self.mark:
            since = self._back[1] if self._back else now_us + self.pace.back_us
            self._back = (upto, since)

    def _look_at_timers(self, now_us: int) -> None:
        if self._back is not None and now_us >= self._back[1]:
            self.mark = self._back[0]
            self._back = None
            self._land()
        if self._resend_at is not None and now_us >= self._resend_at:
            attempt = self._attempt + 1
            self._land()
            self._attempt = attempt

    def _land(self) -> None:
        """Forget what is under way: it will be sent again from the mark."""
        self._flight.clear()
        self._next = self.mark + 1
        self._attempt = 0
        self._resend_at = None
        self._retry_at = None

    def _patience_us(self) -> int:
        longest = min(self.pace.resend_us << min(self._attempt, 20), self.pace.resend_max_us)
        return longest + int(longest * self._random() / 4)
