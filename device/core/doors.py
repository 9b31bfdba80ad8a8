"""All doors of one device: cards, lists, lines, modes and hours joined, as effects.

Nothing but a grant, a request to exit, a mode that holds the door open, or a valid command releases a lock. Loss and
return of the link, lists, clocks and restarts never do (IEC 60839-11-1).
"""

from collections.abc import Iterable, Mapping
from typing import Final

from device.core.access import AccessBook, Decision, decide, reason_of
from device.core.door import Door, LockMoved, Told
from device.core.door_mode import FREES, NAMES, SETS, Mode, Order
from device.core.door_settings import DoorSettings, ReaderPlace
from device.core.effects import Effect, KeepMode, Pattern, Record, SetLock, Show
from device.core.inputs import DoorLevel, ListArrived, Moment
from device.core.office import Office
from device.core.passback import Passback
from device.core.presentation import Presentations
from device.core.signal import ANSWERS
from device.core.stamp import Stamp
from device.core.trusted_time import Known, TrustedTime
from wire.access import OpenDoor, SetMode
from wire.events import AccessDecided, AccessReason, DoorChanged, DoorModeName
from wire.identifiers import CredentialId
from wire.messages import ChainHead, DoorHealth

__all__ = ["Doors", "ReaderPlace"]

SAME_CARD_US: Final = 1_000_000
"""A card that comes back to a door's reader within this time flickers; whoever taps again in earnest takes longer."""
CALL_AGAIN_US: Final = 30_000_000
"""So long after a press that was told further ones are only shown: whoever plays with the button outside fills no
spool."""
LOOK_AGAIN_US: Final = 60_000_000
"""A clock that was set or lost its trust is noticed so soon while a door is held open by the hour."""
_REVOKED: Final[frozenset[AccessReason]] = frozenset(
    {"unknown_card", "blocked", "wrong_door", "uid_not_allowed"}
)


class Doors:
    """The doors of one device.

    Args:
        settings: door to its settings.
        places: reader to its door; readers at doors that are not in `settings` are none of ours.
        kept_modes: door to the mode that was kept over the restart; of these only `lockdown` counts.
        time: what is known of the time.
        stamp: dates events.
    """

    def __init__(
        self,
        settings: Mapping[str, DoorSettings],
        places: Mapping[str, ReaderPlace],
        kept_modes: Mapping[str, DoorModeName],
        time: TrustedTime,
        stamp: Stamp,
    ) -> None:
        self._doors = {
            door: Door(one, Mode.LOCKDOWN if kept_modes.get(door) == "lockdown" else Mode.NORMAL)
            for door, one in settings.items()
        }
        self._office = {door: Office(door) for door in settings}
        self._places = {reader: place for reader, place in places.items() if place.door in settings}
        self._presentations = Presentations(SAME_CARD_US)
        self._passback = Passback()
        self._book: AccessBook | None = None
        self._time = time
        self._stamp = stamp
        self._looked_us = 0
        self._next_call_us: dict[str, int] = {}  # when a press at a door is told again

    # -- inputs ---------------------------------------------------------------------------------------------------

    def started(self, now: Moment) -> list[Effect]:
        """Return the first effects: every lock holds, whatever the contacts say."""
        return [
            effect for door, one in self._doors.items() for effect in self._effects(door, one.started(), now)
        ]

    def presented(self, reader: str, credential: CredentialId, now: Moment, *, proven: bool) -> list[Effect]:
        """Decide on a card at one of our readers."""
        if not self._presentations.is_new(reader, (credential, proven), now.mono_us):
            return []
        place, time = self._places[reader], self._time.look(now)
        door = self._doors[place.door]
        decision = decide(self._book, place.door, credential, proven=proven, time=time, mode=door.mode)
        if decision.granted:
            return self._granted(reader, credential, decision, time, now)
        return self._refused(reader, credential, decision.reason, ANSWERS[decision.reason], now)

    def refused(
        self, reader: str, refusal: str, credential: CredentialId | None, now: Moment
    ) -> list[Effect]:
        """Tell of a card at one of our readers that could not be used (`inputs.CardRefused`)."""
        # A card that lies badly is read now and then: it is still the same card.
        if credential is None and self._presentations.is_there(reader, now.mono_us):
            return []
        if not self._presentations.is_new(reader, (credential, refusal), now.mono_us):
            return []
        reason = reason_of(refusal)
        pattern = Pattern.HOLD_CARD if refusal == "unreadable" else ANSWERS[reason]
        return self._refused(reader, credential, reason, pattern, now)

    def ended(self, reader: str, now: Moment) -> None:
        """Take note that a card left one of our readers, or that the reader went away with it."""
        self._presentations.ended(reader, now.mono_us)

    def level(self, given: DoorLevel, now: Moment) -> list[Effect]:
        """Take the level of a door's line in."""
        told = self._doors[given.door].feed(given.line, given.level, now.mono_us)
        return self._effects(given.door, told, now)

    def list_arrived(self, given: ListArrived, now: Moment) -> list[Effect]:
        """Apply a list: it releases nothing, and whose right it takes has no running release any more."""
        self._time.look(now)
        self._time.raise_to(given.issued_us)
        time = self._time.look(now)
        book = self._book = AccessBook(given.version, given.valid_until_us, given.body)
        self._passback.prune(now.mono_us)
        effects: list[Effect] = []
        for door, one in self._doors.items():
            rule = book.rule(door)
            one.set_held(one.settings.held_s if rule is None else rule.held_s)
            for credential in one.holders:
                again = book.decide(door, credential, proven=True, time=time, mode=one.mode)
                if again.reason in _REVOKED:
                    effects += self._effects(door, one.withdraw(credential, now.mono_us), now)
        return effects

    def carry_out(self, command: OpenDoor | SetMode, now: Moment) -> list[Effect]:
        """Do what a command says that `device.core.commands` found valid."""
        if isinstance(command, SetMode):
            return self._order(command.door, SETS[command.mode], now, command.command)
        door = self._doors[command.door]
        if command.called_s:
            door.use_call()
        told = door.open(command.command, self._open_us(command.door, longer=False), now.mono_us)
        return [Show(Pattern.GRANTED), *self._effects(command.door, told, now)]

    def advance(self, now: Moment) -> list[Effect]:
        """Step through what is due, and end office where it may no longer be."""
        effects: list[Effect] = []
        time = self._time.look(now)
        self._looked_us = now.mono_us
        for door, one in self._doors.items():
            effects += self._effects(door, one.advance(now.mono_us), now)
            if one.mode is Mode.OFFICE and not self._office[door].still_holds(self._book, time, now.mono_us):
                effects += self._order(door, Order.OVER, now)
        return effects

    def stop(self, now: Moment) -> list[Effect]:
        """Let every lock hold, as the agent ends."""
        effects: list[Effect] = []
        for door, one in self._doors.items():
            effects += self._effects(door, one.stop(now.mono_us), now)
        return effects

    # -- answers --------------------------------------------------------------------------------------------------

    @property
    def deadline_us(self) -> int | None:
        """When `advance` must be called at the latest, in mono_us."""
        dues = [one.deadline_us for one in self._doors.values()]
        dues += [one.deadline_us for one in self._office.values()]
        if any(one.mode is Mode.OFFICE for one in self._doors.values()):
            dues.append(self._looked_us + LOOK_AGAIN_US)
        return min((due_us for due_us in dues if due_us is not None), default=None)

    @property
    def book(self) -> AccessBook | None:
        """The list that applies."""
        return self._book

    @property
    def heads(self) -> list[ChainHead]:
        """Heads of the hub's chains, as the list brought them."""
        return [] if self._book is None else self._book.heads

    def has_reader(self, reader: str) -> bool:
        """Say whether a reader stands at one of these doors."""
        return reader in self._places

    def modes(self) -> dict[str, Mode]:
        """Return the mode of each door."""
        return {door: one.mode for door, one in self._doors.items()}

    def may_hold_open(self, door: str, time: Known) -> bool:
        """Say whether mode office is allowed at a door now."""
        return self._office[door].may_hold(self._book, time)

    def was_called(self, door: str, within_s: int, now: Moment) -> bool:
        """Say whether somebody pressed the button outside of a door within so many seconds, to be let in now."""
        return self._doors[door].was_called(within_s * 1_000_000, now.mono_us)

    def health(self) -> dict[str, DoorHealth]:
        """Return how each door is."""
        return {
            door: DoorHealth(
                mode=NAMES[one.mode], contact=one.contact, released=one.released, tampered=one.tampered
            )
            for door, one in self._doors.items()
        }

    def resting(self) -> Pattern | None:
        """Return what the lamp shows for the doors' sake while nobody is at a reader, or None."""
        doors = self._doors.values()
        if any(one.is_alarmed for one in doors):
            return Pattern.ALARM
        if any(one.is_lingering for one in doors):
            return Pattern.CLOSE_DOOR
        return Pattern.LOCKDOWN if any(one.mode is Mode.LOCKDOWN for one in doors) else None

    # -- inside ---------------------------------------------------------------------------------------------------

    def _granted(
        self, reader: str, credential: CredentialId, decision: Decision, time: Known, now: Moment
    ) -> list[Effect]:
        place = self._places[reader]
        name, leaving = place.door, place.leaving
        door = self._doors[name]
        if (
            not decision.longer  # who needs longer may need more than one try
            and door.mode not in FREES
            and self._passback.is_too_soon(name, credential, leaving=leaving, now_us=now.mono_us)
        ):
            return self._refused(reader, credential, "double_tap", ANSWERS["double_tap"], now)
        two_ways = door.settings.exit_reader
        passback = two_ways and self._passback.granted(credential, leaving=leaving, now_us=now.mono_us)
        effects: list[Effect] = [
            Show(ANSWERS["granted"]),
            self._decided(reader, credential, "granted", now, passback=passback),
        ]
        if two_ways and leaving and door.mode is Mode.OFFICE and self._passback.is_empty(now.mono_us):
            effects += self._order(name, Order.OVER, now)
        open_us = self._open_us(name, longer=decision.longer)
        told = door.grant(credential, open_us, now.mono_us, leaving=leaving)
        effects += self._effects(name, told, now)
        if not leaving and door.mode is Mode.NORMAL and self._office[name].may_begin(self._book, time):
            effects += self._order(name, Order.ARRIVED, now)
        return effects

    def _refused(
        self,
        reader: str,
        credential: CredentialId | None,
        reason: AccessReason,
        pattern: Pattern,
        now: Moment,
    ) -> list[Effect]:
        return [Show(pattern), self._decided(reader, credential, reason, now)]

    def _decided(
        self,
        reader: str,
        credential: CredentialId | None,
        reason: AccessReason,
        now: Moment,
        *,
        passback: bool = False,
    ) -> Record:
        place = self._places[reader]
        event = AccessDecided(
            door=place.door,
            reader=reader,
            credential=credential,
            granted=reason == "granted",
            reason=reason,
            list_version=0 if self._book is None else self._book.version,
            leaving=place.leaving,
            passback=passback,
            **self._stamp.at(now),
        )
        return Record(event, urgent=True)

    def _order(self, name: str, order: Order, now: Moment, command: str | None = None) -> list[Effect]:
        """Change a door's mode, its hours with it, and have a lockdown kept."""
        door, office, time = self._doors[name], self._office[name], self._time.look(now)
        was = door.mode
        effects = self._effects(name, door.set_mode(order, now.mono_us, command), now)
        if door.mode is Mode.OFFICE:
            office.begin(self._book, time, now.mono_us)
        elif order is Order.OVER:
            office.end()
        else:
            office.decline(self._book, time)
        if door.mode is not was and Mode.LOCKDOWN in {door.mode, was}:
            effects.append(KeepMode(name, NAMES[door.mode]))
        return effects

    def _open_us(self, door: str, *, longer: bool) -> int:
        rule = None if self._book is None else self._book.rule(door)
        times = self._doors[door].settings if rule is None else rule
        return round((times.longer_s if longer else times.open_s) * 1_000_000)

    def _effects(self, name: str, told: Iterable[Told | LockMoved], now: Moment) -> list[Effect]:
        """Turn what a door's machine told into effects of this moment."""
        effects: list[Effect] = []
        for one in told:
            if isinstance(one, LockMoved):
                effects.append(SetLock(name, one.released))
                continue
            if one.what == "called":
                effects.append(Show(Pattern.CALLED))
                if now.mono_us < self._next_call_us.get(name, 0):
                    continue
                self._next_call_us[name] = now.mono_us + CALL_AGAIN_US
            card = one.cause.credential
            if card is not None and one.what == "taken":
                self._passback.taken(name, card, leaving=one.cause.leaving, now_us=now.mono_us)
            elif card is not None and one.what == "not_opened":
                self._passback.not_opened(card)
            event = DoorChanged(
                door=name,
                what=one.what,
                mode=NAMES[one.mode],
                contact=one.contact,
                released=one.released,
                credential=card,
                command=one.cause.command,
                **self._stamp.at(now),
            )
            effects.append(Record(event, urgent=True))
        return effects
