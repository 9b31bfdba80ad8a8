"""Releases bookings that nobody came for: by `jobs`, and before anybody is told that a desk is taken."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from hub.domain.booking import Booking, BookingInput, BookingKind, BookingState, CheckInWay, after
from hub.domain.booking_refusals import desk_taken
from hub.domain.errors import RuleRefused
from hub.domain.letters import Release
from hub.domain.no_show import Silence, Verdict, judge, release_reason
from hub.domain.place import Place
from hub.domain.time import Interval
from hub.services.attempts import again_when_busy
from hub.services.booking_letters import tell_released
from hub.services.booking_unit import BookingUnit, BookingUnits
from hub.services.waiting_list import lapse, offer

_log = logging.getLogger(__name__)

CHANGING: Final = frozenset({Verdict.RELEASE, Verdict.CONTINUES})
"""Verdicts that change a booking."""


def settle(unit: BookingUnit, bookings: Collection[Booking], now_us: int) -> set[str]:
    """Release those of some bookings that nobody came for, check in what continues; return the ids of the released.

    Their members are told. Each is looked at again once it is held: a card may have come meanwhile.
    """
    released: set[str] = set()
    for one, verdict, silence in judge_all(unit, bookings, now_us):
        if verdict not in CHANGING or unit.booking(one.id).version != one.version:
            continue
        if verdict is Verdict.RELEASE:
            state, reason = after(one, BookingInput.RELEASE), release_reason(silence.desk)
            gone = unit.save(replace(one, state=state, ended_us=now_us, ended_reason=reason))
            _tell(unit, gone, now_us)
            released.add(one.id)
        else:
            unit.save(replace(one, state=after(one, BookingInput.CHECK_IN)))
            unit.add_check_in(one, one.member, one.time.start_us, CheckInWay.CONTINUED, None)
    return released


def _tell(unit: BookingUnit, released: Booking, now_us: int) -> None:
    if released.member is None:
        return
    try:
        place = unit.place(released.space)
    except RuleRefused:
        # A town that left the network: its bookings end all the same, and letters of it would name what is not there.
        return
    tell_released(unit, place, [released], Release.NO_SHOW, now_us)


def judge_all(
    unit: BookingUnit, bookings: Collection[Booking], now_us: int
) -> list[tuple[Booking, Verdict, Silence]]:
    """Return what becomes of bookings, and what is heard; those that are no matter of grace now are left out."""
    running = [one for one in bookings if one.state is BookingState.BOOKED and now_us in one.time]
    running = [one for one in running if one.kind is BookingKind.DESK]
    silences = unit.silences(running, now_us)
    rules = unit.rules({one.space for one in running})
    return [
        (one, judge(one, rules[one.space], silences[one.id], now_us), silences[one.id])
        for one in running
        if one.id in silences
    ]


def clear_the_way(
    unit: BookingUnit,
    place: Place,
    desks: Collection[str],
    times: Sequence[Interval],
    now_us: int,
    but: Collection[str] = (),
    *,
    booker: int | None = None,
) -> list[tuple[str, Booking]]:
    """Hold desks, release what nobody came for, and return (desk, booking) for what is in the way all the same.

    What is held for somebody who did not confirm is free again, too; who waits for any of it has it before others.

    Args:
        but: ids of bookings that do not count.
        booker: key of the member whose booking this is about.
    """
    unit.hold_desks(place.space.id, desks)
    hit = unit.in_the_way(place.space.id, desks, times, but)
    freed = settle(unit, {one.id: one for _, one in hit}.values(), now_us)
    holds = {one.id for _, one in hit if one.kind is BookingKind.HOLD}
    if holds:
        waits = [one for one in unit.waits(place.space.id) if one.hold in holds]
        freed |= {one.id for one in lapse(unit, waits, now_us)}
    gone = {one.id: one for _, one in hit if one.id in freed}
    if gone and offer(unit, place, gone.values(), now_us, booker=booker):
        return list(unit.in_the_way(place.space.id, desks, times, but))
    return [(desk, one) for desk, one in hit if one.id not in gone]


def need_free(
    unit: BookingUnit,
    place: Place,
    desks: Collection[str],
    time: Interval,
    now_us: int,
    but: Collection[str] = (),
    *,
    booker: int | None = None,
) -> None:
    """Hold desks and see that they are free for a time, as `clear_the_way` leaves them.

    Raises:
        DeskTaken: with the first that is not, and when it is taken.
    """
    for desk, one in clear_the_way(unit, place, desks, [time], now_us, but, booker=booker):
        raise desk_taken(place.space, desk, one.time)


class ReleaseNoShows:
    """Looks at all bookings that run and were not checked in.

    Args:
        units: where bookings are kept.
    """

    def __init__(self, units: BookingUnits) -> None:
        self._units = units

    def run(self, now_us: int) -> list[str]:
        """Release what is due; return the ids of the spaces in which anything changed.

        Raises:
            StoreUnavailable: when the database can't now; the next run finds the same.
        """
        with self._units.reading() as unit:
            judged = judge_all(unit, unit.unconfirmed(now_us), now_us)
        spaces = sorted({one.space for one, verdict, _ in judged if verdict in CHANGING})
        return [space for space in spaces if again_when_busy(partial(self._settle, space, now_us))]

    def _settle(self, space: str, now_us: int) -> bool:
        with self._units.writing() as unit:
            waiting = [one for one in unit.unconfirmed(now_us) if one.space == space]
            released = settle(unit, waiting, now_us)
            if released:
                offer(unit, unit.place(space), [one for one in waiting if one.id in released], now_us)
            unit.want_lists(space)
            unit.commit()
        if released:
            _log.info("space %s: %d bookings were released, nobody came", space, len(released))
        return True
