"""Chooses the real parts: which database, which broker, which clock. Nothing is opened at import."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from hub.config import HubSettings
from hub.ports import Clock
from hub.storage.engine import check_reachable, make_engine
from hub.storage.unit_of_work import UnitFactory
from wire.settings import read_secret


@contextmanager
def open_database(settings: HubSettings) -> Iterator[UnitFactory]:
    """Give units of work on the database of the settings; its connections are closed at the end.

    Raises:
        DatabaseUnusable: when the address can't be used, or nothing answers there.
        InvalidSetting: when the password's file can't be read.
    """
    file = settings.database_password_file
    engine = make_engine(settings.database_url, None if file is None else read_secret(file).decode("utf-8"))
    try:
        check_reachable(engine)
        yield UnitFactory(engine)
    finally:
        engine.dispose()


class SystemClock:
    """The clock of this machine."""

    def now_us(self) -> int:
        """Return microseconds since 1970 UTC."""
        return time.time_ns() // 1000


def system_clock() -> Clock:
    """Return the hub's clock."""
    return SystemClock()


def hide_password(shown_url: str) -> str:
    """Return a database address, as `show-config` prints it, without a password that someone wrote into it."""
    try:
        return json.dumps(make_url(json.loads(shown_url)).render_as_string(hide_password=True))
    except (ArgumentError, ValueError):
        return '"(can\'t be read)"'
