"""What is known of a desk now, and what of it may be shown to whom.

Stored facts and one frozen `now` go in; a state comes out. A device that is lost, or facts older than they may be,
make a desk *unknown*, never free.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from hub.domain.space import Desk, Space, Town
from hub.domain.time import Interval

STALE_AFTER_US = 150_000_000
"""A device says how it is each minute; after two and a half without a word its desks are unknown."""


class DeskState(StrEnum):
    """The live state of a desk."""

    FREE = "free"
    OCCUPIED = "occupied"
    UNKNOWN = "unknown"
    OUT_OF_SERVICE = "out_of_service"


class Trouble(StrEnum):
    """Why a desk's state is unknown."""

    NONE = ""
    NO_SENSOR = "no_sensor"
    NO_DATA = "no_data"
    DEVICE_LOST = "device_lost"
    DEVICE_OFFLINE = "device_offline"
    STALE = "stale"
    STUCK = "stuck"
    SILENT = "silent"
    UNPLUGGED = "unplugged"


class DeviceStatus(StrEnum):
    """What a device, or its last will, said last."""

    NEVER = "never"
    ONLINE = "online"
    OFFLINE = "offline"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class DeviceFact:
    """What is stored of a device's presence.

    Args:
        heard_us: when the hub last heard anything from it, in the hub's time; 0 for never.
    """

    id: str
    status: DeviceStatus
    heard_us: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class DeskFact:
    """What a device said last of a desk.

    Args:
        state: `vacant`, `occupied`, `unknown` as on the wire.
        reason: why it is unknown, as on the wire.
        since_us: when that began.
    """

    desk: str
    state: str
    reason: str
    since_us: int


@dataclass(frozen=True, slots=True)
class DeskView:
    """A desk as it may be shown.

    Args:
        since_us: since when it is in this state, or None when that is not known.
    """

    desk: Desk
    state: DeskState
    trouble: Trouble = Trouble.NONE
    since_us: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Desks by state; they add up to `total`."""

    free: int
    occupied: int
    unknown: int
    out_of_service: int

    @property
    def total(self) -> int:
        """All desks of the space."""
        return self.free + self.occupied + self.unknown + self.out_of_service

    @property
    def in_service(self) -> int:
        """Desks that could be used: the denominator of every sentence."""
        return self.total - self.out_of_service


class Reserved(NamedTuple):
    """When a desk is taken now or next; by whom no page of occupancy knows."""

    desk: str
    time: Interval


@dataclass(frozen=True, slots=True)
class SpaceLive:
    """A space and everything known of it at one moment, before `public_detail` is applied.

    Args:
        now_us: the moment that it is true for.
        desks: in the order of the site.
        changed_us: when any desk last changed, or None.
        published: the count as of the last five-minute boundary and that boundary, for `count`; None when there is none
            younger than ten minutes.
        reserved: when desks are taken, now or within the hours ahead, by desk and begin.
    """

    town: Town
    space: Space
    now_us: int
    desks: tuple[DeskView, ...]
    counts: Counts
    devices: tuple[DeviceFact, ...]
    changed_us: int | None
    published: tuple[Counts, int] | None = None
    reserved: tuple[Reserved, ...] = ()


def desk_view(desk: Desk, fact: DeskFact | None, device: DeviceFact | None, now_us: int) -> DeskView:
    """Return what is known of one desk.

    Args:
        fact: what its device said last, or None.
        device: the device that reads its sensor, or None when it is not known to the hub.
        now_us: the moment that is asked about.
    """
    if not desk.in_service:
        return DeskView(desk, DeskState.OUT_OF_SERVICE)
    trouble = _trouble(desk, fact, device, now_us)
    if trouble is not Trouble.NONE or fact is None:
        return DeskView(desk, DeskState.UNKNOWN, trouble, _unknown_since(trouble, fact, device))
    state = DeskState.OCCUPIED if fact.state == "occupied" else DeskState.FREE
    return DeskView(desk, state, Trouble.NONE, fact.since_us)


def _trouble(desk: Desk, fact: DeskFact | None, device: DeviceFact | None, now_us: int) -> Trouble:
    if not desk.sensor:
        return Trouble.NO_SENSOR
    if device is None or device.status is DeviceStatus.NEVER:
        return Trouble.NO_DATA
    if device.status is DeviceStatus.LOST:
        return Trouble.DEVICE_LOST
    if device.status is DeviceStatus.OFFLINE:
        return Trouble.DEVICE_OFFLINE
    if now_us - device.heard_us > STALE_AFTER_US:
        return Trouble.STALE
    if fact is None:
        return Trouble.NO_DATA
    if fact.state == "unknown":
        return Trouble(fact.reason) if fact.reason else Trouble.NO_DATA
    return Trouble.NONE


def _unknown_since(trouble: Trouble, fact: DeskFact | None, device: DeviceFact | None) -> int | None:
    if trouble in (Trouble.DEVICE_LOST, Trouble.DEVICE_OFFLINE, Trouble.STALE):
        return (device.heard_us or None) if device is not None else None
    return fact.since_us if fact is not None and fact.state == "unknown" else None


def count(desks: Iterable[DeskView]) -> Counts:
    """Return how many desks are in each state."""
    tally = dict.fromkeys(DeskState, 0)
    for view in desks:
        tally[view.state] += 1
    return Counts(
        free=tally[DeskState.FREE],
        occupied=tally[DeskState.OCCUPIED],
        unknown=tally[DeskState.UNKNOWN],
        out_of_service=tally[DeskState.OUT_OF_SERVICE],
    )
