"""What the core asks the loop to do, in the order in which it is to be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from wire.access import Cancel, ReadCard, WriteCard
from wire.events import DoorModeName, Event


class Pattern(Enum):
    """A light and sound pattern; told apart by rhythm, not by colour alone (requirement A8)."""

    READY = "ready"
    CARD_SEEN = "card_seen"
    CARD_UNUSABLE = "card_unusable"
    DEGRADED = "degraded"
    OFF = "off"
    GRANTED = "granted"
    REFUSED = "refused"
    HOLD_CARD = "hold_card"
    """Wait a moment, then hold the card flat and still."""
    ASK_HOST = "ask_host"
    """Nothing is wrong that one could do something about oneself: look for a host."""
    TIME_UNTRUSTED = "time_untrusted"
    LOCKDOWN = "lockdown"
    CLOSE_DOOR = "close_door"
    ALARM = "alarm"
    CALLED = "called"
    """The button outside was pressed, and that was noticed."""
    CARD_WANTED = "card_wanted"
    """The hub waits for a card at a reader."""
    CARD_DONE = "card_done"
    CARD_FAILED = "card_failed"


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

_RANKS: Final[dict[type[Effect], int]] = {SetLock: 0, Show: 1, KeepMode: 2, UseReader: 3, Record: 4}


def in_order(effects: Iterable[Effect]) -> list[Effect]:
    """Return the effects of one input in the order of D1: locks first, then the light, then what is written.

    Of several settings of one lock only the last is left: a strike need not click for what is over already.
    """
    ordered = sorted(effects, key=lambda effect: _RANKS[type(effect)])
    last = {effect.door: effect for effect in ordered if isinstance(effect, SetLock)}
    return [*last.values(), *(effect for effect in ordered if not isinstance(effect, SetLock))]
