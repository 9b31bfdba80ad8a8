"""Taking a card in: choose a reader, hold the card to it, have keys written to it. Each step is a page of its own."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.cards import CardKind, CardState, OrderKind, OrderState
from hub.domain.errors import RuleRefused
from hub.web.card_words import order_words
from hub.web.forms import CardForm, ReaderForm, form_page, sent
from hub.web.host.at import At, at, shown_at_form
from hub.web.host.card_changes import member_choices
from hub.web.language import gettext

blueprint = Blueprint("enrol", __name__)


@blueprint.route("/spaces/<space>/host/cards/new", methods=["GET", "POST"])
def new(space: str) -> AnyResponse:
    """Ask for whom, at which reader, and what is written on the card."""
    here = at(space)
    form = CardForm(request.form if sent() else request.args)
    form.reader.choices = reader_choices(here)
    form.member.choices = member_choices(here, gettext("Nobody: a spare card for the key box"))
    _choose_only_reader(form)
    refused = ""
    if sent() and form.validate():
        member = int(form.member.data) if form.member.data else None
        try:
            order = here.desks.cards.ask_for_card(
                space, _reader(form), form.label.data or "", member, here.actor, here.now_us
            )
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            return _to_order(here, order, form)
    return form_page("host/card_new.html", at=here, form=form, refused=refused, away=away(here))


@blueprint.route("/spaces/<space>/host/cards/<int:card>/personalise", methods=["GET", "POST"])
def personalise(space: str, card: int) -> AnyResponse:
    """Ask at which reader the card gets its keys."""
    here = at(space)
    found = here.card(card)
    form = ReaderForm(request.form if sent() else request.args)
    form.reader.choices = reader_choices(here)
    _choose_only_reader(form)
    refused = ""
    if sent() and form.validate():
        try:
            order = here.desks.cards.personalise(card, _reader(form), here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            return _to_order(here, order, form)
    return form_page(
        "host/card_personalise.html", at=here, card=found, form=form, refused=refused, away=away(here)
    )


@blueprint.get("/spaces/<space>/host/cards/orders/<order>")
def order(space: str, order: str) -> str:
    """Say what to do now, while the reader waits; and what came of it."""
    here = at(space)
    view = here.desks.cards.order(order, here.actor, here.now_us)
    card = None if view.card is None else here.card(view.card)
    place = next(
        (one.place for one in _readers(here) if f"{one.device}/{one.reader}" == request.args.get("reader")),
        "",
    )
    is_read = view.kind is OrderKind.READ
    needs_keys = card is not None and card.kind is not CardKind.UID and card.state is CardState.BLANK
    return render_template(
        "host/card_order.html",
        at=here,
        order=view,
        words=order_words(view, place, here.now_us),
        is_read=is_read,
        card=card,
        needs_keys=is_read and view.state is OrderState.DONE and needs_keys,
        reader=request.args.get("reader", ""),
    )


@blueprint.post("/spaces/<space>/host/cards/orders/<order>/cancel")
def cancel(space: str, order: str) -> AnyResponse:
    """Stop waiting for a card."""
    here = at(space)
    here.desks.cards.cancel(order, here.actor, here.now_us)
    flash(gettext("Cancelled. Nothing was changed."))
    return redirect(url_for("cards.cards", space=space), code=303)


def reader_choices(here: At) -> list[tuple[str, str]]:
    """Return the readers that are there, for a list to choose from."""
    return [(f"{one.device}/{one.reader}", one.place) for one in _readers(here) if one.is_online]


def away(here: At) -> list[str]:
    """Return the places of readers that are away: said, so that nobody looks for them."""
    return [one.place for one in _readers(here) if not one.is_online]


def _readers(here: At) -> Any:
    return here.desks.cards.readers(here.space.id, here.actor)


def _choose_only_reader(form: Any) -> None:
    if not form.reader.data and len(form.reader.choices) == 1:
        form.reader.data = form.reader.choices[0][0]


def _reader(form: Any) -> tuple[str, str]:
    device, _, reader = str(form.reader.data).partition("/")
    return device, reader


def _to_order(here: At, order: str, form: Any) -> AnyResponse:
    address = url_for("enrol.order", space=here.space.id, order=order, reader=form.reader.data)
    return redirect(address, code=303)
