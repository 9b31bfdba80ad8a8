"""Commands on the passes that members have, and on visits that no door told of."""

from datetime import datetime

import click

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE, DAY, day_of, today
from hub.commands.tariff import euros
from hub.member_ports import PassView


@click.group("pass")
def passes() -> None:
    """Sell passes, list and end them, note visits. A visit uses the pass that expires first.

    \b
    Examples:
      ankerort-hub pass sell moelln 17 tag
      ankerort-hub pass list moelln
      ankerort-hub pass end moelln 4 --on 2026-12-31
      ankerort-hub pass visit moelln 17
    """


@passes.command()
@click.argument("space")
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@click.argument("tariff")
@click.option("--from", "since", type=DAY, help="First day, as 2026-12-01; today without it.")
@click.pass_obj
def sell(invocation: Invocation, space: str, number: int, tariff: str, since: datetime | None) -> None:
    """Give member NUMBER a pass of a tariff; prints the pass's number.

    \b
    Example:
      ankerort-hub pass sell moelln 17 zehn --from 2026-12-01
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        sold = desks.pass_desk(database).sell(space, number, tariff, day_of(since), COMMAND_LINE, now_us)
    click.echo(f"pass {sold.held.pk} is member {number}'s: {_tell(sold)}")
    if (saving := sold.saving) is not None:
        less = euros(saving.cents)
        click.echo(
            f"{saving.number} passes for {saving.day} cost as much as one of {saving.instead}: {less} less"
        )


@passes.command("list")
@click.argument("space")
@click.pass_obj
def list_passes(invocation: Invocation, space: str) -> None:
    """List the passes of a space that are not over, by name of their members.

    \b
    Example:
      ankerort-hub pass list moelln
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        found = desks.pass_desk(database).passes(space, COMMAND_LINE, now_us)
    for one in found:
        click.echo(f"{one.held.pk:>6}  {one.name} ({one.held.member}): {_tell(one)}")
    if not found:
        click.echo(f"nobody has a pass of {space}: `ankerort-hub pass sell`")


@passes.command()
@click.argument("space")
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@click.option("--on", type=DAY, help="Last day; today without it.")
@click.pass_obj
def end(invocation: Invocation, space: str, number: int, on: datetime | None) -> None:
    """Let pass NUMBER be over after a day; later visits use another one.

    \b
    Example:
      ankerort-hub pass end moelln 4 --on 2026-12-31
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        last = day_of(on) or today(database, space, now_us)
        desks.pass_desk(database).end(space, number, last, COMMAND_LINE, now_us)
    click.echo(f"pass {number} is over after {last}")


@passes.command()
@click.argument("space")
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@click.option("--on", type=DAY, help="The day; today without it.")
@click.pass_obj
def visit(invocation: Invocation, space: str, number: int, on: datetime | None) -> None:
    """Note that member NUMBER came, where no door tells.

    \b
    Example:
      ankerort-hub pass visit moelln 17 --on 2026-11-17
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        day = day_of(on) or today(database, space, now_us)
        is_new = desks.pass_desk(database).note_visit(space, number, day, COMMAND_LINE, now_us)
    click.echo(f"member {number} came on {day}" + ("" if is_new else ": that was known already"))


def _tell(one: PassView) -> str:
    until = f" to {one.held.valid_to}" if one.held.valid_to else ""
    left = "" if one.left is None else f", {one.left} of {one.held.units} left"
    return f"{one.held.tariff.name}, from {one.held.valid_from}{until}{left}"
