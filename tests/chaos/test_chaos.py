"""Twenty devices, one bad world: each event is in the hub once, unchanged, and in its pictures once (D1 to D4, D9)."""

import os
import random
import sys
import time
from pathlib import Path

import pytest

from tests.chaos.faults import rage
from tests.chaos.world import Plan, World
from tests.parts.waiting import wait_until

LONG = pytest.param(
    Plan(per_device=5_000, rate_per_s=25.0, seed=0), 150, marks=[pytest.mark.chaos, pytest.mark.timeout(3600)]
)
SHORT = pytest.param(Plan(per_device=1_000, rate_per_s=18.0, seed=0), 30, marks=pytest.mark.timeout(420))


@pytest.mark.slow
@pytest.mark.alone
# What asyncio says of the sockets of a network that was cut a hundred times is not what this is about.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("plan", "least_kills"), [SHORT, LONG], ids=["short", "long"])
def test_d1_to_d4_every_event_arrives_exactly_once_whatever_is_killed_cut_or_set_back(
    plan: Plan, least_kills: int, tmp_path: Path
) -> None:
    seed = int(os.environ.get("ANKERORT_CHAOS_SEED") or random.SystemRandom().randrange(10**6))
    begin = time.monotonic()

    def say(what: str) -> None:
        sys.stdout.write(f"{time.monotonic() - begin:7.2f} s  {what}\n")

    say(f"seed {seed}: set ANKERORT_CHAOS_SEED={seed} to have the same faults again")
    world = World(tmp_path, plan)
    world.prepare()
    try:
        world.start_hub()
        for number in range(len(world.groups)):
            world.start_devices(number)
        kills = rage(world, random.Random(seed), least_kills, say)
        say(f"{kills} kills; now everything is left alone")
        wait_until(world.finished, 300, "all devices to know that the hub has all their events")
        spooled = world.spooled()
        counted = world.counted()
        assert kills >= least_kills
        assert len(spooled) == plan.total
        assert counted == spooled, f"{len(counted)} counted, {len(spooled)} spooled\n{world.logs()}"
        assert not world.query("SELECT reason, detail FROM quarantine")
        sessions = sum(b'"type":"desk_session"' in payload for payload in spooled.values())
        assert world.query("SELECT count(*) FROM desk_session") == [(sessions,)]
        say(f"{len(counted)} events, each once")
    except BaseException:
        say(world.logs())
        raise
    finally:
        world.close()
