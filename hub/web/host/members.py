"""The members of a space and their rights: a list to search, and one form."""

from dataclasses import dataclass, replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.errors import RuleRefused
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.time import local_date
from hub.web.forms import MemberForm, form_page, sent, tidy
from hub.web.host.at import At, at, shown_at_form
from hub.web.language import gettext, ngettext
from hub.web.member_words import HOURS, membership_text
from hub.web.wording import day_text

blueprint = Blueprint("members", __name__)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member in words.

    Args:
        rights: when which doors open, and until when.
        is_over: whether the membership has ended, or has not begun.
    """

    member: Member
    rights: str
    is_over: bool
    search: str


@blueprint.get("/spaces/<space>/host/members")
def members(space: str) -> str:
    """Show the members that match what is searched for, or all."""
    here = at(space)
    wanted = tidy(request.args.get("q"))
    rows = [_row(here, member) for member in here.desks.members.members(space, here.actor)]
    shown = [one for one in rows if all(word in one.search for word in wanted.casefold().split())]
    summary = ngettext("%(num)s member", "%(num)s members", len(shown))
    return render_template(
        "host/members.html", at=here, rows=shown, has_any=bool(rows), wanted=wanted, summary=summary
    )


@blueprint.route("/spaces/<space>/host/members/new", methods=["GET", "POST"])
def new(space: str) -> AnyResponse:
    """Add a member."""
    here = at(space)
    if not here.is_manager:
        raise NotFound
    first = Membership(space, AccessHours.OPENING, local_date(here.now_us, here.zone))
    return _form(here, Member(0, ""), first)


@blueprint.route("/spaces/<space>/host/members/<int:member>", methods=["GET", "POST"])
def member(space: str, member: int) -> AnyResponse:
    """Show and change a member."""
    here = at(space)
    found = here.desks.members.member(member, here.actor)
    membership = _membership(here, found)
    if membership is None:
        raise NotFound
    return _form(here, found, membership)


def _row(here: At, member: Member) -> MemberRow:
    membership = _membership(here, member)
    today = local_date(here.now_us, here.zone)
    names = {door.id: door.name for door in here.space.doors}
    rights = membership_text(membership, names) if membership else ""
    is_over = membership is None or not (
        membership.valid_from <= today and (membership.valid_to is None or today <= membership.valid_to)
    )
    if membership is not None and membership.valid_from > today:
        rights += " · " + gettext("from %(date)s", date=day_text(membership.valid_from))
    elif is_over:
        rights += " · " + gettext("has ended")
    if member.answers is not None:
        rights += " · " + gettext("guest")
    return MemberRow(member, rights, is_over, f"{member.name} {member.mail}".casefold())


def _membership(here: At, member: Member) -> Membership | None:
    return next((one for one in member.memberships if one.space == here.space.id), None)


def _form(here: At, member: Member, membership: Membership) -> AnyResponse:
    if not here.is_manager:
        if sent():
            raise NotFound
        names = {door.id: door.name for door in here.space.doors}
        return form_page(
            "host/member_shown.html", at=here, member=member, rights=membership_text(membership, names)
        )
    form = _filled(here, member, membership)
    refused = ""
    if sent() and form.validate():
        try:
            here.desks.members.save_member(_changed(here, member, form), here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            flash(gettext("“%(name)s” is saved. Doors learn of it within moments.", name=form.name.data))
            return redirect(url_for("members.members", space=here.space.id), code=303)
    return form_page("host/member.html", at=here, member=member, form=form, refused=refused)


def _filled(here: At, member: Member, membership: Membership) -> MemberForm:
    values = {
        "name": member.name, "mail": member.mail, "hours": membership.hours.value,
        "valid_from": membership.valid_from, "valid_to": membership.valid_to, "doors": list(membership.doors),
        "is_host": membership.is_host, "works_offline": membership.works_offline,
        "needs_longer": member.needs_longer, "phone": member.phone, "groups": list(membership.groups),
        "answers": str(member.answers or ""),
    }  # fmt: skip
    form = MemberForm(request.form if sent() else None, data=values)
    form.hours.choices = [(hours.value, gettext(text)) for hours, text in HOURS.items()]
    form.doors.choices = [(door.id, door.name) for door in here.space.doors]
    groups = here.desks.groups.admission(here.space.id, here.actor).groups
    form.groups.choices = [(group.id, group.name) for group in groups]
    answering = [one for one in here.desks.members.members(here.space.id, here.actor) if one.answers is None]
    form.answers.choices = [
        ("", gettext("nobody: this is no guest")),
        *((str(one.pk), one.name) for one in answering if one.pk != member.pk),
    ]
    return form


def _changed(here: At, member: Member, form: MemberForm) -> Member:
    assert form.valid_from.data is not None
    membership = Membership(
        space=here.space.id,
        hours=AccessHours(form.hours.data),
        valid_from=form.valid_from.data,
        valid_to=form.valid_to.data,
        doors=tuple(form.doors.data or ()),
        is_host=form.is_host.data,
        works_offline=form.works_offline.data,
        groups=tuple(form.groups.data or ()),
    )
    others = tuple(one for one in member.memberships if one.space != here.space.id)
    return replace(
        member,
        name=form.name.data or "",
        mail=form.mail.data or "",
        needs_longer=form.needs_longer.data,
        phone=form.phone.data or "",
        answers=int(form.answers.data) if form.answers.data else None,
        memberships=(*others, membership),
    )
