"""What the core asks the loop to do, in the order in which it is to be done."""

from dataclasses import dataclass
from enum import Enum

from wire.messages import Event


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


Effect = Show | Record
