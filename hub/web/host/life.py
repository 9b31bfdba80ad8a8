"""The life of a space: when it opens, moves and closes for good; for managers alone."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.booking import Booking
from hub.domain.errors import RuleRefused
from hub.domain.life import closes_on, is_done, next_move, opens_on
from hub.domain.space import PeriodKind
from hub.domain.time import local_date
from hub.web.booking_text import KIND_WORDS, span_text
from hub.web.forms import form_page, sent, tidy
from hub.web.host.at import At, at, shown_at_form
from hub.web.language import N_, gettext
from hub.web.life_words import CloseForm, ConfirmCloseForm, MoveForm, OpenForm, life_words
from hub.web.wording import day_text

blueprint = Blueprint("life", __name__)

MAX_SHOWN = 50
"""So many bookings are listed; the rest is counted."""


@dataclass(frozen=True, slots=True)
class EndedBooking:
    """A booking that an end takes, in words."""

    what: str
    when: str


@blueprint.get("/spaces/<space>/host/life")
def page(space: str) -> AnyResponse:
    """Show the life of a space, and what may be decided."""
    here = _manager(space)
    today = local_date(here.now_us, here.zone)
    end = closes_on(here.space)
    return form_page(
        "host/life.html",
        at=here,
        periods=life_words(here.space),
        is_over=is_done(here.space) or (end is not None and end <= today and bool(here.space.periods)),
        has_move=next_move(here.space, today) is not None,
        has_end=end is not None and end > today,
    )


@blueprint.route("/spaces/<space>/host/life/open", methods=["GET", "POST"])
def open_space(space: str) -> AnyResponse:
    """Say when the space opens."""
    here = _manager(space)
    values = {"on": opens_on(here.space)}
    form, refused = OpenForm(request.form if sent() else None, data=values), ""
    if sent() and form.validate():
        assert form.on.data is not None
        try:
            here.desks.life.open_space(space, form.on.data, form.test_from.data, here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            return _saved(
                space,
                gettext("%(space)s opens on %(date)s.", space=here.space.name, date=day_text(form.on.data)),
            )
    return form_page("host/life_open.html", at=here, form=form, refused=refused)


@blueprint.route("/spaces/<space>/host/life/move", methods=["GET", "POST"])
def move(space: str) -> AnyResponse:
    """Say when the space moves, and where to."""
    here = _manager(space)
    form, refused = MoveForm(request.form if sent() else None), ""
    if sent() and form.validate():
        assert form.on.data is not None
        try:
            here.desks.life.move(space, form.on.data, form.address.data or "", here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            return _saved(
                space,
                gettext("%(space)s moves on %(date)s.", space=here.space.name, date=day_text(form.on.data)),
            )
    return form_page("host/life_move.html", at=here, form=form, refused=refused)


@blueprint.route("/spaces/<space>/host/life/close", methods=["GET", "POST"])
def close(space: str) -> AnyResponse:
    """Ask for the day, show what would follow, and close once the space's name was typed."""
    here = _manager(space)
    if not sent():
        return _close_page(here, ConfirmCloseForm(request.args) if "on" in request.args else None)
    form = ConfirmCloseForm(request.form)
    if form.validate():
        assert form.on.data is not None
        if tidy(form.name.data).casefold() != tidy(here.space.name).casefold():
            form.name.errors = [N_("This is not the name of the space.")]
            return _close_page(here, form)
        try:
            done = here.desks.life.close(space, form.on.data, form.reason.data or "", here.actor, here.now_us)
        except RuleRefused as error:
            return _close_page(here, form, shown_at_form(error))
        said = gettext("%(space)s closes on %(date)s.", space=here.space.name, date=day_text(done.on))
        return _saved(space, said)
    return _close_page(here, form)


@blueprint.post("/spaces/<space>/host/life/take-back/<kind>")
def take_back(space: str, kind: str) -> AnyResponse:
    """Take back a move or an end that is still to come."""
    here = _manager(space)
    kinds = {"move": PeriodKind.MOVED, "end": PeriodKind.CLOSED}
    if kind not in kinds:
        raise NotFound
    here.desks.life.take_back(space, kinds[kind], here.actor, here.now_us)
    return _saved(space, gettext("It is taken back. Bookings that were cancelled stay cancelled."))


def _close_page(here: At, form: ConfirmCloseForm | None, refused: str = "") -> AnyResponse:
    """Return the first step, without a day, or the second one, with what follows from the day."""
    found = None
    if form is not None and not refused:
        if not form.on.validate(form):
            refused = gettext("Please choose a day.")
        else:
            assert form.on.data is not None
            try:
                found = here.desks.life.look_at_closing(here.space.id, form.on.data, here.actor, here.now_us)
            except RuleRefused as error:
                refused = shown_at_form(error)
    if found is None:
        given = form.on.data if form is not None else closes_on(here.space)
        first = CloseForm(data={"on": given})
        return form_page("host/life_close_day.html", at=here, form=first, refused=refused)
    ended = [*found.cancelled, *found.cut]
    return form_page(
        "host/life_close.html",
        at=here,
        form=form,
        refused=refused,
        found=found,
        day=day_text(found.on),
        shown=[_ended(here, one) for one in ended[:MAX_SHOWN]],
        number=len(ended),
        more=max(len(ended) - MAX_SHOWN, 0),
    )


def _ended(here: At, one: Booking) -> EndedBooking:
    names = {desk.id: desk.name for desk in here.space.desks}
    what = names.get(one.desks[0], one.desks[0]) if len(one.desks) == 1 else gettext(KIND_WORDS[one.kind])
    return EndedBooking(what, span_text(one.time, here.zone, here.now_us))


def _saved(space: str, said: str) -> AnyResponse:
    flash(said)
    return redirect(url_for("life.page", space=space), code=303)


def _manager(space: str) -> At:
    here = at(space)
    if not here.is_manager:
        raise NotFound
    return here
