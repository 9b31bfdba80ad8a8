"""What the services of bookings need of storage: one transaction, rolled back unless committed."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from hub.booking_ports import Page, Query, Series
from hub.domain.admission import Admission
from hub.domain.booking import Booking, CheckInWay
from hub.domain.booking_limits import Held
from hub.domain.mail import Draft, Reader
from hub.domain.no_show import Silence
from hub.domain.pass_windows import PassFacts
from hub.domain.people import Membership
from hub.domain.place import Place
from hub.domain.requests import Request
from hub.domain.space import SpaceBookings
from hub.domain.tariffs import WithoutPass
from hub.domain.time import Interval
from hub.domain.waiting import Wait


class WaitingUnit(Protocol):
    """The waiting list within one transaction on bookings."""

    def waits(self, space: str) -> Sequence[Wait]:
        """Return who waits in a space, first come first."""
        ...

    def waits_of(self, member: int) -> Sequence[Wait]:
        """Return what a member waits for, in all spaces, first come first."""
        ...

    def wait(self, id_: str) -> Wait:
        """Return one place in line; refused when there is none of this id."""
        ...

    def waiting_spaces(self) -> Sequence[str]:
        """Return the ids of the spaces in which anybody waits."""
        ...

    def right_of(self, member: int, space: str) -> Membership | None:
        """Return a member's membership of a space, and hold nobody."""
        ...

    def add_wait(self, wait: Wait) -> None:
        """Let somebody wait."""
        ...

    def hold_for(self, wait: str, booking: str, until_us: int) -> None:
        """Note what is held for somebody; nothing with an empty id."""
        ...

    def end_wait(self, wait: str) -> None:
        """Let somebody wait no more."""
        ...

    def mail(self, draft: Draft, now_us: int) -> bool:
        """Write a letter into the outbox; it is sent after the commit, once."""
        ...


class BookingUnit(WaitingUnit, Protocol):
    """Bookings within one transaction."""

    def place(self, space: str) -> Place:
        """Return a space with its rules and its town's calendar; refused when there is none of this id."""
        ...

    def membership(self, member: int, space: str) -> Membership | None:
        """Return a member's membership of a space, and hold the member; refused when there is no such member."""
        ...

    def spaces_of(self, member: int) -> frozenset[str]:
        """Return the spaces that a member has or had a right to; refused when there is no such member."""
        ...

    def admission(self, space: str) -> Admission:
        """Return what a space has decided about who is let in from which day on."""
        ...

    def without_pass(self, space: str) -> WithoutPass:
        """Return what a space's doors do for members without a valid pass."""
        ...

    def passes(self, space: str, member: int, day: date) -> PassFacts:
        """Return what is stored of a member's passes from a day on; of none where doors open without one."""
        ...

    def hold_desks(self, space: str, desks: Collection[str]) -> None:
        """Let others who book these desks wait until the end, in one order everywhere."""
        ...

    def booking(self, id_: str) -> Booking:
        """Return a booking, held until the end; refused when there is none of this id."""
        ...

    def by_request(self, key: str) -> tuple[Booking, bytes] | None:
        """Return what a request has made, and the digest of what it asked for; None when it made nothing yet."""
        ...

    def made_by(self, request: Request, now_us: int) -> str | None:
        """Return the id of the series that a request has made; None for a new one, whose like waits until the end."""
        ...

    def note_made(self, request: Request, made: str, member: int | None) -> None:
        """Note what a new request has made, and for whom."""
        ...

    def held(self, space: str, member: int, from_us: int, but: Collection[str]) -> Sequence[Held]:
        """Return a member's active desks of a space that end after a moment, but for some bookings, by begin."""
        ...

    def in_the_way(
        self, space: str, desks: Collection[str], times: Sequence[Interval], but: Collection[str] = ()
    ) -> Sequence[tuple[str, Booking]]:
        """Return (desk, booking) for what takes some desks in some times, but for some bookings, by begin."""
        ...

    def unconfirmed(self, now_us: int) -> Sequence[Booking]:
        """Return members' desks that run and nobody checked in, of all spaces, by begin."""
        ...

    def silences(self, bookings: Sequence[Booking], now_us: int) -> Mapping[str, Silence]:
        """Return by id what is heard at the desks of some bookings, which take one each, and at their spaces' doors."""
        ...

    def rules(self, spaces: Collection[str]) -> Mapping[str, SpaceBookings]:
        """Return what some spaces have decided about bookings, decided or by default."""
        ...

    def page(self, query: Query) -> Page:
        """Return one page of bookings."""
        ...

    def taken(self, space: str, desks: Collection[str], time: Interval) -> Mapping[str, tuple[Interval, ...]]:
        """Return by id when some desks are taken in a time, rising and apart; free ones are left out."""
        ...

    def add(self, bookings: Sequence[Booking], request: Request | None = None) -> None:
        """Store new bookings of one space; `DeskTaken` when the database says so."""
        ...

    def add_series(self, series: Series, now_us: int) -> None:
        """Store a series with its bookings; `DeskTaken` when the database says so."""
        ...

    def series(self, id_: str) -> Series:
        """Return a series with its bookings, held until the end; refused when there is none of this id."""
        ...

    def save(self, booking: Booking) -> Booking:
        """Write how a booking is now and return it, one version later; `DeskTaken` when the database says so."""
        ...

    def add_check_in(
        self, booking: Booking, member: int | None, at_us: int, way: CheckInWay, account: int | None
    ) -> None:
        """Note that somebody said to be there, and the visit of the day."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def reader(self, member: int) -> Reader | None:
        """Return who gets a member's letters; None when nobody can be reached."""
        ...

    def want_lists(self, space: str) -> None:
        """Have every trusted device of a space get a list that says what holds now."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class BookingUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[BookingUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[BookingUnit]:
        """Begin one that only looks."""
        ...
