"""A space for directories and apps that read SpaceAPI, as everyone may see it; see https://spaceapi.io.

Desks are counted, never persons: `people_now_present` says so in its name. No key and no cookie counts here.
"""

from typing import Any, Final

import msgspec
from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.life import address_on
from hub.domain.space import PublicDetail, Space
from hub.domain.time import local_date, opening_changed_us
from hub.domain.visibility import PUBLIC, Seen
from hub.web.errors import SpaceNotFound
from hub.web.language import gettext, speaking_as_asked
from hub.web.live_view import LiveView, live_view, seen_by
from hub.web.open_answers import MAX_AGE_S, open_answer, open_to_other_sites
from hub.web.parts import parts
from hub.web.space_pages import public_address

blueprint = Blueprint("spaceapi", __name__)
blueprint.after_request(open_to_other_sites)

WITH_PLACE: Final = ("14", "15")
WITHOUT_PLACE: Final = ("15",)
"""Version 14 demands degrees of latitude and longitude, which only the settings know."""


@blueprint.get("/spaces/<space>/spaceapi.json")
def spaceapi(space: str) -> AnyResponse:
    """Tell a space as SpaceAPI 15 does, and 14 where its place is known."""
    live = parts().live.space(space, parts().clock.now_us())
    if live is None:
        raise SpaceNotFound
    seen = seen_by(live, PUBLIC)
    with speaking_as_asked():
        said = document(seen, live_view(seen))
    return open_answer(msgspec.json.encode(said), "application/json", MAX_AGE_S[seen.detail])


def document(seen: Seen, view: LiveView) -> dict[str, Any]:
    """Return what SpaceAPI says of a space, in the language of the moment."""
    space, told = seen.space, parts().config.space_api.get(seen.space.id)
    base = (parts().config.public_url or request.host_url).rstrip("/")
    said: dict[str, Any] = {
        "api_compatibility": WITHOUT_PLACE if told is None else WITH_PLACE,
        "space": space.name,
        "logo": base + url_for("static", filename="favicon.svg"),
        "url": public_address(space.id),
        "location": _location(space, seen.now_us),
        "contact": {"email": told.contact_mail} if told is not None and told.contact_mail else {},
        "state": _state(seen, view),
    }
    if told is not None:
        said["location"] |= {"lat": told.latitude, "lon": told.longitude}
    present = _occupied(seen, view)
    if present is not None:
        said["sensors"] = {"people_now_present": [present]}
    return said


def _location(space: Space, now_us: int) -> dict[str, Any]:
    address = address_on(space, local_date(now_us, space.time_zone))
    place: dict[str, Any] = {"timezone": space.time_zone, "country_code": "DE"}
    return {"address": address, **place} if address else place


def _state(seen: Seen, view: LiveView) -> dict[str, Any]:
    words = [view.sentence, view.besides, view.opening]
    state: dict[str, Any] = {"message": ". ".join(word for word in words if word)}
    if seen.space.opening:
        # Without opening hours nobody knows whether it is open: then the field is left out, never null.
        state = {"open": view.is_open, **state}
        changed_us = opening_changed_us(seen.space, seen.now_us)
        if changed_us is not None:
            state["lastchange"] = changed_us // 1_000_000
    return state


def _occupied(seen: Seen, view: LiveView) -> dict[str, Any] | None:
    """Return how many desks are in use; None when that may not be seen, or is not known of any."""
    tally, counts = view.tally, seen.counts
    if seen.detail is PublicDetail.STATE or tally is None or counts is None:
        return None
    if counts.unknown == counts.in_service:
        return None
    return {
        "value": tally.occupied,
        "name": gettext("Desks in use"),
        "description": gettext("Desks are counted, not persons: %(sentence)s", sentence=view.sentence),
    }
