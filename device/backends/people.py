"""A story of people in a small coworking space: they come, work, sit still, fetch coffee, go home.

Pure, and the same for the same seed. A day lasts from 8 to 19 o'clock, then a night of two minutes. The first people
come within seconds, so that somebody who looks at a demonstration sees it live.
"""

import heapq
import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Final

from device.backends.simulated import Happening
from device.core.inputs import CardPresented, CardRemoved, Input, Level, ReaderPresence, SensorLevel
from wire.identifiers import CredentialId

OPENING_S: Final = 8 * 3600.0
CLOSING_S: Final = 19 * 3600.0
NIGHT_S: Final = 120.0
REREAD_S: Final = 10.0
"""How often every level is told again, as the hardware's back-end does."""

REGULARS_PER_DESK: Final = 2
VISITORS: Final = 6
"""People of a space without a sensed desk, who only come through its door."""
STRANGER: Final = "stranger"
"""A person whose card nobody knows."""
_STRANGERS: Final = 1 / 25
"""Share of visitors who are strangers."""
_VISIT_S: Final = 900.0
"""Mean time between two visits of a visitor."""
_STRANGER_S: Final = 2400.0
"""Mean time between two strangers where people have desks."""

_DAY_S: Final = CLOSING_S - OPENING_S + NIGHT_S
_LUNCH_S: Final = (11.75 * 3600.0, 13.5 * 3600.0)
_LAST_BREAK_S: Final = CLOSING_S - 2400.0

# Generators of this kind are people and things: they yield how long they wait, in seconds.
_Life = Generator[float, None, None]


@dataclass(frozen=True, slots=True)
class SimulatedDesk:
    """A desk in a story.

    Args:
        desk: its id.
        pulses: whether its sensor sees motion only (PIR), not a person who sits still.
        reader: the reader at this desk, or None.
    """

    desk: str
    pulses: bool = True
    reader: str | None = None


class _Space:
    """What the people of a story share: levels, readers, and the list of what happens now."""

    def __init__(self, desks: Sequence[SimulatedDesk]) -> None:
        self.now_s = 0.0
        self.happened: list[Input] = []
        self._levels = {desk.desk: Level.IDLE for desk in desks}
        self._unplugged: set[str] = set()

    def sense(self, desk: str, level: Level) -> None:
        if self._levels[desk] is not level:
            self._levels[desk] = level
            self.tell_level(desk)

    def plug(self, desk: str, *, plugged: bool) -> None:
        (self._unplugged.discard if plugged else self._unplugged.add)(desk)
        self.tell_level(desk)

    def tell_level(self, desk: str) -> None:
        level = Level.MISSING if desk in self._unplugged else self._levels[desk]
        self.happened.append(SensorLevel(desk, level))


def tell_people(
    desks: Sequence[SimulatedDesk],
    door_readers: Sequence[str],
    card_of: Callable[[str], CredentialId],
    seed: str,
    day_s: float = 9.5 * 3600.0,
    *,
    has_locks: bool = False,
) -> Iterator[Happening]:
    """Tell a story without end.

    Args:
        desks: where people sit; each has its own regulars.
        door_readers: readers at doors: everybody who comes taps at one of them.
        card_of: gives a person's card.
        seed: the same seed gives the same story.
        day_s: time of day at which it begins, in seconds since midnight.
        has_locks: whether somebody decides at those doors: then strangers try their cards too, and people come also
            where no desk is sensed.
    """
    space = _Space(desks)
    # Each life draws from dice of its own, so that one does not change what happens to the others.
    lives: list[tuple[float, int, _Life]] = []
    serial = count()
    begin_s = min(max(day_s, OPENING_S), CLOSING_S) - OPENING_S

    def enter(at_s: float, life: _Life) -> None:
        heapq.heappush(lives, (at_s, next(serial), life))

    readers = [*door_readers, *(desk.reader for desk in desks if desk.reader is not None)]
    space.happened.extend(ReaderPresence(reader, connected=True) for reader in readers)
    order = list(desks)
    _dice(seed, "order").shuffle(order)
    # Every fourth desk whose sensor is quick to let go is where people make a call: something moves every minute.
    callers = [desk for desk in order if not desk.pulses][::4]
    for rank, desk in enumerate(order):
        habit = _CALLERS if desk in callers else _REGULARS if desk.pulses else _RESTLESS
        desk_life = _DeskLife(space, desk, door_readers, card_of, _dice(seed, desk.desk), begin_s, habit)
        enter(0.0, desk_life.live(rank / len(order) * habit.early))
    enter(0.0, _rereading(space, [desk.desk for desk in desks]))
    if has_locks and door_readers:
        dice = _dice(seed, "visitors")
        enter(0.0, _visits(space, door_readers, card_of, dice, [] if desks else _visitors()))
    if desks:
        enter(0.0, _loose_plug(space, order[-1].desk, _dice(seed, "plug")))

    while lives:
        space.now_s, _, life = heapq.heappop(lives)
        wait_s = next(life, math.inf)
        for happened in space.happened:
            yield Happening(int(space.now_s * 1e6), happened)
        space.happened.clear()
        if wait_s < math.inf:
            enter(space.now_s + wait_s, life)


def _dice(seed: str, part: str) -> Random:
    """Return dice of their own for a part of the story."""
    return Random(f"{seed}/{part}")  # noqa: S311 - plays, guards nothing


def _rereading(space: _Space, desks: Sequence[str]) -> _Life:
    while True:
        for desk in desks:
            space.tell_level(desk)
        yield REREAD_S


def _visitors() -> list[str]:
    return [f"visitor/{number}" for number in range(VISITORS)]


def _visits(
    space: _Space,
    door_readers: Sequence[str],
    card_of: Callable[[str], CredentialId],
    dice: Random,
    visitors: Sequence[str],
) -> _Life:
    """Let visitors and strangers tap at doors."""
    mean_s = _VISIT_S / VISITORS if visitors else _STRANGER_S
    while True:
        yield dice.expovariate(1 / mean_s)
        is_stranger = not visitors or dice.random() < _STRANGERS
        reader = dice.choice(door_readers)
        space.happened.append(
            CardPresented(reader, card_of(STRANGER if is_stranger else dice.choice(visitors)))
        )
        yield dice.uniform(0.4, 1.5)
        space.happened.append(CardRemoved(reader))


def _loose_plug(space: _Space, desk: str, dice: Random) -> _Life:
    yield dice.uniform(100.0, 240.0)
    while True:
        space.plug(desk, plugged=False)
        yield dice.uniform(45.0, 90.0)
        space.plug(desk, plugged=True)
        yield dice.uniform(1500.0, 4500.0)


@dataclass(frozen=True, slots=True)
class _Habit:
    """How people use a desk: seconds at it, seconds away, and how often in a row, each between two bounds.

    `next_s` is the mean time until somebody else comes, `early` how much sooner than at others the first one does.
    """

    sit_s: tuple[float, float]
    away_s: tuple[float, float]
    times: tuple[int, int]
    next_s: float
    early: float = 1.0


_REGULARS: Final = _Habit((240.0, 2400.0), (90.0, 600.0), (1, 6), 3600.0)
_RESTLESS: Final = _Habit((120.0, 600.0), (90.0, 300.0), (3, 16), 2400.0)
_CALLERS: Final = _Habit((25.0, 70.0), (75.0, 140.0), (10, 40), 120.0, 0.4)


@dataclass(frozen=True, slots=True)
class _DeskLife:
    """The people of one desk."""

    space: _Space
    desk: SimulatedDesk
    door_readers: Sequence[str]
    card_of: Callable[[str], CredentialId]
    dice: Random
    begin_s: float
    habit: _Habit

    def live(self, rank: float) -> _Life:
        """Live through all days; `rank` from 0 to 1 says how early somebody comes at first."""
        yield _first_arrival_s(rank, self.dice)
        while True:
            yield from self._come()
            for _ in range(self.dice.randint(*self.habit.times)):
                until_closing_s = CLOSING_S - self._time_of_day_s()
                yield from self._sit(min(until_closing_s, self.dice.uniform(*self.habit.sit_s)))
                if self._time_of_day_s() > _LAST_BREAK_S:
                    break
                yield self._away_s()
            yield _until_next_person_s(self.begin_s + self.space.now_s, self.habit, self.dice)

    def _time_of_day_s(self) -> float:
        return OPENING_S + (self.begin_s + self.space.now_s) % _DAY_S

    def _away_s(self) -> float:
        is_lunch = _LUNCH_S[0] <= self._time_of_day_s() < _LUNCH_S[1]
        if is_lunch and self.habit is not _CALLERS and self.dice.random() < 0.4:
            return self.dice.uniform(1200.0, 2700.0)
        return self.dice.uniform(*self.habit.away_s)

    def _come(self) -> _Life:
        # The first regular comes most days, the others now and then.
        regular = 0 if self.dice.random() < 0.7 else self.dice.randrange(REGULARS_PER_DESK)
        card = self.card_of(f"{self.desk.desk}/{regular}")
        if self.door_readers:
            yield from self._tap(self.dice.choice(self.door_readers), card)
            yield self.dice.uniform(2.0, 6.0)
        if self.desk.reader is not None:
            yield from self._tap(self.desk.reader, card)

    def _tap(self, reader: str, card: CredentialId) -> _Life:
        self.space.happened.append(CardPresented(reader, card))
        yield self.dice.uniform(0.4, 1.5)
        self.space.happened.append(CardRemoved(reader))

    def _sit(self, for_s: float) -> _Life:
        """Sit at the desk: a motion sensor sees pulses with gaps, any other sees a person with rare dropouts."""
        end_s = self.space.now_s + for_s
        # Whoever sits down moves: coat, bag, chair.
        active_s = self.dice.uniform(6.0, 12.0)
        while self.space.now_s < end_s:
            self.space.sense(self.desk.desk, Level.ACTIVE)
            yield min(active_s, max(0.1, end_s - self.space.now_s))
            self.space.sense(self.desk.desk, Level.IDLE)
            if self.desk.pulses:
                yield _stillness_s(self.dice)
                active_s = self.dice.uniform(1.5, 4.0)
            else:
                yield self.dice.uniform(0.3, 1.5)
                active_s = self.dice.uniform(60.0, 600.0)
        self.space.sense(self.desk.desk, Level.IDLE)


def _first_arrival_s(rank: float, dice: Random) -> float:
    if rank < 0.45:
        return 2.0 + rank * 100.0 + dice.uniform(0.0, 5.0)
    if rank < 0.8:
        return 60.0 + (rank - 0.5) * 1200.0 + dice.uniform(0.0, 60.0)
    return dice.uniform(600.0, 5400.0)


def _until_next_person_s(since_opening_s: float, habit: _Habit, dice: Random) -> float:
    wait_s = dice.expovariate(1 / habit.next_s)
    into_day_s = since_opening_s % _DAY_S
    # Nobody sits down for the last hour and a half: the next one comes in the morning.
    if into_day_s + wait_s < CLOSING_S - OPENING_S - 5400.0:
        return wait_s
    return _DAY_S - into_day_s + min(5400.0, dice.expovariate(1 / 2400.0))


def _stillness_s(dice: Random) -> float:
    kind = dice.random()
    if kind < 0.75:
        return dice.uniform(3.0, 20.0)
    return dice.uniform(20.0, 60.0) if kind < 0.95 else dice.uniform(60.0, 150.0)
