"""Every message as a struct; units stand in the field names.

`_us` are whole microseconds; `wall_us`, `at_us` count from 1970-01-01T00:00Z, `mono_us` from the boot that
`boot` names. Encoded as JSON (`wire.codec`). Within version 1 fields are only added, always with a default,
and unknown ones are ignored.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from wire.identifiers import CredentialId, Hex16, Hex64, Id

MAX_WALL_US: Final = 253_402_300_799_999_999
"""Last microsecond of the year 9999, in which Python's datetime ends."""
MAX_SEQ: Final = 2**63 - 1
MAX_MONO_US: Final = 2**53
MAX_AGO_US: Final = 400 * 86_400 * 1_000_000
MAX_LOST_RANGES: Final = 64

Seq = Annotated[int, Meta(ge=1, le=MAX_SEQ)]
SeqOrZero = Annotated[int, Meta(ge=0, le=MAX_SEQ)]
WallUs = Annotated[int, Meta(ge=0, le=MAX_WALL_US)]
MonoUs = Annotated[int, Meta(ge=0, le=MAX_MONO_US)]
AgoUs = Annotated[int, Meta(ge=0, le=MAX_AGO_US)]
# No control characters: a NUL that a database refuses or a line feed that fakes a log line stops here.
TEXT_PATTERN: Final = r"^[^\x00-\x1f\x7f]*(?![\s\S])"
Text = Annotated[str, Meta(pattern=TEXT_PATTERN, max_length=200)]
BASE64_PATTERN: Final = r"^[A-Za-z0-9+/]+={0,2}(?![\s\S])"
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class SeqRange(Struct, frozen=True, array_like=True):
    """A closed range of sequence numbers, `[first, last]`.

    Args:
        first: lowest number of the range.
        last: highest number of the range, the same as `first` for one number.
    """

    first: Seq
    last: Seq


class BatchHeader(Struct, frozen=True, kw_only=True):
    """What the hub must read of a batch even when it can't read its events (D6, D7).

    A batch accounts for every number of the closed range `first … last`: each is either in `lost` or is the
    next of the events that follow, in order.

    Args:
        epoch: born with the spool file; names the numbering.
        first: first number the batch accounts for.
        last: last number the batch accounts for.
        floor: lowest number that the device still holds, or would give next when it holds none.
        lost: ranges of `first … last` that the device had to drop (D6), rising and apart.
    """

    epoch: Hex16
    first: Seq
    last: Seq
    floor: Seq
    lost: Annotated[list[SeqRange], Meta(max_length=MAX_LOST_RANGES)] = []


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
        what: `started` (the agent began), `taken` (opened after a grant), `not_opened` (a grant ran out unused),
            `exit_requested`, `opened_remotely`, `forced` (opened without any of these), `held_soon` and `held` (open
            too long: pre-alarm, alarm), `closed` (an alarm or an opening ended), `contact` (it became unknown, or known
            again), `tamper`, `tamper_ended`, `mode`.
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
        outcome: `done`, or why not.
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


class Status(Struct, frozen=True, kw_only=True):
    """Whether a device or the hub is there; birth, farewell and last will share topic, retain and session.

    Args:
        state: `lost` is the last will's word.
        session: random id of this connection; a will of an older session is ignored.
        epoch: the spool's numbering at birth, so that the hub answers with its mark (D3); none for the hub.
    """

    state: Literal["online", "offline", "lost"]
    session: Hex16
    epoch: Hex16 | None = None


class ReaderMeta(Struct, frozen=True, kw_only=True):
    """A reader of the device and where it is.

    Args:
        id: of the reader.
        door: which door it is at, none for a reader at a desk.
        desk: which desk it is at, none for a reader at a door.
        leaving: whether it is the reader of its door for going out.
    """

    id: Id
    door: Id | None = None
    desk: Id | None = None
    leaving: bool = False


class DeskMeta(Struct, frozen=True, kw_only=True):
    """A desk the device senses and by what.

    Args:
        id: of the desk.
        sensor: of the sensor that watches it.
        kind: of sensor: `pir`, `mmwave`, `mat`, `distance`.
    """

    id: Id
    sensor: Id
    kind: Text


class ChainHead(Struct, frozen=True, kw_only=True):
    """How far a chain of the hub's log had come when the hub told a device.

    Args:
        chain: `host`, or `space/device`.
        length: number of its entries.
        head: hash of the last one, hex.
    """

    chain: Annotated[str, Meta(pattern=TEXT_PATTERN, max_length=100)]
    length: SeqOrZero
    head: Hex64


class DeviceMeta(Struct, frozen=True, kw_only=True):
    """What a device is and has; sent after each birth.

    Args:
        version: of the agent.
        boot: id of the boot that the agent runs in.
        readers: card readers.
        desks: desks with a sensor of this device.
        doors: doors that the device opens.
        capabilities: what this device can do that not every device can.
        access_version: of the access list it applies; 0 for none.
        access_until_us: when that list is dead.
        heads: of the hub's chains, as the list brought them.
    """

    version: Text
    boot: Hex16
    readers: Annotated[list[ReaderMeta], Meta(max_length=32)] = []
    desks: Annotated[list[DeskMeta], Meta(max_length=200)] = []
    doors: Annotated[list[Id], Meta(max_length=32)] = []
    capabilities: Annotated[list[Text], Meta(max_length=32)] = []
    access_version: SeqOrZero = 0
    access_until_us: WallUs = 0
    heads: Annotated[list[ChainHead], Meta(max_length=256)] = []


class DoorHealth(Struct, frozen=True, kw_only=True):
    """How a door is now.

    Args:
        mode, contact, released: as in `DoorChanged`.
        tampered: whether its housing is open.
        lock_works: whether the last word reached the lock's output; otherwise nobody knows whether it holds.
    """

    mode: DoorModeName
    contact: ContactName
    released: bool
    tampered: bool = False
    lock_works: bool = True


class DeviceHealth(Struct, frozen=True, kw_only=True):
    """How a device is, each minute; never spooled.

    Args:
        boot: id of the boot that `mono_us` counts in.
        mono_us: time since boot.
        wall_us: wall clock at the same moment, right or wrong.
        synced: whether the wall clock is synchronised.
        spool_depth: events above the hub's mark.
        spool_store: `disk`, or `memory` when the disk is dead and a restart would lose them (D1).
        temperature_c: of the processor.
        disk_free_bytes: on the file system of the spool.
        throttled: whether the Pi reports under-voltage or throttling.
        rss_bytes: memory that the agent holds.
        readers: reader id to whether it is connected.
        desks: desk id to its live state.
        time_trusted: whether doors may rely on the wall clock.
        doors: door id to how it is.
        refused: reason, in the form of an id (`wrong-signature`), to number of lists and commands that were refused
            since the agent began.
    """

    boot: Hex16
    mono_us: MonoUs
    wall_us: WallUs
    synced: bool
    spool_depth: SeqOrZero
    spool_store: Literal["disk", "memory"] = "disk"
    temperature_c: float | None = None
    disk_free_bytes: SeqOrZero | None = None
    throttled: bool | None = None
    rss_bytes: SeqOrZero | None = None
    readers: dict[Id, bool] = {}
    desks: dict[Id, DeskStateName] = {}
    time_trusted: bool = False
    doors: dict[Id, DoorHealth] = {}
    refused: Annotated[dict[Id, Count], Meta(max_length=32)] = {}


class Mark(Struct, frozen=True, kw_only=True):
    """How far the hub has committed: every event of `epoch` up to `upto` is counted (D3).

    Args:
        epoch: which numbering of the device.
        upto: highest number of the unbroken run that is committed; 0 for none.
    """

    epoch: Hex16
    upto: SeqOrZero


class Sealed(Struct, frozen=True, kw_only=True):
    """A signed and sealed body: an access list or a command (`wire.signing`).

    Args:
        header: JSON text of the readable part: recipient, purpose, version, validity.
        body: HPKE ciphertext, base64.
        signature: Ed25519 over header and body, base64.
    """

    header: Annotated[str, Meta(max_length=1024)]
    body: Annotated[str, Meta(max_length=312 * 1024)]
    signature: Annotated[str, Meta(max_length=88)]


class DeskOccupancy(Struct, frozen=True, kw_only=True):
    """One desk in an occupancy message.

    Args:
        desk: which desk.
        state: as the pages show it; `unknown` is never shown as free.
    """

    desk: Id
    state: Literal["free", "occupied", "unknown", "out_of_service"]


class Occupancy(Struct, frozen=True, kw_only=True):
    """Desk states of a space, no person; it only wakes the web, which reads the truth from the database.

    Args:
        at_us: when this was true.
        desks: every desk of the space, in the order of the site.
    """

    at_us: WallUs
    desks: Annotated[list[DeskOccupancy], Meta(max_length=200)]


Message = Status | DeviceMeta | DeviceHealth | Mark | Sealed | Occupancy
