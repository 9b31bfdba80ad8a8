"""Joins the machines: an input in, effects and the next deadline out.

Order comes from `mono_us` alone: a wall clock that is wrong, or that jumps, changes what is written down and nothing
else (D8). The light acts before the event is written (D1).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from device.core.door_settings import DoorSettings, ReaderPlace
from device.core.doors import Doors
from device.core.effects import Effect, Pattern, Record, Show, in_order
from device.core.inputs import (
    CardOffer,
    CardPresented,
    CardRefused,
    CardRemoved,
    ClockBecameSynchronised,
    CommandArrived,
    DoorLevel,
    Input,
    LinkDown,
    LinkUp,
    ListArrived,
    MarkArrived,
    MessageRefused,
    Moment,
    ReaderPresence,
    SensorLevel,
    Stop,
    Tick,
    WaitEnded,
    WriteEnded,
)
from device.core.orders import Orders
from device.core.presence import LiveChanged, Presence, PresenceSettings, Told
from device.core.presentation import Presentations
from device.core.stamp import Stamp
from device.core.trusted_time import TrustedTime
from wire.events import (
    CardRead,
    ClockSynchronised,
    DeskSession,
    DeskState,
    DeskStateName,
    DeviceStarted,
    DoorModeName,
    ReaderState,
)
from wire.messages import ChainHead, DoorHealth

SAME_CARD_S: Final = 3.0
"""A card that comes back to a reader within this time never left: it flickers at the edge of the field."""


class Agent:
    """Everything a device decides, without a clock, a thread or a file.

    Args:
        sensors: desk to the settings of its sensor.
        readers: ids of the card readers.
        boot: id of this boot.
        version: of the agent.
        not_before_us: latest wall time the device had stored before it started (D8).
        same_card_s: a card that comes back to its reader within this time counts once; at doors it is less.
        doors: door to its settings, for each door whose lock is this device's.
        reader_doors: reader to the door where it is; cards there are decided on when the door is in `doors`.
        kept_modes: door to the mode that the last `KeepMode` of it said.
        least_us: what `least_us` said last before the start.
    """

    def __init__(  # noqa: PLR0913 - what a device has, by name
        self,
        sensors: Mapping[str, PresenceSettings],
        readers: Sequence[str],
        boot: str,
        version: str,
        not_before_us: int,
        same_card_s: float = SAME_CARD_S,
        *,
        doors: Mapping[str, DoorSettings] | None = None,
        reader_doors: Mapping[str, ReaderPlace] | None = None,
        kept_modes: Mapping[str, DoorModeName] | None = None,
        least_us: int = 0,
    ) -> None:
        self._desks = {desk: Presence(settings) for desk, settings in sensors.items()}
        self._readers = dict.fromkeys(readers, False)
        self._missing: set[str] = set()  # readers that were looked for and not found
        self._resting = Pattern.READY  # what the lamp shows while nobody is at the reader
        self._presentations = Presentations(round(same_card_s * 1_000_000))
        self._version = version
        self._not_before_us = not_before_us
        self._stamp = Stamp(boot)
        self._time = TrustedTime(max(not_before_us, least_us))
        self._has_doors = bool(doors)
        self._doors = Doors(doors or {}, reader_doors or {}, kept_modes or {}, self._time, self._stamp)
        self._orders = Orders(self._doors, readers, self._time, self._stamp)

    def started(self, now: Moment) -> list[Effect]:
        """Return the first effects: the start itself, that locks hold, and that nothing is known of any desk."""
        at = self._stamp.at(now)
        started = DeviceStarted(version=self._version, not_before_us=self._not_before_us, **at)
        self._resting = self._rest(now)
        return in_order(
            [
                Show(self._resting),
                Record(started, urgent=True),
                *(
                    Record(DeskState(desk=desk, state="unknown", reason="no_data", **at), urgent=False)
                    for desk in self._desks
                ),
                *self._doors.started(now),
            ]
        )

    def handle(self, given: Input, now: Moment) -> tuple[list[Effect], int | None]:
        """Take an input in.

        Args:
            given: what happened; a `Tick` when a deadline has come.
            now: the clocks at that moment.

        Returns:
            The effects, in the order in which they are to be done, and the next deadline in mono_us, if there is one.
        """
        effects = self._doors.advance(now)
        self._orders.enrolment.advance(now.mono_us)
        if isinstance(given, Stop):
            effects += self._doors.stop(now)
            for desk, presence in self._desks.items():
                effects += self._told(desk, presence.stop(now.mono_us), now)
            return in_order([*effects, Show(Pattern.OFF)]), None
        effects += self._take(given, now)
        for desk, presence in self._desks.items():
            if presence.deadline_us is not None and presence.deadline_us <= now.mono_us:
                effects += self._told(desk, presence.advance(now.mono_us), now)
        effects += self._doors.advance(now)
        resting = self._rest(now)
        if resting is not self._resting:
            # Before an answer to a card, which gives way to it when it has ended.
            self._resting = resting
            effects.insert(0, Show(resting))
        return in_order(effects), self._deadline_us()

    def _take(self, given: Input, now: Moment) -> list[Effect]:
        match given:
            case SensorLevel(desk, level):
                return self._told(desk, self._desks[desk].feed(level, now.mono_us), now)
            case CardPresented() | CardRefused() | CardRemoved() | ReaderPresence():
                return self._at_reader(given, now)
            case DoorLevel():
                return self._doors.level(given, now)
            case LinkUp() | LinkDown() | ListArrived() | CommandArrived() | MessageRefused():
                return self._orders.from_hub(given, now)
            case CardOffer() | WriteEnded() | WaitEnded():
                return self._orders.at_reader(given, now)
            case ClockBecameSynchronised():
                return [Record(ClockSynchronised(**self._stamp.at(now)), urgent=True)]
            case MarkArrived() | Tick() | Stop():
                return []  # the delivery machine's; a tick only lets the deadlines be looked at

    # -- for health and meta --------------------------------------------------------------------------------------

    def desk_states(self) -> dict[str, DeskStateName]:
        """Return each desk's live state, for the health message."""
        return {desk: presence.name for desk, presence in self._desks.items()}

    def readers(self) -> dict[str, bool]:
        """Return whether each reader is connected, for the health message."""
        return dict(self._readers)

    def doors(self) -> dict[str, DoorHealth]:
        """Return how each door is, for the health message."""
        return self._doors.health()

    def refused(self) -> dict[str, int]:
        """Return how many lists and commands were refused since the start, by reason, for the health message."""
        return self._orders.refused()

    def least_us(self, now: Moment) -> int:
        """Return the time, or what it is at least: what must be kept, so that no restart revives a dead list."""
        return self._time.look(now).at_us

    def time_trusted(self, now: Moment) -> bool:
        """Say whether doors rely on the wall clock, for the health message."""
        return self._time.look(now).trusted

    @property
    def access_version(self) -> int:
        """Version of the access list that applies; 0 for none."""
        return 0 if self._doors.book is None else self._doors.book.version

    @property
    def access_until_us(self) -> int:
        """When that list is dead, in wall time; 0 for none."""
        return 0 if self._doors.book is None else self._doors.book.valid_until_us

    @property
    def heads(self) -> list[ChainHead]:
        """Heads of the hub's chains, as the list brought them."""
        return self._doors.heads

    # -- inside ---------------------------------------------------------------------------------------------------

    def _at_reader(
        self,
        given: CardPresented | CardRefused | CardRemoved | ReaderPresence,
        now: Moment,
    ) -> list[Effect]:
        reader = given.reader
        match given:
            case ReaderPresence(_, connected):
                return self._reader_changed(reader, connected, now)
            case CardRemoved():
                self._card_gone(reader, now)
                return []
            case _ if self._orders.enrolment.is_busy(reader, now.mono_us):
                return []
            case CardPresented(_, credential, proven) if self._doors.has_reader(reader):
                return self._doors.presented(reader, credential, now, proven=proven)
            case CardRefused(_, reason, credential) if self._doors.has_reader(reader):
                return self._doors.refused(reader, reason, credential, now)
            case CardPresented(_, credential):
                if not self._presentations.is_new(reader, credential, now.mono_us):
                    return []
                read = CardRead(reader=reader, credential=credential, **self._stamp.at(now))
                return [Show(Pattern.CARD_SEEN), Record(read, urgent=True)]
            case _:
                is_new = self._presentations.is_new(reader, None, now.mono_us)
                return [Show(Pattern.CARD_UNUSABLE)] if is_new else []

    def _card_gone(self, reader: str, now: Moment) -> None:
        self._presentations.ended(reader, now.mono_us)
        self._doors.ended(reader, now)
        self._orders.enrolment.lifted(reader)

    def _reader_changed(self, reader: str, connected: bool, now: Moment) -> list[Effect]:
        if not connected:
            self._card_gone(reader, now)
        self._readers[reader] = connected
        (self._missing.discard if connected else self._missing.add)(reader)
        state = ReaderState(reader=reader, connected=connected, **self._stamp.at(now))
        return [Record(state, urgent=False)]

    def _rest(self, now: Moment) -> Pattern:
        """Return what the lamp shows while nobody is at the reader: what matters most."""
        at_doors = self._doors.resting()
        if at_doors in {Pattern.ALARM, Pattern.CLOSE_DOOR}:
            return at_doors
        if self._orders.enrolment.is_waiting(now.mono_us):
            return Pattern.CARD_WANTED
        if at_doors is not None:
            return at_doors
        if self._missing:
            return Pattern.DEGRADED
        if self._has_doors and not self._time.look(now).trusted:
            return Pattern.TIME_UNTRUSTED
        return Pattern.READY

    def _told(self, desk: str, told: list[Told], now: Moment) -> list[Effect]:
        """Turn what a desk's machine told into events of this moment; sessions say how long ago they were."""
        at = self._stamp.at(now)
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

    def _deadline_us(self) -> int | None:
        dues = [presence.deadline_us for presence in self._desks.values()]
        dues += [self._doors.deadline_us, self._orders.enrolment.deadline_us]
        return min((due_us for due_us in dues if due_us is not None), default=None)
