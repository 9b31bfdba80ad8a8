"""Answers that anyone may read, from any site, and that caches keep for a while."""

from hashlib import blake2b
from typing import Final

from flask import Response, request

from hub.domain.space import PublicDetail

MAX_AGE_S: Final = {PublicDetail.STATE: 60, PublicDetail.COUNT: 60, PublicDetail.DESKS: 5}
"""For how long what is told of a space may be kept: no longer than it stays true."""


def open_answer(body: bytes, mimetype: str, max_age_s: int, unchanging: bytes | None = None) -> Response:
    """Answer with what anyone may keep for a while; 304 to whoever has it already.

    Args:
        unchanging: what the ETag is made of, when the body also tells the time.
    """
    response = Response(body, mimetype=mimetype)
    response.headers["Cache-Control"] = f"public, max-age={max_age_s}"
    digest = blake2b(body if unchanging is None else unchanging, digest_size=12)
    response.set_etag(digest.hexdigest(), weak=unchanging is not None)
    conditional = response.make_conditional(request)
    assert isinstance(conditional, Response)
    return conditional


def open_to_other_sites(response: Response) -> Response:
    """Open data may be read by scripts of any site; they send no cookies with `*`."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
