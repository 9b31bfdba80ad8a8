"""Whether someone is at a desk, as its sensor tells: one table, one interpreter.

Two answers leave it. The *live state* answers now, and is let go within `hold_s` of the last motion. *Sessions* are
told with hindsight (`device.core.sessions`). Both rest on evidence: a single motion is a passer-by or a sunbeam, a
person moves again. UNKNOWN is a state of its own; it is left for OCCUPIED by proof, and for VACANT by silence.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal

from device.core.evidence import Evidence
from device.core.hold import Hold
from device.core.inputs import Level
from device.core.sensing import PresenceSettings, SensorKind
from device.core.sessions import SessionPiece, Sessions
from device.core.unbroken import Unbroken
from wire.events import DeskStateName

__all__ = [
    "NAMES",
    "TABLE",
    "Action",
    "LiveChanged",
    "Presence",
    "PresenceSettings",
    "SensorKind",
    "SessionPiece",
    "Sign",
    "State",
    "Told",
]

Reason = Literal["", "no_data", "stuck", "silent", "unplugged"]


class State(Enum):
    """What is known about a desk."""

    VACANT = auto()
    ARRIVING = auto()
    OCCUPIED = auto()
    LEAVING = auto()
    UNKNOWN = auto()


class Sign(Enum):
    """What a desk's machine is told; all from CONFIRMED on but UNPLUGGED are timers."""

    MOTION = auto()
    """The level became active."""
    RETURN = auto()
    """The level became active within `bridge_s` of the last motion before a release."""
    STILL = auto()
    """The level became idle."""
    UNPLUGGED = auto()
    """The sensor is missing."""
    CONFIRMED = auto()
    """The motions prove a person."""
    LAPSED = auto()
    """The silence has lasted as long as the hold that applies."""
    GONE = auto()
    """Nobody came back within `bridge_s` of the last motion before a release."""
    STUCK = auto()
    """The level has been active for longer than a person keeps it."""
    SILENT = auto()
    """There was no motion for longer than a desk stays empty."""


class Action(Enum):
    """What the interpreter does besides going to the next state."""

    GATHER = auto()
    """Gather evidence from a motion, which goes on."""
    WELCOME = auto()
    """Begin the stay of someone who came back."""
    PROVE = auto()
    """Take the evidence as proof, also that nobody had left before a return."""
    WAIT = auto()
    """Begin to wait for the silence to lapse."""
    RELEASE = auto()
    """Let go of a stay, and watch whether that was too early."""
    DISMISS = auto()
    """Forget evidence that proved nobody."""
    LEARN = auto()
    """Learn that somebody left."""
    DOUBT = auto()
    """Forget everything: the sensor is not to be believed."""


TABLE: Final[dict[tuple[State, Sign], tuple[State, Action]]] = {
    (State.VACANT, Sign.MOTION): (State.ARRIVING, Action.GATHER),
    (State.VACANT, Sign.RETURN): (State.OCCUPIED, Action.WELCOME),
    (State.VACANT, Sign.UNPLUGGED): (State.UNKNOWN, Action.DOUBT),
    (State.VACANT, Sign.GONE): (State.VACANT, Action.LEARN),
    (State.VACANT, Sign.SILENT): (State.UNKNOWN, Action.DOUBT),
    (State.ARRIVING, Sign.MOTION): (State.ARRIVING, Action.GATHER),
    (State.ARRIVING, Sign.STILL): (State.ARRIVING, Action.WAIT),
    (State.ARRIVING, Sign.UNPLUGGED): (State.UNKNOWN, Action.DOUBT),
    (State.ARRIVING, Sign.CONFIRMED): (State.OCCUPIED, Action.PROVE),
    (State.ARRIVING, Sign.LAPSED): (State.VACANT, Action.DISMISS),
    (State.ARRIVING, Sign.STUCK): (State.UNKNOWN, Action.DOUBT),
    (State.OCCUPIED, Sign.STILL): (State.LEAVING, Action.WAIT),
    (State.OCCUPIED, Sign.UNPLUGGED): (State.UNKNOWN, Action.DOUBT),
    (State.OCCUPIED, Sign.CONFIRMED): (State.OCCUPIED, Action.PROVE),
    (State.OCCUPIED, Sign.STUCK): (State.UNKNOWN, Action.DOUBT),
    (State.LEAVING, Sign.MOTION): (State.OCCUPIED, Action.GATHER),
    (State.LEAVING, Sign.UNPLUGGED): (State.UNKNOWN, Action.DOUBT),
    (State.LEAVING, Sign.LAPSED): (State.VACANT, Action.RELEASE),
    (State.UNKNOWN, Sign.MOTION): (State.UNKNOWN, Action.GATHER),
    (State.UNKNOWN, Sign.STILL): (State.UNKNOWN, Action.WAIT),
    (State.UNKNOWN, Sign.UNPLUGGED): (State.UNKNOWN, Action.DOUBT),
    (State.UNKNOWN, Sign.CONFIRMED): (State.OCCUPIED, Action.PROVE),
    (State.UNKNOWN, Sign.LAPSED): (State.VACANT, Action.DISMISS),
    (State.UNKNOWN, Sign.STUCK): (State.UNKNOWN, Action.DOUBT),
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

_REASONS: Final[dict[Sign, Reason]] = {
    Sign.UNPLUGGED: "unplugged",
    Sign.STUCK: "stuck",
    Sign.SILENT: "silent",
}


@dataclass(frozen=True, slots=True)
class LiveChanged:
    """The live state changed, or why it is unknown.

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

    Levels go in with `feed`, time with `advance`; both step through every deadline on the way, so what is told does not
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
        self._now_us = now_us
        self._raw: Level | None = None  # as last fed
        self._raw_us = now_us  # since when
        self._level: Level | None = None  # as believed
        self._debounce_us = _us(settings.debounce_s)
        self._bridge_us = _us(settings.bridge_s)
        self._timers: dict[Sign, int] = {}
        self._stay = Evidence(_us(settings.confirm_s), _us(settings.steady_s))
        self._proven = False  # whether the stay is a person
        self._returned = False  # whether the stay began soon after a release
        self._rise_us = now_us  # beginning of the last motion
        self._last_us = now_us  # its end
        self._left_us: int | None = None  # last motion before a release that may have been too early
        self._hold = Hold(
            least_us=_us(settings.least_hold_s),
            usual_us=_us(settings.usual_hold_s),
            most_us=_us(settings.hold_s),
            arrival_us=_us(settings.arrival_hold_s),
            return_us=_us(settings.return_hold_s),
            grow_us=_us(settings.grow_s),
            bridge_us=self._bridge_us,
        )
        self._sessions = Sessions(
            Evidence(_us(settings.confirm_s), _us(settings.steady_s)),
            gather_us=_us(settings.gather_s),
            bridge_us=self._bridge_us,
            least_us=_us(settings.least_session_s),
        )
        self._unbroken = Unbroken(
            steady_us=_us(settings.steady_s),
            trust_us=_us(settings.trust_s),
            least_stuck_us=_us(settings.least_stuck_s),
            stuck_us=_us(settings.stuck_s),
        )

    @property
    def name(self) -> DeskStateName:
        """The live state as told outside."""
        return NAMES[self.state]

    def feed(self, level: Level, at_us: int) -> list[Told]:
        """Take a level in: an edge, or the same level read again, which changes nothing.

        Args:
            at_us: mono_us of the reading; one before an earlier call counts as being at that call.

        Returns:
            What there is to tell, in order.
        """
        if level is self._raw and (self.deadline_us is None or at_us < self.deadline_us):
            return []
        # A deadline of this very moment waits: motion that comes as the hold ends is still in time.
        told = self.advance(at_us - 1)
        if level is not self._raw:
            self._now_us = at_us = max(self._now_us, at_us)
            before = self._live()
            if level is Level.MISSING and self._is_falling():
                self._believe(Level.IDLE, self._raw_us)
            if not self._is_falling():
                self._tell_session(at_us, told)
            self._raw, self._raw_us = level, at_us
            if not self._is_falling() or not self._debounce_us:
                self._believe(level, at_us)
            self._conclude(before, at_us, told)
        return told + self.advance(at_us)

    def advance(self, now_us: int) -> list[Told]:
        """Step through every deadline up to a moment, and return what there is to tell, in order."""
        told: list[Told] = []
        while self.deadline_us is not None and self.deadline_us <= now_us:
            at_us = self._now_us = max(self._now_us, self.deadline_us)
            before = self._live()
            if self._is_falling():
                self._believe(Level.IDLE, self._raw_us)
            due = [sign for sign, due_us in self._timers.items() if due_us <= at_us]
            if due:
                sign = min(due, key=lambda one: (self._timers[one], one.value))
                del self._timers[sign]
                self._step(sign, at_us)
            self._tell_session(at_us, told)
            self._conclude(before, at_us, told)
        self._now_us = max(self._now_us, now_us)
        return told

    def stop(self, now_us: int) -> list[Told]:
        """Return what is left to tell of an open session when the agent ends."""
        told = self.advance(now_us)
        if self._is_falling():
            self._sessions.end(self._raw_us)
        piece = self._sessions.stop(now_us)
        return told if piece is None else [*told, piece]

    def _is_falling(self) -> bool:
        """Say whether the level fell and may bounce: a motion ends once the level has stayed down."""
        return self._level is Level.ACTIVE and self._raw is Level.IDLE

    def _believe(self, level: Level, at_us: int) -> None:
        """Take a level from a moment on."""
        was, self._level = self._level, level
        if level is was:
            return
        if was is Level.ACTIVE:
            self._last_us = at_us
            if self._timers.get(Sign.CONFIRMED, at_us + 1) <= at_us:
                self._step(Sign.CONFIRMED, at_us)
            self._sessions.end(at_us)
            if level is Level.IDLE and self.reason != "stuck":
                self._unbroken.ended(at_us - self._rise_us)
        if level is Level.ACTIVE:
            self._rise_us = at_us
            self._sessions.begin(at_us, self._unbroken.trusted_us())
            self._step(Sign.RETURN if self._is_return(at_us) else Sign.MOTION, at_us)
        else:
            self._step(Sign.STILL if level is Level.IDLE else Sign.UNPLUGGED, at_us)

    def _is_return(self, at_us: int) -> bool:
        return (
            self.state is State.VACANT
            and self._left_us is not None
            and at_us - self._left_us < self._bridge_us
        )

    def _step(self, sign: Sign, at_us: int) -> None:
        """Go to the next state by the table, and do what it says."""
        was = self.state
        self.state, action = TABLE[was, sign]
        match action:
            case Action.GATHER | Action.WELCOME:
                self._gather(at_us, returned=action is Action.WELCOME)
            case Action.PROVE:
                self._proven = True
                self._timers.pop(Sign.CONFIRMED, None)
                if self._left_us is not None:
                    self._hold.outlasted(self._stay.first_us - self._left_us)
                    self._left_us = None
            case Action.WAIT:
                self._timers = {Sign.LAPSED: at_us + self._hold_us()}
            case Action.RELEASE | Action.DISMISS:
                self._vacate(at_us, watch=action is Action.RELEASE)
            case Action.LEARN:
                self._hold.departed()
                self._left_us = None
            case Action.DOUBT:
                self._doubt(sign, at_us)
        if self.state is not State.UNKNOWN:
            self.reason = ""

    def _gather(self, at_us: int, *, returned: bool) -> None:
        if returned:
            self._returned = True
        elif self.state is State.OCCUPIED:
            self._hold.outlasted(at_us - self._last_us)
        self._stay.begin(at_us)
        self._timers = {Sign.STUCK: at_us + self._unbroken.stuck_us()}
        if not self._proven:
            self._timers[Sign.CONFIRMED] = max(at_us, self._stay.proof_us())

    def _vacate(self, at_us: int, *, watch: bool) -> None:
        self._stay.clear()
        self._proven = self._returned = False
        self._timers = {Sign.SILENT: at_us + _us(self.settings.silent_s)}
        if watch:
            self._left_us = self._last_us
            self._timers[Sign.GONE] = max(at_us, self._left_us + self._bridge_us)

    def _doubt(self, sign: Sign, at_us: int) -> None:
        self.reason = _REASONS[sign]
        self._stay.clear()
        self._proven = self._returned = False
        self._left_us = None
        self._timers = {}
        if sign is Sign.STUCK:
            self._sessions.fault(at_us)

    def _hold_us(self) -> int:
        """Return the hold that applies to a silence that begins now."""
        if self.state is State.LEAVING:
            there_us = self._last_us - self._stay.first_us
            return self._hold.after(there_us, returned=self._returned)
        if self._stay:
            return _us(self.settings.fade_s)
        return _us(self.settings.settle_s)

    def _live(self) -> tuple[DeskStateName, Reason]:
        return self.name, self.reason

    def _tell_session(self, at_us: int, told: list[Told]) -> None:
        """Tell the piece of a session that is due, if one is."""
        if self._sessions.deadline_us is None or self._sessions.deadline_us > at_us:
            return
        piece = self._sessions.advance(at_us)
        if piece is not None:
            told.append(piece)

    def _conclude(self, before: tuple[DeskStateName, Reason], at_us: int, told: list[Told]) -> None:
        """Tell a change of the live state, and set the next deadline."""
        if before != self._live():
            told.append(LiveChanged(at_us, self.name, self.reason))
        if self._is_falling():
            # Whether the motion went on until now is known only when the fall has lasted, or was a bounce.
            self.deadline_us = self._raw_us + self._debounce_us
            return
        due = list(self._timers.values())
        if self._sessions.deadline_us is not None:
            due.append(self._sessions.deadline_us)
        self.deadline_us = min(due, default=None)


def _us(seconds: float) -> int:
    return round(seconds * 1_000_000)
