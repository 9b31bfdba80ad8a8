"""A story of steady work for measurements and endurance tests: so many events a second, presence and cards mixed.

Every happening becomes exactly one event, so that who counts events knows what to expect: a card that no one showed
before, or a sensor that is plugged in, or unplugged again (with `settle_s` 0 the desk is vacant or unknown at once).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count, cycle
from random import Random
from typing import Final

from device.backends.simulated import Happening
from device.core.inputs import CardPresented, Input, Level, SensorLevel
from wire.identifiers import CredentialId

_CARD_SHARE: Final = 0.5


def tell_load(
    readers: Sequence[str],
    desks: Sequence[str],
    card_of: Callable[[str], CredentialId],
    rate_per_s: float,
    seed: str,
) -> Iterator[Happening]:
    """Tell a story without end.

    Args:
        readers: take turns at seeing cards; may be empty when there are desks.
        desks: change their state in turn; may be empty when there are readers.
        card_of: gives a person's card.
        rate_per_s: happenings per second, above 0.
        seed: the same seed gives the same story.
    """
    if not readers and not desks:
        raise ValueError("a load needs a reader or a sensor: declare one in the device's settings")
    dice = Random(f"{seed}/load")  # noqa: S311 - plays, guards nothing
    reader, desk = cycle(readers), cycle(desks)
    plugged = dict.fromkeys(desks, False)
    for number in count():
        at_us = int(number * 1_000_000 / rate_per_s)
        happened: Input
        if readers and (not desks or dice.random() < _CARD_SHARE):
            happened = CardPresented(next(reader), card_of(f"{seed}/{number}"))
        else:
            name = next(desk)
            plugged[name] = not plugged[name]
            happened = SensorLevel(name, Level.IDLE if plugged[name] else Level.MISSING)
        yield Happening(at_us, happened)
