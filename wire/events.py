"""Every event that a device may report, as a struct; units stand in the field names.

How they travel is `wire.messages`' and `wire.codec`'s; within version 1 fields are only added, always with a default.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from wire.fields import BASE64_PATTERN, AgoUs, MonoUs, SeqOrZero, Text, WallUs
from wire.identifiers import CredentialId, Hex16, Id


class EventBase(Struct, frozen=True, kw_only=True, tag_field="type"):
    """When something happened, as far as the device knew (D8).

    Args:
        boot: id of the boot that `mono_us` counts in.
        mono_us: time since boot, never jumping.
        wall_us: wall clock at the same moment, right or wrong.
        synced: whether the wall clock was synchronised then.
    """

    boot: Hex16
    mono_us: MonoUs
    wall_us: WallUs
    synced: bool


class DeviceStarted(EventBase, frozen=True, kw_only=True, tag="device_started"):
    """The agent began to work.

    Args:
        version: of the agent.
        not_before_us: the latest wall time the device had stored before: this boot is not earlier.
    """

    version: Text
    not_before_us: WallUs = 0


class ClockSynchronised(EventBase, frozen=True, kw_only=True, tag="clock_synchronised"):
    """The wall clock became right; the hub derives from it when this boot's earlier events happened (D8)."""


class CardRead(EventBase, frozen=True, kw_only=True, tag="card_read"):
    """A card was presented.

    Args:
        reader: which reader.
        credential: look-up value of the card, never its UID.
    """

    reader: Id
    credential: CredentialId


class ReaderState(EventBase, frozen=True, kw_only=True, tag="reader_state"):
    """A card reader appeared or went away.

    Args:
        reader: which reader.
        connected: whether it can be used from now on.
    """

    reader: Id
    connected: bool


DeskStateName = Literal["vacant", "occupied", "unknown"]


class DeskState(EventBase, frozen=True, kw_only=True, tag="desk_state"):
    """The live state of a desk changed.

    Args:
        desk: which desk.
        state: as its sensor tells; `unknown` is a state of its own.
        reason: why it is unknown: `no_data`, `stuck`, `silent`, `unplugged`; empty otherwise.
    """

    desk: Id
    state: DeskStateName
    reason: Literal["", "no_data", "stuck", "silent", "unplugged"] = ""


class DeskSession(EventBase, frozen=True, kw_only=True, tag="desk_session"):
    """A desk was in use, from its first to its last motion, however much later that is told.

    A long session is told in pieces, so that a power cut loses minutes and not a day: every piece but the
    first `continues`, every piece but the last is `open`.

    Args:
        desk: which desk.
        start_ago_us: from the piece's begin (first motion, or end of the piece before) to this event.
        end_ago_us: from the piece's last motion to this event; at most `start_ago_us`.
        continues: whether an earlier piece belongs to the same session.
        open: whether the session was not over when this was told.
    """

    desk: Id
    start_ago_us: AgoUs
    end_ago_us: AgoUs
    continues: bool = False
    open: bool = False

    def __post_init__(self) -> None:
        if self.end_ago_us > self.start_ago_us:
            raise ValueError("a session ends before it starts: end_ago_us is above start_ago_us")


AccessReason = Literal[
    "granted",
    "unknown_card",
    "blocked",
    "outside_window",
    "wrong_door",
    "list_expired",
    "no_list",
    "time_not_trusted",
    "lockdown",
    "double_tap",
    "uid_not_allowed",
    "card_unusable",
    "not_authentic",
    "too_slow",
]
DoorModeName = Literal["normal", "office", "evacuate", "lockdown"]
ContactName = Literal["open", "closed", "unknown"]
DoorWhat = Literal[
    "started",
    "taken",
    "not_opened",
    "exit_requested",
    "called",
    "opened_remotely",
    "forced",
    "held_soon",
    "held",
    "closed",
    "contact",
    "tamper",
    "tamper_ended",
    "mode",
]
CommandOutcome = Literal[
    "done",
    "expired",
    "time_not_trusted",
    "unknown_door",
    "unknown_reader",
    "lockdown",
    "cancelled",
    "nobody_came",
    "not_called",
]
CardKind = Literal["uid", "desfire", "ntag424"]


class AccessDecided(EventBase, frozen=True, kw_only=True, tag="access_decided"):
    """A card was presented at a door and the device decided.

    Args:
        door: which door.
        reader: where the card was.
        credential: look-up value of the card; none for a card that could not be read as one.
        granted: whether the lock was released for it.
        reason: why, or why not.
        list_version: of the access list that decided; 0 for none.
        leaving: whether the reader is the one for going out.
        passback: whether the card came in twice without going out, or the other way round: told, not refused.
    """

    door: Id
    reader: Id
    credential: CredentialId | None = None
    granted: bool
    reason: AccessReason
    list_version: SeqOrZero = 0
    leaving: bool = False
    passback: bool = False

    def __post_init__(self) -> None:
        if self.granted != (self.reason == "granted"):
            raise ValueError("granted and reason contradict each other")


class DoorChanged(EventBase, frozen=True, kw_only=True, tag="door_changed"):
    """Something happened at a door; the event says what, and how the door is since.

    Args:
        door: which door.
        what: `started` (the agent began), `taken` (opened after a card's grant or a command), `not_opened`
            (such a release ran out unused), `exit_requested`, `called` (the button outside was pressed, which releases
            nothing), `opened_remotely`, `forced` (opened without any of these), `held_soon` and `held` (open too long:
            pre-alarm, alarm), `closed` (an alarm or an opening ended), `contact` (it became unknown or known again, or
            open after the exit button), `tamper`, `tamper_ended`, `mode`.
        mode: since.
        contact: since; `unknown` is never closed.
        released: whether the lock lets people through since.
        credential: whose grant was taken or not.
        command: of the hub that brought it about.
    """

    door: Id
    what: DoorWhat
    mode: DoorModeName
    contact: ContactName
    released: bool
    credential: CredentialId | None = None
    command: Hex16 | None = None


class CommandAnswered(EventBase, frozen=True, kw_only=True, tag="command_answered"):
    """What became of a command that was the hub's own and for this device; others are counted in health alone.

    Args:
        command: its id.
        outcome: `done`, or why not; `not_called`: nobody had pressed the door's button lately, as the command asks.
    """

    command: Hex16
    outcome: CommandOutcome


class CardOffered(EventBase, frozen=True, kw_only=True, tag="card_offered"):
    """A card came to a reader at which the hub had asked for one.

    Args:
        command: the hub's question.
        reader: where.
        kind: what the card can do.
        sealed: the card's UID, sealed to the hub (`wire.signing.seal_offer`), base64.
    """

    command: Hex16
    reader: Id
    kind: CardKind
    sealed: Annotated[str, Meta(pattern=BASE64_PATTERN, max_length=256)]


class CardPersonalised(EventBase, frozen=True, kw_only=True, tag="card_personalised"):
    """Writing the hub's keys and id to a card ended.

    Args:
        command: the hub's order.
        reader: where.
        done: whether the card is complete; otherwise the same order may be given again.
        reason: why not: `removed`, `another_card`, `foreign`, `refused`, `cancelled`; empty when it is done.
    """

    command: Hex16
    reader: Id
    done: bool
    reason: Literal["", "removed", "another_card", "foreign", "refused", "cancelled"] = ""

    def __post_init__(self) -> None:
        if self.done != (not self.reason):
            raise ValueError("done and reason contradict each other")


Event = (
    DeviceStarted
    | ClockSynchronised
    | CardRead
    | ReaderState
    | DeskState
    | DeskSession
    | AccessDecided
    | DoorChanged
    | CommandAnswered
    | CardOffered
    | CardPersonalised
)
"""Every event a device may report; `type` tells which."""

PRESENCE_EVENTS: Final = (DeskState, DeskSession)
"""Dropped first when a spool is full (D6), and grouped on disk for up to one second (D1)."""
