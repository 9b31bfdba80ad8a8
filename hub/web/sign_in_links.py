"""Signing in by a link, and choosing another password by one.

Programs that look for danger in mails ask for the links in them: looking at a link uses nothing up, its button does.
Whether an address has an account is told to nobody: the answer is the same, and the letter goes to the address alone.
"""

from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form, PasswordField
from wtforms.validators import InputRequired

from hub.domain.accounts import LinkPurpose
from hub.domain.errors import RuleRefused
from hub.passwords import check_new_password, hash_password
from hub.web.forms import Confirm, form_page, sent, text
from hub.web.language import N_, gettext, language
from hub.web.parts import parts
from hub.web.refusals import refusal_text
from hub.web.second_step import enter

blueprint = Blueprint("link", __name__)

_NEEDED: Final = N_("Please fill in this field.")
_RESETS: Final = (LinkPurpose.RESET, LinkPurpose.INVITATION)


class AddressForm(Form):
    """Where a link is sent."""

    mail = text(N_("Mail address"))


class NewPasswordForm(Form):
    """A password for whoever has the link."""

    new = PasswordField(N_("New password"), [InputRequired(_NEEDED)])
    again = PasswordField(N_("New password once more"), [InputRequired(_NEEDED)])


@blueprint.route("/sign-in/link", methods=["GET", "POST"])
def ask() -> AnyResponse:
    """Have a link sent that signs in."""
    return _ask(LinkPurpose.SIGN_IN)


@blueprint.route("/sign-in/forgot", methods=["GET", "POST"])
def forgot() -> AnyResponse:
    """Have a link sent by which another password is chosen."""
    return _ask(LinkPurpose.RESET)


@blueprint.route("/sign-in/link/<token>", methods=["GET", "POST"])
def follow(token: str) -> AnyResponse:
    """Sign in by a link."""
    links, now_us = parts().desks.links, parts().clock.now_us()
    if not sent():
        owner = links.look(token, (LinkPurpose.SIGN_IN,), now_us)
        return form_page("link_follow.html", form=Confirm(), owner=owner)
    account = links.use(token, now_us)
    if account is None:
        return form_page("link_follow.html", form=Confirm(), owner=None)
    return enter(account, for_long=False, onward=url_for("me.page"), how="link")


@blueprint.route("/sign-in/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> AnyResponse:
    """Choose a password by a link; all sessions of the account end."""
    links, now_us = parts().desks.links, parts().clock.now_us()
    owner = links.look(token, _RESETS, now_us)
    form, refused = NewPasswordForm(request.form), ""
    if sent() and owner is not None and form.validate():
        new, again = form.new.data or "", form.again.data or ""
        try:
            check_new_password(new, owner.mail)
            if new != again:
                form.again.errors = [N_("The two new passwords differ. Type the new one again, twice.")]
            elif (account := links.choose_password(token, hash_password(new), now_us)) is not None:
                answer = enter(account, for_long=False, onward=url_for("me.page"), how="link")
                # Into the new session.
                flash(gettext("Your new password holds from now on."))
                return answer
            else:
                owner = None
        except RuleRefused as error:
            refused = refusal_text(error)
    return form_page("link_reset.html", form=form, owner=owner, refused=refused)


def _ask(purpose: LinkPurpose) -> AnyResponse:
    if not parts().config.has_mail:
        raise NotFound
    form = AddressForm(request.form)
    is_reset = purpose is LinkPurpose.RESET
    if sent() and form.validate():
        parts().desks.links.send(form.mail.data or "", purpose, language(), parts().clock.now_us())
        return redirect(url_for("link.sent_page", reset=1 if is_reset else None), code=303)
    return form_page("link_ask.html", form=form, is_reset=is_reset)


@blueprint.get("/sign-in/sent")
def sent_page() -> AnyResponse:
    """Say that a letter is on its way, if there is an account."""
    if not parts().config.has_mail:
        raise NotFound
    return form_page("link_sent.html", is_reset=request.args.get("reset") == "1")
