"""Commands on tariffs, and on what doors do for members without a pass."""

import re
from dataclasses import replace
from typing import Any

import click

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE
from hub.domain.errors import RuleRefused
from hub.domain.money import cents_of
from hub.domain.people import AccessHours
from hub.domain.tariffs import BY_MONTH, MINUTES_OF_DAY, Tariff, TariffKind, WithoutPass


def _parts(command: Any) -> Any:
    """Add the options of a tariff to a command."""
    for option in (
        click.option("--hours", type=click.Choice(["opening", "always"]), help="When its passes open doors."),
        click.option(
            "--between",
            metavar="HH:MM-HH:MM",
            help="The only part of the day in which they do, as 08:00-13:00.",
        ),
        click.option("--days", type=int, help="For how many days a pass is valid; 0 for no end."),
        click.option("--per-visit", type=int, help="How many units a visit uses; 1 without it."),
        click.option(
            "--units",
            type=int,
            help="What a pass holds: days, half-days, hours, or days in each month; 0 for any.",
        ),
        click.option("--price", help="In euros, as 12.50; 0 without one."),
    ):
        command = option(command)
    return command


@click.group()
def tariff() -> None:
    """Keep the tariffs of a space. Ankerort takes no payments: see `member due`.

    \b
    Examples:
      ankerort-hub tariff add moelln tag day "Tagespass" --price 15 --units 1 --days 30
      ankerort-hub tariff add moelln vormittag half-day "Vormittag" --price 8 --units 1 --between 08:00-13:00
      ankerort-hub tariff add moelln monat monthly "Acht Tage im Monat" --price 90 --units 8
      ankerort-hub tariff add moelln fest fixed-desk "Fester Platz" --price 220 --hours always
      ankerort-hub tariff rule moelln --without-pass shut
    """


@tariff.command()
@click.argument("space")
@click.argument("id_", metavar="ID")
@click.argument("kind", type=click.Choice([one.value for one in TariffKind]))
@click.argument("name")
@_parts
@click.pass_obj
def add(invocation: Invocation, /, space: str, id_: str, kind: str, name: str, **parts: Any) -> None:
    """Add a tariff.

    \b
    Example:
      ankerort-hub tariff add wittenberge zehn day "Zehnerkarte" --price 120 --units 10 --days 365
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.pass_desk(database)
        if any(one.id == id_ for one in desk.tariffs(space, COMMAND_LINE)):
            raise RuleRefused(f'space "{space}" has a tariff "{id_}" already: `ankerort-hub tariff change`')
        new = _changed(Tariff(id_, name, TariffKind(kind)), **parts)
        desk.save_tariff(space, new, COMMAND_LINE, now_us)
    click.echo(f"tariff {id_} is added to {space}: {_tell(new)}")


@tariff.command()
@click.argument("space")
@click.argument("id_", metavar="ID")
@click.option("--name", help="Another name.")
@click.option("--offered/--not-offered", default=None, help="Whether new passes are sold of it.")
@_parts
@click.pass_obj
def change(
    invocation: Invocation, /, space: str, id_: str, name: str | None, offered: bool | None, **parts: Any
) -> None:
    """Change a tariff; passes that were sold keep their price, units and days.

    \b
    Example:
      ankerort-hub tariff change wittenberge zehn --price 130
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.pass_desk(database)
        known = {one.id: one for one in desk.tariffs(space, COMMAND_LINE)}
        if id_ not in known:
            told = ", ".join(known) or "none: `ankerort-hub tariff add`"
            raise RuleRefused(f'space "{space}" has no tariff "{id_}"; known are {told}')
        before = known[id_]
        changed = replace(
            _changed(before, **parts),
            name=before.name if name is None else name,
            is_offered=before.is_offered if offered is None else offered,
        )
        desk.save_tariff(space, changed, COMMAND_LINE, now_us)
    click.echo(f"tariff {id_} is changed: {_tell(changed)}")


@tariff.command("list")
@click.argument("space")
@click.pass_obj
def list_tariffs(invocation: Invocation, space: str) -> None:
    """List the tariffs of a space, and what doors do for members without a pass.

    \b
    Example:
      ankerort-hub tariff list moelln
    """
    with bootstrap.open_database(invocation.settings) as database:
        desk = desks.pass_desk(database)
        found, rule = desk.tariffs(space, COMMAND_LINE), desk.rule(space, COMMAND_LINE)
    for one in found:
        click.echo(f"{one.id}: {_tell(one)}")
    if not found:
        click.echo(f"{space} has no tariff yet: `ankerort-hub tariff add`")
    click.echo(_RULES[rule])


@tariff.command()
@click.argument("space")
@click.option(
    "--without-pass",
    type=click.Choice([one.value for one in WithoutPass]),
    required=True,
    help="open: doors open as the membership says, and hosts are told; shut: they open for hosts and passes alone.",
)
@click.pass_obj
def rule(invocation: Invocation, space: str, without_pass: str) -> None:
    """Say what doors do for members who have no valid pass.

    \b
    Example:
      ankerort-hub tariff rule moelln --without-pass shut
    """
    chosen = WithoutPass(without_pass)
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        desks.pass_desk(database).save_rule(space, chosen, COMMAND_LINE, now_us)
    click.echo(f"{space}: {_RULES[chosen]}")


_RULES = {
    WithoutPass.OPEN: "doors open for members without a valid pass, too, and hosts are told",
    WithoutPass.SHUT: "doors stay shut for members without a valid pass",
}


def _changed(
    before: Tariff,
    *,
    price: str | None,
    units: int | None,
    per_visit: int | None,
    days: int | None,
    between: str | None,
    hours: str | None,
) -> Tariff:
    starts_min, ends_min = (before.starts_min, before.ends_min) if between is None else _minutes(between)
    return replace(
        before,
        price_cents=before.price_cents if price is None else cents_of(price),
        units=before.units if units is None else units,
        per_visit=before.per_visit if per_visit is None else per_visit,
        valid_days=before.valid_days if days is None else days,
        hours=before.hours if hours is None else AccessHours(hours),
        starts_min=starts_min,
        ends_min=ends_min,
    )


def euros(amount_cents: int) -> str:
    """Return cents as an amount in euros."""
    return f"{amount_cents // 100}.{amount_cents % 100:02} EUR"


def _minutes(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", text.strip())
    if found is None:
        raise RuleRefused(f'"{text[:40]}" is no part of a day: write it as 08:00-13:00, up to 24:00')
    ends_min = int(found[3]) * 60 + int(found[4]) if found[3] else MINUTES_OF_DAY
    return int(found[1]) * 60 + int(found[2]), ends_min


def _tell(one: Tariff) -> str:
    price = euros(one.price_cents) + (" a month" if one.kind in BY_MONTH else "")
    units = f", holds {one.units}" if one.units else ""
    per_visit = f", {one.per_visit} a visit" if one.per_visit != 1 else ""
    days = f", valid for {one.valid_days} days" if one.valid_days else ""
    hours = ", at any hour" if one.hours is AccessHours.ALWAYS else ""
    part = ""
    if (one.starts_min, one.ends_min) != (0, MINUTES_OF_DAY):
        start, end = ("{:02}:{:02}".format(*divmod(minute, 60)) for minute in (one.starts_min, one.ends_min))
        part = f", {start} to {end}"
    offered = "" if one.is_offered else ", not offered any more"
    return f"{one.name} ({one.kind}), {price}{units}{per_visit}{days}{hours}{part}{offered}"
