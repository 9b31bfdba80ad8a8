"""The ciphers of a card's chip, for virtual cards: nothing here is shared with the reader's side."""

import zlib

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

AES_BLOCK = 16
DES_BLOCK = 8


def aes_encrypt(key: bytes, data: bytes, iv: bytes = bytes(AES_BLOCK)) -> bytes:
    """Encrypt whole blocks with AES-CBC."""
    cipher = Cipher(AES(key), CBC(iv)).encryptor()
    return cipher.update(data) + cipher.finalize()


def aes_decrypt(key: bytes, data: bytes, iv: bytes = bytes(AES_BLOCK)) -> bytes:
    """Decrypt whole blocks with AES-CBC."""
    cipher = Cipher(AES(key), CBC(iv)).decryptor()
    return cipher.update(data) + cipher.finalize()


def aes_cmac(key: bytes, data: bytes) -> bytes:
    """Return the CMAC of 16 bytes (NIST SP 800-38B)."""
    mac = CMAC(AES(key))
    mac.update(data)
    return mac.finalize()


def aes_short_mac(key: bytes, data: bytes) -> bytes:
    """Return the 8 bytes of a CMAC that are transmitted: those of odd index."""
    return aes_cmac(key, data)[1::2]


def pad(data: bytes) -> bytes:
    """Append 80 00 … up to a whole AES block, one whole block when the data fill theirs (ISO 9797-1 method 2)."""
    return data + b"\x80" + bytes(-(len(data) + 1) % AES_BLOCK)


def unpad(data: bytes) -> bytes:
    """Take the padding off.

    Raises:
        ValueError: when there is none, or more than a block of it.
    """
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80") or len(data) - len(stripped) >= AES_BLOCK:
        raise ValueError("no padding")
    return stripped[:-1]


def rotate_left(data: bytes) -> bytes:
    """Move the first byte to the end."""
    return data[1:] + data[:1]


def xor(left: bytes, right: bytes) -> bytes:
    """Return the exclusive or of two strings of one length."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def crc32(data: bytes) -> bytes:
    """Return DESFire's CRC-32: without the final complement, least significant byte first."""
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


def crc16(data: bytes) -> bytes:
    """Return the CRC_A of ISO 14443-3: start value 6363, least significant byte first."""
    crc = 0x6363
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8408 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def _triple(key: bytes) -> bytes:
    # One key for all three steps is plain DES; of two keys the first comes again.
    return key * 3 if len(key) == DES_BLOCK else key + key[:DES_BLOCK]


def des_encrypt(key: bytes, data: bytes, iv: bytes = bytes(DES_BLOCK)) -> bytes:
    """Encrypt whole blocks with DES (key of 8 bytes) or 2K3DES (16 bytes) in CBC mode."""
    cipher = Cipher(TripleDES(_triple(key)), CBC(iv)).encryptor()
    return cipher.update(data) + cipher.finalize()


def des_decrypt(key: bytes, data: bytes, iv: bytes = bytes(DES_BLOCK)) -> bytes:
    """Decrypt what `des_encrypt` made."""
    cipher = Cipher(TripleDES(_triple(key)), CBC(iv)).decryptor()
    return cipher.update(data) + cipher.finalize()


def des_undo_send_mode(key: bytes, data: bytes) -> bytes:
    """Read what a reader sent in legacy mode: it *deciphers* to send, so the card always enciphers.

    Sent is C = D(P xor previous C); so P = E(C) xor previous C, the first with zeros (libfreefare, MCD_SEND).
    """
    plain, previous = b"", bytes(DES_BLOCK)
    for start in range(0, len(data), DES_BLOCK):
        block = data[start : start + DES_BLOCK]
        plain += xor(des_encrypt(key, block), previous)
        previous = block
    return plain


def des_cmac(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Return the CMAC of 8 bytes, which in DESFire EV1's messaging goes on from the last cryptogram."""
    subkey = _double(des_encrypt(key, bytes(DES_BLOCK)))
    if not data or len(data) % DES_BLOCK:
        data += b"\x80" + bytes(-(len(data) + 1) % DES_BLOCK)
        subkey = _double(subkey)
    last = xor(data[-DES_BLOCK:], subkey)
    return des_encrypt(key, data[:-DES_BLOCK] + last, iv)[-DES_BLOCK:]


def _double(block: bytes) -> bytes:
    value = int.from_bytes(block, "big") << 1
    if value >> 64:
        value ^= (1 << 64) | 0x1B
    return value.to_bytes(DES_BLOCK, "big")
