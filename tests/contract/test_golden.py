"""The format on the wire is what the golden payloads say, in both directions."""

import json
from typing import get_args

import msgspec
import pytest

from tests.contract.golden import (
    BATCHES,
    FOLDER,
    MESSAGES,
    NEWER,
    NEWER_BATCHES,
    OLDER,
    SEALED,
    Golden,
    GoldenBatch,
    payload_of,
)
from wire.codec import STRUCTS, batch_seqs, decode, encode
from wire.messages import Event, Sealed
from wire.topics import ACCESS, CHANNELS, EVENT


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_encoded_to_its_golden_bytes(name: str) -> None:
    assert MESSAGES[name].encoded() == payload_of(name)


@pytest.mark.parametrize(("name", "golden"), [*MESSAGES.items(), *OLDER.items(), *NEWER.items()])
def test_golden_bytes_are_decoded_to_their_message(name: str, golden: Golden) -> None:
    assert golden.decoded(payload_of(name)) == golden.message


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_is_encoded_to_its_golden_bytes(name: str) -> None:
    assert BATCHES[name].encoded() == payload_of(name)


@pytest.mark.parametrize(("name", "golden"), [*BATCHES.items(), *NEWER_BATCHES.items()])
def test_a_golden_batch_is_taken_apart_into_header_and_untouched_events(
    name: str, golden: GoldenBatch
) -> None:
    header, events = golden.decoded(payload_of(name))
    assert header == golden.header
    assert events == [payload_of(event) for event in golden.events]


def test_the_numbers_of_a_golden_batch_are_those_between_its_losses() -> None:
    header, _ = BATCHES["batch_with_losses.ndjson"].decoded(payload_of("batch_with_losses.ndjson"))
    assert batch_seqs(header) == [101, 102, 106, 107]


@pytest.mark.parametrize("name", SEALED)
def test_a_golden_envelope_is_encoded_to_the_bytes_it_was_decoded_from(name: str) -> None:
    payload = payload_of(name)
    assert encode(decode(ACCESS, Sealed, payload)) == payload


def test_every_event_type_has_a_golden_payload() -> None:
    pinned = {type(golden.message) for golden in MESSAGES.values() if golden.channel is EVENT}
    assert pinned == set(get_args(Event))


def test_every_channel_has_a_golden_payload() -> None:
    pinned = {golden.channel for golden in MESSAGES.values()}
    assert pinned == set(CHANNELS)


def test_every_field_that_has_a_default_is_missing_from_some_older_payload() -> None:
    """An older sender must stay readable; a new default without such a payload would go unproved."""
    missing: set[tuple[str, str]] = set()
    for name, golden in OLDER.items():
        _collect_missing(golden.message, json.loads(payload_of(name)), missing)
    messages = {*get_args(Event), *STRUCTS.values()}
    defaulted = {
        (struct.__name__, field.encode_name)
        for struct in messages
        for field in msgspec.structs.fields(struct)
        if not field.required
    }
    assert defaulted <= missing


def test_every_golden_file_is_used() -> None:
    used = {*MESSAGES, *OLDER, *NEWER, *BATCHES, *NEWER_BATCHES, *SEALED, "README.md"}
    assert {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()} == used


def _collect_missing(
    message: msgspec.Struct, written: dict[str, object], missing: set[tuple[str, str]]
) -> None:
    names = {field.encode_name for field in msgspec.structs.fields(message)}
    missing |= {(type(message).__name__, name) for name in names - set(written)}
