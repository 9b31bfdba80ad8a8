"""Commands on the life of spaces: a trial, the opening, a move, the end."""

from datetime import datetime
from typing import Any

import click

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE, DAY, day_of
from hub.commands.local_times import tell, zone_of
from hub.domain.errors import RuleRefused
from hub.domain.life import life_of
from hub.domain.space import Period, PeriodKind
from hub.life_ports import Closing


@click.group()
def space() -> None:
    """Open, move and close spaces, and list their life.

    What is decided here holds, and no site file changes it any more: `import-site` tells where a file says otherwise.

    \b
    Examples:
      ankerort-hub space open oestrich-winkel --on 2027-02-01 --test-from 2027-01-15
      ankerort-hub space move wittenberge --on 2027-03-01 --to "Bahnstraße 5, 19322 Wittenberge"
      ankerort-hub space close oestrich-winkel --on 2027-06-01 --reason "Der Pop-up endet"
      ankerort-hub space list
    """


@space.command("open")
@click.argument("space_id", metavar="SPACE")
@click.option("--on", type=DAY, required=True, help="First day for everyone, as 2027-02-01.")
@click.option("--test-from", type=DAY, help="First day of a trial before, which statistics leave out.")
@click.pass_obj
def open_space(invocation: Invocation, space_id: str, on: datetime, test_from: datetime | None) -> None:
    """Say on which day a space opens, and from when on it is tried out.

    Before its first day nothing can be booked in it. On trial, all works as later.

    \b
    Example:
      ankerort-hub space open oestrich-winkel --on 2027-02-01 --test-from 2027-01-15
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        life = desks.life_desk(database).open_space(
            space_id, on.date(), day_of(test_from), COMMAND_LINE, now_us
        )
    click.echo(f"{space_id}: {_tell(life)}")


@space.command()
@click.argument("space_id", metavar="SPACE")
@click.option("--on", type=DAY, help="First day at the new address.")
@click.option("--to", "address", help="The new address.")
@click.option("--never", is_flag=True, help="Take a move back that is still to come.")
@click.pass_obj
def move(
    invocation: Invocation, space_id: str, on: datetime | None, address: str | None, never: bool
) -> None:
    """Say on which day a space moves, and where to; its id, members, bookings and history stay.

    Import the site file with the new desks and doors on that day, with --remove-missing: those of before are retired,
    and their facts stay.

    \b
    Examples:
      ankerort-hub space move wittenberge --on 2027-03-01 --to "Bahnstraße 5, 19322 Wittenberge"
      ankerort-hub space move wittenberge --never
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.life_desk(database)
        if never:
            life = desk.take_back(space_id, PeriodKind.MOVED, COMMAND_LINE, now_us)
        elif on is None or address is None:
            raise RuleRefused("say when and where to: --on and --to, or --never to take a move back")
        else:
            life = desk.move(space_id, on.date(), address, COMMAND_LINE, now_us)
    click.echo(f"{space_id}: {_tell(life)}")


@space.command()
@click.argument("space_id", metavar="SPACE")
@click.option("--on", type=DAY, help="First day on which it is closed; the day before is its last.")
@click.option("--reason", default="", help="Why: whoever has a booking reads it.")
@click.option("--never", is_flag=True, help="Take an end back that is still to come.")
@click.option("--dry-run", is_flag=True, help="Say what would follow, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask once more.")
@click.pass_obj
def close(
    invocation: Invocation,
    /,
    space_id: str,
    *,
    on: datetime | None,
    reason: str,
    never: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Close a space for good from a day on.

    Bookings beyond its last day are listed, and cancelled at once. On the day itself, `jobs` blocks its cards and has
    its devices forget them; the report is final. Members who have no other space are erased
    `retention.closed_space_days` later.

    \b
    Examples:
      ankerort-hub space close oestrich-winkel --on 2027-06-01 --dry-run
      ankerort-hub space close oestrich-winkel --on 2027-06-01 --reason "Der Pop-up endet"
      ankerort-hub space close oestrich-winkel --never
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.life_desk(database)
        if never:
            life = desk.take_back(space_id, PeriodKind.CLOSED, COMMAND_LINE, now_us)
            click.echo(f"{space_id}: {_tell(life)}; bookings that were cancelled stay cancelled")
            return
        if on is None:
            raise RuleRefused("say when: --on with the first day on which it is closed, or --never")
        found = desk.look_at_closing(space_id, on.date(), COMMAND_LINE, now_us)
        _tell_closing(database, space_id, found, now_us)
        if dry_run:
            return
        if not yes and click.prompt(f"type {space_id} to close it for good", err=True) != space_id:
            raise RuleRefused(f"that is not {space_id}: nothing is changed")
        desk.close(space_id, on.date(), reason, COMMAND_LINE, now_us)
    click.echo(f"{space_id} closes on {found.on}; until then: `ankerort-hub space close {space_id} --never`")


@space.command("list")
@click.argument("space_id", metavar="[SPACE]", required=False)
@click.pass_obj
def list_spaces(invocation: Invocation, space_id: str | None) -> None:
    """List the life of spaces: on trial, open, moved, closed, and since or from when.

    \b
    Example:
      ankerort-hub space list wittenberge
    """
    with bootstrap.open_database(invocation.settings) as database:
        found = [one for town in bootstrap.live_queries(database).towns() for one in town.spaces]
    known = [one for one in found if space_id in (None, one.id)]
    if space_id is not None and not known:
        told = ", ".join(sorted(one.id for one in found)) or "none yet: import a site file"
        raise RuleRefused(f'there is no space "{space_id}"; known are {told}', code="unknown_space")
    for one in sorted(known, key=lambda one: one.id):
        by = "decided here" if one.periods else "by the site file"
        click.echo(f"{one.id}: {_tell(life_of(one))} ({by})")


def _tell(life: tuple[Period, ...]) -> str:
    return ", ".join(
        f"{one.kind.value} from {one.starts_on}"
        + (f" at {one.address}" if one.address else "")
        + (", all done" if one.done_us is not None else "")
        for one in life
    )


def _tell_closing(database: Any, space_id: str, found: Closing, now_us: int) -> None:
    zone = zone_of(database, space_id, now_us)
    for what, bookings in (("cancelled", found.cancelled), ("ends with the last day", found.cut)):
        for one in bookings:
            whose = "nobody" if one.member is None else f"member {one.member}"
            click.echo(
                f"{what}: {one.id} {tell(one.time, zone)} {', '.join(one.desks)} ({one.kind.value}, {whose})"
            )
    cards, members, devices = found.reach
    click.echo(
        f"{len(found.cancelled) + len(found.cut)} bookings end; on {found.on} {cards} cards are blocked and {devices} "
        f"devices forget them; {members} members have no other space and are erased later"
    )
