"""The waiting list for members: wait for what is taken, book what is held, wait no more."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.booking_refusals import NoNeedToWait, UnknownWait
from hub.domain.errors import RuleRefused
from hub.domain.people import Actor
from hub.domain.space import Space
from hub.domain.time import local_date
from hub.waiting_ports import Turn, WaitWish
from hub.web.accounts import present
from hub.web.booking_text import clock, span_text
from hub.web.forms import form_page, sent
from hub.web.language import gettext, ngettext
from hub.web.member_at import MemberAt, booking_desks, member_at, said_at_form
from hub.web.parts import BookingDesks, parts
from hub.web.refusals import refusal_text
from hub.web.time_band import band_of, read_band
from hub.web.wording import short_day

blueprint = Blueprint("waiting", __name__)


@dataclass(frozen=True, slots=True)
class OwnTurn:
    """Where the visitor waits, in words.

    Args:
        what: the desk, or that any will do.
        state: until when it is held, or how many came first.
        is_held: whether it can be booked now; the service decides again.
    """

    id: str
    space: Space
    what: str
    when: str
    state: str
    is_held: bool


@blueprint.post("/spaces/<space>/wait")
def wait(space: str) -> AnyResponse:
    """Get in line for a desk, or for any, at the time of the form."""
    here = member_at(space)
    desk = request.form.get("desk", "")
    try:
        band = read_band(request.form, here.space, here.now_us)
        here.desks.waiting.wait(WaitWish(space, desk, band.time_of(here.zone)), here.actor, here.now_us)
    except NoNeedToWait as free:
        desk = str(free.data["desk"])
        flash(gettext("%(desk)s is free now. You can book it.", desk=here.desk_name(desk)))
        return redirect(url_for("book.confirm", space=space, desk=desk, **band.fields), code=303)
    except RuleRefused as error:
        flash(said_at_form(error))
        return redirect(url_for("book.page", space=space), code=303)
    flash(
        gettext(
            "You are on the waiting list. When it becomes free, we hold it for you for a while and write to you."
        )
    )
    return _back()


@blueprint.route("/me/waiting/<wait_id>", methods=["GET", "POST"])
def confirm(wait_id: str) -> AnyResponse:
    """Show what is held, and book it in one click."""
    try:
        turn, here = _own(wait_id)
    except UnknownWait as error:
        if not sent() or present().actor.member is None:
            raise
        # A button that was pressed twice: the answer to the second is the one that is seen.
        flash(refusal_text(error))
        return redirect(url_for("me.page") + "#bookings", code=303)
    refused = ""
    if sent():
        try:
            made = here.desks.waiting.confirm(wait_id, here.actor, here.now_us)
        except RuleRefused as error:
            refused = said_at_form(error)
        else:
            when = span_text(made.time, here.zone, here.now_us)
            flash(gettext("%(desk)s is yours: %(when)s.", desk=here.desk_name(made.desks[0]), when=when))
            return redirect(url_for("me.page") + "#bookings", code=303)
    words = _in_words(turn, here.space, here.now_us)
    again = url_for("book.page", space=here.space.id, **band_of(turn.time, here.zone).fields)
    return form_page("waiting.html", at=here, own=words, refused=refused, again=again)


@blueprint.post("/me/waiting/<wait_id>/leave")
def leave(wait_id: str) -> AnyResponse:
    """Wait no more."""
    _, here = _own(wait_id)
    try:
        here.desks.waiting.leave(wait_id, here.actor, here.now_us)
    except RuleRefused as error:
        flash(said_at_form(error))
    else:
        flash(gettext("You are not waiting for it any more."))
    return _back()


def own_turns(desks: BookingDesks, actor: Actor, spaces: dict[str, Space], now_us: int) -> list[OwnTurn]:
    """Return where the visitor waits, for "Meine Seite"; what is held comes first."""
    found = [one for one in desks.waiting.turns(actor, now_us) if one.wait.space in spaces]
    words = [_in_words(one, spaces[one.wait.space], now_us) for one in found]
    return sorted(words, key=lambda one: not one.is_held)


def _in_words(turn: Turn, space: Space, now_us: int) -> OwnTurn:
    names = {desk.id: desk.name for desk in space.desks}
    is_held = bool(turn.wait.hold) and now_us < turn.wait.until_us
    if is_held:
        # A term of days ends on another day than today.
        until_us = turn.wait.until_us
        day, time = _short_day_of(until_us, space, now_us), clock(until_us, space.time_zone)
        state = gettext("held for you until %(day)s, %(time)s", day=day, time=time)
    elif turn.ahead:
        state = ngettext("%(num)s before you", "%(num)s before you", turn.ahead)
    else:
        state = gettext("you are the first in line")
    return OwnTurn(
        turn.wait.id,
        space,
        names.get(turn.desk, turn.desk) if turn.desk else gettext("any desk"),
        span_text(turn.time, space.time_zone, now_us),
        state,
        is_held,
    )


def _short_day_of(at_us: int, space: Space, now_us: int) -> str:
    """Return the local day of an instant: "today", or its date."""
    return short_day(local_date(at_us, space.time_zone), local_date(now_us, space.time_zone))


def _own(wait_id: str) -> tuple[Turn, MemberAt]:
    now_us, desks, actor = parts().clock.now_us(), booking_desks(), present().actor
    turn = desks.waiting.turn(wait_id, actor, now_us)
    live = parts().live.space(turn.wait.space, now_us)
    if live is None:
        raise NotFound
    return turn, MemberAt(live, actor, now_us, desks)


def _back() -> AnyResponse:
    return redirect(url_for("me.page") + "#waiting", code=303)
