"""Laws of the codec, over every message and the whole range of every field."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.strategies import MESSAGE_TYPES, events, headers, messages
from wire.codec import (
    MAX_BATCH_BYTES,
    MAX_EVENT_BYTES,
    STRUCTS,
    batch_seqs,
    decode,
    decode_batch,
    decode_event,
    encode,
    encode_batch,
    encode_event,
)
from wire.events import Event
from wire.messages import BatchHeader

_CHANNEL_OF = {struct: channel for channel, struct in STRUCTS.items()}


@given(event=events)
def test_an_event_comes_back_as_it_was_sent(event: Event) -> None:
    line = encode_event(event)
    assert decode_event(line) == event
    assert b"\n" not in line
    assert len(line) <= MAX_EVENT_BYTES


@given(message=messages)
def test_a_message_comes_back_as_it_was_sent(message: msgspec.Struct) -> None:
    channel = _CHANNEL_OF[type(message)]
    assert decode(channel, type(message), encode(message)) == message


@given(message=messages)
def test_encoding_what_was_decoded_gives_the_same_bytes(message: msgspec.Struct) -> None:
    channel, payload = _CHANNEL_OF[type(message)], encode(message)
    assert encode(decode(channel, type(message), payload)) == payload


@given(header=headers(), data=st.data())
def test_a_batch_comes_back_with_its_events_byte_for_byte(header: BatchHeader, data: st.DataObject) -> None:
    some = data.draw(st.lists(events.map(encode_event), min_size=1, max_size=3))
    lines = [some[at % len(some)] for at in range(len(batch_seqs(header)))]
    payload = encode_batch(header, lines)
    if len(payload) <= MAX_BATCH_BYTES:
        assert decode_batch(payload) == (header, lines)


@given(header=headers())
def test_the_events_and_the_lost_of_a_batch_are_together_its_whole_range(header: BatchHeader) -> None:
    seqs = batch_seqs(header)
    lost = [range(gone.first, gone.last + 1) for gone in header.lost]
    assert seqs == sorted(set(seqs))
    assert not any(seq in gone for seq in seqs for gone in lost)
    assert len(seqs) + sum(len(gone) for gone in lost) == header.last - header.first + 1
    assert all(header.first <= seq <= header.last for seq in seqs)


def test_every_message_type_is_drawn_from() -> None:
    assert set(MESSAGE_TYPES) == set(_CHANNEL_OF)
