"""Single bookings: `hub.booking_ports.BookingDesk`, one transaction each, tried again when another was in the way."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from secrets import token_hex
from typing import Final, NamedTuple

from hub.booking_ports import Availability, Change, Page, Query, Wish
from hub.domain.access import joined
from hub.domain.booking import Booking, BookingInput, BookingKind, BookingState, CheckInWay, after
from hub.domain.booking_limits import LONGEST_DAYS, Held, check_calendar, check_check_in, check_membership
from hub.domain.booking_refusals import (
    BookingRefused,
    ChangedMeanwhile,
    OtherRequest,
    TooLate,
    TooLong,
    WrongState,
)
from hub.domain.granularity import days_of
from hub.domain.letters import Release
from hub.domain.no_show import Verdict
from hub.domain.people import HOSTS, Actor, need_role
from hub.domain.place import Place
from hub.domain.time import Interval, day_bounds, opening_of
from hub.services.attempts import again_when_busy
from hub.services.bookable import pass_hours, why_not
from hub.services.booking_changes import cancel_in, changed, check_change, log_host
from hub.services.booking_letters import tell_changed, tell_made, tell_released
from hub.services.booking_rules import (
    Rules,
    acts_as_host,
    all_desks,
    check_for_whom,
    check_may_see,
    check_reason,
    rules_for,
    tidy,
)
from hub.services.booking_unit import BookingUnits
from hub.services.no_show import judge_all, need_free
from hub.services.waiting_list import end_what_is_met, offer, use_own_holds

ID_BYTES: Final = 8
MAX_PAGE: Final = 500
MAX_AVAILABILITY_DAYS: Final = LONGEST_DAYS
_DAY_US: Final = 86_400_000_000


class _Asked(NamedTuple):
    """A change as it was asked for."""

    booking: str
    change: Change
    version: int
    reason: str
    beyond_rules: bool


class BookingService:
    """Single bookings.

    Args:
        units: where bookings are kept.
    """

    def __init__(self, units: BookingUnits) -> None:
        self._units = units

    def book(self, wish: Wish, actor: Actor, now_us: int) -> Booking:
        """Book; the same request again returns what it made the first time."""
        return again_when_busy(partial(self._book, wish, actor, now_us))

    def _book(self, wish: Wish, actor: Actor, now_us: int) -> Booking:
        with self._units.writing() as unit:
            place = unit.place(wish.space)
            is_host = acts_as_host(place, wish.member, actor, wish.kind, beyond_rules=wish.beyond_rules)
            reason = check_reason(wish.reason) if is_host else ""
            check_for_whom(unit, wish.member, actor)
            is_beyond = wish.beyond_rules or wish.kind is BookingKind.EVENT
            rules = rules_for(unit, place, wish.member, now_us, is_beyond=is_beyond)
            desks = _desks(rules, wish)
            unit.hold_desks(wish.space, desks)
            # Looked for only now: the same request twice at once has waited here for the first to end.
            if wish.request is not None and (made := unit.by_request(wish.request.key)) is not None:
                if made[1] != wish.request.digest:
                    raise OtherRequest
                return made[0]
            rules.check_time(wish.time)
            if wish.kind is BookingKind.DESK:
                rules.check_limits(unit, [Held("", wish.desk, wish.time)])
            booking = _new(wish, desks, now_us, any_hours=rules.opens_any_hours)
            freed = use_own_holds(unit, wish.member, booking, now_us)
            need_free(unit, place, desks, wish.time, now_us, booker=wish.member)
            unit.add([booking], wish.request)
            freed += end_what_is_met(unit, booking, now_us)
            if freed:
                offer(unit, place, freed, now_us)
            if is_host:
                log_host(unit, "booking_made", booking, actor, now_us, reason)
            tell_made(unit, place, [booking], now_us, by_host=is_host)
            unit.want_lists(wish.space)
            unit.commit()
        return booking

    def booking(self, booking: str, actor: Actor) -> Booking:
        """Return one booking: its member's, or any of a host's space."""
        with self._units.reading() as unit:
            found = unit.booking(booking)
        check_may_see(found, actor)
        return found

    def bookings(self, query: Query, actor: Actor) -> Page:
        """Return bookings: one's own, or those of a host's space."""
        if not 1 <= query.limit <= MAX_PAGE:
            raise BookingRefused(f"a page has 1 to {MAX_PAGE} bookings", code="bad_limit", most=MAX_PAGE)
        is_own = query.member is not None and query.member == actor.member
        if not is_own:
            # Without a space it would be everybody's of every space.
            need_role(actor, query.space or "", *HOSTS)
        with self._units.reading() as unit:
            return unit.page(query)

    def unconfirmed(self, space: str, actor: Actor, now_us: int) -> Sequence[tuple[Booking, Verdict]]:
        """Return the desks of a space that run and nobody checked in, and what becomes of each; hosts only."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            waiting = [one for one in unit.unconfirmed(now_us) if one.space == space]
            return [(one, verdict) for one, verdict, _ in judge_all(unit, waiting, now_us)]

    def availability(self, space: str, time: Interval, actor: Actor) -> Availability:
        """Return which desks are taken when, without persons; for members and hosts of the space."""
        check_calendar(time)
        if not 0 < time.length_us <= MAX_AVAILABILITY_DAYS * _DAY_US:
            raise TooLong(MAX_AVAILABILITY_DAYS)
        with self._units.reading() as unit:
            place = unit.place(space)
            # Without a present moment: nothing that depends on it is asked.
            rules = rules_for(unit, place, actor.member, 0)
            is_host = actor.may(space, *HOSTS)
            if rules.membership is None and not is_host:
                check_membership(place.space, None, time)
            desks = tuple(desk.id for desk in place.space.desks if desk.in_service)
            return Availability(
                desks,
                unit.taken(space, desks, time),
                _closed(place, time),
                place.space.granularity,
                why_not(rules, time),
                pass_hours(unit, rules, time),
            )

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
        asked = _Asked(booking, change, version, reason, beyond_rules)
        return again_when_busy(partial(self._change, asked, actor, now_us))

    def _change(self, asked: "_Asked", actor: Actor, now_us: int) -> Booking:
        with self._units.writing() as unit:
            before = unit.booking(asked.booking)
            check_may_see(before, actor)
            if before.version != asked.version:
                raise ChangedMeanwhile(before.id, before.version)
            if not before.is_active:
                raise WrongState(before.id, before.state.value, "a change")
            place = unit.place(before.space)
            is_host = acts_as_host(place, before.member, actor, before.kind, beyond_rules=asked.beyond_rules)
            why = check_reason(asked.reason) if is_host else ""
            wanted = changed(before, asked.change)
            if (wanted.time, wanted.desks) != (before.time, before.desks):
                is_beyond = asked.beyond_rules or before.kind is not BookingKind.DESK
                rules = rules_for(unit, place, before.member, now_us, is_beyond=is_beyond)
                wanted = check_change(unit, rules, before, wanted, is_host=is_host)
            saved = unit.save(wanted)
            if (wanted.time, wanted.desks) != (before.time, before.desks):
                offer(unit, place, [before], now_us)
            if is_host:
                log_host(unit, "booking_changed", saved, actor, now_us, why)
            tell_changed(unit, place, [(before, saved)], now_us, by_host=is_host)
            unit.want_lists(before.space)
            unit.commit()
        return saved

    def cancel(self, booking: str, actor: Actor, now_us: int, *, reason: str = "") -> Booking:
        """Cancel; a second time changes nothing."""
        return again_when_busy(partial(self._cancel, booking, actor, now_us, reason))

    def _cancel(self, id_: str, actor: Actor, now_us: int, reason: str) -> Booking:
        with self._units.writing() as unit:
            before = unit.booking(id_)
            check_may_see(before, actor)
            if before.state is BookingState.CANCELLED:
                return before
            place = unit.place(before.space)
            is_host = acts_as_host(place, before.member, actor, before.kind)
            why = check_reason(reason) if is_host else ""
            cancelled = cancel_in(unit, place, before, now_us, why, is_host=is_host)
            offer(unit, place, [before], now_us)
            if is_host:
                log_host(unit, "booking_cancelled", cancelled, actor, now_us, why)
            release = Release.BY_HOST if is_host else Release.CANCELLED
            tell_released(unit, place, [cancelled], release, now_us, why)
            unit.want_lists(before.space)
            unit.commit()
        return cancelled

    def restore(self, booking: str, actor: Actor, now_us: int, *, reason: str = "") -> Booking:
        """Take a cancelled booking up again until its begin, hosts until its end, if its desks are free."""
        return again_when_busy(partial(self._restore, booking, actor, now_us, reason))

    def _restore(self, id_: str, actor: Actor, now_us: int, reason: str) -> Booking:
        with self._units.writing() as unit:
            before = unit.booking(id_)
            check_may_see(before, actor)
            place = unit.place(before.space)
            is_host = acts_as_host(place, before.member, actor, before.kind)
            why = check_reason(reason) if is_host else ""
            state = after(before, BookingInput.RESTORE)
            if now_us >= (before.time.end_us if is_host else before.time.start_us):
                raise TooLate("restore this booking")
            rules = rules_for(unit, place, before.member, now_us, is_beyond=is_host)
            # Since it was cancelled the space may have closed, or let in others.
            rules.check_right(before.time)
            if before.kind is BookingKind.DESK:
                rules.check_desk(before.desks[0])
                rules.check_limits(unit, [Held(before.id, before.desks[0], before.time)], [before.id])
            need_free(unit, place, before.desks, before.time, now_us, [before.id], booker=before.member)
            restored = unit.save(
                replace(before, state=state, ended_us=None, ended_reason="", fresh_us=now_us)
            )
            if is_host:
                log_host(unit, "booking_restored", restored, actor, now_us, why)
            tell_made(unit, place, [restored], now_us, by_host=False, is_again=True)
            unit.want_lists(before.space)
            unit.commit()
        return restored

    def check_in(self, booking: str, actor: Actor, now_us: int, way: CheckInWay | None = None) -> Booking:
        """Check in; by default a member by phone and a host by hand. One that was released is taken up if free."""
        return again_when_busy(partial(self._check_in, booking, actor, now_us, way))

    def _check_in(self, id_: str, actor: Actor, now_us: int, way: CheckInWay | None) -> Booking:
        with self._units.writing() as unit:
            before = unit.booking(id_)
            is_own = check_may_see(before, actor)
            if before.state is BookingState.CHECKED_IN:
                return before
            place = unit.place(before.space)
            state = after(before, BookingInput.CHECK_IN)
            check_check_in(place.space, before, now_us)
            if not before.is_active:
                need_free(unit, place, before.desks, before.time, now_us, [before.id])
            here = unit.save(replace(before, state=state, ended_us=None, ended_reason=""))
            by_hand = None if is_own else actor.account
            unit.add_check_in(
                here,
                before.member,
                now_us,
                way or (CheckInWay.PHONE if is_own else CheckInWay.HOST),
                by_hand,
            )
            if not is_own:
                log_host(unit, "booking_checked_in", here, actor, now_us)
            if not before.is_active:
                unit.want_lists(before.space)
            unit.commit()
        return here


def _desks(rules: Rules, wish: Wish) -> tuple[str, ...]:
    if wish.kind is BookingKind.DESK:
        rules.check_desk(wish.desk)
        return (wish.desk,)
    if wish.kind is not BookingKind.EVENT or wish.desk:
        raise BookingRefused(
            "a booking is of one desk, or an event in the whole space: block desks with a blocking",
            code="bad_kind",
        )
    return all_desks(rules.place)


def _new(wish: Wish, desks: Sequence[str], now_us: int, *, any_hours: bool) -> Booking:
    return Booking(
        id=token_hex(ID_BYTES),
        space=wish.space,
        kind=wish.kind,
        desks=tuple(desks),
        time=wish.time,
        state=BookingState.BOOKED,
        member=wish.member,
        version=1,
        created_us=now_us,
        fresh_us=now_us,
        note=tidy(wish.note),
        any_hours=any_hours,
    )


def _closed(place: Place, time: Interval) -> tuple[Interval, ...]:
    """Return the stretches of a time in which the space keeps no opening hours."""
    holidays = () if place.space.booking_rules.holidays_open else place.holidays([time])
    found: list[Interval] = []
    for day in days_of(time, place.space.time_zone):
        at_us = day_bounds(day, place.space.time_zone).start_us
        for opening in opening_of(place.space, day, holidays):
            found.append(Interval(at_us, opening.start_us))
            at_us = opening.end_us
        found.append(Interval(at_us, day_bounds(day, place.space.time_zone).end_us))
    cut = (Interval(max(one.start_us, time.start_us), min(one.end_us, time.end_us)) for one in found)
    return joined(cut)
