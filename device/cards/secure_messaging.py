"""AuthenticateEV2 with AES and the secure messaging after it (DESFire EV2 and EV3, NTAG 424 DNA).

Sources: AN12196 tables 14 and 23 (authentication), 8 (MAC), 19 and 26 (encryption); AN12343 for DESFire. What is sent
in each mode:

    PLAIN  header || data
    MAC    header || data || MAC
    FULL   header || E(data) || MAC        the header is never encrypted; no data, nothing to encrypt

The MAC of a command is over INS || counter || TI || header || data as sent, that of an answer over 00 || counter + 1 ||
TI || data as received. The counter goes up with each answer, in all modes.
"""

import hmac
import secrets
from typing import Final, Literal

from device.cards.apdu import AUTHENTICATION_ERROR, MORE, Transmit, frame, native
from device.cards.ciphers import (
    BLOCK_BYTES,
    MAC_BYTES,
    aes_cmac,
    decrypt,
    encrypt,
    pad,
    rotated_left,
    truncated,
    unpad,
)
from device.cards.errors import CardRefuses, NotAuthentic, ProtocolViolation, SessionOver
from wire.card_keys import KEY_BYTES

MAX_COUNTER: Final = 0xFFFF

_FIRST: Final = 0x71
_NON_FIRST: Final = 0x77
_ANSWER: Final = 0xAF
_NO_CAPABILITIES: Final = b"\x00"
_TI_BYTES: Final = 4
_ENC_LABEL: Final = bytes.fromhex("A55A00010080")
_MAC_LABEL: Final = bytes.fromhex("5AA500010080")
_COMMAND_IV: Final = bytes.fromhex("A55A")
_RESPONSE_IV: Final = bytes.fromhex("5AA5")
_OK: Final = b"\x00"

Mode = Literal["plain", "mac", "full"]


class Session:
    """An authenticated conversation; the first failure of any kind ends it for good.

    Made by `authenticate_ev2_first` and `authenticate_ev2_non_first`.

    Args:
        transmit: to the card.
        key_no: number of the key that it was made with.
        ti: transaction identifier, 4 bytes.
        enc_key, mac_key: session keys, 16 bytes each.
        cmd_ctr: commands so far, 0 to 65535.
    """

    def __init__(
        self, transmit: Transmit, *, key_no: int, ti: bytes, enc_key: bytes, mac_key: bytes, cmd_ctr: int = 0
    ) -> None:
        self.key_no = key_no
        self.ti = ti
        self.enc_key = enc_key
        self.mac_key = mac_key
        self.cmd_ctr = cmd_ctr
        self._transmit = transmit
        self._is_over = False

    def __repr__(self) -> str:
        return f"Session(key_no={self.key_no})"

    @property
    def is_over(self) -> bool:
        """Whether it failed or ended."""
        return self._is_over

    def plain(self, instruction: int, header: bytes = b"", data: bytes = b"") -> bytes:
        """Send a command in CommMode.PLAIN: neither secret nor proven, but counted.

        Args, returns and raises: as `full`.
        """
        return self._run("plain", instruction, header, data)

    def mac(self, instruction: int, header: bytes = b"", data: bytes = b"") -> bytes:
        """Send a command in CommMode.MAC: command and answer are proven, not secret.

        Args, returns and raises: as `full`.
        """
        return self._run("mac", instruction, header, data)

    def full(self, instruction: int, header: bytes = b"", data: bytes = b"") -> bytes:
        """Send a command in CommMode.FULL: data is secret both ways, and all is proven.

        Args:
            instruction: INS byte.
            header: what the command is about (file, offset, key number); never encrypted.
            data: what it brings.

        Returns:
            The answer's data, proven and decrypted.

        Raises:
            NotAuthentic: when the answer's MAC is wrong; nothing of it was decrypted.
            CardRefuses: when the card says no.
            ProtocolViolation: when the answer is malformed.
            SessionOver: when the session has failed or ended before, or its counter is used up.
            ValueError: when the command is too long for one frame.
        """
        return self._run("full", instruction, header, data)

    def full_at_last(self, instruction: int, header: bytes, data: bytes) -> None:
        """Send a command in CommMode.FULL that ends the session: changing the key that it was made with.

        A card answers this one without a MAC (AN12196 table 27); where there is one, it must be right. That it was
        done is not proven until the new key is used.

        Raises:
            As `full`.
        """
        self._run("full", instruction, header, data, is_last=True)

    def _run(
        self, mode: Mode, instruction: int, header: bytes, data: bytes, *, is_last: bool = False
    ) -> bytes:
        if self._is_over:
            raise SessionOver("this session failed or ended: authenticate anew")
        if self.cmd_ctr >= MAX_COUNTER:
            raise SessionOver("this session has counted all its commands: authenticate anew")
        # Over until the end proves the contrary: an answer that is lost, wrong or interrupted leaves no doubt.
        self._is_over = True
        payload = self._protected(mode, instruction, header, data)
        answer = native(self._transmit, instruction, payload)
        self.cmd_ctr += 1
        if is_last and not answer:
            return b""
        result = answer if mode == "plain" else self._proven(answer)
        if mode == "full" and result:
            result = self._decrypted(result)
        self._is_over = is_last
        return result

    def _protected(self, mode: Mode, instruction: int, header: bytes, data: bytes) -> bytes:
        if mode == "plain":
            return header + data
        if mode == "full" and data:
            data = encrypt(self.enc_key, pad(data), self._iv(_COMMAND_IV))
        return header + data + self._mac_of(bytes([instruction]), header + data)

    def _proven(self, answer: bytes) -> bytes:
        if len(answer) < MAC_BYTES:
            raise ProtocolViolation(f"an answer of {len(answer)} bytes has no MAC")
        data, mac = answer[:-MAC_BYTES], answer[-MAC_BYTES:]
        if not hmac.compare_digest(self._mac_of(_OK, data), mac):
            raise NotAuthentic("the MAC of the card's answer is wrong")
        return data

    def _decrypted(self, data: bytes) -> bytes:
        if len(data) % BLOCK_BYTES:
            raise ProtocolViolation(f"an answer of {len(data)} encrypted bytes is no whole blocks")
        try:
            return unpad(decrypt(self.enc_key, data, self._iv(_RESPONSE_IV)))
        except ValueError:
            raise ProtocolViolation("an answer is not padded") from None

    def _mac_of(self, first: bytes, data: bytes) -> bytes:
        return truncated(aes_cmac(self.mac_key, first + self._counter() + self.ti + data))

    def _iv(self, label: bytes) -> bytes:
        return encrypt(self.enc_key, label + self.ti + self._counter() + bytes(8))

    def _counter(self) -> bytes:
        return self.cmd_ctr.to_bytes(2, "little")


def authenticate_ev2_first(
    transmit: Transmit, key_no: int, key: bytes, rnd_a: bytes | None = None
) -> Session:
    """Prove a key to the card and have it prove the same (AuthenticateEV2First, AN12196 table 14).

    Args:
        transmit: to the card, with the application selected.
        key_no: 0 to 13.
        key: 16 bytes.
        rnd_a: 16 bytes that replace our random number, for published values only.

    Raises:
        NotAuthentic: when the card has not this key, or does not prove it.
        CardRefuses: when it says no to something else than the key.
        ProtocolViolation: when its answers are malformed.
        ValueError: when key or rnd_a are not 16 bytes.
    """
    rnd_a, rnd_b, answer = _prove(transmit, _FIRST, bytes([key_no]) + _NO_CAPABILITIES, key, rnd_a, blocks=2)
    # TI || rotated RndA || capabilities of both sides, which differ from card to card and bind nothing.
    ti, proof = answer[:_TI_BYTES], answer[_TI_BYTES : _TI_BYTES + BLOCK_BYTES]
    _check_proof(proof, rnd_a)
    enc_key, mac_key = _session_keys(key, rnd_a, rnd_b)
    return Session(transmit, key_no=key_no, ti=ti, enc_key=enc_key, mac_key=mac_key)


def authenticate_ev2_non_first(
    session: Session, key_no: int, key: bytes, rnd_a: bytes | None = None
) -> Session:
    """Go on with another key, transaction identifier and counter (AuthenticateEV2NonFirst, AN12196 table 23).

    Args:
        session: goes on as the one returned, and is over itself.
        key_no: 0 to 13.
        key: 16 bytes.
        rnd_a: 16 bytes that replace our random number, for published values only.

    Raises:
        SessionOver: when the session has failed or ended before.
        NotAuthentic, CardRefuses, ProtocolViolation, ValueError: as `authenticate_ev2_first`.
    """
    if session.is_over:
        raise SessionOver("this session failed or ended: authenticate anew")
    session._is_over = True  # noqa: SLF001 - the two functions here are the only ones that make and hand on sessions
    transmit = session._transmit  # noqa: SLF001 - the same
    rnd_a, rnd_b, proof = _prove(transmit, _NON_FIRST, bytes([key_no]), key, rnd_a, blocks=1)
    _check_proof(proof, rnd_a)
    enc_key, mac_key = _session_keys(key, rnd_a, rnd_b)
    return Session(
        transmit, key_no=key_no, ti=session.ti, enc_key=enc_key, mac_key=mac_key, cmd_ctr=session.cmd_ctr
    )


def _prove(
    transmit: Transmit, instruction: int, payload: bytes, key: bytes, rnd_a: bytes | None, *, blocks: int
) -> tuple[bytes, bytes, bytes]:
    """Run both steps and return RndA, RndB and the decrypted last answer; IVs are zero in every step."""
    rnd_a = secrets.token_bytes(BLOCK_BYTES) if rnd_a is None else rnd_a
    if len(key) != KEY_BYTES or len(rnd_a) != BLOCK_BYTES:
        raise ValueError(f"key and random number have {KEY_BYTES} bytes each")
    try:
        challenge = frame(transmit, instruction, payload, then=MORE)
        if len(challenge) != BLOCK_BYTES:
            raise ProtocolViolation(f"a challenge of {len(challenge)} bytes is none")
        rnd_b = decrypt(key, challenge)
        answer = frame(transmit, _ANSWER, encrypt(key, rnd_a + rotated_left(rnd_b)))
    except CardRefuses as refused:
        if refused.status == AUTHENTICATION_ERROR:
            raise NotAuthentic("the card has not this key") from None
        raise
    if len(answer) != blocks * BLOCK_BYTES:
        raise ProtocolViolation(f"a proof of {len(answer)} bytes is none")
    return rnd_a, rnd_b, decrypt(key, answer)


def _check_proof(proof: bytes, rnd_a: bytes) -> None:
    if not hmac.compare_digest(proof, rotated_left(rnd_a)):
        raise NotAuthentic("the card does not prove the key: it handed back another random number")


def _session_keys(key: bytes, rnd_a: bytes, rnd_b: bytes) -> tuple[bytes, bytes]:
    """Return ENC and MAC key (AN12196 table 14, session vectors)."""
    mixed = bytes(a ^ b for a, b in zip(rnd_a[2:8], rnd_b[:6], strict=True))
    tail = rnd_a[:2] + mixed + rnd_b[6:] + rnd_a[8:]
    return aes_cmac(key, _ENC_LABEL + tail), aes_cmac(key, _MAC_LABEL + tail)
