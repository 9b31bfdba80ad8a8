"""Joins the machines: an input in, effects and the next deadline out.

Order comes from `mono_us` alone: a wall clock that is wrong, or that jumps, changes what is written down and nothing
else (D8). The light acts before the event is written (D1).
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from device.core.effects import Effect, Pattern, Record, Show
from device.core.inputs import (
    CardPresented,
    CardRefused,
    CardRemoved,
    ClockBecameSynchronised,
    Input,
    LinkDown,
    LinkUp,
    MarkArrived,
    Moment,
    ReaderPresence,
    SensorLevel,
    Stop,
    Tick,
)
from device.core.presence import LiveChanged, Presence, PresenceSettings, Told
from device.core.presentation import Presentations
from wire.messages import (
    CardRead,
    ClockSynchronised,
    DeskSession,
    DeskState,
    DeskStateName,
    DeviceStarted,
    ReaderState,
)

SAME_CARD_S: Final = 3.0
"""A card that comes back to a reader within this time never left: it flickers at the edge of the field."""


class _When(TypedDict):
    boot: str
    mono_us: int
    wall_us: int
    synced: bool


class Agent:
    """Everything a device decides, without a clock, a thread or a file.

    Args:
        sensors: desk to the settings of its sensor.
        readers: ids of the card readers.
        boot: id of this boot.
        version: of the agent.
        not_before_us: latest wall time the device had stored before it started (D8).
        same_card_s: a card that comes back to its reader within this time counts once.
    """

    def __init__(
        self,
        sensors: Mapping[str, PresenceSettings],
        readers: Sequence[str],
        boot: str,
        version: str,
        not_before_us: int,
        same_card_s: float = SAME_CARD_S,
    ) -> None:
        self._desks = {desk: Presence(settings) for desk, settings in sensors.items()}
        self._readers = dict.fromkeys(readers, False)
        self._missing: set[str] = set()  # readers that were looked for and not found
        self._resting = Pattern.READY  # what the lamp shows while nobody is at the reader
        self._presentations = Presentations(round(same_card_s * 1_000_000))
        self._boot = boot
        self._version = version
        self._not_before_us = not_before_us

    def started(self, now: Moment) -> list[Effect]:
        """Return the first effects: the start itself, and that nothing is known of any desk."""
        at = self._when(now)
        started = DeviceStarted(version=self._version, not_before_us=self._not_before_us, **at)
        return [
            Show(self._resting),
            Record(started, urgent=True),
            *(
                Record(DeskState(desk=desk, state="unknown", reason="no_data", **at), urgent=False)
                for desk in self._desks
            ),
        ]

    def handle(self, given: Input, now: Moment) -> tuple[list[Effect], int | None]:
        """Take an input in.

        Args:
            given: what happened; a `Tick` when a deadline has come.
            now: the clocks at that moment.

        Returns:
            The effects, in the order in which they are to be done, and the next deadline in mono_us, if there is one.
        """
        effects: list[Effect] = []
        match given:
            case SensorLevel(desk, level):
                effects += self._told(desk, self._desks[desk].feed(level, now.mono_us), now)
            case CardPresented() | CardRefused() | CardRemoved() | ReaderPresence():
                effects += self._at_reader(given, now)
            case ClockBecameSynchronised():
                effects.append(Record(ClockSynchronised(**self._when(now)), urgent=True))
            case Stop():
                for desk, presence in self._desks.items():
                    effects += self._told(desk, presence.stop(now.mono_us), now)
                return [*effects, Show(Pattern.OFF)], None
            case LinkUp() | LinkDown() | MarkArrived() | Tick():
                pass  # the delivery machine's; a tick only lets the deadlines below be looked at
        for desk, presence in self._desks.items():
            if presence.deadline_us is not None and presence.deadline_us <= now.mono_us:
                effects += self._told(desk, presence.advance(now.mono_us), now)
        return effects, self._deadline_us()

    def desk_states(self) -> dict[str, DeskStateName]:
        """Return each desk's live state, for the health message."""
        return {desk: presence.name for desk, presence in self._desks.items()}

    def readers(self) -> dict[str, bool]:
        """Return whether each reader is connected, for the health message."""
        return dict(self._readers)

    def _at_reader(
        self,
        given: CardPresented | CardRefused | CardRemoved | ReaderPresence,
        now: Moment,
    ) -> list[Effect]:
        match given:
            case CardPresented(reader, credential):
                if not self._presentations.is_new(reader, credential, now.mono_us):
                    return []
                read = CardRead(reader=reader, credential=credential, **self._when(now))
                return [Show(Pattern.CARD_SEEN), Record(read, urgent=True)]
            case CardRefused(reader):
                return (
                    [Show(Pattern.CARD_UNUSABLE)]
                    if self._presentations.is_new(reader, None, now.mono_us)
                    else []
                )
            case CardRemoved(reader):
                self._presentations.ended(reader, now.mono_us)
                return []
            case ReaderPresence(reader, connected):
                return self._reader_changed(reader, connected, now)

    def _reader_changed(self, reader: str, connected: bool, now: Moment) -> list[Effect]:
        if not connected:
            self._presentations.ended(reader, now.mono_us)
        self._readers[reader] = connected
        (self._missing.discard if connected else self._missing.add)(reader)
        state = Record(ReaderState(reader=reader, connected=connected, **self._when(now)), urgent=False)
        resting = Pattern.DEGRADED if self._missing else Pattern.READY
        if resting is self._resting:
            return [state]
        self._resting = resting
        return [Show(resting), state]

    def _told(self, desk: str, told: list[Told], now: Moment) -> list[Effect]:
        """Turn what a desk's machine told into events of this moment; sessions say how long ago they were."""
        at = self._when(now)
        effects: list[Effect] = []
        for one in told:
            if isinstance(one, LiveChanged):
                event: DeskState | DeskSession = DeskState(
                    desk=desk, state=one.state, reason=one.reason, **at
                )
            else:
                event = DeskSession(
                    desk=desk,
                    start_ago_us=now.mono_us - one.start_us,
                    end_ago_us=now.mono_us - one.end_us,
                    continues=one.continues,
                    open=one.open,
                    **at,
                )
            effects.append(Record(event, urgent=False))
        return effects

    def _when(self, now: Moment) -> _When:
        return {
            "boot": self._boot,
            "mono_us": now.mono_us,
            "wall_us": now.wall_us,
            "synced": now.synced,
        }

    def _deadline_us(self) -> int | None:
        return min(
            (p.deadline_us for p in self._desks.values() if p.deadline_us is not None),
            default=None,
        )
