"""Everything that can happen to a device, as the typed inputs of the one queue."""

from dataclasses import dataclass
from enum import Enum

from wire.access import AccessList, Command
from wire.events import CardKind
from wire.identifiers import CredentialId


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """One reading of the clocks.

    Args:
        mono_us: microseconds since boot; never jumps; what every deadline is in.
        wall_us: microseconds since 1970 UTC, right or wrong.
        synced: whether the wall clock is synchronised.
        battery: whether a battery-backed clock has kept it since before this boot.
    """

    mono_us: int
    wall_us: int
    synced: bool
    battery: bool = False

    @property
    def trusted(self) -> bool:
        """Whether a door may rely on the wall clock (DESIGN section 6)."""
        return self.synced or self.battery


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


class DoorLine(Enum):
    """What of a door a level is about."""

    CONTACT = "contact"
    """ACTIVE: the door is closed; IDLE: open; MISSING: unknown, which is never closed."""
    EXIT = "exit"
    """ACTIVE: the request-to-exit button is pressed."""
    TAMPER = "tamper"
    """ACTIVE: the housing is open."""
    BUTTON = "button"
    """ACTIVE: the button outside is pressed: somebody is at the door. It releases nothing by itself."""


@dataclass(frozen=True, slots=True)
class DoorLevel:
    """The level of one of a door's lines: after an edge, and again whenever a back-end re-reads it."""

    door: str
    line: DoorLine
    level: Level


@dataclass(frozen=True, slots=True)
class CardPresented:
    """A card came to a reader.

    Args:
        credential: look-up value of its UID.
        proven: whether the card has shown that it holds the key and the id that the access list has for it.
    """

    reader: str
    credential: CredentialId
    proven: bool = False


@dataclass(frozen=True, slots=True)
class CardRefused:
    """A card came that can't be used as it is.

    Args:
        reason: `random_id`, `unreadable`, `not_authentic` (it has not the key that the list has for its UID), or
            `too_slow` (its answers took longer than a card's do).
        credential: look-up value of its UID, where that could be read.
    """

    reader: str
    reason: str
    credential: CredentialId | None = None


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
class ListArrived:
    """An access list that is the hub's, for this device, and on its disk.

    Args:
        version: rising; an older one than applies does not get here.
        issued_us, valid_until_us: wall time; the list is dead from `valid_until_us` on.
    """

    version: int
    issued_us: int
    valid_until_us: int
    body: AccessList


@dataclass(frozen=True, slots=True)
class CommandArrived:
    """A command that the hub signed for this device; whether it may still be carried out is the core's to say.

    Args:
        number: rises within a connection.
        valid_until_us: wall time.
        retained: whether the broker had kept it: then it is void.
    """

    command: Command
    number: int
    valid_until_us: int
    retained: bool


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """A list or command was not taken: a word for the reason, to be counted (`wrong-signature` …)."""

    reason: str


@dataclass(frozen=True, slots=True)
class CardOffer:
    """A card came to a reader at which the hub waits for one (`wire.events.CardOffered`)."""

    reader: str
    command: str
    kind: CardKind
    sealed: str


@dataclass(frozen=True, slots=True)
class WriteEnded:
    """Writing to a card ended (`wire.events.CardPersonalised`)."""

    reader: str
    command: str
    done: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WaitEnded:
    """Nobody came with a card in time, or the hub asked for another thing; `outcome` as in `CommandAnswered`."""

    reader: str
    command: str
    outcome: str


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
    | DoorLevel
    | ListArrived
    | CommandArrived
    | MessageRefused
    | CardOffer
    | WriteEnded
    | WaitEnded
    | Tick
    | Stop
)
