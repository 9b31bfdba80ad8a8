"""Somebody who lays a new card on a reader when the hub waits for one there, for demonstrations of that."""

import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from device.core.inputs import CardRemoved, Input
from device.ports import Put

LOOK_S: Final = 0.25
REACT_S: Final = 2.0
"""How long it takes to find a card and lay it down."""


class Desk(Protocol):
    """What is asked of `device.card_desk.Desk`."""

    def waiting(self, reader: str) -> str:
        """Return the order that waits at a reader, or an empty text."""
        ...

    def play(self, reader: str, uid: bytes) -> Input:
        """Return what comes of a card."""
        ...

    def wanted(self, reader: str) -> bytes:
        """Return the UID of the only card that is meant, or nothing when it may be any."""
        ...


class SimulatedHost:
    """A source (`device.ports.Source`) of cards that are asked for.

    Args:
        readers: where somebody looks.
        desk: says whether a card is asked for.
        invent: gives the UID of a new card, by number.
        react_s: see `REACT_S`.
    """

    def __init__(
        self, readers: Sequence[str], desk: Desk, invent: Callable[[int], bytes], *, react_s: float = REACT_S
    ) -> None:
        self._readers = readers
        self._desk = desk
        self._invent = invent
        self._react_s = react_s
        self._cards = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, put: Put) -> None:
        """Begin to look."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, args=(put,), name="simulated-host", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End; nothing comes after that."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join()
            self._thread = None

    def _run(self, put: Put) -> None:
        while not self._stopping.wait(LOOK_S):
            for reader in self._readers:
                order = self._desk.waiting(reader)
                if not order or self._stopping.wait(self._react_s):
                    continue
                if self._desk.waiting(reader) == order:
                    put(self._desk.play(reader, self._desk.wanted(reader) or self._new()))
                    put(CardRemoved(reader))

    def _new(self) -> bytes:
        self._cards += 1
        return self._invent(self._cards - 1)
