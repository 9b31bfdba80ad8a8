"""Light and sound of each pattern, as a table.

Patterns are told apart by rhythm and number of beats, so that nobody needs to see colours, or to hear (requirement A8;
WCAG 1.4.1). Colour and tone only add to it. Nothing flashes more than three times in a second (WCAG 2.3.1).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from device.core.effects import Pattern
from wire.events import AccessReason


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
    # One very long beat: the time to pull the door.
    Pattern.GRANTED: Rhythm(_beats(1, Colour.GREEN, 2_000, 1_500, 100), repeats=False),
    # Two beats with a low tone.
    Pattern.REFUSED: Rhythm(_beats(2, Colour.RED, 400, 450, 250), repeats=False),
    # Four short beats.
    Pattern.HOLD_CARD: Rhythm(_beats(4, Colour.YELLOW, 800, 180, 180), repeats=False),
    # A long beat and a short one.
    Pattern.ASK_HOST: Rhythm(
        (*_beats(1, Colour.RED, 400, 800, 200), *_beats(1, Colour.RED, 600, 200, 100)), repeats=False
    ),
    # Three blinks, then a pause.
    Pattern.TIME_UNTRUSTED: Rhythm(
        (*_beats(2, Colour.YELLOW, 0, 200, 250), *_beats(1, Colour.YELLOW, 0, 200, 2_350)), repeats=True
    ),
    # Nearly always lit.
    Pattern.LOCKDOWN: Rhythm(_beats(1, Colour.RED, 0, 2_600, 400), repeats=True),
    # A calm beat that asks.
    Pattern.CLOSE_DOOR: Rhythm(_beats(1, Colour.YELLOW, 1_000, 300, 1_700), repeats=True),
    # Up and down without a pause, at 1.25 a second.
    Pattern.ALARM: Rhythm(_beats(1, Colour.RED, 3_000, 400, 400), repeats=True),
    # One short beat.
    Pattern.CALLED: Rhythm(_beats(1, Colour.BLUE, 1_200, 250, 100), repeats=False),
    # As long lit as dark.
    Pattern.CARD_WANTED: Rhythm(_beats(1, Colour.BLUE, 0, 1_000, 1_000), repeats=True),
    # Two short beats and a long one.
    Pattern.CARD_DONE: Rhythm(
        (*_beats(2, Colour.GREEN, 1_500, 200, 200), *_beats(1, Colour.GREEN, 2_000, 800, 100)), repeats=False
    ),
    # Three long beats with a low tone.
    Pattern.CARD_FAILED: Rhythm(_beats(3, Colour.RED, 400, 600, 300), repeats=False),
}
"""Every pattern's rhythm."""

ANSWERS: Final[dict[AccessReason, Pattern]] = {
    "granted": Pattern.GRANTED,
    "unknown_card": Pattern.REFUSED,
    "blocked": Pattern.ASK_HOST,
    "outside_window": Pattern.REFUSED,
    "wrong_door": Pattern.REFUSED,
    "list_expired": Pattern.ASK_HOST,
    "no_list": Pattern.ASK_HOST,
    "time_not_trusted": Pattern.ASK_HOST,
    "lockdown": Pattern.REFUSED,
    "double_tap": Pattern.HOLD_CARD,
    "uid_not_allowed": Pattern.ASK_HOST,
    "card_unusable": Pattern.CARD_UNUSABLE,
    "not_authentic": Pattern.REFUSED,
    "too_slow": Pattern.HOLD_CARD,
}
"""What a door shows of a decision: what the person may do about it, and no more."""

TEXTS: Final[dict[Pattern, dict[str, str]]] = {
    Pattern.READY: {"de": "Karte anhalten", "en": "Hold your card here"},
    Pattern.CARD_SEEN: {"de": "Karte gelesen", "en": "Card read"},
    Pattern.CARD_UNUSABLE: {"de": "Karte nicht nutzbar", "en": "Card can't be used"},
    Pattern.DEGRADED: {"de": "Ein Leser fehlt", "en": "A reader is missing"},
    Pattern.OFF: {"de": "", "en": ""},
    Pattern.GRANTED: {"de": "Bitte öffnen", "en": "Please open"},
    Pattern.REFUSED: {"de": "Kein Zutritt", "en": "No access"},
    Pattern.HOLD_CARD: {"de": "Kurz warten, Karte neu anhalten", "en": "Wait, then hold your card again"},
    Pattern.ASK_HOST: {"de": "Bitte an den Host wenden", "en": "Please ask the host"},
    Pattern.TIME_UNTRUSTED: {"de": "Uhrzeit unsicher", "en": "Time not certain"},
    Pattern.LOCKDOWN: {"de": "Geschlossen", "en": "Closed"},
    Pattern.CLOSE_DOOR: {"de": "Bitte Tür schließen", "en": "Please close the door"},
    Pattern.ALARM: {"de": "Alarm: Tür offen", "en": "Alarm: door open"},
    Pattern.CALLED: {"de": "Taste gedrückt", "en": "Button pressed"},
    Pattern.CARD_WANTED: {"de": "Karte einlesen: anhalten", "en": "Enrol a card: hold it here"},
    Pattern.CARD_DONE: {"de": "Karte ist fertig", "en": "Card is ready"},
    Pattern.CARD_FAILED: {"de": "Karte nicht fertig, erneut versuchen", "en": "Card not ready, try again"},
}
"""A few words for a display, where there is one, by language."""


def steps(pattern: Pattern) -> tuple[Step, ...]:
    """Return the steps of a pattern, once through."""
    return RHYTHMS[pattern].steps


def repeats(pattern: Pattern) -> bool:
    """Say whether a pattern goes on until the next one; one that doesn't is followed by the last that did."""
    return RHYTHMS[pattern].repeats
