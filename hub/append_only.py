"""Files that only grow: lines that are on the disk when the call returns, whatever happens to the power after it."""

import os
from pathlib import Path


def append_durably(file: Path, text: str) -> None:
    """Add whole lines to a file, which is made when it is not there.

    A last line that a power cut ended in the middle stays alone: what is added begins a new one.

    Raises:
        OSError: when they can't be written.
    """
    is_new = not file.exists()
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        rest = (b"" if _ends_whole(handle) else b"\n") + text.encode("utf-8")
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have the names of a folder's files on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _ends_whole(handle: int) -> bool:
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"
