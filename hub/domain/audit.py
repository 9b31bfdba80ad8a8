"""The chains of the log: salted commitments, hash by hash, pure (DESIGN section 6).

An entry commits to a text under a random salt of its own: erasing text and salt leaves a commitment that says nothing of
a person any more, and the chain still verifies.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps
from typing import Final

SALT_BYTES: Final = 32
EMPTY_HEAD: Final = bytes(32)
"""Head of a chain without entries."""

HOST_CHAIN: Final = "host"
"""Chain of what hosts and commands do; each device has a chain of its own, `space/device`."""

_COMMITMENT: Final = b"ankerort/log/commitment\x00"
_LINK: Final = b"ankerort/log/link\x00"


@dataclass(frozen=True, slots=True)
class Link:
    """What the next entry of a chain holds."""

    number: int
    commitment: bytes
    hash: bytes


def text_of(what: Mapping[str, object]) -> bytes:
    """Return an entry's text: JSON with sorted keys, the same bytes for the same words."""
    return dumps(what, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def commit_to(text: bytes, salt: bytes) -> bytes:
    """Return the commitment to a text: SHA-256 over salt and text."""
    return hashlib.sha256(_COMMITMENT + salt + text).digest()


def link(chain: str, number: int, at_us: int, commitment: bytes, before: bytes) -> bytes:
    """Return the hash of an entry: over its chain, number, time, commitment and the hash before it.

    Args:
        number: from 1.
        at_us: when it was written.
        before: hash of entry `number - 1`, `EMPTY_HEAD` for the first.
    """
    fixed = number.to_bytes(8, "big") + at_us.to_bytes(8, "big") + commitment + before
    return hashlib.sha256(_LINK + chain.encode("utf-8") + b"\x00" + fixed).digest()


def next_link(chain: str, length: int, head: bytes, at_us: int, text: bytes, salt: bytes) -> Link:
    """Return what follows in a chain of `length` entries that ends in `head`."""
    commitment = commit_to(text, salt)
    return Link(length + 1, commitment, link(chain, length + 1, at_us, commitment, head))
