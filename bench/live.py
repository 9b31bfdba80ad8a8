"""(b) From a sensor's edge to the frame that paints it, and (c) five hundred viewers at five changes a second."""

import json
import subprocess
import sys
import threading
import time
from collections import defaultdict

import psutil

from bench.world import Bench, bench, percentile
from device.backends.clock import SystemClock
from device.bootstrap import Darkness, build
from device.config import DeviceSettings
from device.core.inputs import Level, SensorLevel
from device.fleet import invent_fleet, site_file, without_settling
from device.ports import Put

SPACE = "bench"
DESKS = 8
CHANGES_PER_S = 5.0

Change = tuple[str, str]
"""Desk, and the state it changes to."""


class ScriptedSensors:
    """A source whose edges come from the measurement itself."""

    def __init__(self) -> None:
        self._put: Put | None = None

    def start(self, put: Put) -> None:
        """Begin: from now on `edge` is heard."""
        self._put = put

    def stop(self) -> None:
        """End."""
        self._put = None

    def edge(self, desk: str, level: Level) -> int:
        """Let a sensor change; returns the monotonic time of it in nanoseconds."""
        assert self._put is not None
        at_ns = time.monotonic_ns()
        self._put(SensorLevel(desk, level))
        return at_ns


def measure(viewers: int, seconds: float) -> dict[str, float]:
    """Return latencies from a sensor's edge to viewers' frames, and the hub's memory.

    Args:
        viewers: how many watch the page.
        seconds: for how long.
    """
    with bench() as world:
        settings = _device(world)
        world.site(site_file([settings]))
        hub = world.spawn("ankerort-hub", "serve")
        world.wait_for_page("/readyz")
        memory_before = _rss(hub.pid)
        sensors = ScriptedSensors()
        loop = build(settings, sources=[sensors], clock=SystemClock(), signal=Darkness())
        thread = threading.Thread(target=loop.run)
        thread.start()
        try:
            edges, seen = _play(world, sensors, settings, viewers, seconds)
            memory = _rss(hub.pid)
        finally:
            loop.stop()
            thread.join()
    latencies_ms = _match(edges, seen)
    return {
        "viewers": viewers,
        "changes": float(len([at for times in edges.values() for at in times])),
        "frames_matched": float(len(latencies_ms)),
        "p50_ms": percentile(latencies_ms, 0.50),
        "p99_ms": percentile(latencies_ms, 0.99),
        "max_ms": max(latencies_ms),
        "hub_rss_mb": memory / 1e6,
        "rss_per_viewer_kb": (memory - memory_before) / viewers / 1e3,
    }


def _device(world: Bench) -> DeviceSettings:
    [settings] = invent_fleet(1, SPACE, DESKS, world.broker.url, world.folder / "spools")
    return without_settling(settings)


def _play(
    world: Bench, sensors: ScriptedSensors, settings: DeviceSettings, viewers: int, seconds: float
) -> tuple[dict[Change, list[int]], list[tuple[int, str, str]]]:
    command = [sys.executable, "-m", "bench.sse_clients", world.page(f"/spaces/{SPACE}/stream")]
    command += ["--count", str(viewers), "--seconds", str(seconds + 3)]
    clients = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert clients.stderr is not None
    if clients.stderr.readline().strip() != "ready":
        raise SystemExit(f"viewers did not connect: {clients.stderr.read()}")
    edges: dict[Change, list[int]] = defaultdict(list)
    level = dict.fromkeys((sensor.desk for sensor in settings.sensor), Level.MISSING)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for sensor in settings.sensor:
            plugged = level[sensor.desk] is Level.MISSING
            level[sensor.desk] = Level.IDLE if plugged else Level.MISSING
            at_ns = sensors.edge(sensor.desk, level[sensor.desk])
            edges[sensor.desk, "free" if plugged else "unknown"].append(at_ns)
            time.sleep(1 / CHANGES_PER_S)
    out, errors = clients.communicate(timeout=60)
    if clients.returncode:
        raise SystemExit(f"viewers: {errors}")
    return edges, [(int(at), desk, state) for at, desk, state in json.loads(out)]


def _match(edges: dict[Change, list[int]], seen: list[tuple[int, str, str]]) -> list[float]:
    """Return, for every change that a viewer was shown, the milliseconds since the edge that caused it."""
    latencies_ms = []
    for at_ns, desk, state in seen:
        causes = [edge for edge in edges[desk, state] if edge <= at_ns]
        if causes:
            latencies_ms.append((at_ns - causes[-1]) / 1e6)
    return latencies_ms


def _rss(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)
