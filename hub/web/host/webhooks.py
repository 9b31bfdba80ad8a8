"""Webhooks of a space: add one, see its secret once, remove it, have what failed tried again; for managers alone."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, Form
from wtforms.fields.choices import SelectMultipleField
from wtforms.validators import InputRequired

from hub.domain.errors import RuleRefused
from hub.domain.webhooks import DeliveryState, DeliveryView, Happening, Webhook, check_url
from hub.web.forms import CHOOSE, form_page, sent, text
from hub.web.host.at import At, at, shown_at_form
from hub.web.language import N_, gettext, ngettext
from hub.web.parts import parts
from hub.webhooks import HookSealer, new_secret

blueprint = Blueprint("webhooks", __name__)

ID_BYTES: Final = 8
SHOWN: Final = 20

KINDS: Final[dict[Happening, str]] = {
    Happening.BOOKING_MADE: N_("A booking is made"),
    Happening.BOOKING_CHANGED: N_("A booking is changed"),
    Happening.BOOKING_CANCELLED: N_("A booking is cancelled"),
    Happening.BOOKING_RELEASED: N_("A booking is released, nobody came"),
    Happening.CHECK_IN: N_("Somebody checks in"),
    Happening.ALARM: N_("A door raises an alarm"),
}


class HookForm(Form):
    """Where to tell what."""

    url = text(N_("Address"))
    kinds = SelectMultipleField(N_("What is told?"), [InputRequired(CHOOSE)])
    with_names = BooleanField(N_("Send names along, and not only numbers"))


@dataclass(frozen=True, slots=True)
class HookWords:
    """A webhook in words."""

    hook: Webhook
    said: str


@dataclass(frozen=True, slots=True)
class DeadWords:
    """A delivery that nobody took, in words."""

    view: DeliveryView
    what: str


@blueprint.route("/spaces/<space>/host/webhooks", methods=["GET", "POST"])
def page(space: str) -> AnyResponse:
    """List webhooks and what failed; the form adds one, whose secret is shown this once."""
    here, config = _manager(space), parts().config
    form, refused, secret = HookForm(request.form if sent() else None), "", ""
    form.kinds.choices = [(one.value, gettext(word)) for one, word in KINDS.items()]
    if sent() and form.validate() and config.is_key_kept:
        id_, secret = token_hex(ID_BYTES), new_secret()
        try:
            url = check_url(form.url.data or "", allow_private=config.private_hooks)
            kinds = frozenset(map(Happening, form.kinds.data or ()))
            made = Webhook(id_, space, url, kinds, bool(form.with_names.data), here.now_us)
            sealed = HookSealer(config.session_key).seal(secret, id_)
            here.desks.webhooks.add(made, sealed, here.actor, here.now_us)
        except RuleRefused as error:
            refused, secret = shown_at_form(error), ""
        else:
            form = HookForm()
            form.kinds.choices = [(one.value, gettext(word)) for one, word in KINDS.items()]
    dead = here.desks.webhooks.deliveries(space, DeliveryState.DEAD, SHOWN, here.actor)
    return form_page(
        "host/webhooks.html",
        at=here,
        form=form,
        refused=refused,
        secret=secret,
        can_add=config.is_key_kept,
        hooks=[_words(one) for one in here.desks.webhooks.webhooks(space, here.actor)],
        dead=[DeadWords(one, gettext(KINDS[one.kind])) for one in dead],
    )


@blueprint.post("/spaces/<space>/host/webhooks/<webhook>/remove")
def remove(space: str, webhook: str) -> AnyResponse:
    """Remove one, with all that waits for it."""
    here = _manager(space)
    here.desks.webhooks.remove(space, webhook, here.actor, here.now_us)
    flash(gettext("The webhook is removed."))
    return redirect(url_for("webhooks.page", space=space), code=303)


@blueprint.post("/spaces/<space>/host/webhooks/retry")
def retry(space: str) -> AnyResponse:
    """Have everything that failed tried again."""
    here = _manager(space)
    again = here.desks.webhooks.retry(space, None, here.actor, here.now_us)
    flash(ngettext("%(num)s delivery is tried again.", "%(num)s deliveries are tried again.", again))
    return redirect(url_for("webhooks.page", space=space), code=303)


def _manager(space: str) -> At:
    """Return where the request is, for managers alone; to other hosts the page is not there."""
    here = at(space)
    if not here.is_manager:
        raise NotFound
    return here


def _words(one: Webhook) -> HookWords:
    said = [gettext(word) for kind, word in KINDS.items() if kind in one.kinds]
    if one.with_names:
        said.append(gettext("with names"))
    return HookWords(one, " · ".join(said))
