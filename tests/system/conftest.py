"""Machines for the tests of `make system`: each release is a file system that many tests boot."""

from pathlib import Path

import pytest

from tests.system.machine import Machine


@pytest.fixture
def bookworm(tmp_path: Path) -> Machine:
    """The release in which agent and hub run."""
    return Machine("bookworm", tmp_path / "bookworm")


@pytest.fixture
def trixie(tmp_path: Path) -> Machine:
    """The newest release, whose checkers read the files."""
    return Machine("trixie", tmp_path / "trixie")
