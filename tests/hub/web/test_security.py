"""Closed by default; strict headers everywhere; no page loads or names anything from elsewhere."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.web.app import CLOSED_API, ENTRANCE, OPEN_VIEWS
from hub.web.security import HEADERS
from tests.hub.web.fakes import HOST_SECRET, FakeLive

PAGES = [
    "/",
    "/?lang=en",
    "/spaces/wittenberge",
    "/spaces/moelln?screen=1",
    "/spaces/nirgends",
    "/nirgends",
    "/api/docs",
]
OTHERS = [
    "/spaces/wittenberge/now.json",
    "/api/v1/spaces",
    "/api/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
    "/robots.txt",
    "/favicon.ico",
    "/static/app.css",
]


class Elements(HTMLParser):
    """Collects a page's elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self._open = tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open, data))


def test_every_view_is_on_the_list_of_open_ones_or_closed(app: Flask) -> None:
    views = {rule.endpoint for rule in app.url_map.iter_rules()}
    closed = {view for group in CLOSED_API for view in group.SCOPES}
    # They are there with accounts alone.
    personal = ENTRANCE | {"calendar_feed", "way"}
    assert views == {view for view in OPEN_VIEWS if view.partition(".")[0] not in personal} | closed


def test_a_view_that_nobody_listed_does_not_exist_for_strangers(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    app.add_url_rule("/neu", "neu", lambda: "geheim")
    answer = app.test_client().get("/neu")
    assert (answer.status_code, "geheim" in answer.text) == (404, False)


@pytest.mark.parametrize("address", [*PAGES, *OTHERS])
def test_every_answer_has_the_headers(client: FlaskClient, address: str) -> None:
    headers = client.get(address, buffered=True).headers
    for name, value in HEADERS.items():
        if not (name == "Cross-Origin-Resource-Policy" and address.startswith("/api/")):
            assert headers[name] == value
    assert "Cache-Control" in headers


def test_the_policy_allows_nothing_inline_and_nothing_foreign(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    sources = {source for rule in policy.split("; ") for source in rule.split()[1:]}
    assert sources == {"'none'", "'self'", "data:"}


@pytest.mark.parametrize("address", PAGES)
def test_pages_keep_to_the_policy_and_name_no_other_site(client: FlaskClient, address: str) -> None:
    page = Elements(client.get(address).text)
    for tag, attributes in page.found:
        assert "style" not in attributes, (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert tag != "style"
        assert tag != "script" or "src" in attributes
        for name in ("src", "href", "action", "content", "data-stream", "data-now"):
            value = attributes.get(name, "")
            assert not re.match(r"(?:[a-z]+:)?//|data:|javascript:", value), (tag, name, value)
    assert not [text for tag, text in page.texts if tag == "script" and text.strip()]


@pytest.mark.parametrize("file", ["app.css", "live.js", "favicon.svg"])
def test_our_static_files_name_no_other_site(client: FlaskClient, file: str) -> None:
    text = client.get(f"/static/{file}", buffered=True).text.replace("http://www.w3.org/2000/svg", "")
    assert "//" not in re.sub(r"^\s*//.*$|(?<=[;{(,] )//.*$", "", text, flags=re.MULTILINE)


def test_static_files_are_kept_while_their_version_holds(client: FlaskClient) -> None:
    addresses = re.findall(
        r'(?:href|src)="(/(?:static|bootstrap)/[^"]+)"', client.get("/spaces/wittenberge").text
    )
    assert len(addresses) == 4
    for address in addresses:
        assert "immutable" in client.get(address, buffered=True).headers["Cache-Control"]
        assert "immutable" not in client.get(address.split("?")[0], buffered=True).headers["Cache-Control"]


def test_pages_set_no_cookie_unless_a_language_is_chosen(client: FlaskClient) -> None:
    for address in PAGES:
        cookie = client.get(address).headers.get("Set-Cookie", "")
        assert bool(cookie) is ("lang=" in address)
    cookie = client.get("/?lang=en").headers["Set-Cookie"]
    assert cookie.startswith("lang=en;")
    assert "HttpOnly" in cookie


def test_texts_of_a_site_are_shown_and_never_run(client: FlaskClient, live: FakeLive) -> None:
    evil = '<script>alert(1)</script>"onload="x'
    live.change_space("wittenberge", name=evil, address=evil)
    for address in ("/", "/spaces/wittenberge", "/spaces/wittenberge?screen=1"):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert '"onload="' not in page


def test_tls_is_asked_for_again_where_there_is_tls(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/").headers
    answer = client.get("/", base_url="https://plaetze.example")
    assert "Strict-Transport-Security" in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("address", ["/", "/spaces/wittenberge", "/spaces/wittenberge/stream"])
def test_pages_take_nothing(client: FlaskClient, method: str, address: str) -> None:
    answer = client.open(address, method=method, data=b"x")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_the_qr_code_leads_to_the_page_without_key_or_choice(client: FlaskClient) -> None:
    client.get(f"/spaces/wittenberge?key={HOST_SECRET}-wittenberge")
    plain = client.get("/spaces/wittenberge?screen=1").text
    chosen = client.get("/spaces/wittenberge?screen=1&lang=en&x=y").text
    codes = [re.search(r'class="qr-dark"[^>]* d="([^"]+)"', page) for page in (plain, chosen)]
    assert codes[0] is not None
    assert codes[1] is not None
    assert codes[0][1] == codes[1][1]
