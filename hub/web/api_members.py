"""Members for programs that bring a token: within its scopes, and as far as whoever it acts for sees them."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Final

import msgspec
from flask import Response, url_for
from msgspec import UNSET
from spectree import Response as Answers

from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.member_rules import ended
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.time import local_date
from hub.domain.tokens import Scope
from hub.web.api_access import (
    BODY_REFUSED,
    REFUSED,
    actor,
    answer,
    body_as,
    check_match,
    closed_api,
    described,
    once,
    page_of,
    people,
    query_as,
)
from hub.web.api_booking_models import MatchHeaders, RequestHeaders
from hub.web.api_member_models import (
    Choices,
    EndQuery,
    MemberChange,
    MemberIn,
    MemberOut,
    MemberPage,
    MemberQuery,
    MembershipIn,
    MembershipOut,
)
from hub.web.api_models import Problem
from hub.web.errors import SpaceNotFound
from hub.web.parts import parts

SCOPES: Final = {
    "api_members.add": Scope.WRITE_MEMBERS,
    "api_members.change": Scope.WRITE_MEMBERS,
    "api_members.choose": Scope.WRITE_MEMBERS,
    "api_members.end": Scope.WRITE_MEMBERS,
    "api_members.member": Scope.READ_MEMBERS,
    "api_members.members": Scope.READ_MEMBERS,
}
"""What each view needs; one that is not here does not exist for anybody."""

blueprint = closed_api("api_members", __name__, SCOPES)

_NUMBER: Final = {"number": "number of the member"}


@blueprint.get("/api/v1/members")
@described(
    query=MemberQuery,
    resp=Answers(HTTP_200=MemberPage, **REFUSED),
    operation_id="members",
)
def members() -> Response:
    """List the members of a space by number, page by page; for its hosts."""
    asked = query_as(MemberQuery)
    words = asked.q.casefold().split()
    found = [
        one
        for one in people().members.members(asked.space, actor())
        if all(word in f"{one.name} {one.mail}".casefold() for word in words)
    ]
    shown, cursor = page_of(found, lambda one: one.pk, asked.cursor, asked.limit)
    return answer(MemberPage([_member(one) for one in shown], cursor), cursor=cursor)


@blueprint.post("/api/v1/members")
@described(
    json=MemberIn,
    headers=RequestHeaders,
    resp=Answers(HTTP_201=MemberOut, HTTP_422=Problem, **BODY_REFUSED),
    operation_id="add_member",
)
def add() -> Response:
    """Add a member to spaces that one manages.

    With an Idempotency-Key, a request that comes again within a week is answered with the member that the first one
    made.
    """
    wanted = body_as(MemberIn)
    new = Member(
        0,
        wanted.name,
        wanted.mail,
        needs_longer=wanted.needs_longer,
        memberships=tuple(_membership(one) for one in wanted.memberships),
        phone=wanted.phone,
        answers=wanted.answers,
    )
    pk = people().members.save_member(new, actor(), parts().clock.now_us(), request=once(wanted))
    return _told(_seen(pk), 201, location=url_for("api_members.member", number=pk))


@blueprint.get("/api/v1/members/<int:number>")
@described(
    resp=Answers(HTTP_200=MemberOut, **REFUSED),
    operation_id="member",
    path_parameter_descriptions=_NUMBER,
)
def member(number: int) -> Response:
    """Return one member: oneself, or one of a space to its hosts. To all others there is none."""
    return _told(_seen(number))


@blueprint.patch("/api/v1/members/<int:number>")
@described(
    json=MemberChange,
    headers=MatchHeaders,
    resp=Answers(HTTP_200=MemberOut, HTTP_412=Problem, **BODY_REFUSED),
    operation_id="change_member",
    path_parameter_descriptions=_NUMBER,
)
def change(number: int) -> Response:
    """Change a member, and rights in spaces that one manages."""
    before = _seen(number)
    check_match(_tag(before))
    wanted = body_as(MemberChange)
    given = () if wanted.memberships is UNSET else tuple(_membership(one) for one in wanted.memberships)
    named = {one.space for one in given}
    kept = tuple(one for one in before.memberships if one.space not in named)
    after = replace(
        before,
        name=before.name if wanted.name is UNSET else wanted.name,
        mail=before.mail if wanted.mail is UNSET else wanted.mail,
        phone=before.phone if wanted.phone is UNSET else wanted.phone,
        needs_longer=before.needs_longer if wanted.needs_longer is UNSET else wanted.needs_longer,
        answers=before.answers if wanted.answers is UNSET else wanted.answers,
        memberships=(*kept, *given),
    )
    people().members.save_member(after, actor(), parts().clock.now_us(), seen=before)
    return _told(_seen(number))


@blueprint.delete("/api/v1/members/<int:number>")
@described(
    query=EndQuery,
    headers=MatchHeaders,
    resp=Answers("HTTP_204", HTTP_409=Problem, HTTP_412=Problem, **REFUSED),
    operation_id="end_membership",
    path_parameter_descriptions=_NUMBER,
)
def end(number: int) -> Response:
    """End a membership of a space; one that has not begun is taken away. The person is not erased."""
    asked = query_as(EndQuery)
    before, now_us = _seen(number), parts().clock.now_us()
    check_match(_tag(before))
    live = parts().live.space(asked.space, now_us)
    if live is None:
        raise SpaceNotFound
    last = asked.last or local_date(now_us, live.space.time_zone) - timedelta(days=1)
    people().members.save_member(ended(before, asked.space, last), actor(), now_us, seen=before)
    return Response(status=204)


@blueprint.put("/api/v1/members/<int:number>/choices")
@described(
    json=Choices,
    resp=Answers(HTTP_200=MemberOut, **BODY_REFUSED),
    operation_id="choose",
    path_parameter_descriptions=_NUMBER,
)
def choose(number: int) -> Response:
    """Say what others may see and count of oneself; nobody does this for somebody else."""
    _seen(number)
    wanted = body_as(Choices)
    people().members.save_choices(
        number,
        actor(),
        parts().clock.now_us(),
        shows_presence=wanted.shows_presence,
        in_statistics=wanted.in_statistics,
    )
    return _told(_seen(number))


def _seen(number: int) -> Member:
    """Return a member as whoever asks may see it; not even that there is one is told to others."""
    try:
        return people().members.member(number, actor())
    except NotAllowed:
        raise RuleRefused(f"there is no member {number}", code="unknown_member") from None


def _told(one: Member, status: int = 200, location: str = "") -> Response:
    return answer(_member(one), status, tag=_tag(one), location=location)


def _tag(one: Member) -> str:
    return sha256(msgspec.json.encode(_member(one))).hexdigest()[:16]


def _member(one: Member) -> MemberOut:
    return MemberOut(
        number=one.pk,
        name=one.name,
        mail=one.mail,
        phone=one.phone,
        needs_longer=one.needs_longer,
        shows_presence=one.shows_presence,
        in_statistics=one.in_statistics,
        answers=one.answers,
        memberships=[
            MembershipOut(
                space=right.space,
                hours=right.hours,
                valid_from=right.valid_from,
                valid_to=right.valid_to,
                doors=list(right.doors),
                groups=list(right.groups),
                is_host=right.is_host,
                works_offline=right.works_offline,
            )
            for right in one.memberships
        ],
    )


def _membership(wanted: MembershipIn) -> Membership:
    return Membership(
        space=wanted.space,
        hours=AccessHours(wanted.hours),
        valid_from=wanted.valid_from,
        valid_to=wanted.valid_to,
        doors=tuple(wanted.doors),
        is_host=wanted.is_host,
        works_offline=wanted.works_offline,
        groups=tuple(wanted.groups),
    )
