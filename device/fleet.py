"""An invented fleet: settings for so many devices, and the site file with which a hub knows them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final, Literal

import msgspec

from device.config import (
    DeviceSettings,
    MqttSettings,
    ReaderSettings,
    SensorSettings,
    SpoolSettings,
    presence_settings,
)
from wire.identifiers import check_id

DEVICES_PER_SPACE: Final = 25
"""A site file and an occupancy message have room for 200 desks in a space."""
MAX_DESKS_PER_DEVICE: Final = 8

_KINDS: Final[tuple[Literal["mat", "mmwave", "pir", "distance"], ...]] = ("mat", "mmwave", "pir", "distance")
_DESK_CM: Final = (140, 70)
_GAP_CM: Final = 60


def invent_fleet(count: int, space: str, desks: int, mqtt_url: str, spool_dir: Path) -> list[DeviceSettings]:
    """Return the settings of a fleet.

    Args:
        count: how many devices; each has one reader at a door.
        space: id of the first space; after every 25 devices the next one begins, as `space-2` and so on.
        desks: how many desks each device senses, 0 to 8; their sensors are of all kinds in turn.
        mqtt_url: the broker.
        spool_dir: has a folder for each space, and in it a spool for each device.

    Raises:
        InvalidIdentifier: when the space's id is not usable.
    """
    return [
        _invent_device(number, _space_of(space, number), desks, mqtt_url, spool_dir)
        for number in range(1, count + 1)
    ]


def _space_of(space: str, number: int) -> str:
    nth = (number - 1) // DEVICES_PER_SPACE + 1
    return check_id(space if nth == 1 else f"{space}-{nth}", "space")


def _invent_device(number: int, space: str, desks: int, mqtt_url: str, spool_dir: Path) -> DeviceSettings:
    name = f"pi-{number}"
    return DeviceSettings(
        device=name,
        space=space,
        mqtt=MqttSettings(url=mqtt_url),
        spool=SpoolSettings(path=spool_dir / space / f"{name}.db"),
        reader=[ReaderSettings(id="reader", door=f"door-{number}", backend="simulated")],
        sensor=[
            SensorSettings(
                id=f"sensor-{desk}",
                desk=f"desk-{number}-{desk}",
                kind=_KINDS[(desk - 1) % len(_KINDS)],
                backend="simulated",
            )
            for desk in range(1, desks + 1)
        ],
    )


def invent_key(seed: str) -> bytes:
    """Return a card key for devices without one; the same seed gives the same cards."""
    return hashlib.sha256(f"card key of {seed}".encode()).digest()


def invent_uid(space: str, number: int | str) -> bytes:
    """Return the UID of a card that nobody has: 04 and the first six bytes of SHA-256("ankerort-demo/SPACE/NUMBER").

    Simulated people of a space carry the cards 0, 1, 2 …: two for each desk with a sensor, in the order of the
    settings, and six where no desk has one. A hub that wants to know them repeats this rule; it never imports the
    device. A stranger's number is the word "stranger", and `new-0`, `new-1` … are cards that are laid on a reader when
    the hub asks for one.
    """
    return b"\x04" + hashlib.sha256(f"ankerort-demo/{space}/{number}".encode()).digest()[:6]


def invented_uids(space: str, count: int) -> list[bytes]:
    """Return the UIDs of the first cards of a space's simulated people."""
    return [invent_uid(space, number) for number in range(count)]


def hurry(settings: DeviceSettings, speed: float) -> DeviceSettings:
    """Return settings in which every time of a sensor is shorter, so that faster people are seen as people.

    The clocks stay real: only people and what is expected of them is faster, and the hub sees true times.

    Args:
        speed: how much faster; 1 changes nothing.
    """
    sensors = [
        msgspec.structs.replace(
            sensor, **{name: value / speed for name, value in asdict(presence_settings(sensor)).items()}
        )
        for sensor in settings.sensor
    ]
    return msgspec.structs.replace(settings, sensor=sensors)


def without_settling(settings: DeviceSettings) -> DeviceSettings:
    """Return settings in which each change of a plug is told at once, as the steady load counts on."""
    sensors = [msgspec.structs.replace(sensor, settle_s=0.0) for sensor in settings.sensor]
    return msgspec.structs.replace(settings, sensor=sensors)


def site_file(devices: Sequence[DeviceSettings]) -> str:
    """Return a site file for `ankerort-hub import-site` with the spaces, desks, doors and devices of a fleet."""
    spaces: dict[str, list[DeviceSettings]] = {}
    for settings in devices:
        spaces.setdefault(settings.space, []).append(settings)
    lines = ["# Made by `ankerort-device simulate --site-out`: nothing in it exists."]
    for space, members in spaces.items():
        lines += ["", *_town(space), *_space(space, members)]
    return "\n".join(lines) + "\n"


def _town(space: str) -> Iterator[str]:
    # An invented town needs a key of its own, and the same one at the next import.
    ags = int.from_bytes(hashlib.sha256(space.encode()).digest()[:4], "big") % 1_000_000
    yield "[[town]]"
    yield f'id = "{space}"'
    yield f'ags = "16{ags:06d}"'
    yield f'name = "Simulation {space}"'
    yield 'land = "TH"'
    yield ""


def _space(space: str, members: Sequence[DeviceSettings]) -> Iterator[str]:
    columns = max(1, *(len(settings.sensor) for settings in members))
    width = _GAP_CM + columns * (_DESK_CM[0] + _GAP_CM)
    depth = _GAP_CM + len(members) * (_DESK_CM[1] + _GAP_CM)
    yield "[[town.space]]"
    yield f'id = "{space}"'
    yield f'name = "Simulation {space}"'
    yield 'kind = "coworking"'
    yield 'phase = "operation"'
    yield "valid_from = 2026-01-01"
    yield 'public_detail = "desks"'
    yield 'public_detail_reason = "Simulation"'
    yield f"plan = [{width}, {depth}]"
    for row, settings in enumerate(members):
        yield from _device(settings, row)


def _device(settings: DeviceSettings, row: int) -> Iterator[str]:
    yield ""
    yield "[[town.space.device]]"
    yield f'id = "{settings.device}"'
    yield f'name = "Simulated {settings.device}"'
    for door in sorted({reader.door for reader in settings.reader if reader.door is not None}):
        yield "[[town.space.door]]"
        yield f'id = "{door}"'
        yield f'name = "Door {door}"'
        yield f'device = "{settings.device}"'
    for column, sensor in enumerate(settings.sensor):
        # A desk's place is its middle.
        x = _GAP_CM + _DESK_CM[0] // 2 + column * (_DESK_CM[0] + _GAP_CM)
        y = _GAP_CM + _DESK_CM[1] // 2 + row * (_DESK_CM[1] + _GAP_CM)
        yield "[[town.space.desk]]"
        yield f'id = "{sensor.desk}"'
        yield f'name = "{sensor.desk}"'
        yield f"at = [{x}, {y}]"
        yield f"size = [{_DESK_CM[0]}, {_DESK_CM[1]}]"
        yield f'sensor = "{sensor.kind}"'
        yield f'device = "{settings.device}"'
