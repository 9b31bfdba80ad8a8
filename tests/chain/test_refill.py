"""A hub whose database is replaced by an older backup gets back from its devices what the backup has not (D5)."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.chain.fleet import EVENTS, Fleet, Key
from tests.chain.installation import Hub
from tests.parts.mosquitto import Mosquitto
from tests.parts.waiting import wait_until

DEVICES = 4
EACH = 400
RATE_PER_S = 20
ALL = DEVICES * EACH
IN_BACKUP = ALL // 4
BEFORE_RESTORE = ALL // 2

COUNT = "SELECT count(*) FROM event"
PICTURES = (
    "SELECT desk_pk, device_pk, state, reason, since_us, epoch_ordinal, seq FROM desk_live ORDER BY desk_pk",
    "SELECT epoch_pk, seq, desk_pk, start_us, end_us, continues FROM desk_session ORDER BY epoch_pk, seq",
)


def back_up(file: Path, to: Path) -> None:
    """Copy a database that is in use, as `sqlite3 hub.db .backup` does."""
    source, target = sqlite3.connect(file), sqlite3.connect(to)
    source.backup(target)
    source.close()
    target.close()


def put_in_place(backup: Path, file: Path) -> None:
    """Replace a database that nobody has open; its log belongs to the old one."""
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    backup.replace(file)


def counted(hub: Hub) -> dict[Key, bytes]:
    """Return what the hub has counted; a key can't be there twice."""
    rows = hub.query(EVENTS)
    found = {Key(device, epoch, seq): bytes(payload) for device, epoch, seq, payload in rows}
    assert len(found) == len(rows)
    return found


def last_words(events: dict[Key, bytes]) -> dict[str, str]:
    """Return what was said last of each desk, by the numbers of the events."""
    said: dict[str, str] = {}
    for key in sorted(events):
        event: dict[str, Any] = json.loads(events[key])
        if event["type"] == "desk_state":
            said[event["desk"]] = event["state"]
    return said


@pytest.mark.slow
def test_d5_the_fleet_refills_a_hub_whose_database_was_replaced_by_an_older_backup(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path, mosquitto.url, DEVICES)
    with Hub(tmp_path, mosquitto.url) as hub:
        hub.set_up(fleet.site)
        hub.start("serve")
        fleet.start(f"--rate={RATE_PER_S}", f"--count={EACH}")
        try:
            wait_until(lambda: hub.number(COUNT) >= IN_BACKUP, 60.0, "events for the backup")
            back_up(hub.file, tmp_path / "backup.db")
            wait_until(lambda: hub.number(COUNT) >= BEFORE_RESTORE, 60.0, "events after the backup")

            assert hub.processes["serve"].terminate() == 0
            had = counted(hub)
            put_in_place(tmp_path / "backup.db", hub.file)
            left = counted(hub)
            assert IN_BACKUP <= len(left) < BEFORE_RESTORE <= len(had)
            hub.start("serve")

            wait_until(fleet.has_ended, 90.0, f"the hub to have all {ALL} events again")
        finally:
            fleet.process.terminate()

        spooled = fleet.spooled()
        assert len(spooled) == ALL
        assert had.items() <= spooled.items()
        assert counted(hub) == spooled
        assert hub.query("SELECT upto FROM cursor") == [(EACH,)] * DEVICES
        assert hub.query("SELECT * FROM received_range") == []
        assert hub.query("SELECT * FROM quarantine") == []

        desks = "SELECT desk.id, state FROM desk_live JOIN desk ON desk.pk = desk_live.desk_pk"
        assert dict(hub.query(desks)) == last_words(spooled)
        assert hub.processes["serve"].terminate() == 0
        before = [hub.query(picture) for picture in PICTURES]
        hub.call("rebuild")
        assert [hub.query(picture) for picture in PICTURES] == before
