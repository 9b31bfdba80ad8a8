"""Which mode a door is in, as one table.

Office and evacuate hold the lock released; neither survives a restart. Lockdown does: it lets in nobody but hosts, and
whoever is inside still leaves by the exit button (free egress is the door's own, mechanical, in every mode).
"""

from enum import Enum, auto
from typing import Final

from wire.events import DoorModeName


class Mode(Enum):
    """What the door is set to."""

    NORMAL = auto()
    OFFICE = auto()
    EVACUATE = auto()
    LOCKDOWN = auto()


class Order(Enum):
    """What changes a mode; the first four are a host's commands."""

    SET_NORMAL = auto()
    SET_OFFICE = auto()
    """Only given inside an office window, with trusted time."""
    SET_EVACUATE = auto()
    SET_LOCKDOWN = auto()
    ARRIVED = auto()
    """The first card was granted inside an office window."""
    OVER = auto()
    """The office window ended, the list is dead, the time is no longer trusted, or the last one left."""


MODES: Final[dict[tuple[Mode, Order], Mode]] = {
    (Mode.NORMAL, Order.SET_NORMAL): Mode.NORMAL,
    (Mode.NORMAL, Order.SET_OFFICE): Mode.OFFICE,
    (Mode.NORMAL, Order.SET_EVACUATE): Mode.EVACUATE,
    (Mode.NORMAL, Order.SET_LOCKDOWN): Mode.LOCKDOWN,
    (Mode.NORMAL, Order.ARRIVED): Mode.OFFICE,
    (Mode.OFFICE, Order.SET_NORMAL): Mode.NORMAL,
    (Mode.OFFICE, Order.SET_OFFICE): Mode.OFFICE,
    (Mode.OFFICE, Order.SET_EVACUATE): Mode.EVACUATE,
    (Mode.OFFICE, Order.SET_LOCKDOWN): Mode.LOCKDOWN,
    (Mode.OFFICE, Order.OVER): Mode.NORMAL,
    (Mode.EVACUATE, Order.SET_NORMAL): Mode.NORMAL,
    (Mode.EVACUATE, Order.SET_OFFICE): Mode.OFFICE,
    (Mode.EVACUATE, Order.SET_EVACUATE): Mode.EVACUATE,
    (Mode.EVACUATE, Order.SET_LOCKDOWN): Mode.LOCKDOWN,
    (Mode.LOCKDOWN, Order.SET_NORMAL): Mode.NORMAL,
    (Mode.LOCKDOWN, Order.SET_EVACUATE): Mode.EVACUATE,
    (Mode.LOCKDOWN, Order.SET_LOCKDOWN): Mode.LOCKDOWN,
}
"""Every order that may come in a mode; a lockdown does not become office at one stroke: a host ends it first."""

FREES: Final = frozenset({Mode.OFFICE, Mode.EVACUATE})
"""Modes that hold the lock released."""

NAMES: Final[dict[Mode, DoorModeName]] = {
    Mode.NORMAL: "normal",
    Mode.OFFICE: "office",
    Mode.EVACUATE: "evacuate",
    Mode.LOCKDOWN: "lockdown",
}
"""What a mode is called outside the core."""

SETS: Final[dict[DoorModeName, Order]] = {
    "normal": Order.SET_NORMAL,
    "office": Order.SET_OFFICE,
    "evacuate": Order.SET_EVACUATE,
    "lockdown": Order.SET_LOCKDOWN,
}
"""The order in a command."""
