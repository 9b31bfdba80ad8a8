"""The web application: made from ports and settings; everything is closed that is not listed as open."""

from typing import Final

from flask import Flask, request
from flask_bootstrap import Bootstrap5
from prometheus_client import CollectorRegistry
from werkzeug.exceptions import NotFound
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.ports import Clock, LiveQueries, Wakeups
from hub.web import api, assets, operations, overview, space_pages, stream
from hub.web.errors import set_up_errors
from hub.web.feed import Timing
from hub.web.feeds import Feeds
from hub.web.language import LANGUAGES, language, set_up_languages
from hub.web.parts import Parts, WebConfig, keep, parts
from hub.web.security import set_up_security_headers
from hub.web.wording import KINDS, LANDS, STATES

OPEN_VIEWS: Final = frozenset(
    {
        "api.docs",
        "api.occupancy",
        "api.openapi_document",
        "api.spaces",
        "bootstrap.static",
        "operations.favicon",
        "operations.healthz",
        "operations.metrics",
        "operations.readyz",
        "operations.robots",
        "overview.overview",
        "space.live_page",
        "static",
        "stream.now",
        "stream.stream",
    }
)
"""What may be asked for without signing in; all else does not exist for strangers. `/metrics` has its own lock."""

MAX_BODY_BYTES: Final = 64 * 1024


def create_app(
    *,
    live: LiveQueries,
    wakeups: Wakeups,
    clock: Clock,
    config: WebConfig = WebConfig(),
    registry: CollectorRegistry | None = None,
    timing: Timing = Timing(),
) -> Flask:
    """Return the application; no thread runs and nothing is read before the first request.

    Args:
        live: what the pages read.
        wakeups: what tells live pages to look again.
        registry: where the numbers of `/metrics` are collected; a new one when None.
        timing: how often live pages look and say that they live.

    Returns:
        A WSGI application. Whoever runs it calls `close_streams` at the end.
    """
    app = Flask(__name__)
    app.config.update(
        BOOTSTRAP_SERVE_LOCAL=True,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        TRAP_HTTP_EXCEPTIONS=False,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if registry is None:
        registry = CollectorRegistry()
    feeds = Feeds(live, wakeups, clock, stream.renderer(app), config.max_viewers, timing)
    keep(app.extensions, Parts(live, clock, feeds, config, registry))
    Bootstrap5(app)
    set_up_languages(app)
    set_up_security_headers(app)
    set_up_errors(app)
    assets.set_up_versions(app)
    operations.count_requests(app, registry, feeds)
    for group in (overview, space_pages, stream, operations):
        app.register_blueprint(group.blueprint)
    api.register(app)
    app.before_request(_refuse_what_is_not_open)
    app.context_processor(_template_words)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def close_streams(app: Flask) -> None:
    """End all live streams of an application and their threads."""
    with app.app_context():
        parts().feeds.close()


def _refuse_what_is_not_open() -> None:
    if request.endpoint is not None and request.endpoint not in OPEN_VIEWS:
        raise NotFound


def _template_words() -> dict[str, object]:
    return {
        "language": language(),
        "languages": LANGUAGES,
        "KINDS": KINDS,
        "LANDS": LANDS,
        "STATES": STATES,
    }
