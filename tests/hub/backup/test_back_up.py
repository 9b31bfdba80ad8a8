"""Backups are tried at once, count only when they hold, and go whole when they are over."""

import os
import resource
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub import backups
from hub.backup_file import AgeVault
from hub.domain.backups import BackupDamaged, BackupFailed, BackupState
from hub.keys import Keys
from hub.services.back_up import NightlyBackup
from hub.storage import backup_sqlite
from hub.storage.backup_runs import SqlBackupRuns
from hub.storage.duties import SqlJobRuns, SqlPurgeLog
from hub.storage.unit_of_work import UnitFactory
from tests.hub.backup.site import DAY_US, NOW_US, Site
from tests.hub.storage.rows import fill

ALARMS = "SELECT kind FROM alarm"


def files(site: Site) -> list[str]:
    return sorted(file.name for file in site.folder.iterdir() if file.name != ".lock")


def test_a_backup_has_every_row_of_every_table_and_tells_nobody(site: Site) -> None:
    fill(site.engine)
    done = site.back_up()
    assert done.state is BackupState.VERIFIED
    assert files(site) == [done.file] == ["ankerort-20261118T111000Z.age"]
    data = (site.folder / done.file).read_bytes()
    assert data.startswith(b"age-encryption.org/v1\n")
    assert b"Clubheim" not in data
    assert (site.folder / done.file).stat().st_mode & 0o777 == 0o600
    told = backups.vault(site.settings, site.keys).read(site.folder / done.file).rows
    assert min(told.values()) > 0, "a row of every table"
    left = site.settings.keys.file.parent
    assert list(left.glob(".ankerort-scratch-*")) == [], "no copy that is not encrypted stays"


def test_writers_go_on_while_a_backup_is_made(sqlite_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site, wrote = sqlite_site, threading.Event()
    copy = backup_sqlite._copy

    def slow_copy(file: Path, to: Path) -> None:
        with closing(sqlite3.connect(file)) as writer:
            copy(file, to)
            writer.execute("INSERT INTO job_run VALUES ('a', 'b', 1)")
            writer.commit()
            wrote.set()

    monkeypatch.setattr(backup_sqlite, "_copy", slow_copy)
    assert site.back_up().state is BackupState.VERIFIED
    assert wrote.is_set()


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 100)


def lengthen(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b"0" * 40)


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [flip, cut, lengthen, empty])
def test_a_backup_damaged_on_its_way_to_the_disk_rings_the_day_it_is_made(
    sqlite_site: Site, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    site, write = sqlite_site, AgeVault.write

    def damaging(self: AgeVault, *arguments: object) -> int:
        size = write(self, *arguments)  # type: ignore[arg-type]  # handed on
        damage(next(site.folder.glob("*.part")))
        return size

    with monkeypatch.context() as patch:
        patch.setattr(AgeVault, "write", damaging)
        with pytest.raises(BackupDamaged):
            site.back_up()
    assert files(site) == [], "it does not count"
    (run,) = SqlBackupRuns(site.engine).latest(9)
    assert run.state is BackupState.FAILED
    assert run.problem
    assert site.rows(ALARMS) == [("backup_failed",)]

    site.back_up(NOW_US + 1_000_000)
    assert site.rows(ALARMS) == [], "the next one that holds ends the alarm"


def spoil(site: Site, name: str) -> None:
    """Write nonsense over the first page of a table or index."""
    (root,) = site.rows(f"SELECT rootpage FROM sqlite_master WHERE name = '{name}'")[0]
    assert isinstance(root, int)
    site.engine.dispose()
    file = Path(site.engine.url.database or "")
    data = bytearray(file.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    data[(root - 1) * size : root * size] = data[:size]
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("spoiled", "is_noted"),
    [("desk_live", True), ("ix_desk_session_desk_pk_start_us", True), ("backup_run", False)],
)
def test_a_damaged_database_makes_no_backup_that_counts(
    sqlite_site: Site, caplog: pytest.LogCaptureFixture, spoiled: str, *, is_noted: bool
) -> None:
    site = sqlite_site
    fill(site.engine)
    spoil(site, spoiled)
    with pytest.raises(BackupFailed, match="not whole|read"):
        site.back_up()
    assert files(site) == []
    critical = [one.getMessage() for one in caplog.records if one.levelname == "CRITICAL"]
    if is_noted:
        assert ("backup_failed",) in site.rows(ALARMS)
    else:
        assert "it can't be noted" in critical[0]


def test_an_index_that_lacks_a_row_is_found(sqlite_site: Site) -> None:
    """What SQLite would answer from the index is another thing than what the table has."""
    site = sqlite_site
    fill(site.engine)
    site.engine.dispose()
    with closing(sqlite3.connect(Path(site.engine.url.database or ""))) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_master WHERE name = 'ix_backup_run_at_us'")
        connection.execute("UPDATE backup_run SET at_us = at_us")
        connection.commit()
    with pytest.raises(BackupFailed, match="not whole"):
        site.back_up()


def test_a_stick_that_is_not_there_is_named_with_the_remedy(sqlite_site: Site) -> None:
    site = sqlite_site
    site.folder.write_text("a file where the folder should be")
    with pytest.raises(
        BackupFailed, match=r"backup\.folder .* can't be used: .*; is the disk or stick mounted"
    ):
        site.back_up()
    assert site.rows(ALARMS) == [("backup_failed",)]


@pytest.mark.parametrize("where", ["the copy", "the stick"])
def test_a_full_disk_leaves_nothing_half_written(
    sqlite_site: Site, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    site = sqlite_site
    owner, name = (backup_sqlite, "_copy") if where == "the copy" else (AgeVault, "write")
    work = getattr(owner, name)

    def in_little_room(*arguments: object) -> object:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
        try:
            return work(*arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    monkeypatch.setattr(owner, name, in_little_room)
    with pytest.raises(BackupFailed, match="is the disk full"):
        site.back_up()
    assert files(site) == []
    assert list(site.settings.keys.file.parent.glob(".ankerort-scratch-*")) == []
    assert site.rows(ALARMS) == [("backup_failed",)]


def test_two_at_once_do_not_get_into_each_others_way(sqlite_site: Site) -> None:
    site = sqlite_site
    with (
        backups.vault(site.settings, site.keys).locked(),
        pytest.raises(BackupFailed, match="another backup is being made"),
    ):
        site.back_up()


@pytest.mark.parametrize(
    ("age_us", "stays"),
    [(14 * DAY_US - 1_000_000, True), (14 * DAY_US, True), (14 * DAY_US + 1_000_000, False)],
)
def test_a_backup_goes_whole_after_14_days_also_when_the_next_one_fails(
    sqlite_site: Site, monkeypatch: pytest.MonkeyPatch, age_us: int, *, stays: bool
) -> None:
    site = sqlite_site
    old = site.back_up().file
    beside = site.settings.keys.file.parent / "hub.db.replaced-20261118T111000Z"
    beside.write_bytes(b"what a restore put aside")
    (site.folder / "notes.txt").write_text("not ours")

    def broken(*_: object) -> int:
        raise BackupFailed("no room")

    monkeypatch.setattr(AgeVault, "write", broken)
    with pytest.raises(BackupFailed, match="no room"):
        site.back_up(NOW_US + age_us)
    assert (old in files(site)) == beside.exists() == stays
    assert "notes.txt" in files(site)
    gone = [] if stays else [("2026-12-02", {"backups": 2})]
    assert SqlPurgeLog(site.engine).nights(9) == gone


def test_what_an_interrupted_backup_left_is_deleted(site: Site) -> None:
    if site.engine.dialect.name == "sqlite":
        left = site.settings.keys.file.parent / ".ankerort-scratch-abc"
        left.mkdir()
        (left / "copy.db").write_bytes(b"not encrypted")
        site.back_up()
        assert not left.exists()
        return
    name = f"{site.engine.url.database}_scratch_00000000"
    with site.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    site.back_up()
    assert (name,) not in site.rows("SELECT datname FROM pg_database")


# -- each night
# -------------------------------------------------------------------------------------------------------------


def nightly(site: Site) -> NightlyBackup:
    made = backups.back_up(site.settings, UnitFactory(site.engine), site.keys)
    return NightlyBackup(lambda: made, SqlJobRuns(site.engine))


def test_each_night_has_one_backup_and_a_failed_one_is_tried_again(
    sqlite_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, job = sqlite_site, nightly(sqlite_site)
    with monkeypatch.context() as patch:
        patch.setattr(AgeVault, "keep", lambda *_: (_ for _ in ()).throw(BackupFailed("no room")))
        with pytest.raises(BackupFailed):
            job.run(NOW_US)
    assert job.run(NOW_US + 3_600_000_000) is not None, "an hour later"
    assert job.run(NOW_US + 7_200_000_000) is None
    assert nightly(site).run(NOW_US + 10_800_000_000) is None, "nor after a restart"
    assert job.run(NOW_US + DAY_US) is not None


def test_without_keys_it_is_said_once_and_nothing_is_written(
    sqlite_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site = sqlite_site
    site.settings.keys.file.unlink()
    (job, _) = backups.plan(site.settings, UnitFactory(site.engine))
    assert job.run is not None
    assert [job.run(NOW_US), job.run(NOW_US)] == [None, None]
    assert len([one for one in caplog.messages if "no backups are made" in one]) == 1
    assert not site.folder.exists()


def test_rotated_card_keys_open_older_backups_and_strangers_keys_do_not(sqlite_site: Site) -> None:
    site = sqlite_site
    file = site.folder / site.back_up().file
    rotated = AgeVault(site.folder, site.keys.rotated().backup_secret())
    assert rotated.read(file).kind == "sqlite"
    with pytest.raises(BackupDamaged, match=r"no backup of a hub with these keys"):
        AgeVault(site.folder, Keys.new().backup_secret()).read(file)
