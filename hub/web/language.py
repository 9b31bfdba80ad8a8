"""German or English: `?lang=en` decides and is remembered in the functional cookie `lang`; without a choice, German."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import flask_babel  # type: ignore[import-untyped]
from flask import Flask, Response, request

LANGUAGES: Final = {"de": "Deutsch", "en": "English"}
"""Languages by code, each in its own words; the first is the default."""

DEFAULT: Final = "de"
COOKIE: Final = "lang"
_COOKIE_AGE_S: Final = 365 * 24 * 3600


def set_up_languages(app: Flask) -> None:
    """Make the application speak the language of each request."""
    flask_babel.Babel(app, default_locale=DEFAULT, locale_selector=chosen_language)
    app.after_request(_remember_choice)


def chosen_language() -> str:
    """Return the language of the present request.

    `Accept-Language` is not asked: a town hall's page speaks German until someone says otherwise.
    """
    for asked in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return str(asked)
    return DEFAULT


def language() -> str:
    """Return the code of the language that texts are made in now, in a request or while `force_locale` holds."""
    return str(flask_babel.get_locale() or DEFAULT)


@contextmanager
def speaking(app: Flask, code: str) -> Iterator[None]:
    """Make texts in a language outside requests, for as long as the context lasts."""
    with app.app_context(), flask_babel.force_locale(code):
        yield


@contextmanager
def speaking_as_asked() -> Iterator[None]:
    """Make texts in the language that the address names, else German: what caches share must not follow a cookie."""
    asked = request.args.get("lang")
    with flask_babel.force_locale(asked if asked in LANGUAGES else DEFAULT):
        yield


def gettext(message: str, **values: object) -> str:
    """Return a text in the language of the moment, with its values put in."""
    return str(flask_babel.gettext(message, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return a text for a number of things in the language of the moment; `num` is put in, too."""
    return str(flask_babel.ngettext(one, many, num, **values))


def N_(message: str) -> str:  # noqa: N802, the name that message extraction knows
    """Mark a text of a table for translation; `gettext` translates it where it is used."""
    return message


def _remember_choice(response: Response) -> Response:
    chosen = request.args.get("lang")
    if chosen in LANGUAGES and request.method == "GET" and response.mimetype == "text/html":
        response.set_cookie(
            COOKIE,
            str(chosen),
            max_age=_COOKIE_AGE_S,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response
