"""What really happened: who came, who sat where, what was booked, and when nobody could see; plain facts to count by.

All times are whole microseconds of UTC, half-open. A person is a number from 1 on; 0 is a guest whom nobody knows.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from hub.domain.booking import BookingKind, BookingState
from hub.domain.space import Space, Town
from hub.domain.tariffs import Tariff
from hub.domain.time import Interval


class PersonKind(StrEnum):
    """How somebody uses a space."""

    REGULAR = "regular"
    TENANT = "tenant"
    """Comes every working day, to a desk of one's own."""
    NEWCOMER = "newcomer"
    """Tries it for some weeks."""
    TRAVELLER = "traveller"
    """A regular of another space."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who uses spaces, and how.

    Args:
        number: from 1 on, in the whole network.
        space: where this person belongs; `also` is another space that sees the person at times, or empty.
        since, until: first and last day of coming; None for no end.
        weekdays: chance of coming on each weekday, Monday first; `also_weekdays` of the other space.
        arrives_min, stays_min: minutes of the local day, and of a usual stay.
        desk: id of the one that is liked best.
        books, no_show, taps: shares of visits that are booked, of bookings that nobody comes for, and of visits with a
            card at the door; the others slip in behind somebody.
        tariff: id of it in the space.
        opted_in: whether optional statistics may count this person.
        in_club: whether the person belongs to the club whose space it is.
    """

    number: int
    name: str
    kind: PersonKind
    space: str
    since: date
    until: date | None
    weekdays: tuple[float, ...]
    arrives_min: int
    stays_min: int
    desk: str
    books: float
    no_show: float
    taps: float
    tariff: str
    opted_in: bool
    in_club: bool = False
    also: str = ""
    also_weekdays: tuple[float, ...] = ()

    def is_there(self, day: date) -> bool:
        """Say whether a day lies in the person's time."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Sat:
    """Somebody sat at a desk, whether or not it was seen."""

    desk: str
    person: int
    time: Interval


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody was let in by card at a door, for the first time on that day or again."""

    person: int
    door: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking as it stands at the end.

    Args:
        number: from 1 on, in the whole network.
        person: 0 for nobody's.
        ended_us, ended_reason: when and why it was cancelled or released.
        checked_in_us: when its person came; None for who did not say so.
    """

    number: int
    kind: BookingKind
    desks: tuple[str, ...]
    time: Interval
    person: int
    state: BookingState
    created_us: int
    ended_us: int | None = None
    ended_reason: str = ""
    checked_in_us: int | None = None
    note: str = ""


class BlindReason(StrEnum):
    """Why nobody could see whether a desk was in use."""

    UNPLUGGED = "unplugged"
    """Its sensor had come off."""
    OFF = "off"
    """The device was not running: an update, a power cut."""
    LOST = "lost"
    """The device had to drop what it had noted, and was started anew."""


@dataclass(frozen=True, slots=True)
class Blind:
    """A desk could not be seen.

    Args:
        time: in which nothing is sensed.
        known_us: when the device says that the desk is free, if nobody sits there by then; a little after the end.
    """

    desk: str
    time: Interval
    known_us: int
    reason: BlindReason


@dataclass(frozen=True, slots=True)
class Passed:
    """A pass that was sold."""

    number: int
    person: int
    space: str
    tariff: str
    sold_on: date
    valid_from: date
    valid_to: date | None
    units: int
    price_cents: int


@dataclass(frozen=True, slots=True)
class Visit:
    """A person in a space on a local day; `pass_number` is what was used, None for none."""

    person: int
    pass_number: int | None
    by_card: bool


@dataclass(slots=True)
class SpaceDay:
    """What happened in a space on one local day.

    Args:
        bounds: local midnight to midnight.
        sat: by desk and begin; those who stayed past midnight stand under the day on which they sat down.
        booked: what begins on that day.
        tapped: of whom no card is known: a card that was taken off the list since.
    """

    space: str
    day: date
    bounds: Interval
    sat: list[Sat] = field(default_factory=list)
    came: list[Came] = field(default_factory=list)
    booked: list[Booked] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    sold: list[Passed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SpaceStory:
    """A space as it is all the time.

    Args:
        first, last: days on which something can happen, both inclusive.
        holidays: public holidays there, as far as days go.
        tariffs: what it offers.
        people: who may come, travellers from elsewhere included.
        blind: by desk, rising and apart.
        opened_to_all: first day on which a club's space lets in others; None for a space that always did.
    """

    town: Town
    space: Space
    first: date
    last: date
    holidays: frozenset[date]
    tariffs: tuple[Tariff, ...]
    people: tuple[Person, ...]
    blind: dict[str, tuple[Blind, ...]]
    opened_to_all: date | None = None
