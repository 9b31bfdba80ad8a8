"""Booking a desk again and again: conflicts are listed before anything is kept, and days are cancelled later."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.booking_ports import Days, SeriesPlan, SeriesWish, Which
from hub.domain.booking_refusals import InvalidSeries, NoSuchTime
from hub.domain.errors import RuleRefused
from hub.domain.series import LAST, Frequency, SeriesRule
from hub.domain.space import Granularity
from hub.domain.time import Interval
from hub.web.accounts import present
from hub.web.booking_text import desk_names, hours_text
from hub.web.forms import form_page, sent
from hub.web.language import N_, gettext, ngettext
from hub.web.member_at import MemberAt, booking_desks, member_at, said_at_form
from hub.web.parts import parts
from hub.web.time_band import Band, hours, part_choices, part_of, read_band
from hub.web.wording import long_day

blueprint = Blueprint("series", __name__)

WEEKS_AHEAD: Final = 4
WEEKDAYS: Final = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
FREQUENCIES: Final[dict[Frequency, str]] = {
    Frequency.DAILY: N_("every day"),
    Frequency.WEEKLY: N_("every week, on these weekdays"),
    Frequency.MONTHLY: N_("every month, on this weekday"),
}
NTHS: Final[dict[int, str]] = {
    1: N_("the first"), 2: N_("the second"), 3: N_("the third"), 4: N_("the fourth"), LAST: N_("the last"),
}  # fmt: skip
CONFLICTS: Final[dict[str, str]] = {
    "desk_taken": N_("the desk is taken"),
    "outside_hours": N_("closed then"),
    "two_desks_at_once": N_("you have another booking at that time"),
    "too_far_ahead": N_("too far ahead"),
    "too_many_bookings": N_("more bookings than possible here"),
    "too_many_this_week": N_("more bookings in that week than possible here"),
    "no_membership_then": N_("your membership does not hold then"),
    "not_admitted": N_("the space is not open to you then"),
    "not_admitted_yet": N_("the space is not open to you then"),
    "not_open_yet": N_("before the space's first day"),
    "closed_for_good": N_("after the space's last day"),
    "in_the_past": N_("has begun already"),
}
"""Why a day can't be, by code of its refusal."""

_ANY_REASON: Final = N_("can't be booked")


@dataclass(frozen=True, slots=True)
class Fields:
    """What the form says, as it shows it again."""

    frequency: Frequency
    interval: int
    weekdays: tuple[int, ...]
    nth: int
    last: date


@dataclass(frozen=True, slots=True)
class DayWords:
    """A day of a series, in words."""

    day: str
    hours: str
    why: str = ""


@blueprint.route("/spaces/<space>/book/<desk>/series", methods=["GET", "POST"])
def page(space: str, desk: str) -> AnyResponse:
    """Ask for a rule, show what it would be, and keep it when the visitor says so."""
    here = member_at(space)
    name = here.desk_name(desk)
    refused, plan = "", None
    try:
        band = read_band(request.values, here.space, here.now_us)
        fields = _fields(band)
    except RuleRefused as error:
        refused, band = said_at_form(error), read_band({}, here.space, here.now_us)
        fields = _preset(band)
    else:
        if sent():
            try:
                wish = SeriesWish(space, desk, _rule(band, fields), here.actor.member)
                if request.form.get("keep"):
                    made = here.desks.series.book_series(
                        wish, here.actor, here.now_us, without_conflicts=request.form["keep"] == "without"
                    )
                    flash(
                        ngettext(
                            "%(desk)s is yours on %(num)s day.",
                            "%(desk)s is yours on %(num)s days.",
                            len(made.bookings),
                            desk=name,
                        )
                    )
                    return redirect(url_for("me.page") + "#bookings", code=303)
                plan = here.desks.series.plan(wish, here.actor, here.now_us)
            except RuleRefused as error:
                refused = said_at_form(error)
    starts, ends = hours(here.space)
    return form_page(
        "series.html",
        at=here,
        desk=desk,
        name=name,
        band=band,
        fields=fields,
        refused=refused,
        plan=plan,
        free=[_day(here, *one) for one in plan.free] if plan else [],
        conflicts=_conflicts(here, plan) if plan else [],
        starts=starts,
        ends=ends,
        parts=part_choices(here.space),
        part=part_of(band),
        by_day=here.space.granularity is Granularity.DAY,
        frequencies=[(key.value, gettext(word)) for key, word in FREQUENCIES.items()],
        weekdays=[(number, gettext(word)) for number, word in enumerate(WEEKDAYS)],
        nths=[(number, gettext(word)) for number, word in NTHS.items()],
    )


@blueprint.route("/me/series/<series>/cancel", methods=["GET", "POST"])
def cancel(series: str) -> AnyResponse:
    """Cancel days of a series: one, this and all that follow, all, or those of some weeks."""
    actor, now_us, desks = present().actor, parts().clock.now_us(), booking_desks()
    found = desks.series.series(series, actor)
    live = parts().live.space(found.space, now_us)
    if live is None or found.member is None or found.member != actor.member:
        raise NotFound
    here, refused = MemberAt(live, actor, now_us, desks), ""
    if sent():
        try:
            done = desks.series.cancel_days(series, _days(), actor, now_us)
        except RuleRefused as error:
            refused = said_at_form(error)
        else:
            said = ngettext("%(num)s day is cancelled.", "%(num)s days are cancelled.", len(done.changed))
            flash(said if done.changed else gettext("Nothing was left to cancel."))
            return redirect(url_for("me.page") + "#bookings", code=303)
    coming = [one for one in found.bookings if one.is_active and one.time.start_us > now_us]
    return form_page(
        "series_cancel.html",
        at=here,
        series=found,
        name=desk_names(found.bookings[0], here.space) if found.bookings else "",
        day=request.values.get("day") or (str(coming[0].series_day) if coming else ""),
        coming=[_day(here, one.series_day or found.rule.first, one.time) for one in coming],
        which=request.form.get("which", "this"),
        refused=refused,
    )


def _day(here: MemberAt, day: date, time: Interval, why: str = "") -> DayWords:
    return DayWords(long_day(day), hours_text(time, here.zone), why)


def _conflicts(here: MemberAt, plan: SeriesPlan) -> list[DayWords]:
    listed = [
        _day(here, one.day, one.time, gettext(CONFLICTS.get(one.refusal, "can't be booked")))
        for one in plan.conflicts
    ]
    return listed + [
        DayWords(long_day(day), "", gettext("the clock's change leaves nothing of that time"))
        for day in plan.nothing_left
    ]


def _preset(band: Band) -> Fields:
    return Fields(Frequency.WEEKLY, 1, (band.day.weekday(),), 1, band.day + timedelta(weeks=WEEKS_AHEAD))


def _fields(band: Band) -> Fields:
    """Return what the form says.

    Raises:
        NoSuchTime, InvalidSeries: when it says what is no day or no rule.
    """
    usual = _preset(band)
    if not request.form:
        return usual
    try:
        frequency = Frequency(request.form.get("frequency", usual.frequency))
        interval, nth = int(request.form.get("interval") or 1), int(request.form.get("nth") or 1)
        weekdays = tuple(int(one) for one in request.form.getlist("weekday"))
        last = date.fromisoformat(request.form.get("last") or usual.last.isoformat())
    except ValueError as error:
        raise InvalidSeries("the form has a field that is none of ours", "load it again") from error
    if not 1971 <= last.year <= 8999:
        raise NoSuchTime
    return Fields(frequency, interval, weekdays, nth, last)


def _rule(band: Band, fields: Fields) -> SeriesRule:
    weekdays: tuple[int, ...] = fields.weekdays if fields.frequency is Frequency.WEEKLY else ()
    if fields.frequency is Frequency.MONTHLY:
        weekdays = (band.day.weekday(),)
    return SeriesRule(
        fields.frequency,
        band.day,
        fields.last,
        band.starts,
        band.ends,
        fields.interval,
        weekdays,
        fields.nth if fields.frequency is Frequency.MONTHLY else 0,
    )


def _days() -> Days:
    try:
        which = Which(request.form.get("which", ""))
        first, last = (
            date.fromisoformat(request.form[name]) if request.form.get(name) else None
            for name in ("day", "last")
        )
    except ValueError as error:
        raise NoSuchTime from error
    return Days(which, first, last if which is Which.RANGE else None)
