"""Who may book what for whom, asked by every service of bookings in the same way."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from hub.domain.admission import EVERYONE, Admission
from hub.domain.booking import Booking, BookingKind
from hub.domain.booking_limits import (
    DAY_US,
    Held,
    check_admitted,
    check_advance,
    check_life,
    check_limits,
    check_membership,
    check_open,
    check_when,
    opens_any_hours,
)
from hub.domain.booking_refusals import BookingRefused, DeskOutOfService, UnknownBooking
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.granularity import check_fits, slot_at
from hub.domain.people import HOSTS, Actor, Membership, need_role
from hub.domain.place import Place
from hub.domain.space import Granularity
from hub.domain.tariffs import WithoutPass
from hub.domain.time import Interval
from hub.services.booking_unit import BookingUnit

MIN_REASON: Final = 3
MAX_TEXT: Final = 200


def tidy(text: str) -> str:
    """Return a text of one line without what can't be seen, as long as it may be."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_TEXT]


def check_reason(reason: str) -> str:
    """Return a tidy reason.

    Raises:
        BookingRefused: when it says nothing.
    """
    reason = tidy(reason)
    if len(reason) < MIN_REASON:
        raise BookingRefused(
            f"say why, in {MIN_REASON} characters or more: the log keeps it",
            code="no_reason",
            least=MIN_REASON,
        )
    return reason


def acts_as_host(
    place: Place, member: int | None, actor: Actor, kind: BookingKind, *, beyond_rules: bool = False
) -> bool:
    """Say whether somebody needs to be a host for this: for anybody else, anything but a desk, or beyond the rules.

    Raises:
        NotAllowed: when a host is needed and the actor is none, or members do not book here by themselves.
    """
    is_own = member is not None and actor.member == member
    if is_own and kind is BookingKind.DESK and not beyond_rules:
        is_host = actor.may(place.space.id, *HOSTS)
        if not place.space.booking_rules.bookable and not is_host:
            raise NotAllowed(
                f"{place.space.name} is booked by its hosts: ask one of them", code="hosts_book_here"
            )
        return False
    need_role(actor, place.space.id, *HOSTS)
    return True


def check_for_whom(unit: BookingUnit, member: int | None, actor: Actor) -> None:
    """Refuse a host who books for a person of spaces that the host does not work for (requirement P7).

    Going beyond the rules goes beyond a membership's days, and not to other controllers' persons: they would get
    letters, and whoever listens to a space's webhooks might read their names.

    Raises:
        RuleRefused: as of a member who is not there.
    """
    if member is None or member == actor.member or actor.account is None:
        return
    if not any(actor.may(space, *HOSTS) for space in unit.spaces_of(member)):
        raise RuleRefused(f"there is no member {member}: see the members of a space", code="unknown_member")


def check_may_see(booking: Booking, actor: Actor) -> bool:
    """Say whether a booking is the actor's own; for others but its hosts it is not there.

    Raises:
        UnknownBooking: to all others.
    """
    is_own = booking.member is not None and booking.member == actor.member
    if not is_own and not actor.may(booking.space, *HOSTS):
        raise UnknownBooking(booking.id)
    return is_own


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a space for one member at one moment.

    Args:
        member: None for a guest's, for whom neither membership nor limits count.
        is_beyond: whether a host goes beyond hours, grid, limits, membership and phases.
        admission: whom the space lets in from which day on.
        needs_pass: whether doors open to this member with a pass alone.
    """

    place: Place
    member: int | None
    membership: Membership | None
    now_us: int
    is_beyond: bool = False
    admission: Admission = EVERYONE
    needs_pass: bool = False

    @property
    def any_hours(self) -> bool:
        """Whether what is booked may lie outside the opening hours."""
        return self.is_beyond or opens_any_hours(self.membership)

    @property
    def opens_any_hours(self) -> bool:
        """Whether what is booked opens doors at all of its time: where they need a pass, only what a host granted."""
        return self.is_beyond or (self.any_hours and not self.needs_pass)

    def check_time(self, time: Interval, *, has_begun: bool = False) -> None:
        """Refuse a time that can't be, or that this member can't have here.

        Args:
            has_begun: of a booking that runs, whose begin is no matter any more.
        """
        space = self.place.space
        when = time
        if has_begun:
            rules = space.booking_rules
            running = slot_at(space.granularity, self.now_us, space.time_zone, rules.half_day_at)
            when = Interval(max(time.start_us, running.start_us), time.end_us)
        check_when(space, when, self.now_us)
        # Below full hours nobody goes: what stands in a calendar begins and ends with one.
        check_fits(
            Granularity.HOUR if self.is_beyond else space.granularity,
            time,
            space.time_zone,
            space.booking_rules.half_day_at,
        )
        self.check_right(time)
        if self.is_beyond:
            return
        if not self.any_hours:
            check_open(space, when, self.place.holidays([when]))
        check_advance(space, time, self.now_us)

    def check_right(self, time: Interval) -> None:
        """Refuse days on which the space is not there, or this member has no right to it."""
        space = self.place.space
        check_life(space, time)
        if self.is_beyond or self.member is None:
            return
        membership = check_membership(space, self.membership, time)
        check_admitted(space, self.admission, membership, time)

    def check_limits(self, unit: BookingUnit, wanted: Sequence[Held], but: Collection[str] = ()) -> None:
        """Refuse what would be too much for one member.

        Args:
            but: ids of bookings that are replaced by what is wanted.
        """
        held = self.held(unit, wanted, but)
        if held is not None and wanted:
            check_limits(self.place.space, held, wanted, self.now_us)

    def held(
        self, unit: BookingUnit, wanted: Sequence[Held], but: Collection[str] = ()
    ) -> Sequence[Held] | None:
        """Return what the member has that counts beside what is wanted; None where limits do not count."""
        if self.is_beyond or self.member is None:
            return None
        # From the begin of the earliest week that is asked about, if that lies back.
        from_us = min([self.now_us, *(one.time.start_us - 7 * DAY_US for one in wanted)])
        return unit.held(self.place.space.id, self.member, from_us, but)

    def check_desk(self, id_: str) -> None:
        """Refuse a desk that is not there or can't be used."""
        desk = self.place.desk(id_)
        if not desk.in_service and not self.is_beyond:
            raise DeskOutOfService(desk.id, desk.name)


def rules_for(
    unit: BookingUnit, place: Place, member: int | None, now_us: int, *, is_beyond: bool = False
) -> Rules:
    """Return the rules of a space for a member, who is held until the transaction's end."""
    membership = None if member is None else unit.membership(member, place.space.id)
    admission = EVERYONE if is_beyond or membership is None else unit.admission(place.space.id)
    needs_pass = (
        membership is not None
        and opens_any_hours(membership)
        and not (is_beyond or membership.is_host)
        and unit.without_pass(place.space.id) is WithoutPass.SHUT
    )
    return Rules(place, member, membership, now_us, is_beyond, admission, needs_pass)


def all_desks(place: Place) -> tuple[str, ...]:
    """Return the desks of the whole space.

    Raises:
        BookingRefused: when it has none.
    """
    desks = tuple(desk.id for desk in place.space.desks)
    if not desks:
        raise BookingRefused(f"{place.space.name} has no desk: there is nothing to take", code="no_desks")
    return desks
