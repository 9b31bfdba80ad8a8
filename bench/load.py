"""A load of events that devices could have sent, ready as MQTT messages."""

from collections.abc import Iterator
from dataclasses import dataclass

from wire import codec
from wire.identifiers import CredentialId
from wire.messages import BatchHeader, CardRead, DeskSession, DeskState, DeskStateName, Event
from wire.topics import EVENT, Topic

SPACE = "bench"
DESKS_PER_DEVICE = 8
_BOOT = "b0" * 8
_BEGIN_US = 1_790_000_000_000_000
_CARD = CredentialId("c4" * 32)


@dataclass(frozen=True, slots=True)
class Load:
    """How much to send.

    Args:
        devices: how many devices send.
        events: in all.
        batch: events in one message.
    """

    devices: int
    events: int
    batch: int

    @property
    def messages(self) -> int:
        """How many MQTT messages that makes."""
        return self.events // self.batch


def device_id(number: int) -> str:
    """Return the id of the n-th device."""
    return f"bench-{number:03d}"


def desk_id(device: int, number: int) -> str:
    """Return the id of the n-th desk of a device."""
    return f"desk-{device:03d}-{number}"


def site_toml(devices: int) -> str:
    """Return a site file in which all devices of a load, their desks and readers are known."""
    lines = [
        "[[town]]",
        'id = "bench-town"',
        'ags = "12070424"',
        'name = "Bench"',
        'land = "BB"',
        "",
        "[[town.space]]",
        f'id = "{SPACE}"',
        'name = "Bench"',
        'kind = "coworking"',
        'phase = "operation"',
        "valid_from = 2020-01-01",
        "plan_width = 20000",
        "plan_depth = 20000",
    ]
    for device in range(devices):
        lines += ["", "[[town.space.device]]", f'id = "{device_id(device)}"', f'name = "Device {device}"']
        lines += ["", "[[town.space.door]]", f'id = "door-{device:03d}"', 'name = "Door"']
        lines += [f'device = "{device_id(device)}"']
        for number in range(DESKS_PER_DEVICE):
            lines += [
                "",
                "[[town.space.desk]]",
                f'id = "{desk_id(device, number)}"',
                f'name = "{device}.{number}"',
            ]
            lines += [f"x = {200 + 150 * number}", f"y = {100 + 90 * device}"]
            lines += ['sensor = "pir"', f'device = "{device_id(device)}"']
    return "\n".join(lines) + "\n"


def event(device: int, seq: int) -> Event:
    """Return the event that a device has under a sequence number: states, sessions, and a tap in each ten."""
    wall_us, mono_us = _BEGIN_US + seq * 1_000_000, seq * 1_000_000
    desk = desk_id(device, seq % DESKS_PER_DEVICE)
    if seq % 10 == 0:
        reader = f"door-{device:03d}"
        return CardRead(
            boot=_BOOT, mono_us=mono_us, wall_us=wall_us, synced=True, reader=reader, credential=_CARD
        )
    if seq % 3 == 0:
        return DeskSession(
            boot=_BOOT,
            mono_us=mono_us,
            wall_us=wall_us,
            synced=True,
            desk=desk,
            start_ago_us=900_000_000,
            end_ago_us=1_000_000,
        )
    state: DeskStateName = "occupied" if seq % 2 else "vacant"
    return DeskState(boot=_BOOT, mono_us=mono_us, wall_us=wall_us, synced=True, desk=desk, state=state)


def messages(load: Load) -> Iterator[tuple[str, bytes]]:
    """Yield (topic, payload) of a whole load, device after device in turn, each device's numbers rising from 1."""
    topics = [str(Topic(EVENT, SPACE, device_id(number))) for number in range(load.devices)]
    rounds, per_device = load.messages // load.devices, [1] * load.devices
    for _ in range(rounds):
        for device in range(load.devices):
            first = per_device[device]
            last = first + load.batch - 1
            header = BatchHeader(epoch=f"{device:016x}", first=first, last=last, floor=1)
            lines = [codec.encode_event(event(device, seq)) for seq in range(first, last + 1)]
            per_device[device] = last + 1
            yield topics[device], codec.encode_batch(header, lines)
