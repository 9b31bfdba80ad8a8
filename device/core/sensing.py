"""What is known about each kind of presence sensor, as settings in seconds.

Where the figures come from: `docs/explanation/presence.md`.
"""

from dataclasses import dataclass, fields
from enum import Enum
from typing import Final

DAY_S: Final = 86_400.0
HOUR_S: Final = 3_600.0


class SensorKind(Enum):
    """How a desk is sensed."""

    PIR = "pir"
    MMWAVE = "mmwave"
    MAT = "mat"
    DISTANCE = "distance"


@dataclass(frozen=True, slots=True)
class PresenceSettings:
    """How a desk's sensor is to be read; all in seconds.

    Args:
        debounce_s: a motion has ended once the level has stayed idle this long, and then from the fall on.
        confirm_s: two motions, first beginning to last end at least this far apart, are a person.
        steady_s: one unbroken motion of this length is a person.
        fade_s: how long an arrival that is not confirmed survives silence.
        hold_s: how long the live state survives silence at most.
        least_hold_s, usual_hold_s: shortest hold that a desk learns, and the one it begins with.
        arrival_hold_s, return_hold_s: hold of someone just confirmed, and of someone who came back after a release.
        grow_s: length of a stay after which the hold has grown to `hold_s`, or to what the desk learned.
        settle_s: silence after which a desk of which nothing is known is vacant.
        bridge_s: silences shorter than this belong to one session.
        gather_s: silences up to this belong to one flock of motions (`device.core.sessions`).
        least_session_s: shorter sessions are not told.
        trust_s: how far an unbroken motion counts at most before it has ended.
        stuck_s: an unbroken motion of this length is a fault.
        least_stuck_s: the same for a desk that has learned to know much shorter ones (`device.core.unbroken`).
        silent_s: a sensor without any motion for this long is in doubt: it may be dead, or look at a wall.

    Raises:
        ValueError: when a value is not a number from 0 to 400 days; names it.
    """

    debounce_s: float
    confirm_s: float
    steady_s: float
    fade_s: float
    hold_s: float
    least_hold_s: float
    usual_hold_s: float
    arrival_hold_s: float
    return_hold_s: float
    grow_s: float
    settle_s: float
    bridge_s: float
    gather_s: float
    least_session_s: float
    trust_s: float
    stuck_s: float
    least_stuck_s: float
    silent_s: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value <= 400 * DAY_S:
                raise ValueError(f"{field.name} is {value}: use a number from 0 to {400 * DAY_S:.0f}")

    @classmethod
    def defaults(cls, kind: SensorKind) -> "PresenceSettings":
        """Return the settings of a kind of sensor as they are when nobody sets anything."""
        return _DEFAULTS[kind]


_DEFAULTS: Final = {
    SensorKind.PIR: PresenceSettings(
        debounce_s=0.05,
        confirm_s=30,
        steady_s=150,
        fade_s=150,
        hold_s=900,
        least_hold_s=120,
        usual_hold_s=420,
        arrival_hold_s=60,
        return_hold_s=300,
        grow_s=900,
        settle_s=30,
        bridge_s=960,
        gather_s=300,
        least_session_s=480,
        trust_s=0.5 * HOUR_S,
        stuck_s=10 * HOUR_S,
        least_stuck_s=1200,
        silent_s=14 * DAY_S,
    ),
    # A radar sees breathing: its output stays up while someone sits.
    SensorKind.MMWAVE: PresenceSettings(
        debounce_s=0.2,
        confirm_s=10,
        steady_s=10,
        fade_s=30,
        hold_s=60,
        least_hold_s=60,
        usual_hold_s=60,
        arrival_hold_s=60,
        return_hold_s=60,
        grow_s=0,
        settle_s=5,
        bridge_s=300,
        gather_s=60,
        least_session_s=120,
        trust_s=14 * HOUR_S,
        stuck_s=14 * HOUR_S,
        least_stuck_s=14 * HOUR_S,
        silent_s=14 * DAY_S,
    ),
    # A mat is pressed or not; the hold forgives someone who shifts or reaches for the printer.
    SensorKind.MAT: PresenceSettings(
        debounce_s=0.2,
        confirm_s=3,
        steady_s=3,
        fade_s=5,
        hold_s=30,
        least_hold_s=30,
        usual_hold_s=30,
        arrival_hold_s=30,
        return_hold_s=30,
        grow_s=0,
        settle_s=2,
        bridge_s=300,
        gather_s=60,
        least_session_s=60,
        trust_s=14 * HOUR_S,
        stuck_s=14 * HOUR_S,
        least_stuck_s=14 * HOUR_S,
        silent_s=30 * DAY_S,
    ),
    # A distance below the threshold is a body; echoes get lost, so it needs a longer debounce.
    SensorKind.DISTANCE: PresenceSettings(
        debounce_s=1,
        confirm_s=10,
        steady_s=10,
        fade_s=30,
        hold_s=90,
        least_hold_s=90,
        usual_hold_s=90,
        arrival_hold_s=90,
        return_hold_s=90,
        grow_s=0,
        settle_s=5,
        bridge_s=300,
        gather_s=60,
        least_session_s=120,
        trust_s=14 * HOUR_S,
        stuck_s=14 * HOUR_S,
        least_stuck_s=14 * HOUR_S,
        silent_s=30 * DAY_S,
    ),
}
