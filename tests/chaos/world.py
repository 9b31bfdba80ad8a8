"""A small world that can be broken: 20 devices in five processes, a bad network, a real broker, a hub."""

import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from device.fleet import invent_fleet, site_file
from tests.parts.mosquitto import Mosquitto
from tests.parts.process import ChildProcess
from tests.parts.tcp_proxy import TcpProxy

SCRIPTS = Path(sys.executable).parent
GROUPS = 5
DEVICES_PER_GROUP = 4
DESKS = 4

Key = tuple[str, str, str, int]
"""Space, device, epoch, number."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much happens.

    Args:
        per_device: events of each device.
        rate_per_s: of each device.
        seed: of the devices' stories.
    """

    per_device: int
    rate_per_s: float
    seed: int

    @property
    def total(self) -> int:
        """Events of all devices."""
        return self.per_device * GROUPS * DEVICES_PER_GROUP


class World:
    """Starts everything; each part can be killed and started again."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.broker = Mosquitto(folder / "mosquitto")
        self.database = folder / "hub.db"
        self.hub = ChildProcess("hub", folder / "hub.log")
        self.groups = [ChildProcess(f"devices {n}", folder / f"devices-{n}.log") for n in range(GROUPS)]
        self._wall_clock = folder / "wall-clock"

    def prepare(self) -> None:
        """Start the broker, make the database and tell the hub of all devices."""
        self.broker.start()
        self.network = TcpProxy(self.broker.port)
        self.network.start()
        self._wall_clock.write_text("+0", encoding="ascii")
        self._run_hub("migrate")
        for number in range(GROUPS):
            site = self.folder / f"site-{number}.toml"
            fleet = invent_fleet(DEVICES_PER_GROUP, f"chaos-{number}", DESKS, self.broker.url, self.folder)
            site.write_text(site_file(fleet), encoding="utf-8")
            self._run_hub("import-site", str(site))

    def start_hub(self) -> None:
        """Start the ingest, with a wall clock that a test can set."""
        library = find_spec("libfaketime")
        assert library is not None
        assert library.origin is not None
        preload = Path(library.origin).parent / "vendor/libfaketime/src/libfaketime.so.1"
        faketime = {
            "LD_PRELOAD": str(preload),
            "FAKETIME_TIMESTAMP_FILE": str(self._wall_clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.hub.spawn([str(SCRIPTS / "ankerort-hub"), "ingest"], env={**self._hub_environ(), **faketime})

    def set_hub_clock(self, offset_s: int) -> None:
        """Let the hub's wall clock be wrong by so much from now on."""
        self._wall_clock.write_text(f"{offset_s:+d}", encoding="ascii")

    def start_devices(self, number: int) -> None:
        """Start one process of devices; it ends by itself when the hub has all its events."""
        self.groups[number].spawn(
            self._devices(
                number,
                "--rate",
                str(self.plan.rate_per_s),
                "--count",
                str(self.plan.per_device),
                "--clock-jumps",
            )
        )

    def finished(self) -> bool:
        """Say whether every process of devices has ended; start again those that a fault ended early."""
        return not any(group.is_running for group in self.groups)

    def close(self) -> None:
        """End everything."""
        for group in self.groups:
            group.terminate()
        self.hub.terminate()
        self.network.close()
        self.broker.stop()

    def spooled(self) -> dict[Key, bytes]:
        """Return every event that the devices ever made, from their spools."""
        events: dict[Key, bytes] = {}
        for file in self.folder.glob("spools-*/*/*.db"):
            space, device = file.parent.name, file.stem
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as spool:
                (epoch,) = spool.execute("SELECT epoch FROM state").fetchone()
                rows = spool.execute("SELECT seq, payload FROM event").fetchall()
            spool.close()
            events.update({(space, device, epoch, seq): payload for seq, payload in rows})
        return events

    def counted(self) -> dict[Key, bytes]:
        """Return every event in the hub's log."""
        rows = self.query(
            "SELECT space.id, device.id, epoch.epoch, event.seq, event.payload FROM event"
            " JOIN epoch ON epoch.pk = event.epoch_pk JOIN device ON device.pk = epoch.device_pk"
            " JOIN space ON space.pk = device.space_pk"
        )
        return {(space, device, epoch, seq): payload for space, device, epoch, seq, payload in rows}

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the hub's database."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10) as hub:
            rows = hub.execute(statement).fetchall()
        hub.close()
        return rows

    def logs(self) -> str:
        """Return the ends of all logs, for a failure's message."""
        parts = [self.hub, *self.groups]
        return "\n".join(f"--- {part.name}\n{part.log_tail()}" for part in parts)

    def _devices(self, number: int, *options: str) -> list[str]:
        return [
            str(SCRIPTS / "ankerort-device"),
            "simulate",
            f"--fleet={DEVICES_PER_GROUP}",
            f"--desks={DESKS}",
            f"--space=chaos-{number}",
            f"--mqtt=mqtt://127.0.0.1:{self.network.port}",
            f"--spool-dir={self.folder / f'spools-{number}'}",
            f"--seed={self.plan.seed}",
            *options,
        ]

    def _hub_environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "ANKERORT_DATABASE_URL": f"sqlite:///{self.database}",
            "ANKERORT_MQTT_URL": self.broker.url,
        }

    def _run_hub(self, *arguments: str) -> None:
        command = [str(SCRIPTS / "ankerort-hub"), *arguments]
        done = subprocess.run(
            command, env=self._hub_environ(), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
