"""A hub with two spaces, on each kind of database in turn or on SQLite alone."""

import pytest
from sqlalchemy import Engine

from tests.hub.ingest.hub import Hub
from tests.hub.ingest.spool import Spool


@pytest.fixture
def hub(engine: Engine) -> Hub:
    """A hub on each kind of database in turn."""
    made = Hub(engine)
    made.import_site()
    return made


@pytest.fixture
def sqlite_hub(sqlite_engine: Engine) -> Hub:
    """A hub on SQLite."""
    made = Hub(sqlite_engine)
    made.import_site()
    return made


@pytest.fixture
def spool() -> Spool:
    """The spool of a device that the hub knows."""
    return Spool()
