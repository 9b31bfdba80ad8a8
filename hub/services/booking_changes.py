"""How a booking is changed and cancelled within a transaction: the same for single ones and days of series."""

from dataclasses import replace

from hub.booking_ports import Change, Series
from hub.domain.booking import Booking, BookingInput, BookingKind, after
from hub.domain.booking_limits import Held, check_deadline
from hub.domain.booking_refusals import BookingRefused, TooLate
from hub.domain.people import Actor
from hub.domain.place import Place
from hub.services.booking_rules import Rules, tidy
from hub.services.booking_unit import BookingUnit
from hub.services.no_show import need_free


def changed(before: Booking, change: Change) -> Booking:
    """Return a booking as it is wanted, unchecked."""
    return replace(
        before,
        desks=before.desks if change.desk is None else (change.desk,),
        time=before.time if change.time is None else change.time,
        note=before.note if change.note is None else tidy(change.note),
    )


def check_change(
    unit: BookingUnit, rules: Rules, before: Booking, wanted: Booking, *, is_host: bool
) -> Booking:
    """Return a booking as it may be with another time or desk; its grace begins anew.

    Raises:
        BookingRefused: when a rule says no, or the desk is taken.
    """
    now_us, space = rules.now_us, rules.place.space
    has_begun = before.time.start_us <= now_us
    is_moved = (wanted.time.start_us, wanted.desks) != (before.time.start_us, before.desks)
    if now_us >= before.time.end_us or (has_begun and is_moved and not is_host):
        raise TooLate("move this booking")
    if not has_begun and not is_host:
        check_deadline(space, before, now_us)
    is_single = before.kind is BookingKind.DESK
    if is_single:
        rules.check_desk(wanted.desks[0])
    elif wanted.desks != before.desks:
        raise BookingRefused(
            "this takes several desks: cancel it, and make another one", code="not_a_single_desk"
        )
    rules.check_time(wanted.time, has_begun=has_begun and wanted.time.start_us == before.time.start_us)
    if is_single:
        rules.check_limits(unit, [Held(before.id, wanted.desks[0], wanted.time)], [before.id])
    need_free(unit, rules.place, wanted.desks, wanted.time, now_us, [before.id], booker=rules.member)
    return replace(wanted, fresh_us=now_us, any_hours=rules.opens_any_hours)


def cancel_in(
    unit: BookingUnit, place: Place, before: Booking, now_us: int, reason: str, *, is_host: bool
) -> Booking:
    """Cancel a booking within a transaction; members up to the deadline, hosts while it lasts.

    Raises:
        BookingRefused: when it is too late, or checked in already.
    """
    state = after(before, BookingInput.CANCEL)
    if now_us >= before.time.end_us:
        raise TooLate("cancel this booking")
    if not is_host:
        check_deadline(place.space, before, now_us)
    return unit.save(replace(before, state=state, ended_us=now_us, ended_reason=reason))


def log_host(
    unit: BookingUnit, what: str, booking: Booking, actor: Actor, now_us: int, reason: str = ""
) -> None:
    """Write into the log of actions what a host did to a booking: keys and the reason, never a name."""
    entry: dict[str, object] = {"what": what, "booking": booking.id, "space": booking.space}
    if reason:
        entry["reason"] = reason
    unit.log({**entry, "member": booking.member, "by": actor.account}, now_us)


def series_entry(what: str, series: Series, days: int, actor: Actor, reason: str) -> dict[str, object]:
    """Return what the log of actions says of what a host did to days of a series."""
    entry: dict[str, object] = {"what": what, "series": series.id, "space": series.space, "days": days}
    return {**entry, "reason": reason, "member": series.member, "by": actor.account}
