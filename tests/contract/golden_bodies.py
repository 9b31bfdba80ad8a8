"""The objects behind `v1/body_*`: what is inside a sealed access list and a sealed command.

`body_NAME.msgpack.hex` is the body before it is compressed, pinned both ways. `body_NAME.zlib.hex` is the body as it is
sealed, pinned one way: another version of zlib may compress to other bytes, and every one must read these.
`older/` and `newer/` are as for the other payloads (`golden.py`), before they are compressed.
"""

from collections.abc import Callable
from typing import Any, Final

from tests.contract.golden import COMMAND_ID, SESSION, WALL_US, payload_of
from wire.access import (
    ALWAYS_WORKS,
    BLOCKED,
    HOST,
    LONGER,
    AccessList,
    Cancel,
    CardKeys,
    Command,
    Credential,
    DoorRule,
    OpenDoor,
    ReadCard,
    Right,
    SetMode,
    Window,
    WriteCard,
    decode_access_list,
    decode_command,
)
from wire.messages import ChainHead

HOUR_US: Final = 3_600_000_000

_COMMAND: Final[dict[str, Any]] = {"command": COMMAND_ID, "session": SESSION}

ACCESS_LIST: Final = AccessList(
    lookup_key=bytes(range(32)),
    doors=[
        DoorRule(
            id="main-door",
            open_s=3,
            longer_s=20,
            held_s=45,
            uid_cards=True,
            office=[Window(WALL_US, WALL_US + 8 * HOUR_US)],
            office_from_first=False,
            lockdown_hosts=False,
            round_trip_ms=250,
        ),
        DoorRule(id="back-door"),
    ],
    schedules=[
        [
            Window(WALL_US, WALL_US + 8 * HOUR_US),
            Window(WALL_US + 24 * HOUR_US, WALL_US + 32 * HOUR_US),
            Window(WALL_US + 32 * HOUR_US, WALL_US + 33 * HOUR_US),
        ],
        [],
    ],
    credentials=[
        Credential(
            lookup=b"\x11" * 32,
            kind="desfire",
            flags=ALWAYS_WORKS | HOST,
            key=b"\x12" * 16,
            proof=b"\x13" * 16,
            rights=[Right(0, 0), Right(1, 0)],
        ),
        Credential(
            lookup=b"\x21" * 32,
            kind="ntag424",
            flags=LONGER,
            key=b"\x22" * 16,
            proof=b"\x23" * 16,
            rights=[Right(0, 1)],
        ),
        Credential(lookup=b"\x31" * 32, kind="uid", flags=0, key=b"", proof=b"", rights=[Right(0, 0)]),
        Credential(lookup=b"\x41" * 32, kind="desfire", flags=BLOCKED, key=b"", proof=b"", rights=[]),
    ],
    heads=[ChainHead(chain="host", length=7, head="4e" * 32)],
)

SMALLEST_LIST: Final = AccessList(
    lookup_key=bytes(range(32)), doors=[DoorRule(id="main-door")], schedules=[], credentials=[]
)

BODIES: Final[dict[str, AccessList | Command]] = {
    "body_access_list": ACCESS_LIST,
    "body_access_list_smallest": SMALLEST_LIST,
    "body_command_open": OpenDoor(**_COMMAND, door="main-door"),
    "body_command_open_called": OpenDoor(**_COMMAND, door="main-door", called_s=30),
    "body_command_mode": SetMode(**_COMMAND, door="main-door", mode="lockdown"),
    "body_command_read_card": ReadCard(**_COMMAND, reader="host-reader", wait_s=30),
    "body_command_write_card_desfire": WriteCard(
        **_COMMAND,
        reader="host-reader",
        wait_s=30,
        uid=bytes.fromhex("04a2b3c4d5e680"),
        kind="desfire",
        credential_id=b"\x51" * 16,
        new=CardKeys(picc=b"\x52" * 16, keys=[b"\x53" * 16, b"\x54" * 16]),
        old=[CardKeys(picc=b"\x55" * 16, keys=[b"\x56" * 16])],
    ),
    "body_command_write_card_ntag424": WriteCard(
        **_COMMAND,
        reader="host-reader",
        uid=bytes.fromhex("04a2b3c4d5e681"),
        kind="ntag424",
        credential_id=b"\x61" * 16,
        new=CardKeys(picc=b"", keys=[bytes([0x62 + number]) * 16 for number in range(5)]),
    ),
    "body_command_cancel": Cancel(**_COMMAND, reader="host-reader"),
}
"""Name of each body to what it must be decoded to."""

OLDER: Final[dict[str, AccessList | Command]] = {
    "older/body_access_list": SMALLEST_LIST,
    "older/body_command_open": OpenDoor(**_COMMAND, door="main-door"),
    "older/body_command_read_card": ReadCard(**_COMMAND, reader="host-reader"),
    "older/body_command_write_card": BODIES["body_command_write_card_ntag424"],
}
"""Bodies without any field that has a default."""

NEWER: Final[dict[str, AccessList | Command]] = {
    "newer/body_access_list": ACCESS_LIST,
    "newer/body_command_open": BODIES["body_command_open"],
    "newer/body_command_write_card": BODIES["body_command_write_card_desfire"],
}
"""Bodies with fields, and items behind the last one, that this version does not know."""

FILES: Final = (
    *(f"{name}.{form}.hex" for name in BODIES for form in ("msgpack", "zlib")),
    *(f"{name}.msgpack.hex" for name in (*OLDER, *NEWER)),
)


def body_of(name: str, form: str = "msgpack") -> bytes:
    """Return a golden body; its file holds hex digits, broken into lines."""
    return bytes.fromhex(payload_of(f"{name}.{form}.hex").decode("ascii"))


def reader_of(name: str) -> Callable[[bytes], AccessList | Command]:
    """Return what decodes a body of that name."""
    return decode_access_list if "access_list" in name else decode_command
