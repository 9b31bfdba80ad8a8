"""(a) Ingest: events a second from a real broker into SQLite with full durability, beside the bare floor.

The load waits in the broker before either side starts, so that both have the machine to themselves and the broker alone
beside them. Floor and hub take turns; each is given the same messages.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from bench.load import Load
from bench.world import bench, publish_all, publisher
from tests.parts.waiting import wait_until

ROUNDS = 3
BATCHES = Load(devices=20, events=120_000, batch=200)
SINGLES = Load(devices=20, events=12_000, batch=1)


def measure() -> dict[str, dict[str, float]]:
    """Return events a second of hub and floor, and their ratio, for device batches and for single-event messages."""
    return {"batches": _compare(BATCHES), "singles": _compare(SINGLES)}


def _compare(load: Load) -> dict[str, float]:
    floors, hubs = [], []
    for _ in range(ROUNDS):
        floors.append(load.events / _floor_s(load))
        hubs.append(load.events / _hub_s(load))
    ratio = median(hub / floor for hub, floor in zip(hubs, floors, strict=True))
    return {"events_per_s": median(hubs), "floor_events_per_s": median(floors), "ratio_to_floor": ratio}


def _floor_s(load: Load) -> float:
    with bench() as world:
        floor = [sys.executable, "-m", "bench.floor"]
        port = str(world.broker.port)
        subprocess.run([*floor, "subscribe", "--port", port], check=True)
        publish_all(world.broker.port, load.messages())
        database = str(world.folder / "floor.db")
        drain = [*floor, "drain", "--port", port, "--database", database, "--expect", str(load.events)]
        done = subprocess.run(drain, check=True, capture_output=True, text=True)
        return float(json.loads(done.stdout)["seconds"])


def _hub_s(load: Load) -> float:
    with bench() as world:
        world.site(load.site())
        first, *rest = load.messages()
        ingest = world.spawn("ankerort-hub", "ingest")
        with publisher(world.broker.port) as client, closing(look(world.database)) as reader:

            def is_heard() -> bool:
                client.publish(*first, qos=1)
                return committed(reader) > 0

            wait_until(is_heard, 20, "the hub to take a first message")
        # Held still, not ended: the broker keeps an absent ingest's messages for seconds only.
        os.kill(ingest.pid, signal.SIGSTOP)
        publish_all(world.broker.port, rest)
        with closing(look(world.database)) as reader:
            os.kill(ingest.pid, signal.SIGCONT)
            return _drained_s(reader, load.events)


def look(database: Path) -> sqlite3.Connection:
    """Return a connection to a hub's database that only reads."""
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True)


def committed(reader: sqlite3.Connection) -> int:
    """Return how many events are committed."""
    return int(reader.execute("SELECT coalesce(sum(upto), 0) FROM cursor").fetchone()[0])


def _drained_s(reader: sqlite3.Connection, expected: int) -> float:
    """Return the time from the first commit that can be seen to the last, for all events in proportion."""
    had = committed(reader)
    begin, seen = 0.0, had
    deadline = time.perf_counter() + 120
    while time.perf_counter() < deadline:
        now, count = time.perf_counter(), committed(reader)
        if count > had and not begin:
            begin, seen = now, count
        if count >= expected:
            # What the first look already saw took its share of the time too.
            return (now - begin) * (expected - had) / max(1, expected - seen)
        time.sleep(0.005)
    raise SystemExit(f"only {committed(reader)} of {expected} events were committed in 120 s")
