"""Every limit of the contract: one below, at, and one above."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from tests.contract.golden import BOOT, CREDENTIAL, EPOCH, MESSAGES, WALL_US, payload_of
from wire.codec import (
    MAX_BATCH_BYTES,
    MAX_BATCH_EVENTS,
    MAX_BYTES,
    MAX_EVENT_BYTES,
    MAX_HEADER_BYTES,
    MAX_PACKET_BYTES,
    STRUCTS,
    decode,
    decode_batch,
    decode_event,
    encode,
    encode_batch,
)
from wire.errors import MessageTooLarge, PeerSentRubbish, UnreadableEvent, UnreadableHeader
from wire.fields import MAX_AGO_US, MAX_LOST_RANGES, MAX_MONO_US, MAX_SEQ, MAX_WALL_US
from wire.identifiers import MAX_ID_LENGTH
from wire.messages import (
    BatchHeader,
    ChainHead,
    DeskMeta,
    DeviceHealth,
    DeviceMeta,
    DoorHealth,
    ReaderMeta,
    SeqRange,
)
from wire.topics import COMMAND, HEALTH, HUB_STATUS, MARK, META, OCCUPANCY, STATUS, Channel

_LINE = payload_of("event_desk_state_vacant.json")


def _padded(payload: bytes, size: int) -> bytes:
    """Return a JSON object filled up to a size with a field that the decoder ignores."""
    room = size - len(payload) - len(b',"z":""')
    return payload[:-1] + b',"z":"' + b"x" * room + b'"}'


@pytest.mark.parametrize("size", [MAX_EVENT_BYTES - 1, MAX_EVENT_BYTES])
def test_an_event_up_to_its_limit_is_read(size: int) -> None:
    line = _padded(_LINE, size)
    assert len(line) == size
    assert decode_event(line) == MESSAGES["event_desk_state_vacant.json"].message


def test_an_event_over_its_limit_is_refused() -> None:
    with pytest.raises(UnreadableEvent, match="4097 bytes is over the limit of 4096"):
        decode_event(_padded(_LINE, MAX_EVENT_BYTES + 1))


def _batch_of_size(size: int) -> bytes:
    header = BatchHeader(epoch=EPOCH, first=1, last=40, floor=1)
    small = encode_batch(header, [_LINE] * 40)
    return encode_batch(header, [*([_LINE] * 39), _padded(_LINE, len(_LINE) + size - len(small))])


@pytest.mark.parametrize("size", [MAX_BATCH_BYTES - 1, MAX_BATCH_BYTES])
def test_a_batch_up_to_its_limit_is_taken_apart(size: int) -> None:
    payload = _batch_of_size(size)
    assert len(payload) == size
    assert len(decode_batch(payload)[1]) == 40


def test_a_batch_over_its_limit_is_refused() -> None:
    with pytest.raises(UnreadableHeader, match="batch of 131073 bytes is over the limit of 131072"):
        decode_batch(_batch_of_size(MAX_BATCH_BYTES + 1))


def _header_of_size(size: int) -> bytes:
    return _padded(encode_batch(BatchHeader(epoch=EPOCH, first=1, last=1, floor=1), []), size) + b"\n" + _LINE


@pytest.mark.parametrize("size", [MAX_HEADER_BYTES - 1, MAX_HEADER_BYTES])
def test_a_header_up_to_its_limit_is_read(size: int) -> None:
    assert decode_batch(_header_of_size(size))[0].last == 1


def test_a_header_over_its_limit_is_refused() -> None:
    with pytest.raises(UnreadableHeader, match="header of 8193 bytes is over the limit of 8192"):
        decode_batch(_header_of_size(MAX_HEADER_BYTES + 1))


@pytest.mark.parametrize("count", [MAX_BATCH_EVENTS - 1, MAX_BATCH_EVENTS])
def test_a_batch_of_up_to_the_most_events_is_taken_apart(count: int) -> None:
    header = BatchHeader(epoch=EPOCH, first=1, last=count, floor=1)
    assert len(decode_batch(encode_batch(header, [_LINE] * count))[1]) == count


def test_a_batch_of_one_event_too_many_is_refused() -> None:
    count = MAX_BATCH_EVENTS + 1
    header = BatchHeader(epoch=EPOCH, first=1, last=count, floor=1)
    with pytest.raises(UnreadableHeader, match="1-501 holds 501 events, over 500"):
        decode_batch(encode_batch(header, [_LINE] * count))


def _with_lost_ranges(count: int) -> bytes:
    lost = [SeqRange(2 * at, 2 * at) for at in range(1, count + 1)]
    header = BatchHeader(epoch=EPOCH, first=1, last=2 * count, floor=1, lost=lost)
    return encode_batch(header, [_LINE] * count)


@pytest.mark.parametrize("count", [MAX_LOST_RANGES - 1, MAX_LOST_RANGES])
def test_a_header_with_up_to_the_most_lost_ranges_is_read(count: int) -> None:
    assert len(decode_batch(_with_lost_ranges(count))[0].lost) == count


def test_a_header_with_one_lost_range_too_many_is_refused() -> None:
    with pytest.raises(UnreadableHeader, match="length <= 64"):
        decode_batch(_with_lost_ranges(MAX_LOST_RANGES + 1))


_GOLDEN_OF = {
    STATUS: "status_online.json",
    META: "meta.json",
    HEALTH: "health.json",
    MARK: "mark.json",
    COMMAND: "command_envelope.json",
    OCCUPANCY: "occupancy.json",
    HUB_STATUS: "hub_status_online.json",
}


@pytest.mark.parametrize("channel", _GOLDEN_OF, ids=lambda channel: channel.address)
def test_a_message_is_read_up_to_its_channels_limit_and_no_further(channel: Channel) -> None:
    payload, limit = payload_of(_GOLDEN_OF[channel]), MAX_BYTES[channel]
    for size in (limit - 1, limit):
        assert decode(channel, STRUCTS[channel], _padded(payload, size))
    with pytest.raises(MessageTooLarge, match=f"{limit + 1} bytes is over the limit of {limit}"):
        decode(channel, STRUCTS[channel], _padded(payload, limit + 1))


def test_every_limit_stays_under_the_brokers() -> None:
    topic_and_properties = 1024
    assert max(*MAX_BYTES.values(), MAX_BATCH_BYTES) + topic_and_properties <= MAX_PACKET_BYTES


def test_a_device_with_all_that_it_may_have_is_still_told_in_one_message() -> None:
    longest = "a" * MAX_ID_LENGTH
    meta = DeviceMeta(
        version="v" * 40,
        boot=BOOT,
        readers=[ReaderMeta(id=longest, door=longest, leaving=False)] * 32,
        desks=[DeskMeta(id=longest, sensor=longest, kind="distance")] * 200,
        doors=[longest] * 32,
        capabilities=["card.ntag424"] * 32,
        access_version=MAX_SEQ,
        access_until_us=MAX_WALL_US,
        heads=[ChainHead(chain=f"{longest}/{longest}", length=MAX_SEQ, head="4e" * 32)] * 256,
    )
    assert decode(META, DeviceMeta, encode(meta)) == meta


def test_a_device_with_all_its_doors_is_still_healthy_in_one_message() -> None:
    longest = "a" * (MAX_ID_LENGTH - 3)
    health = DeviceHealth(
        boot=BOOT,
        mono_us=MAX_MONO_US,
        wall_us=WALL_US,
        synced=True,
        spool_depth=MAX_SEQ,
        readers={f"{longest}-{number:02}": True for number in range(32)},
        desks={f"{longest[1:]}-{number:03}": "occupied" for number in range(200)},
        doors={
            f"{longest}-{number:02}": DoorHealth(mode="lockdown", contact="unknown", released=False)
            for number in range(32)
        },
        refused={f"{longest}-{number:02}": 1_000_000 for number in range(32)},
    )
    assert decode(HEALTH, DeviceHealth, encode(health)) == health


@dataclass(frozen=True)
class Boundary:
    """A number or text field and the values around one end of its range.

    Args:
        golden: the payload to put the values into.
        field: which field of it.
        accepted: the last values inside.
        refused: the first outside.
    """

    golden: str
    field: str
    accepted: tuple[object, ...]
    refused: object


_HEAD = {"chain": "host", "length": 1, "head": "4e" * 32}

_BOUNDARIES: dict[str, Boundary] = {
    "wall clock in 1970": Boundary("event_desk_state_vacant.json", "wall_us", (0, 1), -1),
    "wall clock in 9999": Boundary(
        "event_desk_state_vacant.json", "wall_us", (MAX_WALL_US - 1, MAX_WALL_US), MAX_WALL_US + 1
    ),
    "boot not before 1970": Boundary("event_device_started.json", "not_before_us", (0, 1), -1),
    "boot not before 9999": Boundary(
        "event_device_started.json", "not_before_us", (MAX_WALL_US - 1, MAX_WALL_US), MAX_WALL_US + 1
    ),
    "occupancy in 9999": Boundary(
        "occupancy_no_desks.json", "at_us", (MAX_WALL_US - 1, MAX_WALL_US), MAX_WALL_US + 1
    ),
    "first moment of a boot": Boundary("event_desk_state_vacant.json", "mono_us", (0, 1), -1),
    "longest boot": Boundary(
        "event_desk_state_vacant.json", "mono_us", (MAX_MONO_US - 1, MAX_MONO_US), MAX_MONO_US + 1
    ),
    "session that starts now": Boundary("event_desk_session_piece.json", "start_ago_us", (0, 1), -1),
    "longest session": Boundary(
        "event_desk_session_piece.json", "start_ago_us", (MAX_AGO_US - 1, MAX_AGO_US), MAX_AGO_US + 1
    ),
    "session of no length": Boundary(
        "event_desk_session_whole.json", "end_ago_us", (5_399_999_999, 5_400_000_000), 5_400_000_001
    ),
    "mark of nothing": Boundary("mark.json", "upto", (0, 1), -1),
    "highest mark": Boundary("mark.json", "upto", (MAX_SEQ - 1, MAX_SEQ), MAX_SEQ + 1),
    "dead list in 1970": Boundary("meta.json", "access_until_us", (0, 1), -1),
    "dead list in 9999": Boundary(
        "meta.json", "access_until_us", (MAX_WALL_US - 1, MAX_WALL_US), MAX_WALL_US + 1
    ),
    "decided without a list": Boundary("event_access_decided_granted.json", "list_version", (1, 0), -1),
    "decided by the highest list": Boundary(
        "event_access_decided_granted.json", "list_version", (MAX_SEQ - 1, MAX_SEQ), MAX_SEQ + 1
    ),
    "short command id": Boundary("event_command_answered_done.json", "command", (EPOCH,), EPOCH[:-1]),
    "long command id": Boundary("event_command_answered_done.json", "command", (EPOCH,), EPOCH + "0"),
    "shortest offer": Boundary("event_card_offered_uid.json", "sealed", ("aaaa", "a"), ""),
    "longest offer": Boundary("event_card_offered_uid.json", "sealed", ("a" * 255, "a" * 256), "a" * 257),
    "padding of an offer": Boundary("event_card_offered_uid.json", "sealed", ("aaa=", "aa=="), "a==="),
    "heads of a device": Boundary("meta.json", "heads", ([_HEAD] * 255, [_HEAD] * 256), [_HEAD] * 257),
    "length of a chain": Boundary(
        "meta.json",
        "heads",
        ([{**_HEAD, "length": 0}], [{**_HEAD, "length": MAX_SEQ}]),
        [{**_HEAD, "length": MAX_SEQ + 1}],
    ),
    "hash of a chain": Boundary("meta.json", "heads", ([_HEAD],), [{**_HEAD, "head": "4e" * 32 + "4"}]),
    "reasons of refusals": Boundary(
        "health.json",
        "refused",
        ({f"r{number}": 1 for number in range(31)}, {f"r{number}": 1 for number in range(32)}),
        {f"r{number}": 1 for number in range(33)},
    ),
    "number of refusals": Boundary(
        "health.json", "refused", ({"expired": 0}, {"expired": 1_000_000}), {"expired": 1_000_001}
    ),
    "highest list version": Boundary("meta.json", "access_version", (MAX_SEQ - 1, MAX_SEQ), MAX_SEQ + 1),
    "empty spool": Boundary("health.json", "spool_depth", (0, 1), -1),
    "shortest id": Boundary("event_desk_state_vacant.json", "desk", ("aa", "a"), ""),
    "longest id": Boundary(
        "event_desk_state_vacant.json",
        "desk",
        ("a" * (MAX_ID_LENGTH - 1), "a" * MAX_ID_LENGTH),
        "a" * (MAX_ID_LENGTH + 1),
    ),
    "short epoch": Boundary("mark.json", "epoch", (EPOCH,), EPOCH[:-1]),
    "long epoch": Boundary("mark.json", "epoch", (EPOCH,), EPOCH + "0"),
    "short credential": Boundary(
        "event_card_read.json", "credential", (CREDENTIAL.digits,), CREDENTIAL.digits[:-1]
    ),
    "long credential": Boundary(
        "event_card_read.json", "credential", (CREDENTIAL.digits,), CREDENTIAL.digits + "0"
    ),
    "version text": Boundary("event_device_started.json", "version", ("", "ä" * 199, "ä" * 200), "ä" * 201),
    "doors of a device": Boundary("meta.json", "doors", (["d"] * 31, ["d"] * 32), ["d"] * 33),
    "sealed header": Boundary("access_envelope.json", "header", ("x" * 1023, "x" * 1024), "x" * 1025),
    "sealed body": Boundary("access_envelope.json", "body", ("x" * 319_487, "x" * 319_488), "x" * 319_489),
    "signature": Boundary("access_envelope.json", "signature", ("x" * 87, "x" * 88), "x" * 89),
}


def _decoder(golden: str) -> Callable[[bytes], object]:
    return MESSAGES[golden].decoded


def _put(boundary: Boundary, value: object) -> bytes:
    fields = json.loads(payload_of(boundary.golden))
    return json.dumps({**fields, boundary.field: value}).encode()


@pytest.mark.parametrize("label", _BOUNDARIES)
def test_a_value_inside_its_range_is_read(label: str) -> None:
    boundary = _BOUNDARIES[label]
    for value in boundary.accepted:
        message = _decoder(boundary.golden)(_put(boundary, value))
        read = getattr(message, boundary.field)
        assert msgspec.to_builtins(getattr(read, "digits", read)) == value


@pytest.mark.parametrize("label", _BOUNDARIES)
def test_a_value_just_outside_its_range_is_refused(label: str) -> None:
    boundary = _BOUNDARIES[label]
    with pytest.raises(PeerSentRubbish):
        _decoder(boundary.golden)(_put(boundary, boundary.refused))


_SEQ_BOUNDARIES = {
    "first number": ((1, 1), (0, 0)),
    "highest number": ((MAX_SEQ, MAX_SEQ), (MAX_SEQ + 1, MAX_SEQ + 1)),
    "one number": ((7, 7), (7, 6)),
}


@pytest.mark.parametrize("label", _SEQ_BOUNDARIES)
def test_a_header_is_read_for_numbers_inside_their_range_only(label: str) -> None:
    inside, outside = _SEQ_BOUNDARIES[label]
    assert decode_batch(_header(*inside) + b"\n" + _LINE)[0].first == inside[0]
    with pytest.raises(UnreadableHeader):
        decode_batch(_header(*outside) + b"\n" + _LINE)
    with pytest.raises(UnreadableHeader):
        decode_batch(_header(*outside))


def _header(first: int, last: int) -> bytes:
    return json.dumps({"epoch": EPOCH, "first": first, "last": last, "floor": 1}).encode()


def test_the_golden_moment_is_in_the_middle_of_the_range() -> None:
    assert 0 < WALL_US < MAX_WALL_US
    assert len(BOOT) == len(EPOCH) == 16
