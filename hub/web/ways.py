"""The voluntary question about the way to work (K5): no account, no cookie, and of the answer only a count is kept."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.statistics.written import Destination, Distance, Mode, Way
from hub.domain.time import local_date
from hub.web.errors import SpaceNotFound
from hub.web.forms import sent
from hub.web.language import N_
from hub.web.parts import parts

blueprint = Blueprint("way", __name__)

ANSWERS_FROM_ONE_NETWORK: Final = "20 per hour; 60 per day"
"""Behind one network may be a whole space; more than its desks do not answer on one day."""

DISTANCES: Final[dict[Distance, str]] = {
    Distance.UNDER_5: N_("up to 5 km"),
    Distance.FROM_5: N_("5 to 10 km"),
    Distance.FROM_10: N_("10 to 20 km"),
    Distance.FROM_20: N_("20 to 40 km"),
    Distance.FROM_40: N_("more than 40 km"),
}
MODES: Final[dict[Mode, str]] = {
    Mode.FOOT: N_("on foot"),
    Mode.BICYCLE: N_("by bicycle"),
    Mode.TRANSIT: N_("by bus or train"),
    Mode.CAR: N_("by car"),
}
DESTINATIONS: Final[dict[Destination, str]] = {
    Destination.SAME_TOWN: N_("in this town"),
    Destination.DISTRICT: N_("in the district"),
    Destination.CITY: N_("in a large city"),
    Destination.ELSEWHERE: N_("elsewhere"),
}


@blueprint.route("/spaces/<space>/way", methods=["GET", "POST"])
def page(space: str) -> AnyResponse | str:
    """Ask, and count the answer; whoever asks for the page again is told thanks."""
    access = parts().access
    if access is None or access.ways is None:
        raise NotFound
    now_us = parts().clock.now_us()
    live = parts().live.space(space, now_us)
    if live is None:
        raise SpaceNotFound
    problem = ""
    if sent():
        # Without a cookie there is no token to compare: a browser itself says that another site sent the form.
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Forbidden
        way = _way()
        if way is not None:
            access.ways.answer(space, way, local_date(now_us, live.space.time_zone).replace(day=1))
            return redirect(url_for("way.page", space=space, thanks="1"), code=303)
        problem = "incomplete"
    shown = render_template(
        "way.html",
        space=live.space,
        thanks=request.args.get("thanks") == "1" and not sent(),
        problem=problem,
        distances=[(one.value, word) for one, word in DISTANCES.items()],
        modes=[(one.value, word) for one, word in MODES.items()],
        destinations=[(one.value, word) for one, word in DESTINATIONS.items()],
        chosen=request.form,
    )
    return shown if not problem else AnyResponse(shown, 422, mimetype="text/html")


def _way() -> Way | None:
    """Return the answer of the form, or None when something is missing."""
    said = request.form
    if said.get("would_drive") == "no":
        return Way(would_drive=False)
    try:
        distance, mode = Distance(said.get("distance", "")), Mode(said.get("mode", ""))
        destination = Destination(said["destination"]) if said.get("destination") else None
    except ValueError:
        return None
    if said.get("would_drive") != "yes":
        return None
    return Way(would_drive=True, distance=distance, mode=mode, destination=destination)
