"""What members do with their bookings: cancel in one click, restore, check in, change."""

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.booking_ports import Change
from hub.domain.booking import Booking
from hub.domain.booking_refusals import BookingRefused, ChangedMeanwhile, DeskTaken
from hub.domain.errors import RuleRefused
from hub.domain.space import Granularity
from hub.domain.texts import MAX_TEXT
from hub.domain.time import Interval
from hub.web.book import look_at, taken_text
from hub.web.booking_text import desk_names, span_text
from hub.web.forms import form_page, sent, tidy
from hub.web.language import gettext
from hub.web.member_at import MemberAt, own_booking, said_at_form
from hub.web.time_band import band_of, hours, part_choices, part_of, read_band

blueprint = Blueprint("my_bookings", __name__)


@blueprint.post("/me/bookings/<booking>/cancel")
def cancel(booking: str) -> AnyResponse:
    """Cancel; it stays on the page and can be taken up again until its begin."""
    _, here = own_booking(booking)
    try:
        done = here.desks.bookings.cancel(booking, here.actor, here.now_us)
    except RuleRefused as error:
        flash(said_at_form(error))
    else:
        flash(
            gettext(
                "Cancelled: %(what)s. Until its begin you can restore it.", what=what_and_when(done, here)
            )
        )
    return _back()


@blueprint.post("/me/bookings/<booking>/restore")
def restore(booking: str) -> AnyResponse:
    """Take a cancelled booking up again, if nobody else has the desk."""
    _, here = own_booking(booking)
    try:
        done = here.desks.bookings.restore(booking, here.actor, here.now_us)
    except DeskTaken:
        flash(gettext("Somebody else has the desk by now. Choose another one, or another time."))
    except RuleRefused as error:
        flash(said_at_form(error))
    else:
        flash(gettext("Yours again: %(what)s.", what=what_and_when(done, here)))
    return _back()


@blueprint.post("/me/bookings/<booking>/check-in")
def check_in(booking: str) -> AnyResponse:
    """Say that one is there."""
    _, here = own_booking(booking)
    try:
        done = here.desks.bookings.check_in(booking, here.actor, here.now_us)
    except RuleRefused as error:
        flash(said_at_form(error))
    else:
        flash(gettext("You are checked in: %(what)s.", what=what_and_when(done, here)))
    return _back()


@blueprint.route("/me/bookings/<booking>", methods=["GET", "POST"])
def change(booking: str) -> AnyResponse:
    """Change desk, day, hours or note; whoever changed it second is told what the first one did."""
    found, here = own_booking(booking)
    refused, desk, note = "", found.desks[0], found.note
    band = band_of(found.time, here.zone)
    if sent():
        desk = request.form.get("desk", desk)
        note = tidy(request.form.get("note"))[:MAX_TEXT]
        try:
            band = read_band(request.form, here.space, here.now_us)
            # As the form shows it, or else what no form can say would be changed with the note: the second of two
            # hours of the same name, and a booking over several days.
            is_shown = band == band_of(found.time, here.zone)
            wanted = found.time if is_shown else band.interval(here.zone)
            here.desks.bookings.change(
                booking, _change(found, desk, wanted, note), _version(), here.actor, here.now_us
            )
        except ChangedMeanwhile:
            found = here.desks.bookings.booking(booking, here.actor)
            now = what_and_when(found, here)
            refused = gettext(
                "This booking was changed in another window meanwhile. It is now: %(what)s.", what=now
            )
            desk, note, band = found.desks[0], found.note, band_of(found.time, here.zone)
        except RuleRefused as error:
            refused = said_at_form(error)
            if isinstance(error, DeskTaken):
                refused = taken_text(here, look_at(here, band, booking), desk, here.desk_name(desk))
        else:
            flash(gettext("Changed."))
            return _back()
    starts, ends = hours(here.space)
    return form_page(
        "booking_change.html",
        at=here,
        booking=found,
        band=band,
        desk=desk,
        desks=_choices(here, found),
        note=note,
        refused=refused,
        starts=starts,
        ends=ends,
        parts=part_choices(here.space),
        part=part_of(band),
        by_day=here.space.granularity is Granularity.DAY,
        has_begun=found.time.start_us <= here.now_us,
    )


def what_and_when(booking: Booking, here: MemberAt) -> str:
    """Return a booking in one line."""
    when = span_text(booking.time, here.zone, here.now_us)
    return gettext("%(desk)s, %(hours)s", desk=desk_names(booking, here.space), hours=when)


def _change(found: Booking, desk: str, wanted: Interval, note: str) -> Change:
    # What a form did not touch is no change: the begin of a booking that runs stays what it is.
    return Change(
        None if desk == found.desks[0] else desk,
        None if wanted == found.time else wanted,
        None if note == found.note else note,
    )


def _choices(here: MemberAt, found: Booking) -> list[tuple[str, str]]:
    """Return the desks that can be chosen, with how they are at the time of the booking."""
    try:
        look = look_at(here, band_of(found.time, here.zone), found.id)
    except BookingRefused:
        return [(desk.id, desk.name) for desk in here.space.desks]
    return [
        (
            one.id,
            one.name
            if one.state == "free"
            else gettext("%(desk)s: %(state)s", desk=one.name, state=one.word),
        )
        for one in look.desks
        if one.state != "out_of_service" or one.id in found.desks
    ]


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else 0


def _back() -> AnyResponse:
    return redirect(url_for("me.page") + "#bookings", code=303)
