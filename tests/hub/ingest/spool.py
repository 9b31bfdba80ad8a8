"""A device's spool as the hub sees it: numbered events, batches cut from them, losses."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hub.ingest.intake import Message
from wire import codec
from wire.events import CardRead, ClockSynchronised, DeskSession, DeskState, DeviceStarted, Event
from wire.identifiers import CredentialId
from wire.messages import BatchHeader, SeqRange

WALL_US = 1_795_000_000_000_000
"""When the tests' boots began, in true time."""

BOOT = "b00700000000000a"


@dataclass
class Spool:
    """Events of one device under one numbering."""

    space: str = "stadtlabor"
    device: str = "pi-1"
    epoch: str = "e000000000000001"
    boot: str = BOOT
    lines: dict[int, bytes] = field(default_factory=dict)
    lost: list[tuple[int, int]] = field(default_factory=list)
    next_seq: int = 1
    floor: int = 1

    def add(self, event: Event | bytes) -> int:
        """Write an event, or bytes that are none, and return its number."""
        seq = self.next_seq
        self.lines[seq] = event if isinstance(event, bytes) else codec.encode_event(event)
        self.next_seq += 1
        return seq

    def lose(self, first: int, last: int) -> None:
        """Drop events (D6)."""
        for seq in range(first, last + 1):
            self.lines.pop(seq, None)
        self.lost.append((first, last))

    def batch(self, first: int, last: int | None = None) -> Message:
        """Return the message that accounts for `first … last`."""
        last = self.next_seq - 1 if last is None else last
        lost = [
            SeqRange(max(low, first), min(high, last))
            for low, high in sorted(self.lost)
            if low <= last and high >= first
        ]
        header = BatchHeader(epoch=self.epoch, first=first, last=last, floor=self.floor, lost=lost)
        lines = [self.lines[seq] for seq in range(first, last + 1) if seq in self.lines]
        return Message(self.topic, codec.encode_batch(header, lines))

    def batches(self, size: int) -> list[Message]:
        """Return all events in messages of `size` numbers."""
        return [
            self.batch(first, min(first + size - 1, self.next_seq - 1))
            for first in range(1, self.next_seq, size)
        ]

    @property
    def topic(self) -> str:
        return f"ankerort/v1/{self.space}/{self.device}/event"

    # Events of this boot, `at_s` seconds after its beginning.

    def _base(self, at_s: float, synced: bool) -> dict[str, Any]:
        mono_us = int(at_s * 1_000_000)
        wall_us = WALL_US + mono_us if synced else mono_us
        return {"boot": self.boot, "mono_us": mono_us, "wall_us": wall_us, "synced": synced}

    def desk(self, desk: str, state: Any, at_s: float = 1, reason: Any = "", *, synced: bool = True) -> int:
        return self.add(DeskState(**self._base(at_s, synced), desk=desk, state=state, reason=reason))

    def session(
        self, desk: str, start_ago_s: float, end_ago_s: float, at_s: float = 1, *, synced: bool = True
    ) -> int:
        return self.add(
            DeskSession(
                **self._base(at_s, synced),
                desk=desk,
                start_ago_us=int(start_ago_s * 1_000_000),
                end_ago_us=int(end_ago_s * 1_000_000),
            )
        )

    def started(self, at_s: float = 0, not_before_us: int = 0, *, synced: bool = True) -> int:
        return self.add(DeviceStarted(**self._base(at_s, synced), version="1", not_before_us=not_before_us))

    def synchronised(self, at_s: float) -> int:
        return self.add(ClockSynchronised(**self._base(at_s, True)))

    def card(self, at_s: float = 1, *, synced: bool = True) -> int:
        return self.add(
            CardRead(**self._base(at_s, synced), reader="tuer", credential=CredentialId("ab" * 32))
        )

    def many(self, count: int, desks: Iterable[str] = ("fenster-1", "fenster-2")) -> None:
        """Write presence that comes and goes."""
        names = list(desks)
        for i in range(count):
            self.desk(names[i % len(names)], "occupied" if i // len(names) % 2 == 0 else "vacant", at_s=i)
