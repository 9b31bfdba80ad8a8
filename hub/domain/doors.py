"""Doors as the hub sees them: how each is, what happened there, and what a host may have it do."""

from dataclasses import dataclass
from enum import StrEnum

from hub.domain.occupancy import STALE_AFTER_US, DeviceStatus


class DoorMode(StrEnum):
    """How a door is run; the wire's words."""

    NORMAL = "normal"
    OFFICE = "office"
    EVACUATE = "evacuate"
    LOCKDOWN = "lockdown"


class Contact(StrEnum):
    """Whether a door stands open; unknown is never closed."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class DoorAlarmKind(StrEnum):
    """What at a door needs a person."""

    FORCED = "forced"
    HELD = "held"
    TAMPER = "tamper"


class CommandKind(StrEnum):
    """What the hub may have a device do."""

    OPEN = "open"
    MODE = "mode"
    READ_CARD = "read_card"
    WRITE_CARD = "write_card"
    CANCEL = "cancel"


class CommandState(StrEnum):
    """How far a command is: jobs have not sent it, the device has not answered, it has, or nobody ever did."""

    ASKED = "asked"
    SENT = "sent"
    ANSWERED = "answered"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class DoorEventView:
    """One thing that happened at a door.

    Args:
        at_us: when, at the latest.
        is_exact: whether the device knew the time.
        what: a value of the wire's `DoorWhat`, or `access` for a card, `leaving` for one that goes out.
        granted: of `access`.
        reason: of `access`; of `mode` the mode, of `contact` and `started` the contact.
        is_remote: whether it was about a command of the hub, and no card.
        who: the member's name, or the host's who gave a command, for whoever may read it; empty otherwise.
        card: label of the card, as `who`.
    """

    at_us: int
    is_exact: bool
    what: str
    granted: bool | None = None
    reason: str = ""
    who: str = ""
    card: str = ""
    is_remote: bool = False


@dataclass(frozen=True, slots=True)
class DoorAlarm:
    """Something at a door that needs a person.

    Args:
        ended_us: when it was over; None while it lasts.
        seen_us, seen_by: who took it on.
        called: name of whom the rota calls now; empty when nobody is on it.
    """

    pk: int
    door: str
    door_name: str
    kind: DoorAlarmKind
    began_us: int
    ended_us: int | None = None
    seen_us: int | None = None
    seen_by: str = ""
    called: str = ""


@dataclass(frozen=True, slots=True)
class DoorView:
    """A door as a host sees it.

    Args:
        has_lock: whether its device opens it.
        status: of its device.
        mode, contact, released: as the device told last; contact is unknown when the device is away or told nothing.
        since_us: of that, whichever of them changed last.
        mode_since_us: when the mode began, as far as the last events tell it; 0 for unknown.
        list_version, applied_version: of the access list that was published and that the device has.
        list_until_us: when the applied list is dead; 0 for none.
        is_pending: whether a change of rights has not reached it.
        is_unmade: whether that is because the hub has not made the list.
        recent: the last ten events, latest first, without persons.
        lock_works: whether the device could set the lock; otherwise nobody knows whether it holds.
    """

    id: str
    name: str
    device: str
    has_lock: bool
    status: DeviceStatus
    mode: DoorMode
    contact: Contact
    released: bool
    since_us: int
    list_version: int
    applied_version: int
    list_until_us: int
    is_pending: bool
    alarms: tuple[DoorAlarm, ...] = ()
    recent: tuple[DoorEventView, ...] = ()
    lock_works: bool = True
    is_unmade: bool = False
    mode_since_us: int = 0


@dataclass(frozen=True, slots=True)
class CommandView:
    """What became of a command.

    Args:
        outcome: the device's word (`wire.events.CommandOutcome`), or `offline`, `no_answer`, `no_keys`.
    """

    id: str
    kind: CommandKind
    state: CommandState
    door: str
    outcome: str = ""
    answered_us: int | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """Who came in today, as far as may be shown.

    Args:
        entries: granted entries of today's local date, latest first; persons only while the log is open to the asker.
        visits: distinct members who came.
        open_until_us: until when the asker may see persons; 0 for not.
    """

    entries: tuple[DoorEventView, ...]
    visits: int
    open_until_us: int


def device_now(status: DeviceStatus | None, heard_us: int, now_us: int) -> DeviceStatus:
    """Return whether a device is there: one that says nothing for too long is lost, whatever it said last."""
    if status is None:
        return DeviceStatus.NEVER
    if status is DeviceStatus.ONLINE and now_us - heard_us > STALE_AFTER_US:
        return DeviceStatus.LOST
    return status
