"""Gives the hub's user what root's commands made in its folders.

Some commands read what root alone may: the hub's keys, the authority. What they leave behind in the database's folder,
a restored database or a copy of a ledger, must be the hub's, or it could not write there any more.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from hub.config import HubSettings


def give_back(settings: HubSettings) -> list[Path]:
    """Give each file and folder of root's in a folder of the hub's to the owner of the folder; return them.

    Args:
        settings: name the folders. What is not there, or root's itself, stays as it is.
    """
    if os.geteuid() != 0:
        return []
    return [path for folder in _folders(settings) for path in _give_back(folder, settings.backup.folder)]


def _folders(settings: HubSettings) -> Iterable[Path]:
    kind, _, file = settings.database_url.partition(":///")
    database = [Path(file).parent] if kind.startswith("sqlite") and file else []
    found = [
        *database,
        settings.keys.file.parent,
        settings.keys.ledger_file.parent,
        settings.mail.sent_file.parent,
    ]
    # Last, as it may lie in one of the others, and be given back with it.
    return dict.fromkeys([*found, settings.backup.folder])


def _give_back(folder: Path, backups: Path) -> Iterable[Path]:
    try:
        owner = folder.stat()
        paths = sorted(folder.iterdir()) if owner.st_uid != 0 else []
    except OSError:
        return
    for path in paths:
        try:
            # Not by its name: whose folder it is may exchange what the name means at any moment.
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            found = os.fstat(handle)
            # A second name of a file may be anything of root's, and other folders are nobody's business here.
            is_file = stat.S_ISREG(found.st_mode) and found.st_nlink == 1
            if found.st_uid == 0 and (is_file or (stat.S_ISDIR(found.st_mode) and path == backups)):
                os.fchown(handle, owner.st_uid, owner.st_gid)
                yield path
        finally:
            os.close(handle)
