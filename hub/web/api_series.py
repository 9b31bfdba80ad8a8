"""Series of bookings, and blockings, for programs that bring a token."""

from datetime import time
from typing import Final

from flask import Response, url_for
from msgspec import UNSET, UnsetType
from spectree import Response as Answers

from hub.booking_ports import Blocking, DayChange, Days, Series, SeriesWish, Which
from hub.booking_ports import SeriesChange as Outcome
from hub.domain.booking import BookingKind
from hub.domain.series import LAST, Frequency, SeriesRule
from hub.domain.time import Interval, to_us
from hub.domain.tokens import Scope
from hub.web.api_access import (
    BODY_REFUSED,
    REFUSED,
    actor,
    answer,
    body_as,
    closed_api,
    described,
    desks,
    moment,
    once,
    query_as,
)
from hub.web.api_booking_models import BookingOut, RequestHeaders
from hub.web.api_bookings import booking_out
from hub.web.api_models import Problem
from hub.web.api_series_models import (
    BlockingIn,
    BlockingOut,
    ConflictOut,
    DayOut,
    DaysQuery,
    SeriesChange,
    SeriesChanged,
    SeriesIn,
    SeriesOut,
    SeriesPlan,
    SeriesQuery,
)
from hub.web.parts import parts

SCOPES: Final = {
    "api_series.block": Scope.WRITE_BLOCKINGS,
    "api_series.book_series": Scope.WRITE_BOOKINGS,
    "api_series.cancel_days": Scope.WRITE_BOOKINGS,
    "api_series.change_days": Scope.WRITE_BOOKINGS,
    "api_series.lift": Scope.WRITE_BLOCKINGS,
    "api_series.series": Scope.READ_BOOKINGS,
}
"""What each view needs; one that is not here does not exist for anybody."""

blueprint = closed_api("api_series", __name__, SCOPES)

_ID: Final = {"series_id": "id of the series"}
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PLACES: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": LAST}
_MINUTES_OF_DAY: Final = 24 * 60


@blueprint.post("/api/v1/series")
@described(
    json=SeriesIn,
    query=SeriesQuery,
    headers=RequestHeaders,
    resp=Answers(HTTP_200=SeriesPlan, HTTP_201=SeriesOut, HTTP_422=Problem, **BODY_REFUSED),
    operation_id="book_series",
)
def book_series() -> Response:
    """Book a desk again and again.

    With `dry_run`, 200 says which days could be booked and which could not, and nothing is kept. Otherwise all days are
    booked or, when some can't be, none: 409 names them; `without_conflicts` leaves them out.
    """
    is_dry_run = query_as(SeriesQuery).dry_run
    wanted = body_as(SeriesIn)
    wish = SeriesWish(
        wanted.space,
        wanted.desk,
        _rule(wanted),
        actor().member if wanted.member is UNSET else wanted.member,
        note=wanted.note,
        reason=wanted.reason,
        beyond_rules=wanted.beyond_rules,
        request=once(wanted),
    )
    now_us = parts().clock.now_us()
    if is_dry_run:
        plan = desks().series.plan(wish, actor(), now_us)
        return answer(
            SeriesPlan(
                [DayOut(day, moment(time.start_us), moment(time.end_us)) for day, time in plan.free],
                [
                    ConflictOut(one.day, moment(one.time.start_us), moment(one.time.end_us), one.refusal)
                    for one in plan.conflicts
                ],
                list(plan.nothing_left),
            )
        )
    made = desks().series.book_series(wish, actor(), now_us, without_conflicts=wanted.without_conflicts)
    return answer(_series(made), 201, location=url_for("api_series.series", series_id=made.id))


@blueprint.get("/api/v1/series/<series_id>")
@described(
    resp=Answers(HTTP_200=SeriesOut, **REFUSED),
    operation_id="series",
    path_parameter_descriptions=_ID,
)
def series(series_id: str) -> Response:
    """Return one series with its bookings: one's own, or one of a space to its hosts."""
    return answer(_series(desks().series.series(series_id, actor())))


@blueprint.patch("/api/v1/series/<series_id>")
@described(
    json=SeriesChange,
    resp=Answers(HTTP_200=SeriesChanged, **BODY_REFUSED),
    operation_id="change_days",
    path_parameter_descriptions=_ID,
)
def change_days(series_id: str) -> Response:
    """Give days of a series another desk, other hours or another note: all of the days that are meant, or none."""
    wanted = body_as(SeriesChange)
    to = DayChange(
        None if wanted.desk is UNSET else wanted.desk,
        _minutes(wanted.starts),
        _minutes(wanted.ends),
        None if wanted.note is UNSET else wanted.note,
    )
    days = Days(Which(wanted.which), wanted.first, wanted.last)
    now_us = parts().clock.now_us()
    done = desks().series.change_days(series_id, days, to, actor(), now_us, reason=wanted.reason)
    return answer(_changed(done))


@blueprint.delete("/api/v1/series/<series_id>")
@described(
    query=DaysQuery,
    resp=Answers(HTTP_200=SeriesChanged, HTTP_409=Problem, **REFUSED),
    operation_id="cancel_days",
    path_parameter_descriptions=_ID,
)
def cancel_days(series_id: str) -> Response:
    """Cancel days of a series that have not begun. A second time changes nothing."""
    asked = query_as(DaysQuery)
    days = Days(Which(asked.which), asked.first, asked.last)
    now_us = parts().clock.now_us()
    return answer(_changed(desks().series.cancel_days(series_id, days, actor(), now_us, reason=asked.reason)))


@blueprint.post("/api/v1/blockings")
@described(
    json=BlockingIn,
    headers=RequestHeaders,
    resp=Answers(HTTP_201=BlockingOut, HTTP_422=Problem, **BODY_REFUSED),
    operation_id="block",
)
def block() -> Response:
    """Take desks, or the whole space, out of use; for hosts. The list of bookings has it, too."""
    wanted = body_as(BlockingIn)
    blocking = Blocking(
        wanted.space,
        BookingKind(wanted.kind),
        Interval(to_us(wanted.starts_at), to_us(wanted.ends_at)),
        tuple(wanted.desks),
        wanted.note,
        wanted.member,
        wanted.displace,
        once(wanted),
    )
    made, gone = desks().blockings.block(blocking, actor(), parts().clock.now_us())
    said = BlockingOut(booking_out(made), [booking_out(one) for one in gone])
    return answer(said, 201, location=url_for("api_bookings.booking", booking_id=made.id))


@blueprint.delete("/api/v1/blockings/<booking_id>")
@described(
    resp=Answers(HTTP_200=BookingOut, HTTP_409=Problem, **REFUSED),
    operation_id="lift",
    path_parameter_descriptions={"booking_id": "id of the blocking"},
)
def lift(booking_id: str) -> Response:
    """Lift a blocking, of one that has begun the rest; for hosts. A second time changes nothing."""
    return answer(booking_out(desks().blockings.lift(booking_id, actor(), parts().clock.now_us())))


def _rule(wanted: SeriesIn) -> SeriesRule:
    starts, ends = _minutes(wanted.starts), _minutes(wanted.ends)
    assert starts is not None
    assert ends is not None
    return SeriesRule(
        frequency=Frequency(wanted.frequency),
        first=wanted.first,
        last=wanted.last,
        starts=time(starts // 60, starts % 60),
        ends=time(ends // 60 % 24, ends % 60),
        interval=wanted.interval,
        weekdays=tuple(sorted({_WEEKDAYS.index(one) for one in wanted.weekdays})),
        nth=0 if wanted.of_month is None else _PLACES[wanted.of_month],
    )


def _minutes(wall: str | UnsetType) -> int | None:
    if wall is UNSET:
        return None
    hours, _, rest = str(wall).partition(":")
    return int(hours) * 60 + int(rest)


def _series(one: Series) -> SeriesOut:
    rule = one.rule
    places = {nth: name for name, nth in _PLACES.items()}
    return SeriesOut(
        id=one.id,
        space=one.space,
        desk=one.desk,
        member=one.member,
        frequency=rule.frequency,
        first=rule.first,
        last=rule.last,
        starts=f"{rule.starts:%H:%M}",
        ends="24:00" if rule.ends == time() else f"{rule.ends:%H:%M}",
        interval=rule.interval,
        weekdays=[_WEEKDAYS[day] for day in rule.weekdays],
        of_month=places.get(rule.nth),
        bookings=[booking_out(booking) for booking in one.bookings],
    )


def _changed(done: Outcome) -> SeriesChanged:
    return SeriesChanged([booking_out(one) for one in done.changed], [booking_out(one) for one in done.kept])
