"""A space's live page, and the same for a big screen on the wall."""

from dataclasses import dataclass

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.life import address_on
from hub.domain.people import HOSTS
from hub.domain.space import PublicDetail, Space
from hub.domain.time import local_date
from hub.domain.visibility import Seen, detail_for, see
from hub.web.accounts import visitor
from hub.web.errors import SpaceNotFound
from hub.web.floor_plan import floor_plan
from hub.web.host_link import keep_private, take_key, viewer_of
from hub.web.live_view import DeskWords, LiveView, as_of, live_view
from hub.web.parts import parts
from hub.web.qr_codes import qr_code
from hub.web.wording import has_life, life_text

blueprint = Blueprint("space", __name__)


@blueprint.get("/spaces/<space>")
def live_page(space: str) -> AnyResponse:
    """Show what the viewer may see of a space; `?screen=1` for a screen that nobody touches."""
    live = parts().live.space(space, parts().clock.now_us())
    if live is None:
        raise SpaceNotFound
    without_key = take_key(space)
    if without_key is not None:
        return without_key
    viewer, who = viewer_of(space), visitor()
    seen = see(live, detail_for(live.space, viewer))
    is_screen = request.args.get("screen") == "1"
    view = live_view(seen)
    page = render_template(
        "screen.html" if is_screen else "space.html",
        seen=seen,
        view=view,
        words_of={words.id: words for words in view.desks},
        groups=_by_zone(seen, view),
        life=life_text(seen.space, seen.now_us),
        plan=floor_plan(seen.space) if seen.detail is PublicDetail.DESKS and seen.space.desks else None,
        as_of=as_of(seen),
        is_host_view=viewer.host_link and live.space.public_detail is not PublicDetail.DESKS,
        is_member_view=viewer.signed_in and live.space.public_detail is not PublicDetail.DESKS,
        links=_book_links(seen) if viewer.signed_in and not is_screen else {},
        book_address=url_for("book.page", space=space) if _is_booked_here(seen) else "",
        is_host=who is not None and who.actor.may(space, *HOSTS),
        address=public_address(space) if is_screen else "",
        qr_code=qr_code(public_address(space)) if is_screen else "",
    )
    response = make_response(page)
    return keep_private(response) if viewer.host_link else response


def _is_booked_here(seen: Seen) -> bool:
    """Whether members book this space's desks by themselves."""
    access = parts().access
    has_pages = access is not None and access.booking is not None
    return has_pages and seen.space.booking_rules.bookable and has_life(seen.space, seen.now_us)


def _book_links(seen: Seen) -> dict[str, str]:
    """Return where members book a desk from now until the evening: one tap, and one to confirm."""
    who = visitor()
    if who is None or who.actor.member is None or not _is_booked_here(seen):
        return {}
    space = seen.space.id
    return {
        view.desk.id: url_for("book.confirm", space=space, desk=view.desk.id)
        for view in seen.desks
        if view.desk.in_service
    }


@dataclass(frozen=True, slots=True)
class DeskGroup:
    """The desks of one zone, for the table."""

    name: str
    desks: tuple[DeskWords, ...]


def _by_zone(seen: Seen, view: LiveView) -> list[DeskGroup]:
    """Desks that belong to no zone come last, without a name."""
    names = {zone.id: zone.name for zone in seen.space.zones}
    zone_of = {desk.desk.id: names.get(desk.desk.zone, "") for desk in seen.desks}
    groups = []
    for name in (*names.values(), ""):
        desks = tuple(words for words in view.desks if zone_of[words.id] == name)
        if desks:
            groups.append(DeskGroup(name, desks))
    return groups


def public_address(space: str) -> str:
    """Return the address of a space's page as everyone may have it: without any key or choice."""
    path = url_for("space.live_page", space=space)
    return (parts().config.public_url or request.host_url).rstrip("/") + path


def address_of(space: Space) -> str:
    """Return where a space is today."""
    return address_on(space, local_date(parts().clock.now_us(), space.time_zone))


blueprint.app_template_global("address_of")(address_of)


def stream_addresses(space: str) -> dict[str, str]:
    """Return where a page gets its changes: as they come, and by asking."""
    return {"stream": url_for("stream.stream", space=space), "now": url_for("stream.now", space=space)}


blueprint.app_template_global("stream_addresses")(stream_addresses)
