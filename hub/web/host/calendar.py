"""The calendar of a space: desks by days of a week, with who has booked; each cell leads to booking for somebody."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import Blueprint, render_template, request, url_for

from hub.domain.booking import Booking, BookingState
from hub.domain.granularity import days_of
from hub.domain.time import Interval, day_bounds, local_date
from hub.web.booking_text import hours_text
from hub.web.host.at import At, at
from hub.web.host.board import initials_of, named, who_text
from hub.web.wording import long_day, short_day

blueprint = Blueprint("calendar", __name__)

WEEK_DAYS: Final = 7
_WEEK: Final = timedelta(days=WEEK_DAYS)


@dataclass(frozen=True, slots=True)
class Entry:
    """A booking in a cell.

    Args:
        mark: how it stands: `booked`, `checked_in`, or its kind when it is nobody's.
    """

    hours: str
    who: str
    initials: str
    mark: str
    address: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A desk on a day."""

    day: str
    entries: tuple[Entry, ...]
    book: str


@blueprint.get("/spaces/<space>/host/calendar")
def page(space: str) -> str:
    """Show one week from Monday, or one day with `days=1`."""
    here = at(space)
    today = local_date(here.now_us, here.zone)
    day = _asked(today)
    is_week = request.args.get("days") != "1"
    first = day - timedelta(days=day.weekday()) if is_week else day
    days = [first + timedelta(days=ahead) for ahead in range(WEEK_DAYS if is_week else 1)]
    whole = Interval(day_bounds(days[0], here.zone).start_us, day_bounds(days[-1], here.zone).end_us)
    takings = here.desks.day.takings(here.space, whole, here.actor)
    names, found = named(takings), _by_desk_and_day(here, [one.booking for one in takings])
    rows = [
        (
            desk,
            [
                Cell(
                    long_day(one),
                    tuple(_entry(here, booking, names) for booking in found.get((desk.id, one), ())),
                    url_for("bookings.new", space=space, desk=desk.id, day=one) if one >= today else "",
                )
                for one in days
            ],
        )
        for desk in here.space.desks
    ]
    step = _WEEK if is_week else timedelta(days=1)
    return render_template(
        "host/calendar.html",
        at=here,
        rows=rows,
        days=[(one, short_day(one, today), one == today) for one in days],
        title=f"{long_day(days[0])} – {long_day(days[-1])}" if is_week else long_day(days[0]),
        day=day,
        is_week=is_week,
        before=first - step,
        after=first + step,
        today=today,
    )


def _asked(today: date) -> date:
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return today
    return day if 1971 < day.year < 8999 else today


def _by_desk_and_day(here: At, bookings: list[Booking]) -> dict[tuple[str, date], list[Booking]]:
    found: dict[tuple[str, date], list[Booking]] = {}
    for one in bookings:
        for day in days_of(one.time, here.zone):
            for desk in one.desks:
                found.setdefault((desk, day), []).append(one)
    return found


def _entry(here: At, booking: Booking, names: dict[int, str]) -> Entry:
    who = who_text(booking, names)
    is_persons = booking.member is not None
    mark = "done" if booking.state is BookingState.CHECKED_IN else "waiting" if is_persons else "blocked"
    address = url_for("bookings.booking", space=here.space.id, booking=booking.id)
    hours = hours_text(booking.time, here.zone) if len(days_of(booking.time, here.zone)) == 1 else ""
    return Entry(hours, who, initials_of(who) if is_persons else who, mark, address)
