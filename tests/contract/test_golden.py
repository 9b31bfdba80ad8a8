"""The format on the wire is what the golden payloads say, in both directions."""

import json
from typing import get_args

import msgspec
import pytest

from tests.contract import golden_bodies
from tests.contract.golden import (
    BATCHES,
    BEFORE,
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
from wire.events import Event
from wire.messages import DoorHealth, ReaderMeta, Sealed
from wire.topics import ACCESS, CHANNELS, EVENT


@pytest.mark.parametrize("name", [name for name in MESSAGES if name not in BEFORE])
def test_a_message_is_encoded_to_its_golden_bytes(name: str) -> None:
    assert MESSAGES[name].encoded() == payload_of(name)


@pytest.mark.parametrize("name", sorted(BEFORE))
def test_a_message_of_before_is_encoded_to_what_it_was_and_more(name: str) -> None:
    """Whoever reads only the fields of then finds them unchanged."""
    then, now = json.loads(payload_of(name)), json.loads(MESSAGES[name].encoded())
    assert _only(then, now) == then
    assert now != then


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


def test_every_choice_of_an_event_has_a_golden_payload() -> None:
    """Of reasons, outcomes, modes and the like, each word is pinned where it is spoken."""
    pinned: dict[tuple[str, str], set[object]] = {}
    for name, golden in MESSAGES.items():
        if golden.channel is EVENT:
            fields = json.loads(payload_of(name))
            for field, value in fields.items():
                if isinstance(value, str):
                    pinned.setdefault((type(golden.message).__name__, field), set()).add(value)
    for struct in get_args(Event):
        for field in msgspec.inspect.type_info(struct).fields:  # type: ignore[attr-defined]
            if isinstance(field.type, msgspec.inspect.LiteralType):
                said = pinned[struct.__name__, field.encode_name]
                assert said == set(field.type.values), (struct.__name__, field.encode_name)


def test_every_channel_has_a_golden_payload() -> None:
    pinned = {golden.channel for golden in MESSAGES.values()}
    assert pinned == set(CHANNELS)


def test_every_field_that_has_a_default_is_missing_from_some_older_payload() -> None:
    """An older sender must stay readable; a new default without such a payload would go unproved."""
    missing: set[tuple[str, str]] = set()
    for name, golden in OLDER.items():
        _collect_missing(golden.message, json.loads(payload_of(name)), missing)
    messages = {*get_args(Event), *STRUCTS.values(), ReaderMeta, DoorHealth}
    defaulted = {
        (struct.__name__, field.encode_name)
        for struct in messages
        for field in msgspec.structs.fields(struct)
        if not field.required
    }
    assert defaulted <= missing


def test_every_golden_file_is_used() -> None:
    messages = {*MESSAGES, *OLDER, *NEWER, *BATCHES, *NEWER_BATCHES, *SEALED}
    used = {*messages, *golden_bodies.FILES, "README.md"}
    assert {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()} == used


def _collect_missing(
    message: msgspec.Struct, written: dict[str, object], missing: set[tuple[str, str]]
) -> None:
    names = {field.encode_name for field in msgspec.structs.fields(message)}
    missing |= {(type(message).__name__, name) for name in names - set(written)}
    for name in names & set(written):
        inner, raw = getattr(message, name), written[name]
        if isinstance(inner, list) and isinstance(raw, list):
            pairs = zip(inner, raw, strict=True)
        elif isinstance(inner, dict) and isinstance(raw, dict):
            pairs = zip(inner.values(), raw.values(), strict=True)
        else:
            continue
        for one, its in pairs:
            if isinstance(one, msgspec.Struct) and isinstance(its, dict):
                _collect_missing(one, its, missing)


def _only(then: object, now: object) -> object:
    """Return of what is written now those fields that were written then."""
    if isinstance(then, dict) and isinstance(now, dict):
        return {name: _only(value, now[name]) for name, value in then.items()}
    if isinstance(then, list) and isinstance(now, list):
        return [_only(one, other) for one, other in zip(then, now, strict=True)]
    return now
