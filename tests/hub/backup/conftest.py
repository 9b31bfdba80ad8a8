"""A hub on each kind of database in turn, with keys, ledgers and a folder of backups."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.hub.backup.site import Site


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    """A hub on each kind of database in turn."""
    return Site(engine, tmp_path)


@pytest.fixture
def sqlite_site(sqlite_engine: Engine, tmp_path: Path) -> Site:
    """A hub on SQLite."""
    return Site(sqlite_engine, tmp_path)
