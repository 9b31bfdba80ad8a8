"""The agent's service, as systemd knows it."""

import subprocess
from dataclasses import dataclass
from typing import Final

from device.watchdog import LINKED
from wire.errors import InvalidSetting

AGENT: Final = "ankerort-device.service"
TRIAL: Final = "ankerort-device-trial.service"

_TIMEOUT_S: Final = 30
"""For an answer of systemd."""
_TRIAL_TIMEOUT_S: Final = 600
"""For a trial: its start, two minutes, the way back, and a slow card."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How the agent's service is.

    Args:
        is_ready: it said so, and runs.
        has_ended: it ended by itself: it failed, or its watchdog rang.
        is_linked: it has a connection to the broker.
    """

    is_ready: bool
    has_ended: bool
    is_linked: bool


class Agent:
    """The agent's service (`device.trial.Service`)."""

    def look(self) -> Seen:
        """Return how it is."""
        text = _systemctl("show", AGENT, "--property=ActiveState,SubState,NRestarts,StatusText")
        found = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        state = found.get("ActiveState", "")
        return Seen(
            is_ready=state == "active",
            has_ended=found.get("NRestarts", "0") != "0" or state in ("failed", "inactive"),
            is_linked=found.get("StatusText") == LINKED,
        )

    def restart(self) -> None:
        """Begin to stop and start it; returns at once."""
        # Forgets also how often the one before ended: what counts from now on is the new one's.
        _systemctl("reset-failed", AGENT)
        _systemctl("restart", "--no-block", AGENT)

    def try_out(self) -> None:
        """Start it anew, look on, and return when it is decided what runs."""
        self.restart()
        _systemctl("start", TRIAL, timeout_s=_TRIAL_TIMEOUT_S)


def _systemctl(*arguments: str, timeout_s: int = _TIMEOUT_S) -> str:
    command = ["systemctl", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InvalidSetting(f"{' '.join(command)}: {error}; is systemd there?") from error
    if done.returncode != 0:
        raise InvalidSetting(f"{' '.join(command)}: {done.stderr.strip()}; run this as root")
    return done.stdout
