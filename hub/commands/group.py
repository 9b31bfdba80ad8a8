"""Commands on groups of members, and on whom a space lets in from which day on."""

from dataclasses import replace
from datetime import datetime

import click

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE, DAY, day_of
from hub.domain.admission import AccessPhase, Group
from hub.domain.errors import RuleRefused


@click.group()
def group() -> None:
    """Keep groups of members, and say whom a space lets in from which day on.

    Who belongs to groups has rights for as long as one of them lasts: give a cohort its last day, and all its cards
    open nothing afterwards. Without phases, everyone with a membership is let in.

    \b
    Examples:
      ankerort-hub group add moelln verein "Sportverein"
      ankerort-hub group phase moelln --from 2026-01-01 --for verein
      ankerort-hub group phase moelln --from 2026-07-01 --for-everyone
      ankerort-hub group add wittenberge sommer-2026 "Sommer der Pioniere" --until 2026-09-30
      ankerort-hub member change 17 moelln --group verein
    """


@group.command()
@click.argument("space")
@click.argument("id_", metavar="ID")
@click.argument("name")
@click.option(
    "--from", "since", type=DAY, help="First day, as 2026-06-01; without one it has always been there."
)
@click.option("--until", type=DAY, help="Last day, as 2026-09-30; without one there is no end.")
@click.pass_obj
def add(
    invocation: Invocation, space: str, id_: str, name: str, since: datetime | None, until: datetime | None
) -> None:
    """Add a group.

    \b
    Example:
      ankerort-hub group add wittenberge sommer-2026 "Sommer der Pioniere" --from 2026-06-01 --until 2026-09-30
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.group_desk(database)
        if any(one.id == id_ for one in desk.admission(space, COMMAND_LINE).groups):
            raise RuleRefused(f'space "{space}" has a group "{id_}" already: `ankerort-hub group change`')
        new = Group(id_, name, day_of(since), day_of(until))
        desk.save_group(space, new, COMMAND_LINE, now_us)
    click.echo(f"group {id_} is added to {space}: {_tell(new)}")


@group.command()
@click.argument("space")
@click.argument("id_", metavar="ID")
@click.option("--name", help="Another name.")
@click.option("--from", "since", type=DAY, help="Another first day.")
@click.option("--until", type=DAY, help="Another last day.")
@click.option("--no-end", is_flag=True, help="Take the last day away.")
@click.pass_obj
def change(
    invocation: Invocation,
    /,
    space: str,
    id_: str,
    *,
    name: str | None,
    since: datetime | None,
    until: datetime | None,
    no_end: bool,
) -> None:
    """Change a group; what is not named stays as it is.

    \b
    Example:
      ankerort-hub group change wittenberge sommer-2026 --until 2026-10-15
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.group_desk(database)
        known = {one.id: one for one in desk.admission(space, COMMAND_LINE).groups}
        if id_ not in known:
            told = ", ".join(known) or "none: `ankerort-hub group add`"
            raise RuleRefused(f'space "{space}" has no group "{id_}"; known are {told}')
        before = known[id_]
        changed = replace(
            before,
            name=before.name if name is None else name,
            starts_on=day_of(since) or before.starts_on,
            ends_on=None if no_end else day_of(until) or before.ends_on,
        )
        desk.save_group(space, changed, COMMAND_LINE, now_us)
    click.echo(f"group {id_} is changed: {_tell(changed)}")


@group.command()
@click.argument("space")
@click.argument("id_", metavar="ID")
@click.pass_obj
def drop(invocation: Invocation, space: str, id_: str) -> None:
    """Take a group away, from its members too.

    \b
    Example:
      ankerort-hub group drop wittenberge sommer-2024
    """
    with bootstrap.open_database(invocation.settings) as database:
        desks.group_desk(database).drop_group(space, id_, COMMAND_LINE, bootstrap.system_clock().now_us())
    click.echo(f"group {id_} of {space} is gone; its members have the rights of their memberships alone")


@group.command("list")
@click.argument("space")
@click.pass_obj
def list_groups(invocation: Invocation, space: str) -> None:
    """List the groups of a space, and whom it lets in.

    \b
    Example:
      ankerort-hub group list moelln
    """
    with bootstrap.open_database(invocation.settings) as database:
        admission = desks.group_desk(database).admission(space, COMMAND_LINE)
    for one in admission.groups:
        click.echo(f"{one.id}: {_tell(one)}")
    if not admission.groups:
        click.echo(f"{space} has no group yet: `ankerort-hub group add`")
    for phase in admission.phases:
        click.echo(_tell_phase(phase))
    if not admission.phases:
        click.echo("everyone with a membership is let in")


@group.command()
@click.argument("space")
@click.option("--from", "since", type=DAY, required=True, help="First day, as 2026-07-01.")
@click.option("--for", "groups", multiple=True, help="A group that is let in, by id; may be repeated.")
@click.option("--for-everyone", is_flag=True, help="Let in everyone with a membership.")
@click.option("--remove", is_flag=True, help="Take the phase of this day away.")
@click.pass_obj
def phase(
    invocation: Invocation,
    /,
    space: str,
    *,
    since: datetime,
    groups: tuple[str, ...],
    for_everyone: bool,
    remove: bool,
) -> None:
    """Say whom a space lets in from a day on, until the next such day. Hosts are always let in.

    \b
    Examples:
      ankerort-hub group phase moelln --from 2026-01-01 --for verein
      ankerort-hub group phase moelln --from 2026-07-01 --for-everyone
      ankerort-hub group phase moelln --from 2026-07-01 --remove
    """
    if [bool(groups), for_everyone, remove].count(True) != 1:
        raise RuleRefused("say who is let in: --for a group, --for-everyone, or --remove the phase")
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.group_desk(database)
        before = desk.admission(space, COMMAND_LINE).phases
        day = since.date()
        phases = [one for one in before if one.starts_on != day]
        if remove and len(phases) == len(before):
            raise RuleRefused(f"no phase of {space} begins on {day}: see `ankerort-hub group list {space}`")
        if not remove:
            phases.append(AccessPhase(day, groups))
        desk.save_phases(space, phases, COMMAND_LINE, now_us)
        after = desk.admission(space, COMMAND_LINE).phases
    for one in after:
        click.echo(_tell_phase(one))
    if not after:
        click.echo("everyone with a membership is let in")


def _tell(one: Group) -> str:
    since = f", from {one.starts_on}" if one.starts_on else ""
    until = f", to {one.ends_on}" if one.ends_on else ""
    return f"{one.name}{since}{until}"


def _tell_phase(phase: AccessPhase) -> str:
    return f"from {phase.starts_on}: {', '.join(phase.groups) or 'everyone with a membership'}"
