"""A card's side of secure messaging: what an authenticated session checks in commands and adds to answers."""

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Protocol

from tests.parts.card_ciphers import (
    AES_BLOCK,
    DES_BLOCK,
    aes_cmac,
    aes_decrypt,
    aes_encrypt,
    aes_short_mac,
    crc16,
    crc32,
    des_cmac,
    des_decrypt,
    des_undo_send_mode,
    pad,
    unpad,
    xor,
)

MAC_BYTES = 8


class Status(IntEnum):
    """The second byte of a native status word, after 91."""

    OK = 0x00
    OUT_OF_MEMORY = 0x0E
    ILLEGAL_COMMAND = 0x1C
    INTEGRITY = 0x1E
    NO_SUCH_KEY = 0x40
    LENGTH = 0x7E
    PERMISSION_DENIED = 0x9D
    PARAMETER = 0x9E
    APPLICATION_NOT_FOUND = 0xA0
    AUTHENTICATION = 0xAE
    ADDITIONAL_FRAME = 0xAF
    BOUNDARY = 0xBE
    COMMAND_ABORTED = 0xCA
    DUPLICATE = 0xDE
    FILE_NOT_FOUND = 0xF0


class CardError(Exception):
    """The card refuses: it answers this status, and forgets that anybody has authenticated."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


class Mode(Enum):
    """How a command and its answer are protected."""

    PLAIN = 0
    MAC = 1
    FULL = 3


class Session(Protocol):
    """An authenticated session with one key."""

    key_no: int

    def open(self, ins: int, raw: bytes, *, header: int, length: int | None, mode: Mode) -> bytes:
        """Check a command and return its header and its data in plain.

        Args:
            ins: the command's code.
            raw: its data as received.
            header: how many of them are never encrypted.
            length: of the data in plain after the header, where the command has a fixed one.
            mode: how it must be protected.

        Raises:
            CardError: LENGTH or INTEGRITY.
        """
        ...

    def close(self, payload: bytes, mode: Mode) -> bytes:
        """Return a good answer's data, protected."""
        ...


@dataclass
class Ev2Session:
    """Messaging after AuthenticateEV2First or -NonFirst (NT4H2421Gx chapter 9.1)."""

    key_no: int
    enc_key: bytes
    mac_key: bytes
    ti: bytes
    command_counter: int = 0

    @classmethod
    def derive(
        cls, key_no: int, key: bytes, rnd_a: bytes, rnd_b: bytes, ti: bytes, counter: int
    ) -> "Ev2Session":
        """Make the session that both sides reach with their random numbers (AN12196 table 14, steps 27 to 32)."""
        tail = rnd_a[:2] + xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
        return cls(
            key_no,
            aes_cmac(key, bytes.fromhex("A55A00010080") + tail),
            aes_cmac(key, bytes.fromhex("5AA500010080") + tail),
            ti,
            counter,
        )

    def open(self, ins: int, raw: bytes, *, header: int, length: int | None, mode: Mode) -> bytes:
        """Check MAC and padding; from here on the counter is the answer's."""
        data = raw
        if mode is not Mode.PLAIN:
            if len(raw) < header + MAC_BYTES:
                raise CardError(Status.LENGTH)
            data, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
            if mac != self._mac(ins, data):
                raise CardError(Status.INTEGRITY)
        if mode is Mode.FULL and len(data) > header:
            data = data[:header] + self._decrypt(data[header:])
        if length is not None and len(data) != header + length:
            raise CardError(Status.LENGTH)
        self.command_counter += 1
        return data

    def close(self, payload: bytes, mode: Mode) -> bytes:
        """Encrypt and sign as the mode asks."""
        if mode is Mode.PLAIN:
            return payload
        if mode is Mode.FULL and payload:
            payload = aes_encrypt(self.enc_key, pad(payload), self._iv("5AA5"))
        return payload + self._mac(Status.OK, payload)

    def _mac(self, first: int, data: bytes) -> bytes:
        counter = self.command_counter.to_bytes(2, "little")
        return aes_short_mac(self.mac_key, bytes([first]) + counter + self.ti + data)

    def _iv(self, label: str) -> bytes:
        counter = self.command_counter.to_bytes(2, "little")
        return aes_encrypt(self.enc_key, bytes.fromhex(label) + self.ti + counter + bytes(8))

    def _decrypt(self, data: bytes) -> bytes:
        if len(data) % AES_BLOCK:
            raise CardError(Status.LENGTH)
        try:
            return unpad(aes_decrypt(self.enc_key, data, self._iv("A55A")))
        except ValueError:
            raise CardError(Status.INTEGRITY) from None


def _check_end(plain: bytes, at: int, crc: bytes) -> None:
    """Refuse a DES cryptogram whose check sum or zero padding is not what it must be."""
    if plain[at : at + len(crc)] != crc or any(plain[at + len(crc) :]):
        raise CardError(Status.INTEGRITY)


def _padded(length: int) -> int:
    return length + -length % DES_BLOCK


@dataclass
class IsoDesSession:
    """Messaging after AuthenticateISO with a (2K3)DES key: CMACs and CRC-32, all chained (DESFire EV1)."""

    key_no: int
    key: bytes
    iv: bytes = field(default=bytes(DES_BLOCK))

    def open(self, ins: int, raw: bytes, *, header: int, length: int | None, mode: Mode) -> bytes:
        """Take the command into the running CMAC, which is not sent with it, or decrypt it and check its CRC-32."""
        command = bytes([ins])
        if mode is not Mode.FULL or length is None:
            if length is not None and len(raw) != header + length:
                raise CardError(Status.LENGTH)
            self.iv = des_cmac(self.key, self.iv, command + raw)
            return raw
        if len(raw) != header + _padded(length + 4):
            raise CardError(Status.LENGTH)
        plain = des_decrypt(self.key, raw[header:], self.iv)
        self.iv = raw[-DES_BLOCK:]
        data = raw[:header] + plain[:length]
        _check_end(plain, length, crc32(command + data))
        return data

    def close(self, payload: bytes, mode: Mode) -> bytes:
        """Append the CMAC, whatever the mode; nothing of a session with DES is read in FULL mode here."""
        if mode is Mode.FULL and payload:
            raise CardError(Status.ILLEGAL_COMMAND)
        self.iv = des_cmac(self.key, self.iv, payload + bytes([Status.OK]))
        return payload + self.iv


@dataclass
class LegacyDesSession:
    """Messaging after AuthenticateLegacy: CRC-16, each cryptogram for itself (the first DESFire, "D40")."""

    key_no: int
    key: bytes

    def open(self, ins: int, raw: bytes, *, header: int, length: int | None, mode: Mode) -> bytes:
        """Pass a plain command through, or undo the encryption and check the CRC-16."""
        if mode is not Mode.FULL or length is None:
            if length is not None and len(raw) != header + length:
                raise CardError(Status.LENGTH)
            return raw
        if len(raw) != header + _padded(length + 2):
            raise CardError(Status.LENGTH)
        plain = des_undo_send_mode(self.key, raw[header:])
        _check_end(plain, length, crc16(plain[:length]))
        return raw[:header] + plain[:length]

    def close(self, payload: bytes, mode: Mode) -> bytes:
        """Leave the answer as it is."""
        if mode is Mode.FULL and payload:
            raise CardError(Status.ILLEGAL_COMMAND)
        return payload
