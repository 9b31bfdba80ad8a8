"""What pages, commands and `jobs` need of the life of spaces, as protocols (docs/decisions/0023).

Every method raises `RuleRefused` when a rule says no, in words for the person, and `StoreUnavailable` when the database
can't be used now; then nothing was kept. Whoever acts is an `Actor`; every decision is written into the log of actions
in its own transaction.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from hub.domain.booking import Booking
from hub.domain.people import Actor
from hub.domain.space import Period, PeriodKind


class Reach(NamedTuple):
    """How much the end of a space takes with it, beside bookings.

    Args:
        cards: how many cards are blocked on that day.
        members: how many persons have no other space, and are erased some time later.
        devices: how many devices are told to forget all cards.
    """

    cards: int
    members: int
    devices: int


@dataclass(frozen=True, slots=True)
class Closing:
    """What the end of a space takes with it.

    Args:
        on: first day on which the space is closed.
        cancelled: bookings that lie beyond, by begin.
        cut: bookings that reach beyond, as they are before they are cut.
    """

    on: date
    cancelled: tuple[Booking, ...]
    cut: tuple[Booking, ...]
    reach: Reach


class EndedSpace(NamedTuple):
    """A space whose end was decided, and not all of what follows is done.

    Args:
        on: first local day on which it is closed.
        done_us: when its cards were blocked; None until then.
    """

    space: str
    time_zone: str
    on: date
    done_us: int | None


class LifeDesk(Protocol):
    """The life of spaces: managers only."""

    def open_space(
        self, space: str, on: date, test_from: date | None, actor: Actor, now_us: int
    ) -> tuple[Period, ...]:
        """Say on which day a space opens, and from when on it is tried out; return its life.

        Args:
            test_from: first day of the test; None for the one that is decided already, if any.
        """
        ...

    def move(self, space: str, on: date, address: str, actor: Actor, now_us: int) -> tuple[Period, ...]:
        """Say on which day a space moves, and where to; return its life. Its id and history stay."""
        ...

    def look_at_closing(self, space: str, on: date, actor: Actor, now_us: int) -> Closing:
        """Return what would follow if a space closed on a day, and change nothing."""
        ...

    def close(self, space: str, on: date, reason: str, actor: Actor, now_us: int) -> Closing:
        """Say on which day a space is closed for good; bookings beyond it are cancelled at once, with the reason.

        On that day `jobs` blocks the cards and has the devices forget them; persons are erased some time later.
        """
        ...

    def take_back(self, space: str, kind: PeriodKind, actor: Actor, now_us: int) -> tuple[Period, ...]:
        """Take back a move or an end that is still to come; return the life. Cancelled bookings stay cancelled."""
        ...
