"""The secret link of a space's host: who comes by it sees the desks, as signed-in members do.

`/spaces/<space>?key=SECRET` puts the secret into a cookie of that space alone and goes on to the same address without
it, so it stays out of the address bar, the QR code, links, and addresses that are copied to others. A wrong key changes
nothing.
"""

import hmac
from dataclasses import replace
from typing import Final

from flask import Response, redirect, request, url_for

from hub.domain.errors import UnknownSpace
from hub.domain.visibility import PUBLIC, Viewer
from hub.web.belonging import belongs_to
from hub.web.parts import parts

KEY: Final = "key"
"""The parameter, and the name of the cookie."""

_COOKIE_AGE_S: Final = 180 * 24 * 3600


def viewer_of(space: str) -> Viewer:
    """Return who looks at a space in the present request: by the key of the address or of the cookie, or signed in."""
    shown = request.args.get(KEY) or request.cookies.get(KEY)
    return replace(_viewer(space, shown), signed_in=belongs_to(space))


def viewer_of_open_data(space: str) -> Viewer:
    """The same for the API, which any page on the web may call: the key of the address counts, cookies never do."""
    return _viewer(space, request.args.get(KEY))


def take_key(space: str) -> Response | None:
    """Return the answer to a page's address that has the key: on to the address without it.

    An empty key ends the host's view on this device.

    Returns:
        None when the address has no key, or a wrong one.
    """
    shown = request.args.get(KEY)
    if shown is None or (shown and not _viewer(space, shown).host_link):
        return None
    path = url_for("space.live_page", space=space)
    without_key = url_for(
        "space.live_page", space=space, screen=request.args.get("screen"), lang=request.args.get("lang")
    )
    response = redirect(without_key, code=303)
    assert isinstance(response, Response)
    if shown:
        response.set_cookie(
            KEY,
            shown,
            max_age=_COOKIE_AGE_S,
            path=path,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    else:
        response.delete_cookie(KEY, path=path, httponly=True, samesite="Lax", secure=request.is_secure)
    return keep_private(response)


def keep_private(response: Response) -> Response:
    """Mark what only the host may see: no cache, no search engine and no other site learns of it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _viewer(space: str, shown: str | None) -> Viewer:
    if not shown:
        return PUBLIC
    try:
        secret = parts().live.host_link(space)
    except UnknownSpace:
        return PUBLIC
    # In constant time, and never equal to a secret that is not there.
    is_host = bool(secret) and hmac.compare_digest(shown.encode("utf-8"), secret.encode("utf-8"))
    return Viewer(host_link=is_host)
