"""Ranges and laws of what is inside an access list and a command, each side of every limit."""

import re
import zlib
from typing import Any, Final

import msgspec
import pytest

from tests.contract.golden_bodies import BODIES, body_of, reader_of
from wire.access import (
    ALWAYS_WORKS,
    BLOCKED,
    MAX_CREDENTIALS,
    MAX_WINDOWS,
    decode_access_list,
    decode_command,
    encode_body,
)
from wire.errors import UnreadableMessage
from wire.fields import MAX_WALL_US

_pack = msgspec.msgpack.encode


_CARD: Final = [b"\x11" * 32, "desfire", 0, b"\x12" * 16, b"\x13" * 16, [[0, 0]]]


def _list_with(**other: Any) -> bytes:
    fields: dict[str, Any] = {
        "lookup_key": bytes(32),
        "doors": [{"id": "main-door"}],
        "schedules": [[[1, 2]]],
        "credentials": [_CARD],
    }
    return zlib.compress(_pack({**fields, **other}))


def _card(**other: Any) -> bytes:
    names = ("lookup", "kind", "flags", "key", "proof", "rights")
    return _list_with(
        credentials=[[other.get(name, value) for name, value in zip(names, _CARD, strict=True)]]
    )


def _door(**other: Any) -> bytes:
    return _list_with(doors=[{"id": "main-door", **other}])


_KEYLESS: Final = {"key": b"", "proof": b""}
_ACCEPTED: dict[str, bytes] = {
    "as it is": _list_with(),
    "no cards": _list_with(credentials=[]),
    "a card without rights": _card(rights=[]),
    "a card with the most rights": _card(rights=[[0, 0]] * 32),
    "every flag but blocked": _card(flags=254),
    "a card without a key": _card(kind="uid", **_KEYLESS),
    "a blocked card": _card(flags=BLOCKED, **_KEYLESS),
    "a blocked card of a host": _card(flags=BLOCKED | ALWAYS_WORKS, **_KEYLESS),
    "a schedule without windows": _list_with(schedules=[[]]),
    "windows that touch": _list_with(schedules=[[[1, 2], [2, 3]]]),
    "a window of all time": _list_with(schedules=[[[0, MAX_WALL_US]]]),
    "the most windows": _list_with(schedules=[[[2 * at, 2 * at + 1] for at in range(MAX_WINDOWS)]]),
    "the most doors": _list_with(doors=[{"id": f"d{number}"} for number in range(32)]),
    "a door's shortest times": _door(open_s=1, longer_s=1, held_s=1, round_trip_ms=0),
    "a door's longest times": _door(open_s=600, longer_s=600, held_s=600, round_trip_ms=65_535),
}


@pytest.mark.parametrize("label", _ACCEPTED)
def test_a_list_inside_its_ranges_isreader_of(label: str) -> None:
    body = decode_access_list(_ACCEPTED[label])
    assert decode_access_list(encode_body(body)) == body


_NO_FIT = "a card's key and proof do not fit its kind"
_NOWHERE = "a right points to a door or schedule that the list has not"
_REFUSED: dict[str, tuple[bytes, str]] = {
    "a short look-up key": (_list_with(lookup_key=bytes(31)), "wrong at `$.lookup_key`"),
    "a long look-up key": (_list_with(lookup_key=bytes(33)), "wrong at `$.lookup_key`"),
    "a look-up key as text": (_list_with(lookup_key="a" * 32), "wrong at `$.lookup_key`"),
    "a short look-up value": (_card(lookup=bytes(31)), "wrong at `$.credentials[0][0]`"),
    "a long look-up value": (_card(lookup=bytes(33)), "wrong at `$.credentials[0][0]`"),
    "an unknown kind": (_card(kind="mifare"), "wrong at `$.credentials[0][1]`"),
    "negative flags": (_card(flags=-1), "wrong at `$.credentials[0][2]`"),
    "too many flags": (_card(flags=256), "wrong at `$.credentials[0][2]`"),
    "a key of 15 bytes": (_card(key=bytes(15)), _NO_FIT),
    "a key of 17 bytes": (_card(key=bytes(17)), "wrong at `$.credentials[0][3]`"),
    "a proof of 15 bytes": (_card(proof=bytes(15)), _NO_FIT),
    "a proof of 17 bytes": (_card(proof=bytes(17)), "wrong at `$.credentials[0][4]`"),
    "a DESFire card without a key": (_card(**_KEYLESS), _NO_FIT),
    "an NTAG card without a key": (_card(kind="ntag424", **_KEYLESS), _NO_FIT),
    "a key without a proof": (_card(proof=b""), _NO_FIT),
    "a proof without a key": (_card(key=b""), _NO_FIT),
    "a UID card with a key": (_card(kind="uid"), _NO_FIT),
    "a UID card with a proof": (_card(kind="uid", key=b""), _NO_FIT),
    "a UID card with half a key": (_card(kind="uid", key=bytes(8), proof=b""), _NO_FIT),
    "a blocked card with a key": (_card(flags=BLOCKED), _NO_FIT),
    "a right to no door": (_card(rights=[[1, 0]]), _NOWHERE),
    "a right at no time": (_card(rights=[[0, 1]]), _NOWHERE),
    "a right below the first door": (_card(rights=[[-1, 0]]), "wrong at `$.credentials[0][5][0][0]`"),
    "a right behind every door": (_card(rights=[[65_536, 0]]), "wrong at `$.credentials[0][5][0][0]`"),
    "too many rights": (_card(rights=[[0, 0]] * 33), "wrong at `$.credentials[0][5]`"),
    "half a right": (_card(rights=[[0]]), "wrong at `$.credentials[0][5][0]`"),
    "half a card": (_list_with(credentials=[_CARD[:5]]), "wrong at `$.credentials[0]`"),
    "a card twice": (_list_with(credentials=[_CARD, [*_CARD[:5], []]]), "a card stands twice"),
    "a card blocked and not": (
        _list_with(credentials=[_CARD, [_CARD[0], "desfire", BLOCKED, b"", b"", []]]),
        "a card stands twice in the list",
    ),
    "a door twice": (_list_with(doors=[{"id": "a"}, {"id": "a"}]), "a door stands twice in the list"),
    "too many doors": (_list_with(doors=[{"id": f"d{n}"} for n in range(33)]), "wrong at `$.doors`"),
    "a door with a line feed": (_list_with(doors=[{"id": "a\n"}]), "wrong at `$.doors[0].id`"),
    "a door without an id": (_list_with(doors=[{}]), "wrong at `$.doors[0]`"),
    "no time to open": (_door(open_s=0), "wrong at `$.doors[0].open_s`"),
    "too long to open": (_door(open_s=601), "wrong at `$.doors[0].open_s`"),
    "no longer time": (_door(longer_s=0), "wrong at `$.doors[0].longer_s`"),
    "held too long": (_door(held_s=601), "wrong at `$.doors[0].held_s`"),
    "a negative round trip": (_door(round_trip_ms=-1), "wrong at `$.doors[0].round_trip_ms`"),
    "a number for yes": (_door(uid_cards=1), "wrong at `$.doors[0].uid_cards`"),
    "office that ends before it starts": (_door(office=[[2, 1]]), "a window ends before it starts"),
    "a window of no length": (_list_with(schedules=[[[1, 1]]]), "a window ends before it starts"),
    "a window turned round": (_list_with(schedules=[[[2, 1]]]), "a window ends before it starts"),
    "a window before 1970": (_list_with(schedules=[[[-1, 1]]]), "wrong at `$.schedules[0][0][0]`"),
    "a window after 9999": (
        _list_with(schedules=[[[1, MAX_WALL_US + 1]]]),
        "wrong at `$.schedules[0][0][1]`",
    ),
    "a window in fractions": (_list_with(schedules=[[[1, 2.5]]]), "wrong at `$.schedules[0][0][1]`"),
    "windows that overlap": (_list_with(schedules=[[[1, 3], [2, 4]]]), "not rising and apart"),
    "windows that fall": (_list_with(schedules=[[[3, 4], [1, 2]]]), "not rising and apart"),
    "too many windows": (
        _list_with(schedules=[[[2 * at, 2 * at + 1] for at in range(MAX_WINDOWS + 1)]]),
        "wrong at `$.schedules[0]`",
    ),
    "a short head": (
        _list_with(heads=[{"chain": "host", "length": 1, "head": "4e" * 31}]),
        "wrong at `$.heads[0].head`",
    ),
}


@pytest.mark.parametrize("label", _REFUSED)
def test_a_list_outside_its_ranges_is_refused_and_the_place_or_the_law_named(label: str) -> None:
    body, reason = _REFUSED[label]
    with pytest.raises(UnreadableMessage, match=f"^access list can't be read: .*{re.escape(reason)}"):
        decode_access_list(body)


@pytest.mark.parametrize("count", [MAX_CREDENTIALS - 1, MAX_CREDENTIALS])
def test_a_list_with_up_to_the_most_cards_isreader_of(count: int) -> None:
    assert len(decode_access_list(_many_cards(count)).credentials) == count


def test_a_list_with_one_card_too_many_is_refused() -> None:
    with pytest.raises(UnreadableMessage, match=r"wrong at `\$\.credentials`"):
        decode_access_list(_many_cards(MAX_CREDENTIALS + 1))


def _many_cards(count: int) -> bytes:
    return _list_with(credentials=[[number.to_bytes(32, "big"), *_CARD[1:]] for number in range(count)])


def _command_with(name: str, **other: Any) -> bytes:
    return zlib.compress(_pack({**msgspec.msgpack.decode(body_of(f"body_command_{name}")), **other}))


_KEYS: Final = {"picc": bytes(16), "keys": [bytes(16)]}
_REFUSED_COMMANDS: dict[str, tuple[bytes, str]] = {
    "an unknown command": (_command_with("open", type="reboot"), "wrong at `$.type`"),
    "a short id": (_command_with("open", command="0" * 15), "wrong at `$.command`"),
    "an id in capitals": (_command_with("open", command="A" * 16), "wrong at `$.command`"),
    "a session with a line feed": (_command_with("open", session="0" * 16 + "\n"), "wrong at `$.session`"),
    "a wildcard for a door": (_command_with("open", door="+"), "wrong at `$.door`"),
    "an unknown mode": (_command_with("mode", mode="open"), "wrong at `$.mode`"),
    "no time to wait": (_command_with("read_card", wait_s=0), "wrong at `$.wait_s`"),
    "too long to wait": (_command_with("read_card", wait_s=601), "wrong at `$.wait_s`"),
    "a UID of 4 bytes": (_command_with("write_card_desfire", uid=bytes(4)), "wrong at `$.uid`"),
    "a UID of 10 bytes": (_command_with("write_card_desfire", uid=bytes(10)), "wrong at `$.uid`"),
    "a card that can't be written": (_command_with("write_card_desfire", kind="uid"), "wrong at `$.kind`"),
    "a short credential id": (
        _command_with("write_card_desfire", credential_id=bytes(15)),
        "wrong at `$.credential_id`",
    ),
    "no keys": (_command_with("write_card_desfire", new={**_KEYS, "keys": []}), "wrong at `$.new.keys`"),
    "too many keys": (
        _command_with("write_card_desfire", new={**_KEYS, "keys": [bytes(16)] * 15}),
        "wrong at `$.new.keys`",
    ),
    "a short key": (
        _command_with("write_card_desfire", new={**_KEYS, "keys": [bytes(15)]}),
        "wrong at `$.new.keys[0]`",
    ),
    "half a key of the card": (
        _command_with("write_card_desfire", new={**_KEYS, "picc": bytes(8)}),
        "a card's own key has not the length of a key",
    ),
    "half an old key of the card": (
        _command_with("write_card_desfire", old=[{**_KEYS, "picc": bytes(15)}]),
        "a card's own key has not the length of a key",
    ),
    "too many generations": (_command_with("write_card_desfire", old=[_KEYS] * 9), "wrong at `$.old`"),
}


@pytest.mark.parametrize("label", _REFUSED_COMMANDS)
def test_a_command_outside_its_ranges_is_refused_and_the_place_or_the_law_named(label: str) -> None:
    body, reason = _REFUSED_COMMANDS[label]
    with pytest.raises(UnreadableMessage, match=f"^command can't be read: .*{re.escape(reason)}"):
        decode_command(body)


@pytest.mark.parametrize("name", BODIES)
def test_a_body_without_a_required_field_is_refused(name: str) -> None:
    fields = msgspec.msgpack.decode(body_of(name))
    required = [field.encode_name for field in msgspec.structs.fields(BODIES[name]) if field.required]
    for field in [*required, *({"type"} & set(fields))]:
        without = {key: value for key, value in fields.items() if key != field}
        with pytest.raises(UnreadableMessage):
            reader_of(name)(zlib.compress(_pack(without)))
