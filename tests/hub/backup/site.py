"""A hub with its settings, keys and ledgers on files, to be backed up, destroyed and restored."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from hub import backups
from hub.config import BackupSettings, HubSettings, KeySettings, MailSettings
from hub.domain.backups import BackupRun
from hub.key_file import create_keys
from hub.keys import Keys
from hub.services.restore import Restored
from hub.storage.engine import make_engine
from hub.storage.unit_of_work import UnitFactory

NOW_US = 1_795_000_200_000_000
DAY_US = 86_400_000_000


class Site:
    """What an installation has on its disk."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.keys = engine, Keys.new()
        self.settings = HubSettings(
            database_url=engine.url.render_as_string(hide_password=False),
            keys=KeySettings(file=folder / "keys.json", ledger_file=folder / "ledger.jsonl"),
            mail=MailSettings(sent_file=folder / "sent.jsonl"),
            backup=BackupSettings(folder=folder / "stick"),
        )
        create_keys(self.settings.keys.file, self.keys)

    @property
    def folder(self) -> Path:
        return self.settings.backup.folder

    def back_up(self, now_us: int = NOW_US) -> BackupRun:
        return backups.back_up(self.settings, UnitFactory(self.engine), self.keys).run(now_us)

    def copy_ledgers(self) -> int:
        return backups.ledger_copies(self.settings).run()

    def restore(self, file: str | Path, now_us: int = NOW_US + DAY_US) -> Restored:
        return backups.restore(self.settings, self.folder / file, "Platte ersetzt", now_us)

    def destroy(self) -> None:
        """Lose database and ledgers: the disk is gone, the stick with the backups is not."""
        self.engine.dispose()
        if self.engine.dialect.name == "sqlite":
            for file in Path(self.engine.url.database or "").parent.glob("hub.db*"):
                file.unlink()
        else:
            with self.engine.begin() as connection:
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
                connection.exec_driver_sql("CREATE SCHEMA public")
            self.engine.dispose()
        for ledger in (self.settings.keys.ledger_file, self.settings.mail.sent_file):
            ledger.unlink(missing_ok=True)

    @contextmanager
    def anew(self) -> Iterator[Engine]:
        """Give an engine as a hub that starts has it; what a restore put aside on a server is dropped at the end."""
        engine = make_engine(self.settings.database_url)
        try:
            yield engine
        finally:
            self.forget_aside(engine)
            engine.dispose()

    def forget_aside(self, engine: Engine) -> None:
        if engine.dialect.name == "postgresql":
            backups.databases_of(UnitFactory(engine)).forget_replaced(NOW_US * 2)

    def rows(self, sql: str, engine: Engine | None = None) -> list[tuple[object, ...]]:
        with (engine or self.engine).connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]
