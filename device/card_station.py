"""`ankerort-device card-station`: the reader on a host's desk, for the hub on the same machine.

The hub starts it as a child and talks to it over pipes, since device and hub never import each other. Each line is one
JSON object of at most `MAX_LINE_BYTES`; one question at a time, each with one answer:

    → {"ask": "ready"}
    ← {"ready": true}
    → {"ask": "read", "wait_s": 30}
    ← {"kind": "desfire", "uid": "04…"}
    → {"ask": "write", "uid": "04…", "kind": "desfire", "credential_id": "…", "new": {"picc": "…", "keys": ["…"]},
       "old": [], "wait_s": 30}
    ← {"done": true, "reason": ""}

Bytes are lower-case hex. `kind` is `uid`, `desfire` or `ntag424`; `reason` is `removed`, `another_card`, `foreign` or
`refused`. `wait_s` is from 1 to 120, 30 when it is left out. Instead of an answer there may be {"error": WORD}:
`nobody_came`, `unusable` (a card whose number is random, or can't be read), `no_reader`, `bad_question`.

Here UIDs and keys are plain: the pipes are this process's and its parent's alone. None of them is logged. The program
ends when its standard input does, after the card that it is writing.
"""

import queue
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Annotated, Final, Literal

import click
import msgspec
from msgspec import Meta, Struct

from device.bootstrap import open_reader
from device.card_desk import write_card
from device.cards.apdu import Transmit
from device.cards.errors import CardUnusable
from device.cards.uid import read_uid
from device.cards.version import kind_of
from device.core.inputs import CardRefused, Input, ReaderPresence
from wire.access import CardKeys, WriteCard
from wire.events import CardKind

MAX_LINE_BYTES: Final = 16 * 1024
WRITE_S: Final = 30.0
"""How long a card that came in time may take."""
APPEAR_S: Final = 5.0
"""How long the reader may take to be found."""
READER: Final = "station"

_Wait = Annotated[int, Meta(ge=1, le=120)]
_Hex = Annotated[str, Meta(pattern=r"^([0-9a-f]{2})*(?![\s\S])", max_length=32)]


class _Keys(Struct, frozen=True, kw_only=True):
    keys: Annotated[list[_Hex], Meta(max_length=14)]
    picc: _Hex = ""


class _Ready(Struct, frozen=True, kw_only=True, tag="ready", tag_field="ask"):
    pass


class _Read(Struct, frozen=True, kw_only=True, tag="read", tag_field="ask"):
    wait_s: _Wait = 30


class _Write(Struct, frozen=True, kw_only=True, tag="write", tag_field="ask"):
    uid: _Hex
    kind: Literal["desfire", "ntag424"]
    credential_id: _Hex
    new: _Keys
    old: Annotated[list[_Keys], Meta(max_length=8)] = []
    wait_s: _Wait = 30


class ReaderReady(Struct, frozen=True, kw_only=True):
    """Answer to `ready`."""

    ready: bool = True


class CardFound(Struct, frozen=True, kw_only=True):
    """Answer to `read`."""

    kind: CardKind
    uid: str


class CardWritten(Struct, frozen=True, kw_only=True):
    """Answer to `write`; `reason` is empty when it is done."""

    done: bool
    reason: str = ""


class NoAnswer(Struct, frozen=True, kw_only=True):
    """There is no answer; a word says why."""

    error: str


Answer = ReaderReady | CardFound | CardWritten | NoAnswer
_decoder: msgspec.json.Decoder[_Ready | _Read | _Write] = msgspec.json.Decoder(_Ready | _Read | _Write)


class Station:
    """What is done with cards at one reader (`device.ports.CardDesk`): nothing, unless it was asked."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._number = 0
        self._question: _Read | WriteCard | None = None
        self._busy = False
        self._answer: Answer | None = None
        self._connected = False
        self._ended = False

    # -- the program's thread -------------------------------------------------------------------------------------

    def ask(self, line: bytes) -> Answer:
        """Return the answer to a line; it takes as long as the line says, and longer for a card that came in time."""
        try:
            asked = _decoder.decode(line)
            question = (
                None if isinstance(asked, _Ready) else asked if isinstance(asked, _Read) else _order(asked)
            )
        except (msgspec.MsgspecError, ValueError, RecursionError):
            # Not told what is wrong with it: that could be a key.
            return NoAnswer(error="bad_question")
        with self._changed:
            if not self._changed.wait_for(lambda: self._connected or self._ended, APPEAR_S):
                return NoAnswer(error="no_reader")
            if isinstance(asked, _Ready):
                return ReaderReady()
            self._number += 1
            self._question, self._answer = question, None
            self._changed.wait_for(lambda: self._given() or (self._ended and not self._busy), asked.wait_s)
            if self._busy:
                self._changed.wait_for(lambda: self._given() or not self._busy, WRITE_S)
            self._question = None
            return self._given() or NoAnswer(error="nobody_came")

    def _given(self) -> Answer | None:
        return self._answer

    def end(self) -> None:
        """Answer what is asked as soon as no card is being written; from any thread."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    # -- the reader's thread --------------------------------------------------------------------------------------

    def put(self, given: Input) -> None:
        """Take what the reader has to tell."""
        with self._changed:
            if isinstance(given, ReaderPresence):
                self._connected = given.connected
            elif isinstance(given, CardRefused) and isinstance(self._question, _Read):
                self._answer = NoAnswer(error="unusable")
            self._changed.notify_all()

    def waiting(self, _reader: str) -> str:
        """Return the number of the question that waits for a card."""
        return "" if self._question is None or self._answer is not None else str(self._number)

    def serve(self, reader: str, transmit: Transmit) -> Input | None:
        """Answer the question with the card that lies there."""
        with self._changed:
            question = self._question if self._answer is None else None
            if question is None:
                return None
            self._busy = True
        answer: Answer | None = None
        try:
            if isinstance(question, WriteCard):
                reason = write_card(question, transmit)
                answer = CardWritten(done=not reason, reason=reason)
            else:
                answer = CardFound(uid=read_uid(transmit).hex(), kind=kind_of(transmit))
        except CardUnusable as unusable:
            return CardRefused(reader, unusable.reason)
        finally:
            self._settle(answer)
        return None

    def broken_off(self, _reader: str) -> Input | None:
        """A card that went away while it was written is told; one that was only looked at may come back."""
        if isinstance(self._question, WriteCard):
            self._settle(CardWritten(done=False, reason="removed"))
        return None

    def _settle(self, answer: Answer | None) -> None:
        with self._changed:
            self._busy = False
            self._answer = self._answer or answer
            self._changed.notify_all()


def _order(asked: _Write) -> WriteCard:
    """Return a question in the form in which the hub orders it of devices.

    Raises:
        ValueError: when a length is wrong.
    """
    order = WriteCard(
        command="0" * 16,
        session="0" * 16,
        reader=READER,
        uid=bytes.fromhex(asked.uid),
        kind=asked.kind,
        credential_id=bytes.fromhex(asked.credential_id),
        new=_keys(asked.new),
        old=[_keys(old) for old in asked.old],
    )
    # Made by hand it is not yet checked.
    return msgspec.msgpack.decode(msgspec.msgpack.encode(order), type=WriteCard)


def _keys(keys: _Keys) -> CardKeys:
    return CardKeys(picc=bytes.fromhex(keys.picc), keys=[bytes.fromhex(key) for key in keys.keys])


@click.command(
    "card-station",
    epilog="""Examples:

\b
  (echo '{"ask": "read"}'; sleep 10) | ankerort-device card-station --reader ACR122U""",
)
@click.option("--reader", "match", required=True, help="A part of the name that PC/SC gives the reader.")
def card_station(match: str) -> None:
    """Read and write cards for the hub on this machine, which starts it.

    Questions come as JSON lines on standard input, answers go to standard output; they hold keys and card numbers, so
    neither is for a terminal or a log.
    """
    # Ctrl-C is for the hub, which then closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    station = Station()
    source = open_reader(READER, match, station)
    source.start(station.put)
    try:
        for line in _lines(station):
            sys.stdout.buffer.write(msgspec.json.encode(station.ask(line)) + b"\n")
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever asked is gone.
        pass
    finally:
        source.stop()


def _lines(station: Station) -> Iterator[bytes]:
    """Give the lines of standard input; its end is noticed also while a card is waited for."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        while line := sys.stdin.buffer.readline(MAX_LINE_BYTES):
            lines.put(line)
        station.end()
        lines.put(b"")

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while line := lines.get():
        yield line
