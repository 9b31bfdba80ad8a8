"""What the services of the life of spaces need of storage: one transaction, rolled back unless committed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from hub.domain.booking import Booking
from hub.domain.space import Period
from hub.life_ports import EndedSpace, Reach
from hub.services.booking_unit import BookingUnit


class LifeUnit(BookingUnit, Protocol):
    """The life of a space, and what it takes with it."""

    def active_after(self, space: str, at_us: int) -> Sequence[Booking]:
        """Return the active bookings of a space that end after a moment, blockings too, by begin."""
        ...

    def reach(self, space: str) -> Reach:
        """Return how much an end would take now."""
        ...

    def save_life(self, space: str, periods: Sequence[Period], now_us: int) -> None:
        """Make the life of a space be as given, and its first and last day with it."""
        ...

    def ended(self) -> Sequence[EndedSpace]:
        """Return the spaces with an end of which not all is done, by id."""
        ...

    def block_cards(self, space: str, reason: str, now_us: int) -> int:
        """Block all cards of a space that may open something, with an entry in the log for each; return how many."""
        ...

    def note_done(self, space: str, now_us: int) -> None:
        """Note that cards are blocked; from now on the space's report is frozen."""
        ...

    def only_here(self, space: str) -> Sequence[int]:
        """Return the keys of a space's members who have no membership and no role in a space that lives."""
        ...

    def erase(self, member: int, now_us: int) -> None:
        """Take a person out of every table; counts stay."""
        ...

    def note_erased(self, space: str, now_us: int) -> None:
        """Note that persons are erased: nothing is left to be done."""
        ...


class LifeUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[LifeUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[LifeUnit]:
        """Begin one that only looks."""
        ...
