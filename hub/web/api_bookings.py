"""Bookings, check-ins and availability for programs that bring a token; every view has its scope in a table."""

from functools import cache
from typing import Final

from flask import Response, url_for
from msgspec import UNSET
from spectree import Response as Answers

from hub.booking_ports import Change, Query, Wish
from hub.domain.booking import Booking, BookingState
from hub.domain.people import HOSTS
from hub.domain.time import Interval, to_us
from hub.domain.tokens import Scope
from hub.web.api_access import (
    BODY_REFUSED,
    REFUSED,
    actor,
    answer,
    body_as,
    check_match,
    closed_api,
    described,
    desks,
    moment,
    once,
    query_as,
    refusal,
)
from hub.web.api_booking_models import (
    AvailabilityOut,
    BookingChange,
    BookingIn,
    BookingOut,
    BookingPage,
    BookingQuery,
    DeskTimesOut,
    MatchHeaders,
    ReasonQuery,
    RequestHeaders,
    SpanOut,
    TimeQuery,
)
from hub.web.api_models import Problem
from hub.web.language import gettext
from hub.web.parts import parts

SCOPES: Final = {
    "api_bookings.book": Scope.WRITE_BOOKINGS,
    "api_bookings.change": Scope.WRITE_BOOKINGS,
    "api_bookings.cancel": Scope.WRITE_BOOKINGS,
    "api_bookings.restore": Scope.WRITE_BOOKINGS,
    "api_bookings.booking": Scope.READ_BOOKINGS,
    "api_bookings.bookings": Scope.READ_BOOKINGS,
    "api_bookings.check_in": Scope.CHECK_IN,
    "api_bookings.availability": Scope.AVAILABILITY,
}
"""What each view needs; one that is not here does not exist for anybody."""

blueprint = closed_api("api_bookings", __name__, SCOPES)

_ID: Final = {"booking_id": "id of the booking"}


@blueprint.post("/api/v1/bookings")
@described(
    json=BookingIn,
    headers=RequestHeaders,
    resp=Answers(HTTP_201=BookingOut, HTTP_422=Problem, **BODY_REFUSED),
    operation_id="book",
)
def book() -> Response:
    """Book a desk.

    Of any number of requests for one desk at one time, one is answered with 201 and all others with 409. With an
    Idempotency-Key, a request that comes again is answered as the first one was.
    """
    wanted = body_as(BookingIn)
    wish = Wish(
        wanted.space,
        wanted.desk,
        Interval(to_us(wanted.starts_at), to_us(wanted.ends_at)),
        actor().member if wanted.member is UNSET else wanted.member,
        note=wanted.note,
        reason=wanted.reason,
        beyond_rules=wanted.beyond_rules,
        request=once(wanted),
    )
    made = desks().bookings.book(wish, actor(), parts().clock.now_us())
    address = url_for("api_bookings.booking", booking_id=made.id)
    return answer(booking_out(made), 201, location=address, tag=_tag(made))


@blueprint.get("/api/v1/bookings")
@described(
    query=BookingQuery,
    resp=Answers(HTTP_200=BookingPage, **REFUSED),
    operation_id="bookings",
)
def bookings() -> Response:
    """List bookings by begin, page by page: one's own, or those of a space to its hosts."""
    asked = query_as(BookingQuery)
    try:
        states = frozenset(BookingState) if asked.state is None else frozenset({BookingState(asked.state)})
    except ValueError:
        raise refusal(
            400, "bad_request", gettext("state is one of %(states)s.", states=", ".join(BookingState)), {}
        ) from None
    time = None
    if asked.from_ is not None or asked.to is not None:
        low = 0 if asked.from_ is None else to_us(asked.from_)
        time = Interval(low, _FOREVER_US if asked.to is None else to_us(asked.to))
    is_host = actor().may(asked.space or "", *HOSTS)
    member = actor().member if asked.member is None and not is_host else asked.member
    query = Query(
        asked.space, member, time, states, series=asked.series, after=asked.cursor, limit=asked.limit
    )
    page = desks().bookings.bookings(query, actor())
    cursor = page.after or None
    return answer(BookingPage([booking_out(one) for one in page.bookings], cursor), cursor=cursor)


@blueprint.get("/api/v1/bookings/<booking_id>")
@described(
    resp=Answers(HTTP_200=BookingOut, **REFUSED),
    operation_id="booking",
    path_parameter_descriptions=_ID,
)
def booking(booking_id: str) -> Response:
    """Return one booking: one's own, or one of a space to its hosts."""
    found = desks().bookings.booking(booking_id, actor())
    return answer(booking_out(found), tag=_tag(found))


@blueprint.patch("/api/v1/bookings/<booking_id>")
@described(
    json=BookingChange,
    headers=MatchHeaders,
    resp=Answers(HTTP_200=BookingOut, HTTP_412=Problem, **BODY_REFUSED),
    operation_id="change",
    path_parameter_descriptions=_ID,
)
def change(booking_id: str) -> Response:
    """Give a booking another desk, time or note; of one that runs only end and note change."""
    wanted = body_as(BookingChange)
    before = desks().bookings.booking(booking_id, actor())
    check_match(_tag(before))
    time = Interval(
        before.time.start_us if wanted.starts_at is UNSET else to_us(wanted.starts_at),
        before.time.end_us if wanted.ends_at is UNSET else to_us(wanted.ends_at),
    )
    to = Change(
        None if wanted.desk is UNSET else wanted.desk,
        None if time == before.time else time,
        None if wanted.note is UNSET else wanted.note,
    )
    changed = desks().bookings.change(
        booking_id,
        to,
        wanted.version,
        actor(),
        parts().clock.now_us(),
        reason=wanted.reason,
        beyond_rules=wanted.beyond_rules,
    )
    return answer(booking_out(changed), tag=_tag(changed))


@blueprint.delete("/api/v1/bookings/<booking_id>")
@described(
    query=ReasonQuery,
    headers=MatchHeaders,
    resp=Answers(HTTP_200=BookingOut, HTTP_409=Problem, HTTP_412=Problem, **REFUSED),
    operation_id="cancel",
    path_parameter_descriptions=_ID,
)
def cancel(booking_id: str) -> Response:
    """Cancel a booking; it stays in the lists, and can be restored. A second time changes nothing."""
    reason = query_as(ReasonQuery).reason
    check_match(_tag(desks().bookings.booking(booking_id, actor())))
    gone = desks().bookings.cancel(booking_id, actor(), parts().clock.now_us(), reason=reason)
    return answer(booking_out(gone), tag=_tag(gone))


@blueprint.post("/api/v1/bookings/<booking_id>/restore")
@described(
    query=ReasonQuery,
    resp=Answers(HTTP_200=BookingOut, HTTP_409=Problem, **REFUSED),
    operation_id="restore",
    path_parameter_descriptions=_ID,
)
def restore(booking_id: str) -> Response:
    """Take a cancelled booking up again until its begin, hosts until its end, if its desk is free."""
    reason = query_as(ReasonQuery).reason
    back = desks().bookings.restore(booking_id, actor(), parts().clock.now_us(), reason=reason)
    return answer(booking_out(back), tag=_tag(back))


@blueprint.post("/api/v1/bookings/<booking_id>/check-in")
@described(
    resp=Answers(HTTP_200=BookingOut, HTTP_409=Problem, **REFUSED),
    operation_id="check_in",
    path_parameter_descriptions=_ID,
)
def check_in(booking_id: str) -> Response:
    """Say that its member is there, shortly before it begins or while it lasts. A second time changes nothing."""
    here = desks().bookings.check_in(booking_id, actor(), parts().clock.now_us())
    return answer(booking_out(here), tag=_tag(here))


@blueprint.get("/api/v1/spaces/<space>/availability")
@described(
    query=TimeQuery,
    resp=Answers(HTTP_200=AvailabilityOut, HTTP_409=Problem, **REFUSED),
    operation_id="availability",
    path_parameter_descriptions={"space": "id of the space"},
)
def availability(space: str) -> Response:
    """Return when the desks of a space are taken, and when it is closed; for its members and hosts."""
    asked = query_as(TimeQuery)
    time = Interval(to_us(asked.from_), to_us(asked.to))
    found = desks().bookings.availability(space, time, actor())
    # Desks are booked by the hour or the half-day: thousands of spans are few different ones.
    span = cache(_span)
    return answer(
        AvailabilityOut(
            space,
            found.granularity,
            [DeskTimesOut(desk, [span(one) for one in found.taken.get(desk, ())]) for desk in found.desks],
            [span(one) for one in found.closed],
        )
    )


def _tag(one: Booking) -> str:
    return str(one.version)


def booking_out(one: Booking) -> BookingOut:
    """Return a booking as the API says it."""
    return BookingOut(
        id=one.id,
        space=one.space,
        kind=one.kind,
        desks=list(one.desks),
        starts_at=moment(one.time.start_us),
        ends_at=moment(one.time.end_us),
        state=one.state,
        member=one.member,
        version=one.version,
        note=one.note,
        series=one.series,
        series_day=one.series_day,
        created_at=moment(one.created_us),
        ended_at=None if one.ended_us is None else moment(one.ended_us),
        ended_reason=one.ended_reason,
    )


def _span(time: Interval) -> SpanOut:
    return SpanOut(moment(time.start_us), moment(time.end_us))


_FOREVER_US: Final = 253_402_300_799_999_999
