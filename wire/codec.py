"""Strict bytes ↔ message, within size limits.

A batch is lines: the header, then one line per event. A line that is no event spoils only itself (D7), and an
event's bytes are stored and sent on exactly as they were written.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

from wire.errors import (
    MessageTooLarge,
    PeerSentRubbish,
    UnreadableEvent,
    UnreadableHeader,
    UnreadableMessage,
)
from wire.events import Event
from wire.identifiers import CredentialId
from wire.messages import BatchHeader, DeviceHealth, DeviceMeta, Mark, Occupancy, Sealed, Status
from wire.topics import ACCESS, COMMAND, HEALTH, HUB_STATUS, MARK, META, OCCUPANCY, STATUS, Channel

MAX_PACKET_BYTES: Final = 384 * 1024
"""The broker's `max_packet_size`; every limit below stays under it."""
MAX_BATCH_BYTES: Final = 128 * 1024
MAX_HEADER_BYTES: Final = 8 * 1024
MAX_EVENT_BYTES: Final = 4 * 1024
MAX_BATCH_EVENTS: Final = 500

MAX_BYTES: Final[dict[Channel, int]] = {
    STATUS: 1024,
    META: 96 * 1024,
    HEALTH: 32 * 1024,
    MARK: 1024,
    ACCESS: 320 * 1024,
    COMMAND: 8 * 1024,
    OCCUPANCY: 64 * 1024,
    HUB_STATUS: 1024,
}
"""Size limit of every message that is not a batch."""

STRUCTS: Final[dict[Channel, type[msgspec.Struct]]] = {
    STATUS: Status,
    META: DeviceMeta,
    HEALTH: DeviceHealth,
    MARK: Mark,
    ACCESS: Sealed,
    COMMAND: Sealed,
    OCCUPANCY: Occupancy,
    HUB_STATUS: Status,
}
"""The struct of every channel that does not carry a batch."""

M = TypeVar("M", bound=msgspec.Struct)
T = TypeVar("T")

# Deep nesting in an ignored field ends in RecursionError, wrong UTF-8 in UnicodeDecodeError.
_RUBBISH = (msgspec.MsgspecError, ValueError, RecursionError)
# The decoder quotes a value that is none of a choice: a plain word may be shown, all else could be a card.
_PLAIN_CHOICE = re.compile(r"Invalid (?:enum )?value '[a-z_]{1,40}' - at `[^`]*`")


def _write_credential(value: object) -> str:
    if isinstance(value, CredentialId):
        return value.digits
    raise TypeError(f"{type(value).__name__} has no form on the wire")


def _read_credential(kind: type, value: Any) -> CredentialId:
    if kind is CredentialId:
        return CredentialId(value)
    raise TypeError(f"{kind.__name__} has no form on the wire")


_encoder = msgspec.json.Encoder(enc_hook=_write_credential)
_event_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event, dec_hook=_read_credential)
_header_decoder = msgspec.json.Decoder(BatchHeader)
_decoders = {channel: msgspec.json.Decoder(struct) for channel, struct in STRUCTS.items()}


def _read(decoder: msgspec.json.Decoder[T], data: bytes, what: str, refusal: type[PeerSentRubbish]) -> T:
    try:
        data.decode("utf-8")  # the decoder does not look into fields that it skips
        return decoder.decode(data)
    except _RUBBISH as error:
        reason = str(error)
    if reason.startswith("Invalid ") and not _PLAIN_CHOICE.fullmatch(reason):
        reason = f"Invalid value - at {reason.rpartition(' - at ')[2]}"
    raise refusal(f"{what} can't be read: {reason}")


def encode_event(event: Event) -> bytes:
    """Return an event as one line of JSON without its line feed."""
    return _encoder.encode(event)


def decode_event(line: bytes) -> Event:
    """Return the event that a line holds.

    Raises:
        UnreadableEvent: when it is over `MAX_EVENT_BYTES`, not JSON, of an unknown type, or a field is
            missing or out of range; the text holds no value that could be a card.
    """
    if len(line) > MAX_EVENT_BYTES:
        raise UnreadableEvent(f"event of {len(line)} bytes is over the limit of {MAX_EVENT_BYTES}")
    return _read(_event_decoder, line, "event", UnreadableEvent)


def encode_batch(header: BatchHeader, events: Sequence[bytes]) -> bytes:
    """Return header and events as lines.

    Args:
        header: accounts for every number from `first` to `last`.
        events: one encoded event per number that is not lost, in order, without line feeds.
    """
    return b"\n".join([_encoder.encode(header), *events])


def decode_batch(data: bytes) -> tuple[BatchHeader, list[bytes]]:
    """Take a batch apart; its events stay undecoded.

    Returns:
        The header, and the events' bytes, one per number that is not lost, in order (`batch_seqs` gives the
        numbers).

    Raises:
        UnreadableHeader: when the batch is over a limit, or header and lines do not account for each other.
    """
    if len(data) > MAX_BATCH_BYTES:
        raise UnreadableHeader(f"batch of {len(data)} bytes is over the limit of {MAX_BATCH_BYTES}")
    lines = data.split(b"\n")
    if len(lines[0]) > MAX_HEADER_BYTES:
        raise UnreadableHeader(f"header of {len(lines[0])} bytes is over the limit of {MAX_HEADER_BYTES}")
    header = _read(_header_decoder, lines[0], "header", UnreadableHeader)
    announced = _count_events(header)
    if announced != len(lines) - 1:
        raise UnreadableHeader(f"header: {announced} events announced, {len(lines) - 1} present")
    return header, lines[1:]


def _count_events(header: BatchHeader) -> int:
    """Return how many numbers of a header are not lost; refuse one that does not account for its range."""
    span = f"{header.first}-{header.last}"
    if header.last < header.first:
        raise UnreadableHeader(f"header: range {span} is reversed")
    count = header.last - header.first + 1
    below = header.first
    for lost in header.lost:
        if not below <= lost.first <= lost.last <= header.last:
            raise UnreadableHeader(f"header: lost range {lost.first}-{lost.last} is not rising inside {span}")
        count -= lost.last - lost.first + 1
        below = lost.last + 1
    if count > MAX_BATCH_EVENTS:
        raise UnreadableHeader(f"header: range {span} holds {count} events, over {MAX_BATCH_EVENTS}")
    return count


def batch_seqs(header: BatchHeader) -> list[int]:
    """Return the numbers of a batch's events, in the order of its lines."""
    if not header.lost:
        return list(range(header.first, header.last + 1))
    seqs: list[int] = []
    at = header.first
    for lost in header.lost:
        seqs.extend(range(at, lost.first))
        at = lost.last + 1
    seqs.extend(range(at, header.last + 1))
    return seqs


def encode(message: msgspec.Struct) -> bytes:
    """Return a message other than a batch as JSON, its fields in the order of their declaration."""
    return _encoder.encode(message)


def decode(channel: Channel, struct: type[M], data: bytes) -> M:
    """Return the message that a payload of a channel holds.

    Args:
        channel: where it came from; sets the size limit.
        struct: what the channel carries (`STRUCTS`).
        data: the payload.

    Raises:
        MessageTooLarge: when it is over the channel's limit.
        UnreadableMessage: when it is not JSON, or a field is missing or out of range.
    """
    limit = MAX_BYTES[channel]
    if len(data) > limit:
        raise MessageTooLarge(f"{channel.name} of {len(data)} bytes is over the limit of {limit}")
    message = _read(_decoders[channel], data, channel.name, UnreadableMessage)
    if not isinstance(message, struct):
        raise TypeError(f"{channel.name} carries {type(message).__name__}, not {struct.__name__}")
    return message
