"""The two spaces, on each kind of database in turn or on SQLite alone."""

import pytest
from sqlalchemy import Engine

from tests.hub.desks.world import World


@pytest.fixture
def world(engine: Engine) -> World:
    """On each kind of database in turn."""
    made = World(engine)
    made.set_up()
    return made


@pytest.fixture
def sqlite_world(sqlite_engine: Engine) -> World:
    """On SQLite."""
    made = World(sqlite_engine)
    made.set_up()
    return made
