"""What backups need of databases, files and the log of what was done."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from hub.domain.backups import BackupRun, Manifest


class Dump(Protocol):
    """A consistent copy of the database at one moment, as bytes.

    Attributes:
        manifest: what is in it.
    """

    manifest: Manifest

    def read(self, size: int) -> bytes:
        """Return at most so many bytes, none at the end.

        Raises:
            BackupFailed: when the rest can't be had.
        """
        ...


class Scratch(Protocol):
    """A database beside the hub's, which a dump is written into; gone at the end unless it was put in place."""

    def write(self, data: bytes) -> None:
        """Take the next bytes of a dump.

        Raises:
            BackupDamaged: when they make no database.
            BackupFailed: when they find no room.
        """
        ...

    def finish(self) -> None:
        """End writing, and look through all of it.

        Raises:
            BackupDamaged: when pages, keys or references are not whole.
        """
        ...

    def counted(self) -> tuple[str | None, Mapping[str, int]]:
        """Return the revision of its schema, and how many rows each table has."""
        ...

    def put_in_place(self, now_us: int) -> str:
        """Have it take the place of the hub's database; return where that one is now, or nothing when there was none.

        Raises:
            BackupFailed: when the hub still uses it; nothing has changed then.
        """
        ...


class Databases(Protocol):
    """The hub's database, to be copied and replaced.

    Attributes:
        kind: "sqlite" or "postgresql": a dump of one can't be written into the other.
    """

    kind: str

    def dump(self, now_us: int) -> AbstractContextManager[Dump]:
        """Give a copy of what is committed now; writers go on meanwhile.

        Raises:
            BackupFailed: when that can't be.
        """
        ...

    def scratch(self) -> AbstractContextManager[Scratch]:
        """Give an empty database.

        Raises:
            BackupFailed: when there can be none.
        """
        ...

    def forget_replaced(self, before_us: int) -> int:
        """Delete what a restore put aside before a moment, and what an interrupted backup left; return how many."""
        ...


class Vault(Protocol):
    """The folder of encrypted backups."""

    def locked(self) -> AbstractContextManager[None]:
        """Let nobody else make one meanwhile.

        Raises:
            BackupFailed: when somebody does, or the folder can't be used.
        """
        ...

    def names(self) -> Sequence[str]:
        """Return the names of the files in it."""
        ...

    def write(self, name: str, dump: Dump) -> int:
        """Write one, durably, as one that does not count yet; return its size in bytes.

        Raises:
            BackupFailed: when it can't be written; nothing stays of it.
        """
        ...

    def read_new(self, name: str, scratch: Scratch) -> Manifest:
        """Read what `write` wrote, from the disk, into a database.

        Raises:
            BackupDamaged: when it is not what was written.
        """
        ...

    def keep(self, name: str) -> None:
        """Have what `write` wrote count."""
        ...

    def delete(self, name: str) -> None:
        """Delete one, whether it counts or not; one that is not there is no error."""
        ...


class BackupRuns(Protocol):
    """What was backed up and restored; every method raises `StoreUnavailable` when the database can't now."""

    def note(self, run: BackupRun) -> None:
        """Note one; one that failed rings, one that is verified ends that."""
        ...

    def latest(self, limit: int) -> Sequence[BackupRun]:
        """Return the last ones, newest first."""
        ...

    def newest_verified_us(self) -> int | None:
        """Return when the newest backup was made that was restored and compared; None without one."""
        ...

    def holders(self, now_us: int) -> Sequence[str]:
        """Return which works of the hub are held by a process now."""
        ...
