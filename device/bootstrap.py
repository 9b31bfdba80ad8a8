"""Chooses real parts: settings in, a loop ready to run out. Nothing else on the device does."""

import logging
import os
import random
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from device.access_store import AccessStore
from device.card_desk import Desk
from device.config import (
    USER,
    DeviceSettings,
    MqttSettings,
    ReaderSettings,
    SensorSettings,
    broker_address,
    presence_settings,
)
from device.core.agent import Agent
from device.core.delivery import Delivery
from device.described import card_key, describe, own_doors, pace, reader_places
from device.door_settings import OwnDoorSettings
from device.fleet import invent_uid
from device.hardware import Darkness, Hardware
from device.health import Health
from device.journal import Journal
from device.kept_state import KeptState
from device.loop import Loop, Parts
from device.machine import Machine
from device.ports import CardDesk, Clock, Lock, ReaderPower, Signal, Source
from device.sealed_mail import SealedMail
from device.spool_records import Limits
from device.uplink import Broker, MqttUplink
from device.watchdog import Watchdog
from wire.errors import InvalidSetting
from wire.service_user import may
from wire.settings import read_secret_text
from wire.trust import read_trust

if TYPE_CHECKING:
    from device.backends.clock import SimulatedClock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """What a device knows of the hub's access lists.

    Args:
        kept: what survives a restart.
        store: checks lists and commands.
        desk: says what readers do with cards.
        trusted: whether the device can open what the hub seals at all.
    """

    kept: KeptState
    store: AccessStore
    desk: Desk
    trusted: bool


def open_access(settings: DeviceSettings, key: bytes | None) -> Access:
    """Return the parts that deal with lists, commands and cards.

    Args:
        settings: checked.
        key: look-up key of cards until a list brings one.

    Raises:
        InvalidSetting: when the trust file can't be used.
    """
    access = settings.access
    trust = None
    if access.trust_file is not None:
        trust = read_trust(access.trust_file, settings.space, settings.device)
    path = access.list_file
    kept = KeptState(None if trust is None else path.with_name(path.name + ".state"))
    doors = {reader.id: reader.door for reader in settings.reader if reader.door is not None}
    return Access(kept, AccessStore(path, kept, trust), Desk(doors, key, trust), trust is not None)


def build(
    settings: DeviceSettings,
    *,
    hardware: Hardware,
    access: Access,
    clock: Clock,
    speed: float = 1.0,
    environ: Mapping[str, str] | None = None,
    make_agent: Callable[..., Agent] = Agent,
) -> Loop:
    """Join the parts of one device; the spool is opened, nothing runs yet.

    Args:
        settings: checked.
        hardware: sensors, readers, light and locks.
        access: what deals with lists, commands and cards.
        clock: the device's clocks.
        speed: of the clock, against a real one.
        environ: has systemd's variables; none for a simulated device.
        make_agent: makes the core, given what `Agent` is given; a simulation may limit it.

    Raises:
        SpoolInUse: when another agent has the spool.
        InvalidSetting: when a certificate, key or password can't be used.
    """
    boot = clock.boot_id()
    mail = SealedMail(access.store, clock)
    uplink = MqttUplink(
        broker(settings.mqtt), space=settings.space, device=settings.device, take_sealed=mail.take
    )
    spool = settings.spool
    journal = Journal(
        spool.path,
        owner=f"{settings.space}/{settings.device}",
        boot=boot,
        limits=Limits(spool.keep_days, spool.max_events, spool.max_bytes),
    )
    first_list = access.store.load()
    agent = make_agent(
        {sensor.desk: presence_settings(sensor) for sensor in settings.sensor},
        [reader.id for reader in settings.reader],
        boot,
        version("ankerort"),
        journal.state.last_wall_us,
        doors=own_doors(settings),
        reader_doors=reader_places(settings),
        kept_modes=access.kept.modes,
        least_us=access.kept.least_us,
    )
    state = journal.state
    parts = Parts(
        agent=agent,
        delivery=Delivery(
            state.epoch, state.mark, state.published, random=random.random, pace=pace(settings.delivery)
        ),
        journal=journal,
        # Mail last: what came meanwhile is still looked at when the others have stopped.
        sources=[*hardware.sources, mail],
        clock=clock,
        signal=hardware.signal,
        uplink=uplink,
        health=Health(agent, journal, clock, spool.path.parent, settings.health.file, hardware.locks),
        watchdog=Watchdog(environ or {}),
        locks=hardware.locks,
        kept=access.kept,
        desk=access.desk,
        first_list=first_list,
    )
    return Loop(
        settings.space,
        settings.device,
        parts,
        meta=describe(settings, boot),
        health_s=settings.health.every_s,
        speed=speed,
    )


def build_for_hardware(settings: DeviceSettings, environ: Mapping[str, str] | None = None) -> Loop:
    """Join the parts of a real device: its pins, readers, lamp and clock.

    Args:
        settings: checked.
        environ: has systemd's variables; None takes this process's.

    Raises:
        MissingExtra: when a library for a sensor, lamp or reader of the settings is not installed.
        SpoolInUse, InvalidSetting: as `build`.
    """
    from device.backends.clock import SystemClock, is_set_by_battery

    access = open_access(settings, card_key(settings))
    return build(
        settings,
        hardware=open_hardware(settings, access.desk),
        access=access,
        clock=SystemClock(battery=is_set_by_battery if settings.clock.battery else None),
        environ=os.environ if environ is None else environ,
    )


def build_simulated(
    settings: DeviceSettings,
    *,
    key: bytes,
    seed: str,
    speed: float = 1.0,
    rate_per_s: float | None = None,
    make_agent: Callable[..., Agent] = Agent,
) -> tuple[Loop, "SimulatedClock"]:
    """Join the parts of a device whose hardware alone is simulated; return its clock too.

    Args:
        settings: as the simulation wants them; readers, sensors and doors are simulated, whatever back-end they name.
        key: the device's card key, until it has an access list.
        seed: decides what happens.
        speed: how many seconds of people's lives pass in a real one.
        rate_per_s: play a steady load with this many events a second; None plays people.
        make_agent: as for `build`.

    Raises:
        SpoolInUse, InvalidSetting: as `build`.
    """
    from device.backends.clock import SimulatedClock
    from device.backends.stories import load_source

    access = open_access(settings, key)
    if rate_per_s is None:
        hardware = Hardware([], Darkness())
        _play_people(
            hardware, settings.reader, settings.sensor, settings, access.desk, seed=seed, speed=speed
        )
        _play_doors(hardware, settings.door, seed, speed)
    else:
        source = load_source(settings.reader, settings.sensor, key, seed, rate_per_s)
        hardware = Hardware([source], Darkness())
        _play_doors(hardware, settings.door, seed, speed, press=False)
    clock = SimulatedClock()
    return build(settings, hardware=hardware, access=access, clock=clock, make_agent=make_agent), clock


def this_machine() -> Machine:
    """Return what the doctor looks at."""
    from device.backends.clock import is_kernel_synchronised

    # Its unit gives it the pins' group.
    return Machine(is_kernel_synchronised, may=partial(may, USER, groups=("gpio",)))


def open_hardware(settings: DeviceSettings, desk: CardDesk | None = None) -> Hardware:
    """Return what a device is made of; nothing is opened before `start`.

    Args:
        settings: checked; what names the back-end `simulated` sees people who are not there.
        desk: says what is done with cards; None looks them up and knows none.

    Raises:
        MissingExtra: when a library for a sensor, lamp or reader of the settings is not installed.
        InvalidSetting: when a pin is asked for twice, two readers can't be told apart, or the card key is unusable.
    """
    # Without trust, and so without a state file: who tries the hardware may be another user than the agent's.
    own = Desk({}, card_key(settings), None) if desk is None else desk
    hardware, powers = _open_pins(settings)
    matches = {reader.id: reader.match for reader in settings.reader if reader.backend == "pcsc"}
    if matches:
        from device.backends.pcsc import PcscReaders

        hardware.sources.append(PcscReaders(matches, own, powers=powers))
    played_readers = [reader for reader in settings.reader if reader.backend == "simulated"]
    played_sensors = [sensor for sensor in settings.sensor if sensor.backend == "simulated"]
    seed = f"{settings.space}/{settings.device}"
    if (played_readers or played_sensors) and isinstance(own, Desk):
        _play_people(hardware, played_readers, played_sensors, settings, own, seed=seed, speed=1.0)
    _play_doors(hardware, [door for door in settings.door if door.backend == "simulated"], seed, 1.0)
    return hardware


def open_reader(reader: str, match: str, desk: CardDesk) -> Source:
    """Return one PC/SC reader as a source.

    Args:
        reader: what it is called here.
        match: a part of the name that PC/SC gives it.
        desk: says what is done with its cards.

    Raises:
        MissingExtra: when pyscard is not installed.
    """
    from device.backends.pcsc import PcscReaders

    return PcscReaders({reader: match}, desk)


def _open_pins(settings: DeviceSettings) -> tuple[Hardware, dict[str, ReaderPower]]:
    pins = settings.signal
    hardware = Hardware([], Darkness())
    wired = [sensor for sensor in settings.sensor if sensor.backend == "gpio"]
    doors = [door for door in settings.door if door.backend == "gpio"]
    powered = [door for door in settings.door if door.reader_power_pin is not None]
    has_signal = any(pin is not None for pin in (pins.red, pins.green, pins.blue, pins.buzzer))
    if not (wired or doors or powered or has_signal):
        return hardware, {}
    # Imported when it is needed: a card reader on a laptop has no pins.
    from device.backends.gpio import GpioBoard, GpioSensor, GpioSensors
    from device.backends.gpio_door import GpioDoor, GpioDoorLines, GpioLock, GpioReaderPower
    from device.backends.gpio_signal import GpioSignal, SignalPins

    board = GpioBoard()
    signal: Signal = hardware.signal
    if has_signal:
        signal = GpioSignal(board, SignalPins(pins.red, pins.green, pins.blue, pins.buzzer))
    sensors = [
        GpioSensor(s.id, s.desk, s.kind, s.pin, s.active_high, s.trigger_pin, s.near_m)
        for s in wired
        if s.pin is not None
    ]
    gates = [
        GpioDoor(
            d.id, d.lock_pin, d.lock == "energise_to_lock", d.lock_active_high, d.contact_pin,
            d.contact_closed_high, d.exit_pin, d.exit_active_high, d.tamper_pin,
            d.button_pin, d.button_active_high,
        )
        for d in doors
        if d.lock_pin is not None
    ]  # fmt: skip
    sources: list[Source] = []
    if gates:
        sources.append(GpioDoorLines(board, gates))
    if sensors:
        sources.append(GpioSensors(board, sensors))
    locks: dict[str, Lock] = {gate.door: GpioLock(board, gate) for gate in gates}
    powers: dict[str, ReaderPower] = {}
    for door in powered:
        served = [r.id for r in settings.reader if r.door == door.id and r.backend == "pcsc"]
        if door.reader_power_pin is not None and served:
            power = GpioReaderPower(board, door.reader_power_pin, served[0])
            powers |= dict.fromkeys(served, power)
    return Hardware(sources, signal, locks), powers


def _play_people(
    hardware: Hardware,
    readers: list[ReaderSettings],
    sensors: list[SensorSettings],
    settings: DeviceSettings,
    desk: Desk,
    *,
    seed: str,
    speed: float,
) -> None:
    from device.backends.simulated_host import SimulatedHost
    from device.backends.stories import people_source

    locked = [door.id for door in settings.door]
    space = settings.space
    hardware.sources.append(people_source(readers, sensors, desk.play, space, seed, speed, locked=locked))
    if settings.access.trust_file is not None and readers:
        ids = [reader.id for reader in readers]
        hardware.sources.append(SimulatedHost(ids, desk, lambda number: invent_uid(space, f"new-{number}")))


def _play_doors(
    hardware: Hardware, doors: list[OwnDoorSettings], seed: str, speed: float, *, press: bool = True
) -> None:
    if doors:
        from device.backends.simulated_door import CALL_S, LEAVE_S, SimulatedDoors

        played = SimulatedDoors(
            [door.id for door in doors],
            seed,
            speed=speed,
            leave_s=LEAVE_S if press else None,
            call_s=CALL_S if press else None,
        )
        hardware.sources.append(played)
        hardware.locks.update(played.locks)


def broker(mqtt: MqttSettings) -> Broker:
    """Return where and how to connect.

    Raises:
        InvalidSetting: when a file of the settings can't be used; names it.
    """
    is_tls, host, port, username = broker_address(mqtt)
    return Broker(
        host=host,
        port=port,
        tls=_tls(mqtt) if is_tls else None,
        username=username,
        password=read_secret_text(mqtt.password_file) if mqtt.password_file else "",
        keepalive_s=mqtt.keepalive_s,
        session_expiry_s=mqtt.session_expiry_s,
    )


def _tls(mqtt: MqttSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=mqtt.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise InvalidSetting(f"mqtt.ca_file {mqtt.ca_file}: {error}; name the broker's CA as PEM") from error
    if mqtt.cert_file is not None:
        try:
            context.load_cert_chain(mqtt.cert_file, mqtt.key_file)
        except (OSError, ssl.SSLError) as error:
            raise InvalidSetting(
                f"mqtt.cert_file {mqtt.cert_file}, mqtt.key_file {mqtt.key_file}: {error}; "
                "name this device's certificate and its key as PEM"
            ) from error
    return context
