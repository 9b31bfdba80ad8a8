"""No refusal and no log line shows what stands in a body; what no device would read is not sent."""

import re
import zlib
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import asdict, replace

from tests.contract.golden import WALL_US
from tests.contract.golden_bodies import ACCESS_LIST, BODIES, body_of, reader_of
from wire.access import (
    MAX_CREDENTIALS,
    MAX_WINDOWS,
    AccessList,
    CardKeys,
    Command,
    Credential,
    OpenDoor,
    Window,
    WriteCard,
    decode_access_list,
    decode_command,
    encode_body,
)
from wire.errors import UnreadableMessage

_pack = msgspec.msgpack.encode


_SECRET: Final = b"SECRETSECRETKEY!"


def _spoilt(value: Any, at: list[int]) -> Any:
    """Return a decoded body with its n-th leaf exchanged for a secret of a wrong type or length."""
    if isinstance(value, dict):
        return {key: _spoilt(inner, at) for key, inner in value.items()}
    if isinstance(value, list):
        return [_spoilt(inner, at) for inner in value]
    at[0] -= 1
    return value if at[0] else (_SECRET.decode() if isinstance(value, bytes | int) else _SECRET)


def _leaves(value: Any) -> int:
    if isinstance(value, dict | list):
        return sum(_leaves(inner) for inner in (value.values() if isinstance(value, dict) else value))
    return 1


@pytest.mark.parametrize("name", BODIES)
def test_no_refusal_shows_what_stands_in_a_body(name: str) -> None:
    fields = msgspec.msgpack.decode(body_of(name))
    for number in range(1, _leaves(fields) + 1):
        with pytest.raises(UnreadableMessage) as refusal:
            reader_of(name)(zlib.compress(_pack(_spoilt(fields, [number]))))
        assert "SECRET" not in str(refusal.value)
        assert refusal.value.__cause__ is None
        assert refusal.value.__suppress_context__


@pytest.mark.parametrize("key", ["SECRETSECRETKEY!", _SECRET])
def test_no_refusal_shows_the_name_of_a_field(key: str | bytes) -> None:
    for read in (decode_access_list, decode_command):
        with pytest.raises(UnreadableMessage) as refusal:
            read(zlib.compress(_pack({key: 1})))
        assert "SECRET" not in str(refusal.value)


def _shown(body: Any) -> list[str]:
    return [repr(body), str(body), f"{body}"]


def test_no_body_shows_its_keys_in_a_log_line() -> None:
    write = BODIES["body_command_write_card_desfire"]
    assert isinstance(write, WriteCard)
    shown = [*_shown(ACCESS_LIST), *_shown(write), *_shown(write.new), *_shown([write.old])]
    shown += [text for credential in ACCESS_LIST.credentials for text in _shown(credential)]
    assert set(shown) == {
        "AccessList(4 credentials)",
        "WriteCard(…)",
        "CardKeys(…)",
        "[[CardKeys(…)]]",
        "Credential(…)",
    }


_NOT_SENT: dict[str, tuple[AccessList | Command, str]] = {
    "one card too many": (
        replace(
            ACCESS_LIST,
            credentials=[
                Credential(number.to_bytes(32, "big"), "uid", 0, b"", b"", [])
                for number in range(MAX_CREDENTIALS + 1)
            ],
        ),
        "AccessList can't be sent: wrong at `$.credentials`",
    ),
    "a moment in fractions": (
        replace(ACCESS_LIST, schedules=[[Window(0.5, 1)], []]),  # type: ignore[arg-type]
        "AccessList can't be sent: wrong at `$.schedules[0][0][0]`",
    ),
    "too much to unpack": (
        replace(
            ACCESS_LIST,
            schedules=[[Window(WALL_US + 2 * at, WALL_US + 2 * at + 1) for at in range(MAX_WINDOWS)]] * 60,
        ),
        "is over the limit of 2097152",
    ),
    "a wildcard for a door": (
        OpenDoor(command="0" * 16, session="0" * 16, door="#"),
        "OpenDoor can't be sent: wrong at `$.door`",
    ),
    "a secret for a door": (
        OpenDoor(command="0" * 16, session="0" * 16, door=_SECRET.decode()),
        "OpenDoor can't be sent: wrong at `$.door`",
    ),
}


@pytest.mark.parametrize("label", _NOT_SENT)
def test_a_body_that_no_device_would_read_is_not_sent(label: str) -> None:
    body, reason = _NOT_SENT[label]
    with pytest.raises(ValueError, match=re.escape(reason)) as refusal:
        encode_body(body)
    assert "SECRET" not in str(refusal.value)


def test_a_list_that_breaks_a_law_can_not_even_be_made() -> None:
    fields = {name: getattr(ACCESS_LIST, name) for name in asdict(ACCESS_LIST)}
    with pytest.raises(ValueError, match="points to a door or schedule"):
        AccessList(**{**fields, "schedules": []})
    with pytest.raises(ValueError, match="stands twice"):
        AccessList(**{**fields, "credentials": ACCESS_LIST.credentials * 2})
    with pytest.raises(ValueError, match="ends before it starts"):
        Window(2, 2)
    with pytest.raises(ValueError, match="length of a key"):
        CardKeys(picc=b"x", keys=[bytes(16)])
