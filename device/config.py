"""The device's settings: one TOML file, `ANKERORT_…` variables on top, each value checked before anything starts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from device.core.presence import PresenceSettings, SensorKind
from device.door_settings import (
    AccessSettings,
    ClockSettings,
    OwnDoorSettings,
    Pin,
    check_doors,
    door_pins,
)
from wire.errors import InvalidIdentifier, InvalidSetting
from wire.identifiers import check_id
from wire.settings import Loaded, load, read_secret
from wire.trust import read_trust

DEFAULT_FILE: Final = Path("/etc/ankerort/device.toml")
USER: Final = "ankerort-device"
"""Whom the agent's service runs as (systemd/sysusers.d/ankerort.conf)."""
CARD_KEY_BYTES: Final = 32

Seconds = Annotated[float, Meta(gt=0, le=86_400)]


class MqttSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the broker is and how to log in.

    Args:
        url: `mqtt://host:port` or, with TLS, `mqtts://host:port`; may name the user, never the password.
        ca_file: certificates that the broker's is checked against; None for the system's.
        cert_file, key_file: the device's own certificate and key.
        username: a name, when the broker asks for one.
        password_file: file that holds the password.
        keepalive_s: after this long without a word the broker is asked whether it is there, and the other way round.
        session_expiry_s: how long the broker keeps the device's subscriptions and their messages while it is away.
    """

    url: str = "mqtt://127.0.0.1:1883"
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    username: str = ""
    password_file: Path | None = None
    keepalive_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    session_expiry_s: Annotated[int, Meta(ge=0, le=30 * 86_400)] = 86_400


class SpoolSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where events are kept until the hub has them, and how many.

    Args:
        path: the spool's file; its folder must be there.
        keep_days: how long events are kept that the hub has: it gets them again after it was restored from a backup.
        max_events, max_bytes: how many events it holds at most; then the least worthy go first (D6).
    """

    path: Path = Path("/var/lib/ankerort-device/spool.db")
    keep_days: Annotated[int, Meta(ge=1, le=365)] = 7
    max_events: Annotated[int, Meta(ge=100, le=5_000_000)] = 500_000
    max_bytes: Annotated[int, Meta(ge=1024 * 1024)] = 256 * 1024 * 1024


class DeliverySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How events are sent (`device.core.delivery.Pace`).

    Args:
        window: batches under way at most.
        resend_s: how long a batch may go without an answer of the hub before it is sent again; doubles each time.
        resend_max_s: up to this.
        mark_wait_s: how long a new connection waits for the hub's mark before it sends.
        back_s: how long a mark that went back must stay back before the device believes it and sends again from there.
    """

    window: Annotated[int, Meta(ge=1, le=32)] = 8
    resend_s: Seconds = 10.0
    resend_max_s: Seconds = 60.0
    mark_wait_s: Seconds = 5.0
    back_s: Seconds = 10.0


class HealthSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often health is told, and a file that has it on the device too.

    Args:
        every_s: how often; the hub takes a device for lost that says nothing for two and a half minutes.
        file: where the same is written for whoever looks on the device; None for nowhere.
    """

    every_s: Seconds = 60.0
    file: Path | None = None


class CardSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a card's number becomes a look-up value.

    Args:
        key_file: file that holds the key, 64 hex digits; needed for a reader without access.trust_file. Once the hub
            has sent an access list, the key in that list is used instead.
    """

    key_file: Path | None = None


class ReaderSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card reader: at a door or at a desk.

    Args:
        id: its name among the device's readers.
        door, desk: where it is, one of the two, by the site file's id.
        leaving: whether it is the reader of its door for going out.
        backend: `simulated` has people who are not there.
        match: a part of the name that PC/SC gives it.
    """

    id: str
    door: str | None = None
    desk: str | None = None
    leaving: bool = False
    backend: Literal["pcsc", "simulated"] = "pcsc"
    match: str = ""


class SensorSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A desk's sensor on a pin; the seconds replace the defaults of its kind (`device.core.sensing`).

    Args:
        id: its name among the device's sensors.
        desk: which desk it watches, by the site file's id.
        kind: how it senses.
        pin: its GPIO number (BCM); of a distance sensor, that of the echo.
        trigger_pin: GPIO number of a distance sensor's trigger.
        active_high: whether a high level says that somebody is there; false for a mat that switches to ground.
        near_m: below this distance, in metres, somebody is there; for distance sensors.
        backend: `simulated` has people who are not there.
    """

    id: str
    desk: str
    kind: Literal["pir", "mmwave", "mat", "distance"]
    pin: Pin | None = None
    trigger_pin: Pin | None = None
    active_high: bool = True
    near_m: Annotated[float, Meta(gt=0, lt=4)] = 0.8
    backend: Literal["gpio", "simulated"] = "gpio"
    debounce_s: float | None = None
    confirm_s: float | None = None
    steady_s: float | None = None
    fade_s: float | None = None
    hold_s: float | None = None
    least_hold_s: float | None = None
    usual_hold_s: float | None = None
    arrival_hold_s: float | None = None
    return_hold_s: float | None = None
    grow_s: float | None = None
    settle_s: float | None = None
    bridge_s: float | None = None
    gather_s: float | None = None
    least_session_s: float | None = None
    trust_s: float | None = None
    stuck_s: float | None = None
    least_stuck_s: float | None = None
    silent_s: float | None = None


class SignalSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lamp and buzzer; each may be missing.

    Args:
        red, green, blue, buzzer: GPIO numbers (BCM).
    """

    red: Pin | None = None
    green: Pin | None = None
    blue: Pin | None = None
    buzzer: Pin | None = None


class DeviceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of one device.

    Args:
        device, space: the ids that the site file gives them.
    """

    device: str
    space: str
    mqtt: MqttSettings = MqttSettings()
    spool: SpoolSettings = SpoolSettings()
    delivery: DeliverySettings = DeliverySettings()
    health: HealthSettings = HealthSettings()
    card: CardSettings = CardSettings()
    access: AccessSettings = AccessSettings()
    clock: ClockSettings = ClockSettings()
    door: list[OwnDoorSettings] = []
    reader: list[ReaderSettings] = []
    sensor: list[SensorSettings] = []
    signal: SignalSettings = SignalSettings()


def load_settings(file: Path | None, environ: Mapping[str, str]) -> Loaded[DeviceSettings]:
    """Return the checked settings of this device and where each came from.

    Raises:
        InvalidSetting: names file or variable, key, value and remedy.
    """
    loaded = load(DeviceSettings, file, environ)
    check(loaded.settings)
    return loaded


def check(settings: DeviceSettings) -> None:
    """Check what one value alone does not tell.

    Raises:
        InvalidSetting: when an id is unusable or used twice, a pin has two owners, a reader is nowhere or at two
            places, a door lacks its trust file or lock, a sensor's seconds contradict each other, or the broker's
            address or a key is unusable.
    """
    try:
        for value, what in _ids(settings):
            check_id(value, what)
    except InvalidIdentifier as error:
        raise InvalidSetting(str(error)) from error
    _refuse_twice("[[door]] id", [door.id for door in settings.door])
    _refuse_twice("[[reader]] id", [reader.id for reader in settings.reader])
    _refuse_twice("[[sensor]] id", [sensor.id for sensor in settings.sensor])
    _refuse_twice("[[sensor]] desk", [sensor.desk for sensor in settings.sensor])
    for reader in settings.reader:
        _check_reader(reader)
    for sensor in settings.sensor:
        _check_sensor(sensor)
    check_doors(settings.door, settings.access)
    _check_pins(settings)
    broker_address(settings.mqtt)
    if settings.mqtt.cert_file is not None and settings.mqtt.key_file is None:
        raise InvalidSetting("mqtt.cert_file is set, mqtt.key_file is not: set both, or neither")
    if settings.access.trust_file is not None:
        read_trust(settings.access.trust_file, settings.space, settings.device)
    if settings.reader and (settings.card.key_file is not None or settings.access.trust_file is None):
        read_card_key(settings.card)


def broker_address(mqtt: MqttSettings) -> tuple[bool, str, int, str]:
    """Return (TLS, host, port, user) of the broker's URL.

    Raises:
        InvalidSetting: when it is no such URL, or holds a password.
    """
    try:
        url = urlsplit(mqtt.url)
        port = url.port
    except ValueError:
        raise InvalidSetting(f"mqtt.url {mqtt.url!r} can't be read: use mqtt://host:1883") from None
    if url.password:
        raise InvalidSetting("mqtt.url holds a password, which every log would show: use mqtt.password_file")
    if url.scheme not in ("mqtt", "mqtts") or not url.hostname or url.path.strip("/") or url.query:
        raise InvalidSetting(
            f"mqtt.url {mqtt.url!r} is not usable: use mqtt://host:1883 or mqtts://host:8883"
        )
    is_tls = url.scheme == "mqtts"
    return is_tls, url.hostname, port or (8883 if is_tls else 1883), mqtt.username or url.username or ""


def read_card_key(card: CardSettings) -> bytes:
    """Return the 32 bytes of the card key.

    Raises:
        InvalidSetting: when there is none, it is too short, or others may read it; the text never holds it.
    """
    if card.key_file is None:
        raise InvalidSetting(
            "card.key_file is not set, and there is a [[reader]]: "
            "make a key with `openssl rand -hex 32 > card.key && chmod 600 card.key` and name the file"
        )
    text = read_secret(card.key_file)
    if not re.fullmatch(rb"[0-9a-fA-F]{%d}" % (2 * CARD_KEY_BYTES), text):
        raise InvalidSetting(
            f"card.key_file {card.key_file}: a key is {2 * CARD_KEY_BYTES} hex digits, this has {len(text)} characters "
            "or others than 0-9 a-f: make one with `openssl rand -hex 32`"
        )
    return bytes.fromhex(text.decode("ascii"))


def presence_settings(sensor: SensorSettings) -> PresenceSettings:
    """Return how a sensor is to be read: the defaults of its kind, and what its settings say.

    Raises:
        InvalidSetting: when the seconds contradict each other.
    """
    values = asdict(PresenceSettings.defaults(SensorKind(sensor.kind)))
    values.update({name: given for name in values if (given := getattr(sensor, name)) is not None})
    try:
        return PresenceSettings(**values)
    except ValueError as error:
        raise InvalidSetting(f"[[sensor]] {sensor.id}: {error}") from error


def _ids(settings: DeviceSettings) -> Iterator[tuple[str, str]]:
    yield settings.space, "space"
    yield settings.device, "device"
    for door in settings.door:
        yield door.id, "[[door]] id"
    for reader in settings.reader:
        yield reader.id, "[[reader]] id"
        if reader.door is not None:
            yield reader.door, f"[[reader]] {reader.id}: door"
        if reader.desk is not None:
            yield reader.desk, f"[[reader]] {reader.id}: desk"
    for sensor in settings.sensor:
        yield sensor.id, "[[sensor]] id"
        yield sensor.desk, f"[[sensor]] {sensor.id}: desk"


def _refuse_twice(what: str, values: list[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise InvalidSetting(f"{what} {value!r} is used twice: give each its own")
        seen.add(value)


def _check_reader(reader: ReaderSettings) -> None:
    if (reader.door is None) == (reader.desk is None):
        raise InvalidSetting(f"[[reader]] {reader.id}: set either door or desk, so that a tap has a place")
    if reader.leaving and reader.door is None:
        raise InvalidSetting(
            f"[[reader]] {reader.id}: leaving is for a reader at a door: set door, or leave it out"
        )
    if reader.backend == "pcsc" and not reader.match:
        raise InvalidSetting(
            f"[[reader]] {reader.id}: set match to a part of the reader's name (pcsc_scan shows it)"
        )


def _check_sensor(sensor: SensorSettings) -> None:
    presence_settings(sensor)
    if sensor.backend == "gpio" and sensor.pin is None:
        raise InvalidSetting(f"[[sensor]] {sensor.id}: set pin to its GPIO number")
    if sensor.backend == "gpio" and sensor.kind == "distance" and sensor.trigger_pin is None:
        raise InvalidSetting(f"[[sensor]] {sensor.id}: a distance sensor needs trigger_pin as well as pin")


def _check_pins(settings: DeviceSettings) -> None:
    owners: dict[int, str] = {}
    wanted = [(f"[[sensor]] {s.id}", pin) for s in settings.sensor for pin in (s.pin, s.trigger_pin)]
    wanted += [(f"[signal] {name}", pin) for name, pin in msgspec.structs.asdict(settings.signal).items()]
    wanted += door_pins(settings.door)
    for owner, pin in wanted:
        if pin is None:
            continue
        if pin in owners:
            raise InvalidSetting(f"GPIO{pin} is wanted by {owners[pin]} and by {owner}: give one another pin")
        owners[pin] = owner
