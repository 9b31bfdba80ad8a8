"""What operators and machines ask: is the process alive, is it ready, how busy is it."""

import hmac
from ipaddress import ip_address
from time import perf_counter
from typing import Final

from flask import Blueprint, Flask, Response, g, jsonify, redirect, request, url_for
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from hub.web.feeds import Feeds
from hub.web.parts import parts

blueprint = Blueprint("operations", __name__)

# Any of these says that the request came through another machine's hands.
_FORWARDED: Final = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")

_ROBOTS: Final = "User-agent: *\nDisallow: /api/\nDisallow: /*/stream$\nDisallow: /*key=\n"


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers; nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Say whether pages can be served, or what is wrong (status 503)."""
    reasons = list(parts().live.ready())
    return jsonify(ready=not reasons, reasons=reasons), 503 if reasons else 200


@blueprint.get("/metrics")
def metrics() -> Response:
    """Tell Prometheus how busy this process is: on this machine itself, or for the token."""
    if not (_is_from_this_machine() or _has_token()):
        raise Unauthorized(
            "Metrics are shown on this machine itself, or for the bearer token of metrics_token_file."
        )
    return Response(generate_latest(parts().registry), content_type=CONTENT_TYPE_LATEST)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Keep search engines to the pages."""
    return Response(_ROBOTS, mimetype="text/plain")


@blueprint.get("/favicon.ico")
def favicon() -> AnyResponse:
    """Point old browsers to the icon."""
    return redirect(url_for("static", filename="favicon.svg"), code=301)


def count_requests(app: Flask, registry: CollectorRegistry, feeds: Feeds) -> None:
    """Count and time the requests of an application, and its viewers."""
    requests = Counter(
        "ankerort_web_requests", "Requests answered.", ("endpoint", "status"), registry=registry
    )
    seconds = Histogram(
        "ankerort_web_request_seconds",
        "Time until an answer begins; streams count until their first event.",
        ("endpoint",),
        registry=registry,
    )
    viewers = Gauge("ankerort_web_viewers", "Live pages that are connected.", registry=registry)
    viewers.set_function(lambda: feeds.viewers)

    @app.before_request
    def begin() -> None:
        g.began_s = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        requests.labels(endpoint, str(response.status_code)).inc()
        if "began_s" in g:
            seconds.labels(endpoint).observe(perf_counter() - g.began_s)
        return response


def _is_from_this_machine() -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _has_token() -> bool:
    token = parts().config.metrics_token
    given = request.authorization
    if not token or given is None or given.type != "bearer" or not given.token:
        return False
    return hmac.compare_digest(given.token.encode("utf-8"), token.encode("utf-8"))
