"""What happens when the spool's disk or file fails: the door goes on, and nothing readable is given up (D1)."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from device.errors import SpoolDead, SpoolInUse
from device.journal import GROUP_US, MEMORY_EVENTS, Journal
from device.spool import Spool
from device.spool_file import KEPT_ASIDE, MEMORY
from device.spool_records import Limits
from tests.device.conftest import OpenSpool
from tests.device.entries import BOOT, OWNER, access, held, presence, rows


def fill_and_close(path: Path, count: int, mark: int = 0) -> str:
    """Make a spool with this many events; return its epoch."""
    spool = Spool(path, owner=OWNER, boot=BOOT)
    spool.append([access(n) for n in range(1, count + 1)])
    spool.set_mark(mark)
    spool.save()
    spool.close()
    return spool.state.epoch


def damage(path: Path, page: int) -> None:
    """Overwrite one page of 4 KiB of a database."""
    with path.open("r+b") as file:
        file.seek(page * 4096)
        file.write(os.urandom(4096))


def test_a_file_that_is_no_database_is_set_aside_and_a_new_epoch_begins(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "spool.db"
    # What a power cut leaves of a file on a bad card.
    path.write_bytes(b"\0" * 20_000)
    spool = Spool(path, owner=OWNER, boot=BOOT)
    assert spool.append([access(1)]) == range(1, 2)
    spool.close()
    assert (tmp_path / "spool.db.broken.1").read_bytes() == b"\0" * 20_000
    assert "moved to" in caplog.text
    assert "began a new spool with a new epoch" in caplog.text


def test_numbers_that_nobody_can_have_given_are_damage_and_do_not_run_out(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    epoch = fill_and_close(path, 3)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(f"UPDATE state SET highest = {2**63 - 2}")
    spool = Spool(path, owner=OWNER, boot=BOOT)
    assert spool.state.epoch != epoch
    assert spool.append([access(4)]) == range(4, 5), "the three events were saved"
    spool.close()


def test_what_a_damaged_spool_still_gives_above_the_mark_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    epoch = fill_and_close(path, 1_000, mark=100)
    pages = path.stat().st_size // 4096
    damage(path, pages // 2)
    spool = Spool(path, owner=OWNER, boot=BOOT)
    saved = list(held(spool).values())
    spool.close()
    assert spool.state.epoch != epoch
    assert min(saved) > 100, "what the hub has is not sent again under another key"
    assert saved == sorted(set(saved)), "each once, in order"
    assert 900 > len(saved) > 700, "all but the damaged page and its neighbours"


def test_a_damaged_first_page_loses_the_spool_but_not_the_door(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    epoch = fill_and_close(path, 100)
    damage(path, 0)
    spool = Spool(path, owner=OWNER, boot=BOOT)
    assert spool.state.epoch != epoch
    assert spool.append([access(1)])
    spool.close()


def test_the_log_of_a_damaged_spool_is_moved_and_read_with_it(tmp_path: Path) -> None:
    # A copy of a running spool's file and log is what a power cut leaves.
    live = Spool(tmp_path / "live.db", owner=OWNER, boot=BOOT)
    live.append([access(n) for n in range(1, 1_001)])
    live._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    live.append([access(n) for n in range(1_001, 1_011)])
    path = tmp_path / "spool.db"
    shutil.copyfile(tmp_path / "live.db", path)
    shutil.copyfile(tmp_path / "live.db-wal", f"{path}-wal")
    live.close()
    damage(path, path.stat().st_size // 4096 // 2)
    spool = Spool(path, owner=OWNER, boot=BOOT)
    saved = list(held(spool).values())
    spool.close()
    assert set(range(1_001, 1_011)) <= set(saved), "the newest were only in the log"


def test_a_database_of_something_else_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE shopping (item TEXT)")
    spool = Spool(path, owner=OWNER, boot=BOOT)
    spool.close()
    assert (tmp_path / "spool.db.broken.1").exists()


def test_a_spool_of_a_newer_version_is_set_aside_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "spool.db"
    fill_and_close(path, 10)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    spool = Spool(path, owner=OWNER, boot=BOOT)
    spool.close()
    assert "newer version of the agent (schema 99)" in caplog.text
    with closing(sqlite3.connect(tmp_path / "spool.db.broken.1")) as aside:
        assert aside.execute("SELECT count(*) FROM event").fetchone() == (10,)


def test_only_the_newest_damaged_files_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    for number in range(1, 6):
        path.write_bytes(b"%d" % number * 5_000)
        Spool(path, owner=OWNER, boot=BOOT).close()
    left = sorted(found.name for found in tmp_path.glob("spool.db.broken.*"))
    assert left == [f"spool.db.broken.{n}" for n in range(6 - KEPT_ASIDE, 6)]


def test_d1_without_a_disk_the_journal_keeps_in_memory_with_an_epoch_of_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # A file where a folder should be: nobody, not even root, can make a spool below it.
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "spool.db", owner=OWNER, boot=BOOT)
    assert not journal.is_durable
    journal.record([access(1)], 0, urgent=True)
    assert journal.state.highest == 1
    assert "replace the disk or SD card" in caplog.text
    journal.close()


def test_d1_memory_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "spool.db", owner=OWNER, boot=BOOT)
    for start in range(1, 30_001, 1_000):
        journal.record([presence(n) for n in range(start, start + 1_000)], 0, urgent=True)
    assert len(rows(journal._spool)) <= MEMORY_EVENTS
    assert journal.state.highest == 30_000
    journal.close()


def test_a_spool_in_use_is_no_dead_disk(open_spool: OpenSpool, tmp_path: Path) -> None:
    open_spool()
    with pytest.raises(SpoolInUse):
        Journal(tmp_path / "spool.db", owner=OWNER, boot=BOOT)


DYING_DISK = """
import json, resource, signal, sys
from device.journal import Journal
from tests.device.entries import BOOT, OWNER, access, held, presence
journal = Journal(sys.argv[1], owner=OWNER, boot=BOOT)
journal.record([access(n) for n in range(1, 11)], 0, urgent=True)
disk_epoch = journal.state.epoch
# From here on every write beyond 4 KiB fails, as on a card that has died.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
journal.record([presence(11)], 0, urgent=False)
journal.record([access(12)], 0, urgent=True)
answer = {
    "durable": journal.is_durable, "new_epoch": journal.state.epoch != disk_epoch, "disk_epoch": disk_epoch,
    "held": sorted(held(journal._spool).values()),
}
journal.record([access(13)], 0, urgent=True)
answer["goes_on"] = journal.state.highest
journal.close()
print(json.dumps(answer))
"""


def test_d1_a_disk_that_dies_loses_no_event_and_its_rows_come_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    done = subprocess.run(
        [sys.executable, "-c", DYING_DISK, path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["durable"] is False
    assert answer["new_epoch"] is True
    assert answer["held"] == [11, 12], "the presence that waited and the tap that failed"
    assert answer["goes_on"] == 3
    journal = Journal(path, owner=OWNER, boot=BOOT)
    assert journal.is_durable
    assert journal.state.epoch == answer["disk_epoch"]
    assert held(journal._spool) == {n: n for n in range(1, 11)}
    journal.close()


def test_d1_a_disk_that_cannot_be_read_any_more_ends_in_memory_too(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "spool.db", owner=OWNER, boot=BOOT)
    # More than SQLite keeps in its own memory.
    journal.record([access(n) for n in range(1, 10_001)], 0, urgent=True)
    assert journal.take_batch(1) is not None
    epoch = journal.state.epoch
    journal._spool._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    # The file vanishes under the open connection, as with a card that is pulled.
    with (tmp_path / "spool.db").open("r+b") as file:
        file.truncate(4096)
    assert journal.take_batch(5_000) is None
    assert not journal.is_durable
    assert journal.state.epoch != epoch
    journal.record([access(1)], 0, urgent=True)
    assert journal.state.highest == 1
    journal.close()


def test_memory_that_fails_is_not_hidden(tmp_path: Path) -> None:
    spool = Spool(MEMORY, owner=OWNER, boot=BOOT)
    spool.close()
    with pytest.raises(SpoolDead):
        spool.append([access(1)])


def test_d1_presence_waits_at_most_a_second_for_its_commit(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "spool.db", owner=OWNER, boot=BOOT)
    journal.record([presence(1)], 5_000, urgent=False)
    assert journal.state.highest == 1, "after a quiet time nothing waits"
    journal.record([presence(2)], 700_000, urgent=False)
    journal.record([presence(3)], 900_000, urgent=False)
    assert journal.state.highest == 1
    assert journal.depth() == 3
    assert journal.deadline_us == 5_000 + GROUP_US, "counted from the last commit"
    journal.flush()
    assert journal.state.highest == 3
    journal.record([presence(4)], 5_000 + 2 * GROUP_US - 1, urgent=False)
    assert journal.state.highest == 3, "a group that is due begins the next second"
    journal.record([presence(5)], 5_000 + 2 * GROUP_US, urgent=False)
    assert journal.state.highest == 5
    journal.close()


def test_nothing_that_waits_has_no_deadline(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "spool.db", owner=OWNER, boot=BOOT)
    journal.record([access(1)], 0, urgent=True)
    assert journal.deadline_us is None
    journal.close()


def test_d1_an_urgent_event_takes_the_waiting_presence_with_it_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "spool.db", owner=OWNER, boot=BOOT)
    journal.record([presence(1)], 0, urgent=False)
    statements: list[str] = []
    journal._spool._db.set_trace_callback(statements.append)
    journal.record([access(2)], 10, urgent=True)
    assert statements.count("COMMIT") == 1
    assert held(journal._spool) == {1: 1, 2: 2}
    journal.close()


def test_closing_commits_what_waits(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "spool.db", owner=OWNER, boot=BOOT, limits=Limits())
    journal.record([presence(1)], 0, urgent=False)
    journal.close()
    again = Journal(tmp_path / "spool.db", owner=OWNER, boot=BOOT)
    assert again.state.highest == 1
    again.close()


def test_d10_a_disk_that_dies_over_a_new_epoch_leaves_the_old_one_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    journal = Journal(path, owner=OWNER, boot=BOOT)
    journal.record([access(n) for n in range(1, 10_001)], 0, urgent=True)
    journal._spool._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192])
    assert journal.begin_epoch(20_000) == 0
    assert not journal.is_durable
    journal.close()
    path.write_bytes(whole)
    again = Journal(path, owner=OWNER, boot=BOOT)
    assert held(again._spool) == {n: n for n in range(1, 10_001)}
    again.close()


def test_d1_a_mark_for_the_dead_disks_numbers_acknowledges_nothing_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    journal = Journal(path, owner=OWNER, boot=BOOT)
    journal.record([access(n) for n in range(1, 10_001)], 0, urgent=True)
    on_disk = journal.state.epoch
    journal._spool._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with path.open("r+b") as file:
        file.truncate(8192)
    assert journal.take_batch(5_000) is None
    journal.record([access(1)], 0, urgent=True)
    # Still on the queue when the disk died.
    journal.set_mark(on_disk, 9_000)
    assert journal.state.mark == 0
    assert journal.depth() == 1
    journal.close()


def test_a_new_spool_file_is_its_owners_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", owner=OWNER, boot=BOOT)
    spool.append([access(1)])
    modes = {(tmp_path / name).stat().st_mode & 0o777 for name in ("spool.db", "spool.db-wal")}
    spool.close()
    assert modes == {0o600}
