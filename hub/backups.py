"""Chooses the real parts of backups: database, folder, keys, ledgers; and what a restore replays."""

from functools import partial
from pathlib import Path

from hub.backup_file import AgeVault
from hub.backup_ports import BackupRuns, Scratch
from hub.config import HubSettings
from hub.custody import keeping
from hub.domain.backups import BackupFailed, BackupRun, BackupState, Manifest
from hub.domain.errors import StoreUnavailable
from hub.domain.texts import check_reason
from hub.jobs import Job, at, every
from hub.key_file import KeyFile, load_keys
from hub.keys import Keys
from hub.ledger_copies import LedgerCopies
from hub.services.audit import KeepChains
from hub.services.back_up import BackUp, NightlyBackup
from hub.services.restore import Restore, Restored
from hub.storage import schema
from hub.storage.backup_postgres import PostgresDatabases, PostgresScratch
from hub.storage.backup_runs import SqlBackupRuns
from hub.storage.backup_sqlite import SqliteDatabases, SqliteScratch
from hub.storage.chain_log import SqlChainLog
from hub.storage.duties import SqlJobRuns, SqlPurgeLog
from hub.storage.engine import check_there, make_engine
from hub.storage.errors import StorageError
from hub.storage.unit_of_work import UnitFactory
from wire.settings import read_secret_text


def plan(settings: HubSettings, database: UnitFactory) -> tuple[Job, ...]:
    """Return what `jobs` does for backups; nothing when they are off."""
    if not settings.backup.enabled:
        return ()
    key_file = KeyFile(settings.keys.file)

    def begin() -> BackUp | None:
        keys = key_file.load()
        return None if keys is None else back_up(settings, database, keys)

    nightly = NightlyBackup(begin, SqlJobRuns(database.engine))
    return (
        # Each hour: one that failed, for want of room or of a stick, is tried again before the day is over.
        Job("backup", at(minute="10"), run=nightly.run),
        Job("ledger copies", every(15), run=ledger_copies(settings).run),
    )


def back_up(settings: HubSettings, database: UnitFactory, keys: Keys) -> BackUp:
    """Return what makes a backup."""
    engine = database.engine
    return BackUp(
        databases_of(database),
        vault(settings, keys),
        SqlBackupRuns(engine),
        SqlPurgeLog(engine),
        keep_days=settings.backup.keep_days,
    )


def vault(settings: HubSettings, keys: Keys) -> AgeVault:
    """Return the folder of backups."""
    return AgeVault(settings.backup.folder, keys.backup_secret())


def backup_runs(database: UnitFactory) -> BackupRuns:
    """Return what was backed up and restored."""
    return SqlBackupRuns(database.engine)


def ledger_copies(settings: HubSettings) -> LedgerCopies:
    """Return what keeps copies of the ledgers beside the backups."""
    return LedgerCopies([settings.keys.ledger_file], [settings.mail.sent_file], settings.backup.folder)


def restore(settings: HubSettings, file: Path, reason: str, now_us: int) -> Restored:
    """Put a backup in the place of the database.

    Raises:
        BackupFailed: when the hub runs, or the backup can't be used; the database is as it was.
        InvalidSetting: when there is no key file.
        RuleRefused: when the reason is no line of text.
    """
    keys = load_keys(settings.keys.file)
    reason = check_reason(f"restored {file.name}: {check_reason(reason)}")
    password = settings.database_password_file
    engine = make_engine(settings.database_url, None if password is None else read_secret_text(password))

    def replay(scratch: Scratch, manifest: Manifest) -> int:
        assert isinstance(scratch, SqliteScratch | PostgresScratch)
        _make_present(scratch, file.name)
        chains = KeepChains(SqlChainLog(scratch.engine), door_days=settings.retention.door_log_days)
        chains.begin_restore(keys.sign, now_us)
        again = keeping(settings, UnitFactory(scratch.engine)).run(now_us)
        chains.declare_restore(reason, keys.sign, now_us)
        rows = sum(manifest.rows.values())
        run = BackupRun(now_us, BackupState.RESTORED, file.name, 0, rows, "")
        SqlBackupRuns(scratch.engine).note(run)
        return again

    try:
        database = UnitFactory(engine)
        _refuse_running(database, now_us)
        engine.dispose()
        databases = databases_of(database)
        work = Restore(databases, vault(settings, keys), partial(_bring_back, settings, file.parent), replay)
        return work.run(file, now_us)
    finally:
        engine.dispose()


def databases_of(database: UnitFactory) -> SqliteDatabases | PostgresDatabases:
    """Return what copies and replaces a database of its kind."""
    engine = database.engine
    return SqliteDatabases(engine) if engine.dialect.name == "sqlite" else PostgresDatabases(engine)


def _refuse_running(database: UnitFactory, now_us: int) -> None:
    try:
        check_there(database.engine)
        holders = SqlBackupRuns(database.engine).holders(now_us)
    except (StoreUnavailable, StorageError):
        # There is none, or it can't be read: that is why somebody restores.
        return
    if holders:
        raise BackupFailed(
            f"the hub runs ({', '.join(holders)}): stop it first; if it was cut off, wait for 20 s"
        )


def _bring_back(settings: HubSettings, folder: Path) -> int:
    """Bring back what copies know: beside the backup, wherever that is now, and in the folder of the settings."""
    ledgers = [settings.keys.ledger_file], [settings.mail.sent_file]
    try:
        return sum(
            LedgerCopies(*ledgers, one).bring_back()
            for one in {folder.resolve(), settings.backup.folder.resolve()}
        )
    except OSError as error:
        raise BackupFailed(
            f"the ledger of blocked cards and erased persons can't be brought back: {error}; "
            "check keys.ledger_file and backup.folder"
        ) from error


def _make_present(scratch: SqliteScratch | PostgresScratch, name: str) -> None:
    schema.migrate(scratch.engine)
    lacking = schema.missing(scratch.engine)
    if lacking:
        raise BackupFailed(f"{name} lacks what the hub needs: {lacking[0]}")
