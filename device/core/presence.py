"""Whether someone is at a desk, as its sensor tells: a table, one interpreter, and settings for each kind of sensor.

Two answers leave it. The *live state* answers at once and is let go within `hold_s` of the last motion. *Sessions* are
told with hindsight (`device.core.sessions`). Both rest on evidence: one motion is a passer-by or a sunbeam, a person
moves again. UNKNOWN is a state of its own and is left only for OCCUPIED, or for VACANT after a silence.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal

from device.core.inputs import Level
from device.core.sensing import PresenceSettings, SensorKind
from device.core.sessions import SessionPiece, Sessions
from wire.messages import DeskStateName

__all__ = [
    "NAMES", "TABLE", "Action", "LiveChanged", "Presence", "PresenceSettings", "SensorKind", "SessionPiece", "Sign",
    "State",
]  # fmt: skip

Reason = Literal["", "no_data", "stuck", "silent", "unplugged"]


class State(Enum):
    """What is known about a desk."""

    VACANT = auto()
    ARRIVING = auto()
    OCCUPIED = auto()
    LEAVING = auto()
    UNKNOWN = auto()


class Sign(Enum):
    """What can happen to a desk; the last four are timers and faults."""

    MOTION = auto()
    STILL = auto()
    CONFIRMED = auto()
    LAPSED = auto()
    STUCK = auto()
    SILENT = auto()
    UNPLUGGED = auto()


class Action(Enum):
    """What the interpreter does besides changing the state."""

    GATHER = auto()
    RESUME = auto()
    WAIT = auto()
    RELEASE = auto()
    DOUBT = auto()


TABLE: Final[dict[tuple[State, Sign], tuple[State, Action]]] = {
    (State.VACANT, Sign.MOTION): (State.ARRIVING, Action.GATHER),
    (State.VACANT, Sign.SILENT): (State.UNKNOWN, Action.DOUBT),
    (State.VACANT, Sign.UNPLUGGED): (State.UNKNOWN, Action.DOUBT),
    (State.ARRIVING, Sign.MOTION): (State.ARRIVING, Action.GATHER),
    (State.ARRIVING, Sign.STILL): (State.ARRIVING, Action.WAIT),
    (State.ARRIVING, Sign.CONFIRMED): (State.OCCUPIED, Action.RESUME),
    (State.ARRIVING, Sign.LAPSED): (State.VACANT, Action.RELEASE),
    (State.ARRIVING, Sign.STUCK): (State.UNKNOWN, Action.DOUBT),
    (State.ARRIVING, Sign.UNPLUGGED): (State.UNKNOWN, Action.DOUBT),
    (State.OCCUPIED, Sign.STILL): (State.LEAVING, Action.WAIT),
    (State.OCCUPIED, Sign.STUCK): (State.UNKNOWN, Action.DOUBT),
    (State.OCCUPIED, Sign.UNPLUGGED): (State.UNKNOWN, Action.DOUBT),
    (State.LEAVING, Sign.MOTION): (State.OCCUPIED, Action.RESUME),
    (State.LEAVING, Sign.LAPSED): (State.VACANT, Action.RELEASE),
    (State.LEAVING, Sign.UNPLUGGED): (State.UNKNOWN, Action.DOUBT),
    (State.UNKNOWN, Sign.MOTION): (State.UNKNOWN, Action.GATHER),
    (State.UNKNOWN, Sign.STILL): (State.UNKNOWN, Action.WAIT),
    (State.UNKNOWN, Sign.CONFIRMED): (State.OCCUPIED, Action.RESUME),
    (State.UNKNOWN, Sign.LAPSED): (State.VACANT, Action.RELEASE),
    (State.UNKNOWN, Sign.STUCK): (State.UNKNOWN, Action.DOUBT),
    (State.UNKNOWN, Sign.UNPLUGGED): (State.UNKNOWN, Action.DOUBT),
}
"""Every sign that can come in a state; any other pair is a bug of the interpreter."""

NAMES: Final[dict[State, DeskStateName]] = {
    State.VACANT: "vacant",
    State.ARRIVING: "vacant",
    State.OCCUPIED: "occupied",
    State.LEAVING: "occupied",
    State.UNKNOWN: "unknown",
}
"""What a state is called outside the core."""


@dataclass(frozen=True, slots=True)
class LiveChanged:
    """The live state changed.

    Args:
        at_us: when, in mono_us; never before the change before it.
        reason: why it is unknown; empty otherwise.
    """

    at_us: int
    state: DeskStateName
    reason: Reason


Told = LiveChanged | SessionPiece


class Presence:
    """One desk's machine.

    Levels go in with `feed`, time with `advance`; both step through every deadline on the way, so the answers do not
    depend on how often they are called.

    Args:
        settings: of this desk's sensor.
        now_us: mono_us at which the machine begins, in UNKNOWN for want of data.
    """

    def __init__(self, settings: PresenceSettings, now_us: int = 0) -> None:
        self.settings = settings
        self.state = State.UNKNOWN
        self.reason: Reason = "no_data"
        self.deadline_us: int | None = None
        self._debounce_us = _us(settings.debounce_s)
        self._now_us = now_us
        self._raw = Level.MISSING  # as last told
        self._level: Level | None = None  # as believed
        self._rise_us: int | None = None  # a rise that is not yet believed
        self._first_us: int | None = None  # first motion of the evidence
        self._timers: dict[Sign, int] = {}
        self._sessions = Sessions(
            bridge_us=_us(settings.bridge_s),
            gather_us=_us(settings.gather_s),
            person_us=_us(settings.person_s),
            least_us=_us(settings.least_s),
        )

    @property
    def name(self) -> DeskStateName:
        """The live state as told outside."""
        return NAMES[self.state]

    def feed(self, level: Level, at_us: int) -> list[Told]:
        """Take a level in: an edge, or the same level read again, which changes nothing.

        Args:
            at_us: mono_us of the reading; not before any earlier call.

        Returns:
            What there is to tell, in order.
        """
        deadline_us = self.deadline_us
        if level is self._raw and self._level is not None and (deadline_us is None or at_us < deadline_us):
            return []
        # A deadline of this very moment waits: motion that comes when the hold ends is still in time.
        told = self.advance(at_us - 1)
        before = self.state
        self._now_us = max(self._now_us, at_us)
        if level is not self._raw or self._level is None:
            self._raw = level
            self._take(level, at_us)
        self._note(before, at_us, told)
        return told

    def advance(self, now_us: int) -> list[Told]:
        """Step through every deadline up to a moment, and return what there is to tell, in order."""
        told: list[Told] = []
        while self.deadline_us is not None and self.deadline_us <= now_us:
            at_us = max(self.deadline_us, self._now_us)
            self._now_us = at_us
            before = self.state
            if self._rise_us is not None and self._rise_us + self._debounce_us <= at_us:
                self._believe(Level.ACTIVE, self._rise_us)
            due = [sign for sign, due_us in self._timers.items() if due_us <= at_us]
            if due:
                sign = min(due, key=lambda one: (self._timers[one], one.value))
                del self._timers[sign]
                self._step(sign, at_us)
            if self._sessions.deadline_us is not None and self._sessions.deadline_us <= at_us:
                piece = self._sessions.advance(at_us)
                if piece is not None:
                    told.append(piece)
            self._note(before, at_us, told)
        self._now_us = max(self._now_us, now_us)
        return told

    def stop(self, now_us: int) -> list[Told]:
        """Return what is left to tell of an open session when the agent ends."""
        told = self.advance(now_us)
        piece = self._sessions.stop(now_us)
        return told if piece is None else [*told, piece]

    def _take(self, level: Level, at_us: int) -> None:
        """Debounce: a rise is believed when it has lasted, and then from its beginning; a fall at once."""
        self._rise_us = None
        if level is Level.ACTIVE and self._debounce_us:
            self._rise_us = at_us
        else:
            self._believe(level, at_us)

    def _believe(self, level: Level, at_us: int) -> None:
        self._rise_us = None
        if level is self._level:
            return
        was, self._level = self._level, level
        if level is Level.ACTIVE:
            self._sessions.begin(at_us)
            self._step(Sign.MOTION, at_us)
            return
        if was is Level.ACTIVE:
            self._sessions.end(at_us)
        self._step(Sign.STILL if level is Level.IDLE else Sign.UNPLUGGED, at_us)

    def _step(self, sign: Sign, at_us: int) -> None:
        self.state, action = TABLE[self.state, sign]
        settings = self.settings
        match action:
            case Action.GATHER:
                if self._first_us is None:
                    self._first_us = at_us
                self._timers = {
                    Sign.CONFIRMED: max(at_us, self._first_us + _us(settings.confirm_s)),
                    Sign.STUCK: at_us + _us(settings.stuck_s),
                }
            case Action.RESUME:
                self._first_us = None
                self._timers.pop(Sign.LAPSED, None)
                self._timers.setdefault(Sign.STUCK, at_us + _us(settings.stuck_s))
            case Action.WAIT:
                self._timers = {Sign.LAPSED: at_us + self._hold_us()}
            case Action.RELEASE:
                self._first_us = None
                self.reason = ""
                self._timers = {Sign.SILENT: at_us + _us(settings.silent_s)}
            case Action.DOUBT:
                self._first_us = None
                self._timers = {}
                self.reason = _REASONS[sign]
        if self.state is not State.UNKNOWN:
            self.reason = ""
        if sign is Sign.STUCK:
            self._sessions.end(at_us)

    def _hold_us(self) -> int:
        """Return how long a silence the present state survives."""
        match self.state:
            case State.ARRIVING:
                return _us(self.settings.fade_s)
            case State.UNKNOWN:
                return _us(self.settings.settle_s)
            case _:
                return _us(self.settings.hold_s)

    def _note(self, before: State, at_us: int, told: list[Told]) -> None:
        """Tell the change of the live state, and set the next deadline."""
        if NAMES[before] != NAMES[self.state]:
            told.append(LiveChanged(at_us, NAMES[self.state], self.reason))
        due = list(self._timers.values())
        if self._rise_us is not None:
            due.append(self._rise_us + self._debounce_us)
        if self._sessions.deadline_us is not None:
            due.append(self._sessions.deadline_us)
        self.deadline_us = min(due, default=None)


_REASONS: Final[dict[Sign, Reason]] = {
    Sign.STUCK: "stuck",
    Sign.SILENT: "silent",
    Sign.UNPLUGGED: "unplugged",
}


def _us(seconds: float) -> int:
    return round(seconds * 1_000_000)
