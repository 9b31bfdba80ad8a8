"""The few operations that card protocols are made of: AES-CBC, CMAC, padding and truncation."""

from typing import Final

from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK_BYTES: Final = 16
MAC_BYTES: Final = 8
ZERO_IV: Final = bytes(BLOCK_BYTES)


def encrypt(key: bytes, plain: bytes, iv: bytes = ZERO_IV) -> bytes:
    """Return the AES-CBC encryption of whole blocks; of one block with a zero IV, this is ECB."""
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def decrypt(key: bytes, secret: bytes, iv: bytes = ZERO_IV) -> bytes:
    """Return the AES-CBC decryption of whole blocks.

    Raises:
        ValueError: when these are no whole blocks.
    """
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    return decryptor.update(secret) + decryptor.finalize()


def aes_cmac(key: bytes, message: bytes) -> bytes:
    """Return the AES-CMAC of a message (NIST SP 800-38B), 16 bytes."""
    mac = cmac.CMAC(AES(key))
    mac.update(message)
    return mac.finalize()


def truncated(mac: bytes) -> bytes:
    """Return the 8 bytes of a CMAC that are sent: 1, 3, … 15 (AN12196 table 8)."""
    return mac[1::2]


def pad(plain: bytes) -> bytes:
    """Return data with 80 and zeros up to whole blocks; always padded (ISO/IEC 7816-4, ISO/IEC 9797-1 method 2)."""
    length = (len(plain) // BLOCK_BYTES + 1) * BLOCK_BYTES
    return (plain + b"\x80").ljust(length, b"\x00")


def unpad(padded: bytes) -> bytes:
    """Return data without its padding.

    Raises:
        ValueError: when it does not end in 80 and up to 15 zeros.
    """
    plain, mark, zeros = padded.rpartition(b"\x80")
    if not mark or any(zeros) or len(zeros) >= BLOCK_BYTES:
        raise ValueError("not padded as ISO/IEC 7816-4 says")
    return plain


def rotated_left(block: bytes) -> bytes:
    """Return a block rotated left by one byte, as authentications hand random numbers back."""
    return block[1:] + block[:1]
