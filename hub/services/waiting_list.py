"""Holds what became free for the first in line, in the transaction that freed it, and ends holds nobody confirmed."""

from collections.abc import Collection
from dataclasses import replace
from secrets import token_hex
from typing import Final

from hub.domain.booking import Booking, BookingInput, BookingKind, BookingState, after
from hub.domain.booking_limits import Held
from hub.domain.errors import RuleRefused
from hub.domain.letters import PlaceFree, Stay
from hub.domain.life import address_on
from hub.domain.mail import Draft, Reader
from hub.domain.place import Place
from hub.domain.time import Interval, local_date
from hub.domain.waiting import Wait, held_until_us, rest_of
from hub.services.booking_rules import Rules
from hub.services.booking_unit import BookingUnit

ID_BYTES: Final = 8


def offer(
    unit: BookingUnit,
    place: Place,
    freed: Collection[Booking] | None,
    now_us: int,
    *,
    booker: int | None = None,
) -> int:
    """Hold what is free for who waits for it, first come first, and write each a letter; return how many holds are new.

    Args:
        freed: bookings that left something free; None to look at the whole line.
        booker: key of the member who is about to book it: when it is their turn, nobody behind them gets it.
    """
    rules = place.space.booking_rules
    if not (rules.bookable and rules.hold_min):
        return 0
    held = 0
    for wait in unit.waits(place.space.id):
        if wait.hold or not (freed is None or any(wait.is_for(one) for one in freed)):
            continue
        found = _what_is_free(unit, place, wait, now_us)
        if found is None:
            continue
        if wait.member == booker:
            break
        _hold(unit, place, wait, *found, now_us)
        held += 1
    return held


def lapse(unit: BookingUnit, waits: Collection[Wait], now_us: int) -> list[Booking]:
    """End holds of which the term is over, and with each the place in line; return what they kept."""
    return [end_hold(unit, one, now_us) for one in waits if one.hold and one.until_us <= now_us]


def end_hold(unit: BookingUnit, wait: Wait, now_us: int) -> Booking:
    """End a hold and the place in line that it was for; return what it kept."""
    kept = unit.booking(wait.hold)
    unit.end_wait(wait.id)
    if kept.is_active:
        state = after(kept, BookingInput.CANCEL)
        unit.save(replace(kept, state=state, ended_us=now_us))
    return kept


def use_own_holds(unit: BookingUnit, member: int | None, wanted: Booking, now_us: int) -> list[Booking]:
    """End holds for a member that are in the way of what the member books; return what they kept."""
    if member is None:
        return []
    own = [one for one in unit.waits_of(member) if one.hold and one.until_us > now_us]
    kept = [(one, unit.booking(one.hold)) for one in own]
    return [
        end_hold(unit, wait, now_us)
        for wait, hold in kept
        if set(hold.desks).intersection(wanted.desks) and _overlap(hold.time, wanted.time)
    ]


def end_what_is_met(unit: BookingUnit, made: Booking, now_us: int) -> list[Booking]:
    """Let a member wait no more for what they have; return what was kept for it elsewhere."""
    met = [] if made.member is None else [one for one in unit.waits_of(made.member) if one.is_met_by(made)]
    for one in met:
        if not one.hold:
            unit.end_wait(one.id)
    return [end_hold(unit, one, now_us) for one in met if one.hold]


def _what_is_free(unit: BookingUnit, place: Place, wait: Wait, now_us: int) -> tuple[str, Interval] | None:
    """Return the first desk that somebody in line may have now, and when; None when there is none."""
    time = rest_of(place.space, wait.time, now_us)
    desks = (wait.desk,) if wait.desk else tuple(one.id for one in place.space.desks if one.in_service)
    known = {one.id for one in place.space.desks}
    if time is None or not known.issuperset(desks):
        return None
    right, admission = unit.right_of(wait.member, place.space.id), unit.admission(place.space.id)
    rules = Rules(place, wait.member, right, now_us, admission=admission)
    try:
        rules.check_time(time)
        unit.hold_desks(place.space.id, desks)
        taken = unit.taken(place.space.id, desks, time)
        free = next((desk for desk in desks if desk not in taken), None)
        if free is None:
            return None
        rules.check_desk(free)
        rules.check_limits(unit, [Held("", free, time)])
    except RuleRefused:
        return None
    return free, time


def _hold(unit: BookingUnit, place: Place, wait: Wait, desk: str, time: Interval, now_us: int) -> None:
    space, until_us = place.space, held_until_us(place.space, time, now_us)
    hold = Booking(
        id=token_hex(ID_BYTES),
        space=space.id,
        kind=BookingKind.HOLD,
        desks=(desk,),
        time=time,
        state=BookingState.BOOKED,
        member=None,
        version=1,
        created_us=now_us,
        fresh_us=now_us,
    )
    unit.add([hold])
    unit.hold_for(wait.id, hold.id, until_us)
    stay = Stay(
        uid=hold.id,
        sequence=0,
        space_name=space.name,
        place=place.desk(desk).name,
        start_us=time.start_us,
        end_us=time.end_us,
        time_zone=space.time_zone,
        address=address_on(space, local_date(time.start_us, space.time_zone)),
    )
    letter = PlaceFree(stay, until_us, f"/me/waiting/{wait.id}")
    unit.mail(Draft(f"hold/{hold.id}", Reader(member=wait.member), letter, until_us, space.id), now_us)


def _overlap(one: Interval, other: Interval) -> bool:
    return one.start_us < other.end_us and other.start_us < one.end_us
