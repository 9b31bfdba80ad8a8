"""A real PC/SC service with the virtual reader `vpcd`, apart from the machine's own."""

import fcntl
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.parts.ports import free_port
from tests.parts.process import ChildProcess, PartError
from tests.parts.requirement import missing, require_file, require_program
from tests.parts.waiting import wait_until

SLOTS = 2  # compiled into Debian's driver
# -I -S: the launcher needs the standard library alone, and so starts in 10 ms.
_LAUNCHER = (sys.executable, "-I", "-S", str(Path(__file__).with_name("pcscd_launcher.py")))
_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_TCP_LISTEN = "0A"
_MACHINE_FOLDER = Path("/run/pcscd")
_UNSHARE = ("--mount", "--net", "--propagation", "private")


@functools.cache
def _namespace_flags() -> tuple[str, ...] | None:
    """Return the arguments with which `unshare` gives this user what pcscd needs, or None when nothing does."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    # Even root may lack rights in a container; in a namespace of users it may have them all.
    candidates: list[tuple[str, ...]] = [_UNSHARE] if os.geteuid() == 0 else []
    candidates.append(("--user", "--map-root-user", *_UNSHARE))
    for flags in candidates:
        command = [unshare, *flags, *_LAUNCHER, "probe"]
        probe = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if probe.returncode == 0:
            return flags
    return None


class Pcscd:
    """One pcscd that can be killed and started again, with two slots for virtual cards.

    It runs in a mount and a network namespace of its own: its `/run/pcscd` is a folder of the test, and its reader's
    port, which the driver opens on every address, is not to be seen from outside. Clients reach it by `environ`.
    Where namespaces can't be had (an unprivileged container), it takes the machine's own `/run/pcscd` under a lock.
    """

    def __init__(self) -> None:
        """Write the configuration; nothing starts yet."""
        self._program = require_program("pcscd", "pcscd")
        require_file(_DRIVER, "vsmartcard-vpcd")
        # Not pytest's folder: the path of a Unix socket has at most 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="ankerort-pcscd-"))
        self._flags = _namespace_flags()
        self.socket_folder = self.folder / "run" if self.is_isolated else _MACHINE_FOLDER
        self.port = free_port()
        self._config = self.folder / "reader.conf"
        self._config.write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{self.port}\nLIBPATH {_DRIVER}\nCHANNELID {self.port}\n',
            encoding="utf-8",
        )
        self._process = ChildProcess("pcscd", self.folder / "pcscd.log")
        self._lock: int | None = None

    @property
    def is_isolated(self) -> bool:
        """Whether it has namespaces of its own, and so may run beside others."""
        return self._flags is not None

    @property
    def socket_path(self) -> Path:
        """Where its clients connect."""
        return self.socket_folder / "pcscd.comm"

    @property
    def environ(self) -> dict[str, str]:
        """What a client's environment must have. libpcsclite reads it once: set it before the first call."""
        return {"PCSCLITE_CSOCK_NAME": str(self.socket_path)}

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._process.is_running

    def reader_name(self, slot: int = 0) -> str:
        """Return the name that PC/SC gives to a slot.

        Args:
            slot: 0 or 1.
        """
        return f"Virtual PCD 00 {slot:02X}"

    def start(self) -> None:
        """Start it and wait until it answers and its reader awaits cards.

        Raises:
            PartError: when it ended at once, or another service has the socket.
        """
        self.socket_folder.mkdir(exist_ok=True)
        if not self.is_isolated:
            self._take_machine_folder()
        # SIGKILL leaves them behind, and a process id may belong to somebody else by now.
        for stale in ("pcscd.comm", "pcscd.pid"):
            (self.socket_folder / stale).unlink(missing_ok=True)
        pcscd = [self._program, "--foreground", "--info", "--config", str(self._config)]
        if self._flags is None:
            self._process.spawn(pcscd)
        else:
            self._process.spawn(["unshare", *self._flags, *_LAUNCHER, str(self.socket_folder), *pcscd])
        self._process.wait_for_unix_socket(self.socket_path)
        wait_until(self._is_reader_ready, 10.0, "the virtual reader to accept a card")

    def _is_reader_ready(self) -> bool:
        self._process.check_alive()
        # Read, not tried: a connection would be a card. The table is that of the process's own namespace.
        table = Path(f"/proc/{self.pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        listening = {
            int(line.split()[1].split(":")[1], 16) for line in table if line.split()[3] == _TCP_LISTEN
        }
        return {self.port + slot for slot in range(SLOTS)} <= listening

    def _take_machine_folder(self) -> None:
        if self._lock is None:
            # Held until `close`.
            self._lock = os.open(
                Path(tempfile.gettempdir(), "ankerort-pcscd.lock"), os.O_RDWR | os.O_CREAT, 0o666
            )
            wait_until(self._try_lock, 120.0, "other tests to end their pcscd")
        try:
            other = int((_MACHINE_FOLDER / "pcscd.pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return
        if Path(f"/proc/{other}/comm").exists() and Path(f"/proc/{other}/comm").read_text() == "pcscd\n":
            missing(
                "a PC/SC service for tests", f"end the machine's pcscd (process {other}), or allow namespaces"
            )

    def _try_lock(self) -> bool:
        assert self._lock is not None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def stop(self) -> None:
        """End it in the orderly way."""
        self._process.terminate()

    def kill(self) -> None:
        """End it with SIGKILL: its socket's file stays behind."""
        self._process.kill()

    def restart(self, *, kill: bool = False) -> None:
        """Stop or kill it, and start it again at the same socket; cards must be inserted anew."""
        if kill:
            self.kill()
        else:
            self.stop()
        self.start()

    def close(self) -> None:
        """End it and remove its folder."""
        self.stop()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect_card(self, slot: int) -> socket.socket:
        """Open the connection by which a virtual card sits in a slot; closing it takes the card away.

        Args:
            slot: 0 or 1.

        Raises:
            ConnectionRefusedError: when the reader is not up.
        """
        address = ("127.0.0.1", self.port + slot)
        if not self.is_running:
            raise ConnectionRefusedError("pcscd does not run: there is no reader to put a card on")
        if self._flags is None:
            return socket.create_connection(address, timeout=5.0)
        return self._connect_inside(self._flags, address)

    def _connect_inside(self, flags: tuple[str, ...], address: tuple[str, int]) -> socket.socket:
        # A socket belongs to the network namespace that it was made in: one is made inside, and handed out.
        enter = ["nsenter", "--target", str(self.pid), "--net"]
        if "--user" in flags:
            enter += ["--user", "--preserve-credentials"]
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                command = [*_LAUNCHER, "connect", str(theirs.fileno()), str(address[1])]
                done = subprocess.run(
                    [*enter, *command],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    pass_fds=[theirs.fileno()],
                    check=False,
                )
            _, handles, _, _ = socket.recv_fds(ours, 1, 1)
        if handles:
            return socket.socket(fileno=handles[0])
        if "ConnectionRefusedError" in done.stderr or not self.is_running:
            raise ConnectionRefusedError(f"the virtual reader's port {address[1]} does not answer")
        raise PartError(f"entering the namespaces of pcscd failed: {done.stderr.strip()}")

    def log_tail(self) -> str:
        """Return the end of its log."""
        return self._process.log_tail()
