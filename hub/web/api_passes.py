"""Passes, tariffs and visits for programs that bring a token."""

from typing import Final

from flask import Response
from spectree import Response as Answers

from hub.domain.people import HOSTS, need_role
from hub.domain.tokens import Scope
from hub.member_ports import PassView
from hub.web.api_access import (
    BODY_REFUSED,
    REFUSED,
    actor,
    answer,
    body_as,
    closed_api,
    described,
    once,
    page_of,
    people,
    query_as,
)
from hub.web.api_booking_models import RequestHeaders
from hub.web.api_models import Problem
from hub.web.api_pass_models import (
    PassEnd,
    PassIn,
    PassOut,
    PassPage,
    PassQuery,
    TariffOut,
    Tariffs,
    VisitIn,
    VisitOut,
)
from hub.web.parts import parts

SCOPES: Final = {
    "api_passes.end": Scope.WRITE_PASSES,
    "api_passes.note_visit": Scope.WRITE_VISITS,
    "api_passes.passes": Scope.READ_PASSES,
    "api_passes.sell": Scope.WRITE_PASSES,
    "api_passes.tariffs": Scope.READ_PASSES,
}
"""What each view needs; one that is not here does not exist for anybody."""

blueprint = closed_api("api_passes", __name__, SCOPES)


@blueprint.get("/api/v1/spaces/<space>/tariffs")
@described(
    resp=Answers(HTTP_200=Tariffs, **REFUSED),
    operation_id="tariffs",
    path_parameter_descriptions={"space": "id of the space"},
)
def tariffs(space: str) -> Response:
    """Return what a space sells; for its hosts."""
    found = people().passes.tariffs(space, actor())
    return answer(
        Tariffs(
            [
                TariffOut(
                    one.id,
                    one.name,
                    one.kind,
                    one.price_cents,
                    one.units,
                    one.per_visit,
                    one.valid_days,
                    one.is_offered,
                )
                for one in found
            ]
        )
    )


@blueprint.get("/api/v1/passes")
@described(
    query=PassQuery,
    resp=Answers(HTTP_200=PassPage, **REFUSED),
    operation_id="passes",
)
def passes() -> Response:
    """List passes that are not over by number, page by page: one's own, or those of a space to its hosts."""
    asked, now_us = query_as(PassQuery), parts().clock.now_us()
    is_host = asked.space is not None and actor().may(asked.space, *HOSTS)
    is_own = actor().member is not None and asked.member in (None, actor().member)
    if not is_host and not is_own:
        need_role(actor(), asked.space or "", *HOSTS)
    if is_host and asked.space is not None:
        found = people().passes.passes(asked.space, actor(), now_us)
    else:
        found = people().passes.own_passes(actor(), now_us)
    wanted = [
        one for one in found if asked.space in (None, one.space) and asked.member in (None, one.held.member)
    ]
    shown, cursor = page_of(wanted, lambda one: one.held.pk, asked.cursor, asked.limit)
    return answer(PassPage([_pass(one) for one in shown], cursor), cursor=cursor)


@blueprint.post("/api/v1/passes")
@described(
    json=PassIn,
    headers=RequestHeaders,
    resp=Answers(HTTP_201=PassOut, HTTP_422=Problem, **BODY_REFUSED),
    operation_id="sell",
)
def sell() -> Response:
    """Give a member of one's space a pass; for hosts.

    With an Idempotency-Key, a request that comes again within a week is answered with the pass that the first one made.
    """
    wanted = body_as(PassIn)
    sold = people().passes.sell(
        wanted.space,
        wanted.member,
        wanted.tariff,
        wanted.starts_on,
        actor(),
        parts().clock.now_us(),
        request=once(wanted),
    )
    return answer(_pass(sold), 201)


@blueprint.post("/api/v1/passes/<int:number>/end")
@described(
    json=PassEnd,
    resp=Answers("HTTP_204", **BODY_REFUSED),
    operation_id="end_pass",
    path_parameter_descriptions={"number": "number of the pass"},
)
def end(number: int) -> Response:
    """Let a pass be over after a day; for managers. Visits on later days look for another one."""
    wanted = body_as(PassEnd)
    people().passes.end(wanted.space, number, wanted.last, actor(), parts().clock.now_us())
    return Response(status=204)


@blueprint.post("/api/v1/visits")
@described(
    json=VisitIn,
    resp=Answers(HTTP_200=VisitOut, HTTP_201=VisitOut, **BODY_REFUSED),
    operation_id="note_visit",
)
def note_visit() -> Response:
    """Say that a member came; for hosts. A visit that is known already is answered with 200, and counts once."""
    wanted = body_as(VisitIn)
    is_new = people().passes.note_visit(
        wanted.space, wanted.member, wanted.day, actor(), parts().clock.now_us()
    )
    return answer(VisitOut(wanted.space, wanted.member, wanted.day), 201 if is_new else 200)


def _pass(one: PassView) -> PassOut:
    held = one.held
    return PassOut(
        number=held.pk,
        space=one.space,
        member=held.member,
        tariff=held.tariff.id,
        sold_on=held.sold_on,
        valid_from=held.valid_from,
        valid_to=held.valid_to,
        units=held.units,
        left=one.left,
        price_cents=held.price_cents,
        opens_today=one.opens_today,
    )
