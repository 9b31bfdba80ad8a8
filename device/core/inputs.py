"""Everything that can happen to a device, as the typed inputs of the one queue."""

from dataclasses import dataclass
from enum import Enum

from wire.identifiers import CredentialId


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """One reading of the clocks.

    Args:
        mono_us: microseconds since boot; never jumps; what every deadline is in.
        wall_us: microseconds since 1970 UTC, right or wrong.
        synced: whether the wall clock is synchronised.
    """

    mono_us: int
    wall_us: int
    synced: bool


class Level(Enum):
    """What a sensor's output says; three-valued, because an unplugged sensor is not a quiet one."""

    IDLE = 0
    ACTIVE = 1
    MISSING = 2


@dataclass(frozen=True, slots=True)
class SensorLevel:
    """A desk sensor's level: after an edge, and again whenever a back-end re-reads it.

    Args:
        desk: the desk that the sensor watches.
    """

    desk: str
    level: Level


@dataclass(frozen=True, slots=True)
class CardPresented:
    """A card came to a reader."""

    reader: str
    credential: CredentialId


@dataclass(frozen=True, slots=True)
class CardRefused:
    """A card came that can't be used as it is: a random id (`random_id`), or no id readable (`unreadable`)."""

    reader: str
    reason: str


@dataclass(frozen=True, slots=True)
class CardRemoved:
    """The card left the reader."""

    reader: str


@dataclass(frozen=True, slots=True)
class ReaderPresence:
    """A reader was found or lost."""

    reader: str
    connected: bool


@dataclass(frozen=True, slots=True)
class ClockBecameSynchronised:
    """The wall clock is right from now on."""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The connection to the broker stands.

    Args:
        session: random id of this connection.
    """

    session: str


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The connection to the broker is gone."""


@dataclass(frozen=True, slots=True)
class MarkArrived:
    """The hub said how far it has committed."""

    epoch: str
    upto: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline that the core asked for has come."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The agent is asked to end."""


Input = (
    SensorLevel
    | CardPresented
    | CardRefused
    | CardRemoved
    | ReaderPresence
    | ClockBecameSynchronised
    | LinkUp
    | LinkDown
    | MarkArrived
    | Tick
    | Stop
)
