"""What says no to a booking, each rule with an error of its own that carries the data for a page to word it.

RuleRefused (hub/domain/errors.py)
└── BookingRefused
    ├── DeskTaken          somebody has the desk, or one of several, for a part of the time
    ├── SeriesTaken        days of a series can't be as wanted; lists them
    ├── UnknownBooking, UnknownDesk, UnknownSeries
    ├── WrongState         the booking is cancelled, released or checked in already
    ├── ChangedMeanwhile   somebody else changed it since it was looked at
    ├── OtherRequest       the same idempotency key came with other wishes
    ├── NotAligned, TooLong, NoSuchTime, InThePast, OutsideHours, DeskOutOfService
    ├── NoMembership       the member has no right to the space on that day
    ├── NotAdmitted        the space lets others in on that day
    ├── NotOpenYet, ClosedForGood  outside of the space's life
    ├── TooFarAhead, TooManyBookings, TooManyThisWeek, TwoDesksAtOnce, TooLateToCancel
    ├── TooEarly, TooLate  to check in
    ├── NoNeedToWait, NoWaitingList, TooManyWaits, UnknownWait, NothingHeld   of the waiting list
    └── InvalidSeries      a rule that gives no day, or too many

Times stand in the data as `…_us` beside the space's `zone`: whoever words it shows the wall clock.
"""

from collections.abc import Sequence

from hub.domain.errors import RuleRefused
from hub.domain.space import Space
from hub.domain.time import Interval


class BookingRefused(RuleRefused):
    """A rule of bookings says no."""


class DeskTaken(BookingRefused):
    """A desk is taken for a part of the time.

    Args:
        desk: id of the desk; empty when only the database knows which.
        start_us, end_us: the time that is taken, 0 when it is not known.
        name: what people call it.
    """

    def __init__(
        self, desk: str = "", start_us: int = 0, end_us: int = 0, zone: str = "UTC", name: str = ""
    ) -> None:
        super().__init__(
            f"desk {desk or 'or one of them'} is taken for a part of that time: choose another desk or time",
            code="desk_taken" if end_us else "desk_taken_now",
            desk=desk,
            name=name or desk,
            start_us=start_us,
            end_us=end_us,
            zone=zone,
        )


def desk_taken(space: Space, desk: str, time: Interval) -> DeskTaken:
    """Return that a desk of a space is taken for a time."""
    return DeskTaken(desk, time.start_us, time.end_us, space.time_zone, space.desk_name(desk))


class SeriesTaken(BookingRefused):
    """Days of a series can't be as wanted: nothing was kept.

    Args:
        days: the local days, as 2026-03-29.
    """

    def __init__(self, days: Sequence[str]) -> None:
        super().__init__(
            f"{len(days)} days of the series can't be: {', '.join(days[:10])}; leave them out or choose otherwise",
            code="series_taken",
            days=list(days),
            number=len(days),
        )


class UnknownBooking(BookingRefused):
    """There is no such booking for the one who asks."""

    def __init__(self, booking: str) -> None:
        super().__init__(
            f"there is no booking {booking[:40]}: see the list", code="unknown_booking", booking=booking
        )


class UnknownDesk(BookingRefused):
    """The space has no such desk."""

    def __init__(self, space: str, desk: str, known: Sequence[str]) -> None:
        super().__init__(
            f'space "{space}" has no desk "{desk[:40]}"; known are {", ".join(known) or "none"}',
            code="unknown_desk",
            space=space,
            desk=desk,
        )


class UnknownSeries(BookingRefused):
    """There is no such series for the one who asks."""

    def __init__(self, series: str) -> None:
        super().__init__(
            f"there is no series {series[:40]}: see the list", code="unknown_series", series=series
        )


class WrongState(BookingRefused):
    """What was asked for does not follow from the state that the booking is in."""

    def __init__(self, booking: str, state: str, given: str) -> None:
        super().__init__(
            f"booking {booking} is {state}: {given} is not possible any more; look at it again",
            code=f"is_{state}",
            booking=booking,
            state=state,
        )


class ChangedMeanwhile(BookingRefused):
    """The booking was changed since it was looked at."""

    def __init__(self, booking: str, version: int) -> None:
        super().__init__(
            f"booking {booking} was changed meanwhile (it is at version {version}): look at it again",
            code="changed_meanwhile",
            booking=booking,
            version=version,
        )


class OtherRequest(BookingRefused):
    """A request came again under its key with other wishes."""

    def __init__(self) -> None:
        super().__init__(
            "this idempotency key was used for another request: make a new one for each thing that is made",
            code="other_request",
        )


class NotAligned(BookingRefused):
    """The time does not fit the space's grid.

    Args:
        granularity: `hour`, `half-day` or `day`.
        start_us, end_us: the smallest time of the grid that holds the one that was asked for.
    """

    def __init__(self, granularity: str, start_us: int, end_us: int, zone: str) -> None:
        super().__init__(
            f"this space is booked by the {granularity}: take the whole of it",
            code="not_aligned",
            granularity=granularity,
            start_us=start_us,
            end_us=end_us,
            zone=zone,
        )


class TooLong(BookingRefused):
    """The time is empty, or longer than any booking."""

    def __init__(self, days: int) -> None:
        super().__init__(
            f"a booking ends after it begins, and lasts {days} days at most",
            code="too_long_a_time",
            days=days,
        )


class NoSuchTime(BookingRefused):
    """The time lies outside of every calendar."""

    def __init__(self) -> None:
        super().__init__("no calendar has that time: check the year", code="no_such_time")


class NothingLeft(BookingRefused):
    """The clock's change leaves nothing of the time."""

    def __init__(self) -> None:
        super().__init__(
            "the clock's change leaves nothing of that time: choose other hours", code="nothing_left"
        )


class InThePast(BookingRefused):
    """The time began too long ago: only what still runs can be booked."""

    def __init__(self, earliest_us: int, zone: str) -> None:
        super().__init__(
            "that time has begun already: begin with what runs now, or later",
            code="in_the_past",
            earliest_us=earliest_us,
            zone=zone,
        )


class OutsideHours(BookingRefused):
    """The space is closed for all or, where hours are booked, for a part of the time."""

    def __init__(self, space: str) -> None:
        super().__init__(
            f"{space} is closed then: choose a time within its opening hours",
            code="outside_hours",
            space=space,
        )


class DeskOutOfService(BookingRefused):
    """The desk can't be used; `name` is what people call it."""

    def __init__(self, desk: str, name: str) -> None:
        super().__init__(
            f"desk {desk} is out of service: choose another one",
            code="desk_out_of_service",
            desk=desk,
            name=name,
        )


class NoMembership(BookingRefused):
    """The member has no right to the space on that day."""

    def __init__(self, space: str, day: str) -> None:
        super().__init__(
            f"there is no membership of {space} that holds on {day}: ask its manager",
            code="no_membership_then",
            space=space,
            day=day,
        )


class NotAdmitted(BookingRefused):
    """The space lets in others on that day: a phase is for some groups alone, or the member's groups are not there.

    Args:
        day: the first local day that is refused, as 2026-03-29.
        first: the next one on which the member is let in, or empty when none is known.
    """

    def __init__(self, space: str, day: str, first: str = "") -> None:
        remedy = f"book from {first} on" if first else "ask whoever manages it"
        super().__init__(
            f"{space} is not open to this member on {day}: {remedy}",
            code="not_admitted_yet" if first else "not_admitted",
            space=space,
            day=day,
            first_day=first,
        )


class NotOpenYet(BookingRefused):
    """The time lies before the space's first day."""

    def __init__(self, space: str, first: str) -> None:
        super().__init__(
            f"{space} has its first day on {first}: choose that day, or a later one",
            code="not_open_yet",
            space=space,
            first_day=first,
        )


class ClosedForGood(BookingRefused):
    """The time lies after the space's last day."""

    def __init__(self, space: str, last: str) -> None:
        super().__init__(
            f"{space} has its last day on {last}: choose that day, or an earlier one",
            code="closed_for_good",
            space=space,
            last_day=last,
        )


class TooFarAhead(BookingRefused):
    """Bookings open later."""

    def __init__(self, days: int, latest_us: int, zone: str) -> None:
        super().__init__(
            f"this space is booked {days} days ahead at most",
            code="too_far_ahead",
            days=days,
            latest_us=latest_us,
            zone=zone,
        )


class TooManyBookings(BookingRefused):
    """The member has as many open bookings as the space allows."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"there are {most} open bookings, as many as this space allows: cancel one, or wait until one is over",
            code="too_many_bookings",
            most=most,
        )


class TooManyThisWeek(BookingRefused):
    """The member has as many bookings in one week as the space allows."""

    def __init__(self, most: int, week: str) -> None:
        super().__init__(
            f"there are {most} bookings in the week of {week}, as many as this space allows: choose another week",
            code="too_many_this_week",
            most=most,
            week=week,
        )


class TwoDesksAtOnce(BookingRefused):
    """The member has another booking at the same time; `name` is what people call its desk."""

    def __init__(self, desk: str, start_us: int, end_us: int, zone: str, name: str) -> None:
        super().__init__(
            f"there is a booking of desk {desk} at that time: one desk at a time, cancel that one first",
            code="two_desks_at_once",
            desk=desk,
            name=name,
            start_us=start_us,
            end_us=end_us,
            zone=zone,
        )


class TooLateToCancel(BookingRefused):
    """The deadline has passed."""

    def __init__(self, deadline_us: int, zone: str) -> None:
        super().__init__(
            "the time to change or cancel this booking has passed: ask a host",
            code="too_late_to_cancel",
            deadline_us=deadline_us,
            zone=zone,
        )


class TooEarly(BookingRefused):
    """Checking in is not possible yet."""

    def __init__(self, from_us: int, zone: str) -> None:
        super().__init__(
            "it is too early to check in: come back shortly before the booking begins",
            code="too_early",
            from_us=from_us,
            zone=zone,
        )


class TooLate(BookingRefused):
    """The booking is over, or has begun where it must not have."""

    def __init__(self, what: str) -> None:
        super().__init__(f"it is too late to {what}: the time has passed", code="too_late", what=what)


class InvalidSeries(BookingRefused):
    """A rule gives no day, or too many; `code` names which, where people can run into it."""

    def __init__(self, problem: str, remedy: str, code: str = "invalid_series") -> None:
        super().__init__(f"{problem}: {remedy}", code=code, problem=problem)


class NoNeedToWait(BookingRefused):
    """What somebody would wait for is free.

    Args:
        desk: id of a desk that is.
        name: what people call it.
    """

    def __init__(self, desk: str, name: str) -> None:
        super().__init__(f"desk {desk} is free then: book it", code="no_need_to_wait", desk=desk, name=name)


class NoWaitingList(BookingRefused):
    """The space keeps no waiting list."""

    def __init__(self, space: str) -> None:
        super().__init__(
            f"{space} keeps no waiting list: look again later", code="no_waiting_list", space=space
        )


class TooManyWaits(BookingRefused):
    """Somebody waits for more than anybody may."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"you wait for {most} times already: leave one of them first", code="too_many_waits", most=most
        )


class UnknownWait(BookingRefused):
    """Nobody waits there, as far as the one who asks may know."""

    def __init__(self, wait: str) -> None:
        super().__init__(
            f"there is no place {wait[:40]} in any line: see the list", code="unknown_wait", wait=wait
        )


class NothingHeld(BookingRefused):
    """Nothing is held for the one who waits, or not any more."""

    def __init__(self) -> None:
        super().__init__("nothing is held for you now: wait for the letter", code="nothing_held")
