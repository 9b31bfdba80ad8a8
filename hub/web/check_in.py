"""Checking in by phone: the QR code at a desk leads here, and after signing in one button does it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.booking_ports import Query
from hub.domain.booking import Booking, BookingState
from hub.domain.errors import RuleRefused
from hub.domain.occupancy import DeskState
from hub.domain.time import Interval, day_bounds, local_date
from hub.web.booking_text import clock, hours_text
from hub.web.forms import sent
from hub.web.language import gettext
from hub.web.member_at import MemberAt, member_at, said_at_form

blueprint = Blueprint("check_in", __name__)


@blueprint.route("/spaces/<space>/desks/<desk>/check-in", methods=["GET", "POST"])
def page(space: str, desk: str) -> AnyResponse | str:
    """Show the visitor's booking of this desk with one button; without one, what can be done instead."""
    here = member_at(space)
    name = here.desk_name(desk)
    found = _own(here, desk)
    if sent() and found is not None:
        try:
            here.desks.bookings.check_in(found.id, here.actor, here.now_us)
        except RuleRefused as error:
            flash(said_at_form(error))
        else:
            flash(gettext("You are checked in at %(desk)s.", desk=name))
        return redirect(url_for("check_in.page", space=space, desk=desk), code=303)
    early_us = here.space.booking_rules.early_min * 60_000_000
    from_us = 0 if found is None else found.time.start_us - early_us
    return render_template(
        "check_in.html",
        at=here,
        desk=desk,
        name=name,
        booking=found,
        is_here=found is not None and found.state is BookingState.CHECKED_IN,
        is_early=from_us > here.now_us,
        from_text=clock(from_us, here.zone) if found is not None else "",
        hours="" if found is None else hours_text(found.time, here.zone),
        sits=any(view.desk.id == desk and view.state is DeskState.OCCUPIED for view in here.live.desks),
    )


def _own(here: MemberAt, desk: str) -> Booking | None:
    """Return the visitor's booking of a desk today that is not over: the one that runs, or the next one."""
    if here.actor.member is None:
        return None
    end_us = day_bounds(local_date(here.now_us, here.zone), here.zone).end_us
    states = frozenset({BookingState.BOOKED, BookingState.CHECKED_IN, BookingState.RELEASED_NO_SHOW})
    query = Query(here.space.id, here.actor.member, Interval(here.now_us, end_us), states)
    found = [one for one in here.desks.bookings.bookings(query, here.actor).bookings if desk in one.desks]
    # One that was released comes last: somebody who booked anew means the new one.
    return min(found, key=lambda one: (not one.is_active, one.time.start_us), default=None)
