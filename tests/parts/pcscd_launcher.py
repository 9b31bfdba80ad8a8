"""Runs inside pcscd's own namespaces, as a script with the standard library alone.

pcscd_launcher.py FOLDER PROGRAM ...   show FOLDER as /run/pcscd, bring loopback up, become PROGRAM
pcscd_launcher.py probe                bring loopback up and lay a new /run, to see whether that may be done
pcscd_launcher.py connect FD PORT      connect to 127.0.0.1:PORT in here, and send that socket out over FD
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))


def _prepare() -> None:
    _bring_loopback_up()
    # A fresh /run, so that nothing has to exist or change on the machine's own.
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    Path("/run/pcscd").mkdir()


def _become(folder: str, argv: list[str]) -> None:
    _prepare()
    subprocess.run(["mount", "--bind", folder, "/run/pcscd"], check=True)
    os.execv(argv[0], argv)


def _connect(handle: int, port: int) -> None:
    with (
        socket.socket(fileno=handle) as out,
        socket.create_connection(("127.0.0.1", port), timeout=5.0) as card,
    ):
        # The time-out is the Python object's; the file descriptor itself must not stay non-blocking.
        card.setblocking(True)
        socket.send_fds(out, [b"+"], [card.fileno()])


if __name__ == "__main__":
    if sys.argv[1] == "connect":
        _connect(int(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1] == "probe":
        _prepare()
    else:
        _become(sys.argv[1], sys.argv[2:])
