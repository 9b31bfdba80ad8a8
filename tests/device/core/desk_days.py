"""Invented days at a desk under which a PIR hangs, with the truth beside what the sensor says.

Each model is another opinion on how people sit, how a module pulses, how a logger writes, and what else sets a sensor
off. The defaults of a PIR were chosen on a far wider ensemble of the same kind (`docs/explanation/presence.md`).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from device.core.inputs import Level
from device.core.presence import Presence, PresenceSettings, SessionPiece
from tests.device.core.traces import Step, us

DAYS: Final = 20
DAY_S: Final = 86_400.0

Span = tuple[float, float]
Silence = Callable[[Random], float]


def exponential(median_s: float) -> Silence:
    return lambda dice: dice.expovariate(math.log(2) / median_s)


def lognormal(median_s: float, sigma: float, longest_s: float = 900) -> Silence:
    return lambda dice: min(longest_s, median_s * math.exp(dice.gauss(0, sigma)))


def sometimes(usual: Silence, share: float, shortest_s: float, longest_s: float) -> Silence:
    """Return a mixture: now and then somebody reads or thinks, and sits still."""
    return lambda dice: dice.uniform(shortest_s, longest_s) if dice.random() < share else usual(dice)


def bursts(between: Silence) -> Silence:
    return lambda dice: dice.uniform(1, 6) if dice.random() < 0.7 else between(dice)


def _office_day(dice: Random) -> list[Span]:
    lunch = dice.gauss(12.3, 0.3)
    return [
        (dice.gauss(9, 0.5), lunch),
        (lunch + dice.uniform(0.6, 1.1), min(19.8, dice.gauss(16.8, 0.7))),
    ]


@dataclass(frozen=True)
class Model:
    """One opinion on a desk.

    Args:
        name: what makes it special.
        silence: seconds between motions of someone who sits there.
        pulse_s: how long the module keeps its output up; a motion meanwhile prolongs it.
        stays: stretches of one day, as (begin, end) in hours.
        false_per_day: single motions and passers-by at any hour.
        cleaner: share of days on which somebody cleans for one to three minutes.
        breaks: how many short absences an hour; `breaks_absent` says whether the truth counts them as absence.
        logged_s: whether a logger read the level so often, and noted whether there was motion since; 0 for edges.
        lost_falls: share of falling edges that were lost.
    """

    name: str
    silence: Silence
    pulse_s: float = 3
    stays: Callable[[Random], list[Span]] = _office_day
    false_per_day: float = 4
    cleaner: float = 0.5
    breaks: float = 0.3
    breaks_absent: bool = False
    logged_s: float = 0
    lost_falls: float = 0


def _visits(dice: Random) -> list[Span]:
    at, stays = 8 + dice.expovariate(1), []
    for _ in range(dice.randint(1, 3)):
        long = math.exp(dice.uniform(math.log(0.75), math.log(4.5)))
        if at + long < 20:
            stays.append((at, at + long))
        at += long + dice.uniform(0.6, 3)
    return stays


def _changing_people(dice: Random) -> list[Span]:
    at, stays = 8 + dice.expovariate(1.5), []
    while at < 18:
        long = dice.uniform(0.6, 4)
        stays.append((at, min(20.0, at + long)))
        at += long + dice.uniform(0.4, 1.5)
    return stays


MODELS: Final = (
    Model("restless people", exponential(20)),
    Model("ordinary people", exponential(40)),
    Model("they read now and then", sometimes(exponential(25), 0.03, 120, 600)),
    Model("some silences are long", lognormal(30, 0.9)),
    Model("bursts of motion", bursts(lognormal(70, 0.8))),
    Model("a module that holds for half a minute", exponential(40), pulse_s=30),
    Model("a module that holds for a minute", exponential(40), pulse_s=60),
    Model("one to three visits a day", exponential(30), stays=_visits),
    Model("people change often", exponential(25), stays=_changing_people),
    Model("twenty false triggers a day", exponential(30), false_per_day=20, cleaner=1),
    Model("breaks that count as absence", exponential(25), breaks=0.15, breaks_absent=True),
    Model("read every second", sometimes(exponential(25), 0.02, 120, 600), logged_s=1),
    Model("read every ten seconds", exponential(30), logged_s=10),
    Model("read every minute", exponential(30), logged_s=60),
    Model("one fall in two hundred is lost", exponential(30), lost_falls=0.005),
)
"""The models that the tests and the published figures use."""


@dataclass(frozen=True)
class Recording:
    """What a sensor said, and who was there."""

    steps: list[Step]
    present: list[Span]


def record(model: Model, seed: int) -> Recording:
    """Return twenty days of a model, beginning on a Monday."""
    dice = Random(f"{model.name} {seed}")
    motions: list[float] = []
    present: list[Span] = []
    for day in range(DAYS):
        begin_s = day * DAY_S
        if day % 7 < 5 and dice.random() < 0.85:
            for from_h, to_h in model.stays(dice):
                stay = (begin_s + 3600 * from_h, begin_s + 3600 * to_h)
                there = list(_without_breaks(model, stay, dice))
                present += there if model.breaks_absent else [stay]
                for span in there:
                    motions += _motions_of(model, span, dice)
        motions += _nobody(model, day, dice)
    pulses = _pulses(sorted(motions), model.pulse_s)
    if model.logged_s:
        pulses = _logged(pulses, model.logged_s)
    return Recording(list(_steps(model, pulses, dice)), present)


def _without_breaks(model: Model, stay: Span, dice: Random) -> Iterator[Span]:
    at, end = stay
    while model.breaks:
        leave = at + 3600 * dice.expovariate(model.breaks)
        back = leave + 60 * dice.uniform(3, 10)
        if back > end - 300:
            break
        yield at, leave
        at = back
    yield at, end


def _motions_of(model: Model, span: Span, dice: Random) -> Iterator[float]:
    at, end = span
    while at < end:
        yield at
        at += max(0.5, model.silence(dice))
    yield end - 2


def _nobody(model: Model, day: int, dice: Random) -> Iterator[float]:
    at = day * DAY_S
    while (at := at + dice.expovariate(model.false_per_day / DAY_S)) < (day + 1) * DAY_S:
        for nth in range(dice.choice((1, 1, 1, 2, 3))):
            yield at + nth * dice.uniform(2, 10)
    if dice.random() < model.cleaner:
        at = day * DAY_S + 3600 * dice.choice((6.5, 20.5)) + dice.uniform(0, 1800)
        end = at + 60 * dice.uniform(1, 3)
        while at < end:
            yield at
            at += dice.expovariate(1 / 12)


def _pulses(motions: list[float], pulse_s: float) -> list[Span]:
    pulses: list[Span] = []
    for at in motions:
        if pulses and at <= pulses[-1][1]:
            pulses[-1] = (pulses[-1][0], max(pulses[-1][1], at + pulse_s))
        else:
            pulses.append((at, at + pulse_s))
    return pulses


def _logged(pulses: list[Span], every_s: float) -> list[Span]:
    active = sorted(
        {number for rise, fall in pulses for number in range(int(rise // every_s), int(fall // every_s) + 1)}
    )
    return _pulses([number * every_s for number in active], every_s)


def _steps(model: Model, pulses: list[Span], dice: Random) -> Iterator[Step]:
    yield 0, Level.IDLE
    for rise, fall in pulses:
        yield us(rise), Level.ACTIVE
        if dice.random() >= model.lost_falls:
            yield us(fall), Level.IDLE


def seen(recording: Recording, settings: PresenceSettings) -> tuple[list[Span], list[Span]]:
    """Return when a machine with these settings shows a desk occupied, and its sessions."""
    presence = Presence(settings)
    told = [one for at_us, level in recording.steps for one in presence.feed(level, at_us)]
    end_us = us(DAYS * DAY_S)
    told += presence.advance(end_us) + presence.stop(end_us)
    live: list[Span] = []
    sessions: list[Span] = []
    since_us: int | None = None
    for one in told:
        if isinstance(one, SessionPiece):
            start_s = sessions.pop()[0] if one.continues else one.start_us / 1e6
            sessions.append((start_s, one.end_us / 1e6))
        elif one.state == "occupied":
            since_us = one.at_us
        elif since_us is not None:
            live.append((since_us / 1e6, one.at_us / 1e6))
            since_us = None
    return live, sessions


def held(recording: Recording, hold_s: float) -> list[Span]:
    """Return when a plain hold shows the desk occupied: every motion counts, and each for so many seconds."""
    pulses: list[Span] = []
    rise_s: float | None = None
    for at_us, level in recording.steps[1:]:
        if level is Level.IDLE and rise_s is not None:
            pulses.append((rise_s, at_us / 1e6 + hold_s))
            rise_s = None
        elif rise_s is None:
            rise_s = at_us / 1e6
    joined = pulses[:1]
    for rise, fall in pulses[1:]:
        if rise <= joined[-1][1]:
            joined[-1] = (joined[-1][0], fall)
        else:
            joined.append((rise, fall))
    return joined


def f1(predicted: list[Span], present: list[Span]) -> float:
    """Return the F1 score per second of twenty days."""
    truth, guess = _seconds(present), _seconds(predicted)
    both = (truth & guess).bit_count()
    return 2 * both / max(1, truth.bit_count() + guess.bit_count())


def _seconds(spans: list[Span]) -> int:
    """Return spans as a number with a bit for each second that begins in one of them."""
    seconds = bytearray(int(DAYS * DAY_S))
    for start, end in spans:
        first, last = math.ceil(start), min(math.ceil(end), len(seconds))
        seconds[first:last] = b"\1" * max(0, last - first)
    return int.from_bytes(seconds, "big")
