"""A space with bookings, on each kind of database in turn or on SQLite alone."""

import pytest
from sqlalchemy import Engine

from tests.hub.bookings.world import BookingWorld


@pytest.fixture
def world(engine: Engine) -> BookingWorld:
    """On each kind of database in turn."""
    made = BookingWorld(engine)
    made.set_up()
    return made


@pytest.fixture
def sqlite_world(sqlite_engine: Engine) -> BookingWorld:
    """On SQLite."""
    made = BookingWorld(sqlite_engine)
    made.set_up()
    return made
