"""What is inside a sealed access list and a sealed command: compressed MessagePack, so that 2,000 cards fit.

Header, signature and seal are `wire.signing`'s. Within version 1 fields are only added, always at the end and with a
default.
"""

import zlib
from itertools import pairwise
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from wire.errors import UnreadableMessage
from wire.events import CardKind, DoorModeName
from wire.fields import WallUs
from wire.identifiers import Hex16, Id
from wire.messages import ChainHead

MAX_CREDENTIALS: Final = 2_200
"""As many fit into a sealed list together with some 50 schedules of 100 windows (`wire.signing.MAX_BODY_BYTES`)."""
MAX_WINDOWS: Final = 2_000
MAX_UNPACKED_BYTES: Final = 2 * 1024 * 1024
"""Of a body before it is compressed: what claims to be more is refused before it takes memory."""

LOOKUP_BYTES: Final = 32
KEY_BYTES: Final = 16
PROOF_BYTES: Final = 16

BLOCKED: Final = 1
"""Flag of a card that opens nothing; it stands in the list so that the log can name it, and brings no key."""
ALWAYS_WORKS: Final = 2
"""Flag of a card that opens also when the list is dead or the time is not trusted (hosts)."""
HOST: Final = 4
"""Flag of a host's card, which a lockdown may let in."""
LONGER: Final = 8
"""Flag of a member who needs the door open longer (extended unlock time)."""

Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Bytes16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
KeyOrNone = Annotated[bytes, Meta(max_length=16)]
Small = Annotated[int, Meta(ge=0, le=65_535)]
Seconds = Annotated[int, Meta(ge=1, le=600)]
SecondsOrNone = Annotated[int, Meta(ge=0, le=600)]


class Window(Struct, frozen=True, array_like=True, order=True):
    """A stretch of absolute time, half-open.

    Args:
        start_us, end_us: microseconds since 1970 UTC.
    """

    start_us: WallUs
    end_us: WallUs

    def __post_init__(self) -> None:
        if self.end_us <= self.start_us:
            raise ValueError("a window ends before it starts")


class DoorRule(Struct, frozen=True, kw_only=True):
    """What holds for a door as a whole.

    Args:
        id: which door.
        open_s: for how long a grant releases the lock.
        longer_s: the same for members with an extended unlock time.
        held_s: how long it may stand open before the pre-alarm; the alarm follows after as long again.
        uid_cards: whether cards without a key open it: the space has said so in words.
        office: when mode office may hold it open.
        office_from_first: whether the first grant inside an office window begins the mode; otherwise only a host does.
        lockdown_hosts: whether a lockdown lets hosts' cards in.
        round_trip_ms: longest answer of a card that is believed (relay attacks); 0 for no bound.
    """

    id: Id
    open_s: Seconds = 5
    longer_s: Seconds = 15
    held_s: Seconds = 30
    uid_cards: bool = False
    office: Annotated[list[Window], Meta(max_length=MAX_WINDOWS)] = []
    office_from_first: bool = True
    lockdown_hosts: bool = True
    round_trip_ms: Small = 0


class Right(Struct, frozen=True, array_like=True):
    """When a card opens a door.

    Args:
        door: index into the list's doors.
        schedule: index into its schedules.
    """

    door: Small
    schedule: Small


class Credential(Struct, frozen=True, array_like=True):
    """A card in the list.

    Args:
        lookup: HMAC of its UID under the list's look-up key.
        kind: how it proves itself.
        flags: `BLOCKED`, `ALWAYS_WORKS`, `HOST`, `LONGER`, added up.
        key: its own diversified read key; empty for kind `uid` and for blocked cards.
        proof: first 16 bytes of the HMAC of the credential id that it must hold; empty as `key`.
        rights: when it opens which door; a flagged card without rights opens nothing either.
    """

    lookup: Bytes32
    kind: CardKind
    flags: Annotated[int, Meta(ge=0, le=255)]
    key: KeyOrNone
    proof: KeyOrNone
    rights: Annotated[list[Right], Meta(max_length=32)]

    def __repr__(self) -> str:
        return "Credential(…)"


class AccessList(Struct, frozen=True, kw_only=True):
    """Everything one device needs to decide without the hub until the list is dead.

    Args:
        lookup_key: under which UIDs become look-up values on this device.
        doors: rules of the device's doors.
        schedules: windows that several cards share; rising and apart.
        credentials: cards with a right at this device, and blocked ones.
        heads: of the hub's chains, to be handed back.
    """

    lookup_key: Bytes32
    doors: Annotated[list[DoorRule], Meta(max_length=32)]
    schedules: Annotated[
        list[Annotated[list[Window], Meta(max_length=MAX_WINDOWS)]], Meta(max_length=MAX_CREDENTIALS)
    ]
    credentials: Annotated[list[Credential], Meta(max_length=MAX_CREDENTIALS)]
    heads: Annotated[list[ChainHead], Meta(max_length=256)] = []

    def __post_init__(self) -> None:
        # Who searches a schedule by halves, or a card by its look-up value, must not find one of two answers.
        for windows in self.schedules:
            if any(after.start_us < before.end_us for before, after in pairwise(windows)):
                raise ValueError("the windows of a schedule are not rising and apart")
        if len({credential.lookup for credential in self.credentials}) < len(self.credentials):
            raise ValueError("a card stands twice in the list")
        if len({door.id for door in self.doors}) < len(self.doors):
            raise ValueError("a door stands twice in the list")
        for credential in self.credentials:
            for right in credential.rights:
                if right.door >= len(self.doors) or right.schedule >= len(self.schedules):
                    raise ValueError("a right points to a door or schedule that the list has not")
            has_key = len(credential.key) == KEY_BYTES and len(credential.proof) == PROOF_BYTES
            needs_key = credential.kind != "uid" and not credential.flags & BLOCKED
            if needs_key != has_key or (not needs_key and (credential.key or credential.proof)):
                raise ValueError("a card's key and proof do not fit its kind")

    def __repr__(self) -> str:
        return f"AccessList({len(self.credentials)} credentials)"


class CommandBase(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every command says.

    Args:
        command: random id; the answer names it.
        session: of the connection that the device has now: a command of another one is void.
    """

    command: Hex16
    session: Hex16


class OpenDoor(CommandBase, frozen=True, kw_only=True, tag="open", omit_defaults=True):
    """Release a door once.

    A device that does not know `called_s` opens without a press: the hub asks only those for one that say they have a
    button (`wire.messages.DeviceMeta.calls`).

    Args:
        door: which door.
        called_s: the button outside must have been pressed within so many seconds, by the device's own clock, since the
            last opening that asked for it; 0 asks for no press.
    """

    door: Id
    called_s: SecondsOrNone = 0


class SetMode(CommandBase, frozen=True, kw_only=True, tag="mode"):
    """Put a door into a mode.

    Args:
        door: which door.
        mode: from now on.
    """

    door: Id
    mode: DoorModeName


class ReadCard(CommandBase, frozen=True, kw_only=True, tag="read_card"):
    """Tell the hub the next card at a reader.

    Args:
        reader: where.
        wait_s: for how long the reader waits for one.
    """

    reader: Id
    wait_s: Seconds = 60


class CardKeys(Struct, frozen=True, kw_only=True):
    """One generation of a card's keys.

    Args:
        picc: of the card as a whole (DESFire); none for NTAG 424.
        keys: of our application, by number from 0.
    """

    picc: KeyOrNone
    keys: Annotated[list[Bytes16], Meta(min_length=1, max_length=14)]

    def __post_init__(self) -> None:
        if len(self.picc) not in (0, KEY_BYTES):
            raise ValueError("a card's own key has not the length of a key")

    def __repr__(self) -> str:
        return "CardKeys(…)"


class WriteCard(CommandBase, frozen=True, kw_only=True, tag="write_card"):
    """Personalise the card that lies on a reader, or comes to it in time.

    Args:
        reader: where.
        wait_s: for how long the reader waits for it.
        uid: of the only card that is meant.
        kind: what it can do.
        credential_id: what it shall hold.
        new: keys that it shall have.
        old: earlier generations of ours that it may have.
    """

    reader: Id
    wait_s: Seconds = 60
    uid: Annotated[bytes, Meta(min_length=7, max_length=7)]
    kind: Literal["desfire", "ntag424"]
    credential_id: Bytes16
    new: CardKeys
    old: Annotated[list[CardKeys], Meta(max_length=8)] = []

    def __repr__(self) -> str:
        return "WriteCard(…)"


class Cancel(CommandBase, frozen=True, kw_only=True, tag="cancel"):
    """Stop waiting for a card.

    Args:
        reader: where.
    """

    reader: Id


Command = OpenDoor | SetMode | ReadCard | WriteCard | Cancel

T = TypeVar("T")
_encoder = msgspec.msgpack.Encoder()
_list_decoder = msgspec.msgpack.Decoder(AccessList)
_command_decoder: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)


def encode_body(body: AccessList | Command) -> bytes:
    """Return the bytes that `wire.signing.seal` seals.

    Raises:
        ValueError: when the body breaks its own ranges or is over `MAX_UNPACKED_BYTES`: no device would read it, and
            its door would go on with the list before.
    """
    data = _encoder.encode(body)
    decoder = _list_decoder if isinstance(body, AccessList) else _command_decoder
    try:
        decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{type(body).__name__} can't be sent: {_reason(error)}") from None
    if len(data) > MAX_UNPACKED_BYTES:
        raise ValueError(
            f"{type(body).__name__} of {len(data)} bytes is over the limit of {MAX_UNPACKED_BYTES}"
        )
    return zlib.compress(data)


def decode_access_list(body: bytes) -> AccessList:
    """Return the list in an unsealed body.

    Raises:
        UnreadableMessage: when it is none; the text holds no value of it.
    """
    return _read(_list_decoder, body, "access list")


def decode_command(body: bytes) -> Command:
    """Return the command in an unsealed body.

    Raises:
        UnreadableMessage: when it is none; the text holds no value of it.
    """
    return _read(_command_decoder, body, "command")


def _read(decoder: msgspec.msgpack.Decoder[T], body: bytes, what: str) -> T:
    try:
        return decoder.decode(_unpack(body))
    except zlib.error:
        raise UnreadableMessage(f"{what} can't be read: it is cut off, too long, or not compressed") from None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UnreadableMessage(f"{what} can't be read: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Return where a body is wrong, or which law it breaks, and never what stands there: the body holds keys."""
    if type(error.__cause__) is ValueError:
        return str(error.__cause__)  # raised above, by a struct's own law, as a fixed text
    _, at, place = str(error).rpartition(" - at ")
    return f"wrong at {place}" if at else "wrong at its end or its start"


def _unpack(body: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(body, MAX_UNPACKED_BYTES)
    if not unpacker.eof or unpacker.unused_data:
        raise zlib.error("more or less than one stream")
    return data
