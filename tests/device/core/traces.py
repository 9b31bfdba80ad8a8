"""What tests feed to a presence machine, and what they get back."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from device.core.inputs import Level
from device.core.presence import LiveChanged, Presence, PresenceSettings, SensorKind, SessionPiece, Told

S = 1_000_000
MINUTE = 60 * S
HOUR = 3600 * S

PIR = PresenceSettings.defaults(SensorKind.PIR)
MAT = PresenceSettings.defaults(SensorKind.MAT)
ALL_KINDS = [PresenceSettings.defaults(kind) for kind in SensorKind]

Step = tuple[int, Level]


def us(seconds: float) -> int:
    return round(seconds * S)


@dataclass
class Outcome:
    """What a machine told about a trace.

    Args:
        told: everything, in order.
        motions: the motions that the trace really had, as (rise, fall); the last may have no fall yet.
    """

    told: list[Told] = field(default_factory=list)
    motions: list[tuple[int, int | None]] = field(default_factory=list)

    @property
    def live(self) -> list[LiveChanged]:
        return [one for one in self.told if isinstance(one, LiveChanged)]

    @property
    def pieces(self) -> list[SessionPiece]:
        return [one for one in self.told if isinstance(one, SessionPiece)]

    @property
    def sessions(self) -> list[tuple[int, int]]:
        joined: list[tuple[int, int]] = []
        for piece in self.pieces:
            if piece.continues:
                assert joined[-1][1] == piece.start_us, "the pieces of a session touch"
                joined[-1] = (joined[-1][0], piece.end_us)
            else:
                joined.append((piece.start_us, piece.end_us))
        return joined


def play(presence: Presence, steps: Iterable[Step], end_us: int, *, stop: bool = True) -> Outcome:
    """Feed a trace to a machine, let time go on to its end, and stop."""
    outcome = Outcome()
    was: Level | None = None
    for at_us, level in steps:
        outcome.told += presence.feed(level, at_us)
        if level is Level.ACTIVE and was is not Level.ACTIVE:
            outcome.motions.append((at_us, None))
        elif level is not Level.ACTIVE and was is Level.ACTIVE:
            outcome.motions[-1] = (outcome.motions[-1][0], at_us)
        was = level
    outcome.told += presence.advance(end_us)
    if stop:
        outcome.told += presence.stop(end_us)
    return outcome


def pulses(*begins_s: float, width_s: float = 2) -> list[Step]:
    """Return motions of one width, after one idle reading at time 0."""
    steps: list[Step] = [(0, Level.IDLE)]
    for begin_s in begins_s:
        steps += [(us(begin_s), Level.ACTIVE), (us(begin_s + width_s), Level.IDLE)]
    return steps


def every(step_s: float, begin_s: float, end_s: float) -> list[float]:
    """Return times at equal distances, both ends included."""
    count = int((end_s - begin_s) / step_s)
    return [begin_s + step_s * n for n in range(count + 1)]


def boundary_gaps(settings: PresenceSettings) -> st.SearchStrategy[int]:
    """Give distances between readings: everyday ones, and those at which a deadline of the machine lies."""
    deadlines = {
        us(value) + off
        for value in (
            settings.debounce_s,
            settings.confirm_s,
            settings.fade_s,
            settings.arrival_hold_s,
            settings.return_hold_s,
            settings.hold_s,
            settings.settle_s,
            settings.gather_s,
            settings.bridge_s,
            settings.least_session_s,
            15 * 60,
            settings.stuck_s,
            settings.silent_s,
        )
        for off in (-1, 0, 1)
    }
    return st.one_of(
        st.integers(0, us(90)),
        st.integers(us(1), us(20)),
        st.integers(us(60), us(1800)),
        st.sampled_from(sorted(gap for gap in deadlines if gap >= 0)),
    )


@st.composite
def traces(
    draw: st.DrawFn, settings: PresenceSettings, *, missing: bool = True, size: int = 120
) -> list[Step]:
    """Give readings of a sensor: edges, bounces, re-read levels and, if wanted, an unplugged sensor."""
    levels = [Level.IDLE, Level.ACTIVE] * 5 + ([Level.MISSING] if missing else [])
    at_us = 0
    steps: list[Step] = []
    for gap, level in draw(
        st.lists(st.tuples(boundary_gaps(settings), st.sampled_from(levels)), max_size=size)
    ):
        at_us += gap
        steps.append((at_us, level))
    return steps
