"""What the doctor looks at of a machine: its files, as the kernel and services show them, and the way to the broker."""

import os
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CONNECT_S: Final = 5.0


def usage_of(folder: Path) -> tuple[int, int, bool]:
    """Return free bytes, all bytes, and whether the file system is read-only.

    Raises:
        OSError: when there is no such folder.
    """
    status = os.statvfs(folder)
    size = status.f_frsize
    return status.f_bavail * size, status.f_blocks * size, bool(status.f_flag & os.ST_RDONLY)


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that the device's settings are for.

    Args:
        is_synchronised: whether a time service keeps the wall clock.
        root: where `/dev`, `/proc`, `/run` and `/sys` are.
        now_s: wall clock, seconds since 1970.
        usage: of a folder's file system: free bytes, all bytes, and whether nothing may be written.
        may: whether the agent may do something (`os.R_OK` and so on) with a file or folder.
    """

    is_synchronised: Callable[[], bool]
    root: Path = Path("/")
    now_s: float = field(default_factory=time.time)
    usage: Callable[[Path], tuple[int, int, bool]] = usage_of
    may: Callable[[Path, int], bool] = os.access

    def at(self, path: str) -> Path:
        """Return where a path of the machine is."""
        return self.root / path

    def text(self, path: str) -> str:
        """Return what a file says, nothing when it can't be read."""
        try:
            return self.at(path).read_text("utf-8", "replace").strip()
        except OSError:
            return ""


def try_broker(host: str, port: int, tls: ssl.SSLContext | None) -> None:
    """Connect as far as the greeting of TLS; nothing is said to the broker.

    Raises:
        ssl.SSLError: when one of the two does not accept the other.
        OSError: when nobody answers.
    """
    with socket.create_connection((host, port), CONNECT_S) as plain:
        if tls is not None:
            with tls.wrap_socket(plain, server_hostname=host):
                pass
