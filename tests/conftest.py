"""Fixtures for all tests: the real parts, and the watch over what a test leaves behind. tests/README.md lists them."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.parts.leaks import LeakWatch, describe
from tests.parts.mosquitto import Mosquitto
from tests.parts.tcp_proxy import TcpProxy
from tests.parts.virtual_card import VirtualCard

if TYPE_CHECKING:
    # Imported by the fixtures that need them, when they do: a quick test pays for neither.
    from playwright.sync_api import Browser, Page

    from tests.parts.pcscd import Pcscd
    from tests.parts.postgres import Postgres

# Beside other tests on two cores a deadline for each example says nothing: what must be quick is measured alone.
settings.register_profile("ankerort", deadline=None, print_blob=True)
settings.load_profile("ankerort")

pytest_plugins = ["tests.parts.reporting"]

# Tests that share one heavy part run in one worker (pytest -n 2 --dist loadgroup), so that it starts once.
_GROUP_OF_FIXTURE = {
    "browser": "browser",
    "page": "browser",
    "postgres": "postgres",
    "postgres_url": "postgres",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the users of a heavy part into one group, unless they say otherwise."""
    for item in items:
        if item.get_closest_marker("xdist_group"):
            continue
        for fixture, group in _GROUP_OF_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group(group))
                break


@pytest.fixture(autouse=True)
def nothing_survives() -> Iterator[None]:
    """Fail the test when a thread or a process that it started is still there three seconds after its end."""
    watch = LeakWatch()
    yield
    threads, processes = watch.survivors()
    if threads or processes:
        pytest.fail(f"left behind by this test:\n{describe(threads, processes)}", pytrace=False)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running Mosquitto of this test alone, with durable settings."""
    broker = Mosquitto(tmp_path / "mosquitto")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def make_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """A function that starts further brokers: `make_mosquitto(extra=["max_packet_size 4096"], durable=False)`."""
    brokers: list[Mosquitto] = []

    def make(**settings: object) -> Mosquitto:
        broker = Mosquitto(tmp_path / f"mosquitto-{len(brokers) + 1}", **settings)  # type: ignore[arg-type]
        brokers.append(broker)
        broker.start()
        return broker

    yield make
    for broker in brokers:
        broker.stop()


@pytest.fixture
def tcp_proxy() -> Iterator[Callable[[int], TcpProxy]]:
    """A function that puts a breakable network before a port: `proxy = tcp_proxy(mosquitto.port)`."""
    with ExitStack() as open_proxies:
        yield lambda target_port: open_proxies.enter_context(TcpProxy(target_port))


@pytest.fixture(scope="session")
def _pcscd_service() -> Iterator["Pcscd"]:
    # One socket path for the whole session: libpcsclite may read it only once per process.
    from tests.parts.pcscd import Pcscd

    service = Pcscd()
    before = {name: os.environ.get(name) for name in service.environ}
    os.environ.update(service.environ)
    yield service
    service.close()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture
def pcscd(_pcscd_service: "Pcscd") -> Iterator["Pcscd"]:
    """A running pcscd of this test alone, with two empty virtual slots; this process and its children find it."""
    _pcscd_service.start()
    yield _pcscd_service
    _pcscd_service.stop()


@pytest.fixture
def virtual_card(pcscd: "Pcscd") -> Iterator[Callable[..., VirtualCard]]:
    """A function that makes cards beside the reader: `virtual_card(uid, slot=0)`; all are removed at the end."""
    cards: list[VirtualCard] = []

    def make(uid: bytes, **settings: object) -> VirtualCard:
        card = VirtualCard(pcscd, uid, **settings)  # type: ignore[arg-type]
        cards.append(card)
        return card

    yield make
    for card in cards:
        card.remove()


@pytest.fixture(scope="session")
def postgres() -> Iterator["Postgres"]:
    """One PostgreSQL for the session; a test that stops or kills its server takes `own_postgres`."""
    yield from _started_postgres()


@pytest.fixture
def own_postgres() -> Iterator["Postgres"]:
    """A PostgreSQL of this test alone, to be killed and started again; `with own_postgres.database() as url`."""
    yield from _started_postgres()


def _started_postgres() -> Iterator["Postgres"]:
    from tests.parts.postgres import Postgres

    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(postgres: "Postgres") -> Iterator[str]:
    """SQLAlchemy's address of a fresh, empty PostgreSQL database."""
    with postgres.database() as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One headless Chromium for the session."""
    from tests.parts.chromium import chromium

    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A fresh page with its own cookies and storage, 1280 by 800 pixels, German first."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="de-DE")
    yield context.new_page()
    context.close()
