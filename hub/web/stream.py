"""What keeps a live page up to date: server-sent events, or, when all places are taken, asking now and then."""

from typing import TYPE_CHECKING, Final

import msgspec
from flask import Blueprint, Flask, Response, request

from hub.domain.occupancy import SpaceLive
from hub.domain.space import PublicDetail
from hub.domain.visibility import Viewer
from hub.web.errors import SpaceNotFound
from hub.web.feed import FeedKey, Picture, Render, SpaceGone
from hub.web.feeds import TooManyViewers
from hub.web.host_link import keep_private, viewer_of
from hub.web.language import chosen_language, speaking
from hub.web.live_view import as_of, live_view, seen_by
from hub.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Callable

blueprint = Blueprint("stream", __name__)

VIEWER_GONE: Final = "ankerort.viewer_gone"
"""Where the server puts a function into a request's environment that says whether the other end has closed."""

RETRY_AFTER_S: Final = 60


@blueprint.get("/spaces/<space>/stream")
def stream(space: str) -> Response:
    """Send each change of a space as an event with all that is shown (HTML Living Standard, server-sent events)."""
    kind = viewer_of(space)
    try:
        live_stream = parts().feeds.join(space, FeedKey(kind.is_trusted, chosen_language()))
    except SpaceGone:
        raise SpaceNotFound from None
    except TooManyViewers:
        return Response(status=503, headers={"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"})
    is_gone: Callable[[], bool] = request.environ.get(VIEWER_GONE, lambda: False)
    response = Response(live_stream.frames(is_gone), mimetype="text/event-stream")
    response.call_on_close(live_stream.leave)
    # Reverse proxies hold back what they think is a page.
    response.headers["X-Accel-Buffering"] = "no"
    return _never_kept(response, kind)


@blueprint.get("/spaces/<space>/now.json")
def now(space: str) -> Response:
    """Return once what an event of the stream carries."""
    live = parts().live.space(space, parts().clock.now_us())
    if live is None:
        raise SpaceNotFound
    kind = viewer_of(space)
    return _never_kept(Response(_picture(live, kind).json, mimetype="application/json"), kind)


def renderer(app: Flask) -> Render:
    """Return what words a space for the feeds: in any thread, in the language that the viewers share."""

    def render(live: SpaceLive, key: FeedKey) -> Picture:
        with speaking(app, key.language):
            return _picture(live, Viewer(signed_in=key.trusted))

    return render


def _never_kept(response: Response, kind: Viewer) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return keep_private(response) if kind.host_link else response


def _picture(live: SpaceLive, viewer: Viewer) -> Picture:
    seen = seen_by(live, viewer)
    content = msgspec.json.encode(live_view(seen))
    return Picture(content, as_of(seen), follows_desks=seen.detail is PublicDetail.DESKS)
