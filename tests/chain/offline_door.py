"""One device with two doors whose time is the test's, real down to its files, and the hub's hand that seals for it."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from device.backends.clock import SimulatedClock
from device.backends.simulated_door import SimulatedLock
from device.bootstrap import build, open_access
from device.config import DeliverySettings, DeviceSettings, MqttSettings, ReaderSettings, SpoolSettings
from device.core.agent import Agent
from device.core.effects import Effect, Record
from device.core.inputs import (
    CardRemoved,
    CommandArrived,
    DoorLevel,
    DoorLine,
    Input,
    Level,
    LinkUp,
    ListArrived,
    Moment,
    Tick,
)
from device.door_settings import AccessSettings, OwnDoorSettings
from device.hardware import Darkness, Hardware
from hub.custody_ports import ListDates, Recipient, SealedCard
from hub.domain.access import Rights
from hub.domain.cards import CardKind
from hub.keys import Keys
from hub.sealing import Sealer
from tests.chain.fleet import Key
from tests.chain.installation import PI, SPACE
from tests.parts.waiting import wait_until
from wire.access import Command, encode_body
from wire.codec import encode
from wire.events import AccessDecided, CommandAnswered, DeviceStarted, Event
from wire.signing import SealedHeader, seal
from wire.topics import ACCESS, COMMAND, Channel, Topic
from wire.trust import DeviceTrust, write_trust

FRONT, STUDIO = "haupttuer", "studio"
READERS: Final = {"vorn": FRONT, "hinten": STUDIO}
SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
OPEN_US: Final = 5 * SECOND_US
STEP_US: Final = 20 * MINUTE_US
"""How far the clock goes on at once while nothing happens."""
SOON_S: Final = 10.0
LINK_S: Final = 75.0
"""The uplink tries again after a random wait of up to a minute."""

_QUICK: Final = DeliverySettings(resend_s=2, resend_max_s=4, mark_wait_s=1, back_s=5)


class HubsHand:
    """Keys of an installation, and what it seals for the device.

    Args:
        uids: card number to its UID.
        mqtt_port: of the broker itself.
    """

    def __init__(self, uids: Mapping[int, bytes], mqtt_port: int) -> None:
        self._keys = Keys.new()
        self._own = X25519PrivateKey.generate()
        self._sealer = Sealer(self._keys)
        self._port = mqtt_port
        self._to = Recipient(SPACE, PI, self._own.public_key().public_bytes_raw(), 1)
        self._cards = {pk: self._stored(pk, uid) for pk, uid in uids.items()}
        self._number = 0

    def _stored(self, pk: int, uid: bytes) -> SealedCard:
        tag = self._keys.uid_tag(uid)
        sealed_id = self._sealer.new_id(tag)
        return SealedCard(pk, CardKind.DESFIRE, tag, self._keys.seal_uid(uid), sealed_id, self._keys.newest)

    def write_trust(self, file: Path) -> None:
        """Write what the device is given once."""
        trust = DeviceTrust(SPACE, PI, self._own, self._keys.verify_key, self._keys.sealing_key)
        file.write_bytes(write_trust(trust))
        file.chmod(0o600)

    def publish_list(self, version: int, rights: Rights, issued_us: int, until_us: int) -> None:
        """Seal a list and leave it at the broker."""
        dates = ListDates(version, issued_us, until_us)
        made = self._sealer.access_list(self._to, rights, self._cards, [], dates)
        self._publish(ACCESS, made.payload, retain=True)

    def publish_command(self, command: Command, now_us: int, *, retain: bool = False) -> None:
        """Seal a command that is valid for ten seconds, and give it to the broker."""
        self._number += 1
        header = SealedHeader(
            purpose="command", space=SPACE, device=PI, version=self._number, issued_us=now_us,
            valid_until_us=now_us + 10 * SECOND_US,
        )  # fmt: skip
        sealed = seal(header, encode_body(command), self._keys.signing_key, self._own.public_key())
        self._publish(COMMAND, encode(sealed), retain=retain)

    def _publish(self, channel: Channel, payload: bytes, *, retain: bool) -> None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.connect("127.0.0.1", self._port)
        client.loop_start()
        try:
            client.publish(str(Topic(channel, SPACE, PI)), payload, qos=1, retain=retain).wait_for_publish(10)
        finally:
            client.disconnect()
            client.loop_stop()


class _Told(NamedTuple):
    """What the core was told, and what it answered."""

    given: Input
    effects: list[Effect]


class _WatchedAgent(Agent):
    """The core, with an ear at it."""

    told: "_Ear"

    def started(self, now: Moment) -> list[Effect]:
        effects = super().started(now)
        self.told.hear(_Told(Tick(), effects))
        return effects

    def handle(self, given: Input, now: Moment) -> tuple[list[Effect], int | None]:
        effects, deadline_us = super().handle(given, now)
        self.told.hear(_Told(given, effects))
        return effects, deadline_us


class _Ear:
    """Hears what goes through the core of one device, in the loop's thread."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.session = ""
        self.list_version = 0
        self.commands: set[str] = set()
        self._marker: Tick | None = None
        self._reached = threading.Event()

    def hear(self, told: _Told) -> None:
        self.events += [effect.event for effect in told.effects if isinstance(effect, Record)]
        match told.given:
            case LinkUp(session):
                self.session = session
            case ListArrived(version):
                self.list_version = version
            case CommandArrived(command):
                self.commands.add(command.command)
            case Tick() if told.given is self._marker:
                self._reached.set()

    def expect(self, marker: Tick) -> None:
        self._marker = marker
        self._reached.clear()

    def is_reached(self) -> bool:
        return self._reached.wait(0.05)


class Station:
    """The device over all its restarts.

    What is asked of it is done when a call returns: its clock stands still but for `pass_to` and `tap`.

    Args:
        folder: an empty one, for its disks.
        mqtt_url: the broker, as the device reaches it.
        hand: seals for it.
        uids: card number to its UID.
        at_us: the time.
        battery: whether it has a clock that keeps the time while the power is off.
    """

    def __init__(
        self,
        folder: Path,
        mqtt_url: str,
        hand: HubsHand,
        uids: Mapping[int, bytes],
        at_us: int,
        *,
        battery: bool,
    ) -> None:
        self._folder, self._url, self._uids = folder, mqtt_url, uids
        self._disks = 1
        self.disk.mkdir(parents=True)
        hand.write_trust(self.disk / "trust.json")
        self.true_us = at_us
        self.clock = SimulatedClock(at_us, speed=0, synced=True, battery=battery)
        self.has_battery = battery
        self.decided: list[AccessDecided] = []
        self.releases: list[str] = []
        self.expected_releases = 0
        self.session = ""
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    @property
    def disk(self) -> Path:
        """The folder that is its disk now."""
        return self._folder / f"disk-{self._disks}"

    # -- power ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Build the loop anew on what the disk holds, with new locks, and let it work with closed doors."""
        settings = DeviceSettings(
            device=PI,
            space=SPACE,
            mqtt=MqttSettings(url=self._url),
            spool=SpoolSettings(path=self.disk / "spool.db"),
            delivery=_QUICK,
            access=AccessSettings(trust_file=self.disk / "trust.json", list_file=self.disk / "access.list"),
            door=[OwnDoorSettings(id=door, backend="simulated") for door in (FRONT, STUDIO)],
            reader=[ReaderSettings(id=id_, door=door, backend="simulated") for id_, door in READERS.items()],
        )
        self.ear = _Ear()
        self.locks = {door: SimulatedLock(self._recorder(door)) for door in (FRONT, STUDIO)}
        access = open_access(settings, None)
        self._desk = access.desk
        self.loop = build(
            settings,
            hardware=Hardware([], Darkness(), {**self.locks}),
            access=access,
            clock=self.clock,
            speed=0,
            make_agent=self._watched,
        )
        self._thread = threading.Thread(target=self._run, name="station", daemon=True)
        self._thread.start()
        for door in (FRONT, STUDIO):
            self.loop.put(DoorLevel(door, DoorLine.CONTACT, Level.ACTIVE))
            self.loop.put(DoorLevel(door, DoorLine.EXIT, Level.IDLE))
        self.settle()

    def _recorder(self, door: str) -> Any:
        return lambda released: self.releases.append(door) if released else None

    def _watched(self, *arguments: Any, **more: Any) -> Agent:
        agent = _WatchedAgent(*arguments, **more)
        agent.told = self.ear
        return agent

    def _run(self) -> None:
        try:
            self.loop.run()
        except BaseException as error:
            self._failure = error

    def stop(self) -> None:
        """End the loop in the orderly way; its doors hold then."""
        if self._thread is None:
            return
        self.loop.stop()
        self._thread.join(SOON_S)
        assert not self._thread.is_alive()
        self._thread = None
        if self._failure is not None:
            raise self._failure
        assert not any(lock.released for lock in self.locks.values())

    def reboot(self, off_us: int, wall_us: int, *, crash: bool = False) -> None:
        """Cut the power for a while, and start again with a clock that nobody has synchronised.

        Args:
            off_us: for how long.
            wall_us: what a clock without a battery says then.
            crash: whether it is cut without a word before: what counts is what the disk holds at this moment.
        """
        with self.quiet("restart"):
            if crash:
                self._pull_the_plug()
            self.stop()
            if crash:
                self._disks += 1
            self.true_us += off_us
            self.clock.reboot()
            self.clock.synced = False
            right_us = self.true_us if self.has_battery else wall_us
            self.clock.jump_wall(right_us - self.clock.now().wall_us)
            self.start()

    def _pull_the_plug(self) -> None:
        """Copy the disk while the loop works on it, with half a list as a write that was cut leaves one."""
        self.settle()
        copy = self._folder / f"disk-{self._disks + 1}"
        shutil.copytree(self.disk, copy)
        sealed = (copy / "access.list").read_bytes()
        (copy / "access.list.new").write_bytes(sealed[: len(sealed) // 2])

    # -- time -----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until everything put so far is handled, and what is due by the clock is done and written."""
        for _ in range(2):
            # What the first one makes due is done when the second one is reached.
            marker = Tick()
            self.ear.expect(marker)
            self.loop.put(marker)
            wait_until(self.ear.is_reached, SOON_S, f"the loop to come so far ({self._failure})")

    def pass_to(self, at_us: int) -> None:
        """Let time pass; nothing is released by that."""
        assert at_us >= self.true_us, "time does not go back"
        with self.quiet("time that passes"):
            while (left_us := at_us - self.true_us) > 0:
                self._advance(min(left_us, STEP_US))

    def _advance(self, by_us: int) -> None:
        self.clock.advance(by_us)
        self.true_us += by_us
        self.settle()

    def synchronise(self) -> None:
        """Let a time service set the clock right; nothing is released by that."""
        with self.quiet("a clock that becomes synchronised"):
            self.clock.jump_wall(self.true_us - self.clock.now().wall_us)
            self.clock.synced = True

    def set_wall(self, wall_us: int) -> None:
        """Set a clock that is not to be relied on; nothing is released by that."""
        with self.quiet("a clock that is set"):
            self.clock.jump_wall(wall_us - self.clock.now().wall_us)

    def jump_about(self, *walls_us: int) -> None:
        """Set the clock to other times and back, as by hand: it is not to be relied on meanwhile."""
        now, trust = self.clock.now().wall_us, (self.clock.synced, self.clock.battery)
        for wall_us in walls_us:
            with self.quiet("a clock that is set"):
                self.clock.synced = self.clock.battery = False
                self.clock.jump_wall(wall_us - self.clock.now().wall_us)
        with self.quiet("a clock that is set back"):
            self.clock.jump_wall(now - self.clock.now().wall_us)
            self.clock.synced, self.clock.battery = trust

    @contextmanager
    def quiet(self, what: str) -> Iterator[None]:
        """Assert that no lock is released by what is done inside."""
        before = len(self.releases)
        yield
        self.settle()
        assert self.releases[before:] == [], f"{what} released a door"

    # -- people ---------------------------------------------------------------------------------------------------

    def tap(self, card: int, reader: str = "vorn") -> str:
        """Hold a card to a reader; return why the door opened or not, with its lock seen to do the same."""
        lock, was = self.locks[READERS[reader]], self.locks[READERS[reader]].released
        seen, released = len(self.ear.events), len(self.releases)
        # Looked up in the list as the device has it, as a real card would be.
        self.loop.put(self._desk.play(reader, self._uids[card]))
        self.loop.put(CardRemoved(reader))
        self.settle()
        (decided,) = (event for event in self.ear.events[seen:] if isinstance(event, AccessDecided))
        self.decided.append(decided)
        assert decided.granted == (decided.reason == "granted")
        assert lock.released == (was or decided.granted), decided.reason
        opened = [READERS[reader]] if decided.granted and not was else []
        assert self.releases[released:] == opened, decided.reason
        self.expected_releases += len(opened)
        if opened:
            self._advance(OPEN_US - 1)
            assert lock.released, "as long as the list says"
            self._advance(1)
        return decided.reason

    def is_held_open(self, door: str = STUDIO) -> bool:
        """Say whether a door stands open by its mode: nobody's grant is younger than five seconds."""
        return self.locks[door].released

    def answers(self) -> list[tuple[str, str]]:
        """Return what became of commands since the start."""
        answered = [event for event in self.ear.events if isinstance(event, CommandAnswered)]
        return [(event.command, event.outcome) for event in answered]

    def not_before_us(self) -> int:
        """Return what its disk knew of the time as it started."""
        (started,) = (event for event in self.ear.events if isinstance(event, DeviceStarted))
        return started.not_before_us

    # -- the hub --------------------------------------------------------------------------------------------------

    def wait_linked(self) -> None:
        """Wait for the connection."""
        wait_until(lambda: self.loop.is_connected, LINK_S, "the connection")
        self.settle()
        self.session = self.ear.session

    def wait_list(self, version: int) -> None:
        """Wait until a list applies."""
        wait_until(lambda: self.ear.list_version == version, SOON_S, f"list {version}")
        self.settle()

    def wait_delivered(self) -> None:
        """Wait until the device knows that the hub has everything."""
        wait_until(lambda: self.loop.numbers.mark == self.loop.numbers.highest, LINK_S, "the hub's mark")

    def spooled(self) -> dict[Key, bytes]:
        """Return what its disk holds; only while it is stopped."""
        spool = sqlite3.connect(self.disk / "spool.db")
        try:
            ((epoch,),) = spool.execute("SELECT epoch FROM state")
            rows = spool.execute("SELECT seq, payload FROM event ORDER BY seq").fetchall()
        finally:
            spool.close()
        return {Key(PI, epoch, seq): bytes(payload) for seq, payload in rows}
