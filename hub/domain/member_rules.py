"""What can be stored of a member; pure."""

from dataclasses import replace
from typing import Final

from hub.domain.day_rules import check_days
from hub.domain.decoding import one_line
from hub.domain.errors import RuleRefused
from hub.domain.people import Member

MAX_TEXT: Final = 200


def checked_member(member: Member) -> Member:
    """Return a member with tidy texts.

    Raises:
        RuleRefused: when it can't be stored; the text says what would work.
    """
    name, mail, phone = one_line(member.name), one_line(member.mail), one_line(member.phone)
    if not name:
        raise RuleRefused("a member needs a name, which may be a pseudonym", code="no_name")
    if max(map(len, (name, mail, phone))) > MAX_TEXT:
        raise RuleRefused(
            f"name, mail address and telephone have {MAX_TEXT} characters at most", code="too_long"
        )
    if mail and "@" not in mail[1:-1]:
        raise RuleRefused(f'"{mail}" is no mail address: write name@example.org, or none', code="no_mail")
    spaces = [membership.space for membership in member.memberships]
    if len(set(spaces)) < len(spaces):
        raise RuleRefused("a member has one membership for each space: join them", code="membership_twice")
    for one in member.memberships:
        check_days(one.valid_from, one.valid_to)
        if one.valid_to is not None and one.valid_to < one.valid_from:
            raise RuleRefused(
                f"the membership of {one.space} would end on {one.valid_to}, before it begins on {one.valid_from}",
                code="ends_before_it_begins",
                space=one.space,
            )
    return replace(member, name=name, mail=mail, phone=phone)
