"""The web application on fakes, alone or behind a real server."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.web.app import close_streams, create_app
from hub.web.feed import Timing
from hub.web.parts import Access, WebConfig
from hub.web.server import WebServer
from tests.hub.web.access_fakes import PASSWORD, Fakes
from tests.hub.web.fakes import FakeLive, FakeWakeups, SetClock
from tests.parts.routes import kept_builders
from tests.parts.templates import keep_compiled

# As in real life, only quicker: a test does not wait five seconds for a look.
QUICK = Timing(look_s=0.15, coalesce_s=0.02, beat_s=0.4, slice_s=0.1)


@pytest.fixture(scope="session", autouse=True)
def _addresses_are_compiled_once() -> Iterator[None]:
    with kept_builders():
        yield


@pytest.fixture
def live() -> FakeLive:
    """The five towns, all devices online, all desks vacant."""
    live = FakeLive()
    live.everyone_online()
    return live


@pytest.fixture
def wakeups() -> FakeWakeups:
    return FakeWakeups()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def make_app(live: FakeLive, wakeups: FakeWakeups, clock: SetClock) -> Iterator[Callable[..., Flask]]:
    """A function that makes applications on the same fakes: `make_app(config=…, timing=…)`."""
    apps: list[Flask] = []

    def make(config: WebConfig | None = None, timing: Timing = QUICK, access: Access | None = None) -> Flask:
        app = create_app(
            live=live,
            wakeups=wakeups,
            clock=clock,
            config=config or WebConfig(),
            timing=timing,
            access=access,
        )
        app.testing = False
        apps.append(app)
        return keep_compiled(app)

    yield make
    for app in apps:
        close_streams(app)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def fakes() -> Fakes:
    """Cards, doors, members and accounts of Mölln."""
    return Fakes()


@pytest.fixture
def staffed(make_app: Callable[..., Flask], fakes: Fakes) -> Flask:
    """The application with accounts, a mail server and a key that outlives it."""
    return make_app(WebConfig(has_mail=True, is_key_kept=True), access=fakes.access)


class Person:
    """Somebody with a browser: sends forms with the token that pages give."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, address: str, **more: Any) -> TestResponse:
        """Load a page."""
        return self.client.get(address, **more)

    def post(self, address: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form."""
        return self.client.post(address, data={"csrf_token": self.token(), **(data or {})}, **more)

    def token(self) -> str:
        """Return the token of the present session's forms."""
        page = self.client.get("/sign-in", follow_redirects=True).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        return found[1]

    def sign_in(self, mail: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        """Sign in."""
        return self.post("/sign-in", {"mail": mail, "password": password, **more})


@pytest.fixture
def person(staffed: Flask) -> Person:
    """A stranger."""
    return Person(staffed)


@pytest.fixture
def signed_in(staffed: Flask) -> Callable[[str], Person]:
    """A function that gives somebody who has signed in: `signed_in(HOST)`."""

    def make(mail: str) -> Person:
        person = Person(staffed)
        assert person.sign_in(mail).status_code == 303
        return person

    return make


@pytest.fixture
def make_server() -> Iterator[Callable[..., WebServer]]:
    """A function that serves an application on a free port: `make_server(app, max_viewers=5)`."""
    servers: list[WebServer] = []

    def make(app: Flask, *, threads: int = 4, max_viewers: int = 20) -> WebServer:
        server = WebServer(app, "127.0.0.1", 0, threads=threads, max_viewers=max_viewers)
        # It looks so often whether it is to end; the half second of real life is too long after each test.
        server._server.expiration_interval = 0.02
        server.start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def server(app: Flask, make_server: Callable[..., WebServer]) -> WebServer:
    return make_server(app)
