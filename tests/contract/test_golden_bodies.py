"""What is inside a sealed message is what the golden bodies say: before it is compressed in both directions."""

import zlib
from typing import get_args

import msgspec
import pytest

from tests.contract.golden_bodies import BODIES, NEWER, OLDER, body_of, reader_of
from wire import access
from wire.access import (
    AccessList,
    CardKeys,
    Command,
    DoorRule,
    encode_body,
)
from wire.events import CardKind


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_encoded_to_its_golden_bytes_before_it_is_compressed(name: str) -> None:
    assert zlib.decompress(encode_body(BODIES[name])) == body_of(name)


@pytest.mark.parametrize("name", BODIES)
def test_a_golden_body_as_it_is_sealed_is_decoded_to_its_object(name: str) -> None:
    assert reader_of(name)(body_of(name, "zlib")) == BODIES[name]


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_read_however_hard_it_was_compressed(name: str, level: int) -> None:
    assert reader_of(name)(zlib.compress(body_of(name), level)) == BODIES[name]


@pytest.mark.parametrize("name", OLDER)
def test_a_body_of_an_older_hub_is_read(name: str) -> None:
    assert reader_of(name)(zlib.compress(body_of(name))) == OLDER[name]


@pytest.mark.parametrize("name", NEWER)
def test_a_body_of_a_newer_hub_is_read_without_what_this_version_does_not_know(name: str) -> None:
    assert reader_of(name)(zlib.compress(body_of(name))) == NEWER[name]


def test_every_command_and_every_kind_of_card_has_a_golden_body() -> None:
    pinned = {type(body) for body in BODIES.values()}
    assert pinned == {AccessList, *get_args(Command)}
    lists = [body for body in BODIES.values() if isinstance(body, AccessList)]
    assert {credential.kind for one in lists for credential in one.credentials} == set(get_args(CardKind))


def test_every_default_of_a_body_is_missing_from_some_older_one() -> None:
    missing: set[tuple[str, str]] = set()
    for name, body in OLDER.items():
        _collect_missing(body, msgspec.msgpack.decode(body_of(name)), missing)
    structs = [AccessList, DoorRule, CardKeys, *get_args(Command)]
    defaulted = {
        (struct.__name__, field.encode_name)
        for struct in structs
        for field in msgspec.structs.fields(struct)
        if not field.required
    }
    assert defaulted <= missing


def _collect_missing(body: msgspec.Struct, raw: dict[str, object], missing: set[tuple[str, str]]) -> None:
    names = {field.encode_name for field in msgspec.structs.fields(body)}
    missing |= {(type(body).__name__, name) for name in names - set(raw)}
    for name in names & set(raw):
        inner, its = getattr(body, name), raw[name]
        ones = zip(inner, its, strict=True) if isinstance(inner, list) else [(inner, its)]  # type: ignore[call-overload]
        for one, written in ones:
            if isinstance(one, msgspec.Struct) and isinstance(written, dict):
                _collect_missing(one, written, missing)


def test_a_body_can_not_be_changed_once_it_is_made() -> None:
    structs = [
        one for one in vars(access).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)
    ]
    assert len(structs) > 10
    for struct in structs:
        assert struct is msgspec.Struct or struct.__struct_config__.frozen, struct
