"""What every closed part of the API does in the same way: tokens and scopes, bodies, answers, refusals."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlencode

import msgspec
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException, NotFound, Unauthorized

from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor
from hub.domain.requests import Request
from hub.domain.time import to_utc
from hub.domain.tokens import Scope
from hub.token_ports import Bearer
from hub.web.api_booking_models import MatchHeaders, RequestHeaders
from hub.web.api_malformed import form_text
from hub.web.api_models import Problem
from hub.web.language import gettext
from hub.web.openapi import openapi
from hub.web.parts import Access, BookingDesks, parts
from hub.web.refusals import is_missing, refusal_text

T = TypeVar("T")

INVALID: Final = frozenset({"bad_cursor", "bad_limit", "bad_request"})
"""Codes of what is no question of bookings but of how it was asked."""
CHANGED: Final = frozenset({"changed_meanwhile", "member_changed"})
"""Codes of what somebody else was quicker with."""

TOKEN: Final[dict[str, list[str]]] = {"token": []}
REFUSED: Final[dict[str, Any]] = {
    "HTTP_400": Problem,
    "HTTP_401": Problem,
    "HTTP_403": Problem,
    "HTTP_404": Problem,
    "HTTP_503": Problem,
}
"""What each view of the closed part may answer beside what it is for."""
BODY_REFUSED: Final[dict[str, Any]] = {
    **REFUSED,
    "HTTP_409": Problem,
    "HTTP_413": Problem,
    "HTTP_415": Problem,
}
"""The same of views that take a body."""


described: Final = partial(openapi.validate, security=TOKEN, skip_validation=True)
"""Describes a view that takes a token; what the view is given, it checks itself (`body_as`, `query_as`)."""


class _Refused(HTTPException):
    """A refusal that is an answer already."""


def admit(scope: Scope | None) -> None:
    """Let a request in that brings a token with a scope; no cookie counts here, so no other site can ask for anybody.

    Args:
        scope: what the view needs; None for a view that nobody listed, which does not exist.
    """
    access = parts().access
    if scope is None or access is None or access.booking is None:
        raise NotFound
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    found = (
        access.booking.tokens.bearer(text.strip(), parts().clock.now_us())
        if kind.lower() == "bearer"
        else None
    )
    if found is None:
        raise Unauthorized
    if scope not in found.scopes:
        detail = gettext("This token lacks the scope %(scope)s.", scope=scope.value)
        raise refusal(403, "no_such_scope", detail, {"scope": scope.value})
    g.bearer = found


def closed_api(name: str, import_name: str, scopes: Mapping[str, Scope]) -> Blueprint:
    """Return a group of views for programs that bring a token.

    Args:
        scopes: what each view needs, by its endpoint; one that is not there does not exist for anybody.
    """
    made = Blueprint(name, import_name)
    made.before_request(lambda: admit(scopes.get(request.endpoint or "")))
    made.register_error_handler(RuleRefused, refused)
    return made


def bearer() -> Bearer:
    """Return who has come, in a view behind `admit`."""
    return cast("Bearer", g.bearer)


def actor() -> Actor:
    """Return whoever acts."""
    return bearer().actor


def desks() -> BookingDesks:
    """Return what the API books with, in a view behind `admit`."""
    access = people()
    assert access.booking is not None
    return access.booking


def people() -> Access:
    """Return what the API works on beside bookings, in a view behind `admit`."""
    access = parts().access
    assert access is not None
    return access


def body_as(kind: type[T]) -> T:
    """Return the body of the request, which is JSON of a type, with each name once."""
    data = request.get_data()
    if data and request.mimetype != "application/json":
        raise refusal(415, "bad_media_type", gettext("The body must be JSON: application/json."), {})
    try:
        found = msgspec.json.decode(data, type=kind)
        json.loads(data, object_pairs_hook=_once)
    except (msgspec.DecodeError, ValueError) as error:
        raise refusal(400, "bad_request", form_text(error), {}) from None
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON; what a name that stands twice means, each program takes differently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"`{twice}` stands twice in one object")
    return found


def query_as(kind: type[T]) -> T:
    """Return the query of the request as a type; a name twice is none."""
    given = {name: request.args.getlist(name) for name in request.args if name != "lang"}
    flat = {name: values[0] if len(values) == 1 else values for name, values in given.items()}
    return _converted(flat, kind)


def headers_as(kind: type[T], *names: str) -> T:
    """Return some headers of the request as a type."""
    return _converted({name: request.headers[name] for name in names if name in request.headers}, kind)


def _converted(given: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise refusal(400, "bad_request", form_text(error), {}) from None


def once(wanted: msgspec.Struct) -> Request | None:
    """Return what makes the present request the same when it comes again; None for one without an Idempotency-Key."""
    key = headers_as(RequestHeaders, "Idempotency-Key").idempotency_key
    if key is None:
        return None
    asked = f"{request.endpoint} ".encode() + msgspec.json.encode(wanted)
    return Request(f"{bearer().token}:{key}", sha256(asked).digest())


def check_match(tag: str) -> None:
    """Refuse a request whose If-Match names another state than the present one; `tag` is that one's ETag."""
    headers_as(MatchHeaders, "If-Match")
    if "If-Match" in request.headers and not request.if_match.contains(tag):
        detail = gettext("Somebody has changed this meanwhile. Look at it again, then repeat your change.")
        raise refusal(412, "changed_meanwhile", detail, {})


def page_of(
    found: Sequence[T], key: Callable[[T], int], cursor: int, limit: int
) -> tuple[list[T], str | None]:
    """Return one page of a list by rising keys, and the cursor of the next one; None when nothing follows."""
    following = sorted((one for one in found if key(one) > cursor), key=key)
    shown = following[:limit]
    return shown, str(key(shown[-1])) if len(following) > limit else None


def answer(
    said: msgspec.Struct, status: int = 200, *, tag: str = "", location: str = "", cursor: str | None = None
) -> Response:
    """Return an answer.

    Args:
        tag: the ETag of what it says, which a change may name.
        location: address of what was made.
        cursor: of what follows a page, for a link to it (RFC 8288).
    """
    response = Response(msgspec.json.encode(said), status, mimetype="application/json")
    if tag:
        response.set_etag(tag)
    if location:
        response.headers["Location"] = location
    if cursor is not None:
        asked = {name: value for name, value in request.args.items() if name != "cursor"}
        response.headers["Link"] = f'<{request.path}?{urlencode({**asked, "cursor": cursor})}>; rel="next"'
    return response


def refusal(status: int, code: str, detail: str, data: dict[str, Any]) -> HTTPException:
    """Return a refusal, to be raised."""
    said = Problem(gettext("That did not work"), status, detail, code, data)
    response = Response(msgspec.json.encode(said), status, content_type="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    return _Refused(response=response)


def refused(error: RuleRefused) -> Response:
    """Answer what a rule refuses: 403 to who may not, 404 for what is not there, 422 for a key used twice, or 409."""
    if isinstance(error, NotAllowed):
        status = 403
    elif is_missing(error):
        status = 404
    elif error.code in INVALID:
        status = 400
    elif error.code in CHANGED and "If-Match" in request.headers:
        status = 412
    else:
        status = 422 if error.code == "other_request" else 409
    said = refusal(status, error.code or "refused", refusal_text(error), _data(error))
    assert isinstance(said.response, Response)
    return said.response


def _data(error: RuleRefused) -> dict[str, Any]:
    """Return a refusal's data as the API says it: moments as such, and nothing of the kind that is ours."""
    return {
        name.removesuffix("_us") + "_at" if name.endswith("_us") else name: _told(name, value)
        for name, value in error.data.items()
    }


def _told(name: str, value: object) -> object:
    if name.endswith("_us"):
        return moment(value).isoformat().replace("+00:00", "Z") if isinstance(value, int) and value else None
    return value if isinstance(value, str | int | list) else str(value)


def moment(at_us: int) -> datetime:
    """Return a stored moment as the API says it."""
    return to_utc(at_us).astimezone(UTC)
