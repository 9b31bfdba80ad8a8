"""Commands on members and their rights."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import click

from hub import bootstrap, desks
from hub.access_ports import MemberDesk
from hub.cli import Invocation
from hub.domain.errors import RuleRefused
from hub.domain.people import AccessHours, Actor, Member, Membership
from hub.domain.texts import shown
from hub.domain.time import local_date

COMMAND_LINE: Final = Actor(None, "command line")
"""Whoever may run commands on the hub's own machine."""

_DAY: Final = click.DateTime(["%Y-%m-%d"])


def _rights(command: Any) -> Any:
    """Add the options of a membership to a command."""
    for option in (
        click.option(
            "--offline/--no-offline", default=None, help="Whether doors open when they know no time."
        ),
        click.option("--host/--no-host", default=None, help="Whether the member's cards are hosts' cards."),
        click.option(
            "--door", "doors", multiple=True, help="The only doors that open, by id; may be repeated."
        ),
        click.option("--until", type=_DAY, help="Last day, as 2026-12-31; without one there is no end."),
        click.option(
            "--from", "since", type=_DAY, help="First day, as 2026-01-01; today for a new membership."
        ),
        click.option(
            "--hours",
            type=click.Choice([one.value for one in AccessHours]),
            help="When doors open: in the opening hours, always, or by bookings alone (none).",
        ),
    ):
        command = option(command)
    return command


@click.group()
def member() -> None:
    """Add members, list them, change and end their rights.

    \b
    Examples:
      ankerort-hub member add wittenberge "Jo Beispiel" --hours always
      ankerort-hub member list wittenberge
      ankerort-hub member change 17 wittenberge --door front --until 2026-12-31
      ankerort-hub member end 17 wittenberge
    """


@member.command()
@click.argument("space")
@click.argument("name")
@click.option("--mail", default="", help="Mail address.")
@click.option("--longer/--no-longer", default=False, help="Whether doors stay open longer for this person.")
@_rights
@click.pass_obj
def add(invocation: Invocation, /, space: str, name: str, mail: str, longer: bool, **rights: Any) -> None:
    """Add a member to a space; prints the member's number.

    \b
    Examples:
      ankerort-hub member add wittenberge "Jo Beispiel" --mail jo@example.org
      ankerort-hub member add wittenberge "Hanna Host" --hours always --host --offline
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        today = _today(database, space, now_us)
        new = _changed(Membership(space, AccessHours.OPENING, today), **rights)
        member = Member(0, name, mail, longer, (new,))
        number = desks.member_desk(database).save_member(member, COMMAND_LINE, now_us)
    click.echo(f"member {number} is added to {space}: {_tell(new)}")


@member.command("list")
@click.argument("space")
@click.pass_obj
def list_members(invocation: Invocation, space: str) -> None:
    """List the members of a space, by name.

    \b
    Example:
      ankerort-hub member list wittenberge
    """
    with bootstrap.open_database(invocation.settings) as database:
        members = desks.member_desk(database).members(space, COMMAND_LINE)
    for one in members:
        for membership in one.memberships:
            if membership.space == space:
                longer = ", doors stay open longer" if one.needs_longer else ""
                click.echo(shown(f"{one.pk:>6}  {one.name}: {_tell(membership)}{longer}"))
    if not members:
        click.echo(f"{space} has no member yet: `ankerort-hub member add`")


@member.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@click.argument("space", required=False)
@click.option("--name", help="Another name.")
@click.option("--mail", help="Another mail address; empty for none.")
@click.option("--longer/--no-longer", default=None, help="Whether doors stay open longer for this person.")
@click.option("--all-doors", is_flag=True, help="Open every door of the space again.")
@click.option("--no-end", is_flag=True, help="Take the last day away.")
@_rights
@click.pass_obj
def change(
    invocation: Invocation,
    /,
    number: int,
    space: str | None,
    *,
    name: str | None,
    mail: str | None,
    longer: bool | None,
    all_doors: bool,
    no_end: bool,
    **rights: Any,
) -> None:
    """Change a member, or the rights in one space; what is not named stays as it is.

    \b
    Examples:
      ankerort-hub member change 17 --name "Jo Muster" --longer
      ankerort-hub member change 17 moelln --hours always
    """
    if space is None and (all_doors or no_end or any(value not in (None, ()) for value in rights.values())):
        raise RuleRefused("rights are of a space: name it, as in `ankerort-hub member change 17 moelln`")
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.member_desk(database)
        before = desk.member(number, COMMAND_LINE)
        found = replace(
            before,
            name=before.name if name is None else name,
            mail=before.mail if mail is None else mail,
            needs_longer=before.needs_longer if longer is None else longer,
        )
        if space is not None:
            fresh = Membership(space, AccessHours.OPENING, _today(database, space, now_us))
            membership = next((one for one in found.memberships if one.space == space), fresh)
            if all_doors:
                membership = replace(membership, doors=())
            if no_end:
                membership = replace(membership, valid_to=None)
            found = _with(found, _changed(membership, **rights))
        if (replace(found, memberships=()), set(found.memberships)) == (
            replace(before, memberships=()),
            set(before.memberships),
        ):
            raise RuleRefused(
                f"nothing was changed, member {number} is so already: see `ankerort-hub member change --help`"
            )
        desk.save_member(found, COMMAND_LINE, now_us)
    click.echo(f"member {number} is changed")
    for membership in found.memberships:
        click.echo(f"{membership.space}: {_tell(membership)}")


@member.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@click.argument("space")
@click.option("--on", type=_DAY, help="Last day; yesterday without it, so that doors stay shut from now on.")
@click.pass_obj
def end(invocation: Invocation, number: int, space: str, on: datetime | None) -> None:
    """End a membership: cards open nothing after its last day.

    \b
    Examples:
      ankerort-hub member end 17 wittenberge
      ankerort-hub member end 17 wittenberge --on 2026-12-31
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.member_desk(database)
        last = _today(database, space, now_us) - timedelta(days=1) if on is None else on.date()
        told = _end(desk, number, space, last, now_us)
    click.echo(told)


def _end(desk: MemberDesk, number: int, space: str, last: date, now_us: int) -> str:
    found = desk.member(number, COMMAND_LINE)
    before = next((one for one in found.memberships if one.space == space), None)
    if before is None:
        raise RuleRefused(
            f"member {number} has no membership of {space}: see `ankerort-hub member list {space}`"
        )
    if last < before.valid_from:
        others = tuple(one for one in found.memberships if one.space != space)
        desk.save_member(replace(found, memberships=others), COMMAND_LINE, now_us)
        return f"the membership of {space} had not begun: it is taken away"
    desk.save_member(_with(found, replace(before, valid_to=last)), COMMAND_LINE, now_us)
    return f"the membership of {space} ends with {last}"


def _with(member: Member, membership: Membership) -> Member:
    others = tuple(one for one in member.memberships if one.space != membership.space)
    return replace(member, memberships=(*others, membership))


def _changed(
    membership: Membership,
    *,
    hours: str | None,
    since: datetime | None,
    until: datetime | None,
    doors: tuple[str, ...],
    host: bool | None,
    offline: bool | None,
) -> Membership:
    return replace(
        membership,
        hours=membership.hours if hours is None else AccessHours(hours),
        valid_from=membership.valid_from if since is None else since.date(),
        valid_to=membership.valid_to if until is None else until.date(),
        doors=doors or membership.doors,
        is_host=membership.is_host if host is None else host,
        works_offline=membership.works_offline if offline is None else offline,
    )


def _today(database: Any, space: str, now_us: int) -> date:
    """Return the space's own date, or UTC's where there is no such space: whatever comes next says so."""
    live = bootstrap.live_queries(database).space(space, now_us)
    if live is None:
        return datetime.fromtimestamp(now_us / 1_000_000, UTC).date()
    return local_date(now_us, live.space.time_zone)


def _tell(membership: Membership) -> str:
    hours = {
        AccessHours.OPENING: "in the opening hours",
        AccessHours.ALWAYS: "at any hour",
        AccessHours.NONE: "by bookings alone",
    }[membership.hours]
    until = f" to {membership.valid_to}" if membership.valid_to else ""
    doors = f", only {', '.join(membership.doors)}" if membership.doors else ""
    host = ", host" if membership.is_host else ""
    offline = ", also when a door knows no time" if membership.works_offline else ""
    return f"{hours}, from {membership.valid_from}{until}{doors}{host}{offline}"
