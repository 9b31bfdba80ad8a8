"""Where and when a host does something: the space, the actor, one frozen `now`, and the ports."""

from dataclasses import dataclass

from werkzeug.exceptions import NotFound

from hub.domain.cards import CardView
from hub.domain.doors import DoorView
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.occupancy import SpaceLive
from hub.domain.people import Actor, Role
from hub.domain.space import Space
from hub.web.accounts import present
from hub.web.errors import SpaceNotFound
from hub.web.parts import Access, BookingDesks, parts
from hub.web.refusals import is_missing, refusal_text


@dataclass(frozen=True, slots=True)
class At:
    """What each view of a host begins with."""

    space: Space
    actor: Actor
    now_us: int
    desks: Access
    live: SpaceLive

    @property
    def zone(self) -> str:
        """The space's time zone."""
        return self.space.time_zone

    @property
    def booking(self) -> BookingDesks:
        """What bookings are made with; where nothing is booked, its pages do not exist."""
        if self.desks.booking is None:
            raise NotFound
        return self.desks.booking

    @property
    def is_manager(self) -> bool:
        """Whether the host may change members, too."""
        return self.actor.may(self.space.id, Role.MANAGER)

    def card(self, pk: int) -> CardView:
        """Return a card of the space, or the page that says that it is not there."""
        for card in self.desks.cards.cards(self.space.id, self.actor):
            if card.pk == pk:
                return card
        raise NotFound

    def door(self, id_: str) -> DoorView:
        """Return a door of the space, or the page that says that it is not there."""
        for door in self.desks.doors.doors(self.space.id, self.actor, self.now_us):
            if door.id == id_:
                return door
        raise NotFound


def at(space: str) -> At:
    """Return where and when the present request is."""
    now_us = parts().clock.now_us()
    live = parts().live.space(space, now_us)
    if live is None:
        raise SpaceNotFound
    return At(live.space, present().actor, now_us, parts().desks, live)


def shown_at_form(error: RuleRefused) -> str:
    """Return the words of a refusal for its form; what is not for the one who asks is a missing page instead."""
    if isinstance(error, NotAllowed) or is_missing(error):
        raise error
    return refusal_text(error)
