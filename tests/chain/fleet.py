"""A simulated fleet as one process, and what stands in its spools."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

from device.fleet import invent_fleet, site_file
from tests.chain.installation import SCRIPTS, environment
from tests.parts.process import ChildProcess


class Key(NamedTuple):
    """What an event is known by (D1)."""

    device: str
    epoch: str
    seq: int


EVENTS = """
SELECT device.id, epoch.epoch, event.seq, event.payload FROM event
JOIN epoch ON epoch.pk = event.epoch_pk JOIN device ON device.pk = epoch.device_pk
"""
"""What the hub has counted: the columns of `Key`, and the event as its device wrote it."""


class Fleet:
    """Devices of one space.

    Args:
        folder: for spools and log.
        mqtt_url: the broker.
        devices: how many.
        desks: of each device.
    """

    def __init__(self, folder: Path, mqtt_url: str, devices: int, desks: int = 3) -> None:
        self._folder, self._url = folder, mqtt_url
        self._spools = folder / "spools"
        self._options = [f"--fleet={devices}", f"--desks={desks}", "--space=flotte", f"--mqtt={mqtt_url}"]
        self.site = site_file(invent_fleet(devices, "flotte", desks, mqtt_url, folder))
        self.process = ChildProcess("fleet", folder / "fleet.log")

    def start(self, *options: str) -> None:
        """Start to play, or go on with the same spools."""
        command = [str(SCRIPTS / "ankerort-device"), "simulate", *self._options]
        self.process.spawn([*command, f"--spool-dir={self._spools}", *options], env=environment())

    def has_ended(self) -> bool:
        """Say whether it has ended by itself."""
        return not self.process.is_running

    def spooled(self) -> dict[Key, bytes]:
        """Return every event that its devices have written down and still hold; only when it has ended."""
        events: dict[Key, bytes] = {}
        for file in (self._spools / "flotte").glob("*.db"):
            spool = sqlite3.connect(file)
            ((epoch,),) = spool.execute("SELECT epoch FROM state")
            rows = spool.execute("SELECT seq, payload FROM event").fetchall()
            spool.close()
            events |= {Key(file.stem, epoch, seq): bytes(payload) for seq, payload in rows}
        return events
