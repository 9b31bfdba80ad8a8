"""Databases for the hub's tests: empty or migrated, on SQLite alone or on both kinds in turn."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine

from hub.storage.engine import make_engine
from hub.storage.schema import migrate
from hub.storage.unit_of_work import UnitFactory

if TYPE_CHECKING:
    from tests.parts.postgres import Postgres


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Address of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'hub.db'}"


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))]
)
def _server(request: pytest.FixtureRequest) -> "Postgres | None":
    # Of the session's scope, so that the server starts before the watch over what a single test leaves behind.
    return request.getfixturevalue("postgres") if request.param == "postgresql" else None


@pytest.fixture
def database_url(_server: "Postgres | None", sqlite_url: str) -> Iterator[str]:
    """Address of an empty database; the test runs once on SQLite and once on PostgreSQL."""
    if _server is None:
        yield sqlite_url
    else:
        with _server.database() as url:
            yield url


@pytest.fixture
def empty_engine(database_url: str) -> Iterator[Engine]:
    """Engine of an empty database, of each kind in turn."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """Engine of a migrated database, of each kind in turn."""
    migrate(empty_engine)
    return empty_engine


@pytest.fixture
def units(engine: Engine) -> UnitFactory:
    """Units of work on a migrated database, of each kind in turn."""
    return UnitFactory(engine)


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    """Engine of a migrated SQLite database."""
    engine = make_engine(sqlite_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_units(sqlite_engine: Engine) -> UnitFactory:
    """Units of work on a migrated SQLite database."""
    return UnitFactory(sqlite_engine)
