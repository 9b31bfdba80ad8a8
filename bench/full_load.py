"""(h) SQLite with everything at once: `ingest` that never runs dry, `jobs` and `web`, while bookings are posted.

    python -m bench.full_load [SECONDS]

Nobody may meet "database is locked": every booking is answered with 201, and no process logs a complaint.
"""

import argparse
import json
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from bench.ingest import committed, look
from bench.load import SPACE, Load
from bench.world import Bench, bench, percentile, publisher
from hub import desks
from hub.bootstrap import system_clock
from hub.domain.people import AccessHours, Actor, Member, Membership
from hub.domain.space import OpeningPeriod, SpaceBookings, Town
from hub.domain.tokens import Scope
from hub.services.import_site import import_site
from hub.storage.engine import make_engine
from hub.storage.unit_of_work import UnitFactory
from tests.parts.waiting import wait_until

LIMIT_MS: Final = 500.0
"""What 99 of 100 bookings stay below."""
LOAD: Final = Load(devices=20, events=4_000_000, batch=200)
AHEAD: Final = 16_000
"""So many events wait for `ingest` at most: it is never idle, and the broker drops nothing."""
POSTERS: Final = 4
PAUSE_S: Final = 0.1
"""Between two bookings of one poster."""
DAY: Final = date(2027, 3, 1)
_CLI: Final = Actor(None, "bench")
_COMPLAINT: Final = re.compile(r"locked|busy|in the way|can't be used|no answer|Traceback|ERROR|CRITICAL")


def measure(seconds: float = 60.0) -> dict[str, float]:
    """Return latencies of bookings, and how many events a second `ingest` took meanwhile.

    Raises:
        SystemExit: when a booking was not answered with 201, or a process complained.
    """
    with bench() as world:
        world.site(LOAD.site())
        tokens = _prepare(world)
        programs = [world.spawn("ankerort-hub", name) for name in ("web", "jobs", "ingest")]
        world.wait_for_page("/readyz")
        # Heard before the load begins: what is published for nobody is lost.
        _wait_for_ingest(world)
        command = [sys.executable, "-m", "bench.full_load", "--publish", str(world.broker.port)]
        feeder = subprocess.Popen([*command, str(world.database)])
        try:
            with closing(look(world.database)) as connection:
                had = committed(connection)
                wait_until(lambda: committed(connection) > had, 30, "the load to arrive")
                begin, had = time.perf_counter(), committed(connection)
                answers = _post(world, tokens, seconds)
                took_s, count = time.perf_counter() - begin, committed(connection) - had
        finally:
            feeder.kill()
            feeder.wait()
        if not all(program.is_running for program in programs):
            raise SystemExit("a process of the hub ended")
        _check(world, answers)
        latencies_ms = [latency_ms for _, latency_ms in answers]
        return {
            "seconds": took_s,
            "events_per_s": count / took_s,
            "bookings_per_s": len(answers) / took_s,
            "p50_ms": percentile(latencies_ms, 0.50),
            "p99_ms": percentile(latencies_ms, 0.99),
            "max_ms": max(latencies_ms),
        }


def _prepare(world: Bench) -> list[str]:
    """Let the space be booked at any time, and return tokens of members, one for each poster."""
    engine = make_engine(f"sqlite:///{world.database}")
    try:
        database, now_us = UnitFactory(engine), system_clock().now_us()
        with database.reading() as unit:
            towns = unit.sites.towns()
        import_site(database, [_bookable(town) for town in towns], now_us)
        members, tokens = desks.member_desk(database), desks.token_desk(database)
        membership = Membership(SPACE, AccessHours.ALWAYS, date(2026, 1, 1))
        made = []
        for number in range(POSTERS):
            member = members.save_member(Member(0, f"M{number}", memberships=(membership,)), _CLI, now_us)
            made.append(tokens.create("bench", [Scope.WRITE_BOOKINGS], (member, None), None, _CLI, now_us)[1])
        return made
    finally:
        engine.dispose()


def _bookable(town: Town) -> Town:
    rules = SpaceBookings(several_desks=True, advance_days=0, holidays_open=True)
    opening = tuple(OpeningPeriod(day, wall(0), wall(0)) for day in range(7))
    spaces = [replace(space, bookings=rules, opening=opening) for space in town.spaces]
    return replace(town, spaces=tuple(spaces))


def _wait_for_ingest(world: Bench) -> None:
    topic, payload = next(LOAD.messages())
    with publisher(world.broker.port) as client, closing(look(world.database)) as connection:

        def is_heard() -> bool:
            client.publish(topic, payload, qos=1)
            return committed(connection) > 0

        wait_until(is_heard, 60, "the hub to take a first message")


def _publish(port: int, database: Path) -> None:
    """Publish without an end, but never more than `AHEAD` events ahead of what is committed."""
    sent = 0
    with publisher(port) as client, closing(look(database)) as connection:
        for topic, payload in LOAD.messages():
            while sent - committed(connection) > AHEAD:
                time.sleep(0.005)
            client.publish(topic, payload, qos=1)
            sent += LOAD.batch


def _post(world: Bench, tokens: list[str], seconds: float) -> list[tuple[int, float]]:
    """Post bookings of free desks; return status (0 for no answer) and milliseconds of each."""
    found: list[tuple[int, float]] = []
    until = time.perf_counter() + seconds

    def work(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", world.web_port, timeout=60)
        headers = {"Authorization": f"Bearer {tokens[number]}", "Content-Type": "application/json"}
        for body in _bodies(number):
            if time.perf_counter() > until:
                break
            begin = time.perf_counter()
            try:
                connection.request("POST", "/api/v1/bookings", json.dumps(body), headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, HTTPException):
                connection.close()
                status = 0
            found.append((status, (time.perf_counter() - begin) * 1000))
            time.sleep(PAUSE_S)
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(POSTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _bodies(number: int) -> Iterator[dict[str, str]]:
    """Yield wishes that never meet: each poster has desks of its own, hour after hour."""
    own = [setting.desk for device in LOAD.fleet()[number::POSTERS] for setting in device.sensor]
    begin = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    while True:
        for desk in own:
            end = begin + timedelta(hours=1)
            yield {"space": SPACE, "desk": desk, "starts_at": begin.isoformat(), "ends_at": end.isoformat()}
        begin += timedelta(hours=1)


def _check(world: Bench, answers: list[tuple[int, float]]) -> None:
    statuses = Counter(status for status, _ in answers)
    logs = sorted(world.folder.glob("ankerort-hub-*.log"))
    complaints = [
        line
        for log in logs
        for line in log.read_text("utf-8", "replace").splitlines()
        if _COMPLAINT.search(line)
    ]
    if set(statuses) != {201} or complaints:
        raise SystemExit(
            f"bookings were answered with {dict(statuses)}; logs:\n" + "\n".join(complaints[:40])
        )


def main() -> int:
    """Measure and judge, or publish the load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=120.0)
    parser.add_argument("--publish", nargs=2, metavar=("PORT", "DATABASE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.publish is not None:
        _publish(int(arguments.publish[0]), Path(arguments.publish[1]))
        return 0
    found = measure(arguments.seconds)
    sys.stdout.write(
        f"{found['seconds']:.0f} s: {found['events_per_s']:,.0f} events/s, {found['bookings_per_s']:.1f} bookings/s; "
        f"a booking took p50 {found['p50_ms']:.0f} ms, p99 {found['p99_ms']:.0f} ms, at most {found['max_ms']:.0f} ms\n"
    )
    if found["p99_ms"] >= LIMIT_MS:
        sys.stdout.write(f"p99 must stay below {LIMIT_MS:.0f} ms\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
