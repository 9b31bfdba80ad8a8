"""Looks for the commonest faults of a device (`device.faults`), one small check each; nothing is changed or sent."""

import os
import ssl
from collections.abc import Callable, Iterator
from typing import Final

from cryptography import x509

from device.config import DeviceSettings, broker_address
from device.faults import Fault, Finding
from device.machine import Machine, try_broker
from wire.codec import decode
from wire.errors import WireError
from wire.messages import DeviceHealth
from wire.topics import HEALTH

DAY_S: Final = 86_400
CERTIFICATE_DAYS: Final = 30
LIST_DAYS: Final = 3
"""A list is made anew each day and ends after 14: there is time to act."""

MIN_FREE_BYTES: Final = 200_000_000
MANY_EVENTS: Final = 1000
HOT_C: Final = 80.0
MISSED: Final = 3
"""So many times the health file was not written."""

Check = Callable[[DeviceSettings, Machine], Iterator[Finding]]


def examine(settings: DeviceSettings, machine: Machine) -> list[Finding]:
    """Return what is wrong, in the order in which it is best put right."""
    return [finding for check in _CHECKS for finding in check(settings, machine)]


def _power(_settings: DeviceSettings, machine: Machine) -> Iterator[Finding]:
    word = machine.text("sys/devices/platform/soc/soc:firmware/get_throttled")
    if word and int(word, 16) & 0b1:
        yield Finding(Fault.POWER, "the Pi reports under-voltage now")
    elif word and int(word, 16) & 0x10000:
        yield Finding(Fault.POWER, "the Pi reported under-voltage since it was started")
    temperature = machine.text("sys/class/thermal/thermal_zone0/temp")
    if temperature.isdecimal() and int(temperature) / 1000 >= HOT_C:
        yield Finding(Fault.HOT, f"the processor has {int(temperature) / 1000:.0f} °C")


def _disk(settings: DeviceSettings, machine: Machine) -> Iterator[Finding]:
    folder = settings.spool.path.parent
    try:
        free_bytes, _, is_read_only = machine.usage(folder)
    except OSError as error:
        yield Finding(Fault.SPOOL_FOLDER, f"{folder}: {error.strerror}")
        return
    if is_read_only:
        yield Finding(Fault.DISK_READ_ONLY, f"nothing can be written to {folder}")
    elif not machine.may(folder, os.W_OK | os.X_OK):
        yield Finding(Fault.SPOOL_FOLDER, f"the agent may not write to {folder}")
    if free_bytes < MIN_FREE_BYTES:
        yield Finding(Fault.DISK_FULL, f"{free_bytes // 1_000_000} MB are free at {folder}")


def _clock(settings: DeviceSettings, machine: Machine) -> Iterator[Finding]:
    has_battery = any(
        (clock / "hctosys").read_text("ascii").strip() == "1"
        for clock in machine.at("sys/class/rtc").glob("rtc*")
        if (clock / "hctosys").exists()
    )
    if settings.door and not has_battery:
        yield Finding(Fault.CLOCK_BATTERY, "no battery clock set the time at boot")
    elif has_battery and settings.door and not settings.clock.battery:
        yield Finding(Fault.CLOCK_BATTERY_UNUSED, "clock.battery is false")
    if not machine.is_synchronised():
        yield Finding(Fault.CLOCK_UNSYNCED, "no time service keeps this machine's clock")


def _broker(settings: DeviceSettings, machine: Machine) -> Iterator[Finding]:
    mqtt = settings.mqtt
    is_tls, host, port, _ = broker_address(mqtt)
    yield from _certificate(settings, machine)
    try:
        context = ssl.create_default_context(cafile=mqtt.ca_file) if is_tls else None
        if context is not None and mqtt.cert_file is not None:
            context.load_cert_chain(mqtt.cert_file, mqtt.key_file)
        try_broker(host, port, context)
    except ssl.SSLError as error:
        yield Finding(Fault.BROKER_UNTRUSTED, f"{host}:{port}: {error.reason or error}")
    except FileNotFoundError as error:
        yield Finding(Fault.BROKER_UNTRUSTED, f"a certificate or key is not there: {error}")
    except OSError as error:
        yield Finding(Fault.BROKER_AWAY, f"{host}:{port}: {error.strerror or error}")


def _certificate(settings: DeviceSettings, machine: Machine) -> Iterator[Finding]:
    file = settings.mqtt.cert_file
    try:
        certificate = None if file is None else x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        # The connection names it.
        return
    if certificate is None:
        return
    left_days = (certificate.not_valid_after_utc.timestamp() - machine.now_s) / DAY_S
    if left_days < 0:
        yield Finding(Fault.CERTIFICATE_ENDS, f"{file} has ended")
    elif left_days < CERTIFICATE_DAYS:
        yield Finding(Fault.CERTIFICATE_ENDS, f"{file} ends in {left_days:.0f} days")


def _readers(settings: DeviceSettings, machine: Machine) -> Iterator[Finding]:
    if not any(reader.backend == "pcsc" for reader in settings.reader):
        return
    if not machine.at("run/pcscd/pcscd.comm").exists():
        yield Finding(Fault.READER_SERVICE, "there is no /run/pcscd/pcscd.comm")
    taken = [name for name in ("pn533_usb", "pn533", "nfc") if machine.at(f"sys/module/{name}").exists()]
    if taken:
        yield Finding(Fault.READER_TAKEN, f"loaded: {', '.join(taken)}")


def _pins(settings: DeviceSettings, machine: Machine) -> Iterator[Finding]:
    backends = [door.backend for door in settings.door] + [sensor.backend for sensor in settings.sensor]
    if "gpio" not in backends:
        return
    chips = sorted(machine.at("dev").glob("gpiochip*"))
    if not chips:
        yield Finding(Fault.PINS, "there is no /dev/gpiochip0")
    elif not any(machine.may(chip, os.R_OK | os.W_OK) for chip in chips):
        yield Finding(Fault.PINS, f"the agent may not use {chips[0]}")


def _list(settings: DeviceSettings, machine: Machine) -> Iterator[Finding]:
    if not settings.door:
        return
    file = settings.access.list_file
    try:
        age_days = (machine.now_s - file.stat().st_mtime) / DAY_S
    except OSError as error:
        yield Finding(Fault.LIST_MISSING, f"{file}: {error.strerror}")
        return
    if age_days > LIST_DAYS:
        yield Finding(Fault.LIST_OLD, f"{file} came {age_days:.0f} days ago")


def _agent(settings: DeviceSettings, machine: Machine) -> Iterator[Finding]:
    """What the agent itself says each minute, when it writes that to a file."""
    file = settings.health.file
    if file is None:
        return
    try:
        age_s = machine.now_s - file.stat().st_mtime
        health = decode(HEALTH, DeviceHealth, file.read_bytes())
    except (OSError, WireError) as error:
        yield Finding(Fault.AGENT, f"{file} can't be read: {error}")
        return
    if age_s > MISSED * settings.health.every_s:
        yield Finding(Fault.AGENT, f"{file} was written {age_s / 60:.0f} minutes ago")
        return
    yield from (
        Finding(Fault.READER_SILENT, f"reader {name}") for name, there in health.readers.items() if not there
    )
    yield from (
        Finding(Fault.SENSOR_SILENT, f"desk {name}")
        for name, state in health.desks.items()
        if state == "unknown"
    )
    yield from (
        Finding(Fault.LOCK, f"door {name}") for name, door in health.doors.items() if not door.lock_works
    )
    if health.spool_store == "memory":
        yield Finding(Fault.SPOOL_IN_MEMORY, f"{health.spool_depth} events wait")
    elif health.spool_depth >= MANY_EVENTS:
        yield Finding(Fault.SPOOL_GROWS, f"{health.spool_depth} events wait for the hub")


def _watchdog(_settings: DeviceSettings, machine: Machine) -> Iterator[Finding]:
    if not machine.at("dev/watchdog").exists():
        yield Finding(Fault.WATCHDOG, "there is no /dev/watchdog")


_CHECKS: Final[tuple[Check, ...]] = (
    _power, _disk, _clock, _broker, _readers, _pins, _list, _agent, _watchdog,
)  # fmt: skip
