"""What hosts change of a card: each change has a page that says what it means and asks once."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form

from hub.domain.cards import CardState, CardView
from hub.domain.errors import RuleRefused
from hub.domain.time import checked_day, day_bounds
from hub.web.card_words import blocked_text
from hub.web.forms import BlockForm, Confirm, GiveForm, RetireForm, form_page, sent, tidy
from hub.web.host.at import At, at, shown_at_form
from hub.web.language import N_, gettext

blueprint = Blueprint("card_changes", __name__)


@blueprint.route("/spaces/<space>/host/cards/<int:card>/block", methods=["GET", "POST"])
def block(space: str, card: int) -> AnyResponse:
    """Block a card at once."""
    here, form = at(space), BlockForm(request.form)

    def change() -> str:
        here.desks.cards.block(card, form.reason.data or "", here.actor, here.now_us)
        return blocked_text(here.card(card))

    return _page(here, card, "block", form, change, CardState.ACTIVE, CardState.SPARE)


@blueprint.route("/spaces/<space>/host/cards/<int:card>/unblock", methods=["GET", "POST"])
def unblock(space: str, card: int) -> AnyResponse:
    """Let a blocked card work again."""
    here = at(space)

    def change() -> str:
        here.desks.cards.unblock(card, here.actor, here.now_us)
        return gettext("“%(label)s” works again.", label=here.card(card).label)

    return _page(here, card, "unblock", Confirm(request.form), change, CardState.BLOCKED)


@blueprint.route("/spaces/<space>/host/cards/<int:card>/take-back", methods=["GET", "POST"])
def take_back(space: str, card: int) -> AnyResponse:
    """Make a member's card a spare one."""
    here = at(space)

    def change() -> str:
        here.desks.cards.take_back(card, here.actor, here.now_us)
        return gettext("“%(label)s” is a spare card again.", label=here.card(card).label)

    return _page(here, card, "take_back", Confirm(request.form), change, CardState.ACTIVE)


@blueprint.route("/spaces/<space>/host/cards/<int:card>/give", methods=["GET", "POST"])
def give(space: str, card: int) -> AnyResponse:
    """Give a spare card to a member."""
    here, form = at(space), GiveForm(request.form)
    form.member.choices = member_choices(here, gettext("Please choose"))

    def change() -> str:
        until = form.until.data
        until_us = None if until is None else _end_of_day_us(until, here.zone)
        here.desks.cards.give(card, int(form.member.data), until_us, here.actor, here.now_us)
        given = here.card(card)
        return gettext("“%(label)s” belongs to %(name)s now.", label=given.label, name=given.member_name)

    return _page(here, card, "give", form, change, CardState.SPARE, CardState.ACTIVE)


@blueprint.route("/spaces/<space>/host/cards/<int:card>/retire", methods=["GET", "POST"])
def retire(space: str, card: int) -> AnyResponse:
    """Take a card out of use for ever; its label is typed once more."""
    here, form = at(space), RetireForm(request.form)
    found = here.card(card)

    def change() -> str:
        here.desks.cards.retire(card, here.actor, here.now_us)
        return gettext("“%(label)s” is out of use.", label=found.label)

    if sent() and form.validate() and tidy(form.label.data).casefold() != tidy(found.label).casefold():
        form.label.errors = [N_("This is not what is written on the card.")]
        return form_page("host/card_change.html", at=here, card=found, what="retire", form=form, refused="")
    in_use = [state for state in CardState if state is not CardState.RETIRED]
    return _page(here, card, "retire", form, change, *in_use)


def member_choices(here: At, nobody: str) -> list[tuple[str, str]]:
    """Return the members of a space for a list to choose from, after a first entry for nobody."""
    members = here.desks.members.members(here.space.id, here.actor)
    return [("", nobody), *((str(member.pk), member.name) for member in members)]


def _page(
    here: At, pk: int, what: str, form: Form, change: Callable[[], str], *states: CardState
) -> AnyResponse:
    card: CardView = here.card(pk)
    if card.state not in states:
        if not sent():
            raise NotFound
        # Somebody was quicker, or the button was pressed twice: its page says how the card is now.
        flash(gettext("The card has changed meanwhile. This is how it is now."))
        return _to_card(here, pk)
    refused = ""
    if sent() and form.validate():
        try:
            said = change()
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            flash(said)
            return _to_card(here, pk)
    return form_page("host/card_change.html", at=here, card=card, what=what, form=form, refused=refused)


def _to_card(here: At, pk: int) -> AnyResponse:
    return redirect(url_for("cards.card", space=here.space.id, card=pk), code=303)


def _end_of_day_us(day: date, zone: str) -> int:
    return day_bounds(checked_day(day), zone).end_us
