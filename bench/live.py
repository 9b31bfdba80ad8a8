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
from device.bootstrap import build, open_access
from device.config import DeviceSettings
from device.core.inputs import Level, SensorLevel
from device.fleet import invent_fleet, invent_key, site_file, without_settling
from device.hardware import Darkness, Hardware
from device.ports import Put

SPACE = "bench"
DEVICES = 8
"""One desk each: a device commits presence once a second at most, and the changes are to be five."""
CHANGES_PER_S = 5.0
SETTLE_S = 2.0

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
        fleet = [without_settling(settings) for settings in _fleet(world)]
        world.site(site_file(fleet))
        hub = world.spawn("ankerort-hub", "serve")
        world.wait_for_page("/readyz")
        memory_before = _rss(hub.pid)
        devices = [_Device(settings) for settings in fleet]
        try:
            edges, seen = _play(world, devices, viewers, seconds)
            memory = _rss(hub.pid)
        finally:
            for device in devices:
                device.stop()
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


class _Device:
    """A real agent in this process, with one sensor that is played."""

    def __init__(self, settings: DeviceSettings) -> None:
        self.desk = settings.sensor[0].desk
        self.plugged = False
        self.sensors = ScriptedSensors()
        self._loop = build(
            settings,
            hardware=Hardware([self.sensors], Darkness()),
            access=open_access(settings, invent_key(SPACE)),
            clock=SystemClock(),
        )
        self._thread = threading.Thread(target=self._loop.run)
        self._thread.start()

    def change(self) -> tuple[Change, int]:
        """Plug the sensor in or out; return what that shows, and the time in nanoseconds."""
        self.plugged = not self.plugged
        at_ns = self.sensors.edge(self.desk, Level.IDLE if self.plugged else Level.MISSING)
        return (self.desk, "free" if self.plugged else "unknown"), at_ns

    def stop(self) -> None:
        self._loop.stop()
        self._thread.join()


def _fleet(world: Bench) -> list[DeviceSettings]:
    return invent_fleet(DEVICES, SPACE, 1, world.broker.url, world.folder / "spools")


def _play(
    world: Bench, devices: list[_Device], viewers: int, seconds: float
) -> tuple[dict[Change, list[int]], list[tuple[int, str, str]]]:
    command = [sys.executable, "-m", "bench.sse_clients", world.page(f"/spaces/{SPACE}/stream")]
    command += ["--count", str(viewers), "--seconds", str(seconds + SETTLE_S + 3)]
    clients = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert clients.stderr is not None
    if clients.stderr.readline().strip() != "ready":
        raise SystemExit(f"viewers did not connect: {clients.stderr.read()}")
    # What a start commits by itself is over: presence within a second of a commit waits for its group.
    time.sleep(SETTLE_S)
    edges: dict[Change, list[int]] = defaultdict(list)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for device in devices:
            change, at_ns = device.change()
            edges[change].append(at_ns)
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
