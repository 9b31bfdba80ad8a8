"""What `doctor` would say of the devices, and alarms of doors, for `/metrics`; no person is in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from prometheus_client.core import GaugeMetricFamily, Metric

from hub.domain.errors import StoreUnavailable
from hub.domain.faults import DeviceLook, judge_device
from hub.ports import Clock


class FleetLook(Protocol):
    """What is stored of devices and doors; raises `StoreUnavailable` when the database can't be read now."""

    def devices(self) -> Sequence[DeviceLook]:
        """Return all devices of the site file that were not retired."""
        ...

    def door_alarms(self) -> Mapping[tuple[str, str], int]:
        """Return how many alarms of doors nobody has taken on, by space and kind."""
        ...


class Fleet:
    """Tells Prometheus what is wrong with devices and doors, from the database: the same in every process.

    Args:
        look: what is stored.
        clock: the hub's clock.
    """

    def __init__(self, look: FleetLook, clock: Clock) -> None:
        self._look, self._clock = look, clock

    def describe(self) -> Iterator[Metric]:
        """Return the names without asking the database, for the registry."""
        yield from self._families()

    def collect(self) -> Iterator[Metric]:
        """Return the numbers as they are; nothing while the database can't be read."""
        heard, spool, faults, doors = self._families()
        try:
            devices, alarms = self._look.devices(), self._look.door_alarms()
        except StoreUnavailable:
            return
        now_us = self._clock.now_us()
        for one in devices:
            space, _, device = one.name.partition("/")
            heard.add_metric([space, device], one.heard_us / 1_000_000)
            depth = one.health.get("spool_depth")
            if isinstance(depth, int):
                spool.add_metric([space, device], depth)
            for fault in sorted({found.fault.value for found in judge_device(one, now_us)}):
                faults.add_metric([space, device, fault], 1)
        for (space, kind), amount in sorted(alarms.items()):
            doors.add_metric([space, kind], amount)
        yield from (heard, spool, faults, doors)

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "ankerort_device_heard_timestamp_seconds",
                "When a device was heard last; 0 for never.",
                labels=["space", "device"],
            ),
            GaugeMetricFamily(
                "ankerort_device_spool_events",
                "Events that a device holds and the hub has not counted.",
                labels=["space", "device"],
            ),
            GaugeMetricFamily(
                "ankerort_device_fault",
                "What doctor finds wrong with a device (docs/reference/faults.md); a fault that is over is not there.",
                labels=["space", "device", "fault"],
            ),
            GaugeMetricFamily(
                "ankerort_door_alarms",
                "Alarms of doors that nobody has taken on, by kind.",
                labels=["space", "kind"],
            ),
        )
