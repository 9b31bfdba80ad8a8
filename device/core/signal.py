"""Light and sound of each pattern, as a table.

Patterns are told apart by rhythm and number of beats, so that nobody needs to see colours, or to hear (requirement A8;
WCAG 1.4.1). Colour and tone only add to it. Nothing flashes more than three times in a second (WCAG 2.3.1).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from device.core.effects import Pattern


class Colour(Enum):
    """A colour of the lamp as (red, green, blue), each on or off: any RGB lamp can show it."""

    DARK = (False, False, False)
    WHITE = (True, True, True)
    GREEN = (False, True, False)
    BLUE = (False, False, True)
    YELLOW = (True, True, False)
    RED = (True, False, False)


@dataclass(frozen=True, slots=True)
class Step:
    """One beat or pause.

    Args:
        colour: of the lamp for as long as the step lasts.
        tone_hz: of the buzzer; 0 for silence.
        last_ms: how long the step lasts.
    """

    colour: Colour
    tone_hz: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The steps of a pattern.

    Args:
        repeats: whether they begin again; a rhythm that does not gives way to the last one that does.
    """

    steps: tuple[Step, ...]
    repeats: bool


def _beats(count: int, colour: Colour, tone_hz: int, on_ms: int, off_ms: int) -> tuple[Step, ...]:
    return (Step(colour, tone_hz, on_ms), Step(Colour.DARK, 0, off_ms)) * count


RHYTHMS: Final[dict[Pattern, Rhythm]] = {
    # A short blink every four seconds: alive, and not a lamp that burns all night.
    Pattern.READY: Rhythm(_beats(1, Colour.WHITE, 0, 80, 3_920), repeats=True),
    # One long beat with a high tone.
    Pattern.CARD_SEEN: Rhythm(_beats(1, Colour.GREEN, 2_000, 600, 100), repeats=False),
    # Three short beats with a low tone.
    Pattern.CARD_UNUSABLE: Rhythm(_beats(3, Colour.RED, 400, 180, 180), repeats=False),
    # Two blinks, then a pause: a reader is missing.
    Pattern.DEGRADED: Rhythm(
        (
            *_beats(1, Colour.YELLOW, 0, 200, 250),
            *_beats(1, Colour.YELLOW, 0, 200, 2_350),
        ),
        repeats=True,
    ),
    Pattern.OFF: Rhythm((Step(Colour.DARK, 0, 1_000),), repeats=True),
}
"""Every pattern's rhythm."""


def steps(pattern: Pattern) -> tuple[Step, ...]:
    """Return the steps of a pattern, once through."""
    return RHYTHMS[pattern].steps


def repeats(pattern: Pattern) -> bool:
    """Say whether a pattern goes on until the next one; one that doesn't is followed by the last that did."""
    return RHYTHMS[pattern].repeats
