"""Fixtures for tests of the device."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.spool import Spool
from device.spool_records import Limits
from tests.device.entries import BOOT, OWNER

OpenSpool = Callable[..., Spool]


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[OpenSpool]:
    """A function that opens `spool.db` in the test's folder; what is left open is closed at the end."""
    opened: list[Spool] = []

    def open_it(
        name: str = "spool.db", *, owner: str = OWNER, boot: str = BOOT, limits: Limits | None = None
    ) -> Spool:
        spool = Spool(tmp_path / name, owner=owner, boot=boot, limits=limits)
        opened.append(spool)
        return spool

    yield open_it
    for spool in opened:
        spool.close()
