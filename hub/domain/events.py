"""Events as the hub keeps them: what a device reported, and when it happened as far as can be known (D8)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from hub.domain.door_events import Told

MAX_INSTANT_US: Final = 253_402_300_799_999_999
"""Last microsecond of the year 9999, in which Python's datetime ends."""


class EventKind(StrEnum):
    """What an event tells; the wire's tags, so that a stored event says by itself what it is."""

    DEVICE_STARTED = "device_started"
    CLOCK_SYNCHRONISED = "clock_synchronised"
    CARD_READ = "card_read"
    READER_STATE = "reader_state"
    DESK_STATE = "desk_state"
    DESK_SESSION = "desk_session"
    ACCESS_DECIDED = "access_decided"
    DOOR_CHANGED = "door_changed"
    COMMAND_ANSWERED = "command_answered"
    CARD_OFFERED = "card_offered"
    CARD_PERSONALISED = "card_personalised"


class RefusalReason(StrEnum):
    """Why a payload was put into quarantine (D2, D7).

    UNREADABLE_HEADER: the batch can't be taken apart; it moves no mark. UNPROCESSABLE: taking it in failed in our own
    code; it moves no mark either. The others stand under the `seq` of one event, and the mark passes.
    """

    UNREADABLE_HEADER = "unreadable_header"
    UNPROCESSABLE = "unprocessable"
    UNREADABLE_EVENT = "unreadable_event"
    UNKNOWN_DESK = "unknown_desk"
    UNKNOWN_DOOR = "unknown_door"
    OTHER_CONTENT = "other_content"


class AlarmKind(StrEnum):
    """What a person must know of; one open alarm per kind and subject, however often it happens."""

    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_TOPIC = "unknown_topic"
    UNREADABLE_HEADER = "unreadable_header"
    UNPROCESSABLE = "unprocessable"
    REFUSED_EVENT = "refused_event"
    OTHER_CONTENT = "other_content"
    EVENTS_LOST = "events_lost"
    NEW_EPOCH = "new_epoch"
    LOG_DIFFERS = "log_differs"
    BACKUP_FAILED = "backup_failed"


class TimeQuality(StrEnum):
    """How an event's time is known.

    EXACT: the device's clock was synchronised. DERIVED: it became so later in the same boot. UNKNOWN: never; only
        bounds.
    """

    EXACT = "exact"
    DERIVED = "derived"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EventTime:
    """When something happened.

    Args:
        earliest_us, latest_us: bounds, both inclusive; equal unless the quality is UNKNOWN.
    """

    earliest_us: int
    latest_us: int
    quality: TimeQuality


@dataclass(frozen=True, slots=True)
class EventKey:
    """What makes an event one event (D1, D2)."""

    space: str
    device: str
    epoch: str
    seq: int


def event_time(
    *,
    mono_us: int,
    wall_us: int,
    synced: bool,
    boot_offset_us: int | None,
    not_before_us: int,
    received_us: int,
) -> EventTime:
    """Return when an event happened.

    Args:
        mono_us, wall_us, synced: as the device reported.
        boot_offset_us: wall minus monotonic time of the boot, once a synchronised event of it is known.
        not_before_us: the latest time that the device had stored before that boot, 0 for none.
        received_us: when the hub received it.
    """
    if synced:
        return EventTime(wall_us, wall_us, TimeQuality.EXACT)
    if boot_offset_us is not None:
        at_us = min(max(mono_us + boot_offset_us, 0), MAX_INSTANT_US)
        return EventTime(at_us, at_us, TimeQuality.DERIVED)
    return EventTime(min(not_before_us, received_us), received_us, TimeQuality.UNKNOWN)


class Reported(NamedTuple):
    """An event as a device told it, in the hub's words.

    Args:
        kind: a value of `EventKind`.
        boot, mono_us, wall_us, synced: when, as far as the device knew (D8).
        desk: the desk it is about, or empty.
        state, reason: of `desk_state`, as on the wire.
        start_ago_us, end_ago_us, continues, is_open: of `desk_session`, as on the wire.
        not_before_us: of `device_started`.
        told: what it says of doors, commands and cards; None for what it says of desks and of the device itself.
    """

    kind: str
    boot: str
    mono_us: int
    wall_us: int
    synced: bool
    desk: str = ""
    state: str = ""
    reason: str = ""
    start_ago_us: int = 0
    end_ago_us: int = 0
    continues: bool = False
    is_open: bool = False
    not_before_us: int = 0
    told: Told | None = None


class Refused(NamedTuple):
    """An event that is not counted, and why (D7)."""

    reason: RefusalReason
    detail: str


class Alarm(NamedTuple):
    """Something that a person must know, `times` times since it was told last."""

    kind: AlarmKind
    subject: str
    detail: str
    times: int = 1
