"""The life of spaces: `hub.life_ports.LifeDesk`, one transaction each. What follows on the day: `close_spaces`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from hub.domain.booking import Booking, BookingState
from hub.domain.errors import RuleRefused
from hub.domain.letters import Release
from hub.domain.life import closed, moved, opened, without
from hub.domain.people import Actor, Role, need_role
from hub.domain.place import Place
from hub.domain.space import Period, PeriodKind, Space
from hub.domain.time import Interval, day_bounds, local_date
from hub.life_ports import Closing
from hub.services.attempts import again_when_busy
from hub.services.booking_changes import cancel_in, log_host
from hub.services.booking_letters import tell_changed, tell_released
from hub.services.booking_rules import check_reason, tidy
from hub.services.life_unit import LifeUnit, LifeUnits
from hub.services.waiting_list import end_hold


class LifeService:
    """The life of spaces.

    Args:
        units: where it is kept.
    """

    def __init__(self, units: LifeUnits) -> None:
        self._units = units

    def open_space(
        self, space: str, on: date, test_from: date | None, actor: Actor, now_us: int
    ) -> tuple[Period, ...]:
        """Say on which day a space opens, and from when on it is tried out."""
        need_role(actor, space, Role.MANAGER)
        with self._units.writing() as unit:
            found = unit.place(space).space
            life = opened(found, on, test_from, _today(found, now_us))
            _save(unit, space, life, {"what": "space_opening_decided", "by": actor.account}, now_us)
            unit.commit()
        return life

    def move(self, space: str, on: date, address: str, actor: Actor, now_us: int) -> tuple[Period, ...]:
        """Say on which day a space moves, and where to."""
        need_role(actor, space, Role.MANAGER)
        address = tidy(address)
        if not address:
            raise RuleRefused("say where to: the new address, on one line", code="no_address")
        with self._units.writing() as unit:
            found = unit.place(space).space
            life = moved(found, on, address, _today(found, now_us))
            _save(unit, space, life, {"what": "space_move_decided", "by": actor.account}, now_us)
            unit.commit()
        return life

    def look_at_closing(self, space: str, on: date, actor: Actor, now_us: int) -> Closing:
        """Return what would follow if a space closed on a day."""
        need_role(actor, space, Role.MANAGER)
        with self._units.reading() as unit:
            place = unit.place(space)
            closed(place.space, on, _today(place.space, now_us))
            return closing(unit, place, on, now_us)

    def close(self, space: str, on: date, reason: str, actor: Actor, now_us: int) -> Closing:
        """Say on which day a space is closed for good."""
        return again_when_busy(partial(self._close, space, on, reason, actor, now_us))

    def _close(self, space: str, on: date, reason: str, actor: Actor, now_us: int) -> Closing:
        need_role(actor, space, Role.MANAGER)
        why = check_reason(reason)
        with self._units.writing() as unit:
            place = unit.place(space)
            life = closed(place.space, on, _today(place.space, now_us))
            # Whoever books a desk at this moment is waited for, or waits.
            unit.hold_desks(space, [desk.id for desk in place.space.desks])
            found = closing(unit, place, on, now_us)
            end_bookings(unit, place, found, why, actor, now_us)
            what = {"what": "space_end_decided", "reason": why, "by": actor.account}
            _save(unit, space, life, what, now_us)
            unit.commit()
        return found

    def take_back(self, space: str, kind: PeriodKind, actor: Actor, now_us: int) -> tuple[Period, ...]:
        """Take back a move or an end that is still to come."""
        need_role(actor, space, Role.MANAGER)
        with self._units.writing() as unit:
            found = unit.place(space).space
            life = without(found, kind, _today(found, now_us))
            what = {"what": "space_life_taken_back", "of": kind.value, "by": actor.account}
            _save(unit, space, life, what, now_us)
            unit.commit()
        return life


def closing(unit: LifeUnit, place: Place, on: date, now_us: int) -> Closing:
    """Return what the end of a space takes with it, as things are now."""
    end_us = day_bounds(on, place.space.time_zone).start_us
    beyond = unit.active_after(place.space.id, max(end_us, now_us))
    later = [one for one in beyond if one.time.start_us >= end_us and one.state is BookingState.BOOKED]
    across: list[Booking] = [one for one in beyond if one.time.start_us < end_us]
    return Closing(on, tuple(later), tuple(across), unit.reach(place.space.id))


def end_bookings(
    unit: LifeUnit, place: Place, found: Closing, reason: str, actor: Actor, now_us: int
) -> None:
    """Cancel and cut what lies beyond the end of a space, with an entry in the log for each, and tell the members."""
    end_us = day_bounds(found.on, place.space.time_zone).start_us
    for wait in unit.waits(place.space.id):
        if wait.time.start_us >= end_us:
            if wait.hold:
                end_hold(unit, wait, now_us)
            else:
                unit.end_wait(wait.id)
    gone: list[Booking] = []
    for one in found.cancelled:
        before = unit.booking(one.id)
        if before.is_active:  # what was held for somebody in line is not any more
            gone.append(cancel_in(unit, place, before, now_us, reason, is_host=True))
            log_host(unit, "booking_cancelled", gone[-1], actor, now_us, reason)
    cut: list[tuple[Booking, Booking]] = []
    for one in found.cut:
        before = unit.booking(one.id)
        shorter = unit.save(replace(before, time=Interval(before.time.start_us, end_us)))
        cut.append((before, shorter))
        log_host(unit, "booking_changed", shorter, actor, now_us, reason)
    tell_released(unit, place, gone, Release.BLOCKED, now_us, reason)
    tell_changed(unit, place, cut, now_us, by_host=True)


def _save(
    unit: LifeUnit, space: str, life: Sequence[Period], what: Mapping[str, object], now_us: int
) -> None:
    unit.save_life(space, life, now_us)
    told = [f"{one.kind.value} {one.starts_on}" for one in life]
    unit.log({**what, "space": space, "life": told}, now_us)
    unit.want_lists(space)


def _today(space: Space, now_us: int) -> date:
    return local_date(now_us, space.time_zone)
