"""What is known of keys on the card's side: the maker's, how they are checked and numbered."""

import zlib
from typing import Final

from wire.card_keys import KEY_BYTES, diversify_aes128

__all__ = ["DEFAULT_KEY", "KEY_VERSION", "check_key", "checksum", "diversify_aes128"]

DEFAULT_KEY: Final = bytes(KEY_BYTES)
"""What every key of a card from the factory is, AES and 2K3DES alike."""
KEY_VERSION: Final = 1
"""Version that our keys bear: tells them from the factory's, which have 0; it decides nothing."""


def checksum(data: bytes) -> bytes:
    """Return the CRC-32 that ChangeKey wants: without the final inversion, least significant byte first.

    Source: AN12196 table 26 (`789DFADC`).
    """
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


def check_key(key: bytes, name: str = "key") -> bytes:
    """Return a key unchanged when it can be put on a card.

    Raises:
        ValueError: when it has not 16 bytes, or is the maker's; the text does not hold it.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"{name} has {KEY_BYTES} bytes, not {len(key)}")
    if key == DEFAULT_KEY:
        raise ValueError(f"{name} is the factory's, which everybody knows")
    return key
