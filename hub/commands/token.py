"""Commands on tokens of the API."""

from datetime import datetime
from typing import Final

import click

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.domain.errors import RuleRefused
from hub.domain.people import Actor
from hub.domain.time import checked_day, day_bounds, to_utc
from hub.domain.tokens import Scope, Token, scopes_of

COMMAND_LINE: Final = Actor(None, "command line")
"""Whoever may run commands on the hub's own machine."""


@click.group()
def token() -> None:
    """Make tokens that programs sign in with at the API, list them, revoke them.

    A token acts for a member, or has the rights of an account, and only within its scopes.

    \b
    Examples:
      ankerort-hub token create --name "Jo's phone" --scope bookings:read --scope bookings:write --member 17
      ankerort-hub token list
      ankerort-hub token revoke 3
    """


@token.command()
@click.option("--name", required=True, help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may do; may be repeated.",
)
@click.option("--member", type=click.IntRange(min=1), help="Number of the member that it acts for.")
@click.option("--account", metavar="MAIL", help="Mail address of the account whose rights it has.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (UTC) that it works on.")
@click.pass_obj
def create(
    invocation: Invocation,
    /,
    name: str,
    scopes: tuple[str, ...],
    member: int | None,
    account: str | None,
    until: datetime | None,
) -> None:
    """Make a token and print it, this once: the hub keeps only what it needs to know it again.

    \b
    Examples:
      ankerort-hub token create --name "Jo's phone" --scope bookings:read --scope bookings:write --member 17
      ankerort-hub token create --name "Door sign" --scope availability:read --account eva@example.org
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us, holder = bootstrap.system_clock().now_us(), None
        if account is not None:
            found = desks.accounts(database).by_mail(account)
            if found is None:
                raise RuleRefused(f"there is no account {account}: see `ankerort-hub user list`")
            holder = found.pk
        until_us = None if until is None else day_bounds(checked_day(until.date()), "UTC").end_us
        made, text = desks.token_desk(database).create(
            name, scopes_of(scopes), (member, holder), until_us, COMMAND_LINE, now_us
        )
    click.echo(text)
    click.echo(f"token {made.pk} is shown this once: keep it as you keep a password", err=True)


@token.command("list")
@click.pass_obj
def list_tokens(invocation: Invocation) -> None:
    """List all tokens, without themselves.

    \b
    Example:
      ankerort-hub token list
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        found = desks.token_desk(database).tokens(COMMAND_LINE)
    for one in found:
        click.echo(_line(one, now_us))
    if not found:
        click.echo("there is no token yet: `ankerort-hub token create`")


@token.command()
@click.argument("number", type=click.IntRange(min=1))
@click.pass_obj
def revoke(invocation: Invocation, number: int) -> None:
    """End a token: the next request with it is refused.

    \b
    Example:
      ankerort-hub token revoke 3
    """
    with bootstrap.open_database(invocation.settings) as database:
        desks.token_desk(database).revoke(number, COMMAND_LINE, bootstrap.system_clock().now_us())
    click.echo(f"token {number} works no more")


def _line(one: Token, now_us: int) -> str:
    whose = f"member {one.member}" if one.member else f"account {one.account}"
    until = "" if one.until_us is None else f", until {to_utc(one.until_us):%Y-%m-%d %H:%M} UTC"
    state = "" if one.is_good(now_us) else ", works no more"
    return f"{one.pk:>6}  {one.name}: {whose}, {', '.join(sorted(one.scopes))}{until}{state}"
