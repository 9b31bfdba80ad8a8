"""What is no body is refused, however it was cut off, lengthened, nested or blown up."""

import zlib

import msgspec
import pytest

from tests.contract.golden_bodies import ACCESS_LIST, BODIES, body_of, reader_of
from wire.access import (
    MAX_UNPACKED_BYTES,
    decode_access_list,
    decode_command,
)
from wire.errors import UnreadableMessage
from wire.signing import MAX_BODY_BYTES

_pack = msgspec.msgpack.encode


@pytest.mark.parametrize("name", BODIES)
def test_a_body_cut_off_anywhere_is_refused(name: str) -> None:
    sealed, unpacked = body_of(name, "zlib"), body_of(name)
    for length in range(len(sealed)):
        with pytest.raises(UnreadableMessage, match="cut off, too long, or not compressed"):
            reader_of(name)(sealed[:length])
    for length in range(len(unpacked)):
        with pytest.raises(UnreadableMessage):
            reader_of(name)(zlib.compress(unpacked[:length]))


@pytest.mark.parametrize("name", BODIES)
def test_a_body_with_something_behind_it_is_refused(name: str) -> None:
    for behind in (b"\x00", b"\xc0", body_of(name, "zlib")):
        with pytest.raises(UnreadableMessage, match="not compressed"):
            reader_of(name)(body_of(name, "zlib") + behind)
        with pytest.raises(UnreadableMessage, match="wrong at its end or its start"):
            reader_of(name)(zlib.compress(body_of(name) + behind))


_NO_BODY: dict[str, bytes] = {
    "nothing": b"",
    "not compressed": body_of("body_access_list"),
    "gzip": zlib.compress(b"", wbits=31),
    "deflate without a head": zlib.compress(body_of("body_access_list"), wbits=-15),
    "a wrong checksum": body_of("body_access_list", "zlib")[:-1] + b"\x00",
    "compressed nothing": zlib.compress(b""),
    "compressed twice": zlib.compress(zlib.compress(body_of("body_access_list"))),
    "JSON": zlib.compress(msgspec.json.encode(ACCESS_LIST)),
    "a number": zlib.compress(_pack(1)),
    "a list": zlib.compress(_pack([1, 2])),
    "an empty table": zlib.compress(_pack({})),
    "a table with numbers for names": zlib.compress(_pack({1: 2})),
    "a table longer than the world": zlib.compress(b"\xdf\xff\xff\xff\xff"),
    "a byte that MessagePack never uses": zlib.compress(b"\xc1"),
}


@pytest.mark.parametrize("label", _NO_BODY)
def test_what_is_no_body_is_refused(label: str) -> None:
    for read in (decode_access_list, decode_command):
        with pytest.raises(UnreadableMessage, match="can't be read: "):
            read(_NO_BODY[label])


def test_a_body_needs_a_preset_dictionary_never() -> None:
    packer = zlib.compressobj(zdict=b"lookup_key")
    body = packer.compress(body_of("body_access_list")) + packer.flush()
    with pytest.raises(UnreadableMessage):
        decode_access_list(body)


def test_a_list_is_no_command_and_a_command_no_list() -> None:
    for name in (name for name in BODIES if "access_list" in name):
        with pytest.raises(UnreadableMessage):
            decode_command(body_of(name, "zlib"))
    for name in (name for name in BODIES if "command" in name):
        with pytest.raises(UnreadableMessage):
            decode_access_list(body_of(name, "zlib"))


def _padded(size: int) -> bytes:
    """Return a list filled up to a size with a field that this version does not know."""
    fields = {**msgspec.msgpack.decode(body_of("body_access_list_smallest")), "zz": b""}
    room = size - len(_pack(fields)) - 3  # the length of so many bytes takes four, of none one
    return _pack({**fields, "zz": bytes(room)})


def test_a_body_is_unpacked_up_to_its_limit_and_no_further() -> None:
    for size in (MAX_UNPACKED_BYTES - 1, MAX_UNPACKED_BYTES):
        data = _padded(size)
        assert len(data) == size
        assert decode_access_list(zlib.compress(data)).doors[0].id == "main-door"
    with pytest.raises(UnreadableMessage, match="too long"):
        decode_access_list(zlib.compress(_padded(MAX_UNPACKED_BYTES + 1)))


def test_a_bomb_is_refused_before_it_takes_memory() -> None:
    import tracemalloc

    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(100)) + packer.flush()
    assert len(bomb) <= MAX_BODY_BYTES
    tracemalloc.start()
    try:
        for read in (decode_access_list, decode_command):
            with pytest.raises(UnreadableMessage, match="too long"):
                read(bomb)
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_UNPACKED_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("opened", [b"\x91", b"\x81\xa1a"], ids=["lists", "tables"])
@pytest.mark.parametrize("name", ["body_access_list", "body_command_open"])
def test_a_nesting_that_is_too_deep_to_skip_is_refused(name: str, opened: bytes) -> None:
    data = body_of(name)
    deep = bytes([data[0] + 1]) + data[1:] + b"\xa2zz" + opened * 100_000 + b"\xc0"
    with pytest.raises(UnreadableMessage):
        reader_of(name)(zlib.compress(deep))
    shallow = bytes([data[0] + 1]) + data[1:] + b"\xa2zz" + opened * 10 + b"\xc0"
    assert reader_of(name)(zlib.compress(shallow)) == BODIES[name]
