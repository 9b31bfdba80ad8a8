"""A database with a network's bookings on file: a million of them within a minute, past the services."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import islice
from typing import Any, Final

import psycopg
from sqlalchemy import Engine, select

from hub.domain.space import Desk, OpeningPeriod, Phase, Space, SpaceBookings, SpaceKind, Town
from hub.domain.time import Interval, day_bounds
from hub.services.import_site import import_site
from hub.storage.tables import DeskRow
from hub.storage.unit_of_work import UnitFactory

ZONE: Final = "Europe/Berlin"
HOUR_US: Final = 3_600_000_000
HALVES: Final = ((8, 13), (13, 18))
"""Hours of the two halves of a day."""
_BOOKING: Final = (
    "pk", "id", "space_pk", "kind", "state", "is_active", "start_us", "end_us", "member_pk", "any_hours", "note",
    "version", "created_us", "fresh_us", "ended_reason",
)  # fmt: skip
_CLAIM: Final = ("booking_pk", "space_pk", "desk_pk", "start_us", "end_us", "is_active")


@dataclass(frozen=True, slots=True)
class File:
    """How much is on file.

    Args:
        spaces: of so many desks each.
        per_desk: bookings of each desk; six of ten half-days are booked.
        past: so many days ago they begin.
    """

    spaces: int = 20
    desks: int = 200
    per_desk: int = 250
    past: int = 150

    @property
    def bookings(self) -> int:
        """How many in all."""
        return self.spaces * self.desks * self.per_desk

    def make(self, engine: Engine, today: date, now_us: int) -> None:
        """Fill a migrated, empty database."""
        import_site(UnitFactory(engine), [self._town(number) for number in range(self.spaces)], now_us)
        with engine.connect() as connection:
            desks = connection.execute(select(DeskRow.pk, DeskRow.space_pk).order_by(DeskRow.pk)).all()
        bookings = self._bookings([tuple(row) for row in desks], today)
        write = _write_sqlite if engine.dialect.name == "sqlite" else _write_postgres
        write(engine, list(bookings))

    def _town(self, number: int) -> Town:
        return Town(
            id=f"town-{number}",
            ags=f"{number:08d}",
            name=f"Stadt {number}",
            land="BB",
            spaces=(
                Space(
                    id=f"space-{number}",
                    town=f"town-{number}",
                    name=f"Raum {number}",
                    kind=SpaceKind.COWORKING,
                    phase=Phase.OPERATION,
                    valid_from=date(2020, 1, 1),
                    controller="Stadt",
                    desks=tuple(Desk(f"d-{desk}", f"Platz {desk}") for desk in range(self.desks)),
                    opening=tuple(OpeningPeriod(day, time(8), time(18)) for day in range(7)),
                    bookings=SpaceBookings(several_desks=True, advance_days=0, holidays_open=True),
                ),
            ),
        )

    def _bookings(self, desks: list[tuple[Any, ...]], today: date) -> Iterator[tuple[Any, ...]]:
        """Yield (key, space, desk, begin, end)."""
        days = [day_bounds(today + timedelta(days=ahead - self.past), ZONE) for ahead in range(self.per_desk)]
        key = 0
        for number, (desk_pk, space_pk) in enumerate(desks):
            taken = (slot for slot in _slots(days) if is_taken(number, slot))
            for _, _, slot in islice(taken, self.per_desk):
                key += 1
                yield key, space_pk, desk_pk, slot.start_us, slot.end_us


def _slots(days: list[Interval]) -> Iterator[tuple[int, int, Interval]]:
    for ahead, day in enumerate(days):
        for half, (begins, ends) in enumerate(HALVES):
            yield ahead, half, Interval(day.start_us + begins * HOUR_US, day.start_us + ends * HOUR_US)


def is_taken(desk: int, slot: tuple[int, int, Interval]) -> bool:
    """Say whether a half-day of a desk is booked: six of ten, in no rhythm of days or desks."""
    return (desk * 7 + slot[0] * 13 + slot[1] * 3 + desk * slot[0] % 11) % 10 < 6


def _row_of_booking(row: tuple[Any, ...]) -> tuple[Any, ...]:
    key, space_pk, _, start_us, end_us = row
    return (
        key,
        f"{key:016x}",
        space_pk,
        "desk",
        "booked",
        True,
        start_us,
        end_us,
        None,
        False,
        "",
        1,
        1,
        1,
        "",
    )


def _row_of_claim(row: tuple[Any, ...]) -> tuple[Any, ...]:
    key, space_pk, desk_pk, start_us, end_us = row
    return key, space_pk, desk_pk, start_us, end_us, True


_TABLES: Final = (("booking", _BOOKING, _row_of_booking), ("claim", _CLAIM, _row_of_claim))


def _write_sqlite(engine: Engine, rows: list[tuple[Any, ...]]) -> None:
    assert engine.url.database is not None
    with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        for table, columns, row_of in _TABLES:
            marks = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            connection.executemany(statement, map(row_of, rows))
        connection.execute("COMMIT")


def _write_postgres(engine: Engine, rows: list[tuple[Any, ...]]) -> None:
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        # The rows are right: keys that point somewhere are not looked up one by one. Overlaps are still refused.
        cursor.execute("SET session_replication_role = replica")
        for table, columns, row_of in _TABLES:
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row_of(row))
        cursor.execute("SELECT setval(pg_get_serial_sequence('booking', 'pk'), %s)", (len(rows),))
        connection.commit()
        # As autovacuum does, which has no time here.
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")
