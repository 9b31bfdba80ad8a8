"""One door: its lines and timers, and the interpreter of `device.core.door_table`.

Every time is monotonic, so no wall clock that jumps moves a lock. The door begins locked, whatever its contact says.
"""

from dataclasses import dataclass
from typing import Final

from device.core.door_mode import FREES, MODES, Mode, Order
from device.core.door_settings import DoorSettings
from device.core.door_table import (
    CONTACTS,
    RELEASED_ONCE,
    RELEASES,
    TABLE,
    TIMERS,
    Action,
    Sign,
    State,
)
from device.core.inputs import DoorLine, Level
from device.core.line import Line
from wire.events import ContactName, DoorWhat
from wire.identifiers import CredentialId

__all__ = ["GRACE_US", "Cause", "Door", "DoorSettings", "LockMoved", "Told"]

GRACE_US: Final = 1_000_000
"""The moment after a release in which an opening still belongs to it: a strike, a hand and a reed take their time."""
_SETTLE_US: Final = {
    DoorLine.CONTACT: 100_000,
    DoorLine.EXIT: 30_000,
    DoorLine.TAMPER: 100_000,
    DoorLine.BUTTON: 30_000,
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a door was released: a card, a command, or with neither the exit button.

    Args:
        leaving: whether the card was at the reader for going out.
    """

    credential: CredentialId | None = None
    command: str | None = None
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Something to tell of a door, and how the door is since.

    Args:
        what: as in `wire.events.DoorChanged`.
        cause: whose release it is about.
    """

    what: DoorWhat
    contact: ContactName
    released: bool
    mode: Mode
    cause: Cause


@dataclass(frozen=True, slots=True)
class LockMoved:
    """The lock is to be set."""

    released: bool


class Door:
    """One door's machine.

    Levels and releases go in at their time, `advance` steps through every deadline on the way, so what comes out does
    not depend on how often it is called. Each answer is what there is to do and to tell, in order.

    Args:
        settings: of this door.
        mode: NORMAL, or the LOCKDOWN that was kept over a restart.
    """

    def __init__(self, settings: DoorSettings, mode: Mode = Mode.NORMAL) -> None:
        self.settings = settings
        self.state = State.UNSEEN
        self.mode = Mode.LOCKDOWN if mode is Mode.LOCKDOWN else Mode.NORMAL
        self.tampered = False
        self._held_us = _us(settings.held_s)
        self._lines = {line: Line(_SETTLE_US[line]) for line in DoorLine if settings.has(line)}
        self._timers: dict[Sign, int] = {}
        self._releases: dict[Cause, int] = {}  # running ones, and when each ends
        self._waiting: dict[Cause, None] = {}  # whom TAKE and MISS tell of, in order
        self._called_us: int | None = None  # the last press of the button outside that no opening has used

    @property
    def released(self) -> bool:
        """Whether the lock lets people through."""
        return self.state in RELEASES

    @property
    def contact(self) -> ContactName:
        """What the contact says; `unknown` is never closed."""
        return CONTACTS[self.state]

    @property
    def is_alarmed(self) -> bool:
        """Whether the door was forced or is held open."""
        return self.state in {State.FORCED, State.HELD}

    @property
    def is_lingering(self) -> bool:
        """Whether it has stood open for longer than it should."""
        return self.state is State.LINGERING

    @property
    def deadline_us(self) -> int | None:
        """When `advance` must be called at the latest, in mono_us."""
        lines = (line.deadline_us for line in self._lines.values() if line.deadline_us is not None)
        return min((*lines, *self._timers.values()), default=None)

    @property
    def holders(self) -> list[CredentialId]:
        """Cards for which the lock is released now."""
        return [cause.credential for cause in self._releases if cause.credential is not None]

    def was_called(self, within_us: int, at_us: int) -> bool:
        """Say whether the button outside was pressed less than so long ago, and no opening has used the press.

        The press is of this start and of the monotonic clock: no wall clock and no restart makes an old one new.
        """
        return self._called_us is not None and at_us - self._called_us < within_us

    def use_call(self) -> None:
        """Take the press as used: one press, one opening."""
        self._called_us = None

    def set_held(self, held_s: float) -> None:
        """Set how long the door may stand open before the pre-alarm, from the next opening on."""
        self._held_us = _us(held_s)

    def started(self) -> list[Told | LockMoved]:
        """Return the first answer: the lock holds, and how the door is."""
        return [LockMoved(released=False), self._tell("started")]

    def feed(self, line: DoorLine, level: Level, at_us: int) -> list[Told | LockMoved]:
        """Take the level of a line in; one that the door has not is ignored."""
        told = self.advance(at_us)
        if line in self._lines:
            was = self._lines[line].believed
            believed = self._lines[line].feed(level, at_us)
            if believed is not None:
                self._line_changed(line, was, believed, at_us, told)
        return told

    def grant(
        self, credential: CredentialId, open_us: int, at_us: int, *, leaving: bool = False
    ) -> list[Told | LockMoved]:
        """Release the door once for a card, for `open_us`."""
        return self._release(Sign.GRANTED, Cause(credential, leaving=leaving), open_us, at_us)

    def open(self, command: str, open_us: int, at_us: int) -> list[Told | LockMoved]:
        """Release the door once for a command, for `open_us`."""
        return self._release(Sign.REMOTE, Cause(command=command), open_us, at_us)

    def withdraw(self, credential: CredentialId, at_us: int) -> list[Told | LockMoved]:
        """Take a card's running release back; the lock holds at once unless somebody else's runs."""
        told = self.advance(at_us)
        mine = [cause for cause in self._releases if cause.credential == credential]
        if not mine:
            return told
        if len(mine) == len(self._releases):
            self._step(Sign.SECURED, at_us, told)
            return told
        for cause in mine:
            del self._releases[cause]
            if cause in self._waiting:
                del self._waiting[cause]
                told.append(self._tell("not_opened", cause))
        self._timers[Sign.LAPSED] = max(self._releases.values())
        return told

    def set_mode(self, order: Order, at_us: int, command: str | None = None) -> list[Told | LockMoved]:
        """Carry an order out; one that may not come in this mode is a bug.

        Args:
            command: of the hub, that brought it about.
        """
        told = self.advance(at_us)
        was, self.mode = self.mode, MODES[self.mode, order]
        if self.mode is was:
            return told
        if self.mode in FREES:
            self._step(Sign.FREED, at_us, told)
        elif was in FREES or self.mode is Mode.LOCKDOWN:
            self._step(Sign.SECURED, at_us, told)
        told.append(self._tell("mode", Cause(command=command)))
        return told

    def stop(self, at_us: int) -> list[Told | LockMoved]:
        """Let the lock hold, as the agent ends; it holds whether or not it was released."""
        told = self.advance(at_us)
        self._step(Sign.SECURED, at_us, told)
        return [*told, LockMoved(released=False)]

    def advance(self, now_us: int) -> list[Told | LockMoved]:
        """Step through every deadline up to a moment."""
        told: list[Told | LockMoved] = []
        while (at_us := self.deadline_us) is not None and at_us <= now_us:
            for line, one in self._lines.items():
                was = one.believed
                believed = one.advance(at_us)
                if believed is not None:
                    self._line_changed(line, was, believed, at_us, told)
            due = [sign for sign, due_us in self._timers.items() if due_us <= at_us]
            if due:
                sign = min(due, key=lambda one: (self._timers[one], one.value))
                del self._timers[sign]
                self._step(sign, at_us, told)
        return told

    def _line_changed(
        self, line: DoorLine, was: Level, level: Level, at_us: int, told: list[Told | LockMoved]
    ) -> None:
        match line:
            case DoorLine.CONTACT:
                sign = {Level.ACTIVE: Sign.CLOSED, Level.IDLE: Sign.OPENED, Level.MISSING: Sign.LOST}[level]
                self._step(sign, at_us, told)
            case DoorLine.EXIT:
                # A button that is down as the agent starts, or as its cable comes back, was not pressed now.
                if was is Level.IDLE and level is Level.ACTIVE:
                    told += self._release(Sign.EXIT, Cause(), _us(self.settings.rex_s), at_us)
            case DoorLine.BUTTON:
                if was is Level.IDLE and level is Level.ACTIVE:
                    self._called_us = at_us
                    told.append(self._tell("called"))
            case DoorLine.TAMPER:
                is_open = self.tampered if level is Level.MISSING else level is Level.ACTIVE
                if is_open is not self.tampered:
                    self.tampered = is_open
                    told.append(self._tell("tamper" if is_open else "tamper_ended"))

    def _release(self, sign: Sign, cause: Cause, open_us: int, at_us: int) -> list[Told | LockMoved]:
        told = self.advance(at_us)
        self._step(sign, at_us, told, cause, at_us + open_us)
        return told

    def _step(
        self,
        sign: Sign,
        at_us: int,
        told: list[Told | LockMoved],
        cause: Cause | None = None,
        until_us: int = 0,
    ) -> None:
        """Look a sign up, go where it leads, set the lock, then do what is to be done."""
        was_released = self.released
        self.state, actions = TABLE[self.state, sign]
        if self.released is not was_released:
            told.append(LockMoved(self.released))
        self._timers = {one: due_us for one, due_us in self._timers.items() if one in TIMERS[self.state]}
        if self.state not in RELEASED_ONCE:
            self._releases.clear()
        for action in actions:
            self._do(action, at_us, told, cause or Cause(), until_us)

    def _do(
        self, action: Action, at_us: int, told: list[Told | LockMoved], cause: Cause, until_us: int
    ) -> None:
        match action:
            case Action.RELEASE:
                self._releases[cause] = max(self._releases.get(cause, 0), until_us)
                self._timers[Sign.LAPSED] = max(self._releases.values())
                if cause != Cause():
                    self._waiting[cause] = None
            case Action.GRACE:
                self._timers[Sign.SETTLED] = at_us + GRACE_US
            case Action.WATCH:
                # While it is released it may stand open: whoever needs longer gets no alarm for that.
                self._timers[Sign.SOON] = max(at_us + self._held_us, self._timers.get(Sign.LAPSED, 0))
            case Action.WARN:
                self._timers[Sign.LATE] = at_us + self._held_us
                told.append(self._tell("held_soon"))
            case Action.TAKE:
                # With nobody waited for (the exit button, or a card that was forgotten) only the contact is news.
                told += [self._tell("taken", one) for one in self._waiting] or [self._tell("contact")]
                self._waiting.clear()
            case Action.MISS:
                told += [self._tell("not_opened", one) for one in self._waiting]
                self._waiting.clear()
            case Action.FORGET:
                self._waiting.clear()
            case _:
                told.append(self._tell(_TELLS[action], cause))

    def _tell(self, what: DoorWhat, cause: Cause | None = None) -> Told:
        return Told(what, self.contact, self.released, self.mode, cause or Cause())


_TELLS: Final[dict[Action, DoorWhat]] = {
    Action.ALARM: "held",
    Action.FORCE: "forced",
    Action.CLOSE: "closed",
    Action.SIGHT: "contact",
    Action.LEAVE: "exit_requested",
    Action.OPEN: "opened_remotely",
}


def _us(seconds: float) -> int:
    return round(seconds * 1_000_000)
