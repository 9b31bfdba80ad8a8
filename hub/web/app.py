"""The web application: made from ports and settings; everything is closed that is not listed as open."""

from typing import Final

from flask import Flask, Response, g, request
from flask_bootstrap import Bootstrap5
from prometheus_client import CollectorRegistry
from werkzeug.exceptions import NotFound
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.people import HOSTS
from hub.ports import Clock, LiveQueries, Wakeups
from hub.web import (
    api,
    api_bookings,
    api_members,
    api_passes,
    api_series,
    assets,
    badge,
    book,
    calendar_feed,
    check_in,
    downloads,
    figure_entries,
    figure_targets,
    mail_pages,
    me,
    my_bookings,
    my_data,
    my_security,
    opendata,
    operations,
    overview,
    papers,
    passkey_pages,
    phone,
    research,
    second_step,
    series,
    sign_in,
    sign_in_links,
    space_pages,
    spaceapi,
    statistics,
    stream,
    town_statistics,
    waiting,
    ways,
)
from hub.web.accounts import set_up_accounts, visitor
from hub.web.errors import set_up_errors
from hub.web.feed import Timing
from hub.web.feeds import Feeds
from hub.web.host import GROUPS as HOST_GROUPS
from hub.web.host import host_words
from hub.web.keys_in_addresses import KeyConverter
from hub.web.language import LANGUAGES, language, set_up_languages
from hub.web.openapi import describe
from hub.web.parts import Access, Parts, WebConfig, keep, parts
from hub.web.security import keep_from_caches, set_up_security_headers
from hub.web.wording import KINDS, LANDS, LEGEND

OPEN_VIEWS: Final = frozenset(
    {
        "account.sign_in",
        "account.sign_out",
        "api.docs",
        "api.occupancy",
        "api.openapi_document",
        "api.spaces",
        "badge.badge",
        "bootstrap.static",
        "calendar_feed.feed",
        "downloads.download",
        "link.ask",
        "link.follow",
        "link.forgot",
        "link.reset",
        "link.sent_page",
        "mail.end",
        "opendata.catalog",
        "opendata.file",
        "opendata.page",
        "operations.favicon",
        "operations.healthz",
        "operations.metrics",
        "operations.readyz",
        "operations.robots",
        "overview.overview",
        "papers.download",
        "papers.overview",
        "papers.page",
        "passkey.options",
        "passkey.sign_in",
        "second.second",
        "space.live_page",
        "spaceapi.spaceapi",
        "sso.back",
        "sso.go",
        "static",
        "stream.now",
        "stream.stream",
        "town_statistics.chart",
        "town_statistics.network",
        "town_statistics.town",
        "way.page",
    }
)
"""What may be asked for without signing in; `/metrics` has its own lock.

All else is closed: `TOKEN_GROUPS` ask for a token, pages of `MEMBER_GROUPS` are for whoever has signed in, those of a
space's `HOST_GROUPS` for its hosts, those of `STATISTICS_GROUPS` for the role Statistik, and what is on no list does
not exist for anybody.
"""

CLOSED_API: Final = (api_bookings, api_series, api_members, api_passes)

TOKEN_GROUPS: Final = frozenset(group.blueprint.name for group in CLOSED_API)
"""For programs that bring a token, with the scope that each group's `SCOPES` names; cookies never count."""

MEMBER_GROUPS: Final = frozenset(
    {
        "me",
        "my_data",
        "my_mail",
        "my_security",
        "phone",
        "session",
        "book",
        "my_bookings",
        "my_calendar",
        "series",
        "check_in",
        "waiting",
    }
)

ENTRANCE: Final = frozenset({"account", "link", "mail", "passkey", "second", "sso"})
"""Groups whose views are open, and yet personal: no cache keeps them, and they are there where accounts are."""
STATISTICS_GROUPS: Final = frozenset({"figure_entries", "figure_targets", "research", "statistics"})
HOST_NAMES: Final = frozenset(group.name for group in HOST_GROUPS)

_PERSONAL: Final = (
    sign_in.blueprint,
    sign_in.session_blueprint,
    me.blueprint,
    mail_pages.blueprint,
    mail_pages.own_blueprint,
    my_security.blueprint,
    passkey_pages.blueprint,
    second_step.blueprint,
    sign_in_links.blueprint,
    my_data.blueprint,
    phone.blueprint,
    book.blueprint,
    my_bookings.blueprint,
    calendar_feed.blueprint,
    calendar_feed.own_blueprint,
    series.blueprint,
    check_in.blueprint,
    waiting.blueprint,
    figure_entries.blueprint,
    figure_targets.blueprint,
    ways.blueprint,
    statistics.blueprint,
    research.blueprint,
)

MAX_BODY_BYTES: Final = 64 * 1024


def create_app(
    *,
    live: LiveQueries,
    wakeups: Wakeups,
    clock: Clock,
    config: WebConfig = WebConfig(),
    registry: CollectorRegistry | None = None,
    timing: Timing = Timing(),
    access: Access | None = None,
) -> Flask:
    """Return the application; no thread runs and nothing is read before the first request.

    Args:
        live: what the pages read.
        wakeups: what tells live pages to look again.
        registry: where the numbers of `/metrics` are collected; a new one when None.
        timing: how often live pages look and say that they live.
        access: accounts, and what those who sign in work on; without it nobody can sign in, and the pages of members
            and hosts do not exist.

    Returns:
        A WSGI application. Whoever runs it calls `close_streams` at the end.
    """
    app = Flask(__name__)
    app.url_map.converters["int"] = KeyConverter
    app.config.update(
        BOOTSTRAP_SERVE_LOCAL=True,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        TRAP_HTTP_EXCEPTIONS=False,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if registry is None:
        registry = CollectorRegistry()
    feeds = Feeds(live, wakeups, clock, stream.renderer(app), config.max_viewers, timing)
    made_of = Parts(live, clock, feeds, config, registry, access)
    keep(app.extensions, made_of)
    Bootstrap5(app)
    set_up_languages(app)
    set_up_security_headers(app)
    set_up_errors(app)
    assets.set_up_versions(app)
    operations.count_requests(app, registry, feeds)
    for group in (overview, space_pages, papers, stream, operations, town_statistics):
        app.register_blueprint(group.blueprint)
    for group in (downloads, opendata, spaceapi, badge):
        app.register_blueprint(group.blueprint)
    app.register_blueprint(api.blueprint)
    for group in CLOSED_API:
        app.register_blueprint(group.blueprint)
    describe(app)
    if access is not None:
        forms = set_up_accounts(app, access.accounts, config, made_of.sessions)
        # Programs bring a token, and no cookie counts.
        for group in CLOSED_API:
            forms.exempt(group.blueprint)
        # Its address is signed, and mail programs send its form themselves (RFC 8058).
        forms.exempt(mail_pages.end)
        # Whoever answers it gets no cookie, and so no token; it changes nothing but a count.
        forms.exempt(ways.page)
        for blueprint in (*_PERSONAL, *HOST_GROUPS):
            app.register_blueprint(blueprint)
        sign_in.set_up_limits(app)
        if config.sso is not None:
            from hub.web import sso

            sso.set_up_sso(app, config.sso)
        app.context_processor(host_words)
        app.after_request(_keep_what_is_personal)
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
        parts().workshop.close()


def _refuse_what_is_not_open() -> AnyResponse | None:
    if request.endpoint is None or request.endpoint in OPEN_VIEWS:
        return None
    group = request.blueprint
    if group in TOKEN_GROUPS:
        return None
    if parts().access is None or not (
        group in MEMBER_GROUPS or group in HOST_NAMES or group in STATISTICS_GROUPS
    ):
        raise NotFound
    who = visitor()
    if who is None:
        return sign_in.ask_to_sign_in()
    # To hosts of other spaces a page is not there: not even that the space has doors is told.
    if group in HOST_NAMES and not who.actor.may((request.view_args or {})["space"], *HOSTS):
        raise NotFound
    # To whoever has not the role, reports that are not published are not there.
    if group in STATISTICS_GROUPS and not statistics.has_role(who.actor):
        raise NotFound
    return None


def _keep_what_is_personal(response: Response) -> Response:
    is_closed = request.endpoint is not None and request.endpoint not in OPEN_VIEWS
    if is_closed or request.blueprint in ENTRANCE or g.get("visitor") is not None:
        keep_from_caches(response)
    return response


def _has_statistics() -> bool:
    access = parts().access
    return access is not None and access.statistics is not None


def _is_statistician() -> bool:
    who = visitor()
    return who is not None and statistics.has_role(who.actor)


def _template_words() -> dict[str, object]:
    return {
        "has_accounts": parts().access is not None,
        "has_statistics": _has_statistics(),
        "is_statistician": _has_statistics() and _is_statistician(),
        "is_entrance": request.blueprint in ENTRANCE,
        "visitor": visitor(),
        "language": language(),
        "languages": LANGUAGES,
        "KINDS": KINDS,
        "LANDS": LANDS,
        "LEGEND": LEGEND,
    }
