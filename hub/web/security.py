"""What every answer tells the browser to refuse: foreign scripts and styles, frames, guessed content types."""

from typing import Final

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    # Bootstrap's own style sheet draws arrows and ticks of forms as `data:` images.
    "img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_HSTS: Final = "max-age=31536000"


def set_up_security_headers(app: Flask) -> None:
    """Put the headers on every answer; one that a view has set itself stays as it is."""

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", _HSTS)
        # What is not said to be cacheable is asked for again each time.
        response.headers.setdefault("Cache-Control", "no-cache")
        return response


def keep_from_caches(response: Response) -> None:
    """Mark what is one person's: no cache keeps it, no search engine lists it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
