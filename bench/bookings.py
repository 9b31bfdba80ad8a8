"""(i) Bookings with a million on file: availability of a month for 200 desks, and booking, beside the bare SQL."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psycopg
from flask.testing import FlaskClient
from sqlalchemy import Engine

from bench.many_bookings import HALVES, HOUR_US, ZONE, File
from bench.world import percentile
from hub import desks
from hub.bootstrap import live_queries, system_clock
from hub.domain.people import AccessHours, Actor, Member, Membership
from hub.domain.time import day_bounds, to_utc
from hub.domain.tokens import Scope
from hub.storage.engine import make_engine
from hub.storage.schema import migrate
from hub.storage.unit_of_work import UnitFactory
from hub.wakeups import SpaceBells
from hub.web.app import close_streams, create_app
from tests.parts.postgres import Postgres

SPACE: Final = "space-1"
MONTH_DAYS: Final = 30
LOOKS: Final = 150
BOOKINGS: Final = 300
FREE_AFTER_DAYS: Final = 120
"""So far ahead nothing is booked yet."""
_CLI: Final = Actor(None, "bench")
_TAKEN: Final = (
    "SELECT desk_pk, start_us, end_us FROM claim WHERE is_active{true} AND end_us > {mark} AND start_us < {mark}"
    " AND start_us > {mark} AND desk_pk IN"
    " (SELECT d.pk FROM desk d JOIN space s ON s.pk = d.space_pk WHERE s.id = {mark})"
    " ORDER BY desk_pk, start_us"
)
_BOOK: Final = (
    "INSERT INTO booking (id, space_pk, kind, state, is_active, start_us, end_us, any_hours, note, version, created_us,"
    " fresh_us, ended_reason) SELECT {mark}, space_pk, 'desk', 'booked', {yes}, {mark}, {mark}, {no}, '', 1, 1, 1, ''"
    " FROM desk WHERE pk = {mark} RETURNING pk, space_pk"
)
_CLAIM: Final = (
    "INSERT INTO claim (booking_pk, space_pk, desk_pk, start_us, end_us, is_active)"
    " VALUES ({mark}, {mark}, {mark}, {mark}, {mark}, {yes})"
)


def measure() -> dict[str, dict[str, float]]:
    """Return figures of both databases."""
    with TemporaryDirectory(prefix="ankerort-bench-") as folder:
        found = {"sqlite": _measure(f"sqlite:///{Path(folder) / 'hub.db'}")}
    server = Postgres()
    try:
        server.start()
        with server.database() as url:
            found["postgresql"] = _measure(url)
    finally:
        server.close()
    return found


def _measure(url: str) -> dict[str, float]:
    engine, file, now_us = make_engine(url), File(), system_clock().now_us()
    today = to_utc(now_us).date()
    try:
        migrate(engine)
        file.make(engine, today, now_us)
        with _client(engine, now_us) as (client, token), _bare(engine) as bare:
            looks, floor_looks = _availability(client, token, bare, today)
            took_s, floor_s = _book(client, token, bare, today)
    finally:
        engine.dispose()
    return {
        "on_file": float(file.bookings),
        "desks": float(file.desks),
        "availability_p50_ms": percentile(looks, 0.50),
        "availability_p95_ms": percentile(looks, 0.95),
        "floor_availability_p50_ms": percentile(floor_looks, 0.50),
        "floor_availability_p95_ms": percentile(floor_looks, 0.95),
        "bookings_per_s": BOOKINGS / took_s,
        "floor_bookings_per_s": BOOKINGS / floor_s,
    }


@contextmanager
def _client(engine: Engine, now_us: int) -> Iterator[tuple[FlaskClient, dict[str, str]]]:
    """Give a client of the API without a network in between, and the header of a member's token."""
    database, clock = UnitFactory(engine), system_clock()
    membership = Membership(SPACE, AccessHours.ALWAYS, date(2020, 1, 1))
    member = desks.member_desk(database).save_member(Member(0, "Jo", memberships=(membership,)), _CLI, now_us)
    scopes = [Scope.AVAILABILITY, Scope.WRITE_BOOKINGS]
    token = desks.token_desk(database).create("bench", scopes, (member, None), None, _CLI, now_us)[1]
    app = create_app(
        live=live_queries(database), wakeups=SpaceBells(), clock=clock, access=desks.access(database, clock)
    )
    try:
        yield app.test_client(), {"Authorization": f"Bearer {token}"}
    finally:
        close_streams(app)


class _Bare:
    """A driver's own connection."""

    def __init__(self, connection: Any, **words: str) -> None:
        self.connection, self._words = connection, words

    def ask(self, statement: str, *values: Any) -> list[Any]:
        """Return all rows."""
        cursor = self.connection.execute(statement.format(**self._words), values)
        return list(cursor.fetchall()) if cursor.description else []


@contextmanager
def _bare(engine: Engine) -> Iterator[_Bare]:
    if engine.dialect.name == "sqlite":
        assert engine.url.database is not None
        connection = sqlite3.connect(engine.url.database, isolation_level=None)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        bare = _Bare(connection, mark="?", true=" = 1", yes="1", no="0")
    else:
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        bare = _Bare(psycopg.connect(address, autocommit=True), mark="%s", true="", yes="true", no="false")
    try:
        yield bare
    finally:
        bare.connection.close()


def _availability(
    client: FlaskClient, token: dict[str, str], bare: _Bare, today: date
) -> tuple[list[float], list[float]]:
    """Return milliseconds of each look at a month, of the API and of the bare query, in turns."""
    begin = day_bounds(today, ZONE).start_us
    end = day_bounds(today + timedelta(days=MONTH_DAYS), ZONE).start_us
    query = {"from": to_utc(begin).isoformat(), "to": to_utc(end).isoformat()}

    def look() -> None:
        answer = client.get(f"/api/v1/spaces/{SPACE}/availability", query_string=query, headers=token)
        assert answer.status_code == 200, answer.text

    def floor() -> None:
        # What begins two days before may reach in; nothing here lasts longer.
        assert bare.ask(_TAKEN, begin, end, begin - 48 * HOUR_US, SPACE)

    for warm in (look, floor):
        warm()
    looks, floors = [], []
    for _ in range(LOOKS):
        looks.append(_timed_ms(look))
        floors.append(_timed_ms(floor))
    return looks, floors


def _timed_ms(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def _book(client: FlaskClient, token: dict[str, str], bare: _Bare, today: date) -> tuple[float, float]:
    """Return seconds of bookings by the API, one after the other, and of the same rows by the driver alone."""
    found = bare.ask(
        "SELECT d.pk, d.id FROM desk d JOIN space s ON s.pk = d.space_pk WHERE s.id = {mark} ORDER BY d.pk",
        SPACE,
    )
    wishes = []
    for number in range(2 * BOOKINGS):
        pk, id_ = found[number % len(found)]
        day = day_bounds(today + timedelta(days=FREE_AFTER_DAYS + number // len(found)), ZONE)
        begins, ends = HALVES[0]
        wishes.append((pk, id_, day.start_us + begins * HOUR_US, day.start_us + ends * HOUR_US))
    ours = [
        {
            "space": SPACE,
            "desk": id_,
            "starts_at": to_utc(start_us).isoformat(),
            "ends_at": to_utc(end_us).isoformat(),
        }
        for _, id_, start_us, end_us in wishes[:BOOKINGS]
    ]
    begin = time.perf_counter()
    for body in ours:
        answer = client.post("/api/v1/bookings", json=body, headers=token)
        assert answer.status_code == 201, answer.text
    took_s = time.perf_counter() - begin
    begin = time.perf_counter()
    for number, (pk, _, start_us, end_us) in enumerate(wishes[BOOKINGS:]):
        bare.connection.execute("BEGIN")
        ((booking, space),) = bare.ask(_BOOK, f"f{number:015x}", start_us, end_us, pk)
        bare.ask(_CLAIM, booking, space, pk, start_us, end_us)
        bare.connection.execute("COMMIT")
    return took_s, time.perf_counter() - begin
