"""What a door does, as one table: a door that is released once, stands open, is forced, or is held open by its mode.

The lock lets people through in the states of `RELEASES` and in no other. They are entered by GRANTED, EXIT, REMOTE
and FREED alone; the first three run out by themselves.
"""

from enum import Enum, auto
from typing import Final

from wire.events import ContactName


class State(Enum):
    """How a door is."""

    SHUT = auto()
    """The lock holds, the door is closed."""
    UNSEEN = auto()
    """The lock holds; whether the door is closed is unknown."""
    SETTLING = auto()
    """The lock holds again, the door is closed; who pulls in this moment was let in."""
    STANDING = auto()
    """The lock holds, the door stands open as it may."""
    LINGERING = auto()
    """The lock holds, the door stands open for longer than it should: pre-alarm."""
    HELD = auto()
    """The lock holds, the door is held open: alarm."""
    FORCED = auto()
    """The lock holds, the door was opened without a release: alarm."""
    OFFERED = auto()
    """Released once, the door is closed."""
    BLIND = auto()
    """Released once; whether the door is closed is unknown."""
    PASSING = auto()
    """Released once and opened since: the lock holds as soon as it closes."""
    AJAR = auto()
    """Released once while it stood open: the release goes on when it closes."""
    FREE_SHUT = auto()
    """Held open by the mode, the door is closed."""
    FREE_OPEN = auto()
    """Held open by the mode, the door is open."""
    FREE_UNSEEN = auto()
    """Held open by the mode; whether the door is closed is unknown."""


class Sign(Enum):
    """What a door's machine is told; all from LAPSED on are timers, of two due at once the upper one comes first."""

    OPENED = auto()
    """The contact says open."""
    CLOSED = auto()
    """The contact says closed."""
    LOST = auto()
    """The contact says nothing any more."""
    GRANTED = auto()
    """A card was granted."""
    EXIT = auto()
    """The request-to-exit button was pressed."""
    REMOTE = auto()
    """A valid command opens it once."""
    FREED = auto()
    """A mode that holds it open begins."""
    SECURED = auto()
    """The lock must hold: a mode ends or a lockdown begins, what was granted is void, or the agent ends."""
    LAPSED = auto()
    """The time of a release is over."""
    SETTLED = auto()
    """The moment after a release is over."""
    SOON = auto()
    """The door has stood open for `held_s`."""
    LATE = auto()
    """And for as long again."""


class Action(Enum):
    """What the interpreter does besides going to the next state and setting the lock."""

    RELEASE = auto()
    """Let the release last until its time, and remember for whom."""
    GRACE = auto()
    """Begin the moment after a release."""
    WATCH = auto()
    """Begin the time that the door may stand open."""
    WARN = auto()
    """Tell the pre-alarm, and begin the time until the alarm."""
    ALARM = auto()
    """Tell that the door is held open."""
    FORCE = auto()
    """Tell that it was forced."""
    TAKE = auto()
    """Tell that the release was taken, for each card and command that is waited for; without any, that it is open."""
    MISS = auto()
    """Tell for each card and command that was waited for that nobody opened."""
    FORGET = auto()
    """Wait for nobody any more: whether a release is taken can't be told."""
    CLOSE = auto()
    """Tell that it closed."""
    SIGHT = auto()
    """Tell that the contact became unknown, or known."""
    LEAVE = auto()
    """Tell that the exit button was pressed."""
    OPEN = auto()
    """Tell that a command opened it."""


TABLE: Final[dict[tuple[State, Sign], tuple[State, tuple[Action, ...]]]] = {
    (State.SHUT, Sign.OPENED): (State.FORCED, (Action.FORCE,)),
    (State.SHUT, Sign.LOST): (State.UNSEEN, (Action.SIGHT,)),
    (State.SHUT, Sign.GRANTED): (State.OFFERED, (Action.RELEASE,)),
    (State.SHUT, Sign.EXIT): (State.OFFERED, (Action.RELEASE, Action.LEAVE)),
    (State.SHUT, Sign.REMOTE): (State.OFFERED, (Action.RELEASE, Action.OPEN)),
    (State.SHUT, Sign.FREED): (State.FREE_SHUT, ()),
    (State.SHUT, Sign.SECURED): (State.SHUT, ()),
    # An unknown contact is never closed: what shows up open was not forced, and no release is told taken or not.
    (State.UNSEEN, Sign.OPENED): (State.STANDING, (Action.SIGHT, Action.WATCH)),
    (State.UNSEEN, Sign.CLOSED): (State.SHUT, (Action.SIGHT,)),
    (State.UNSEEN, Sign.GRANTED): (State.BLIND, (Action.RELEASE, Action.FORGET)),
    (State.UNSEEN, Sign.EXIT): (State.BLIND, (Action.RELEASE, Action.LEAVE)),
    (State.UNSEEN, Sign.REMOTE): (State.BLIND, (Action.RELEASE, Action.FORGET, Action.OPEN)),
    (State.UNSEEN, Sign.FREED): (State.FREE_UNSEEN, ()),
    (State.UNSEEN, Sign.SECURED): (State.UNSEEN, ()),
    # Whoever pulls as the time runs out was let in, and a door that falls shut may bounce.
    (State.SETTLING, Sign.OPENED): (State.STANDING, (Action.TAKE, Action.WATCH)),
    (State.SETTLING, Sign.LOST): (State.UNSEEN, (Action.FORGET, Action.SIGHT)),
    (State.SETTLING, Sign.GRANTED): (State.OFFERED, (Action.RELEASE,)),
    (State.SETTLING, Sign.EXIT): (State.OFFERED, (Action.RELEASE, Action.LEAVE)),
    (State.SETTLING, Sign.REMOTE): (State.OFFERED, (Action.RELEASE, Action.OPEN)),
    (State.SETTLING, Sign.FREED): (State.FREE_SHUT, (Action.FORGET,)),
    (State.SETTLING, Sign.SECURED): (State.SHUT, (Action.MISS,)),
    (State.SETTLING, Sign.SETTLED): (State.SHUT, (Action.MISS,)),
    (State.STANDING, Sign.CLOSED): (State.SETTLING, (Action.CLOSE, Action.GRACE)),
    (State.STANDING, Sign.LOST): (State.UNSEEN, (Action.SIGHT,)),
    (State.STANDING, Sign.GRANTED): (State.AJAR, (Action.RELEASE, Action.FORGET, Action.WATCH)),
    (State.STANDING, Sign.EXIT): (State.AJAR, (Action.RELEASE, Action.WATCH, Action.LEAVE)),
    (State.STANDING, Sign.REMOTE): (
        State.AJAR,
        (Action.RELEASE, Action.FORGET, Action.WATCH, Action.OPEN),
    ),
    (State.STANDING, Sign.FREED): (State.FREE_OPEN, ()),
    (State.STANDING, Sign.SECURED): (State.STANDING, ()),
    (State.STANDING, Sign.SOON): (State.LINGERING, (Action.WARN,)),
    # A valid card or button at a door in alarm answers it: somebody is there, and the time begins anew.
    (State.LINGERING, Sign.CLOSED): (State.SETTLING, (Action.CLOSE, Action.GRACE)),
    (State.LINGERING, Sign.LOST): (State.UNSEEN, (Action.SIGHT,)),
    (State.LINGERING, Sign.GRANTED): (State.AJAR, (Action.RELEASE, Action.FORGET, Action.WATCH)),
    (State.LINGERING, Sign.EXIT): (State.AJAR, (Action.RELEASE, Action.WATCH, Action.LEAVE)),
    (State.LINGERING, Sign.REMOTE): (
        State.AJAR,
        (Action.RELEASE, Action.FORGET, Action.WATCH, Action.OPEN),
    ),
    (State.LINGERING, Sign.FREED): (State.FREE_OPEN, ()),
    (State.LINGERING, Sign.SECURED): (State.LINGERING, ()),
    (State.LINGERING, Sign.LATE): (State.HELD, (Action.ALARM,)),
    (State.HELD, Sign.CLOSED): (State.SETTLING, (Action.CLOSE, Action.GRACE)),
    (State.HELD, Sign.LOST): (State.UNSEEN, (Action.SIGHT,)),
    (State.HELD, Sign.GRANTED): (State.AJAR, (Action.RELEASE, Action.FORGET, Action.WATCH)),
    (State.HELD, Sign.EXIT): (State.AJAR, (Action.RELEASE, Action.WATCH, Action.LEAVE)),
    (State.HELD, Sign.REMOTE): (
        State.AJAR,
        (Action.RELEASE, Action.FORGET, Action.WATCH, Action.OPEN),
    ),
    (State.HELD, Sign.FREED): (State.FREE_OPEN, ()),
    (State.HELD, Sign.SECURED): (State.HELD, ()),
    (State.FORCED, Sign.CLOSED): (State.SHUT, (Action.CLOSE,)),
    (State.FORCED, Sign.LOST): (State.UNSEEN, (Action.SIGHT,)),
    (State.FORCED, Sign.GRANTED): (State.AJAR, (Action.RELEASE, Action.FORGET, Action.WATCH)),
    (State.FORCED, Sign.EXIT): (State.AJAR, (Action.RELEASE, Action.WATCH, Action.LEAVE)),
    (State.FORCED, Sign.REMOTE): (
        State.AJAR,
        (Action.RELEASE, Action.FORGET, Action.WATCH, Action.OPEN),
    ),
    (State.FORCED, Sign.FREED): (State.FREE_OPEN, ()),
    (State.FORCED, Sign.SECURED): (State.FORCED, ()),
    (State.OFFERED, Sign.OPENED): (State.PASSING, (Action.TAKE, Action.WATCH)),
    (State.OFFERED, Sign.LOST): (State.BLIND, (Action.FORGET, Action.SIGHT)),
    (State.OFFERED, Sign.GRANTED): (State.OFFERED, (Action.RELEASE,)),
    (State.OFFERED, Sign.EXIT): (State.OFFERED, (Action.RELEASE,)),
    (State.OFFERED, Sign.REMOTE): (State.OFFERED, (Action.RELEASE, Action.OPEN)),
    (State.OFFERED, Sign.FREED): (State.FREE_SHUT, (Action.FORGET,)),
    (State.OFFERED, Sign.SECURED): (State.SHUT, (Action.MISS,)),
    (State.OFFERED, Sign.LAPSED): (State.SETTLING, (Action.GRACE,)),
    (State.BLIND, Sign.OPENED): (State.AJAR, (Action.SIGHT, Action.WATCH)),
    (State.BLIND, Sign.CLOSED): (State.OFFERED, (Action.SIGHT,)),
    (State.BLIND, Sign.GRANTED): (State.BLIND, (Action.RELEASE, Action.FORGET)),
    (State.BLIND, Sign.EXIT): (State.BLIND, (Action.RELEASE,)),
    (State.BLIND, Sign.REMOTE): (State.BLIND, (Action.RELEASE, Action.FORGET, Action.OPEN)),
    (State.BLIND, Sign.FREED): (State.FREE_UNSEEN, ()),
    (State.BLIND, Sign.SECURED): (State.UNSEEN, ()),
    (State.BLIND, Sign.LAPSED): (State.UNSEEN, ()),
    (State.PASSING, Sign.CLOSED): (State.SETTLING, (Action.CLOSE, Action.GRACE)),
    (State.PASSING, Sign.LOST): (State.BLIND, (Action.SIGHT,)),
    (State.PASSING, Sign.GRANTED): (State.AJAR, (Action.RELEASE, Action.FORGET, Action.WATCH)),
    (State.PASSING, Sign.EXIT): (State.AJAR, (Action.RELEASE, Action.WATCH)),
    (State.PASSING, Sign.REMOTE): (
        State.AJAR,
        (Action.RELEASE, Action.FORGET, Action.WATCH, Action.OPEN),
    ),
    (State.PASSING, Sign.FREED): (State.FREE_OPEN, ()),
    (State.PASSING, Sign.SECURED): (State.STANDING, ()),
    (State.PASSING, Sign.LAPSED): (State.STANDING, ()),
    (State.AJAR, Sign.CLOSED): (State.OFFERED, (Action.CLOSE,)),
    (State.AJAR, Sign.LOST): (State.BLIND, (Action.SIGHT,)),
    (State.AJAR, Sign.GRANTED): (State.AJAR, (Action.RELEASE, Action.FORGET, Action.WATCH)),
    (State.AJAR, Sign.EXIT): (State.AJAR, (Action.RELEASE, Action.WATCH)),
    (State.AJAR, Sign.REMOTE): (
        State.AJAR,
        (Action.RELEASE, Action.FORGET, Action.WATCH, Action.OPEN),
    ),
    (State.AJAR, Sign.FREED): (State.FREE_OPEN, ()),
    (State.AJAR, Sign.SECURED): (State.STANDING, ()),
    (State.AJAR, Sign.LAPSED): (State.STANDING, ()),
    # Who comes and goes through a door that is free is nobody's business: neither opening nor closing is told.
    (State.FREE_SHUT, Sign.OPENED): (State.FREE_OPEN, ()),
    (State.FREE_SHUT, Sign.LOST): (State.FREE_UNSEEN, (Action.SIGHT,)),
    (State.FREE_SHUT, Sign.GRANTED): (State.FREE_SHUT, ()),
    (State.FREE_SHUT, Sign.EXIT): (State.FREE_SHUT, ()),
    (State.FREE_SHUT, Sign.REMOTE): (State.FREE_SHUT, (Action.OPEN,)),
    (State.FREE_SHUT, Sign.FREED): (State.FREE_SHUT, ()),
    (State.FREE_SHUT, Sign.SECURED): (State.SETTLING, (Action.GRACE,)),
    (State.FREE_OPEN, Sign.CLOSED): (State.FREE_SHUT, ()),
    (State.FREE_OPEN, Sign.LOST): (State.FREE_UNSEEN, (Action.SIGHT,)),
    (State.FREE_OPEN, Sign.GRANTED): (State.FREE_OPEN, ()),
    (State.FREE_OPEN, Sign.EXIT): (State.FREE_OPEN, ()),
    (State.FREE_OPEN, Sign.REMOTE): (State.FREE_OPEN, (Action.OPEN,)),
    (State.FREE_OPEN, Sign.FREED): (State.FREE_OPEN, ()),
    (State.FREE_OPEN, Sign.SECURED): (State.STANDING, (Action.WATCH,)),
    (State.FREE_UNSEEN, Sign.OPENED): (State.FREE_OPEN, (Action.SIGHT,)),
    (State.FREE_UNSEEN, Sign.CLOSED): (State.FREE_SHUT, (Action.SIGHT,)),
    (State.FREE_UNSEEN, Sign.GRANTED): (State.FREE_UNSEEN, ()),
    (State.FREE_UNSEEN, Sign.EXIT): (State.FREE_UNSEEN, ()),
    (State.FREE_UNSEEN, Sign.REMOTE): (State.FREE_UNSEEN, (Action.OPEN,)),
    (State.FREE_UNSEEN, Sign.FREED): (State.FREE_UNSEEN, ()),
    (State.FREE_UNSEEN, Sign.SECURED): (State.UNSEEN, ()),
}
"""Every sign that can come in a state; any other pair is a bug of the interpreter."""

TIMERS: Final[dict[State, frozenset[Sign]]] = {
    State.SHUT: frozenset(),
    State.UNSEEN: frozenset(),
    State.SETTLING: frozenset({Sign.SETTLED}),
    State.STANDING: frozenset({Sign.SOON}),
    State.LINGERING: frozenset({Sign.LATE}),
    State.HELD: frozenset(),
    State.FORCED: frozenset(),
    State.OFFERED: frozenset({Sign.LAPSED}),
    State.BLIND: frozenset({Sign.LAPSED}),
    State.PASSING: frozenset({Sign.LAPSED, Sign.SOON}),
    State.AJAR: frozenset({Sign.LAPSED, Sign.SOON}),
    State.FREE_SHUT: frozenset(),
    State.FREE_OPEN: frozenset(),
    State.FREE_UNSEEN: frozenset(),
}
"""Timers that run in a state; every other one stops as it is entered."""

RELEASED_ONCE: Final = frozenset({State.OFFERED, State.BLIND, State.PASSING, State.AJAR})
"""Let people through until a timer ends it."""

FREE: Final = frozenset({State.FREE_SHUT, State.FREE_OPEN, State.FREE_UNSEEN})
"""Let people through until the mode ends."""

RELEASES: Final = RELEASED_ONCE | FREE
"""Let people through: the lock is released in these and in no other."""

CONTACTS: Final[dict[State, ContactName]] = {
    State.SHUT: "closed",
    State.UNSEEN: "unknown",
    State.SETTLING: "closed",
    State.STANDING: "open",
    State.LINGERING: "open",
    State.HELD: "open",
    State.FORCED: "open",
    State.OFFERED: "closed",
    State.BLIND: "unknown",
    State.PASSING: "open",
    State.AJAR: "open",
    State.FREE_SHUT: "closed",
    State.FREE_OPEN: "open",
    State.FREE_UNSEEN: "unknown",
}
"""What the contact says in a state."""
