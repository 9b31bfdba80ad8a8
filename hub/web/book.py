"""Booking a desk: a day and hours, the plan coloured for exactly that time, tap a desk, confirm."""

from dataclasses import dataclass, replace
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.booking_ports import Availability, Query, Wish
from hub.domain.booking import ACTIVE, Booking
from hub.domain.booking_refusals import BookingRefused, DeskTaken
from hub.domain.errors import RuleRefused
from hub.domain.occupancy import DeskState
from hub.domain.requests import Request
from hub.domain.space import Granularity
from hub.domain.texts import MAX_TEXT
from hub.domain.time import Interval, day_bounds
from hub.web.booking_text import DeskChoice, clock, desk_choices, hours_text, span_text
from hub.web.floor_plan import floor_plan
from hub.web.forms import form_page, sent, tidy
from hub.web.language import gettext, ngettext
from hub.web.member_at import MemberAt, member_at, said_at_form
from hub.web.refusals import refusal_text
from hub.web.time_band import DAY, Band, band_of, hours, part_choices, part_of, preset, read_band
from hub.web.wording import long_day

blueprint = Blueprint("book", __name__)

MAX_OTHERS: Final = 6
"""So many other desks are named when one is taken: enough to choose from at a glance."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is free when.

    Args:
        closed: whether the space keeps no opening hours for some of the time.
        own: the visitor's own bookings of that day.
        barred: why nothing of that day can be booked, whatever the desk, or empty.
        pass_note: what the visitor's passes do not open of that time, or empty.
    """

    band: Band
    time: Interval
    desks: tuple[DeskChoice, ...]
    closed: bool
    own: tuple[Booking, ...]
    barred: str = ""
    pass_note: str = ""

    def desk(self, id_: str) -> DeskChoice | None:
        """Return one desk."""
        return next((one for one in self.desks if one.id == id_), None)

    @property
    def free(self) -> tuple[DeskChoice, ...]:
        """Desks that are free for all of the time."""
        return tuple(one for one in self.desks if one.state == "free")


@dataclass(frozen=True, slots=True)
class Other:
    """What would work instead: a link, and its words."""

    words: str
    address: str


@blueprint.get("/spaces/<space>/book")
def page(space: str) -> str:
    """Show which desks are free for a day and hours."""
    here, refused = member_at(space), ""
    try:
        look = look_at(here, read_band(request.args, here.space, here.now_us))
    except BookingRefused as error:
        refused = said_at_form(error)
        look = look_at(here, _band_of_day(here))
    band = look.band
    starts, ends = hours(here.space)
    return render_template(
        "book.html",
        at=here,
        look=look,
        refused=refused,
        sentence=_sentence(look),
        when=f"{long_day(band.day)}, {hours_text(look.time, here.zone)}",
        plan=floor_plan(here.space) if here.space.desks else None,
        may_wait=bool(look.desks) and not look.free and _may_wait(here, look),
        words_of={one.id: one for one in look.desks},
        links=links_of(here, look),
        starts=starts,
        ends=ends,
        parts=part_choices(here.space),
        part=part_of(band),
        by_day=here.space.granularity is Granularity.DAY,
    )


@blueprint.route("/spaces/<space>/book/<desk>", methods=["GET", "POST"])
def confirm(space: str, desk: str) -> AnyResponse:
    """Ask once, then book; a refusal says what would work instead."""
    here = member_at(space)
    name = here.desk_name(desk)
    refused, is_misread, note = "", False, tidy(request.form.get("note"))[:MAX_TEXT]
    try:
        band = read_band(request.values, here.space, here.now_us)
        look = look_at(here, band)
    except BookingRefused as error:
        # Nothing else is offered for it: who does not read on would book another time than was meant.
        refused, is_misread, band = said_at_form(error), True, _band_of_day(here)
        look = look_at(here, band)
    else:
        if not request.values.get("day"):
            look = _until_taken(here, look, desk)
        if sent():
            try:
                made = here.desks.bookings.book(
                    Wish(
                        space,
                        desk,
                        look.time,
                        here.actor.member,
                        note=note,
                        request=_request(here, desk, look.time),
                    ),
                    here.actor,
                    here.now_us,
                )
            except RuleRefused as error:
                refused = said_at_form(error)
                look = look_at(here, band)
                if isinstance(error, DeskTaken):
                    refused = taken_text(here, look, desk, name)
            else:
                when = span_text(made.time, here.zone, here.now_us)
                flash(gettext("%(desk)s is yours: %(when)s.", desk=name, when=when))
                return redirect(url_for("me.page") + "#bookings", code=303)
    choice = look.desk(desk)
    return form_page(
        "book_confirm.html",
        at=here,
        desk=desk,
        name=name,
        look=look,
        choice=choice,
        is_misread=is_misread,
        refused=refused
        or ("" if choice is None or choice.state == "free" else taken_text(here, look, desk, name)),
        others=others(here, look, desk),
        may_wait=choice is not None and choice.state in {"booked", "occupied"} and _may_wait(here, look),
        day=long_day(look.band.day),
        hours=hours_text(look.time, here.zone),
        note=note,
        token=request.form.get("request") or token_urlsafe(16),
        series_address=url_for("series.page", space=space, desk=desk, **look.band.fields),
    )


def _band_of_day(here: MemberAt) -> Band:
    """Return what most likely is wanted of the day that is asked for, when the hours are none; else of the next one."""
    try:
        return read_band({DAY: request.values.get(DAY, "")}, here.space, here.now_us)
    except BookingRefused:
        return preset(here.space, here.now_us)


def look_at(here: MemberAt, band: Band, but: str = "") -> Look:
    """Return what is free in a band.

    Args:
        but: id of a booking that shall be changed: its desk counts as free for it.

    Raises:
        BookingRefused: when the band is no time (`Band.time_of`), or lies outside of every calendar.
    """
    wanted = band.time_of(here.zone)
    whole = day_bounds(band.day, here.zone)
    free = here.desks.bookings.availability(here.space.id, whole, here.actor)
    own: tuple[Booking, ...] = ()
    if here.actor.member is not None:
        query = Query(here.space.id, here.actor.member, whole, ACTIVE)
        own = here.desks.bookings.bookings(query, here.actor).bookings
    changed = next((one for one in own if one.id == but), None)
    if changed is not None:
        free = _without(free, changed)
    choices = desk_choices(here.space, free, wanted, _notes(here, wanted, own))
    is_closed = any(one.start_us < wanted.end_us and wanted.start_us < one.end_us for one in free.closed)
    barred = "" if free.refusal is None else refusal_text(free.refusal)
    return Look(band, wanted, choices, is_closed, own, barred, _pass_note(free, wanted, here.zone))


def _pass_note(free: Availability, wanted: Interval, zone: str) -> str:
    """Return what somebody should know who needs a pass and has none for all of a time."""
    if free.pass_hours is None:
        return ""
    parts = [one for one in free.pass_hours if one.start_us < wanted.end_us and wanted.start_us < one.end_us]
    if not parts:
        return gettext(
            "You have no valid pass for this time, and the door stays shut without one. Ask a host for a pass first."
        )
    if parts[0].start_us <= wanted.start_us and wanted.end_us <= parts[-1].end_us and len(parts) == 1:
        return ""
    opens = ", ".join(hours_text(one, zone) for one in parts)
    return gettext("With your pass the door opens %(hours)s alone.", hours=opens)


def _without(free: Availability, booking: Booking) -> Availability:
    """Return how it is without one booking: a part of its time is another booking's never."""
    time = booking.time
    taken = {
        desk: tuple(
            part
            for span in spans
            for part in (
                (
                    Interval(span.start_us, min(span.end_us, time.start_us)),
                    Interval(max(span.start_us, time.end_us), span.end_us),
                )
                if desk in booking.desks
                else (span,)
            )
            if part.start_us < part.end_us
        )
        for desk, spans in free.taken.items()
    }
    return replace(free, taken=taken)


def _notes(here: MemberAt, wanted: Interval, own: tuple[Booking, ...]) -> dict[str, str]:
    notes = {}
    if here.now_us in wanted:
        # A booking does not know who sits there, and a sensor does not know who has booked.
        for view in here.live.desks:
            if view.state is DeskState.OCCUPIED:
                notes[view.desk.id] = gettext("somebody is sitting there now")
    for one in own:
        hours = hours_text(one.time, here.zone)
        notes.update({desk: gettext("yours, %(hours)s", hours=hours) for desk in one.desks})
    return notes


def _may_wait(here: MemberAt, look: Look) -> bool:
    """Say whether the space keeps a waiting list for the visitor, for a time that is not over."""
    is_kept = bool(here.space.booking_rules.hold_min and here.space.booking_rules.bookable)
    return is_kept and here.may_book and here.now_us < look.time.end_us


def _until_taken(here: MemberAt, look: Look, desk: str) -> Look:
    """Return "now until the evening", or until somebody else has the desk: what one tap on the live page means."""
    choice = look.desk(desk)
    if choice is None or choice.free is None or choice.state != "booked":
        return look
    return look_at(here, band_of(choice.free, here.zone))


def _request(here: MemberAt, desk: str, time: Interval) -> Request | None:
    """Return what makes a form that is sent twice the same: its token, and what it asks for."""
    token = request.form.get("request", "")
    if not 16 <= len(token) <= 64 or not token.isascii():
        return None
    asked = f"{here.space.id}/{desk}/{time.start_us}/{time.end_us}".encode()
    return Request(f"form-{here.actor.account}-{token}", sha256(asked).digest())


def links_of(here: MemberAt, look: Look) -> dict[str, str]:
    """Return where a tap on a desk leads, for desks that are free for some of the time."""
    found = {}
    for one in look.desks:
        if one.free is not None and here.may_book and not look.barred:
            band = look.band if one.state == "free" else band_of(one.free, here.zone)
            found[one.id] = url_for("book.confirm", space=here.space.id, desk=one.id, **band.fields)
    return found


def others(here: MemberAt, look: Look, desk: str) -> list[Other]:
    """Return what would work instead: this desk at another time, then other desks at this one."""
    choice, found = look.desk(desk), []
    if choice is not None and choice.free is not None and choice.state == "booked":
        address = url_for(
            "book.confirm", space=here.space.id, desk=desk, **band_of(choice.free, here.zone).fields
        )
        found.append(
            Other(
                gettext("%(desk)s, %(hours)s", desk=choice.name, hours=hours_text(choice.free, here.zone)),
                address,
            )
        )
    if choice is not None and choice.state == "free":
        return found
    for one in [one for one in look.free if one.id != desk][:MAX_OTHERS]:
        address = url_for("book.confirm", space=here.space.id, desk=one.id, **look.band.fields)
        found.append(
            Other(
                gettext("%(desk)s, %(hours)s", desk=one.name, hours=hours_text(look.time, here.zone)), address
            )
        )
    return found


def taken_text(here: MemberAt, look: Look, desk: str, name: str) -> str:
    """Return in words that a desk is taken, and when it is free."""
    choice = look.desk(desk)
    if choice is not None and choice.state == "out_of_service":
        return gettext("%(desk)s is out of service.", desk=name)
    if choice is None or choice.free is None:
        return gettext("%(desk)s is taken for all of that time.", desk=name)
    if choice.free.start_us == look.time.start_us:
        end = clock(choice.free.end_us, here.zone, ends=True)
        return gettext("%(desk)s is free until %(time)s only.", desk=name, time=end)
    start = clock(choice.free.start_us, here.zone)
    return gettext("%(desk)s is taken until %(time)s, and free from then on.", desk=name, time=start)


def _sentence(look: Look) -> str:
    usable = [one for one in look.desks if one.state != "out_of_service"]
    return ngettext(
        "%(free)s of %(num)s desk free", "%(free)s of %(num)s desks free", len(usable), free=len(look.free)
    )
