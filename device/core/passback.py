"""Who went in or out last, and how soon the same card may be used again at the same door.

Soft: a card that comes in twice is told and let in, since offline doors share no state. In memory only: who is inside
is never written down (requirement P2).
"""

from dataclasses import dataclass
from typing import Final

from wire.identifiers import CredentialId

AGAIN_US: Final = 5_000_000
"""For so long after the door was opened with a card, the card does not open it again (Doppelbuchungssperre).

A door closer needs three to seven seconds (EN 1154): a card can't be handed back through the open door, and nobody who
came in is out again and back in so soon. It counts from the opening: whoever did not open may tap again at once.
"""
SAME_US: Final = 60_000_000
"""Who taps twice within this time went through once: the door fell shut, or the first tap was not believed."""
FORGET_US: Final = 16 * 3_600 * 1_000_000
"""Who came in so long ago has left without a card."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """The last passage of a card.

    Args:
        before: the one that counts should nobody have gone through.
    """

    leaving: bool
    at_us: int
    before: "_Passage | None" = None


class Passback:
    """Passages of one device's doors that have a reader for leaving, and openings of all of its doors."""

    def __init__(self) -> None:
        self._last: dict[CredentialId, _Passage] = {}
        self._opened: dict[tuple[str, bool, CredentialId], int] = {}

    def is_too_soon(self, door: str, credential: CredentialId, *, leaving: bool, now_us: int) -> bool:
        """Say whether the card has just opened this door in this direction."""
        opened_us = self._opened.get((door, leaving, credential))
        return opened_us is not None and now_us - opened_us < AGAIN_US

    def granted(self, credential: CredentialId, *, leaving: bool, now_us: int) -> bool:
        """Take a grant in at a door with readers for both directions.

        Returns:
            Whether the card comes in, or goes out, twice in a row.
        """
        last = self._recent(credential, now_us)
        if last is None or last.leaving is not leaving:
            self._last[credential] = _Passage(leaving, now_us, last and _Passage(last.leaving, last.at_us))
            return False
        self._last[credential] = _Passage(leaving, now_us, last.before)
        return now_us - last.at_us >= SAME_US

    def taken(self, door: str, credential: CredentialId, *, leaving: bool, now_us: int) -> None:
        """Take note that the door was opened after a grant."""
        self._opened = {one: at_us for one, at_us in self._opened.items() if now_us - at_us < AGAIN_US}
        self._opened[door, leaving, credential] = now_us
        last = self._last.get(credential)
        if last is not None:
            self._last[credential] = _Passage(last.leaving, last.at_us, _Passage(last.leaving, last.at_us))

    def not_opened(self, credential: CredentialId) -> None:
        """Take note that nobody went through after a grant: the card is where it was."""
        last = self._last.pop(credential, None)
        if last is not None and last.before is not None:
            self._last[credential] = last.before

    def is_empty(self, now_us: int) -> bool:
        """Say whether nobody who came in with a card is still inside."""
        recent = (self._recent(credential, now_us) for credential in self._last)
        return all(last is None or last.leaving for last in recent)

    def prune(self, now_us: int) -> None:
        """Forget passages that no longer count."""
        self._last = {one: last for one, last in self._last.items() if now_us - last.at_us < FORGET_US}

    def _recent(self, credential: CredentialId, now_us: int) -> _Passage | None:
        last = self._last.get(credential)
        return None if last is None or now_us - last.at_us >= FORGET_US else last
