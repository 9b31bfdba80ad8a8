"""What sensors and devices miss: a plug that came off, updates, power cuts, a full disk, a network that is away."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from hub.demo_data.dice import Dice, token
from hub.demo_data.truth import Blind, BlindReason
from hub.domain.space import Desk, Space
from hub.domain.time import Interval, day_bounds

MINUTE_US: Final = 60_000_000
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US
_MARGIN_US: Final = 30 * MINUTE_US

SETTLE_US: Final = {"pir": 30_000_000, "mmwave": 5_000_000, "mat": 2_000_000, "distance": 5_000_000}
"""Silence after which a desk of which nothing is known is free (`device.core.sensing`), by kind of sensor."""


class Boot(NamedTuple):
    """A run of a device.

    Args:
        id: 16 hex digits.
        start_us: when the agent began to work.
        not_before_us: the latest time that it had noted before; 0 for the very first run.
        synced_us: when its clock was right: at once, or later in the same run (D8).
        reason: why it began: OFF, or LOST when it had to drop `lost` of what it had noted.
    """

    id: str
    start_us: int
    not_before_us: int
    synced_us: int
    reason: BlindReason
    lost: int = 0


@dataclass(frozen=True, slots=True)
class DeviceLife:
    """What becomes of a device.

    Args:
        gaps: in which it notes nothing, or lost what it had noted; each ends with a boot. The first is the time before
            it was set up.
        boots: one at the end of each gap.
        away: in which it notes everything and reaches nobody: told afterwards.
    """

    space: str
    device: str
    epoch: str
    gaps: tuple[Interval, ...]
    boots: tuple[Boot, ...]
    away: tuple[Interval, ...]

    def is_running(self, at_us: int) -> bool:
        """Say whether it notes what happens at a moment, for good."""
        return not any(at_us in gap for gap in self.gaps)


def device_life(seed: int, space: Space, device: str, first: date, last: date) -> DeviceLife:
    """Return what becomes of a device from its first to its last day."""
    dice = Dice(seed, "device", space.id, device)
    begin_us = day_bounds(first, space.time_zone).start_us
    end_us = day_bounds(last, space.time_zone).end_us
    first_boot = begin_us + dice.micro(2 * MINUTE_US, 20 * MINUTE_US)
    gaps = [Interval(begin_us, first_boot)]
    reasons = [BlindReason.OFF]
    day = first
    while (day := day + timedelta(days=dice.whole(18, 75))) < last:
        gap, reason = _gap(dice, day_bounds(day, space.time_zone).start_us)
        if gap.start_us > gaps[-1].end_us + DAY_US and gap.end_us < end_us - HOUR_US:
            gaps.append(gap)
            reasons.append(reason)
    boots = tuple(
        _boot(dice, (seed, space.id, device, at), gap, reason)
        for at, (gap, reason) in enumerate(zip(gaps, reasons, strict=True))
    )
    away = tuple(_away(dice, begin_us, end_us))
    return DeviceLife(space.id, device, token(seed, "epoch", space.id, device), tuple(gaps), boots, away)


def _gap(dice: Dice, midnight_us: int) -> tuple[Interval, BlindReason]:
    """Return an update by night or by day, a night without power, some days away, or a night that was lost."""
    kind = dice.roll()
    if kind < 0.08:
        start_us, length_us, reason = 2 * HOUR_US, 3 * HOUR_US, BlindReason.LOST
    else:
        reason = BlindReason.OFF
        if kind < 0.5:
            start_us, length_us = 3 * HOUR_US + 30 * MINUTE_US, dice.micro(2 * MINUTE_US, 8 * MINUTE_US)
        elif kind < 0.75:
            start_us, length_us = (
                dice.micro(9 * HOUR_US, 16 * HOUR_US),
                dice.micro(2 * MINUTE_US, 50 * MINUTE_US),
            )
        elif kind < 0.93:
            start_us, length_us = 22 * HOUR_US, dice.micro(4 * HOUR_US, 11 * HOUR_US)
        else:
            start_us, length_us = dice.micro(6 * HOUR_US, 20 * HOUR_US), dice.micro(DAY_US, 3 * DAY_US)
    begin_us = midnight_us + start_us + dice.micro(0, MINUTE_US)
    return Interval(begin_us, begin_us + length_us + dice.micro(0, MINUTE_US)), reason


def _boot(dice: Dice, names: tuple[object, ...], gap: Interval, reason: BlindReason) -> Boot:
    is_first, is_lost = names[-1] == 0, reason is BlindReason.LOST
    # Most have a clock with a battery; some runs learn the time from the network only.
    late_us = dice.micro(25_000_000, 55_000_000) if dice.chance(0.15) else 0
    not_before_us = 0 if is_first else gap.end_us - 5 * MINUTE_US if is_lost else gap.start_us
    return Boot(
        token("boot", *names), gap.end_us, not_before_us, gap.end_us + late_us, reason,
        dice.whole(3, 40) if is_lost else 0,
    )  # fmt: skip


def _away(dice: Dice, begin_us: int, end_us: int) -> Iterator[Interval]:
    """Give the times without a network: hours mostly, once in two years almost two weeks."""
    at_us = begin_us + dice.micro(10 * DAY_US, 60 * DAY_US)
    while at_us < end_us:
        length_us = (
            dice.micro(DAY_US, 13 * DAY_US) if dice.chance(0.08) else dice.micro(HOUR_US, 20 * HOUR_US)
        )
        # At the end of all, everything has been told.
        if at_us + length_us < end_us - DAY_US:
            yield Interval(at_us, at_us + length_us)
        at_us += length_us + dice.micro(30 * DAY_US, 120 * DAY_US)


def blind_times(
    seed: int, space: Space, desk: Desk, life: DeviceLife, first: date, last: date
) -> tuple[Blind, ...]:
    """Return when a desk with a sensor can't be seen, rising and apart."""
    settle_us = SETTLE_US[desk.sensor]
    found = [
        Blind(desk.id, gap, gap.end_us + settle_us, boot.reason)
        for gap, boot in zip(life.gaps, life.boots, strict=True)
    ]
    dice, end_us = Dice(seed, "sensor", space.id, desk.id), day_bounds(last, space.time_zone).end_us
    day = first
    while (day := day + timedelta(days=dice.whole(50, 200))) < last:
        start_us = day_bounds(day, space.time_zone).start_us + dice.micro(8 * HOUR_US, 20 * HOUR_US)
        length_us = dice.micro(HOUR_US, 4 * DAY_US) if dice.chance(0.5) else dice.micro(HOUR_US, 6 * HOUR_US)
        time = Interval(start_us, start_us + length_us)
        if time.end_us < end_us - HOUR_US and not any(_near(time, gap) for gap in life.gaps):
            found.append(Blind(desk.id, time, time.end_us + settle_us, BlindReason.UNPLUGGED))
    return tuple(sorted(found, key=lambda one: one.time))


def _near(one: Interval, other: Interval) -> bool:
    return one.start_us - _MARGIN_US < other.end_us and other.start_us - _MARGIN_US < one.end_us
