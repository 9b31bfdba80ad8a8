"""What hosts do with bookings: check in, cancel and restore, book for somebody, assign a desk to who sits there."""

from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.booking_ports import Wish
from hub.domain.booking import Booking, BookingKind, BookingState
from hub.domain.booking_refusals import BookingRefused, DeskTaken, NoSuchTime
from hub.domain.errors import RuleRefused
from hub.domain.granularity import slot_at
from hub.domain.space import Granularity
from hub.domain.texts import MAX_TEXT
from hub.domain.time import Interval
from hub.web.booking_text import KIND_WORDS, STATE_WORDS, desk_names, hours_text, span_text
from hub.web.forms import form_page, sent, tidy
from hub.web.host.at import At, at, shown_at_form
from hub.web.host.board import names_of, who_text
from hub.web.language import gettext
from hub.web.time_band import Band, band_of, hours, part_choices, part_of, preset, read_band

blueprint = Blueprint("bookings", __name__)

WHOLE: Final = "*"
"""The whole space, as the form's choice of a desk says it."""
MAX_KEY: Final = 12


@blueprint.route("/spaces/<space>/host/bookings/<booking>", methods=["GET", "POST"])
def booking(space: str, booking: str) -> AnyResponse:
    """Show a booking; the form cancels it or takes it up again, with a reason."""
    here = at(space)
    found, refused = _found(here, booking), ""
    if sent():
        reason = tidy(request.form.get("reason"))[:MAX_TEXT]
        is_restoring = found.state is not BookingState.BOOKED
        act = here.booking.bookings.restore if is_restoring else here.booking.bookings.cancel
        try:
            done = act(booking, here.actor, here.now_us, reason=reason)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            what = desk_names(done, here.space)
            flash(gettext("%(what)s: %(state)s.", what=what, state=gettext(STATE_WORDS[done.state])))
            return _to_calendar(here, done.time.start_us)
    names = names_of(here)
    is_over = found.time.end_us <= here.now_us
    return form_page(
        "host/booking.html",
        at=here,
        booking=found,
        kind=gettext(KIND_WORDS[found.kind]),
        what=desk_names(found, here.space),
        when=span_text(found.time, here.zone, here.now_us),
        who=who_text(found, names),
        state=gettext(STATE_WORDS[found.state]),
        may_cancel=found.state is BookingState.BOOKED and not is_over,
        may_restore=not found.is_active and not is_over,
        may_check_in=found.state is not BookingState.CHECKED_IN and here.now_us in found.time,
        refused=refused,
    )


@blueprint.post("/spaces/<space>/host/bookings/<booking>/check-in")
def check_in(space: str, booking: str) -> AnyResponse:
    """Say that somebody is there."""
    here = at(space)
    _found(here, booking)
    try:
        done = here.booking.bookings.check_in(booking, here.actor, here.now_us)
    except RuleRefused as error:
        flash(shown_at_form(error))
    else:
        flash(gettext("%(desk)s is checked in.", desk=desk_names(done, here.space)))
    return redirect(url_for("today.today", space=space), code=303)


@blueprint.route("/spaces/<space>/host/bookings/new", methods=["GET", "POST"])
def new(space: str) -> AnyResponse:
    """Book for somebody, for a guest, or the whole space for an event; the log keeps why."""
    here = at(space)
    refused = ""
    try:
        band = read_band(request.values, here.space, here.now_us)
    except BookingRefused as error:
        refused, band = shown_at_form(error), preset(here.space, here.now_us)
    else:
        if sent():
            try:
                made = here.booking.bookings.book(_wish(here, band), here.actor, here.now_us)
            except RuleRefused as error:
                refused = _words(here, error)
            else:
                when = span_text(made.time, here.zone, here.now_us)
                flash(gettext("Booked: %(what)s.", what=f"{desk_names(made, here.space)}, {when}"))
                return _to_calendar(here, made.time.start_us)
    starts, ends = hours(here.space)
    return form_page(
        "host/booking_new.html",
        at=here,
        band=band,
        refused=refused,
        desk=request.values.get("desk", ""),
        member=request.values.get("member", ""),
        members=_members(here),
        whole=WHOLE,
        starts=starts,
        ends=ends,
        parts=part_choices(here.space),
        part=part_of(band),
        by_day=here.space.granularity is Granularity.DAY,
    )


@blueprint.route("/spaces/<space>/host/walk-ins/<desk>", methods=["GET", "POST"])
def assign(space: str, desk: str) -> AnyResponse:
    """Give the desk to the member who sits there, from now on, and check in."""
    here = at(space)
    name = next((one.name for one in here.space.desks if one.id == desk), None)
    if name is None:
        raise NotFound
    refused = ""
    band = preset(here.space, here.now_us)
    rules = here.space.booking_rules
    running = slot_at(here.space.granularity, here.now_us, here.zone, rules.half_day_at)
    usual = band.interval(here.zone)
    time = usual if here.now_us in usual else running
    if sent():
        try:
            ends = (
                read_band(
                    {"until": request.form.get("until", ""), "day": band_of(time, here.zone).day.isoformat()},
                    here.space,
                    here.now_us,
                )
                if request.form.get("until")
                else None
            )
            if ends is not None and here.space.granularity is Granularity.HOUR:
                time = Interval(running.start_us, ends.interval(here.zone).end_us)
            wish = Wish(
                space,
                desk,
                time,
                _member(),
                note=gettext("came without a booking"),
                reason=gettext("sat there without a booking"),
                beyond_rules=bool(request.form.get("beyond")),
            )
            made = here.booking.bookings.book(wish, here.actor, here.now_us)
            here.booking.bookings.check_in(made.id, here.actor, here.now_us)
        except RuleRefused as error:
            refused = _words(here, error)
        else:
            flash(gettext("%(desk)s is assigned, and checked in.", desk=name))
            return redirect(url_for("today.today", space=space), code=303)
    shown = band_of(time, here.zone)
    return form_page(
        "host/walk_in.html",
        at=here,
        desk=desk,
        name=name,
        refused=refused,
        member=request.form.get("member", ""),
        members=_members(here),
        when=hours_text(time, here.zone),
        until=shown.fields["until"],
        ends=[one for one in hours(here.space)[1] if one > shown.fields["from"]],
        by_hour=here.space.granularity is Granularity.HOUR,
    )


def _found(here: At, id_: str) -> Booking:
    """Return a booking of this space, or the page that says that it is not there."""
    found = here.booking.bookings.booking(id_, here.actor)
    if found.space != here.space.id:
        raise NotFound
    return found


def _members(here: At) -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in sorted(names_of(here).items(), key=lambda one: one[1].casefold())]


def _member() -> int | None:
    text = request.form.get("member", "")
    if not text:
        return None
    if not (text.isdecimal() and text.isascii() and len(text) <= MAX_KEY):
        raise NoSuchTime
    return int(text)


def _wish(here: At, band: Band) -> Wish:
    desk = request.form.get("desk", "")
    is_event = desk == WHOLE
    return Wish(
        here.space.id,
        "" if is_event else desk,
        band.time_of(here.zone),
        _member(),
        BookingKind.EVENT if is_event else BookingKind.DESK,
        note=tidy(request.form.get("note"))[:MAX_TEXT],
        reason=tidy(request.form.get("reason"))[:MAX_TEXT],
        beyond_rules=bool(request.form.get("beyond")),
    )


def _words(here: At, error: RuleRefused) -> str:
    """Return the words of a refusal; of a desk that is taken by its name and hours."""
    if isinstance(error, DeskTaken) and error.data.get("end_us"):
        names = {desk.id: desk.name for desk in here.space.desks}
        start_us, end_us = int(str(error.data["start_us"])), int(str(error.data["end_us"]))
        when = span_text(Interval(start_us, end_us), here.zone, here.now_us)
        desk = names.get(str(error.data["desk"]), str(error.data["desk"]))
        return gettext("%(desk)s is taken: %(when)s.", desk=desk, when=when)
    return shown_at_form(error)


def _to_calendar(here: At, at_us: int) -> AnyResponse:
    day = band_of(Interval(at_us, at_us + 1), here.zone).day
    return redirect(url_for("calendar.page", space=here.space.id, day=day), code=303)
