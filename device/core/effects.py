"""What the core asks the loop to do, in the order in which it is to be done."""

from dataclasses import dataclass
from enum import Enum

from wire.access import Cancel, ReadCard, WriteCard
from wire.messages import DoorModeName, Event


class Pattern(Enum):
    """A light and sound pattern; told apart by rhythm, not by colour alone (requirement A8)."""

    READY = "ready"
    CARD_SEEN = "card_seen"
    CARD_UNUSABLE = "card_unusable"
    DEGRADED = "degraded"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Show:
    """Show a pattern at the reader; acts before anything is written (D1)."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Record:
    """Write an event to the spool.

    Args:
        event: complete, with its time.
        urgent: commit before the next input (access, clock); otherwise within one second (presence) (D1).
    """

    event: Event
    urgent: bool


@dataclass(frozen=True, slots=True)
class SetLock:
    """Release a door's lock, or let it hold again; done before everything else of the same input (D1)."""

    door: str
    released: bool


@dataclass(frozen=True, slots=True)
class KeepMode:
    """Have a door's mode survive a restart, or no longer: `lockdown` is kept, nothing else is."""

    door: str
    mode: DoorModeName


@dataclass(frozen=True, slots=True)
class UseReader:
    """Let a reader do something else than its door's or desk's work, or go back to it (`Cancel`)."""

    order: ReadCard | WriteCard | Cancel


Effect = Show | Record | SetLock | KeepMode | UseReader
