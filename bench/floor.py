"""The floor: a bare paho loop that decodes each message, inserts its events, commits, acknowledges, and nothing else.

No duplicates, marks, projections or quarantine: what the ingest needs beyond this is the price of its promises.
Run as a program of its own, so that it has its own interpreter lock, as the ingest has.
"""

import argparse
import json
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from wire import codec
from wire.topics import EVENT

CLIENT_ID = "bench-floor"


def connect(port: int) -> mqtt.Client:
    """Return a client whose session outlives it, with manual acknowledgement; not yet looping."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, CLIENT_ID, protocol=mqtt.MQTTv5, manual_ack=True)
    expiry = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    expiry.SessionExpiryInterval = 3600
    expiry.ReceiveMaximum = 1000
    client.connect("127.0.0.1", port, clean_start=False, properties=expiry)
    return client


def subscribe(port: int) -> None:
    """Make the session, so that what is published next waits for it."""
    client, done = connect(port), threading.Event()

    def on_connect(*_: Any) -> None:
        client.subscribe(EVENT.wildcard, qos=1)

    client.on_subscribe = lambda *_: done.set()
    client.on_connect = on_connect
    client.loop_start()
    if not done.wait(10):
        raise SystemExit("the broker did not answer the subscription")
    client.disconnect()
    client.loop_stop()


def drain(port: int, database: Path, expected: int) -> float:
    """Receive, insert, commit and acknowledge until all events are there.

    Returns:
        Seconds from the first message to the last commit.
    """
    store = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=FULL")
    store.execute(
        "CREATE TABLE event(topic TEXT, epoch TEXT, seq INTEGER, kind TEXT, wall_us INTEGER, payload BLOB,"
        " PRIMARY KEY(topic, epoch, seq)) WITHOUT ROWID"
    )
    seen, begin, finished = 0, 0.0, threading.Event()

    def on_message(client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        nonlocal seen, begin
        begin = begin or time.perf_counter()
        header, lines = codec.decode_batch(bytes(message.payload))
        events = [codec.decode_event(line) for line in lines]
        rows = [
            (message.topic, header.epoch, seq, type(event).__name__, event.wall_us, line)
            for seq, event, line in zip(codec.batch_seqs(header), events, lines, strict=True)
        ]
        store.execute("BEGIN IMMEDIATE")
        store.executemany("INSERT INTO event VALUES (?,?,?,?,?,?)", rows)
        store.execute("COMMIT")
        client.ack(message.mid, message.qos)
        seen += len(rows)
        if seen >= expected:
            finished.set()

    client = connect(port)
    client.on_message = on_message
    client.loop_start()
    if not finished.wait(300):
        raise SystemExit(f"only {seen} of {expected} events came in 300 s")
    took_s = time.perf_counter() - begin
    client.disconnect()
    client.loop_stop()
    store.close()
    return took_s


def main() -> None:
    """Subscribe, or drain and print the seconds as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["subscribe", "drain"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", type=Path)
    parser.add_argument("--expect", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.step == "subscribe":
        subscribe(arguments.port)
        return
    json.dump({"seconds": drain(arguments.port, arguments.database, arguments.expect)}, sys.stdout)


if __name__ == "__main__":
    main()
