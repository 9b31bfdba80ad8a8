"""What every closed part of the API does in the same way: tokens and scopes, bodies, answers, refusals."""

from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

import msgspec
from flask import Response, g, request
from werkzeug.exceptions import HTTPException, NotFound, Unauthorized

from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor
from hub.domain.time import to_utc
from hub.domain.tokens import Scope
from hub.token_ports import Bearer
from hub.web.api_booking_models import Refusal
from hub.web.language import gettext
from hub.web.parts import BookingDesks, parts
from hub.web.refusals import is_missing, refusal_text

T = TypeVar("T")

INVALID: Final = frozenset({"bad_cursor", "bad_limit", "bad_request"})
"""Codes of what is no question of bookings but of how it was asked."""


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


def bearer() -> Bearer:
    """Return who has come, in a view behind `admit`."""
    return cast("Bearer", g.bearer)


def actor() -> Actor:
    """Return whoever acts."""
    return bearer().actor


def desks() -> BookingDesks:
    """Return what the API works on, in a view behind `admit`."""
    access = parts().access
    assert access is not None
    assert access.booking is not None
    return access.booking


def body_as(kind: type[T]) -> T:
    """Return the body of the request, which is JSON of a type."""
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        raise refusal(400, "bad_request", str(error)[:300], {}) from None


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
        raise refusal(400, "bad_request", str(error)[:300], {}) from None


def answer(said: msgspec.Struct, status: int = 200, **headers: str) -> Response:
    """Return an answer."""
    response = Response(msgspec.json.encode(said), status, mimetype="application/json")
    response.headers.update(headers)
    return response


def refusal(status: int, code: str, detail: str, data: dict[str, Any]) -> HTTPException:
    """Return a refusal, to be raised."""
    said = Refusal(gettext("That did not work"), status, detail, code, data)
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
