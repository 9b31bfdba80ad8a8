"""Puts a backup in the place of the hub's database: tried first, and with what must not come back taken out of it."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from hub.backup_ports import Databases, Scratch
from hub.domain.backups import BackupDamaged, Manifest, compare

_log = logging.getLogger(__name__)


class Restored(NamedTuple):
    """What a restore did.

    Args:
        manifest: of the backup.
        aside: where the database before lies now; empty when there was none.
        erased_again: persons who were in the backup and had been erased since.
        ledger_lines: what only the copies of the ledgers knew.
    """

    manifest: Manifest
    aside: str
    erased_again: int
    ledger_lines: int


class BackupReader(Protocol):
    """Reads backups."""

    def read(self, file: Path, scratch: Scratch | None = None) -> Manifest:
        """Read one to its end, into a database or to see that it can be read.

        Raises:
            BackupFailed: when it can't be.
        """
        ...


class Restore:
    """Restores backups.

    Args:
        databases: what is replaced.
        reader: of backups.
        ledgers: brings back what only the copies of the ledgers know; returns how many lines.
        replay: makes the schema that of this version, erases again who was erased since, and signs the restore into
            the log of what is to be put in place; returns how many came back.
    """

    def __init__(
        self,
        databases: Databases,
        reader: BackupReader,
        ledgers: Callable[[], int],
        replay: Callable[[Scratch, Manifest], int],
    ) -> None:
        self._databases, self._reader, self._ledgers, self._replay = databases, reader, ledgers, replay

    def run(self, file: Path, now_us: int) -> Restored:
        """Restore one; until all of it is known to be whole, nothing of the hub changes but its ledgers.

        Raises:
            BackupFailed: when it can't be; the database is as it was.
        """
        # Without a database first: what is damaged, or another hub's, is found before anything is made.
        told = self._reader.read(file)
        if told.kind != self._databases.kind:
            raise BackupDamaged(
                f"{file} is of {told.kind}, and database_url names {self._databases.kind}: restore it there"
            )
        with self._databases.scratch() as scratch:
            manifest = self._reader.read(file, scratch)
            scratch.finish()
            compare(manifest, *scratch.counted())
            lines = self._ledgers()
            again = self._replay(scratch, manifest)
            aside = scratch.put_in_place(now_us)
        _log.warning(
            "backup %s is restored; what there was before lies at %s", file.name, aside or "no place"
        )
        return Restored(manifest, aside, again, lines)
