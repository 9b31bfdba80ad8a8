"""What the user of a service may do with a file, also when root asks, who may do everything.

Commands that look for faults are called by root, who alone can read the secrets; what they judge is whether the service
can work.
"""

import os
import pwd
from collections.abc import Collection
from grp import getgrnam
from pathlib import Path
from typing import Final

_SHIFTS: Final = (6, 3, 0)
"""Where the bits of owner, group and others stand in a mode."""


def may(user: str, path: Path, wanted: int, groups: Collection[str] = ()) -> bool:
    """Return whether a user may read, write or call a file, or look into a folder.

    Args:
        user: of the service. Whoever is not root, and root where there is no such user, asks for himself.
        path: of the file or folder.
        wanted: `os.R_OK`, `os.W_OK` and `os.X_OK`, or-ed.
        groups: that the service has besides those of its user.
    """
    try:
        entry = pwd.getpwnam(user) if os.geteuid() == 0 else None
    except KeyError:
        entry = None
    if entry is None:
        return os.access(path, wanted)
    ids = set(os.getgrouplist(user, entry.pw_gid)) | {number for name in groups for number in _numbers(name)}
    try:
        ways = [one for one in path.absolute().parents if not _allows(one.stat(), entry.pw_uid, ids, os.X_OK)]
        return not ways and _allows(path.stat(), entry.pw_uid, ids, wanted)
    except OSError:
        return False


def _allows(status: os.stat_result, user: int, groups: Collection[int], wanted: int) -> bool:
    """Return what the first class says that fits, as the kernel does (path_resolution(7)); lists of rights aside."""
    whose = 0 if status.st_uid == user else 1 if status.st_gid in groups else 2
    return (status.st_mode >> _SHIFTS[whose]) & wanted == wanted


def _numbers(group: str) -> list[int]:
    try:
        return [getgrnam(group).gr_gid]
    except KeyError:
        return []
