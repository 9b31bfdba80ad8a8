"""Simulated hardware for a device's settings: which people, or which load, its readers and sensors see."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from device.backends.load import tell_load
from device.backends.people import CLOSING_S, OPENING_S, SimulatedDesk, tell_people
from device.backends.simulated import Happening, SimulatedSource
from device.cards.uid import credential_of
from device.config import ReaderSettings, SensorSettings
from wire.identifiers import CredentialId

_LIVELY_S: Final = 9.5 * 3600
"""Where people's day begins when it is night, or nearly so, where the simulation runs."""


def people_source(
    readers: list[ReaderSettings], sensors: list[SensorSettings], key: bytes, seed: str, speed: float = 1.0
) -> SimulatedSource:
    """Return people who come and go at some readers and sensors.

    Args:
        key: the device's card key; each person has a card with a UID that stays the same.
        seed: the same seed gives the same people.
        speed: how many seconds of their lives pass in a real one.
    """
    sensed = {sensor.desk for sensor in sensors}
    at_desk = {reader.desk: reader.id for reader in readers if reader.desk in sensed}
    desks = [SimulatedDesk(s.desk, s.kind == "pir", at_desk.get(s.desk)) for s in sensors]
    doors = [reader.id for reader in readers if reader.id not in at_desk.values()]

    def story() -> Iterator[Happening]:
        return tell_people(desks, doors, partial(_card_of, key), seed, _day_s())

    return SimulatedSource(story, speed=speed)


def load_source(
    readers: list[ReaderSettings], sensors: list[SensorSettings], key: bytes, seed: str, rate_per_s: float
) -> SimulatedSource:
    """Return a steady load at some readers and sensors.

    Args:
        key, seed: as for people.
        rate_per_s: events per second.
    """
    card_of: Callable[[str], CredentialId] = partial(_card_of, key)
    ids, desks = [reader.id for reader in readers], [sensor.desk for sensor in sensors]
    return SimulatedSource(lambda: tell_load(ids, desks, card_of, rate_per_s, seed))


def _card_of(key: bytes, person: str) -> CredentialId:
    # An invented UID: any bytes that are the person's alone.
    return credential_of(key, person.encode())


def _day_s() -> float:
    """Return the time of day, or a busy one when it is night: whoever looks wants to see people."""
    now = time.localtime()
    day_s = now.tm_hour * 3600.0 + now.tm_min * 60.0 + now.tm_sec
    return day_s if OPENING_S + 1800 <= day_s <= CLOSING_S - 3 * 3600 else _LIVELY_S
