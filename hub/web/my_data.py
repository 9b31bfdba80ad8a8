"""Meine Daten: all that is stored about the visitor, to take along and to erase; what others may see (P5)."""

from dataclasses import replace
from typing import Final

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.errors import RuleRefused
from hub.domain.people import Member
from hub.export.person import person_html, person_json
from hub.web import accounts
from hub.web.accounts import present
from hub.web.forms import form_page, sent, tidy
from hub.web.language import N_, gettext, language
from hub.web.parts import parts
from hub.web.pass_forms import ChoicesForm, EraseForm
from hub.web.refusals import refusal_text

blueprint = Blueprint("my_data", __name__)

_KINDS: Final = {"json": "application/json", "html": "text/html"}


@blueprint.route("/me/data", methods=["GET", "POST"])
def page() -> AnyResponse:
    """Say what can be had, changed and erased; the form keeps what others may see and count."""
    member = _member()
    values = {"shows_presence": member.shows_presence, "in_statistics": member.in_statistics}
    form, refused = ChoicesForm(request.form if sent() else None, data=values), ""
    if sent() and form.validate():
        try:
            parts().desks.members.save_choices(
                member.pk,
                present().actor,
                parts().clock.now_us(),
                shows_presence=form.shows_presence.data,
                in_statistics=form.in_statistics.data,
            )
        except RuleRefused as error:
            refused = refusal_text(error)
        else:
            flash(gettext("Your choices are saved."))
            return redirect(url_for("my_data.page"), code=303)
    return form_page("me_data.html", member=member, form=form, refused=refused)


@blueprint.get("/me/data/export.<kind>")
def export(kind: str) -> AnyResponse:
    """Give all that is stored, for programs or to read."""
    if kind not in _KINDS:
        raise NotFound
    member = _member()
    data = parts().desks.persons.export(member.pk, "", present().actor, parts().clock.now_us())
    content = person_json(data) if kind == "json" else person_html(data, language())
    answer = Response(content, mimetype=_KINDS[kind])
    # Never shown under our own address: it is what somebody typed, and goes to the disk.
    answer.headers["Content-Disposition"] = f'attachment; filename="ankerort-{member.pk}.{kind}"'
    return answer


@blueprint.route("/me/data/erase", methods=["GET", "POST"])
def erase() -> AnyResponse:
    """Erase the visitor for ever, after the name was typed."""
    member = _member()
    form, refused = EraseForm(request.form), ""
    if sent() and form.validate():
        if tidy(form.name.data).casefold() != tidy(member.name).casefold():
            form.name.errors = [N_("This is not the name that is stored.")]
            return form_page("me_erase.html", member=member, form=form, refused="")
        try:
            parts().desks.persons.erase(member.pk, present().actor, parts().clock.now_us())
        except RuleRefused as error:
            refused = refusal_text(error)
        else:
            accounts.sign_out()
            flash(gettext("Everything about you is erased, and you are signed out."))
            return redirect(url_for("overview.overview"), code=303)
    return form_page("me_erase.html", member=member, form=form, refused=refused)


def _member() -> Member:
    """Return the visitor as a member; to whoever is none, these pages are not there."""
    actor = present().actor
    if actor.member is None:
        raise NotFound
    return replace(parts().desks.members.member(actor.member, actor), memberships=())
