"""More databases than one."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.storage.engine import make_engine


@pytest.fixture
def new_engine(_migrated_file: Path, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Make engines of further migrated SQLite databases."""
    made: list[Engine] = []

    def make() -> Engine:
        path = tmp_path / f"other-{len(made)}.db"
        shutil.copy(_migrated_file, path)
        made.append(make_engine(f"sqlite:///{path}"))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()
