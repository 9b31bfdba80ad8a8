"""`ankerort-hub purges`: what went in which night."""

import click

from hub import bootstrap, desks
from hub.cli import Invocation


@click.command()
@click.option(
    "--nights", type=click.IntRange(1, 400), default=30, show_default=True, help="How many, the last ones."
)
@click.pass_obj
def purges(invocation: Invocation, nights: int) -> None:
    """Say how much was deleted in which night because its time was over.

    Numbers alone, by kind of data: a proof for whoever answers for it. What is kept for how long stands in the
    settings, under `retention`.

    \b
    Example:
      ankerort-hub purges --nights 7
    """
    with bootstrap.open_database(invocation.settings) as database:
        found = desks.purge_log(database).nights(nights)
    for period, amounts in found:
        click.echo(f"{period}  " + ", ".join(f"{kind} {amount}" for kind, amount in amounts.items()))
    if not found:
        click.echo("no night's purge is noted yet: `jobs` does it at 03:30 UTC")
