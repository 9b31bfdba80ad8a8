"""A member's way to sign in: whether there is one, and an invitation by mail. Managers only."""

from enum import StrEnum

from flask import Blueprint, flash, redirect, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.access_ports import Account
from hub.domain.errors import RuleRefused
from hub.domain.people import Member, Role, may_save_account
from hub.web.forms import Confirm, form_page, sent
from hub.web.host.at import At, at, shown_at_form
from hub.web.language import gettext
from hub.web.parts import parts

blueprint = Blueprint("member_account", __name__)


class Way(StrEnum):
    """How far a member's account is."""

    NONE = "none"
    INVITED = "invited"
    READY = "ready"
    OFF = "off"


@blueprint.route("/spaces/<space>/host/members/<int:member>/account", methods=["GET", "POST"])
def account(space: str, member: int) -> AnyResponse:
    """Show whether a member can sign in, and invite somebody who can't."""
    here = at(space)
    found = here.desks.members.member(member, here.actor)
    if not here.is_manager or not any(one.space == space for one in found.memberships):
        raise NotFound
    has = here.desks.accounts.by_member(member)
    way, refused = _way(has), ""
    may_invite = parts().config.has_mail and way is not Way.OFF and _may_invite(here, has)
    if sent():
        if not may_invite:
            raise NotFound
        try:
            _invite(here, found, has)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            flash(
                gettext("“%(name)s” gets a mail with a link, by which to choose a password.", name=found.name)
            )
            return redirect(url_for("members.member", space=space, member=member), code=303)
    return form_page(
        "host/member_account.html", at=here, member=found, way=way, account=has, form=Confirm(),
        refused=refused, may_invite=may_invite, has_mail=parts().config.has_mail,
    )  # fmt: skip


def _way(account: Account | None) -> Way:
    if account is None:
        return Way.NONE
    if not account.is_active:
        return Way.OFF
    return Way.READY if account.password_hash is not None else Way.INVITED


def _may_invite(here: At, account: Account | None) -> bool:
    """Say whether the manager may have a link sent: to an account of the own spaces alone."""
    return account is None or may_save_account(here.actor, account.pk, account.roles, account.roles)


def _invite(here: At, member: Member, account: Account | None) -> None:
    if account is not None:
        here.desks.links.invite(account.pk, here.now_us)
        return
    if not member.mail:
        raise RuleRefused(
            "this member has no mail address: write one on the member's page first",
            code="member_without_mail",
        )
    roles = frozenset({(Role.MEMBER, here.space.id)})
    new = Account(0, member.mail, member.name, "", None, True, member.pk, roles)
    pk = here.desks.accounts.save(new, here.actor, here.now_us)
    here.desks.links.invite(pk, here.now_us)
