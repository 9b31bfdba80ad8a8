"""`ankerort-hub member calendar`: where a member's calendar asks for bookings, for who has no account."""

import click

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE
from hub.domain.errors import RuleRefused


@click.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@click.option("--end", "ends", is_flag=True, help="End the address instead of making another one.")
@click.pass_obj
def calendar(invocation: Invocation, number: int, ends: bool) -> None:
    """Make the calendar address of member NUMBER and print it, this once; one that there was before ends.

    Whoever has it reads the member's bookings: give it to nobody else.

    \b
    Examples:
      ankerort-hub member calendar 17
      ankerort-hub member calendar 17 --end
    """
    now_us, base = bootstrap.system_clock().now_us(), invocation.settings.web.public_url.rstrip("/")
    if not ends and not base:
        raise RuleRefused("set web.public_url first: it is where the address begins")
    with bootstrap.open_database(invocation.settings) as database:
        desk = desks.calendar_desk(database)
        if not ends:
            click.echo(f"{base}/calendar/{desk.make(number, COMMAND_LINE, now_us)}.ics")
        elif desk.end(number, COMMAND_LINE, now_us):
            click.echo(f"member {number}'s calendar address has ended")
        else:
            click.echo(f"member {number} has no calendar address")
