"""Databases for the hub's tests: empty or migrated, on SQLite alone or on both kinds in turn."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from hub.storage.engine import make_engine
from hub.storage.schema import migrate
from hub.storage.unit_of_work import UnitFactory
from tests.parts.compiled_sql import CompiledSql

if TYPE_CHECKING:
    from tests.parts.kept_databases import KeptDatabases
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


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Migrated once and copied for each test: the migrations themselves have tests of their own.
    path = tmp_path_factory.mktemp("migrated") / "hub.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _migrated_databases(_server: "Postgres | None") -> Iterator["KeptDatabases | None"]:
    if _server is None:
        yield None
        return
    from tests.parts.kept_databases import KeptDatabases

    with _server.database() as url:
        _migrate(url)
        kept = KeptDatabases(_server, make_url(url).database or "")
        yield kept
        kept.close()


@pytest.fixture(scope="session")
def _compiled_sql() -> CompiledSql:
    return CompiledSql()


@pytest.fixture
def engine(
    _migrated_databases: "KeptDatabases | None",
    _migrated_file: Path,
    _compiled_sql: CompiledSql,
    tmp_path: Path,
) -> Iterator[Engine]:
    """Engine of a migrated database, of each kind in turn."""
    with ExitStack() as databases:
        if _migrated_databases is None:
            url = _copy(_migrated_file, tmp_path)
        else:
            url = databases.enter_context(_migrated_databases.database())
        engine = _compiled_sql.share(make_engine(url))
        yield engine
        engine.dispose()


@pytest.fixture
def units(engine: Engine) -> UnitFactory:
    """Units of work on a migrated database, of each kind in turn."""
    return UnitFactory(engine)


@pytest.fixture
def sqlite_engine(_migrated_file: Path, _compiled_sql: CompiledSql, tmp_path: Path) -> Iterator[Engine]:
    """Engine of a migrated SQLite database, at the address `sqlite_url`."""
    engine = _compiled_sql.share(make_engine(_copy(_migrated_file, tmp_path)))
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_units(sqlite_engine: Engine) -> UnitFactory:
    """Units of work on a migrated SQLite database."""
    return UnitFactory(sqlite_engine)


def _migrate(url: str) -> None:
    engine = make_engine(url)
    migrate(engine)
    # Closing the last connection puts SQLite's log into the file, so that the file alone is the database.
    engine.dispose()


def _copy(migrated_file: Path, folder: Path) -> str:
    path = folder / "hub.db"
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"
