"""What members do with doors by phone: `hub.access_ports.PhoneDesk`, one transaction each."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from hub.domain.access import CardFacts, horizon
from hub.domain.door_now import Command, DoorFacts
from hub.domain.doors import CommandKind, CommandState, DoorMode
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor, Member
from hub.domain.phone_opening import CALLED_S, NO_CARD, PhoneDoor, PhoneSpace, phone_doors
from hub.domain.public_holidays import public_holidays
from hub.domain.time import Interval
from hub.services.door_desk import COMMAND_US, ID_BYTES
from hub.services.publish_access import VALID_US, BookingsOf, no_bookings


class PhoneUnit(Protocol):
    """What opening by phone needs, within one transaction; rolled back unless committed."""

    def member(self, pk: int) -> Member:
        """Return a member with all memberships; refused when there is none of this key."""
        ...

    def offering(self, spaces: Collection[str], now_us: int) -> Sequence[PhoneSpace]:
        """Return those of some spaces that let members open by phone, by id."""
        ...

    def cards_in(self, space: str, member: int) -> Sequence[CardFacts]:
        """Return a member's cards of a space."""
        ...

    def doors(self, space: str) -> Sequence[DoorFacts]:
        """Return what is stored of a space's doors, in the order of the site."""
        ...

    def door(self, space: str, door: str) -> DoorFacts:
        """Return one door; refused when the space has no such door."""
        ...

    def add_command(self, command: Command, door: DoorFacts, mode: DoorMode | None, asked_us: int) -> None:
        """Store a command."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class PhoneUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[PhoneUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[PhoneUnit]:
        """Begin one that only looks."""
        ...


class PhoneService:
    """Doors that members open by phone (`hub.access_ports.PhoneDesk`).

    Args:
        units: where all of it is kept.
        bookings: what members have booked, as the access lists have it.
    """

    def __init__(self, units: PhoneUnits, bookings: BookingsOf = no_bookings) -> None:
        self._units, self._bookings = units, bookings

    def phone_doors(self, actor: Actor, now_us: int) -> Sequence[PhoneDoor]:
        """Return the doors that the actor may ask for, each with why it does not open now."""
        if actor.member is None:
            return []
        with self._units.reading() as unit:
            member = _member(unit, actor.member)
            if member is None:
                return []
            offering = unit.offering({one.space for one in member.memberships}, now_us)
            return [door for at in offering for door in self._doors(unit, at, member, now_us)]

    def open_by_phone(self, space: str, door: str, actor: Actor, now_us: int) -> str:
        """Have a door opened if its button is pressed; return the command's id. Refused with why not."""
        if actor.account is None or actor.member is None:
            raise NotAllowed("a door is opened by phone by a member: sign in as one", code="sign_in")
        with self._units.writing() as unit:
            member = _member(unit, actor.member)
            offering = [] if member is None else unit.offering({space}, now_us)
            doors = [one for at in offering if member for one in self._doors(unit, at, member, now_us)]
            found = next((one for one in doors if one.door == door), None)
            if found is None:
                raise RuleRefused(
                    f'space "{space}" offers this member no door "{door}" by phone',
                    code="unknown_door",
                    door=door,
                )
            if found.refusal is not None:
                raise found.refusal
            id_ = secrets.token_hex(ID_BYTES)
            until_us = now_us + COMMAND_US
            command = Command(
                id_, CommandKind.OPEN, CommandState.ASKED, space, door, until_us, actor.account,
                called_s=CALLED_S,
            )  # fmt: skip
            unit.add_command(command, unit.door(space, door), None, now_us)
            entry = {"what": "door_opened_by_phone", "door": f"{space}/{door}", "command": id_}
            # With the card, so that the member's erasure takes this text, too.
            unit.log({**entry, "by": actor.account}, now_us, None if found.card == NO_CARD else found.card)
            unit.commit()
        return id_

    def _doors(self, unit: PhoneUnit, at: PhoneSpace, member: Member, now_us: int) -> list[PhoneDoor]:
        booked = self._bookings(at.space.id, Interval(now_us, now_us + VALID_US))
        cards = unit.cards_in(at.space.id, member.pk)
        doors = unit.doors(at.space.id)
        return phone_doors(at, member, cards, doors, _holidays(at, now_us), now_us, bookings=booked)


def _member(unit: PhoneUnit, pk: int) -> Member | None:
    try:
        return unit.member(pk)
    except RuleRefused:
        # Removed; the account has not been switched off yet.
        return None


def _holidays(at: PhoneSpace, now_us: int) -> frozenset[date]:
    years = {day.year for day in horizon(at.space, now_us, 1)}
    return public_holidays(at.land, years, catholic=at.catholic)
