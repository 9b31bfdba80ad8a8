"""Members in line: `hub.waiting_ports.WaitingDesk`, and what `jobs` does with the line."""

from collections.abc import Sequence
from functools import partial
from secrets import token_hex
from typing import Final

from hub.booking_ports import BookingDesk, Wish
from hub.domain.booking import Booking, BookingKind
from hub.domain.booking_refusals import NoNeedToWait, NothingHeld, NoWaitingList, TooManyWaits, UnknownWait
from hub.domain.errors import NotAllowed
from hub.domain.people import Actor
from hub.domain.place import Place
from hub.domain.waiting import MAX_WAITS, Wait, rest_of
from hub.services.attempts import again_when_busy
from hub.services.booking_rules import acts_as_host, rules_for
from hub.services.booking_unit import BookingUnit, BookingUnits
from hub.services.waiting_list import end_hold, lapse, offer
from hub.waiting_ports import Turn, WaitWish

ID_BYTES: Final = 8


class WaitingService:
    """The waiting list.

    Args:
        units: where bookings are kept.
        bookings: books what is held.
    """

    def __init__(self, units: BookingUnits, bookings: BookingDesk) -> None:
        self._units, self._bookings = units, bookings

    def wait(self, wish: WaitWish, actor: Actor, now_us: int) -> Wait:
        """Get in line for what is taken; whoever is in line for the same already stays where they are."""
        return again_when_busy(partial(self._wait, wish, actor, now_us))

    def _wait(self, wish: WaitWish, actor: Actor, now_us: int) -> Wait:
        member = _member(actor)
        with self._units.writing() as unit:
            place = unit.place(wish.space)
            acts_as_host(place, member, actor, BookingKind.DESK)
            if not (place.space.booking_rules.hold_min and place.space.booking_rules.bookable):
                raise NoWaitingList(place.space.name)
            rules = rules_for(unit, place, member, now_us)
            rules.check_time(wish.time)
            if wish.desk:
                rules.check_desk(wish.desk)
            own = unit.waits_of(member)
            for one in own:
                if (one.space, one.desk, one.time) == (wish.space, wish.desk, wish.time):
                    return one
            if len(own) >= MAX_WAITS:
                raise TooManyWaits(MAX_WAITS)
            _check_taken(unit, place, wish)
            made = Wait(token_hex(ID_BYTES), wish.space, member, wish.desk, wish.time, now_us)
            unit.add_wait(made)
            unit.commit()
        return made

    def turns(self, actor: Actor, now_us: int) -> Sequence[Turn]:
        """Return where one waits, by begin; what is over is left out."""
        if actor.member is None:
            return []
        with self._units.reading() as unit:
            own = [one for one in unit.waits_of(actor.member) if one.time.end_us > now_us]
            lines = {one.space: unit.waits(one.space) for one in own}
            found = [_turn(unit, one, lines[one.space]) for one in own]
        return sorted(found, key=lambda one: (one.time.start_us, one.wait.created_us, one.wait.id))

    def turn(self, wait: str, actor: Actor, now_us: int) -> Turn:
        """Return one place in line; to others it is not there, and over it is not there either."""
        with self._units.reading() as unit:
            own = _own(unit, wait, actor)
            if own.time.end_us <= now_us:
                raise UnknownWait(wait)
            return _turn(unit, own, unit.waits(own.space))

    def leave(self, wait: str, actor: Actor, now_us: int) -> None:
        """Wait no more; what is held goes to the next."""
        again_when_busy(partial(self._leave, wait, actor, now_us))

    def _leave(self, id_: str, actor: Actor, now_us: int) -> None:
        with self._units.writing() as unit:
            own = _own(unit, id_, actor)
            if own.hold:
                offer(unit, unit.place(own.space), [end_hold(unit, own, now_us)], now_us)
            else:
                unit.end_wait(own.id)
            unit.commit()

    def confirm(self, wait: str, actor: Actor, now_us: int) -> Booking:
        """Book what is held: the service of bookings ends the hold where it books, in one transaction."""
        with self._units.reading() as unit:
            own = _own(unit, wait, actor)
            if not own.hold or own.until_us <= now_us:
                raise NothingHeld
            hold = unit.booking(own.hold)
        return self._bookings.book(Wish(hold.space, hold.desks[0], hold.time, own.member), actor, now_us)


class KeepTheLine:
    """Ends holds of which the term is over, and offers what is free: also what nobody told the line of.

    A desk that was put into service, a person who was erased, a membership that began.

    Args:
        units: where bookings are kept.
    """

    def __init__(self, units: BookingUnits) -> None:
        self._units = units

    def run(self, now_us: int) -> list[str]:
        """Return the ids of the spaces in which anything changed.

        Raises:
            StoreUnavailable: when the database can't now; the next run finds the same.
        """
        with self._units.reading() as unit:
            spaces = unit.waiting_spaces()
        return [space for space in spaces if again_when_busy(partial(self._keep, space, now_us))]

    def _keep(self, space: str, now_us: int) -> bool:
        with self._units.writing() as unit:
            waits = unit.waits(space)
            freed = lapse(unit, waits, now_us)
            place = unit.place(space)
            over = [one for one in waits if not one.hold and rest_of(place.space, one.time, now_us) is None]
            for one in over:
                unit.end_wait(one.id)
            held = offer(unit, place, None, now_us)
            if freed or over or held:
                unit.commit()
        return bool(freed or held)


def _member(actor: Actor) -> int:
    if actor.member is None:
        raise NotAllowed("your account belongs to no member: who waits is one", code="not_allowed")
    return actor.member


def _own(unit: BookingUnit, id_: str, actor: Actor) -> Wait:
    found = unit.wait(id_)
    if found.member != actor.member:
        raise UnknownWait(id_)
    return found


def _turn(unit: BookingUnit, own: Wait, line: Sequence[Wait]) -> Turn:
    if own.hold:
        hold = unit.booking(own.hold)
        return Turn(own, 0, hold.desks[0], hold.time)
    ahead = 0
    for one in line:
        if one.id == own.id:
            break
        is_same = not one.desk or not own.desk or one.desk == own.desk
        ahead += is_same and one.time.start_us < own.time.end_us and own.time.start_us < one.time.end_us
    return Turn(own, ahead, own.desk, own.time)


def _check_taken(unit: BookingUnit, place: Place, wish: WaitWish) -> None:
    """Refuse to let somebody wait for what is free."""
    desks = (wish.desk,) if wish.desk else tuple(one.id for one in place.space.desks if one.in_service)
    taken = unit.taken(wish.space, desks, wish.time)
    for desk in desks:
        if desk not in taken:
            raise NoNeedToWait(desk, place.space.desk_name(desk))
