"""What can be stored of a member; pure."""

from dataclasses import replace
from datetime import date

from hub.domain.errors import RuleRefused
from hub.domain.mail import check_address
from hub.domain.people import Member
from hub.domain.texts import check_text
from hub.domain.time import checked_day


def ended(member: Member, space: str, last: date) -> Member:
    """Return a member whose membership of a space ends with a day; one that has not begun by then is taken away.

    Raises:
        RuleRefused: when the member has no membership of the space.
    """
    before = next((one for one in member.memberships if one.space == space), None)
    if before is None:
        raise RuleRefused(
            f"member {member.pk} has no membership of {space}: see `ankerort-hub member list {space}`",
            code="unknown_membership",
            space=space,
        )
    left = tuple(one for one in member.memberships if one.space != space)
    if last >= before.valid_from:
        left = (*left, replace(before, valid_to=last))
    return replace(member, memberships=left)


def checked_member(member: Member, before: Member | None = None) -> Member:
    """Return a member with tidy texts.

    Args:
        before: as stored, whose texts may stay, whatever they are.

    Raises:
        RuleRefused: when it can't be stored; the text says what would work.
    """
    before = before or Member(0, "")
    name, mail, phone = member.name, member.mail, member.phone
    if name != before.name:
        name = check_text(name, "a member's name")
    if mail != before.mail:
        # What no letter could be sent to is told now, and not once the first one is dead.
        mail = check_text(mail, "a mail address")
        mail = check_address(mail) if mail else ""
    if phone != before.phone:
        phone = check_text(phone, "a telephone number")
    if not name:
        raise RuleRefused("a member needs a name, which may be a pseudonym", code="no_name")
    spaces = [membership.space for membership in member.memberships]
    if len(set(spaces)) < len(spaces):
        raise RuleRefused("a member has one membership for each space: join them", code="membership_twice")
    for one in member.memberships:
        checked_day(one.valid_from)
        if one.valid_to is not None and checked_day(one.valid_to) < one.valid_from:
            raise RuleRefused(
                f"the membership of {one.space} would end on {one.valid_to}, before it begins on {one.valid_from}",
                code="ends_before_it_begins",
                space=one.space,
            )
    return replace(member, name=name, mail=mail, phone=phone)
