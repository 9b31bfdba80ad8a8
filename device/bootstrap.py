"""Chooses real parts: settings in, a loop ready to run out. Nothing else on the device does."""

import logging
import os
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from device.config import (
    DeliverySettings,
    DeviceSettings,
    MqttSettings,
    broker_address,
    presence_settings,
    read_card_key,
)
from device.core.agent import Agent
from device.core.delivery import Delivery, Pace
from device.core.effects import Pattern
from device.health import Health
from device.journal import Journal
from device.loop import Loop, Parts
from device.ports import Clock, Signal, Source
from device.spool_records import Limits
from device.uplink import Broker, MqttUplink
from device.watchdog import Watchdog
from wire.errors import InvalidSetting
from wire.messages import DeskMeta, DeviceMeta, ReaderMeta
from wire.settings import read_secret_text

if TYPE_CHECKING:
    from device.backends.clock import SimulatedClock

log = logging.getLogger(__name__)


class Darkness:
    """A signal for a device without lamp and buzzer."""

    def show(self, pattern: Pattern) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Release nothing."""


def build(
    settings: DeviceSettings,
    *,
    sources: Sequence[Source],
    clock: Clock,
    signal: Signal,
    speed: float = 1.0,
    environ: Mapping[str, str] | None = None,
    make_agent: Callable[..., Agent] = Agent,
) -> Loop:
    """Join the parts of one device; the spool is opened, nothing runs yet.

    Args:
        settings: checked.
        sources: sensors and readers.
        clock: the device's clocks.
        signal: light and sound.
        speed: of the clock, against a real one.
        environ: has systemd's variables; none for a simulated device.
        make_agent: makes the core, given what `Agent` is given; a simulation may limit it.

    Raises:
        SpoolInUse: when another agent has the spool.
        InvalidSetting: when a certificate, key or password can't be used.
    """
    boot = clock.boot_id()
    uplink = MqttUplink(broker(settings.mqtt), space=settings.space, device=settings.device)
    spool = settings.spool
    journal = Journal(
        spool.path,
        owner=f"{settings.space}/{settings.device}",
        boot=boot,
        limits=Limits(spool.keep_days, spool.max_events, spool.max_bytes),
    )
    agent = make_agent(
        {sensor.desk: presence_settings(sensor) for sensor in settings.sensor},
        [reader.id for reader in settings.reader],
        boot,
        version("ankerort"),
        journal.state.last_wall_us,
    )
    state = journal.state
    parts = Parts(
        agent=agent,
        delivery=Delivery(
            state.epoch, state.mark, state.published, random=random.random, pace=pace(settings.delivery)
        ),
        journal=journal,
        sources=sources,
        clock=clock,
        signal=signal,
        uplink=uplink,
        health=Health(agent, journal, clock, spool.path.parent, settings.health.file),
        watchdog=Watchdog(environ or {}),
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
    from device.backends.clock import SystemClock

    sources, signal = open_hardware(settings)
    return build(
        settings,
        sources=sources,
        clock=SystemClock(),
        signal=signal,
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
        settings: as the simulation wants them; readers and sensors are simulated, whatever back-end they name.
        key: the device's card key.
        seed: decides what happens.
        speed: how many seconds of people's lives pass in a real one.
        rate_per_s: play a steady load with this many events a second; None plays people.
        make_agent: as for `build`.

    Raises:
        SpoolInUse, InvalidSetting: as `build`.
    """
    from device.backends.clock import SimulatedClock
    from device.backends.stories import load_source, people_source

    if rate_per_s is None:
        source = people_source(settings.reader, settings.sensor, key, seed, speed)
    else:
        source = load_source(settings.reader, settings.sensor, key, seed, rate_per_s)
    clock = SimulatedClock()
    return build(settings, sources=[source], clock=clock, signal=Darkness(), make_agent=make_agent), clock


def open_hardware(settings: DeviceSettings) -> tuple[list[Source], Signal]:
    """Return the sources of a device and its signal; nothing is opened before `start`.

    Args:
        settings: checked; what names the back-end `simulated` sees people who are not there.

    Raises:
        MissingExtra: when a library for a sensor, lamp or reader of the settings is not installed.
        InvalidSetting: when a pin is asked for twice, two readers can't be told apart, or the card key is unusable.
    """
    sources: list[Source] = []
    signal: Signal = Darkness()
    pins = settings.signal
    wired = [sensor for sensor in settings.sensor if sensor.backend == "gpio"]
    has_signal = any(pin is not None for pin in (pins.red, pins.green, pins.blue, pins.buzzer))
    if wired or has_signal:
        # Imported when it is needed: a card reader on a laptop has no pins.
        from device.backends.gpio import GpioBoard, GpioSensor, GpioSensors
        from device.backends.gpio_signal import GpioSignal, SignalPins

        board = GpioBoard()
        if has_signal:
            signal = GpioSignal(board, SignalPins(pins.red, pins.green, pins.blue, pins.buzzer))
        if wired:
            sensors = [
                GpioSensor(s.id, s.desk, s.kind, s.pin, s.active_high, s.trigger_pin, s.near_m)
                for s in wired
                if s.pin is not None
            ]
            sources.append(GpioSensors(board, sensors))
    matches = {reader.id: reader.match for reader in settings.reader if reader.backend == "pcsc"}
    if matches:
        from device.backends.pcsc import PcscReaders

        sources.append(PcscReaders(matches, read_card_key(settings.card)))
    played_readers = [reader for reader in settings.reader if reader.backend == "simulated"]
    played_sensors = [sensor for sensor in settings.sensor if sensor.backend == "simulated"]
    if played_readers or played_sensors:
        from device.backends.stories import people_source

        key = read_card_key(settings.card) if played_readers else b""
        seed = f"{settings.space}/{settings.device}"
        sources.append(people_source(played_readers, played_sensors, key, seed))
    return sources, signal


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


def pace(delivery: DeliverySettings) -> Pace:
    """Return the delivery machine's times in its own unit."""
    return Pace(
        window=delivery.window,
        resend_us=round(delivery.resend_s * 1e6),
        resend_max_us=round(max(delivery.resend_s, delivery.resend_max_s) * 1e6),
        mark_wait_us=round(delivery.mark_wait_s * 1e6),
        back_us=round(delivery.back_s * 1e6),
    )


def describe(settings: DeviceSettings, boot: str) -> DeviceMeta:
    """Return what a device says about itself."""
    return DeviceMeta(
        version=version("ankerort"),
        boot=boot,
        readers=[ReaderMeta(id=r.id, door=r.door, desk=r.desk) for r in settings.reader],
        desks=[DeskMeta(id=s.desk, sensor=s.id, kind=s.kind) for s in settings.sensor],
        doors=sorted({reader.door for reader in settings.reader if reader.door is not None}),
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
