"""A card made of software, in a slot of the virtual reader `vpcd`."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.parts.pcscd import Pcscd

# What a DESFire card shows over PC/SC.
DESFIRE_ATR = bytes.fromhex("3B8180018080")
# The reader looks for cards about every 400 ms: shorter than this, and a card is not seen, or not missed.
HOLD_S = 0.6
PAUSE_S = 0.5

_GET_UID = bytes.fromhex("FFCA000000")
_POWER_OFF, _POWER_ON, _RESET, _GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"

ApduHandler = Callable[[bytes], bytes]


class CardPulled(Exception):
    """Raised by a card's handler: the card leaves the reader now, and this APDU gets no answer.

    PC/SC then reports success with an answer of no bytes, not even a status word (pcscd 1.9.9 with vpcd 3.3).
    """


def nothing() -> None:
    """Take no notice of a loss of power."""


def refuse(_apdu: bytes) -> bytes:
    """Answer an APDU as a card that knows no instruction (6D00)."""
    return bytes.fromhex("6D00")


class VirtualCard:
    """One card: `insert` puts it on the reader, `remove` takes it away; also a context manager."""

    def __init__(
        self,
        pcscd: Pcscd,
        uid: bytes,
        *,
        slot: int = 0,
        atr: bytes = DESFIRE_ATR,
        handler: ApduHandler = refuse,
        on_reset: Callable[[], None] = nothing,
    ) -> None:
        """Make a card that lies beside the reader.

        Args:
            pcscd: the running service.
            uid: what it answers to `FF CA 00 00 00`: 4, 7 or 10 bytes.
            slot: 0 or 1.
            atr: its answer to reset.
            handler: gives the answer, status word included, to every other APDU; called in the card's own thread.
            on_reset: told when the card loses its power or is reset, and when it leaves the reader; from that thread.
        """
        self.uid = uid
        self.slot = slot
        self.apdus: list[bytes] = []
        self.error: BaseException | None = None
        self._pcscd = pcscd
        self._atr = atr
        self._handler = handler
        self._on_reset = on_reset
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def insert(self) -> None:
        """Put the card on the reader; the reader sees it within half a second.

        Raises:
            ConnectionRefusedError: when the reader is not up.
        """
        if self._socket is not None:
            raise RuntimeError("the card is on the reader already: remove it first")
        self._socket = self._pcscd.connect_card(self.slot)
        self._thread = threading.Thread(
            target=self._serve, args=(self._socket,), name="virtual-card", daemon=True
        )
        self._thread.start()

    def remove(self) -> None:
        """Take the card away; harmless when it is not on the reader, or the reader is gone.

        Raises:
            BaseException: whatever the card's handler raised meanwhile.
        """
        if self._socket is None or self._thread is None:
            return
        # Wakes the thread; the reader may have gone first.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5.0)
        self._socket.close()
        self._socket = self._thread = None
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    @property
    def is_inserted(self) -> bool:
        """Whether it lies on the reader, as far as the card knows."""
        return self._thread is not None and self._thread.is_alive()

    def __enter__(self) -> Self:
        """Insert the card."""
        self.insert()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the card."""
        self.remove()

    def _serve(self, reader: socket.socket) -> None:
        try:
            while (message := _receive(reader)) is not None:
                answer = self._answer(message)
                if answer is not None:
                    reader.sendall(struct.pack(">H", len(answer)) + answer)
        except (OSError, CardPulled):
            # The reader is gone, by `remove` or with pcscd, or the card is: that is no error.
            return
        except BaseException as error:
            # A thread has nobody to raise to: `remove` raises it.
            self.error = error
        finally:
            self._on_reset()
            # A card that stays silent on the reader would make its reader wait for ever.
            with contextlib.suppress(OSError):
                reader.shutdown(socket.SHUT_RDWR)

    def _answer(self, message: bytes) -> bytes | None:
        if len(message) == 1:
            if message in {_POWER_OFF, _RESET}:
                self._on_reset()
            return self._atr if message == _GET_ATR else None
        self.apdus.append(message)
        if message == _GET_UID:
            return self.uid + b"\x90\x00"
        if message[0] == 0xFF:
            # A pseudo-APDU for the reader's own functions, for example its buzzer: a plain reader has none.
            return bytes.fromhex("6A81")
        return self._handler(message)


def _receive(reader: socket.socket) -> bytes | None:
    header = _receive_exactly(reader, 2)
    return None if header is None else _receive_exactly(reader, struct.unpack(">H", header)[0])


def _receive_exactly(reader: socket.socket, length: int) -> bytes | None:
    data = b""
    while len(data) < length:
        # Delayed acknowledgements would cost 43 ms for each APDU, and the kernel forgets the option.
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        chunk = reader.recv(length - len(data))
        if not chunk:
            return None
        data += chunk
    return data
