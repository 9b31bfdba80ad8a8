"""How a door is now, from what its device told in events and in its words: stored facts and a `now` in, a view out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hub.domain.door_events import MODE
from hub.domain.doors import (
    CommandKind,
    CommandState,
    CommandView,
    Contact,
    DoorAlarm,
    DoorEventView,
    DoorMode,
    DoorView,
    device_now,
)
from hub.domain.occupancy import DeviceStatus

CALL_EVERY_US: Final = 900_000_000
"""So long the rota waits for each before it calls the next."""
ANSWER_GRACE_US: Final = 5_000_000
"""So long after a command's time its answer may still be on its way."""


@dataclass(frozen=True, slots=True)
class LastWord:
    """What an event said last of a door."""

    mode: DoorMode
    contact: Contact
    released: bool
    since_us: int


@dataclass(frozen=True, slots=True)
class ListState:
    """How far a trusted device's access list is (`hub.storage.access_tables.AccessStateRow`)."""

    wanted: int = 0
    compiled: int = 0
    version: int = 0
    applied: int = 0

    @property
    def is_pending(self) -> bool:
        """Whether a change of rights has not reached the device."""
        return self.is_unmade or self.applied < self.version

    @property
    def is_unmade(self) -> bool:
        """Whether a change of rights is in no list yet: for a moment, or for as long as none can be made."""
        return self.wanted > self.compiled


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """What is stored of a door.

    Args:
        device: id of its device, empty for none.
        status, heard_us: what the device said last, and when it was heard.
        meta, health: its last messages.
        lists: None for a device that is not trusted.
    """

    pk: int
    id: str
    name: str
    device: str = ""
    device_pk: int | None = None
    status: DeviceStatus | None = None
    heard_us: int = 0
    meta: Mapping[str, Any] = field(default_factory=dict)
    health: Mapping[str, Any] = field(default_factory=dict)
    last: LastWord | None = None
    lists: ListState | None = None

    def is_there(self, now_us: int) -> bool:
        """Say whether its device is there now."""
        return device_now(self.status, self.heard_us, now_us) is DeviceStatus.ONLINE


@dataclass(frozen=True, slots=True)
class AlarmFacts:
    """What is stored of an alarm."""

    door_pk: int
    alarm: DoorAlarm


def last_word(facts: DoorFacts) -> LastWord | None:
    """Return what was said last of a door: its last event, or what the device's health said later.

    Health bridges what has not arrived: an event in the device's spool, or one that a dead disk lost.
    """
    said = facts.health.get("doors", {}).get(facts.id)
    if said is None:
        return facts.last
    wall_us = int(facts.health.get("wall_us", 0)) if facts.health.get("synced") else 0
    told = LastWord(
        DoorMode(said["mode"]), Contact(said["contact"]), bool(said["released"]), wall_us or facts.heard_us
    )
    if facts.last is None:
        return told
    is_same = (told.mode, told.contact, told.released) == (
        facts.last.mode,
        facts.last.contact,
        facts.last.released,
    )
    return told if wall_us > facts.last.since_us and not is_same else facts.last


def door_view(
    facts: DoorFacts, alarms: Sequence[AlarmFacts], recent: Sequence[DoorEventView], now_us: int
) -> DoorView:
    """Return a door as a host sees it; of a device that is away the contact is unknown, never what it once was."""
    word = last_word(facts)
    status = device_now(facts.status, facts.heard_us, now_us)
    is_there = status is DeviceStatus.ONLINE
    lists = facts.lists or ListState(applied=int(facts.meta.get("access_version", 0)))
    return DoorView(
        id=facts.id,
        name=facts.name,
        device=facts.device,
        has_lock=facts.id in facts.meta.get("doors", ()),
        status=status,
        mode=word.mode if word else DoorMode.NORMAL,
        contact=word.contact if word and is_there else Contact.UNKNOWN,
        released=word.released if word else False,
        since_us=word.since_us if word else 0,
        list_version=lists.version,
        applied_version=lists.applied,
        list_until_us=int(facts.meta.get("access_until_us", 0)) if facts.meta.get("access_version") else 0,
        lock_works=bool(facts.health.get("doors", {}).get(facts.id, {}).get("lock_works", True)),
        is_pending=facts.lists is not None and facts.lists.is_pending,
        is_unmade=facts.lists is not None and facts.lists.is_unmade,
        alarms=tuple(one.alarm for one in alarms if one.door_pk == facts.pk),
        recent=tuple(recent),
        mode_since_us=mode_since_us(word.mode, recent) if word else 0,
    )


def mode_since_us(mode: DoorMode, recent: Sequence[DoorEventView]) -> int:
    """Return when a door's mode began; 0 when its events, latest first, do not tell."""
    last = next((event for event in recent if event.what == MODE), None)
    # A device that began anew may be in another mode than it told last, without a word of its own for that.
    return last.at_us if last is not None and last.reason == mode and last.is_exact else 0


def called(rota: Sequence[str], began_us: int, now_us: int) -> str:
    """Return the name of whom the rota calls now: each for 15 minutes, the last one from then on; empty without any."""
    if not rota:
        return ""
    return rota[min(max(now_us - began_us, 0) // CALL_EVERY_US, len(rota) - 1)]


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it is stored.

    Args:
        space, door: ids; the door is empty for a command that is not of one.
        account: key of whose it is.
        called_s: within how many seconds the button outside must have been pressed; 0 for no press.
    """

    id: str
    kind: CommandKind
    state: CommandState
    space: str
    door: str
    until_us: int
    account: int | None = None
    outcome: str = ""
    answered_us: int | None = None
    called_s: int = 0


def command_view(command: Command, now_us: int) -> CommandView:
    """Return what became of a command: one that nobody answered in time is over."""
    state, outcome = command.state, command.outcome
    if state is CommandState.ASKED and now_us > command.until_us:
        state, outcome = CommandState.EXPIRED, outcome or "offline"
    elif state is CommandState.SENT and now_us > command.until_us + ANSWER_GRACE_US:
        state, outcome = CommandState.EXPIRED, outcome or "no_answer"
    return CommandView(command.id, command.kind, state, command.door, outcome, command.answered_us)
