"""A space whose devices are trusted, on each kind of database."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.hub.custody.world import World


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    made = World(engine, tmp_path)
    made.set_up()
    return made
