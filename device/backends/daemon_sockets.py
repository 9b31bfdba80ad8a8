"""A way out of calls into a C library whose daemon no longer answers."""

import contextlib
import os
import socket
import stat
from pathlib import Path


def cut_connections(path_end: str) -> None:
    """Shut down this process's connections to a Unix socket, so that calls that wait for it return with an error.

    For PC/SC there is no other way: SCardCancel itself asks the daemon, and hangs with it.

    Args:
        path_end: how the socket's path ends.
    """
    for entry in Path("/proc/self/fd").iterdir():
        # Most are no sockets, or are gone already; it is the copy that is looked at and shut down, so no file that took
        # the number meanwhile can be hit.
        with contextlib.suppress(OSError):
            copy = os.dup(int(entry.name))
            try:
                if stat.S_ISSOCK(os.fstat(copy).st_mode):
                    _shut_down_if_at(copy, path_end)
            finally:
                os.close(copy)


def _shut_down_if_at(handle: int, path_end: str) -> None:
    connection = socket.socket(fileno=handle)
    try:
        peer = connection.getpeername()
        if isinstance(peer, str) and peer.endswith(path_end):
            connection.shutdown(socket.SHUT_RDWR)
    finally:
        connection.detach()
