"""What hosts take out of use: `hub.booking_ports.BlockingDesk`. A blocking is a booking with a claim on each desk."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from secrets import token_hex
from typing import Final

from hub.booking_ports import Blocking
from hub.domain.booking import (
    BLOCKINGS,
    MAX_LENGTH_US,
    Booking,
    BookingInput,
    BookingKind,
    BookingState,
    after,
)
from hub.domain.booking_limits import HORIZON_DAYS, check_calendar
from hub.domain.booking_refusals import (
    BookingRefused,
    OtherRequest,
    TooFarAhead,
    TooLate,
    TooLong,
    desk_taken,
)
from hub.domain.letters import Release
from hub.domain.people import HOSTS, Actor, need_role
from hub.domain.place import Place
from hub.domain.time import Interval
from hub.services.attempts import again_when_busy
from hub.services.booking_changes import log_host
from hub.services.booking_letters import tell_changed, tell_released
from hub.services.booking_rules import all_desks, check_for_whom, check_may_see, check_reason
from hub.services.booking_unit import BookingUnit, BookingUnits
from hub.services.no_show import clear_the_way
from hub.services.waiting_list import end_hold, offer

ID_BYTES: Final = 8
DAY_US: Final = 86_400_000_000


class BlockingService:
    """Blockings.

    Args:
        units: where bookings are kept.
    """

    def __init__(self, units: BookingUnits) -> None:
        self._units = units

    def block(self, blocking: Blocking, actor: Actor, now_us: int) -> tuple[Booking, Sequence[Booking]]:
        """Block desks from now on at the earliest; return the blocking and the bookings that had to give way."""
        return again_when_busy(partial(self._block, blocking, actor, now_us))

    def _block(self, blocking: Blocking, actor: Actor, now_us: int) -> tuple[Booking, Sequence[Booking]]:
        need_role(actor, blocking.space, *HOSTS)
        if blocking.kind not in BLOCKINGS:
            raise BookingRefused(
                "a blocking is a maintenance, a closing or a hold: book anything else", code="bad_kind"
            )
        note = check_reason(blocking.note)
        with self._units.writing() as unit:
            place = unit.place(blocking.space)
            time = _time(place, blocking.time, now_us)
            desks = _desks(place, blocking)
            check_for_whom(unit, blocking.member, actor)
            if blocking.member is not None:
                unit.membership(blocking.member, blocking.space)
            way = clear_the_way(unit, place, desks, [time], now_us)
            # Looked for only now: the same request twice at once has waited for these desks.
            asked = blocking.request
            if asked is not None and (known := unit.by_request(asked.key)) is not None:
                if known[1] != asked.digest:
                    raise OtherRequest
                return known[0], ()
            gone = self._displace(unit, place, way, time, note, now_us, may=blocking.displace)
            made = Booking(
                id=token_hex(ID_BYTES),
                space=blocking.space,
                kind=blocking.kind,
                desks=desks,
                time=time,
                state=BookingState.BOOKED,
                member=blocking.member,
                version=1,
                created_us=now_us,
                fresh_us=now_us,
                note=note,
            )
            unit.add([made], blocking.request)
            log_host(unit, "desks_blocked", made, actor, now_us, note)
            for one in gone:
                log_host(unit, "booking_displaced", one, actor, now_us, note)
            unit.want_lists(blocking.space)
            unit.commit()
        return made, gone

    @staticmethod
    def _displace(
        unit: BookingUnit,
        place: Place,
        way: Sequence[tuple[str, Booking]],
        time: Interval,
        note: str,
        now_us: int,
        *,
        may: bool,
    ) -> list[Booking]:
        """End or cut what is in the way: members' desks; what is blocked already refuses."""
        held = {one.hold: one for one in unit.waits(place.space.id) if one.hold}
        for desk, one in way:
            if not may or not (one.kind is BookingKind.DESK or one.id in held):
                raise desk_taken(place.space, desk, one.time)
        gone: list[Booking] = []
        cut: list[tuple[Booking, Booking]] = []
        cancelled: list[Booking] = []
        for one in {one.id: one for _, one in way}.values():
            fresh = unit.booking(one.id)
            if fresh.id in held:
                # They go on waiting: the blocking may be lifted.
                unit.hold_for(held[fresh.id].id, "", 0)
            if fresh.time.start_us < time.start_us and fresh.id not in held:
                # It has begun: what was used stays as it was.
                shorter = replace(fresh, time=Interval(fresh.time.start_us, time.start_us))
                gone.append(unit.save(shorter))
                cut.append((fresh, gone[-1]))
            else:
                state = after(fresh, BookingInput.CANCEL)
                gone.append(unit.save(replace(fresh, state=state, ended_us=now_us, ended_reason=note)))
                cancelled.append(gone[-1])
        tell_changed(unit, place, cut, now_us, by_host=True)
        tell_released(unit, place, cancelled, Release.BLOCKED, now_us, note)
        return gone

    def lift(self, booking: str, actor: Actor, now_us: int) -> Booking:
        """Lift a blocking; of one that has begun the rest."""
        return again_when_busy(partial(self._lift, booking, actor, now_us))

    def _lift(self, id_: str, actor: Actor, now_us: int) -> Booking:
        with self._units.writing() as unit:
            before = unit.booking(id_)
            # What others block is not even there for them.
            check_may_see(before, actor)
            need_role(actor, before.space, *HOSTS)
            if before.kind not in BLOCKINGS:
                raise BookingRefused("this is no blocking: cancel it instead", code="no_blocking")
            if before.state is BookingState.CANCELLED:
                return before
            if now_us >= before.time.end_us:
                raise TooLate("lift this blocking")
            if now_us > before.time.start_us:
                lifted = unit.save(replace(before, time=Interval(before.time.start_us, now_us)))
            else:
                state = after(before, BookingInput.CANCEL)
                lifted = unit.save(replace(before, state=state, ended_us=now_us))
            for one in unit.waits(before.space):
                if one.hold == before.id:
                    # A host takes it from them: otherwise it would be theirs again at once.
                    end_hold(unit, one, now_us)
            offer(unit, unit.place(before.space), [before], now_us)
            log_host(unit, "blocking_lifted", lifted, actor, now_us)
            unit.want_lists(before.space)
            unit.commit()
        return lifted


def _time(place: Place, wanted: Interval, now_us: int) -> Interval:
    """Return the time that can be blocked: what has passed stays as it was."""
    check_calendar(wanted)
    if wanted.end_us > now_us + HORIZON_DAYS * DAY_US:
        raise TooFarAhead(HORIZON_DAYS, now_us + HORIZON_DAYS * DAY_US, place.space.time_zone)
    if wanted.end_us <= now_us:
        raise TooLate("block desks")
    time = Interval(max(wanted.start_us, now_us), wanted.end_us)
    if not 0 < time.length_us <= MAX_LENGTH_US:
        raise TooLong(MAX_LENGTH_US // DAY_US)
    return time


def _desks(place: Place, blocking: Blocking) -> tuple[str, ...]:
    if blocking.desks:
        return tuple(place.desk(id_).id for id_ in dict.fromkeys(blocking.desks))
    return all_desks(place)
