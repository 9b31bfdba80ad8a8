"""What a backup says of itself, what it is called, and when it is over."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from hub.domain.duties import BACKUP_DAYS
from hub.domain.errors import DomainError
from hub.domain.time import to_us, to_utc

DAY_US: Final = 86_400_000_000

NIGHT_BEGINS_US: Final = 70 * 60_000_000
"""Of UTC: 01:10. Before it, a backup is still that of the night before."""

OLD_US: Final = 30 * 3_600_000_000
"""The newest backup is that old when a night was missed and the hours that a hub may be off have passed."""

_STAMP: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(r"ankerort-(\d{8}T\d{6}Z)\.age")


class BackupFailed(DomainError):
    """A backup could not be made, or what was made is damaged; the text names the cause and the remedy."""


class BackupDamaged(BackupFailed):
    """A file is no backup of this hub, or not what was written."""


class BackupState(StrEnum):
    """How making one, or putting one back, went."""

    VERIFIED = "verified"
    FAILED = "failed"
    RESTORED = "restored"


class BackupRun(NamedTuple):
    """One backup that was tried, or put back.

    Args:
        at_us: when.
        file: its name, without a folder.
        size_bytes: of the encrypted file; 0 when there is none.
        rows: in all tables.
        problem: why it failed; empty when it did not.
    """

    at_us: int
    state: BackupState
    file: str
    size_bytes: int
    rows: int
    problem: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands at the head of a backup, to compare what comes out of it.

    Args:
        kind: of the database: "sqlite" or "postgresql".
        revision: of its schema.
        made_us: when.
        rows: table to how many rows it had in that moment.
    """

    kind: str
    revision: str
    made_us: int
    rows: Mapping[str, int]


def file_name(made_us: int) -> str:
    """Return what a backup of a moment is called; the name says its age, whoever copied the file."""
    return f"ankerort-{stamp(made_us)}.age"


def stamp(at_us: int) -> str:
    """Return a moment as it stands in names of files and databases."""
    return to_utc(at_us).strftime(_STAMP)


def made_us(name: str) -> int | None:
    """Return when the backup of a name was made; None when the name is not of a backup."""
    found = _NAME.fullmatch(name)
    return None if found is None else read_stamp(found[1])


def read_stamp(text: str) -> int | None:
    """Return the moment that a stamp says, or None."""
    try:
        return to_us(datetime.strptime(text, _STAMP).replace(tzinfo=UTC))
    except ValueError:
        return None


def over(names: Iterable[str], now_us: int, keep_days: int = BACKUP_DAYS) -> list[str]:
    """Return which backups are over: whole, however few are left (DESIGN section 8)."""
    before_us = now_us - keep_days * DAY_US
    return sorted(name for name in names if (at := made_us(name)) is not None and at < before_us)


def night_of(now_us: int) -> str:
    """Return the night whose backup is due: the last one that has begun."""
    return to_utc(max(now_us - NIGHT_BEGINS_US, 0)).date().isoformat()


def compare(manifest: Manifest, revision: str | None, rows: Mapping[str, int]) -> None:
    """Check that a restored database is the one that was backed up.

    Raises:
        BackupDamaged: when its revision, its tables or their numbers of rows are others; the text names the first.
    """
    if revision != manifest.revision:
        raise BackupDamaged(f"it is at revision {revision}, and {manifest.revision} was backed up")
    for table in sorted({*manifest.rows, *rows}):
        was, now = manifest.rows.get(table), rows.get(table)
        if was != now:
            raise BackupDamaged(f"table {table} has {_told(now)}, and {_told(was)} were backed up")


def _told(amount: int | None) -> str:
    return "no place" if amount is None else f"{amount} rows"
