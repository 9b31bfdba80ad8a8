"""(d) The agent on the Pi: memory and idle processor time with its real libraries, and a full spool drained."""

import time
from pathlib import Path

import psutil

from bench.world import Bench, bench
from device.fleet import invent_fleet, site_file
from tests.parts.process import ChildProcess
from tests.parts.waiting import wait_until

IDLE_S = 20.0
SPOOLED = 100_000
SPACE = "bench"

_SETTINGS = """
device = "pi-1"
space = "{space}"
[mqtt]
url = "{url}"
[spool]
path = "{folder}/agent.db"
[card]
key_file = "{folder}/card.key"
[[reader]]
id = "reader"
door = "door-1"
backend = "pcsc"
match = "ACR122U"
"""
_SENSOR = """
[[sensor]]
id = "sensor-{number}"
desk = "desk-1-{number}"
kind = "pir"
backend = "simulated"
"""


def measure() -> dict[str, float]:
    """Return memory (MB), idle processor share (per cent), and the time to drain 100,000 spooled events."""
    return {**_idle(), **_drain()}


def _idle() -> dict[str, float]:
    with bench() as world:
        settings = world.folder / "device.toml"
        key = world.folder / "card.key"
        key.write_text("5a" * 32, encoding="ascii")
        key.chmod(0o600)
        text = _SETTINGS.format(space=SPACE, url=world.broker.url, folder=world.folder)
        settings.write_text(text + "".join(_SENSOR.format(number=n) for n in range(1, 9)), encoding="utf-8")
        agent = world.spawn("ankerort-device", "run", "--config", str(settings))
        process = psutil.Process(agent.pid)
        time.sleep(5.0)
        before = process.cpu_times()
        time.sleep(IDLE_S)
        agent.check_alive()
        after = process.cpu_times()
        used_s = after.user + after.system - before.user - before.system
        return {
            "rss_mb": process.memory_info().rss / 1e6,
            "idle_cpu_percent": 100 * used_s / IDLE_S,
            "idle_s": IDLE_S,
        }


def _drain() -> dict[str, float]:
    with bench() as world:
        fleet = invent_fleet(1, SPACE, 4, world.broker.url, Path())
        world.site(site_file(fleet))
        world.broker.stop()
        _fill(world)
        world.broker.start()
        world.spawn("ankerort-hub", "ingest")
        begin = time.perf_counter()
        device = _simulate(world)
        wait_until(lambda: not device.is_running, 300, "the device to be rid of its events")
        took_s = time.perf_counter() - begin
        return {"drained_events": SPOOLED, "drain_s": took_s, "drain_events_per_s": SPOOLED / took_s}


def _fill(world: Bench) -> None:
    """Let a device without a broker make its events."""
    device = _simulate(world)
    # The spool is locked by the device that has it; the device itself tells how far it is.
    wait_until(lambda: f" {SPOOLED} events" in device.log_tail(), 300, f"a spool of {SPOOLED} events")
    device.kill()


def _simulate(world: Bench) -> ChildProcess:
    options = ["--fleet=1", "--desks=4", f"--space={SPACE}", f"--mqtt={world.broker.url}", "--seed=1"]
    options += [f"--spool-dir={world.folder / 'spools'}", "--rate=10000", f"--count={SPOOLED}"]
    return world.spawn("ankerort-device", "simulate", *options)
