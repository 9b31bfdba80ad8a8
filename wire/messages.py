"""Every message but events as a struct; units stand in the field names.

`_us` are whole microseconds; `wall_us`, `at_us` count from 1970-01-01T00:00Z, `mono_us` from the boot that
`boot` names. Encoded as JSON (`wire.codec`). Within version 1 fields are only added, always with a default,
and unknown ones are ignored.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from wire.events import ContactName, DeskStateName, DoorModeName
from wire.fields import MAX_LOST_RANGES, TEXT_PATTERN, Count, MonoUs, Seq, SeqOrZero, Text, WallUs
from wire.identifiers import Hex16, Hex64, Id


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
        calls: those of them that have a button outside, so that an opening may ask for a press of it.
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
    calls: Annotated[list[Id], Meta(max_length=32)] = []


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
