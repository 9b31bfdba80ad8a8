"""Readers at which the hub waits for a card: what comes to them is no visitor."""

from typing import Final

from wire.access import Cancel, ReadCard, WriteCard

WRITE_US: Final = 60_000_000
"""A card that came in time may take so long to write; after that the reader is a door's or desk's again."""
LIFT_US: Final = 5_000_000
"""So soon after its end the card that was just read or written may still lie there."""


class Enrolment:
    """Which reader waits, for which command, and until when at most."""

    def __init__(self) -> None:
        self._waits: dict[str, tuple[str, int]] = {}
        self._lifts: dict[str, int] = {}

    def begin(self, order: ReadCard | WriteCard | Cancel, now_us: int) -> None:
        """Take an order of the hub in; it ends the one before it at the same reader."""
        self._lifts.pop(order.reader, None)
        if isinstance(order, Cancel):
            self._waits.pop(order.reader, None)
        else:
            until_us = now_us + order.wait_s * 1_000_000 + WRITE_US
            self._waits[order.reader] = (order.command, until_us)

    def end(self, reader: str, command: str, now_us: int, *, card_lies: bool) -> bool:
        """Take note that a reader waits no longer.

        Args:
            card_lies: whether a card lies there that is not to be judged until it was lifted.

        Returns:
            Whether it had been waiting for this command.
        """
        if card_lies:
            self._lifts[reader] = now_us + LIFT_US
        if self._waits.get(reader, ("", 0))[0] != command:
            return False
        del self._waits[reader]
        return True

    def lifted(self, reader: str) -> None:
        """Take note that no card lies at a reader."""
        self._lifts.pop(reader, None)

    def is_busy(self, reader: str, now_us: int) -> bool:
        """Say whether a card at this reader is not to be judged."""
        _command, until_us = self._waits.get(reader, ("", 0))
        return now_us < until_us or now_us < self._lifts.get(reader, 0)

    def is_waiting(self, now_us: int) -> bool:
        """Say whether any reader waits."""
        return any(now_us < until_us for _command, until_us in self._waits.values())

    @property
    def deadline_us(self) -> int | None:
        """When a reader waits no longer, whatever its back-end says."""
        return min((until_us for _command, until_us in self._waits.values()), default=None)

    def advance(self, now_us: int) -> None:
        """Let readers go back whose time is over."""
        self._waits = {reader: wait for reader, wait in self._waits.items() if now_us < wait[1]}
