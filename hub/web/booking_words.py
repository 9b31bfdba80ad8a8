"""Why something can't be booked, and what would work instead: by code of `hub.domain.booking_refusals`."""

from datetime import date, time, timedelta
from typing import Final

from hub.domain.time import to_local
from hub.web.language import N_, gettext
from hub.web.wording import clock_text, day_text

REFUSALS: Final[dict[str, str]] = {
    "bad_cursor": N_("The list has changed. Begin again with its first page."),
    "bad_kind": N_("A booking is of one desk, or an event in the whole space. Block desks to keep them free."),
    "bad_limit": N_("A page has 1 to %(most)s bookings."),
    "changed_meanwhile": N_("Somebody has changed this booking meanwhile. Look at it again, then repeat your change."),
    "closed_for_good": N_("%(space)s has its last day on %(last_day)s. Choose that day, or an earlier one."),
    "desk_out_of_service": N_("%(name)s is out of service. Choose another desk."),
    "desk_taken": N_("%(name)s is taken from %(start)s to %(end)s. Choose another time, or another desk."),
    "desk_taken_now": N_("Somebody was quicker. Choose another time, or another desk."),
    "hosts_book_here": N_("Here hosts do the booking. Ask one of them."),
    "in_the_past": N_("This time has passed. The earliest begin is %(earliest)s."),
    "invalid_series": N_("There is no such series. Check how often and on which weekdays it comes."),
    "is_booked": N_("This booking stands already."),
    "is_cancelled": N_("This booking is cancelled. Until its begin it can be restored."),
    "is_checked_in": N_("Somebody has checked in to this booking already. Only its end can be changed."),
    "is_released_no_show": N_("This booking was released because nobody came. Check in if the desk is still free."),
    "no_blocking": N_("This is a booking. Cancel it instead."),
    "no_desks": N_("This space has no desk yet."),
    "no_holder": N_("A token acts for a member or for an account. Choose one of them."),
    "no_membership_then": N_("No membership of %(space)s holds on %(day)s. Ask whoever manages this space."),
    "no_need_to_wait": N_("%(name)s is free then. Book it."),
    "no_scope": N_("A token needs something that it may do. Choose at least one."),
    "no_such_time": N_("No calendar has this time. Check day, hours and year."),
    "no_token_name": N_("A token needs a name. Say what it is for."),
    "not_admitted": N_(
        "On %(day)s %(space)s is not open to you. Ask whoever manages this space."
    ),
    "not_admitted_yet": N_(
        "On %(day)s %(space)s is not open to you. You can book from %(first_day)s on."
    ),
    "not_open_yet": N_("%(space)s has its first day on %(first_day)s. Choose that day, or a later one."),
    "not_a_single_desk": N_("This takes several desks. Cancel it, and make it anew."),
    "not_aligned": N_("Bookings here begin and end with the grid of this space: take %(start)s to %(end)s."),
    "other_request": N_("This key was used for another request. Make a new one for each thing that you make."),
    "no_waiting_list": N_("%(space)s keeps no waiting list. Look again later."),
    "nothing_left": N_("The clocks change then, and nothing is left of this time. Choose other hours."),
    "nothing_held": N_("Nothing is held for you now. Wait until we write to you."),
    "outside_hours": N_("%(space)s is closed then. Choose a time within its opening hours."),
    "series_days": N_(
        "A series begins today or later, ends not before its first day, and two years ahead at most. Check both days."
    ),
    "series_hours": N_("The end must lie behind the begin. Choose a later end; a night takes two series."),
    "series_no_day": N_("No such day lies between the first and the last one. Choose a later last day."),
    "series_taken": N_(
        "%(number)s days of this series can't be booked. Leave them out, or choose another desk or time."
    ),
    "series_too_long": N_("A series has 400 days at most. Choose an earlier last day, and book on later."),
    "series_weekday": N_("Choose at least one weekday."),
    "too_early": N_("It is too early to check in. Come back from %(from)s on."),
    "too_far_ahead": N_("This is too far ahead: %(days)s days at most. The latest is %(latest)s."),
    "too_late": N_("It is too late for this: the time has passed."),
    "too_late_to_cancel": N_("This could be changed until %(deadline)s. Ask a host."),
    "too_long_a_time": N_("The end must lie behind the begin, and %(days)s days later at most."),
    "too_many_bookings": N_("There are %(most)s open bookings, as many as one person may have here. Cancel one first."),
    "too_many_this_week": N_(
        "The week from %(week)s has %(most)s bookings, as many as one person may have here. Choose another week."
    ),
    "too_many_waits": N_("You wait for %(most)s times already. Leave one of them first."),
    "two_desks_at_once": N_(
        "%(name)s is booked from %(start)s to %(end)s already. One desk at a time: cancel that booking first."
    ),
    "unknown_booking": N_("There is no such booking. See your list."),
    "unknown_desk": N_("This space has no such desk any more. Load the page again."),
    "unknown_scope": N_("There is no such right for tokens."),
    "unknown_series": N_("There is no such series. See your list."),
    "unknown_token": N_("There is no such token any more."),
    "unknown_wait": N_("You are not waiting for this any more. See your page."),
    "which_days": N_("Please say which days of the series you mean."),
}  # fmt: skip


_DAYS: Final = ("day", "week", "first_day", "last_day")
_ENDS: Final = ("end_us", "latest_us")
"""Moments at which something ends."""


def with_times(data: dict[str, object]) -> dict[str, object]:
    """Return a refusal's data as words show it: each moment on the wall clock of its space, `start_us` as `start`."""
    days = {name: _day(data[name]) for name in _DAYS if data.get(name)}
    zone = data.get("zone")
    if not isinstance(zone, str):
        return data | days
    return (
        data
        | days
        | {
            name.removesuffix("_us"): moment_text(value, zone, ends=name in _ENDS)
            for name, value in data.items()
            if name.endswith("_us") and isinstance(value, int)
        }
    )


def _day(value: object) -> object:
    return day_text(date.fromisoformat(value)) if isinstance(value, str) else value


def moment_text(at_us: int, zone: str, *, ends: bool = False) -> str:
    """Return a moment with its day: "19.11.2026, 09:00"; an end at midnight is 24:00 of the day before."""
    local = to_local(at_us, zone)
    if ends and local.time() == time():
        return gettext("%(day)s, %(time)s", day=day_text(local.date() - timedelta(days=1)), time="24:00")
    return gettext("%(day)s, %(time)s", day=day_text(local.date()), time=clock_text(local))
