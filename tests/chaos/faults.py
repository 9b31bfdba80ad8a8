"""What can go wrong, as a seeded sequence."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.chaos.world import GROUPS, World

WHOLE_S = (0.2, 1.2)
BROKEN_S = (0.1, 1.5)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, and how it is put right.

    Args:
        name: for the log.
        is_kill: whether a process is ended with SIGKILL.
        begin, end: break it and put it right again.
    """

    name: str
    is_kill: bool
    begin: Callable[[], None]
    end: Callable[[], None]


def faults(world: World, dice: random.Random) -> Iterator[Fault]:
    """Yield faults without end: the three kinds of kill in equal share, and the network and the clocks between them."""

    def devices() -> Fault:
        number = dice.randrange(GROUPS)
        return Fault(
            f"kill devices {number}", True, world.groups[number].kill, lambda: world.start_devices(number)
        )

    def clock() -> Fault:
        offset_s = dice.choice([-86_400, -3_600, -30, 30, 3_600, 86_400 * 400])
        return Fault(
            f"hub's clock {offset_s:+d} s",
            False,
            lambda: world.set_hub_clock(offset_s),
            lambda: world.set_hub_clock(0),
        )

    def network() -> Fault:
        way = dice.choice([world.network.cut, world.network.blackhole, world.network.refuse])
        return Fault(f"network: {way.__name__}", False, way, world.network.restore)

    kinds: list[Callable[[], Fault]] = [
        devices,
        lambda: Fault("kill hub", True, world.hub.kill, world.start_hub),
        lambda: Fault("kill broker", True, world.broker.kill, world.broker.start),
        network,
        clock,
    ]
    while True:
        round_ = [*kinds]
        dice.shuffle(round_)
        for kind in round_:
            yield kind()


def rage(world: World, dice: random.Random, least_kills: int, say: Callable[[str], None]) -> int:
    """Let things go wrong until enough processes were killed.

    Returns:
        How many processes were killed.
    """
    kills = 0
    for fault in faults(world, dice):
        if kills >= least_kills:
            return kills
        time.sleep(dice.uniform(*WHOLE_S))
        say(fault.name)
        fault.begin()
        time.sleep(dice.uniform(*BROKEN_S))
        fault.end()
        kills += fault.is_kill
    return kills
