"""What the hub orders, from the connection that carries it to what is answered."""

from collections.abc import Collection
from typing import Final, Literal, cast, get_args

from device.core.commands import Commands, Refusals
from device.core.doors import Doors
from device.core.effects import Effect, Pattern, Record, Show, UseReader
from device.core.enrolment import Enrolment
from device.core.inputs import (
    CardOffer,
    CommandArrived,
    LinkDown,
    LinkUp,
    ListArrived,
    MessageRefused,
    Moment,
    WaitEnded,
    WriteEnded,
)
from device.core.stamp import Stamp
from device.core.trusted_time import TrustedTime
from wire.access import Cancel, OpenDoor, SetMode
from wire.events import CardOffered, CardPersonalised, CommandAnswered, CommandOutcome

FromHub = LinkUp | LinkDown | ListArrived | CommandArrived | MessageRefused
AtReader = CardOffer | WriteEnded | WaitEnded
WriteReason = Literal["", "removed", "another_card", "foreign", "refused", "cancelled"]
"""As in `wire.events.CardPersonalised`."""

_OUTCOMES: Final[tuple[str, ...]] = get_args(CommandOutcome)
_WRITE_REASONS: Final[tuple[str, ...]] = get_args(WriteReason)


class Orders:
    """Lists and commands of the hub, and the readers that wait for its cards.

    Args:
        doors: of this device.
        readers: ids of all its readers.
        time: what is known of the time.
        stamp: dates events.
    """

    def __init__(self, doors: Doors, readers: Collection[str], time: TrustedTime, stamp: Stamp) -> None:
        self._doors = doors
        self._commands = Commands(readers)
        self._refusals = Refusals()
        self._time = time
        self._stamp = stamp
        self.enrolment = Enrolment()

    def refused(self) -> dict[str, int]:
        """Return how many lists and commands were refused, by reason."""
        return self._refusals.counts()

    def from_hub(self, given: FromHub, now: Moment) -> list[Effect]:
        """Take in what comes over the connection, and the connection itself."""
        match given:
            case LinkUp(session):
                self._commands.link_up(session)
            case LinkDown():
                self._commands.link_down()
            case MessageRefused(reason):
                self._refusals.count(reason)
            case ListArrived():
                book = self._doors.book
                if book is None or given.version >= book.version:
                    return self._doors.list_arrived(given, now)
                self._refusals.count("outdated")
            case CommandArrived():
                return self._command(given, now)
        return []

    def at_reader(self, given: AtReader, now: Moment) -> list[Effect]:
        """Take in what came of waiting for a card.

        Raises:
            ValueError: when the reason or outcome is not one of the contract's words.
        """
        when = self._stamp.at(now)
        match given:
            case CardOffer(reader, command, kind, sealed):
                self.enrolment.end(reader, command, now.mono_us, card_lies=True)
                offered = CardOffered(command=command, reader=reader, kind=kind, sealed=sealed, **when)
                return [Show(Pattern.CARD_DONE), Record(offered, urgent=True)]
            case WriteEnded(reader, command, done, reason):
                if reason not in _WRITE_REASONS:
                    raise ValueError(f"writing to a card ended with {reason!r}, which is no reason")
                self.enrolment.end(reader, command, now.mono_us, card_lies=True)
                why = cast("WriteReason", reason)
                written = CardPersonalised(command=command, reader=reader, done=done, reason=why, **when)
                pattern = Pattern.CARD_DONE if done else Pattern.CARD_FAILED
                return [Show(pattern), Record(written, urgent=True)]
            case WaitEnded(reader, command, outcome):
                if outcome not in _OUTCOMES:
                    raise ValueError(f"waiting for a card ended with {outcome!r}, which is no outcome")
                self.enrolment.end(reader, command, now.mono_us, card_lies=False)
                return [self._answer(command, cast("CommandOutcome", outcome), now)]

    def _command(self, given: CommandArrived, now: Moment) -> list[Effect]:
        time = self._time.look(now)
        verdict = self._commands.judge(
            given,
            time,
            self._doors.modes(),
            lambda door: self._doors.may_hold_open(door, time),
            lambda door, within_s: self._doors.was_called(door, within_s, now),
        )
        command = given.command
        if verdict.refusal:
            self._refusals.count(verdict.refusal)
            return [] if verdict.outcome is None else [self._answer(command.command, verdict.outcome, now)]
        if isinstance(command, OpenDoor | SetMode):
            return [*self._doors.carry_out(command, now), self._answer(command.command, "done", now)]
        self.enrolment.begin(command, now.mono_us)
        effects: list[Effect] = [UseReader(command)]
        if isinstance(command, Cancel):
            effects.append(self._answer(command.command, "done", now))
        return effects

    def _answer(self, command: str, outcome: CommandOutcome, now: Moment) -> Record:
        answered = CommandAnswered(command=command, outcome=outcome, **self._stamp.at(now))
        return Record(answered, urgent=True)
