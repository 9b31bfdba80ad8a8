"""The web's ports without a database: five towns, whose desks a test sets as it likes."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from hub.domain.errors import UnknownSpace
from hub.domain.occupancy import Counts, DeskFact, DeviceFact, DeviceStatus, SpaceLive, count, desk_view
from hub.domain.space import PublicDetail, Space, Town
from hub.ports import Subscription
from hub.site_file.towns import read_site

_SITE = Path(__file__).with_name("five_towns.toml")

# Tuesday, 17 November 2026, 10:15:30 in Berlin: all spaces are open, and within their lives.
TUESDAY_MORNING_US = 1_794_906_930_000_000
HOST_SECRET = "ein-langes-geheimnis-des-gastgebers"


@cache
def five_towns() -> tuple[Town, ...]:
    """The towns of the site file, read once: nothing in them can be changed."""
    return read_site(_SITE.read_bytes(), _SITE.name).towns


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self, now_us: int = TUESDAY_MORNING_US) -> None:
        self.us = now_us

    def now_us(self) -> int:
        return self.us


class FakeLive:
    """`LiveQueries` from memory; counts its calls, and fails when told to."""

    def __init__(self) -> None:
        self._towns = {town.id: town for town in five_towns()}
        self._facts: dict[tuple[str, str], DeskFact] = {}
        self._devices: dict[tuple[str, str], DeviceFact] = {}
        self.published: dict[str, tuple[Counts, int]] = {}
        self.calls: Counter[str] = Counter()
        self.trouble: list[str] = []
        self.broken = False

    def towns(self) -> Sequence[Town]:
        self._note("towns")
        return list(self._towns.values())

    def overview(self, now_us: int) -> Sequence[SpaceLive]:
        self._note("overview")
        return [
            self._live(town, space, now_us) for town in list(self._towns.values()) for space in town.spaces
        ]

    def space(self, space: str, now_us: int) -> SpaceLive | None:
        self._note("space")
        for town in list(self._towns.values()):
            for one in town.spaces:
                if one.id == space:
                    return self._live(town, one, now_us)
        return None

    def host_link(self, space: str) -> str:
        self._note("host_link")
        if not any(one.id == space for town in self._towns.values() for one in town.spaces):
            raise UnknownSpace(space)
        return f"{HOST_SECRET}-{space}"

    def ready(self) -> Sequence[str]:
        return self.trouble

    def set_desk(self, space: str, desk: str, state: str, reason: str = "", since_us: int = 0) -> None:
        """Let a desk's device have said something: `vacant`, `occupied`, or `unknown` with its reason."""
        self._facts[space, desk] = DeskFact(desk, state, reason, since_us or TUESDAY_MORNING_US)

    def set_device(
        self, space: str, device: str, status: DeviceStatus, heard_us: int = TUESDAY_MORNING_US
    ) -> None:
        """Let a device, or its last will, have said how it is."""
        self._devices[space, device] = DeviceFact(device, status, heard_us)

    def set_detail(self, space: str, detail: PublicDetail) -> None:
        """Let a space decide what everyone may see."""
        self.change_space(space, public_detail=detail)

    def change_space(self, space: str, **changed: object) -> Space:
        """Let a space be otherwise."""
        for town in list(self._towns.values()):
            spaces = tuple(replace(one, **changed) if one.id == space else one for one in town.spaces)  # type: ignore[arg-type]
            self._towns[town.id] = replace(town, spaces=spaces)
            for one in spaces:
                if one.id == space:
                    return one
        raise UnknownSpace(space)

    def remove_towns(self) -> None:
        """Let nothing be set up."""
        self._towns = {}

    def remove_space(self, space: str) -> None:
        """Let a space be gone."""
        for town in list(self._towns.values()):
            spaces = tuple(one for one in town.spaces if one.id != space)
            self._towns[town.id] = replace(town, spaces=spaces)

    def everyone_online(self, now_us: int = TUESDAY_MORNING_US) -> None:
        """Let all devices be heard now, and say of all desks that they are vacant."""
        for town in self._towns.values():
            for space in town.spaces:
                for device in space.devices:
                    self.set_device(space.id, device.id, DeviceStatus.ONLINE, now_us)
                for desk in space.desks:
                    if desk.sensor:
                        self.set_desk(space.id, desk.id, "vacant")

    def _live(self, town: Town, space: Space, now_us: int) -> SpaceLive:
        views = tuple(
            desk_view(
                desk,
                self._facts.get((space.id, desk.id)),
                self._devices.get((space.id, desk.device)),
                now_us,
            )
            for desk in space.desks
        )
        devices = tuple(
            self._devices.get((space.id, device.id), DeviceFact(device.id, DeviceStatus.NEVER, 0))
            for device in space.devices
        )
        return SpaceLive(
            town, space, now_us, views, count(views), devices, None, self.published.get(space.id)
        )

    def _note(self, call: str) -> None:
        self.calls[call] += 1
        if self.broken:
            raise ConnectionError("the database does not answer")


class FakeWakeups:
    """`Wakeups` within the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[str, list[_Place]] = {}

    def subscribe(self, space: str) -> Subscription:
        place = _Place(self, space)
        with self._lock:
            self._places.setdefault(space, []).append(place)
        return place

    def wake(self, space: str) -> None:
        """Say that a space changed."""
        with self._lock:
            for place in self._places.get(space, []):
                place.changed.set()

    @property
    def subscriptions(self) -> int:
        """How many places are taken."""
        with self._lock:
            return sum(len(places) for places in self._places.values())

    def give_back(self, place: "_Place") -> None:
        with self._lock:
            self._places[place.space].remove(place)


class _Place:
    def __init__(self, wakeups: FakeWakeups, space: str) -> None:
        self.space = space
        self.changed = threading.Event()
        self._wakeups = wakeups

    def wait(self, timeout_s: float) -> bool:
        if not self.changed.wait(timeout_s):
            return False
        self.changed.clear()
        return True

    def close(self) -> None:
        self._wakeups.give_back(self)
