"""What somebody without the keys can put on a reader."""

import time
from collections.abc import Callable, Sequence

from tests.parts.card_frames import Exchange


class ReplayedCard:
    """A card that has listened to a genuine one, and gives its answers again.

    It looks for the answer that was given to the same bytes, then for the next one to the same instruction: a reader
    that sends other random numbers is answered as fits best.
    """

    def __init__(self, uid: bytes, recorded: Sequence[Exchange]) -> None:
        """Make one.

        Args:
            uid: what it says it is.
            recorded: from `NativeCard.record`.
        """
        self.uid = uid
        self._recorded = tuple(recorded)
        self._left = list(recorded)

    def handle(self, apdu: bytes) -> bytes:
        """Answer with what was recorded; 911C when nothing fits."""
        if apdu == bytes.fromhex("FFCA000000"):
            return self.uid + b"\x90\x00"
        # The whole of it, then its class and instruction.
        for length in (len(apdu), 2):
            for exchange in self._left:
                if exchange.apdu[:length] == apdu[:length]:
                    self._left.remove(exchange)
                    return exchange.answer
        return bytes.fromhex("911C")

    def power_off(self) -> None:
        """Begin the recording anew at the next presentation."""
        self._left = list(self._recorded)


def relayed(handle: Callable[[bytes], bytes], delay_s: float) -> Callable[[bytes], bytes]:
    """Return a genuine card held to a phone far away: right answers, late.

    Args:
        handle: of the genuine card.
        delay_s: what the way adds to each answer, in seconds.
    """

    def answer(apdu: bytes) -> bytes:
        time.sleep(delay_s)
        return handle(apdu)

    return answer
