"""A real Mosquitto on loopback, with the durable settings that a site uses."""

import os
from collections.abc import Sequence
from pathlib import Path

from tests.parts.ports import LOOPBACK, free_port
from tests.parts.process import ChildProcess
from tests.parts.requirement import require_program


class Mosquitto:
    """One broker on a fixed free port: it can be killed and started again, as after a power cut."""

    def __init__(self, folder: Path, *, extra: Sequence[str] = (), durable: bool = True) -> None:
        """Write the configuration; nothing starts yet.

        Args:
            folder: an empty folder for configuration, log and the stored state.
            extra: further lines of configuration, for example `max_packet_size 65536`.
            durable: keep sessions, queues and retained messages over a SIGKILL.
        """
        program = require_program("mosquitto", "mosquitto")
        self.folder = folder
        self.port = free_port()
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        config = folder / "mosquitto.conf"
        config.write_text("\n".join([*self._settings(durable), *extra, ""]), encoding="utf-8")
        self._argv = [program, "-c", str(config)]
        self._process = ChildProcess("mosquitto", folder / "mosquitto.log")

    def _settings(self, durable: bool) -> list[str]:
        settings = [
            f"listener {self.port} {LOOPBACK}",
            "allow_anonymous true",
            "set_tcp_nodelay true",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "log_timestamp_format %H:%M:%S",
            # With the default of 1000 the broker acknowledges messages and then drops them.
            "max_queued_messages 100000",
            "max_inflight_messages 1000",
        ]
        if os.geteuid() == 0:
            # Else it becomes the user mosquitto, who can't read a test's temporary folder.
            settings.append("user root")
        if durable:
            settings += [
                "persistence true",
                f"persistence_location {self.data}/",
                "autosave_interval 1",
                "autosave_on_changes true",
            ]
        return settings

    @property
    def url(self) -> str:
        """The broker's address as the programs take it: `mqtt://127.0.0.1:PORT`."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    @property
    def host(self) -> str:
        """The broker's address without its port."""
        return LOOPBACK

    @property
    def pid(self) -> int:
        """The broker's process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the broker runs."""
        return self._process.is_running

    def start(self) -> None:
        """Start, and wait until this very process listens.

        Raises:
            PartError: when it ended at once, or another process has the port.
        """
        self._process.spawn(self._argv)
        self._process.wait_for_port(self.port)

    def stop(self) -> None:
        """End it in the orderly way: state is saved, clients are disconnected."""
        self._process.terminate()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._process.kill()

    def restart(self, *, kill: bool = False) -> None:
        """Stop or kill it, and start it again on the same port with the state that it kept."""
        if kill:
            self.kill()
        else:
            self.stop()
        self.start()

    def log_tail(self) -> str:
        """Return the end of its log."""
        return self._process.log_tail()
