"""Which reading of a card is a new presentation, and which is the same card still lying there."""

from dataclasses import dataclass

from wire.identifiers import CredentialId


@dataclass(slots=True)
class _Last:
    """The card last seen at a reader; `gone_us` is None while it lies there."""

    card: CredentialId | None
    gone_us: int | None


class Presentations:
    """Counts a card that stays on a reader, or flickers at the edge of its field, once.

    Args:
        same_us: a card that comes back to its reader within this time was never away.
    """

    def __init__(self, same_us: int) -> None:
        self._same_us = same_us
        self._at: dict[str, _Last] = {}

    def is_new(self, reader: str, card: CredentialId | None, now_us: int) -> bool:
        """Say whether a card was newly presented.

        Args:
            card: its look-up value, or None for a card that can't be used: such cards are not told apart.
            now_us: mono_us.
        """
        last = self._at.get(reader)
        self._at[reader] = _Last(card, None)
        if last is None or last.card != card:
            return True
        return last.gone_us is not None and now_us - last.gone_us >= self._same_us

    def ended(self, reader: str, now_us: int) -> None:
        """Take note that the card left the reader, or that the reader went away with it."""
        last = self._at.get(reader)
        if last is not None and last.gone_us is None:
            last.gone_us = now_us
