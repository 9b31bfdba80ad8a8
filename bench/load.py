"""A load of events that a fleet could have sent, ready as MQTT messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from device.config import DeviceSettings
from device.fleet import invent_fleet, site_file
from wire import codec
from wire.events import CardRead, DeskSession, DeskState, DeskStateName, Event
from wire.identifiers import CredentialId
from wire.messages import BatchHeader
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

    def fleet(self) -> list[DeviceSettings]:
        """Return the devices."""
        return invent_fleet(self.devices, SPACE, DESKS_PER_DEVICE, "mqtt://127.0.0.1", Path())

    def site(self) -> str:
        """Return a site file that knows the devices."""
        return site_file(self.fleet())

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Yield (topic, payload), device after device in turn, each device's numbers rising from 1."""
        devices = self.fleet()
        topics = [str(Topic(EVENT, device.space, device.device)) for device in devices]
        for first in range(1, self.events // self.devices + 1, self.batch):
            last = first + self.batch - 1
            for number, device in enumerate(devices):
                header = BatchHeader(epoch=f"{number:016x}", first=first, last=last, floor=1)
                lines = [codec.encode_event(event(device, seq)) for seq in range(first, last + 1)]
                yield topics[number], codec.encode_batch(header, lines)


def event(device: DeviceSettings, seq: int) -> Event:
    """Return what a device reports under a sequence number: states, sessions, and a tap in each ten."""
    wall_us, mono_us = _BEGIN_US + seq * 1_000_000, seq * 1_000_000
    desk = device.sensor[seq % len(device.sensor)].desk
    if seq % 10 == 0:
        reader = device.reader[0].id
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
