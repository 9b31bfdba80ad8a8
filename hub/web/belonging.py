"""Whether somebody who has signed in belongs to a space, and so may see its desks (DESIGN 8, `public_detail`)."""

from hub.domain.errors import RuleRefused
from hub.domain.people import HOSTS, Role
from hub.domain.time import local_date
from hub.web.accounts import visitor
from hub.web.parts import parts

_TIME_ZONE = "Europe/Berlin"


def belongs_to(space: str) -> bool:
    """Say whether the visitor of the present request is a host of a space, or a member today."""
    who = visitor()
    if who is None:
        return False
    if who.actor.may(space, *HOSTS):
        return True
    if who.actor.member is None:
        return who.actor.may(space, Role.MEMBER)
    try:
        member = parts().desks.members.member(who.actor.member, who.actor)
    except RuleRefused:
        # The member was removed; the account has not been switched off yet.
        return False
    today = local_date(parts().clock.now_us(), _TIME_ZONE)
    return any(
        one.space == space and one.valid_from <= today and (one.valid_to is None or today <= one.valid_to)
        for one in member.memberships
    )
