"""The web application on fakes, alone or behind a real server."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.web.app import close_streams, create_app
from hub.web.feed import Timing
from hub.web.parts import WebConfig
from hub.web.server import WebServer
from tests.hub.web.fakes import FakeLive, FakeWakeups, SetClock

# As in real life, only quicker: a test does not wait five seconds for a look.
QUICK = Timing(look_s=0.15, coalesce_s=0.02, beat_s=0.4, slice_s=0.1)


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

    def make(config: WebConfig | None = None, timing: Timing = QUICK) -> Flask:
        app = create_app(live=live, wakeups=wakeups, clock=clock, config=config or WebConfig(), timing=timing)
        app.testing = False
        apps.append(app)
        return app

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
def make_server() -> Iterator[Callable[..., WebServer]]:
    """A function that serves an application on a free port: `make_server(app, max_viewers=5)`."""
    servers: list[WebServer] = []

    def make(app: Flask, *, threads: int = 4, max_viewers: int = 20) -> WebServer:
        server = WebServer(app, "127.0.0.1", 0, threads=threads, max_viewers=max_viewers)
        server.start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def server(app: Flask, make_server: Callable[..., WebServer]) -> WebServer:
    return make_server(app)
