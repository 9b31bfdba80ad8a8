"""What pages need of the waiting list, as a protocol; refusals are those of bookings (`hub.booking_ports`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.domain.booking import Booking
from hub.domain.people import Actor
from hub.domain.time import Interval
from hub.domain.waiting import Wait


@dataclass(frozen=True, slots=True)
class WaitWish:
    """A time that somebody would take if it became free.

    Args:
        desk: id; empty for any desk of the space.
    """

    space: str
    desk: str
    time: Interval


@dataclass(frozen=True, slots=True)
class Turn:
    """A place in line as its owner sees it.

    Args:
        ahead: how many others came first, for a part of the same.
        desk: id of the desk that is held, or waited for; empty for any.
        time: that is held, or waited for.
    """

    wait: Wait
    ahead: int
    desk: str
    time: Interval


class WaitingDesk(Protocol):
    """What members do with the waiting list, each for oneself."""

    def wait(self, wish: WaitWish, actor: Actor, now_us: int) -> Wait:
        """Get in line for what is taken; whoever is in line for the same already stays where they are."""
        ...

    def turns(self, actor: Actor, now_us: int) -> Sequence[Turn]:
        """Return where one waits, by begin; what is over is left out."""
        ...

    def turn(self, wait: str, actor: Actor, now_us: int) -> Turn:
        """Return one place in line; to others it is not there."""
        ...

    def leave(self, wait: str, actor: Actor, now_us: int) -> None:
        """Wait no more; what is held goes to the next."""
        ...

    def confirm(self, wait: str, actor: Actor, now_us: int) -> Booking:
        """Book what is held."""
        ...
