"""The one loop: an input from the queue, the core's effects in order, then delivery; and what is due by the clock.

Everything that happens on a device happens here, in one thread. Back-ends and the uplink only put inputs on the queue.
"""

import logging
import queue
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from device.alarms import Alarms
from device.card_desk import Desk
from device.core.agent import Agent
from device.core.delivery import BeginEpoch, Delivery, Phase, SendFrom
from device.core.effects import Effect, Record
from device.core.inputs import (
    ClockBecameSynchronised,
    Input,
    LinkDown,
    LinkUp,
    ListArrived,
    MarkArrived,
    Moment,
    Stop,
    Tick,
)
from device.hands import Hands
from device.health import Health
from device.journal import Journal
from device.kept_state import KeptState
from device.ports import Clock, Lock, Signal, Source, Uplink
from device.spool_records import Entry, State
from device.watchdog import Watchdog
from wire.codec import encode, encode_event
from wire.events import PRESENCE_EVENTS
from wire.messages import DeviceMeta, Status
from wire.topics import EVENT, HEALTH, META, STATUS, Channel, Topic

log = logging.getLogger(__name__)

DAY_US: Final = 86_400_000_000
LOOK_AT_CLOCK_US: Final = 5_000_000
SAVE_US: Final = 300_000_000
KEEP_TIME_US: Final = 60_000_000
"""How often a door keeps what it knows of the time while nobody synchronises it; a power cut takes back no more."""
PURGE_US: Final = 3_600_000_000
CHECK_LOCKS_US: Final = 5_000_000
INPUTS_BEFORE_SENDING: Final = 32
"""A burst of inputs is recorded first and sent in fewer, larger batches."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a loop joins.

    Args:
        agent: the core.
        delivery: the delivery machine, begun with the journal's numbers.
        journal: where events are kept.
        sources: sensors and readers.
        clock: the device's clocks.
        signal: light and sound.
        uplink: the connection to the broker.
        health: looks at all of them.
        watchdog: the line to systemd.
        locks: door to its lock.
        kept: what survives a restart.
        desk: says what readers do with cards.
        first_list: the access list that was kept.
    """

    agent: Agent
    delivery: Delivery
    journal: Journal
    sources: Sequence[Source]
    clock: Clock
    signal: Signal
    uplink: Uplink
    health: Health
    watchdog: Watchdog
    locks: Mapping[str, Lock] = field(default_factory=dict)
    kept: KeptState = field(default_factory=lambda: KeptState(None))
    desk: Desk = field(default_factory=lambda: Desk({}, None, None))
    first_list: ListArrived | None = None


class Loop:
    """One device at work.

    Args:
        space, device: its ids.
        parts: what it joins.
        meta: what the device says about itself after each birth.
        health_s: how often health is told.
        speed: of the clock, against a real one; above 1 in simulations.
    """

    def __init__(
        self,
        space: str,
        device: str,
        parts: Parts,
        *,
        meta: DeviceMeta,
        health_s: float = 60.0,
        speed: float = 1.0,
    ) -> None:
        self._topics = {c: str(Topic(c, space, device)) for c in (STATUS, META, HEALTH, EVENT)}
        self._agent = parts.agent
        self._delivery = parts.delivery
        self._journal = parts.journal
        self._sources = parts.sources
        self._clock = parts.clock
        self._hands = Hands(parts.locks, parts.signal, parts.kept, parts.desk)
        self._desk = parts.desk
        self._first_list = parts.first_list
        self._uplink = parts.uplink
        self._health = parts.health
        self._watchdog = parts.watchdog
        self._meta = meta
        self._health_us = round(health_s * 1_000_000)
        self._speed = speed
        self._inputs: queue.SimpleQueue[Input] = queue.SimpleQueue()
        self._alarms = Alarms("clock", "health", "save", "purge")
        if parts.watchdog.interval_us is not None:
            self._alarms.set("watchdog", 0)
        if parts.locks:
            self._alarms.set("locks", 0)
        self._has_locks = bool(parts.locks)
        self._kept = parts.kept
        self._keep_time_at_us = 0
        self._session: str | None = None
        self._was_synced = False
        self._agent_deadline_us: int | None = None
        self._since_sending = 0

    # -- from any thread ------------------------------------------------------------------------------------------

    def put(self, given: Input) -> None:
        """Put an input on the queue."""
        self._inputs.put(given)

    def stop(self) -> None:
        """Ask the loop to end in the orderly way."""
        self._inputs.put(Stop())

    @property
    def numbers(self) -> State:
        """What the spool knows about its numbers, for tests and measurements."""
        return self._journal.state

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there."""
        return self._session is not None

    # -- the loop's own thread ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Work until `stop`; what is recorded is on disk when this returns or raises."""
        try:
            moment = self._clock.now()
            self._do(self._agent.started(moment), moment)
            self._take(Tick() if self._first_list is None else self._first_list)
            for source in self._sources:
                source.start(self.put)
            self._uplink.start(self.put)
            self._watchdog.ready()
            while self._turn():
                pass
            self._finish()
        finally:
            self._close()

    def _turn(self) -> bool:
        """Handle one input, or what is due without one; say whether to go on."""
        given = self._next_input()
        if isinstance(given, Stop):
            return False
        if given is not None:
            self._take(given)
        self._look_at_time()
        self._since_sending += 1
        if self._inputs.empty() or self._since_sending >= INPUTS_BEFORE_SENDING:
            self._since_sending = 0
            self._send()
        return True

    def _next_input(self) -> Input | None:
        try:
            return self._inputs.get(timeout=self._wait_s())
        except queue.Empty:
            return None

    def _wait_s(self) -> float:
        now_us = _now_us()
        waits = [
            (at - now_us) / 1e6
            for at in (self._alarms.next_us(), self._journal.deadline_us, self._delivery.deadline_us())
            if at is not None
        ]
        if self._desk.due_s is not None:
            waits.append(self._desk.due_s - time.monotonic())
        if self._agent_deadline_us is not None and self._speed > 0:
            waits.append((self._agent_deadline_us - self._clock.now().mono_us) / 1e6 / self._speed)
        return max(0.0, min(waits, default=1.0))

    def _take(self, given: Input) -> None:
        """Give an input to whom it concerns; its events are committed when this returns (D1)."""
        moment = self._clock.now()
        if moment.synced and not self._was_synced:
            self._handle(ClockBecameSynchronised(), moment)
        self._was_synced = moment.synced
        match given:
            case LinkUp(session):
                self._session = session
                self._watchdog.tell_link(True)
                self._delivery.link_up(_now_us())
                self._introduce()
            case LinkDown():
                self._session = None
                self._watchdog.tell_link(False)
                self._delivery.link_down()
            case MarkArrived(epoch, upto):
                self._delivery.mark_arrived(epoch, upto, _now_us())
                self._journal.set_mark(self._delivery.epoch, self._delivery.mark)
            case ListArrived():
                self._desk.learn(given.body)
        self._handle(given, moment)
        if isinstance(given, ListArrived):
            self._tell_meta()

    def _handle(self, given: Input, moment: Moment) -> None:
        effects, self._agent_deadline_us = self._agent.handle(given, moment)
        self._do(effects, moment)

    def _do(self, effects: Sequence[Effect], moment: Moment) -> None:
        """Locks, light and sound first, then the disk (D1)."""
        for came in self._hands.do(effects):
            self._inputs.put(came)
        day = moment.wall_us // DAY_US if moment.synced else None
        records = [effect for effect in effects if isinstance(effect, Record)]
        self._journal.record(
            [Entry(encode_event(r.event), isinstance(r.event, PRESENCE_EVENTS), day) for r in records],
            _now_us(),
            urgent=any(record.urgent for record in records),
            publishing=self._is_publishing,
            wall_us=moment.wall_us if moment.synced else None,
        )

    def _look_at_time(self) -> None:
        """Do what is due by the clock."""
        now_us = _now_us()
        if self._agent_deadline_us is not None and self._clock.now().mono_us >= self._agent_deadline_us:
            self._take(Tick())
        for given in self._desk.expired():
            self._take(given)
        if self._alarms.is_due("clock", now_us, LOOK_AT_CLOCK_US) and not self._was_synced:
            self._take(Tick())
        group_due_us = self._journal.deadline_us
        if group_due_us is not None and group_due_us <= now_us:
            self._journal.flush(publishing=self._is_publishing, wall_us=self._right_wall_us())
        if self._watchdog.interval_us is not None and self._alarms.is_due(
            "watchdog", now_us, self._watchdog.interval_us
        ):
            self._watchdog.feed()
        if self._has_locks and self._alarms.is_due("locks", now_us, CHECK_LOCKS_US):
            self._hands.check_locks()
        self._keep_time()
        if self._alarms.is_due("health", now_us, self._health_us):
            self._tell_health()
        if self._alarms.is_due("save", now_us, SAVE_US):
            self._journal.save(self._right_wall_us())
        if self._alarms.is_due("purge", now_us, PURGE_US):
            self._purge()

    def _keep_time(self, *, at_once: bool = False) -> None:
        """Keep how late it is at least: without it, a restart would bring an access list back to life that is dead."""
        moment = self._clock.now()
        if self._has_locks and (at_once or moment.mono_us >= self._keep_time_at_us):
            self._keep_time_at_us = moment.mono_us + (SAVE_US if moment.synced else KEEP_TIME_US)
            self._kept.keep_least(self._agent.least_us(moment))

    def _send(self) -> None:
        """Let the delivery machine do all that it can do now."""
        while True:
            if self._delivery.epoch != self._journal.state.epoch:
                self._follow_spool()
            step = self._delivery.next_step(self._journal.lowest, self._journal.state.highest, _now_us())
            match step:
                case SendFrom(first):
                    batch = self._journal.take_batch(first)
                    if batch is None:
                        continue
                    if not self._publish(EVENT, batch.payload):
                        self._delivery.refused(_now_us())
                        break
                    self._delivery.sent(batch.first, batch.last, _now_us())
                case BeginEpoch(mark):
                    carried = self._journal.begin_epoch(mark)
                    log.error(
                        "the hub has events up to %d that this spool never sent: it is a copy, or was restored (D10); "
                        "began epoch %s with %d events", mark, self._journal.state.epoch, carried,
                    )  # fmt: skip
                case None:
                    break
        self._journal.set_mark(self._delivery.epoch, self._delivery.mark)

    def _follow_spool(self) -> None:
        """The spool has a new epoch, by D10 or because its disk died: deliver that one, and tell the hub."""
        state = self._journal.state
        self._delivery.begin(state.epoch, state.mark, state.published)
        if self._session is not None:
            self._tell_status()

    def _introduce(self) -> None:
        """Birth, meta and health, as each connection begins."""
        self._tell_status()
        self._tell_meta()
        self._alarms.set("health", 0)

    def _tell_status(self) -> None:
        if self._session is not None:
            birth = Status(state="online", session=self._session, epoch=self._journal.state.epoch)
            self._publish(STATUS, encode(birth))

    def _tell_meta(self) -> None:
        if self._session is not None:
            meta = msgspec.structs.replace(
                self._meta,
                access_version=self._agent.access_version,
                access_until_us=self._agent.access_until_us,
                heads=self._agent.heads,
            )
            self._publish(META, encode(meta))

    def _tell_health(self) -> None:
        payload = self._health.take()
        if self._session is not None:
            self._publish(HEALTH, payload)

    def _purge(self) -> None:
        wall_us = self._right_wall_us()
        if wall_us is not None and self._journal.purge(wall_us // DAY_US):
            # There may be more: go on soon, but let the door's inputs in between.
            self._alarms.set("purge", _now_us() + 1_000_000)

    @property
    def _is_publishing(self) -> bool:
        return self._delivery.phase is Phase.OPEN

    def _right_wall_us(self) -> int | None:
        moment = self._clock.now()
        return moment.wall_us if moment.synced else None

    def _publish(self, channel: Channel, payload: bytes) -> bool:
        return self._uplink.publish(self._topics[channel], payload, retain=channel.retained)

    def _finish(self) -> None:
        """Stop what brings inputs, record what is left, send what can be sent."""
        self._watchdog.stopping()
        self._stop_sources()
        while True:
            try:
                given = self._inputs.get_nowait()
            except queue.Empty:
                break
            if not isinstance(given, Stop):
                self._take(given)
        self._take(Stop())
        self._journal.flush(publishing=self._is_publishing)
        self._send()
        self._journal.save(self._right_wall_us())
        self._keep_time(at_once=True)

    def _close(self) -> None:
        """Let everything go, also after a bug: doors hold, what was recorded is kept."""
        self._hands.lock_all()
        self._stop_sources()
        self._uplink.stop()
        self._journal.close()
        self._hands.go_dark()

    def _stop_sources(self) -> None:
        for source in self._sources:
            source.stop()


def _now_us() -> int:
    return time.monotonic_ns() // 1000
