"""Whether a command of the hub may still be carried out, and what became of those that may not.

A void command opens nothing. It is counted, and answered only when it was the hub's own, for this connection, given for
the first time: an answer to a repeated one would let whoever repeats it fill the spool.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from device.core.door_mode import FREES, MODES, SETS, Mode
from device.core.inputs import CommandArrived
from device.core.trusted_time import Known
from wire.access import OpenDoor, SetMode
from wire.events import CommandOutcome

AHEAD_US: Final = 30_000_000
"""A command that is valid for longer is not the hub's way, or the clock is wrong: ten seconds are usual."""
MAX_COUNT: Final = 1_000_000
MAX_REASONS: Final = 32
OTHER: Final = "other"


class Refusals:
    """Counts of refused lists and commands by reason, as health tells them."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def count(self, reason: str) -> None:
        """Count one; when there are many reasons, a new one counts as `other`."""
        if reason not in self._counts and len(self._counts) >= MAX_REASONS - 1:
            reason = OTHER
        self._counts[reason] = min(MAX_COUNT, self._counts.get(reason, 0) + 1)

    def counts(self) -> dict[str, int]:
        """Return them all."""
        return dict(self._counts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a command.

    Args:
        refusal: a word to be counted; empty when the command is to be carried out.
        outcome: what the hub is answered; None for nothing.
    """

    refusal: str = ""
    outcome: CommandOutcome | None = None


_UNKNOWN_DOOR: Final = Verdict("unknown-door", "unknown_door")
_UNKNOWN_READER: Final = Verdict("unknown-reader", "unknown_reader")
_NO_TIME: Final = Verdict("time-not-trusted", "time_not_trusted")
_LOCKDOWN: Final = Verdict("lockdown", "lockdown")
_NOT_CALLED: Final = Verdict("not-called", "not_called")


class Commands:
    """What a device has seen of commands.

    Args:
        readers: ids of all its readers.
    """

    def __init__(self, readers: Collection[str]) -> None:
        self._readers = readers
        self._session: str | None = None
        self._is_up = False
        self._highest = -1

    def link_up(self, session: str) -> None:
        """Take note of the connection; commands of another one are void, and numbers begin anew."""
        self._is_up = True
        if session != self._session:
            self._session, self._highest = session, -1

    def link_down(self) -> None:
        """Take note that there is no connection, so that whatever was on its way is void."""
        self._is_up = False

    def judge(
        self,
        given: CommandArrived,
        time: Known,
        modes: Mapping[str, Mode],
        may_hold_open: Callable[[str], bool],
        was_called: Callable[[str, int], bool],
    ) -> Verdict:
        """Say whether a command is to be carried out.

        Args:
            time: what is known of the time.
            modes: of each door of this device.
            may_hold_open: whether mode office is allowed at a door now.
            was_called: whether the button outside of a door was pressed within so many seconds.
        """
        void = self._void(given)
        if void:
            return Verdict(void)
        self._highest = given.number
        if time.at_us >= given.valid_until_us:
            return Verdict("expired", "expired")
        if time.trusted and given.valid_until_us - time.at_us > AHEAD_US:
            return Verdict("valid-too-long", "expired")
        command = given.command
        if not isinstance(command, OpenDoor | SetMode):
            return Verdict() if command.reader in self._readers else _UNKNOWN_READER
        if command.door not in modes:
            return _UNKNOWN_DOOR
        mode = modes[command.door]
        if isinstance(command, OpenDoor):
            return _judge_opening(command, mode, time, was_called)
        return _judge_mode(command, mode, time, may_hold_open)

    def _void(self, given: CommandArrived) -> str:
        """Return why a command is not one that the hub gives us now for the first time, or nothing."""
        if given.retained:
            return "retained"
        if not self._is_up or given.command.session != self._session:
            return "other-session"
        return "repeated" if given.number <= self._highest else ""


def _judge_opening(
    command: OpenDoor, mode: Mode, time: Known, was_called: Callable[[str, int], bool]
) -> Verdict:
    if not time.trusted:
        return _NO_TIME
    # A lockdown that one click undoes for one door is none: a host ends it first.
    if mode is Mode.LOCKDOWN:
        return _LOCKDOWN
    if command.called_s and not was_called(command.door, command.called_s):
        return _NOT_CALLED
    return Verdict()


def _judge_mode(command: SetMode, mode: Mode, time: Known, may_hold_open: Callable[[str], bool]) -> Verdict:
    order = SETS[command.mode]
    if (mode, order) not in MODES:
        return _LOCKDOWN
    following = MODES[mode, order]
    opens = following in FREES or (mode is Mode.LOCKDOWN and following is not Mode.LOCKDOWN)
    if opens and not time.trusted:
        return _NO_TIME
    if following is Mode.OFFICE and not may_hold_open(command.door):
        # No window of office is open now; the contract's nearest word for that.
        return Verdict("outside-window", "expired")
    return Verdict()
