"""What was backed up and restored, in SQL (`hub.backup_ports.BackupRuns`)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine, delete, func, insert, select

from hub.domain.backups import BackupRun, BackupState
from hub.domain.events import Alarm, AlarmKind
from hub.storage.availability import unavailable_when_down
from hub.storage.backup_tables import BackupRunRow
from hub.storage.engine import reading
from hub.storage.event_tables import AlarmRow, LeaseRow
from hub.storage.refusals import note_alarms

KEPT_US: Final = 400 * 86_400_000_000
"""So long it can be shown that backups were made and tried."""

SUBJECT: Final = "backup"


class SqlBackupRuns:
    """What was backed up and restored.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def note(self, run: BackupRun) -> None:
        """Note one; one that failed rings, one that is verified ends that."""
        values = {**run._asdict(), "amount": run.rows}
        del values["rows"]
        with unavailable_when_down(), self._engine.begin() as connection:
            connection.execute(delete(BackupRunRow).where(BackupRunRow.at_us < max(run.at_us - KEPT_US, 0)))
            connection.execute(insert(BackupRunRow), values)
            if run.state is BackupState.FAILED:
                note_alarms(connection, [Alarm(AlarmKind.BACKUP_FAILED, SUBJECT, run.problem)], run.at_us)
            elif run.state is BackupState.VERIFIED:
                connection.execute(delete(AlarmRow).where(AlarmRow.kind == AlarmKind.BACKUP_FAILED))

    def latest(self, limit: int) -> Sequence[BackupRun]:
        """Return the last ones, newest first."""
        query = select(
            BackupRunRow.at_us, BackupRunRow.state, BackupRunRow.file, BackupRunRow.size_bytes, BackupRunRow.amount,
            BackupRunRow.problem,
        ).order_by(BackupRunRow.at_us.desc(), BackupRunRow.pk.desc()).limit(limit)  # fmt: skip
        with unavailable_when_down(), self._reading.connect() as connection:
            return [BackupRun(*row) for row in connection.execute(query)]

    def newest_verified_us(self) -> int | None:
        """Return when the newest backup was made that was restored and compared; None without one."""
        query = select(func.max(BackupRunRow.at_us)).where(BackupRunRow.state == BackupState.VERIFIED)
        with unavailable_when_down(), self._reading.connect() as connection:
            return connection.execute(query).scalar()

    def holders(self, now_us: int) -> Sequence[str]:
        """Return which works of the hub are held by a process now."""
        query = select(LeaseRow.name).where(LeaseRow.until_us > now_us).order_by(LeaseRow.name)
        with unavailable_when_down(), self._reading.connect() as connection:
            return list(connection.execute(query).scalars())
