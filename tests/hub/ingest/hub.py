"""A hub without a broker: intake on a real database, and a look at what it stored through fresh connections."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Engine, text

from hub.domain.space import Desk, Device, Phase, Space, SpaceKind, Town
from hub.ingest.intake import Intake, Message
from hub.ingest.translate import read_event
from hub.projections.doors import DoorLive
from hub.projections.live import DeskLive
from hub.projections.sessions import DeskSessions
from hub.services.count_events import CountEvents, Outcome
from hub.services.directory import Directory
from hub.services.import_site import import_site
from hub.storage.event_log import SqlEventStore
from hub.storage.site_directory import SqlSiteDirectory
from hub.storage.unit_of_work import UnitFactory
from tests.hub.ingest.spool import WALL_US

NOW_US = WALL_US + 3_600_000_000

DESKS = ("fenster-1", "fenster-2", "flur")
DEVICES = ("pi-1", "pi-2", "pi-3")


def town(space: str = "stadtlabor", *, desks: Sequence[str] = DESKS, name: str = "a") -> Town:
    """Return a town with one space and three devices; its desks belong to the first."""
    return Town(
        id=f"town-{space}",
        ags=f"{sum(space.encode()):08d}",
        name=name,
        land="BB",
        spaces=(
            Space(
                id=space,
                town=f"town-{space}",
                name=space,
                kind=SpaceKind.COWORKING,
                phase=Phase.OPERATION,
                valid_from=date(2026, 1, 1),
                controller="Stadt",
                desks=tuple(
                    Desk(id=desk, name=desk, sensor="pir", device=DEVICES[0], x=200 * i, y=100)
                    for i, desk in enumerate(desks)
                ),
                devices=tuple(Device(id=device, name=device) for device in DEVICES),
            ),
        ),
    )


class Hub:
    """Intake on a database; making another one on the same database is a restart."""

    def __init__(self, engine: Engine, now_us: int = NOW_US) -> None:
        self.engine = engine
        self.now_us = now_us
        self.store = SqlEventStore(engine, [DeskLive(), DeskSessions()], [DoorLive()])
        self.directory = Directory(SqlSiteDirectory(engine))
        self.count = CountEvents(self.store, self.directory, read_event)
        self.intake = Intake(self.count)

    def restarted(self) -> "Hub":
        """Return the hub after a restart of its process."""
        return Hub(self.engine, self.now_us)

    def import_site(self, *towns: Town) -> None:
        import_site(UnitFactory(self.engine), towns or (town(), town("werkhalle", name="b")), self.now_us)

    def take(self, *messages: Message) -> Outcome:
        """Take messages in as one group."""
        return self.intake.take(messages, self.now_us)

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return what a query gives on a connection of its own."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql), parameters)]

    def payloads(self) -> dict[tuple[str, str, int], bytes]:
        """Return every stored event by (device, epoch, number)."""
        found = self.rows(
            "SELECT d.id, e.epoch, v.seq, v.payload FROM event v JOIN epoch e ON e.pk = v.epoch_pk"
            " JOIN device d ON d.pk = e.device_pk"
        )
        return {(device, epoch, seq): bytes(payload) for device, epoch, seq, payload in found}

    def mark(self, device: str = "pi-1", epoch: str = "e000000000000001") -> int:
        """Return the stored mark, 0 for none."""
        found = self.rows(
            "SELECT c.upto FROM cursor c JOIN epoch e ON e.pk = c.epoch_pk JOIN device d ON d.pk = e.device_pk"
            " WHERE d.id = :device AND e.epoch = :epoch",
            device=device,
            epoch=epoch,
        )
        return int(found[0][0]) if found else 0

    def live(self) -> dict[str, tuple[str, int]]:
        """Return the live state of each desk with the number of the event that told it."""
        found = self.rows("SELECT d.id, l.state, l.seq FROM desk_live l JOIN desk d ON d.pk = l.desk_pk")
        return {desk: (state, seq) for desk, state, seq in found}

    def quarantine(self) -> list[tuple[int, str]]:
        """Return (number, reason) of what is in quarantine."""
        return [(seq, reason) for seq, reason in self.rows("SELECT seq, reason FROM quarantine ORDER BY pk")]

    def alarms(self) -> dict[str, int]:
        """Return how often each kind of alarm rang."""
        return dict(self.rows("SELECT kind, sum(times) FROM alarm GROUP BY kind"))

    def pictures(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Return everything that is made from events."""
        return (
            self.rows("SELECT * FROM desk_live ORDER BY desk_pk, device_pk"),
            self.rows("SELECT * FROM desk_session ORDER BY epoch_pk, seq"),
        )
