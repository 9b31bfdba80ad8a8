"""`ankerort-hub doctor`: finds the commonest faults of a hub and its devices, and says the remedy of each."""

from functools import partial

import click

from hub import bootstrap
from hub.authority.broker_files import HUB_USER
from hub.cli import Invocation
from hub.doctor import examine
from hub.domain.faults import REMEDIES, Fault, Finding
from hub.domain.texts import shown
from wire.errors import InvalidSetting
from wire.service_user import may


@click.command()
@click.pass_obj
@click.pass_context
def doctor(ctx: click.Context, invocation: Invocation) -> None:
    """Find the commonest faults of the hub and its devices, and say what to do about each.

    The hub may run meanwhile. Nothing is changed. Call it as root, who can read the secrets; what must be written is
    judged for the hub's user. Exit code 0 when nothing was found, 1 otherwise.

    \b
    Example:
      sudo ankerort-hub doctor
    """
    try:
        now_us = bootstrap.system_clock().now_us()
        found = examine(invocation.settings, now_us, may=partial(may, HUB_USER))
    except InvalidSetting as error:
        # Without settings nobody knows what to look at.
        found = [Finding(Fault.SETTINGS, str(error))]
    for finding in found:
        click.echo(shown(f"{finding.fault.value}: {finding.detail}"))
        click.echo(f"  → {REMEDIES[finding.fault]}")
    click.echo(f"{len(found)} found" if found else "nothing found")
    if found:
        ctx.exit(1)
