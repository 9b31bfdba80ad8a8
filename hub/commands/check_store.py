"""The command that looks after Mosquitto's store before Mosquitto starts."""

from pathlib import Path

import click

from hub.authority.broker_store import set_aside
from hub.cli import Invocation


@click.command("check-store")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def check_store(_invocation: Invocation, file: Path) -> None:
    """Set Mosquitto's store aside when a power cut damaged it, so that Mosquitto starts.

    Call it while Mosquitto does not run, as its service does before each start.

    \b
    Example:
      ankerort-hub check-store /var/lib/mosquitto/mosquitto.db
    """
    found = set_aside(file)
    if found:
        click.echo(f"{file} is {found}: it is {file.name}.damaged now, and the broker begins a new one")
