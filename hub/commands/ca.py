"""Commands on the authority that issues the certificates of broker, hub and devices."""

from datetime import UTC, datetime

import click

from hub import bootstrap
from hub.authority.folder import Authority, Certificate
from hub.cli import Invocation
from hub.domain.texts import shown

_DAY_US = 86_400_000_000


@click.group()
def ca() -> None:
    """Make, show and renew the authority that says who may connect to the broker.

    \b
    Examples:
      ankerort-hub ca init
      ankerort-hub ca show
      ankerort-hub ca rotate
    """


@ca.command()
@click.pass_obj
def init(invocation: Invocation) -> None:
    """Make the authority of a new installation; it holds for twenty years.

    Keep a copy of its folder where the recovery sheet of the keys is: without it, every device needs a new certificate.

    \b
    Example:
      ankerort-hub ca init
    """
    folder = invocation.settings.provisioning.authority_folder
    Authority(folder).create(bootstrap.system_clock().now_us())
    click.echo(
        f"the authority is in {folder}: keep a copy of it in a safe place, apart from the database's backups"
    )
    click.echo("next: `ankerort-hub broker`")


@ca.command()
@click.option(
    "--days", type=click.IntRange(1), default=90, show_default=True, help="What runs out in so many days."
)
@click.pass_obj
def show(invocation: Invocation, days: int) -> None:
    """List generations and the certificates that are good; end with 1 when one runs out soon.

    \b
    Examples:
      ankerort-hub ca show
      ankerort-hub ca show --days 30
    """
    authority = Authority(invocation.settings.provisioning.authority_folder)
    now_us = bootstrap.system_clock().now_us()
    for number, end in authority.generations():
        click.echo(f"generation {number}  until {end:%Y-%m-%d}")
    good = [one for one in authority.certificates() if one.is_good(now_us)]
    for one in good:
        click.echo(shown(_line(one)))
    late = _running_out(good, now_us + days * _DAY_US)
    for name in late:
        click.echo(f"{name} runs out within {days} days: {_remedy(name)}")
    if late:
        raise SystemExit(1)


@ca.command()
@click.pass_obj
def rotate(invocation: Invocation) -> None:
    """Make a new generation of the authority beside the present one.

    Both are accepted. Devices get certificates of the new one, and learn to know it, when they are renewed or replaced;
    then `ca retire` ends the old one. Do this a few years before the old one ends, or when its key was seen.

    \b
    Example:
      ankerort-hub ca rotate
    """
    number = Authority(invocation.settings.provisioning.authority_folder).rotate(
        bootstrap.system_clock().now_us()
    )
    click.echo(f"generation {number} is there, beside the one before")
    click.echo("next: `ankerort-hub broker`, then `ankerort-hub device renew` for each device")


@ca.command()
@click.argument("generation", type=int)
@click.pass_obj
def retire(invocation: Invocation, generation: int) -> None:
    """End a generation of the authority; refused while a device has no certificate of a newer one.

    \b
    Example:
      ankerort-hub ca retire 1
    """
    now_us = bootstrap.system_clock().now_us()
    Authority(invocation.settings.provisioning.authority_folder).retire(generation, now_us)
    click.echo(f"generation {generation} is accepted no more, once the broker knows: `ankerort-hub broker`")


def _running_out(good: list[Certificate], until_us: int) -> list[str]:
    """Return the names whose newest certificate ends before an instant."""
    ends = dict[str, int]()
    for one in good:
        ends[one.name] = max(one.ends_us, ends.get(one.name, 0))
    return sorted(name for name, end_us in ends.items() if end_us < until_us)


def _remedy(name: str) -> str:
    if "/" in name:
        return f"`ankerort-hub device renew {name} --bundle FILE`"
    return "`ankerort-hub broker`"


def _line(one: Certificate) -> str:
    end = datetime.fromtimestamp(one.ends_us / 1_000_000, UTC)
    return (
        f"{one.name}  {one.use.value}  generation {one.generation}  until {end:%Y-%m-%d}  {one.serial[:16]}"
    )
