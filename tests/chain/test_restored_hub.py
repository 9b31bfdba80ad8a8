"""A hub whose disk is lost and that is restored from its backup: its next list is taken, its blocks are not lost."""

import subprocess
from pathlib import Path

import pytest

from tests.chain.doorway import Doorway, new_uid, running
from tests.chain.installation import SCRIPTS, environment
from tests.parts.mosquitto import Mosquitto
from tests.parts.pcscd import Pcscd
from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts.waiting import wait_until

LISTS = "SELECT version, applied FROM access_state"


def verify(doorway: Doorway) -> tuple[int, str]:
    """Verify the log; return exit code and words."""
    done = subprocess.run(
        [str(SCRIPTS / "ankerort-hub"), "audit", "verify"],
        env=environment(**doorway.hub.variables),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_block_outlives_the_loss_of_the_disk_and_the_restore_of_a_backup(
    mosquitto: Mosquitto, pcscd: Pcscd, tmp_path: Path
) -> None:
    with running(Doorway(tmp_path, mosquitto.url, pcscd)) as doorway:
        lost, other = VirtualDesfire(new_uid()), VirtualDesfire(new_uid())
        number = doorway.enrol(lost, doorway.add_member("Jo"), "Karte 1")
        doorway.enrol(other, doorway.add_member("Kim"), "Karte 2")
        doorway.wait_until_applied()

        # While the hub runs, as `jobs` does each night.
        doorway.hub.call("backup")
        backup = max((tmp_path / "backups").glob("*.age"))
        doorway.hub.call("card", "block", str(number), "--reason", "verloren")
        doorway.wait_until_applied()
        ((before, _),) = doorway.hub.query(LISTS)

        # The head of the log that tells of the block goes to the Pi with the list after it.
        doorway.hub.call("member", "add", "werkstatt", "Mo", "--hours", "always")
        doorway.wait_until_applied()

        copy = tmp_path / "backups/ledger.jsonl.copy"
        wait_until(
            lambda: copy.exists() and b'"blocked"' in copy.read_bytes(), 40.0, "the ledger to be copied"
        )
        doorway.hub.processes["serve"].terminate()
        for file in (*tmp_path.glob("hub.db*"), tmp_path / "ledger.jsonl"):
            file.unlink()
        doorway.hub.call("restore", backup, "--reason", "Platte ersetzt")
        doorway.hub.start("serve")
        wait_until(
            lambda: doorway.hub.query(LISTS)[0][1] > before, 40.0, "the Pi to take a list of the restored hub"
        )
        assert doorway.count("card", "state = 'blocked'") == 1
        assert doorway.tap(doorway.put(lost)) == (False, "blocked")
        assert doorway.tap(doorway.put(other)) == (True, "granted")

        # The Pi remembers entries of the log that are lost; the restore was signed, so nobody is alarmed by that.
        assert verify(doorway) == (0, verify(doorway)[1])
        assert "log_differs" not in doorway.hub.call("alarms")
