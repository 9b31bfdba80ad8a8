"""TCP ports on loopback that no other test takes, also not in another process."""

import fcntl
import os
import random
import socket
from pathlib import Path
from tempfile import gettempdir

LOOPBACK = "127.0.0.1"

# Below the kernel's ephemeral range: no outgoing connection can take a port while its server is being restarted.
_LOWEST = 15_000
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")

# The lock files stay open, and so locked, until this process ends.
_reserved: dict[int, int] = {}


def _highest() -> int:
    try:
        lowest_ephemeral = int(_EPHEMERAL_RANGE.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 32_767
    return lowest_ephemeral - 1 if lowest_ephemeral > _LOWEST + 1_000 else 32_767


def _lock(port: int) -> int | None:
    folder = Path(gettempdir()) / f"ankerort-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _is_bindable(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections still in TIME_WAIT do not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Reserve a TCP port on 127.0.0.1 for this process until it ends.

    Returns:
        A port that nobody listens on, below the ephemeral range, and that `free_port` gives to no other
        process of this user: it may be closed and opened again, as a killed and restarted broker does.

    Raises:
        RuntimeError: when no port could be had in a thousand tries.
    """
    # Not the seeded generator of the test: the same test in two processes would fight for the same ports.
    choose = random.SystemRandom()
    for _ in range(1_000):
        port = choose.randint(_LOWEST, _highest())
        if port in _reserved:
            continue
        handle = _lock(port)
        if handle is None:
            continue
        if _is_bindable(port):
            _reserved[port] = handle
            return port
        os.close(handle)
    raise RuntimeError(f"no free TCP port between {_LOWEST} and {_highest()}: end what listens there")
