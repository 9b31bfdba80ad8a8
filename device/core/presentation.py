"""Which reading of a card is a new presentation, and which is the same card still lying there."""

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(slots=True)
class _Last:
    """The card last seen at a reader; `gone_us` is None while it lies there."""

    card: Hashable
    gone_us: int | None


class Presentations:
    """Counts a card that stays on a reader, or flickers at the edge of its field, once.

    Args:
        same_us: a card that comes back to its reader within this time was never away.
    """

    def __init__(self, same_us: int) -> None:
        self._same_us = same_us
        self._at: dict[str, _Last] = {}

    def is_new(self, reader: str, card: Hashable, now_us: int) -> bool:
        """Say whether a card was newly presented.

        Args:
            card: what tells it from others, as its look-up value; None for cards that can't be told apart.
            now_us: mono_us.
        """
        last = self._at.get(reader)
        self._at[reader] = _Last(card, None)
        if last is None or last.card != card:
            return True
        return not self._is_same(last, now_us)

    def is_there(self, reader: str, now_us: int) -> bool:
        """Say whether some card lies on a reader, or flickers there."""
        last = self._at.get(reader)
        return last is not None and self._is_same(last, now_us)

    def ended(self, reader: str, now_us: int) -> None:
        """Take note that the card left the reader, or that the reader went away with it."""
        last = self._at.get(reader)
        if last is not None and last.gone_us is None:
            last.gone_us = now_us

    def _is_same(self, last: _Last, now_us: int) -> bool:
        return last.gone_us is None or now_us - last.gone_us < self._same_us
