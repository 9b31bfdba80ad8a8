"""Native commands in ISO/IEC 7816-4 wrapping, and what comes back.

A command goes out as `90 INS 00 00 [Lc data] 00`, the answer is data and a status word: 9100 done, 91AF more to come
(AN12196 section 2, DESFire EV2 data sheet section 8). A card, or what plays one, may answer with any bytes at all: here
they become data, `CardRefuses` or `ProtocolViolation`.
"""

from collections.abc import Callable
from typing import Final

from device.cards.errors import CardRefuses, ProtocolViolation

Transmit = Callable[[bytes], bytes]
"""Sends a command and returns the answer with its status word; what it raises passes through."""

DONE: Final = 0x9100
MORE: Final = 0x91AF
ISO_DONE: Final = 0x9000
AUTHENTICATION_ERROR: Final = 0x91AE

MAX_ANSWER_BYTES: Final = 258
"""Of one answer: 256 of data and the status word (ISO/IEC 7816-4, short length)."""
MAX_DATA_BYTES: Final = 1024
"""Of an answer in several frames; the longest that we ask for has 64."""
MAX_COMMAND_BYTES: Final = 255

_CLA: Final = 0x90
_NEXT_FRAME: Final = 0xAF
_SELECT_FIRST_BY_NAME: Final = bytes.fromhex("00A4040C")


def wrap(instruction: int, payload: bytes = b"") -> bytes:
    """Return a native command in its wrapping.

    Args:
        instruction: INS byte.
        payload: header, data and MAC, up to 255 bytes.

    Raises:
        ValueError: when the payload is longer.
    """
    if len(payload) > MAX_COMMAND_BYTES:
        raise ValueError(f"a command carries up to {MAX_COMMAND_BYTES} bytes, not {len(payload)}")
    head = bytes([_CLA, instruction, 0, 0])
    return head + bytes([len(payload)]) + payload + b"\x00" if payload else head + b"\x00"


def split(answer: bytes) -> tuple[bytes, int]:
    """Return an answer's data and status word.

    Raises:
        ProtocolViolation: when it has no status word, or is longer than an answer can be.
    """
    if not 2 <= len(answer) <= MAX_ANSWER_BYTES:
        raise ProtocolViolation(f"an answer of {len(answer)} bytes is none")
    return answer[:-2], int.from_bytes(answer[-2:], "big")


def frame(transmit: Transmit, instruction: int, payload: bytes = b"", *, then: int = DONE) -> bytes:
    """Send one command and return its data when the status is the one that must follow.

    Args:
        transmit: to the card.
        instruction: INS byte.
        payload: up to 255 bytes.
        then: `DONE`, or `MORE` in the middle of an authentication.

    Raises:
        CardRefuses: when the status is another.
        ProtocolViolation: when it is a success in the wrong place, or no answer.
    """
    data, status = split(transmit(wrap(instruction, payload)))
    if status != then:
        if status in {DONE, MORE, ISO_DONE}:
            raise ProtocolViolation(f"status {status:04X} where {then:04X} must follow")
        raise CardRefuses(status)
    return data


def native(transmit: Transmit, instruction: int, payload: bytes = b"") -> bytes:
    """Send a command and return all data of its answer, however many frames it comes in (91AF).

    Raises:
        CardRefuses: when a status says no.
        ProtocolViolation: when the frames do not end, one is empty, or they are no answers.
    """
    data, status = split(transmit(wrap(instruction, payload)))
    whole = data
    while status == MORE:
        if not data or len(whole) > MAX_DATA_BYTES:
            raise ProtocolViolation("an answer in frames that do not end")
        data, status = split(transmit(wrap(_NEXT_FRAME)))
        whole += data
    if status == ISO_DONE:
        raise ProtocolViolation("a native command answered with 9000")
    if status != DONE:
        raise CardRefuses(status)
    return whole


def select_by_name(transmit: Transmit, name: bytes) -> None:
    """Select an application by its ISO name.

    Args:
        transmit: to the card.
        name: 1 to 16 bytes.

    Raises:
        CardRefuses: when there is none.
        ProtocolViolation: when the answer is none.
    """
    _data, status = split(transmit(_SELECT_FIRST_BY_NAME + bytes([len(name)]) + name + b"\x00"))
    if status != ISO_DONE:
        raise CardRefuses(status)
