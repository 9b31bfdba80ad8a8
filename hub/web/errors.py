"""Error pages: what happened, what was kept, what to do. The API says the same as problem documents (RFC 9457)."""

import logging
from typing import Final, NamedTuple

import msgspec
from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import (
    Conflict,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)

from hub.domain.errors import NotAllowed, RuleRefused, StoreUnavailable
from hub.web.api_models import Problem
from hub.web.language import N_, gettext
from hub.web.parts import parts
from hub.web.refusals import is_missing, refusal_text

_log = logging.getLogger(__name__)

RETRY_AFTER_S: Final = 30
_SECRETS: Final = ("secret", "token")
"""Parts of addresses that are as good as a password: a calendar's, a link's."""

WAIT_S: Final = 60
"""After too many attempts."""


class SpaceNotFound(NotFound):
    """No space has the name in the address."""


class _Text(NamedTuple):
    title: str
    happened: str
    to_do: str


_NO_SPACE: Final = _Text(
    N_("There is no such space here"),
    N_("No space of this network has this address. It may have moved, or the address has a typing error."),
    N_("The overview lists all towns and spaces."),
)

_OLD_FORM: Final = _Text(
    N_("This form is too old"),
    N_("You have been signed out meanwhile, or the form was opened in another session. Nothing was changed."),
    N_("Go back, load the page again and repeat what you wanted to do."),
)

_TEXTS: Final[dict[int, _Text]] = {
    401: _Text(
        N_("This is not public"),
        N_("What is kept at this address is shown to whoever runs this site only."),
        N_("If that is you: the handbook says how to get in."),
    ),
    404: _Text(
        N_("There is no such page"),
        N_("Nothing is kept at this address. It may have moved, or the address has a typing error."),
        N_("The overview lists all towns and spaces."),
    ),
    405: _Text(
        N_("This address can only be read"),
        N_("Something tried to send data to a page that only shows some."),
        N_("Go back, or begin again at the overview."),
    ),
    413: _Text(
        N_("This is too much at once"),
        N_("What was sent is longer than 64 KiB. Nothing was changed."),
        N_("Go back, shorten what you wrote and send it again."),
    ),
    429: _Text(
        N_("Too many attempts"),
        N_("Too many passwords were wrong, for this account or from your network. Nothing was changed."),
        N_(
            "Please wait a few minutes, then try again. If you do not know your password, ask your host for a new one."
        ),
    ),
    500: _Text(
        N_("Something went wrong on our side"),
        N_(
            "This page could not be made. Doors and sensors work on without it, and what they report is kept."
        ),
        N_("Please load the page again in a minute. If it stays like this, tell the host."),
    ),
    503: _Text(
        N_("Not reachable for a moment"),
        N_(
            "The data can't be read right now. Doors and sensors work on without it, and what they report is kept."
        ),
        N_("This usually passes by itself. Please load the page again in a minute."),
    ),
}

_TOO_OFTEN_AT_A_DOOR: Final = _Text(
    N_("Too many attempts"),
    N_("You have asked for a door to be opened too often. This time, nothing was sent to it."),
    N_(
        "Please wait a few minutes, then try again. Your card works meanwhile; your host can let you in, too."
    ),
)

_CODES: Final = {
    401: "no_token",
    404: "not_found",
    405: "no_such_method",
    413: "too_large",
    429: "too_many",
    500: "broken",
    503: "unavailable",
}
"""What problems of the API are called; the codes of rules are their own."""

_OTHERWISE: Final = _Text(
    N_("This address is not asked for like that"),
    N_("It takes what a form sends, or a request of another kind. Nothing was changed."),
    N_("Go back and load the page again, or begin again at the overview."),
)
"""Of an address that does not only show something."""

_NO_TOKEN: Final = _Text(
    N_("This takes a token"),
    N_("The request brings no token, or one that is unknown, over or revoked."),
    N_("Send a token as “Authorization: Bearer …”. Whoever runs this site makes one."),
)

_OTHER: Final = _Text(
    N_("That did not work"),
    N_("The request could not be answered."),
    N_("Go back, or begin again at the overview."),
)


def set_up_errors(app: Flask) -> None:
    """Answer every error of an application in the reader's language."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(Exception, _answer_unforeseen)
    app.register_error_handler(StoreUnavailable, _answer_unavailable)
    app.register_error_handler(RuleRefused, _answer_refused)


def told_path() -> str:
    """Return the path of the present request for a log: without what in it lets somebody in."""
    path = request.path
    for name, value in (request.view_args or {}).items():
        if name in _SECRETS and value:
            path = path.replace(str(value), "…")
    return path


def _answer_unforeseen(error: Exception) -> Response:
    _log.error("no answer to %s %s", request.method, told_path(), exc_info=error)
    return _answer(InternalServerError() if _is_ready() else ServiceUnavailable())


def _answer_unavailable(error: StoreUnavailable) -> Response:
    _log.warning("no answer to %s %s: %s", request.method, told_path(), error)
    return _answer(ServiceUnavailable())


def _answer_refused(error: RuleRefused) -> Response:
    """Answer what no form could show: what is not there, or not for the one who asks, is a missing page."""
    if isinstance(error, NotAllowed) or is_missing(error):
        return _answer(NotFound())
    return _answer(Conflict(refusal_text(error)))


def _is_ready() -> bool:
    """Whether the fault is ours; a database that is away is a fault that passes."""
    try:
        return not parts().live.ready()
    except Exception:  # noqa: BLE001
        # Asked while answering another fault: whatever this one is, the log has the first.
        return False


def _answer(error: HTTPException) -> Response:
    status = error.code or 500
    text = _text_of(error)
    if request.path.startswith("/api/"):
        detail = f"{gettext(text.happened)} {gettext(text.to_do)}"
        problem = Problem(gettext(text.title), status, detail, _CODES.get(status, "refused"), {})
        response = Response(msgspec.json.encode(problem), content_type="application/problem+json")
    else:
        response = make_response(render_template("error.html", text=text, status=status))
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == 429:
        response.headers["Retry-After"] = str(WAIT_S)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _text_of(error: HTTPException) -> _Text:
    if isinstance(error, SpaceNotFound):
        return _NO_SPACE
    if isinstance(error, CSRFError):
        return _OLD_FORM
    if error.code == TooManyRequests.code and request.blueprint == "phone":
        return _TOO_OFTEN_AT_A_DOOR
    if isinstance(error, MethodNotAllowed) and {"POST", "PUT", "PATCH", "DELETE"} & set(
        error.valid_methods or ()
    ):
        return _OTHERWISE
    if isinstance(error, Unauthorized) and request.path.startswith("/api/"):
        return _NO_TOKEN
    if isinstance(error, Conflict) and error.description:
        return _OTHER._replace(happened=error.description)
    return _TEXTS.get(error.code or 500, _OTHER)
