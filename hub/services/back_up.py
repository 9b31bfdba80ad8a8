"""Makes a backup, restores it at once into a scratch database to know that it is one, and lets old ones go."""

import logging
from collections.abc import Callable
from typing import Final

from hub.backup_ports import BackupRuns, Databases, Vault
from hub.domain.backups import (
    BackupFailed,
    BackupRun,
    BackupState,
    compare,
    file_name,
    night_of,
    over,
)
from hub.domain.duties import BACKUP_DAYS
from hub.domain.errors import StoreUnavailable
from hub.ports import JobRuns, PurgeLog

_log = logging.getLogger(__name__)

DAY_US: Final = 86_400_000_000


class BackUp:
    """Backs the hub's database up.

    Args:
        databases: what is copied.
        vault: where copies are kept.
        runs: where it is noted how it went.
        purges: where it is noted what went.
        keep_days: how long a backup is kept; then it goes whole.
    """

    def __init__(
        self,
        databases: Databases,
        vault: Vault,
        runs: BackupRuns,
        purges: PurgeLog,
        *,
        keep_days: int = BACKUP_DAYS,
    ) -> None:
        self._databases, self._vault, self._runs, self._purges = databases, vault, runs, purges
        self._keep_days = keep_days

    def run(self, now_us: int) -> BackupRun:
        """Make one, and have those go that are over, whether it works or not.

        Raises:
            BackupFailed: when there is no new one that was restored and compared; the cause is noted and rings.
            StoreUnavailable: when it was made and can't be noted.
        """
        name = file_name(now_us)
        try:
            with self._vault.locked():
                self._expire(now_us)
                done = self._make(name, now_us)
        except Exception as error:
            # Also what nobody thought of: a night without a backup must ring.
            problem = str(error) if isinstance(error, BackupFailed) else f"{type(error).__name__}: {error}"
            self._note_failure(BackupRun(now_us, BackupState.FAILED, name, 0, 0, problem))
            raise
        self._runs.note(done)
        _log.info("backup %s: %d rows, %d bytes, restored and compared", name, done.rows, done.size_bytes)
        return done

    def _note_failure(self, run: BackupRun) -> None:
        try:
            self._runs.note(run)
        except StoreUnavailable as error:
            # A damaged database is the likeliest cause of both: the log is what is left.
            _log.critical("backup failed: %s; it can't be noted: %s", run.problem, error)

    def _make(self, name: str, now_us: int) -> BackupRun:
        try:
            with self._databases.dump(now_us) as dump:
                size_bytes, manifest = self._vault.write(name, dump), dump.manifest
            # The copy that it was made of is gone: what is read is what stands on the disk.
            with self._databases.scratch() as scratch:
                told = self._vault.read_new(name, scratch)
                scratch.finish()
                compare(manifest, *scratch.counted())
                compare(told, *scratch.counted())
        except BaseException:
            self._vault.delete(name)
            raise
        self._vault.keep(name)
        rows = sum(manifest.rows.values())
        return BackupRun(now_us, BackupState.VERIFIED, name, size_bytes, rows, "")

    def _expire(self, now_us: int) -> None:
        gone = over(self._vault.names(), now_us, self._keep_days)
        for name in gone:
            self._vault.delete(name)
        replaced = self._databases.forget_replaced(max(now_us - self._keep_days * DAY_US, 0))
        if gone or replaced:
            self._purges.add(night_of(now_us), {"backups": len(gone) + replaced})
            _log.info("%d backups were over and are deleted", len(gone) + replaced)


class NightlyBackup:
    """Makes a backup once each night, however often its process begins; one that failed is tried again.

    Args:
        begin: returns what makes it, or None while it can't be encrypted: there are no keys yet.
        runs: which nights are done.
    """

    def __init__(self, begin: Callable[[], BackUp | None], runs: JobRuns) -> None:
        self._begin, self._runs = begin, runs
        self._told = False

    def run(self, now_us: int) -> BackupRun | None:
        """Make the backup of the last night unless there is one.

        Raises:
            BackupFailed: when it failed; the night stays undone.
            StoreUnavailable: when the database can't now; the night stays undone.
        """
        night = night_of(now_us)
        if self._runs.is_done("backup", night):
            return None
        back_up = self._begin()
        if back_up is None:
            if not self._told:
                _log.warning("no backups are made: there is no key file (`ankerort-hub keys init`)")
            self._told = True
            return None
        done = back_up.run(now_us)
        self._runs.note_done("backup", night, now_us)
        return done
