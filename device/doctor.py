"""`ankerort-device doctor`: finds the commonest faults of a device, and says the remedy of each."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from device.bootstrap import this_machine
from device.config import DEFAULT_FILE, load_settings
from device.examine import examine
from device.faults import REMEDIES, Fault, Finding
from wire.errors import InvalidSetting


@click.command(
    epilog="""Examples:

\b
  sudo ankerort-device doctor
  ankerort-device doctor --config ./device.toml"""
)
@click.option(
    "--config",
    "-c",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="ANKERORT_CONFIG",
    help="Settings file; /etc/ankerort/device.toml when it exists. ANKERORT_... variables go on top.",
)
def doctor(file: Path | None) -> None:
    """Find the commonest faults of this device, and say what to do about each.

    The agent may run meanwhile. Nothing is changed. Call it as root, who can read the secrets; files and pins are
    judged for the agent's user. Status 0 when nothing was found, 1 otherwise.
    """
    if file is None and DEFAULT_FILE.exists():
        file = DEFAULT_FILE
    try:
        found = examine(load_settings(file, os.environ).settings, this_machine())
    except InvalidSetting as error:
        # Without settings nobody knows what to look at.
        found = [Finding(Fault.SETTINGS, str(error))]
    show(found)
    sys.exit(1 if found else 0)


def show(found: Sequence[Finding]) -> None:
    """Print each finding with its remedy."""
    for finding in found:
        click.echo(f"{finding.fault.value}: {finding.detail}")
        click.echo(f"  → {REMEDIES[finding.fault]}")
    click.echo(f"{len(found)} found" if found else "nothing found")
