"""A virtual card's frames: APDUs, answers in parts, the session's life, and what tests may do to a card."""

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.parts.card_sessions import CardError, Mode, Session, Status
from tests.parts.virtual_card import CardPulled

_NATIVE = 0x90
_ADDITIONAL_FRAME = 0xAF

Random = Callable[[int], bytes]


def scripted_random(*values: bytes) -> Random:
    """Return a source that gives out these values in turn: a card's random numbers from a published example."""
    rest: Iterator[bytes] = iter(values)

    def give(length: int) -> bytes:
        value = next(rest)
        assert len(value) == length, f"the card asked for {length} random bytes, the script has {len(value)}"
        return value

    return give


class Exchange(NamedTuple):
    """One APDU and its answer, as somebody who listens in would note them."""

    apdu: bytes
    answer: bytes


class More(NamedTuple):
    """An answer with status 91AF, and what takes the next frame."""

    data: bytes
    then: Callable[[bytes], "Reply"]


Reply = bytes | More
Command = Callable[[int, bytes], Reply]


def chunks(data: bytes, *sizes: int) -> Reply:
    """Send a long answer in frames of these sizes, the last size for all further ones."""
    if len(data) <= sizes[0]:
        return data

    def go_on(request: bytes) -> Reply:
        if request:
            raise CardError(Status.LENGTH)
        return chunks(data[sizes[0] :], *(sizes[1:] or sizes))

    return More(data[: sizes[0]], go_on)


class FramedCard:
    """A chip that keeps its memory for the life of this object, and its session until it leaves the field.

    Every error ends the session, as on real chips. Use `handle` directly, or put the card behind a real reader:
    `VirtualCard(pcscd, card.uid, handler=card.handle, on_reset=card.power_off)`.
    """

    def __init__(self, uid: bytes, *, rng: Random = os.urandom) -> None:
        """Make a card as it leaves the factory.

        Args:
            uid: 7 bytes.
            rng: where its challenges come from: `random.Random(7).randbytes` for the same ones in each run,
                `scripted_random` for those of an example.
        """
        assert len(uid) == 7
        self.uid = uid
        self.rng = rng
        self.session: Session | None = None
        self.exchanges: list[Exchange] = []
        self._pending: Callable[[bytes], Reply] | None = None
        self._is_recording = False
        self._pull_at: tuple[int, bool] | None = None
        self._apdus_handled = 0
        self._commands: dict[int, Command] = {}

    # --- What tests do to a card ---

    def power_off(self) -> None:
        """Take it out of the field: the session is gone, memory stays, the next presentation begins."""
        self._apdus_handled = 0
        self._deselect()

    def pull_after(self, count: int, *, processed: bool = False) -> None:
        """Let it disappear once, before it answers the given APDU of the next presentation.

        Args:
            count: which APDU, from 1; the UID, which a reader asks for with `FF CA`, doesn't count.
            processed: whether the chip still carries that command out: a write that took effect, unacknowledged.
        """
        self._pull_at = count, processed
        self._apdus_handled = 0

    def record(self) -> list[Exchange]:
        """Listen in from now on; the returned list grows with every APDU."""
        self._is_recording = True
        self.exchanges = []
        return self.exchanges

    # --- Frames ---

    def handle(self, apdu: bytes) -> bytes:
        """Answer one APDU, status word included.

        Raises:
            CardPulled: when `pull_after` has come to its APDU.
        """
        if apdu == bytes.fromhex("FFCA000000"):
            return self.uid + b"\x90\x00"
        self._apdus_handled += 1
        if self._pull_at is not None and self._apdus_handled >= self._pull_at[0]:
            _, processed = self._pull_at
            self._pull_at = None
            if processed:
                self._answer(apdu)
            self.power_off()
            raise CardPulled("the card left the field before it answered")
        answer = self._answer(apdu)
        if self._is_recording:
            self.exchanges.append(Exchange(apdu, answer))
        return answer

    def _answer(self, apdu: bytes) -> bytes:
        if len(apdu) < 4:
            return bytes.fromhex("6700")
        if apdu[0] != _NATIVE:
            self._forget()
            return self._iso(apdu)
        # CLA INS P1 P2 Le, or CLA INS P1 P2 Lc data Le.
        is_short = len(apdu) == 5
        if apdu[2:4] != b"\x00\x00" or not (is_short or len(apdu) == 6 + apdu[4]) or apdu[-1] != 0:
            self._forget()
            return bytes([0x91, Status.LENGTH])
        data = b"" if is_short else apdu[5:-1]
        try:
            reply = self._dispatch(apdu[1], data)
        except CardError as error:
            self._forget()
            return bytes([0x91, error.status])
        if isinstance(reply, More):
            self._pending = reply.then
            return reply.data + bytes([0x91, Status.ADDITIONAL_FRAME])
        return reply + bytes([0x91, Status.OK])

    def _dispatch(self, ins: int, data: bytes) -> Reply:
        pending, self._pending = self._pending, None
        if pending is not None:
            if ins != _ADDITIONAL_FRAME:
                raise CardError(Status.COMMAND_ABORTED)
            return pending(data)
        command = self._commands.get(ins)
        if command is None:
            raise CardError(Status.ILLEGAL_COMMAND)
        return command(ins, data)

    def _iso(self, apdu: bytes) -> bytes:
        if apdu[0] != 0:
            return bytes.fromhex("6E00")
        if apdu[1] != 0xA4:
            return bytes.fromhex("6D00")
        name = apdu[5 : 5 + apdu[4]] if len(apdu) > 4 else b""
        return bytes.fromhex("9000" if apdu[2] == 4 and self._select_by_name(name) else "6A82")

    def _select_by_name(self, _name: bytes) -> bool:
        """Select an application by its ISO name, when the card has it."""
        return False

    def _forget(self) -> None:
        self.session = None
        self._pending = None

    def _deselect(self) -> None:
        self._forget()

    # --- Messaging ---

    def _open(
        self, ins: int, raw: bytes, *, header: int, length: int | None = 0, mode: Mode = Mode.MAC
    ) -> bytes:
        if self.session is not None:
            return self.session.open(ins, raw, header=header, length=length, mode=mode)
        if len(raw) < header or (length is not None and len(raw) != header + length):
            raise CardError(Status.LENGTH)
        return raw

    def _close(self, payload: bytes = b"", mode: Mode = Mode.MAC) -> bytes:
        return payload if self.session is None else self.session.close(payload, mode)

    def _require_session(self, *key_numbers: int) -> None:
        if self.session is None or (key_numbers and self.session.key_no not in key_numbers):
            raise CardError(Status.AUTHENTICATION)
