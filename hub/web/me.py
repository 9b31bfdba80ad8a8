"""Meine Seite: one's own cards, blocked at any hour; memberships; password and sessions."""

from dataclasses import dataclass, replace
from secrets import token_hex

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.cards import CardState, CardView
from hub.domain.errors import RuleRefused
from hub.domain.people import HOSTS, Member, Membership
from hub.domain.space import Space
from hub.domain.time import local_date
from hub.member_ports import PassView
from hub.passwords import check_new_password, hash_password, is_password
from hub.web import accounts
from hub.web.accounts import present
from hub.web.card_words import KINDS, STATE_NOTES, STATES, blocked_text, until_text
from hub.web.forms import BlockForm, Confirm, PasswordForm, form_page, sent
from hub.web.language import N_, gettext
from hub.web.member_words import membership_text
from hub.web.own_bookings import own_bookings
from hub.web.parts import parts
from hub.web.pass_words import pass_text
from hub.web.phone import phone_words
from hub.web.refusals import refusal_text
from hub.web.waiting import own_turns

blueprint = Blueprint("me", __name__)


@dataclass(frozen=True, slots=True)
class OwnCard:
    """A card of the visitor's, in words."""

    card: CardView
    state: str
    note: str
    kind: str
    until: str
    space: str


@dataclass(frozen=True, slots=True)
class OwnMembership:
    """A membership of the visitor's, in words."""

    space: Space
    rights: str


@dataclass(frozen=True, slots=True)
class OwnPass:
    """A pass of the visitor's, in words."""

    view: PassView
    space: Space
    said: str


@blueprint.get("/me/")
def page() -> AnyResponse:
    """Show what is the visitor's own."""
    actor, now_us = present().actor, parts().clock.now_us()
    spaces = {space.id: space for town in parts().live.towns() for space in town.spaces}
    member = _member()
    memberships = [one for one in (member.memberships if member else ()) if one.space in spaces]
    booking = parts().desks.booking
    return form_page(
        "me.html",
        member=member,
        doors=phone_words(parts().desks.phone.phone_doors(actor, now_us)),
        cards=[_words(card, spaces, now_us) for card in parts().desks.cards.own_cards(actor)],
        has_bookings=booking is not None,
        asks_way=parts().desks.ways is not None,
        bookings=own_bookings(booking, actor, spaces, now_us) if booking else [],
        waiting=own_turns(booking, actor, spaces, now_us) if booking else [],
        bookable=[spaces[one.space] for one in memberships if spaces[one.space].booking_rules.bookable],
        memberships=[_membership(one, spaces[one.space]) for one in memberships],
        passes=[
            OwnPass(
                view, spaces[view.space], pass_text(view, local_date(now_us, spaces[view.space].time_zone))
            )
            for view in parts().desks.passes.own_passes(actor, now_us)
            if view.space in spaces
        ],
        works_at=[space for space in spaces.values() if actor.may(space.id, *HOSTS)],
    )


@blueprint.route("/me/cards/<int:card>/block", methods=["GET", "POST"])
def block(card: int) -> AnyResponse:
    """Block one's own card, after asking once."""
    who, desks = present(), parts().desks
    found = _own_card(card)
    form, refused = BlockForm(request.form), ""
    if sent() and form.validate():
        try:
            desks.cards.block(card, form.reason.data or "", who.actor, parts().clock.now_us())
        except RuleRefused as error:
            refused = refusal_text(error)
        else:
            flash(blocked_text(_own_card(card)))
            return redirect(url_for("me.page"), code=303)
    if found.state is CardState.BLOCKED:
        return redirect(url_for("me.page"), code=303)
    return form_page("me_block.html", card=found, form=form, refused=refused)


@blueprint.route("/me/password", methods=["GET", "POST"])
def password() -> AnyResponse:
    """Change the password; every other session ends."""
    account, desks = present().account, parts().desks
    form, refused = PasswordForm(request.form), ""
    if sent() and form.validate():
        old, new, again = (field.data or "" for field in (form.old, form.new, form.again))
        try:
            check_new_password(new, account.mail)
            if new != again:
                form.again.errors = [N_("The two new passwords differ. Type the new one again, twice.")]
            elif not is_password(old, account.password_hash):
                form.old.errors = [N_("This is not your password until now.")]
            else:
                changed = replace(account, password_hash=hash_password(new), uniquifier=token_hex(32))
                desks.accounts.save(changed, present().actor, parts().clock.now_us())
                _sign_in_anew(account.pk)
                flash(gettext("Your password is changed. On all other devices you are signed out."))
                return redirect(url_for("me.page"), code=303)
        except RuleRefused as error:
            refused = refusal_text(error)
    return form_page("me_password.html", form=form, refused=refused)


@blueprint.route("/me/sign-out-everywhere", methods=["GET", "POST"])
def sign_out_everywhere() -> AnyResponse:
    """End all sessions of the account."""
    who = present()
    form = Confirm(request.form)
    if not sent():
        return form_page("me_sign_out_everywhere.html", form=form)
    parts().desks.accounts.save(
        replace(who.account, uniquifier=token_hex(32)), who.actor, parts().clock.now_us()
    )
    accounts.sign_out()
    flash(gettext("You are signed out, on all devices."))
    return redirect(url_for("overview.overview"), code=303)


def _words(card: CardView, spaces: dict[str, Space], now_us: int) -> OwnCard:
    space = spaces.get(card.space)
    return OwnCard(
        card,
        gettext(STATES[card.state]),
        gettext(STATE_NOTES[card.state]),
        gettext(KINDS[card.kind]),
        until_text(card, space.time_zone if space else "Europe/Berlin", now_us),
        space.name if space else card.space,
    )


def _membership(membership: Membership, space: Space) -> OwnMembership:
    return OwnMembership(space, membership_text(membership, {door.id: door.name for door in space.doors}))


def _own_card(card: int) -> CardView:
    for own in parts().desks.cards.own_cards(present().actor):
        if own.pk == card:
            return own
    raise NotFound


def _member() -> Member | None:
    actor = present().actor
    if actor.member is None:
        return None
    try:
        return parts().desks.members.member(actor.member, actor)
    except RuleRefused:
        return None


def _sign_in_anew(pk: int) -> None:
    account = parts().desks.accounts.by_pk(pk)
    assert account is not None
    accounts.sign_in(account, for_long=False)
