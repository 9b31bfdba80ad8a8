"""What devices tell of what happened: the words of `wire.events`, each with the moment at which it was said.

As `device.core` tells it: a desk in use is proven after a while, a session is told in pieces of 15 minutes and its end
when a silence has lasted long enough, the live state keeps a hold; a stop tells what is open, a start knows nothing.
"""

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from hub.demo_data.calendar import MINUTE_US
from hub.demo_data.dice import Dice
from hub.demo_data.faults import SETTLE_US, Boot, DeviceLife
from hub.demo_data.truth import Blind, BlindReason, SpaceDay, SpaceStory
from hub.domain.time import Interval, day_bounds

SECOND_US: Final = 1_000_000
PIECE_US: Final = 15 * MINUTE_US
PROVEN_US: Final = {
    "pir": 30 * SECOND_US,
    "mmwave": 10 * SECOND_US,
    "mat": 3 * SECOND_US,
    "distance": 10 * SECOND_US,
}
HOLD_US: Final = {
    "pir": 7 * MINUTE_US,
    "mmwave": MINUTE_US,
    "mat": 30 * SECOND_US,
    "distance": 90 * SECOND_US,
}
BRIDGE_US: Final = {
    "pir": 16 * MINUTE_US,
    "mmwave": 5 * MINUTE_US,
    "mat": 5 * MINUTE_US,
    "distance": 5 * MINUTE_US,
}
_STILL_US: Final = 9 * MINUTE_US
"""Longest time that somebody at a desk is not noticed, so that the live state lets go though the session goes on."""


class WordKind(IntEnum):
    """What a word tells, in the order in which words of one moment are said."""

    LOST = 0
    """Nothing: numbers that were dropped."""
    STARTED = 1
    READER = 2
    DOOR_STARTED = 3
    STATE = 4
    SYNCHRONISED = 5
    PIECE = 6
    ENTRY = 7
    TAKEN = 8
    CLOSED = 9


class Word(NamedTuple):
    """One event of a device; which fields mean something depends on the kind.

    Args:
        subject: id of the desk, door or reader.
        state, reason: of a desk; `connected` or empty of a reader.
        start_us, end_us, continues, is_open: of a piece of use.
        person: whose card it was.
        amount: how many numbers were lost.
        boot: index of the run of the device in which it was said.
    """

    at_us: int
    kind: WordKind
    subject: str = ""
    state: str = ""
    reason: str = ""
    start_us: int = 0
    end_us: int = 0
    continues: bool = False
    is_open: bool = False
    person: int = 0
    amount: int = 0
    boot: int = 0


class DeviceWords:
    """What one device tells, day by day.

    Args:
        seed: of the dice.
        story: its space.
        life: its own.
    """

    def __init__(self, seed: int, story: SpaceStory, life: DeviceLife) -> None:
        self._seed, self._story, self._life = seed, story, life
        self._kinds = {
            desk.id: desk.sensor
            for desk in story.space.desks
            if desk.sensor and desk.device == life.device and desk.in_service
        }
        self._doors = tuple(door.id for door in story.space.doors if door.device == life.device)
        self._waiting: list[Word] = []
        self._boot = -1
        self._stops = [gap.start_us for gap in life.gaps]
        # Desks that somebody sat at when they were seen again: they were never told to be free.
        self._not_free: set[tuple[str, int]] = set()
        for word in self._rare():
            heapq.heappush(self._waiting, word)

    def of_day(self, day: SpaceDay) -> list[Word]:
        """Return what it tells until the end of a day, in order; what it tells of it later comes with the next."""
        dice = Dice(self._seed, "words", self._life.space, self._life.device, day.day)
        for sat in day.sat:
            if sat.desk in self._kinds:
                self._say(self._use(dice, sat.desk, sat.time))
        for came in day.came:
            if came.door in self._doors:
                self._say(_entry(dice, came.door, came.person, came.at_us))
        return self._until(day.bounds.end_us)

    def rest(self) -> list[Word]:
        """Return what it still tells after its last day: the ends of what had begun."""
        return self._until(2**62)

    def _say(self, words: Iterable[Word]) -> None:
        """Have words told when their time comes; a device that does not run says nothing."""
        for word in words:
            at = bisect_left(self._stops, word.at_us) - 1
            if at < 0 or word.at_us >= self._life.gaps[at].end_us:
                heapq.heappush(self._waiting, word)

    def _until(self, end_us: int) -> list[Word]:
        told = []
        while self._waiting and self._waiting[0].at_us < end_us:
            word = heapq.heappop(self._waiting)
            if word.kind is WordKind.STARTED:
                self._boot += 1
            if (word.subject, word.at_us) in self._not_free:
                self._not_free.remove((word.subject, word.at_us))
                continue
            told.append(word._replace(boot=self._boot))
        return told

    def _rare(self) -> Iterator[Word]:
        """Give starts, and what is told of sensors that come off and on again."""
        for boot in self._life.boots:
            yield from self._start(boot)
        for desk, kind in self._kinds.items():
            for one in self._story.blind[desk]:
                if one.reason is BlindReason.UNPLUGGED:
                    yield Word(one.time.start_us, WordKind.STATE, desk, "unknown", "unplugged")
                yield Word(one.time.end_us + SETTLE_US[kind], WordKind.STATE, desk, "vacant", "settled")
        yield from self._taken_down()

    def _start(self, boot: Boot) -> Iterator[Word]:
        at_us = boot.start_us
        if boot.lost:
            gap = next(gap for gap in self._life.gaps if gap.end_us == at_us)
            # The last thing that was kept, then the hole, then a new run.
            yield Word(gap.start_us, WordKind.READER, self._reader)
            yield Word(gap.start_us + 1, WordKind.LOST, amount=boot.lost)
        yield Word(at_us, WordKind.STARTED)
        for desk in self._kinds:
            yield Word(at_us, WordKind.STATE, desk, "unknown", "no_data")
        for door in self._doors:
            yield Word(at_us, WordKind.DOOR_STARTED, door)
        yield Word(at_us + 400_000, WordKind.READER, self._reader, "connected")
        if boot.synced_us > at_us:
            yield Word(boot.synced_us, WordKind.SYNCHRONISED)

    def _taken_down(self) -> Iterator[Word]:
        """Give the last word of a space that ends: the reader is taken off on the day after."""
        space = self._story.space
        if space.valid_to == self._story.last:
            end_us = day_bounds(space.valid_to, space.time_zone).end_us
            yield Word(end_us + 10 * 60 * MINUTE_US, WordKind.READER, self._reader)

    @property
    def _reader(self) -> str:
        return f"reader-{self._doors[0]}" if self._doors else "reader"

    def _use(self, dice: Dice, desk: str, time: Interval) -> Iterator[Word]:
        """Give what is told of somebody at a desk: of each stretch in which the desk is seen."""
        kind, blind = self._kinds[desk], self._story.blind[desk]
        for seen, until in _stretches(time, blind):
            if any(one.time.end_us == seen.start_us for one in blind):
                self._not_free.add((desk, seen.start_us + SETTLE_US[kind]))
            yield from self._stretch(dice, desk, seen, until)

    def _stretch(self, dice: Dice, desk: str, seen: Interval, until: Blind | None) -> Iterator[Word]:
        kind, (start_us, end_us) = self._kinds[desk], (seen.start_us, seen.end_us)
        yield Word(start_us + PROVEN_US[kind], WordKind.STATE, desk, "occupied", "proven")
        told_us, at_us = start_us, start_us + PIECE_US
        while at_us < end_us:
            # The last motion before it was told.
            upto_us = at_us - dice.micro(0, 80 * SECOND_US)
            yield Word(at_us, WordKind.PIECE, desk, "", "", told_us, upto_us, told_us > start_us, True)
            told_us, at_us = upto_us, at_us + PIECE_US
        if kind == "pir" and end_us - start_us > 10 * PIECE_US:
            still_us = dice.micro(start_us + 2 * PIECE_US, end_us - 2 * PIECE_US)
            yield Word(still_us, WordKind.STATE, desk, "vacant", "still")
            yield Word(still_us + dice.micro(MINUTE_US, _STILL_US), WordKind.STATE, desk, "occupied", "still")
        left_us = end_us + HOLD_US[kind]
        if until is None and not any(
            one.time.start_us <= left_us < one.known_us for one in self._story.blind[desk]
        ):
            yield Word(left_us, WordKind.STATE, desk, "vacant", "left")
        # A stop tells what is not told yet, and that nobody will see its end.
        tells_us = end_us + BRIDGE_US[kind]
        at = bisect_left(self._stops, end_us)
        stops = at < len(self._stops) and self._stops[at] <= tells_us
        yield Word(
            self._stops[at] if stops else tells_us, WordKind.PIECE, desk, "", "", told_us, end_us, told_us > start_us,
            stops,
        )  # fmt: skip


def _stretches(time: Interval, blind: Sequence[Blind]) -> Iterator[tuple[Interval, Blind | None]]:
    """Give the parts of a time in which a desk is seen, and what ends each; None where somebody got up."""
    start_us = time.start_us
    for one in blind:
        if one.time.end_us <= start_us:
            continue
        if one.time.start_us >= time.end_us:
            break
        if one.time.start_us > start_us:
            yield Interval(start_us, one.time.start_us), one
        start_us = one.time.end_us
    if start_us < time.end_us:
        yield Interval(start_us, time.end_us), None


def _entry(dice: Dice, door: str, person: int, at_us: int) -> Iterator[Word]:
    opens_us = at_us + dice.micro(SECOND_US, 4 * SECOND_US)
    yield Word(at_us, WordKind.ENTRY, door, person=person)
    yield Word(opens_us, WordKind.TAKEN, door)
    yield Word(opens_us + dice.micro(2 * SECOND_US, 9 * SECOND_US), WordKind.CLOSED, door)
