"""The cards of a space: a list to search, and one card with what may be done with it."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.cards import CardKind, CardState, CardView
from hub.web.card_words import KINDS, STATE_NOTES, STATES, search_text, until_text
from hub.web.forms import form_page, tidy
from hub.web.host.at import At, at
from hub.web.language import gettext, ngettext

blueprint = Blueprint("cards", __name__)


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card in words.

    Args:
        search: what a search looks through, in small letters.
        notes: what is not as it should be yet.
    """

    card: CardView
    state: str
    until: str
    search: str
    notes: tuple[str, ...]


@blueprint.get("/spaces/<space>/host/cards")
def cards(space: str) -> str:
    """Show the cards that match what is searched for, or all; those out of use last."""
    here = at(space)
    wanted = tidy(request.args.get("q"))
    rows = [row(here, card) for card in here.desks.cards.cards(space, here.actor)]
    shown = [one for one in rows if all(word in one.search for word in wanted.casefold().split())]
    shown.sort(key=lambda one: one.card.state is CardState.RETIRED)
    return render_template(
        "host/cards.html",
        at=here,
        rows=shown,
        has_any=bool(rows),
        wanted=wanted,
        summary=ngettext("%(num)s card", "%(num)s cards", len(shown)),
    )


@blueprint.get("/spaces/<space>/host/cards/<int:card>")
def card(space: str, card: int) -> AnyResponse:
    """Show one card."""
    here = at(space)
    found = here.card(card)
    return form_page(
        "host/card.html",
        at=here,
        row=row(here, found),
        kind=gettext(KINDS[found.kind]),
        note=gettext(STATE_NOTES[found.state]),
        can_be_written=found.kind is not CardKind.UID
        and found.state in (CardState.BLANK, CardState.SPARE, CardState.ACTIVE),
    )


def row(here: At, card: CardView) -> CardRow:
    """Return a card in words."""
    notes = []
    if card.pending_at:
        notes.append(gettext("not confirmed yet by: %(doors)s", doors=", ".join(card.pending_at)))
    if card.rekey_needed and card.state is not CardState.RETIRED:
        notes.append(gettext("needs new keys: personalise it again"))
    if card.active_until_us is not None and card.active_until_us <= here.now_us:
        notes.append(gettext("its time is over"))
    return CardRow(
        card,
        gettext(STATES[card.state]),
        until_text(card, here.zone, here.now_us),
        search_text(card),
        tuple(notes),
    )
