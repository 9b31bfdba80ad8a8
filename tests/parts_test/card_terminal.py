"""The reader's side of EV2 messaging, no more than the tests of virtual cards need; the vectors hold both sides."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.parts.card_ciphers import (
    aes_cmac,
    aes_decrypt,
    aes_encrypt,
    aes_short_mac,
    crc32,
    pad,
    rotate_left,
    unpad,
    xor,
)

RND_A = bytes.fromhex("13C5DB8A5930439FC3DEF9A4C675360F")
ZERO_KEY = bytes(16)
Handle = Callable[[bytes], bytes]


def wrap(ins: int, data: bytes = b"") -> bytes:
    body = bytes([len(data)]) + data if data else b""
    return bytes([0x90, ins, 0, 0]) + body + b"\x00"


def send(handle: Handle, ins: int, data: bytes = b"") -> bytes:
    """Send a command, gather the frames of its answer, and return its data; the status must be 9100."""
    answer = handle(wrap(ins, data))
    whole = answer[:-2]
    while answer[-2:] == b"\x91\xaf":
        answer = handle(wrap(0xAF))
        whole += answer[:-2]
    assert answer[-2:] == b"\x91\x00", answer[-2:].hex()
    return whole


def status(answer: bytes) -> str:
    return answer[-2:].hex().upper()


@dataclass
class Terminal:
    """An authenticated reader."""

    handle: Handle
    enc_key: bytes = b""
    mac_key: bytes = b""
    ti: bytes = b""
    counter: int = 0

    def authenticate(self, key_no: int, key: bytes = ZERO_KEY, *, first: bool = True) -> bytes:
        """Authenticate with EV2; return the card's whole proof in plain."""
        ins, data = (0x71, bytes([key_no, 0])) if first else (0x77, bytes([key_no]))
        answer = self.handle(wrap(ins, data))
        assert status(answer) == "91AF", status(answer)
        rnd_b = aes_decrypt(key, answer[:-2])
        answer = self.handle(wrap(0xAF, aes_encrypt(key, RND_A + rotate_left(rnd_b))))
        assert status(answer) == "9100", status(answer)
        proof = aes_decrypt(key, answer[:-2])
        start = 4 if first else 0
        assert proof[start : start + 16] == rotate_left(RND_A)
        tail = RND_A[:2] + xor(RND_A[2:8], rnd_b[:6]) + rnd_b[6:] + RND_A[8:]
        self.enc_key = aes_cmac(key, bytes.fromhex("A55A00010080") + tail)
        self.mac_key = aes_cmac(key, bytes.fromhex("5AA500010080") + tail)
        if first:
            self.ti, self.counter = proof[:4], 0
        return proof

    def mac(self, ins: int, data: bytes) -> bytes:
        counter = self.counter.to_bytes(2, "little")
        return aes_short_mac(self.mac_key, bytes([ins]) + counter + self.ti + data)

    def _iv(self, label: str) -> bytes:
        return aes_encrypt(
            self.enc_key, bytes.fromhex(label) + self.ti + self.counter.to_bytes(2, "little") + bytes(8)
        )

    def seal(self, ins: int, header: bytes, data: bytes = b"") -> bytes:
        """Return the data of a command: with a MAC, and with what follows the header encrypted."""
        body = header + (aes_encrypt(self.enc_key, pad(data), self._iv("A55A")) if data else b"")
        return body + self.mac(ins, body)

    def send(self, ins: int, header: bytes = b"", data: bytes = b"", *, encrypted: bool = False) -> bytes:
        """Send a command, check the answer's MAC and return its data."""
        answer = send(self.handle, ins, self.seal(ins, header, data))
        self.counter += 1
        payload, mac = answer[:-8], answer[-8:]
        assert mac == self.mac(0, payload)
        if encrypted and payload:
            return unpad(aes_decrypt(self.enc_key, payload, self._iv("5AA5")))
        return payload

    def change_key(self, number: int, new: bytes, old: bytes | None = None, version: int = 1) -> None:
        """Change a key; without the old one it is the key of this session, which ends then."""
        if old is None:
            sealed = self.seal(0xC4, bytes([number]), new + bytes([version]))
            assert self.handle(wrap(0xC4, sealed)) == b"\x91\x00"
        else:
            self.send(0xC4, bytes([number]), xor(new, old) + bytes([version]) + crc32(new))


def little(value: int, length: int = 3) -> bytes:
    return value.to_bytes(length, "little")


def span(file_no: int, offset: int, length: int) -> bytes:
    """Return the header of ReadData and WriteData."""
    return bytes([file_no]) + little(offset) + little(length)
