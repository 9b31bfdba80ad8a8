"""How the device is, as the hub, and whoever looks on the device itself, are told each minute; never spooled."""

import logging
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from device.core.agent import Agent
from device.journal import Journal
from device.ports import Clock, Lock
from device.vitals import read_vitals
from wire.codec import encode
from wire.messages import DeviceHealth

log = logging.getLogger(__name__)


class Health:
    """Looks at all parts of one device; only in the loop's thread.

    Args:
        agent: knows readers and desks.
        journal: knows what waits for the hub.
        clock: the device's clocks.
        folder: on the file system of the spool.
        file: where it is written as well, or None.
        locks: door to its lock.
    """

    def __init__(
        self,
        agent: Agent,
        journal: Journal,
        clock: Clock,
        folder: Path,
        file: Path | None = None,
        locks: Mapping[str, Lock] | None = None,
    ) -> None:
        self._agent = agent
        self._journal = journal
        self._clock = clock
        self._folder = folder
        self._file = file
        self._locks = locks or {}

    def take(self) -> bytes:
        """Return the health message of now, and write it to the file."""
        payload = encode(self._examine())
        if self._file is not None:
            self._write(self._file, payload)
        return payload

    def _examine(self) -> DeviceHealth:
        moment = self._clock.now()
        vitals = read_vitals(self._folder)
        return DeviceHealth(
            boot=self._clock.boot_id(),
            mono_us=moment.mono_us,
            wall_us=moment.wall_us,
            synced=moment.synced,
            spool_depth=self._journal.depth(),
            spool_store="disk" if self._journal.is_durable else "memory",
            temperature_c=vitals.temperature_c,
            disk_free_bytes=vitals.disk_free_bytes,
            throttled=vitals.throttled,
            rss_bytes=vitals.rss_bytes,
            readers=self._agent.readers(),
            desks=self._agent.desk_states(),
            time_trusted=self._agent.time_trusted(moment),
            doors={
                door: replace(how, lock_works=self._locks[door].is_working) if door in self._locks else how
                for door, how in self._agent.doors().items()
            },
            refused=self._agent.refused(),
        )

    def _write(self, file: Path, payload: bytes) -> None:
        """Replace the file at once; a full or missing disk is no reason to stop."""
        beside = file.with_name(file.name + ".new")
        try:
            beside.write_bytes(payload)
            beside.replace(file)
        except OSError as error:
            log.warning("health.file %s can't be written: %s", file, error.strerror)
