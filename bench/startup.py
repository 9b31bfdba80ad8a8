"""(e) How long it takes until something is there, from the start of the process."""

import subprocess
import sys
import time
from statistics import median

from bench.world import SCRIPTS, bench
from device.fleet import invent_fleet, site_file

ROUNDS = 5


def measure() -> dict[str, float]:
    """Return seconds, each a median of several starts, with a bare interpreter as the floor."""
    serve, demo = zip(*(_serve_and_demo_s() for _ in range(3)), strict=True)
    return {
        "python_s": _command_s(sys.executable, "-c", "pass"),
        "device_help_s": _command_s(str(SCRIPTS / "ankerort-device"), "--help"),
        "hub_help_s": _command_s(str(SCRIPTS / "ankerort-hub"), "--help"),
        "hub_serve_ready_s": median(serve),
        "demo_page_s": median(demo),
    }


def _command_s(*command: str) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - begin)
    return median(times)


def _serve_and_demo_s() -> tuple[float, float]:
    with bench() as world:
        world.site(site_file(invent_fleet(1, "bench", 4, world.broker.url, world.folder)))
        begin = time.perf_counter()
        hub = world.spawn("ankerort-hub", "serve")
        world.wait_for_page("/readyz")
        serve_s = time.perf_counter() - begin
        hub.terminate()
        begin = time.perf_counter()
        demo = world.spawn("ankerort-hub", "demo", "--no-browser", "--port", str(world.web_port))
        world.wait_for_page("/spaces/wittenberge")
        demo_s = time.perf_counter() - begin
        demo.terminate()
        return serve_s, demo_s
