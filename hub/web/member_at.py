"""Where and when somebody books: the space, the actor, one frozen `now`, and the ports."""

from dataclasses import dataclass

from werkzeug.exceptions import NotFound

from hub.domain.booking import Booking
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.occupancy import SpaceLive
from hub.domain.people import HOSTS, Actor
from hub.domain.space import Space
from hub.web.accounts import present
from hub.web.belonging import belongs_to
from hub.web.errors import SpaceNotFound
from hub.web.parts import BookingDesks, parts
from hub.web.refusals import is_missing, refusal_text


@dataclass(frozen=True, slots=True)
class MemberAt:
    """What each page of bookings begins with."""

    live: SpaceLive
    actor: Actor
    now_us: int
    desks: BookingDesks

    @property
    def space(self) -> Space:
        """The space with its desks, which whoever belongs to it may see."""
        return self.live.space

    @property
    def zone(self) -> str:
        """The space's time zone."""
        return self.live.space.time_zone

    @property
    def may_book(self) -> bool:
        """Whether the visitor books for oneself here; hosts without a membership book for others."""
        if self.actor.member is None:
            return False
        return self.space.booking_rules.bookable or self.actor.may(self.space.id, *HOSTS)

    def desk_name(self, id_: str) -> str:
        """Return a desk's name, or the page that says that it is not there."""
        for desk in self.space.desks:
            if desk.id == id_:
                return desk.name
        raise NotFound


def booking_desks() -> BookingDesks:
    """Return what bookings are made with; where nothing is booked, its pages do not exist."""
    found = parts().desks.booking
    if found is None:
        raise NotFound
    return found


def member_at(space: str) -> MemberAt:
    """Return where and when the present request is; to whoever does not belong to the space it is not there."""
    now_us = parts().clock.now_us()
    live = parts().live.space(space, now_us)
    if live is None:
        raise SpaceNotFound
    if not belongs_to(space):
        raise NotFound
    return MemberAt(live, present().actor, now_us, booking_desks())


def own_booking(id_: str) -> tuple[Booking, MemberAt]:
    """Return one of the visitor's own bookings and where it is, or the page that says that it is not there."""
    now_us, desks, actor = parts().clock.now_us(), booking_desks(), present().actor
    found = desks.bookings.booking(id_, actor)
    live = parts().live.space(found.space, now_us)
    if found.member is None or found.member != actor.member or live is None:
        raise NotFound
    return found, MemberAt(live, actor, now_us, desks)


def said_at_form(error: RuleRefused) -> str:
    """Return the words of a refusal for its form; what is not for the one who asks is a missing page instead."""
    is_for_hosts = error.code == "hosts_book_here"
    if is_missing(error) or (isinstance(error, NotAllowed) and not is_for_hosts):
        raise error
    return refusal_text(error)
