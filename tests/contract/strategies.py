"""Hypothesis strategies made from the messages themselves, so that no field can be forgotten."""

import base64
from collections.abc import Callable
from typing import Any, Final, get_args

import msgspec
from hypothesis import reject
from hypothesis import strategies as st
from msgspec import inspect

from wire.codec import MAX_BATCH_EVENTS, STRUCTS
from wire.events import Event
from wire.fields import BASE64_PATTERN, MAX_LOST_RANGES, MAX_SEQ, TEXT_PATTERN
from wire.identifiers import CREDENTIAL_PATTERN, HEX16_PATTERN, ID_PATTERN, MAX_ID_LENGTH, CredentialId
from wire.messages import BatchHeader, SeqRange

EVENT_TYPES: Final = get_args(Event)
MESSAGE_TYPES: Final = tuple(dict.fromkeys(STRUCTS.values()))

_HEX: Final = "0123456789abcdef"
_ENCODABLE = st.characters(exclude_categories=["Cs"])

ids = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True).filter(lambda text: len(text) <= MAX_ID_LENGTH)
hex16 = st.text(_HEX, min_size=16, max_size=16)
hex64 = st.text(_HEX, min_size=64, max_size=64)
credentials = hex64.map(CredentialId)

_TEXTS: Final[dict[str | None, st.SearchStrategy[str]]] = {
    ID_PATTERN: ids,
    HEX16_PATTERN: hex16,
    CREDENTIAL_PATTERN: hex64,
    BASE64_PATTERN: st.binary(min_size=1, max_size=192).map(lambda data: base64.b64encode(data).decode()),
    TEXT_PATTERN: st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200),
    None: st.text(_ENCODABLE, max_size=300),
}


def struct_strategy(struct: type[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for objects of a message struct, over the whole range of each field."""
    return _of(inspect.type_info(struct))


def _of(kind: inspect.Type) -> st.SearchStrategy[Any]:
    return _OF_KIND[type(kind)](kind)


def _struct(kind: inspect.StructType) -> st.SearchStrategy[Any]:
    fields = {field.name: _of(field.type) for field in kind.fields}
    return st.fixed_dictionaries(fields).map(lambda values: _build(kind.cls, values))


def _build(struct: type[Any], values: dict[str, Any]) -> Any:
    """Return the object; a law between two fields (a session does not end before it starts) draws again."""
    try:
        return struct(**values)
    except ValueError:
        reject()


def _text(kind: inspect.StrType) -> st.SearchStrategy[str]:
    longest = kind.max_length
    return _TEXTS[kind.pattern].filter(lambda text: longest is None or len(text) <= longest)


def _custom(kind: inspect.CustomType) -> st.SearchStrategy[Any]:
    assert kind.cls is CredentialId, f"no strategy for {kind.cls}: add one"
    return credentials


_OF_KIND: Final[dict[type[inspect.Type], Callable[[Any], st.SearchStrategy[Any]]]] = {
    inspect.StructType: _struct,
    inspect.UnionType: lambda kind: st.one_of([_of(one) for one in kind.types]),
    inspect.ListType: lambda kind: st.lists(
        _of(kind.item_type), min_size=kind.min_length or 0, max_size=min(kind.max_length or 6, 6)
    ),
    inspect.BytesType: lambda kind: st.binary(min_size=kind.min_length or 0, max_size=kind.max_length),
    inspect.DictType: lambda kind: st.dictionaries(_of(kind.key_type), _of(kind.value_type), max_size=6),
    inspect.StrType: _text,
    inspect.IntType: lambda kind: st.integers(min_value=kind.ge, max_value=kind.le),
    inspect.FloatType: lambda _: st.floats(allow_nan=False, allow_infinity=False),
    inspect.LiteralType: lambda kind: st.sampled_from(kind.values),
    inspect.CustomType: _custom,
    inspect.BoolType: lambda _: st.booleans(),
    inspect.NoneType: lambda _: st.none(),
}


@st.composite
def headers(draw: st.DrawFn) -> BatchHeader:
    """Headers that account for every number of their range, with and without losses."""
    epoch = draw(hex16)
    start = draw(st.integers(min_value=1, max_value=MAX_SEQ - 10_000_000))
    at, left = start, MAX_BATCH_EVENTS
    lost: list[SeqRange] = []
    for _ in range(draw(st.integers(min_value=0, max_value=MAX_LOST_RANGES))):
        here = draw(st.integers(min_value=0, max_value=min(left, 10)))
        gone = draw(st.integers(min_value=1, max_value=100_000))
        left -= here
        lost.append(SeqRange(at + here, at + here + gone - 1))
        at += here + gone
    tail = draw(st.integers(min_value=0 if lost else 1, max_value=min(left, 10)))
    return BatchHeader(
        epoch=epoch,
        first=start,
        last=at + tail - 1,
        floor=draw(st.integers(min_value=1, max_value=start)),
        lost=lost,
    )


events = st.one_of([struct_strategy(kind) for kind in EVENT_TYPES])
messages: st.SearchStrategy[msgspec.Struct] = st.one_of([struct_strategy(kind) for kind in MESSAGE_TYPES])
