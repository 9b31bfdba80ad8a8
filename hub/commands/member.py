"""Commands on members and their rights."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import click

from hub import bootstrap, desks
from hub.access_ports import MemberDesk
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE, DAY, today
from hub.commands.member_calendar import calendar
from hub.commands.member_data import erase, export
from hub.commands.member_due import due
from hub.commands.member_import import import_members
from hub.domain.errors import RuleRefused
from hub.domain.member_rules import ended
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.texts import shown


def _rights(command: Any) -> Any:
    """Add the options of a membership to a command."""
    for option in (
        click.option(
            "--offline/--no-offline", default=None, help="Whether doors open when they know no time."
        ),
        click.option("--host/--no-host", default=None, help="Whether the member's cards are hosts' cards."),
        click.option(
            "--group",
            "groups",
            multiple=True,
            help="A group of the space, by id; may be repeated, and replaces those that are.",
        ),
        click.option(
            "--door", "doors", multiple=True, help="The only doors that open, by id; may be repeated."
        ),
        click.option("--until", type=DAY, help="Last day, as 2026-12-31; without one there is no end."),
        click.option(
            "--from", "since", type=DAY, help="First day, as 2026-01-01; today for a new membership."
        ),
        click.option(
            "--hours",
            type=click.Choice([one.value for one in AccessHours]),
            help="When doors open: in the opening hours, always, or by bookings and passes alone (none).",
        ),
    ):
        command = option(command)
    return command


def _person_options(command: Any) -> Any:
    """Add the options of a person, beside name and mail address."""
    for option in (
        click.option("--statistics/--no-statistics", default=None, help="Takes part in optional statistics."),
        click.option(
            "--presence/--no-presence", default=None, help="Others may see that this person is there."
        ),
        click.option("--phone", help="Telephone; empty for none."),
    ):
        command = option(command)
    return command


_PERSON = ("phone", "presence", "statistics")


@click.group()
def member() -> None:
    """Add members and guests, list them, change and end their rights, say what is due.

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
@_person_options
@_rights
@click.pass_obj
def add(invocation: Invocation, /, space: str, name: str, mail: str, longer: bool, **options: Any) -> None:
    """Add a member to a space; prints the member's number.

    \b
    Examples:
      ankerort-hub member add wittenberge "Jo Beispiel" --mail jo@example.org
      ankerort-hub member add wittenberge "Hanna Host" --hours always --host --offline
    """
    person, rights = _parted(options)
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        first = Membership(space, AccessHours.OPENING, today(database, space, now_us))
        new = _changed(first, **rights)
        member = _person(Member(0, name, mail, longer, (new,)), **person)
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
@click.option("--no-groups", is_flag=True, help="Take all groups away.")
@click.option("--no-end", is_flag=True, help="Take the last day away.")
@_person_options
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
    **options: Any,
) -> None:
    """Change a member, or the rights in one space; what is not named stays as it is.

    \b
    Examples:
      ankerort-hub member change 17 --name "Jo Muster" --longer
      ankerort-hub member change 17 moelln --hours always
    """
    taken = {name for name in ("all_doors", "no_groups", "no_end") if options.pop(name)}
    person, rights = _parted(options)
    if space is None and (taken or any(value not in (None, ()) for value in rights.values())):
        raise RuleRefused("rights are of a space: name it, as in `ankerort-hub member change 17 moelln`")
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.member_desk(database)
        before = desk.member(number, COMMAND_LINE)
        found = replace(
            _person(before, **person),
            name=before.name if name is None else name,
            mail=before.mail if mail is None else mail,
            needs_longer=before.needs_longer if longer is None else longer,
        )
        if space is not None:
            fresh = Membership(space, AccessHours.OPENING, today(database, space, now_us))
            membership = next((one for one in found.memberships if one.space == space), fresh)
            if "all_doors" in taken:
                membership = replace(membership, doors=())
            if "no_groups" in taken:
                membership = replace(membership, groups=())
            if "no_end" in taken:
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
@click.option("--on", type=DAY, help="Last day; yesterday without it, so that doors stay shut from now on.")
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
        last = today(database, space, now_us) - timedelta(days=1) if on is None else on.date()
        told = _end(desk, number, space, last, now_us)
    click.echo(told)


@member.command()
@click.argument("space")
@click.argument("name")
@click.option(
    "--host", "answers", type=click.IntRange(1, 2**63 - 1), required=True, help="Who answers for them."
)
@click.option("--mail", default="", help="Mail address.")
@click.option("--on", type=DAY, help="First day; today without it.")
@click.option("--days", type=click.IntRange(1, 366), default=1, show_default=True, help="How many days.")
@click.option("--tariff", help="A pass of this tariff, sold from the first day on.")
@click.pass_obj
def guest(
    invocation: Invocation,
    /,
    space: str,
    name: str,
    *,
    answers: int,
    mail: str,
    on: datetime | None,
    days: int,
    tariff: str | None,
) -> None:
    """Add a guest for whom a member answers; without a tariff, doors open in the opening hours of those days.

    \b
    Examples:
      ankerort-hub member guest wittenberge "Gesa Gast" --host 17
      ankerort-hub member guest wittenberge "Gesa Gast" --host 17 --on 2026-11-20 --tariff tag
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        first = on.date() if on is not None else today(database, space, now_us)
        hours = AccessHours.OPENING if tariff is None else AccessHours.NONE
        right = Membership(space, hours, first, first + timedelta(days=days - 1))
        passes = desks.pass_desk(database)
        if tariff is not None and not any(
            one.id == tariff and one.is_offered for one in passes.tariffs(space, COMMAND_LINE)
        ):
            raise RuleRefused(
                f'space "{space}" offers no tariff "{tariff}": `ankerort-hub tariff list {space}`'
            )
        desk = desks.member_desk(database)
        number = desk.save_member(
            Member(0, name, mail, memberships=(right,), answers=answers), COMMAND_LINE, now_us
        )
        if tariff is not None:
            passes.sell(space, number, tariff, first, COMMAND_LINE, now_us)
    click.echo(f"guest {number} is added to {space}: {_tell(right)}; member {answers} answers for them")


def _parted(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what options say of the person, and of rights."""
    return {name: options[name] for name in _PERSON}, {
        name: value for name, value in options.items() if name not in _PERSON
    }


def _person(member: Member, *, phone: str | None, presence: bool | None, statistics: bool | None) -> Member:
    return replace(
        member,
        phone=member.phone if phone is None else phone,
        shows_presence=member.shows_presence if presence is None else presence,
        in_statistics=member.in_statistics if statistics is None else statistics,
    )


def _end(desk: MemberDesk, number: int, space: str, last: date, now_us: int) -> str:
    found = desk.member(number, COMMAND_LINE)
    after = ended(found, space, last)
    desk.save_member(after, COMMAND_LINE, now_us)
    if len(after.memberships) < len(found.memberships):
        return f"the membership of {space} had not begun: it is taken away"
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
    groups: tuple[str, ...],
    host: bool | None,
    offline: bool | None,
) -> Membership:
    return replace(
        membership,
        hours=membership.hours if hours is None else AccessHours(hours),
        valid_from=membership.valid_from if since is None else since.date(),
        valid_to=membership.valid_to if until is None else until.date(),
        doors=doors or membership.doors,
        groups=groups or membership.groups,
        is_host=membership.is_host if host is None else host,
        works_offline=membership.works_offline if offline is None else offline,
    )


def _tell(membership: Membership) -> str:
    hours = {
        AccessHours.OPENING: "in the opening hours",
        AccessHours.ALWAYS: "at any hour",
        AccessHours.NONE: "by bookings and passes alone",
    }[membership.hours]
    until = f" to {membership.valid_to}" if membership.valid_to else ""
    doors = f", only {', '.join(membership.doors)}" if membership.doors else ""
    host = ", host" if membership.is_host else ""
    offline = ", also when a door knows no time" if membership.works_offline else ""
    groups = f", of {', '.join(membership.groups)}" if membership.groups else ""
    return f"{hours}, from {membership.valid_from}{until}{doors}{groups}{host}{offline}"


member.add_command(due)
member.add_command(import_members)
member.add_command(export)
member.add_command(calendar)
member.add_command(erase)
