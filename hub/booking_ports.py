"""What pages, commands and the API need of bookings, as protocols (DESIGN section 7).

Every method raises a `BookingRefused` (hub/domain/booking_refusals.py) or another `RuleRefused` when a rule says no, in
words for the person, and `StoreUnavailable` when the database can't be used now; then nothing was kept. Whoever acts is
an `Actor`: members act for themselves within the rules of the space, hosts for anybody of it with a reason, and beyond
its rules where they say so. What hosts do stands in the log of actions, in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Protocol

from hub.domain.booking import Booking, BookingKind, BookingState, CheckInWay
from hub.domain.booking_refusals import BookingRefused
from hub.domain.no_show import Verdict
from hub.domain.people import Actor
from hub.domain.requests import Request
from hub.domain.series import SeriesRule
from hub.domain.space import Granularity
from hub.domain.time import Interval


@dataclass(frozen=True, slots=True)
class Wish:
    """A booking that somebody wants.

    Args:
        desk: id; empty for the whole space, which hosts book.
        member: key of whose it shall be; None for a guest's or nobody's, which hosts book.
        reason: of a host who books for somebody else, or beyond the rules.
        beyond_rules: whether hours, limits, membership and grid shall not count; a taken desk always does.
        request: None for one that can't come twice.
    """

    space: str
    desk: str
    time: Interval
    member: int | None
    kind: BookingKind = BookingKind.DESK
    note: str = ""
    reason: str = ""
    beyond_rules: bool = False
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be otherwise; None for what stays."""

    desk: str | None = None
    time: Interval | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Which bookings are asked for.

    Args:
        member: key of whose; None for everybody's, which hosts may ask for.
        time: those that touch it.
        states: in one of these.
        kinds: of one of these.
        after: cursor, from the page before; empty for the first one.
        limit: how many at most.
    """

    space: str | None = None
    member: int | None = None
    time: Interval | None = None
    states: frozenset[BookingState] = field(default_factory=lambda: frozenset(BookingState))
    kinds: frozenset[BookingKind] = field(default_factory=lambda: frozenset(BookingKind))
    series: str | None = None
    after: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Bookings by begin, and the cursor of what follows; empty when nothing does."""

    bookings: tuple[Booking, ...]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Availability:
    """Which desks of a space are taken when; a desk that is not in service is not listed.

    Args:
        desks: ids, in the order of the site.
        taken: by desk, rising and apart; by whom does not matter. One that is free all the time is left out.
        closed: stretches of the time that was asked about in which the space keeps no opening hours.
        granularity: in which pieces the space is booked.
        refusal: why whoever asks can't book all of that time, whatever the desk: its life, the membership, a phase.
        pass_hours: when passes of whoever asks open doors in that time; None where doors open without one. A booking
            outside of them opens none.
    """

    desks: tuple[str, ...]
    taken: Mapping[str, tuple[Interval, ...]]
    closed: tuple[Interval, ...]
    granularity: Granularity
    refusal: BookingRefused | None = None
    pass_hours: tuple[Interval, ...] | None = None

    def free(self, time: Interval) -> tuple[str, ...]:
        """Return the desks that are free for all of a time, in the order of the site."""
        hit = {
            desk
            for desk, spans in self.taken.items()
            if any(one.start_us < time.end_us and time.start_us < one.end_us for one in spans)
        }
        return tuple(desk for desk in self.desks if desk not in hit)


class BookingDesk(Protocol):
    """Single bookings."""

    def book(self, wish: Wish, actor: Actor, now_us: int) -> Booking:
        """Book; the same request again returns what it made the first time."""
        ...

    def booking(self, booking: str, actor: Actor) -> Booking:
        """Return one booking: its member's, or any of a host's space."""
        ...

    def bookings(self, query: Query, actor: Actor) -> Page:
        """Return bookings: one's own, or those of a host's space."""
        ...

    def unconfirmed(self, space: str, actor: Actor, now_us: int) -> Sequence[tuple[Booking, Verdict]]:
        """Return the desks of a space that run and nobody checked in, by begin, and what becomes of each; hosts only.

        OCCUPIED is "belegt, nicht bestätigt": somebody sits there, whoever it is.
        """
        ...

    def availability(self, space: str, time: Interval, actor: Actor) -> Availability:
        """Return which desks are taken when, without persons; for members and hosts of the space."""
        ...

    def change(
        self,
        booking: str,
        change: Change,
        version: int,
        actor: Actor,
        now_us: int,
        *,
        reason: str = "",
        beyond_rules: bool = False,
    ) -> Booking:
        """Change a booking that was looked at in a version; of one that runs only end and note change."""
        ...

    def cancel(self, booking: str, actor: Actor, now_us: int, *, reason: str = "") -> Booking:
        """Cancel; a second time changes nothing."""
        ...

    def restore(self, booking: str, actor: Actor, now_us: int, *, reason: str = "") -> Booking:
        """Take a cancelled booking up again until its begin, hosts until its end, if its desks are free."""
        ...

    def check_in(self, booking: str, actor: Actor, now_us: int, way: CheckInWay | None = None) -> Booking:
        """Check in; by default a member by phone and a host by hand. One that was released is taken up if free."""
        ...


class Which(StrEnum):
    """Which days of a series something is done to."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a series.

    Args:
        first: of THIS and FOLLOWING the day, of RANGE the first one.
        last: of RANGE, inclusive.
    """

    which: Which
    first: date | None = None
    last: date | None = None


class Conflict(NamedTuple):
    """A day of a series that can't be as wanted; `refusal` is the code of why not (`desk_taken` …)."""

    day: date
    time: Interval
    refusal: str


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """What a series would be.

    Args:
        free: what can be booked.
        conflicts: what can't.
        nothing_left: days whose time the clock's change leaves out.
    """

    free: tuple[tuple[date, Interval], ...]
    conflicts: tuple[Conflict, ...]
    nothing_left: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesWish:
    """A series that somebody wants; as `Wish`, with a rule instead of a time."""

    space: str
    desk: str
    rule: SeriesRule
    member: int | None
    kind: BookingKind = BookingKind.DESK
    note: str = ""
    reason: str = ""
    beyond_rules: bool = False
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A series as it is kept.

    Args:
        bookings: of all its days that were booked, by day.
    """

    id: str
    space: str
    desk: str
    member: int | None
    kind: BookingKind
    rule: SeriesRule
    bookings: tuple[Booking, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """What became of days of a series.

    Args:
        changed: bookings that were cancelled or changed.
        kept: those that were left as they are: over, begun, or cancelled before.
    """

    changed: tuple[Booking, ...]
    kept: tuple[Booking, ...]


class SeriesDesk(Protocol):
    """Series of bookings."""

    def plan(self, wish: SeriesWish, actor: Actor, now_us: int) -> SeriesPlan:
        """Return what a series would be, and keep nothing."""
        ...

    def book_series(
        self, wish: SeriesWish, actor: Actor, now_us: int, *, without_conflicts: bool = False
    ) -> Series:
        """Book all days, or with `without_conflicts` those that can be; refused with the list when some can't.

        The same request again returns what it made the first time.
        """
        ...

    def series(self, series: str, actor: Actor) -> Series:
        """Return one series with its bookings."""
        ...

    def cancel_days(
        self, series: str, days: Days, actor: Actor, now_us: int, *, reason: str = ""
    ) -> SeriesChange:
        """Cancel days of a series that have not begun."""
        ...

    def change_days(
        self, series: str, days: Days, to: "DayChange", actor: Actor, now_us: int, *, reason: str = ""
    ) -> SeriesChange:
        """Give days of a series another desk, other hours or another note: all of them or, with a refusal, none."""
        ...


@dataclass(frozen=True, slots=True)
class DayChange:
    """What shall be otherwise on days of a series; None for what stays.

    Args:
        starts_min, ends_min: in minutes of the local wall clock; `ends_min` of 1440 is the end of the day.
    """

    desk: str | None = None
    starts_min: int | None = None
    ends_min: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Blocking:
    """What a host takes out of use.

    Args:
        kind: MAINTENANCE, CLOSING or HOLD.
        desks: ids; none for the whole space.
        note: what everybody may read.
        displace: whether bookings that are in the way are cancelled, with the note as reason; otherwise they refuse it.
    """

    space: str
    kind: BookingKind
    time: Interval
    desks: tuple[str, ...] = ()
    note: str = ""
    member: int | None = None
    displace: bool = False
    request: Request | None = None


class BlockingDesk(Protocol):
    """What hosts take out of use, and what happens in the whole space."""

    def block(self, blocking: Blocking, actor: Actor, now_us: int) -> tuple[Booking, Sequence[Booking]]:
        """Block desks; return the blocking and the bookings that had to give way.

        The same request again returns what it made the first time, and no booking: they have given way already.
        """
        ...

    def lift(self, booking: str, actor: Actor, now_us: int) -> Booking:
        """Lift a blocking; of one that has begun the rest."""
        ...
