"""Tells systemd that the agent is ready and alive; fed by the loop that does the work: a stuck one is restarted."""

import os
from collections.abc import Mapping
from typing import Final

LINKED: Final = "connected to the broker"
"""What `systemctl status` says then. The release before reads it when this one is on trial: it never changes."""
_NOT_LINKED: Final = "no connection to the broker"


class Watchdog:
    """A line to systemd (sd_notify(3)), or to nobody when it did not start us.

    Args:
        environ: has NOTIFY_SOCKET and WATCHDOG_USEC when systemd started us.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._notifier = None
        self.interval_us: int | None = None
        if not environ.get("NOTIFY_SOCKET"):
            return
        # Only on a Pi under systemd is it there, and only there it is needed.
        from sdnotify import SystemdNotifier

        self._notifier = SystemdNotifier()
        period = environ.get("WATCHDOG_USEC", "")
        if period.isdigit() and environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
            # Half the time that systemd allows, as it recommends.
            self.interval_us = int(period) // 2

    def ready(self) -> None:
        """Say that the agent works."""
        self._say("READY=1")

    def feed(self) -> None:
        """Say that the loop turns."""
        self._say("WATCHDOG=1")

    def tell_link(self, is_up: bool) -> None:
        """Say whether the broker is there."""
        self._say(f"STATUS={LINKED if is_up else _NOT_LINKED}")

    def stopping(self) -> None:
        """Say that the agent ends on purpose, and hang up."""
        self._say("STOPPING=1")
        if self._notifier is not None and self._notifier.socket is not None:
            self._notifier.socket.close()
        self._notifier = None

    def _say(self, word: str) -> None:
        if self._notifier is not None:
            self._notifier.notify(word)
