"""Simulated hardware for a device's settings: which people, or which load, its readers and sensors see."""

import hashlib
import time
from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import product
from typing import Final

from device.backends.load import tell_load
from device.backends.people import (
    CLOSING_S,
    OPENING_S,
    REGULARS_PER_DESK,
    STRANGER,
    VISITORS,
    SimulatedDesk,
    tell_people,
)
from device.backends.simulated import Happening, SimulatedSource
from device.cards.uid import credential_of
from device.config import ReaderSettings, SensorSettings
from device.core.inputs import CardPresented, Input
from device.fleet import invent_uid
from wire.identifiers import CredentialId

_LIVELY_S: Final = 9.5 * 3600
"""Where people's day begins when it is night, or nearly so, where the simulation runs."""

Play = Callable[[str, bytes], Input]
"""Gives what comes of a card at a reader, by reader and UID (`device.card_desk.Desk.play`)."""


def people_source(
    readers: list[ReaderSettings],
    sensors: list[SensorSettings],
    play: Play,
    space: str,
    seed: str,
    speed: float = 1.0,
    *,
    locked: Collection[str] = (),
) -> SimulatedSource:
    """Return people who come and go at some readers and sensors.

    Args:
        play: says what comes of their cards, whose UIDs `device.fleet.invent_uid` invents.
        space: whose people they are.
        seed: the same seed gives the same people.
        speed: how many seconds of their lives pass in a real one.
        locked: doors whose lock is the device's.
    """
    sensed = {sensor.desk for sensor in sensors}
    at_desk = {reader.desk: reader.id for reader in readers if reader.desk in sensed}
    desks = [SimulatedDesk(s.desk, s.kind == "pir", at_desk.get(s.desk)) for s in sensors]
    doors = [reader for reader in readers if reader.id not in at_desk.values() and not reader.leaving]
    cards = _Cards(space, [sensor.desk for sensor in sensors], play)
    has_locks = any(reader.door in locked for reader in doors)

    def story() -> Iterator[Happening]:
        ids = [reader.id for reader in doors]
        return tell_people(desks, ids, cards.of, seed, _day_s(), has_locks=has_locks)

    return SimulatedSource(story, speed=speed, at_last=cards.shown)


def load_source(
    readers: list[ReaderSettings], sensors: list[SensorSettings], key: bytes, seed: str, rate_per_s: float
) -> SimulatedSource:
    """Return a steady load at some readers and sensors.

    Args:
        key: under which invented UIDs become look-up values.
        seed: the same seed gives the same people.
        rate_per_s: events per second.
    """
    card_of: Callable[[str], CredentialId] = partial(_card_of, key)
    ids, desks = [reader.id for reader in readers], [sensor.desk for sensor in sensors]
    return SimulatedSource(lambda: tell_load(ids, desks, card_of, rate_per_s, seed))


class _Cards:
    """The cards of a story's people.

    A story is told ahead of its time, and a list may come meanwhile: so it names cards by values of its own, and only
    what is due is looked up.
    """

    def __init__(self, space: str, desks: list[str], play: Play) -> None:
        regulars = [f"{desk}/{regular}" for desk, regular in product(desks, range(REGULARS_PER_DESK))]
        people = regulars or [f"visitor/{number}" for number in range(VISITORS)]
        numbers: dict[str, int | str] = {person: number for number, person in enumerate(people)}
        numbers[STRANGER] = STRANGER
        self._play = play
        self._names = {person: _card_of(b"", person) for person in numbers}
        self._uids = {self._names[person]: invent_uid(space, number) for person, number in numbers.items()}

    def of(self, person: str) -> CredentialId:
        return self._names[person]

    def shown(self, given: Input) -> Input:
        if isinstance(given, CardPresented):
            return self._play(given.reader, self._uids[given.credential])
        return given


def _card_of(key: bytes, person: str) -> CredentialId:
    # An invented UID: any bytes that are the person's alone.
    return credential_of(key, hashlib.sha256(person.encode()).digest()[:7])


def _day_s() -> float:
    """Return the time of day, or a busy one when it is night: whoever looks wants to see people."""
    now = time.localtime()
    day_s = now.tm_hour * 3600.0 + now.tm_min * 60.0 + now.tm_sec
    return day_s if OPENING_S + 1800 <= day_s <= CLOSING_S - 3 * 3600 else _LIVELY_S
