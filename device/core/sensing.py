"""What is known about each kind of presence sensor, as settings in seconds.

Where the figures come from: `docs/explanation/presence.md`.
"""

from dataclasses import dataclass, fields
from enum import Enum
from typing import Final

DAY_S: Final = 86_400.0


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
        debounce_s: shorter pulses are no motion.
        confirm_s: motion that lasts this long, silences up to `fade_s` included, is a person.
        fade_s: how long an arrival that is not yet confirmed survives silence.
        hold_s: how long the live state survives silence.
        settle_s: silence after which an unknown desk is vacant.
        bridge_s: silences shorter than this belong to one session.
        gather_s: silences up to this belong to one flock of motions (`device.core.sessions`).
        person_s: a flock that lasts this long is a person.
        least_s: shorter sessions are not told.
        stuck_s: a level that is active this long is a fault.
        silent_s: a sensor without motion for this long is in doubt: it may be dead, or look at a wall.

    Raises:
        ValueError: when a value is below 0, not finite, or contradicts another; names it.
    """

    debounce_s: float
    confirm_s: float
    fade_s: float
    hold_s: float
    settle_s: float
    bridge_s: float
    gather_s: float
    person_s: float
    least_s: float
    stuck_s: float
    silent_s: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value <= 400 * DAY_S:
                raise ValueError(f"{field.name} is {value}: use seconds from 0 to {400 * DAY_S:.0f}")
        for small, large in (
            ("confirm_s", "stuck_s"),
            ("person_s", "stuck_s"),
            ("fade_s", "hold_s"),
            ("gather_s", "bridge_s"),
            ("hold_s", "silent_s"),
        ):
            if getattr(self, small) > getattr(self, large):
                raise ValueError(
                    f"{small} is {getattr(self, small)}, above {large} = {getattr(self, large)}: lower the first or raise the second"
                )

    @classmethod
    def defaults(cls, kind: SensorKind) -> "PresenceSettings":
        """Return the settings of a kind of sensor as they are when nobody sets anything."""
        return _DEFAULTS[kind]


_DEFAULTS: Final = {
    SensorKind.PIR: PresenceSettings(
        debounce_s=0.05, confirm_s=60, fade_s=240, hold_s=600, settle_s=30, bridge_s=900, gather_s=300, person_s=90,
        least_s=300, stuck_s=6 * 3600, silent_s=14 * DAY_S,
    ),
    SensorKind.MMWAVE: PresenceSettings(
        debounce_s=0.2, confirm_s=10, fade_s=30, hold_s=60, settle_s=5, bridge_s=300, gather_s=60, person_s=30,
        least_s=60, stuck_s=14 * 3600, silent_s=14 * DAY_S,
    ),
    SensorKind.MAT: PresenceSettings(
        debounce_s=0.2, confirm_s=3, fade_s=5, hold_s=30, settle_s=2, bridge_s=300, gather_s=30, person_s=20,
        least_s=60, stuck_s=14 * 3600, silent_s=30 * DAY_S,
    ),
    SensorKind.DISTANCE: PresenceSettings(
        debounce_s=1, confirm_s=10, fade_s=30, hold_s=90, settle_s=5, bridge_s=300, gather_s=60, person_s=30,
        least_s=60, stuck_s=14 * 3600, silent_s=30 * DAY_S,
    ),
}  # fmt: skip
