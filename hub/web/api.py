"""The open API: spaces and their occupancy as JSON, for anyone, as far as each space decided (requirement S7)."""

from datetime import UTC, datetime
from typing import Final

import msgspec
from flask import Blueprint, Response, render_template, request, url_for
from spectree import Response as Answers
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.life import address_on, phase_on
from hub.domain.occupancy import Counts
from hub.domain.space import PublicDetail, Space, Town
from hub.domain.time import local_date, opening_at
from hub.domain.visibility import Seen
from hub.web.api_models import (
    CountsOut,
    DeskOut,
    Network,
    Occupancy,
    Problem,
    SpaceOut,
    TownOut,
)
from hub.web.errors import SpaceNotFound
from hub.web.host_link import keep_private, viewer_of_open_data
from hub.web.live_view import seen_by
from hub.web.open_answers import MAX_AGE_S, open_answer, open_to_other_sites
from hub.web.openapi import openapi
from hub.web.parts import parts
from hub.web.space_pages import public_address

blueprint = Blueprint("api", __name__)
blueprint.after_request(open_to_other_sites)

_SPACES_MAX_AGE_S: Final = 300


@blueprint.get("/api/v1/spaces")
@openapi.validate(resp=Answers(HTTP_200=Network), operation_id="spaces", skip_validation=True)
def spaces() -> AnyResponse:
    """All towns and spaces of this network.

    A town without a space is listed with none.
    """
    towns = parts().live.towns()
    network = Network(
        towns=[_town(town) for town in towns],
        spaces=[_space(space) for town in towns for space in town.spaces],
    )
    return _open_data(msgspec.json.encode(network), _SPACES_MAX_AGE_S)


@blueprint.get("/api/v1/spaces/<space>/occupancy")
@openapi.validate(
    resp=Answers(HTTP_200=Occupancy, HTTP_404=Problem),
    operation_id="occupancy",
    path_parameter_descriptions={"space": "id of the space"},
    skip_validation=True,
)
def occupancy(space: str) -> AnyResponse:
    """The present occupancy of a space.

    How much is told follows the space's public detail: open or closed; the count, as of the last five-minute boundary;
    or every desk. A 304 says that nothing changed up to its Date.
    """
    live = parts().live.space(space, parts().clock.now_us())
    if live is None:
        raise SpaceNotFound
    viewer = viewer_of_open_data(space)
    said = _occupancy(seen_by(live, viewer))
    body = msgspec.json.encode(said)
    # For the ETag the time does not count: an unchanged space is not sent again.
    unchanging = msgspec.json.encode(msgspec.structs.replace(said, as_of=datetime.min.replace(tzinfo=UTC)))
    response = _open_data(body, MAX_AGE_S[PublicDetail(said.detail)], unchanging)
    return keep_private(response) if viewer.host_link else response


@blueprint.get("/api/openapi.json")
def openapi_document() -> Response:
    """Describe the API for programs (OpenAPI 3.1)."""
    return _open_data(msgspec.json.encode(openapi.spec), _SPACES_MAX_AGE_S)


@blueprint.get("/api/docs")
def docs() -> str:
    """Describe the API for people."""
    return render_template("api_docs.html", document=openapi.spec)


def _open_data(body: bytes, max_age_s: int, unchanging: bytes | None = None) -> Response:
    return open_answer(body, "application/json", max_age_s, unchanging)


def _town(town: Town) -> TownOut:
    return TownOut(town.id, town.ags, town.name, town.land, [space.id for space in town.spaces])


def _space(space: Space) -> SpaceOut:
    base = (parts().config.public_url or request.host_url).rstrip("/")
    today = local_date(parts().clock.now_us(), space.time_zone)
    return SpaceOut(
        id=space.id,
        name=space.name,
        town=space.town,
        kind=space.kind,
        phase=phase_on(space, today),
        address=address_on(space, today),
        time_zone=space.time_zone,
        valid_from=space.valid_from,
        valid_to=space.valid_to,
        public_detail=space.public_detail,
        occupancy=base + url_for("api.occupancy", space=space.id),
        page=public_address(space.id),
    )


def _occupancy(seen: Seen) -> Occupancy:
    opening = opening_at(seen.space, seen.now_us)
    zones = {zone.id: zone.name for zone in seen.space.zones}
    said = Occupancy(
        space=seen.space.id,
        detail=seen.detail,
        as_of=_instant(seen.as_of_us),
        open=opening.is_open,
        closes_at=_instant(opening.until_us) if opening.until_us is not None else None,
        opens_at=_instant(opening.next_us) if opening.next_us is not None else None,
    )
    if seen.detail is PublicDetail.STATE:
        return said
    said = msgspec.structs.replace(said, counts=_counts(seen.counts))
    if seen.detail is PublicDetail.COUNT:
        return said
    desks = [
        DeskOut(view.desk.id, view.desk.name, zones.get(view.desk.zone, ""), view.state, view.trouble)
        for view in seen.desks
    ]
    return msgspec.structs.replace(said, desks=desks)


def _counts(counts: Counts | None) -> CountsOut | None:
    if counts is None:
        return None
    return CountsOut(counts.free, counts.occupied, counts.unknown, counts.out_of_service, counts.total)


def _instant(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC)
