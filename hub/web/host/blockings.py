"""What hosts take out of use: desks for maintenance, days on which the space stays closed, desks kept free."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.booking_ports import Blocking, Query
from hub.domain.booking import ACTIVE, BLOCKINGS, Booking, BookingKind
from hub.domain.booking_refusals import DeskTaken, NoSuchTime
from hub.domain.errors import RuleRefused
from hub.domain.texts import MAX_TEXT
from hub.domain.time import Interval, day_bounds, local_date
from hub.web.booking_text import KIND_WORDS, desk_names, span_text
from hub.web.forms import form_page, sent, tidy
from hub.web.host.at import At, at, shown_at_form
from hub.web.language import N_, gettext, ngettext
from hub.web.time_band import Band, read_band

blueprint = Blueprint("blockings", __name__)

AHEAD_US: Final = 731 * 86_400_000_000
SHOWN: Final = 200
KINDS: Final[dict[BookingKind, str]] = {
    BookingKind.MAINTENANCE: N_("Maintenance: something is broken or being repaired"),
    BookingKind.CLOSING: N_("Closed: nobody comes on these days"),
    BookingKind.HOLD: N_("Kept free: for guests or a tenant"),
}


@dataclass(frozen=True, slots=True)
class BlockingWords:
    """A blocking in words."""

    booking: Booking
    kind: str
    what: str
    when: str


@blueprint.route("/spaces/<space>/host/blockings", methods=["GET", "POST"])
def page(space: str) -> AnyResponse:
    """Show what is blocked now or later; the form blocks more."""
    here = at(space)
    refused = ""
    if sent():
        try:
            made, gone = here.booking.blockings.block(_blocking(here), here.actor, here.now_us)
        except DeskTaken:
            refused = gettext(
                "There are bookings at that time. Choose other days, or tick that they shall give way."
            )
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            what = f"{desk_names(made, here.space)}, {span_text(made.time, here.zone, here.now_us)}"
            said = gettext("Blocked: %(what)s.", what=what)
            if gone:
                said += " " + ngettext("%(num)s booking gave way.", "%(num)s bookings gave way.", len(gone))
            flash(said)
            return redirect(url_for("blockings.page", space=space), code=303)
    today = local_date(here.now_us, here.zone)
    return form_page(
        "host/blockings.html",
        at=here,
        refused=refused,
        blockings=[_words(here, one) for one in _coming(here)],
        kinds=[(kind.value, gettext(word)) for kind, word in KINDS.items()],
        kind=request.form.get("kind", BookingKind.MAINTENANCE.value),
        chosen=request.form.getlist("desk"),
        first=request.form.get("day") or today.isoformat(),
        last=request.form.get("last", ""),
        starts=request.form.get("from", ""),
        ends=request.form.get("until", ""),
        note=tidy(request.form.get("note")),
    )


@blueprint.post("/spaces/<space>/host/blockings/<booking>/lift")
def lift(space: str, booking: str) -> AnyResponse:
    """Lift a blocking; of one that has begun the rest."""
    here = at(space)
    if booking not in {one.id for one in _coming(here)}:
        flash(gettext("This blocking is over, or was lifted already."))
    else:
        try:
            here.booking.blockings.lift(booking, here.actor, here.now_us)
        except RuleRefused as error:
            flash(shown_at_form(error))
        else:
            flash(gettext("The blocking is lifted. The desks can be booked again."))
    return redirect(url_for("blockings.page", space=space), code=303)


def _coming(here: At) -> tuple[Booking, ...]:
    time = Interval(here.now_us, here.now_us + AHEAD_US)
    query = Query(here.space.id, time=time, states=ACTIVE, kinds=BLOCKINGS, limit=SHOWN)
    return here.booking.bookings.bookings(query, here.actor).bookings


def _words(here: At, booking: Booking) -> BlockingWords:
    when = span_text(booking.time, here.zone, here.now_us)
    return BlockingWords(booking, gettext(KIND_WORDS[booking.kind]), desk_names(booking, here.space), when)


def _blocking(here: At) -> Blocking:
    """Return what the form asks for; without hours whole days.

    Raises:
        NoSuchTime: when it says no day or kind.
    """
    try:
        kind = BookingKind(request.form.get("kind", ""))
        last = date.fromisoformat(request.form["last"]) if request.form.get("last") else None
    except ValueError as error:
        raise NoSuchTime from error
    hours = {name: request.form.get(name) or "00:00" for name in ("from", "until")}
    first = _band(here, {"day": request.form.get("day", ""), **hours})
    end_us = first.interval(here.zone).end_us
    if last is not None:
        if not 1971 <= last.year <= 8999:
            raise NoSuchTime
        ends = Band(last, first.starts, first.ends).interval(here.zone)
        end_us = ends.end_us
    start_us = first.interval(here.zone).start_us
    return Blocking(
        here.space.id,
        kind,
        Interval(start_us, end_us),
        tuple(request.form.getlist("desk")),
        tidy(request.form.get("note"))[:MAX_TEXT],
        displace=bool(request.form.get("displace")),
    )


def _band(here: At, values: dict[str, str]) -> Band:
    band = read_band(values, here.space, here.now_us)
    whole = day_bounds(band.day, here.zone)
    if band.interval(here.zone).start_us < whole.start_us:
        raise NoSuchTime
    return band
