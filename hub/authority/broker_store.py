"""Mosquitto's store: whether the broker could start with it.

After a power cut a card may give back a file full of zeros, or half of one, and Mosquitto then refuses to start
(mosquitto#2639, #3160). What is in it, devices and hub say again by themselves; so a damaged one is set aside.
"""

import struct
from pathlib import Path
from typing import Final

from wire.errors import InvalidSetting

_MAGIC: Final = b"\x00\xb5\x00mosquitto db"
_HEADER_BYTES: Final = len(_MAGIC) + 8
"""Magic, checksum (unused), version; then chunks, each with its kind and length (`persist.h` of Mosquitto)."""
_KNOWN_VERSIONS: Final = range(2, 7)
_WITH_KIND_FIRST: Final = 5
"""From this version on a chunk's head is two numbers of 32 bits; before, 16 and 32."""


def damage(file: Path) -> str:
    """Say what is wrong with a store, in a few words; nothing when it is whole, is not there, or is a newer one."""
    try:
        with file.open("rb") as stream:
            header = stream.read(_HEADER_BYTES)
            size = file.stat().st_size
            if not header.strip(b"\0"):
                return "full of zeros" if size else "empty"
            if not header.startswith(_MAGIC) or len(header) < _HEADER_BYTES:
                return "no store"
            (version,) = struct.unpack("!I", header[-4:])
            if version not in _KNOWN_VERSIONS:
                return ""
            head = "!II" if version >= _WITH_KIND_FIRST else "!HI"
            while place := stream.read(struct.calcsize(head)):
                if len(place) < struct.calcsize(head):
                    return "cut off"
                kind, length = struct.unpack(head, place)
                if not kind:
                    return "partly zeros"
                if stream.tell() + length > size:
                    return "cut off"
                stream.seek(length, 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InvalidSetting(f"{file}: {error.strerror}; run this as root") from error
    return ""


def set_aside(file: Path) -> str:
    """Rename a damaged store, so that the broker begins a new one; return what was wrong, or nothing.

    One that was set aside before is overwritten: it is for whoever looks for the cause, and must not fill the card.
    """
    found = damage(file)
    if found:
        file.replace(file.with_name(f"{file.name}.damaged"))
    return found
