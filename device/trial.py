"""Two minutes in which a new release must prove itself; the one before looks on, and takes its place when it does not.

The program that looks on is the one before (`ankerort-device-trial.service`): a release that can't even be imported
could not judge itself. systemd starts it after an update, and after each boot until it has decided.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import click

from device.releases import FOLDER, TRIAL, Releases
from device.service import Agent, Seen

START_S: Final = 150.0
"""Within this time it must be ready: what its unit allows (TimeoutStartSec=), and the way there."""
HEALTHY_S: Final = 120.0
"""So long it must stay so. The watchdog of a stuck one rings after 30 s."""
LOOK_EVERY_S: Final = 1.0


class Service(Protocol):
    """The agent's service. Whatever can't be asked or done raises InvalidSetting."""

    def look(self) -> Seen:
        """Return how it is."""

    def restart(self) -> None:
        """Begin to stop and start it; returns at once."""


def finish(
    releases: Releases, service: Service, now_s: Callable[[], float], sleep: Callable[[float], None]
) -> str:
    """Decide on the release on trial, and return what became of it; empty when there is none.

    Whatever interrupts this, calling it again ends right.
    """
    if not releases.is_on_trial:
        return ""
    version = releases.version(TRIAL)
    if not releases.is_switched:
        # The power failed before the switch, or after the way back: what is to stay is in place already.
        said = f"{version} was not kept: its update was interrupted; {releases.version()} runs"
        service.restart()
    elif why := why_not(service, releases.needs_link, now_s, sleep):
        releases.go_back()
        service.restart()
        said = f"{version} was not kept: {why}; {releases.version()} runs again"
    else:
        said = f"{version} runs, and is kept"
    releases.end_trial(said)
    releases.forget_others()
    return said


def why_not(
    service: Service, needs_link: bool, now_s: Callable[[], float], sleep: Callable[[float], None]
) -> str | None:
    """Look on for two minutes from the moment when the agent is ready; return what is wrong, or None.

    Args:
        service: the agent's; its start was asked for.
        needs_link: whether it must have reached the broker once.
        now_s: a clock that nobody sets.
        sleep: waits for some seconds.
    """
    began_s = now_s()
    ready_s: float | None = None
    was_linked = False
    while ready_s is None or now_s() - ready_s < HEALTHY_S:
        seen = service.look()
        was_linked |= seen.is_ready and seen.is_linked
        if seen.has_ended or (ready_s is not None and not seen.is_ready):
            return "it ended by itself, or its watchdog rang" if ready_s is not None else "it did not start"
        if ready_s is None:
            if seen.is_ready:
                ready_s = now_s()
            elif now_s() - began_s >= START_S:
                return f"it was not ready within {START_S:.0f} s"
        sleep(LOOK_EVERY_S)
    if needs_link and not was_linked:
        return f"it did not reach the broker within {HEALTHY_S:.0f} s"
    return None


@click.command(
    "finish-update",
    epilog="""Example:

\b
  ankerort-device finish-update""",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=FOLDER,
    show_default=True,
    help="Where the releases are.",
)
def command(folder: Path) -> None:
    """Look on whether a new release works, and return to the one before when it does not.

    `ankerort-device-trial.service` calls it after `update` and at each boot; there is no need to.
    """
    said = finish(Releases(folder), Agent(), time.monotonic, time.sleep)
    click.echo(said or "no release is on trial")
