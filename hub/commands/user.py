"""Commands on those who sign in."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import click

from hub import bootstrap, desks, post
from hub.access_ports import Account, Accounts
from hub.cli import Invocation
from hub.commands.asking import ask_secret
from hub.config import HubSettings
from hub.domain.errors import RuleRefused
from hub.domain.people import TOWN, Actor, Role, town_scope
from hub.domain.texts import check_text, shown
from hub.passwords import check_new_password, hash_password, new_password

COMMAND_LINE: Final = Actor(None, "command line")
"""Whoever may run commands on the hub's own machine."""

_ROLE: Final = click.Choice([role.value for role in Role])


def _password(command: Any) -> Any:
    """Add the ways to give a password to a command; without any it is asked for twice."""
    for option in (
        click.option(
            "--password-file",
            type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
            help="File whose first line is the password; - for standard input.",
        ),
        click.option("--generate", is_flag=True, help="Make a password and print it, this once."),
    ):
        command = option(command)
    return command


def _spaces(command: Any) -> Any:
    """Add the spaces of a role to a command."""
    for option in (
        click.option("--all-spaces", is_flag=True, help="The role is for every space, also later ones."),
        click.option(
            "--town", "towns", multiple=True, help="Town whose spaces the role is for; may be repeated."
        ),
        click.option("--space", "spaces", multiple=True, help="Space that the role is for; may be repeated."),
    ):
        command = option(command)
    return command


@click.group()
def user() -> None:
    """Add those who sign in, list them, change their roles, reset or disable them.

    Roles: a member sees the own cards; a host works with cards, doors and alarms of a space, a manager with its
    members, too; statistics and technician see no person; research, beside statistics, makes extracts for studies.
    Hosts and managers see the persons of one controller alone:
    whoever works for two has two accounts.

    \b
    Examples:
      ankerort-hub user add eva@example.org --name "Eva König" --role host --space wittenberge
      ankerort-hub user list
      ankerort-hub user role eva@example.org --role manager --space wittenberge
      ankerort-hub user reset eva@example.org --mail
      ankerort-hub user disable eva@example.org
    """


@user.command()
@click.argument("mail")
@click.option("--name", required=True, help="As pages and the log show it.")
@click.option("--role", type=_ROLE, required=True, help="What the account may do.")
@_spaces
@click.option("--member", type=click.IntRange(1, 2**63 - 1), help="Number of the member whose account it is.")
@click.option(
    "--controller", default="", help="For whom it works; without it, for the controller of its spaces."
)
@click.option(
    "--invite", is_flag=True, help="Send a mail with a link, by which its owner chooses the password."
)
@_password
@click.pass_obj
def add(invocation: Invocation, /, mail: str, name: str, role: str, member: int | None, **given: Any) -> None:
    """Add an account that can sign in; the password is asked for twice unless an option says otherwise.

    \b
    Examples:
      ankerort-hub user add eva@example.org --name "Eva König" --role host --space wittenberge
      ankerort-hub user add jo@example.org --name "Jo" --role member --space moelln --member 17 --invite
      ankerort-hub user add stat@example.org --name "Statistik" --role statistics --town moelln --generate
    """
    roles = _roles(role, given["spaces"], given["towns"], all_spaces=given["all_spaces"])
    with bootstrap.open_database(invocation.settings) as database:
        accounts = desks.accounts(database)
        if accounts.by_mail(mail) is not None:
            raise RuleRefused(f"{mail} has an account already: see `user role` and `user reset`")
        name = check_text(name, "a name", least=1)  # before a password is asked for
        hashed, secret = None, ""
        if given["invite"]:
            _need_mail(invocation.settings, given)
        else:
            password, is_shown = _new_password(mail, given["password_file"], generate=given["generate"])
            hashed, secret = hash_password(password), password if is_shown else ""
        now_us = bootstrap.system_clock().now_us()
        account = Account(0, mail, name, token_hex(32), hashed, True, member, roles, given["controller"])
        pk = accounts.save(account, COMMAND_LINE, now_us)
        if given["invite"]:
            desks.sign_in_links(database).invite(pk, now_us)
    click.echo(f"{mail} can sign in: {_tell(roles)}")
    if given["invite"]:
        click.echo("jobs send a link by which its owner chooses a password")
    if secret:
        _show(secret)


@user.command("list")
@click.pass_obj
def list_users(invocation: Invocation) -> None:
    """List all accounts, by mail address.

    \b
    Example:
      ankerort-hub user list
    """
    with bootstrap.open_database(invocation.settings) as database:
        found = desks.accounts(database).all()
    for one in found:
        notes = [] if one.is_active else ["disabled"]
        notes += [] if one.password_hash else ["no password"]
        notes += [f"member {one.member}"] if one.member else []
        notes += [f"for {one.controller}"] if one.controller else []
        line = f"{one.mail}  {one.name}  {_tell(one.roles)}{''.join(f'  {note}' for note in notes)}"
        click.echo(shown(line))
    if not found:
        click.echo("nobody can sign in yet: `ankerort-hub user add` adds the first one")


@user.command()
@click.argument("mail")
@click.option("--role", type=_ROLE, required=True, help="The role to give or take.")
@_spaces
@click.option("--remove", is_flag=True, help="Take the role away.")
@click.pass_obj
def role(invocation: Invocation, /, mail: str, role: str, remove: bool, **given: Any) -> None:
    """Give a role to an account, or take it away; it counts from the next page on.

    \b
    Examples:
      ankerort-hub user role eva@example.org --role manager --space wittenberge
      ankerort-hub user role eva@example.org --role host --space wittenberge --remove
    """
    wanted = _roles(role, given["spaces"], given["towns"], all_spaces=given["all_spaces"])
    with bootstrap.open_database(invocation.settings) as database:
        accounts = desks.accounts(database)
        account = _account(accounts, mail)
        if remove and (missing := wanted - account.roles):
            raise RuleRefused(
                f"{account.mail} is not {_tell(missing)}, but {_tell(account.roles)}: nothing was changed"
            )
        roles = account.roles - wanted if remove else account.roles | wanted
        if roles == account.roles:
            click.echo(f"nothing was changed: {account.mail} has this already: {_tell(roles)}")
            return
        accounts.save(replace(account, roles=roles), COMMAND_LINE, bootstrap.system_clock().now_us())
    click.echo(f"{account.mail}: {_tell(roles)}")


@user.command()
@click.argument("mail")
@click.argument("controller")
@click.pass_obj
def controller(invocation: Invocation, /, mail: str, controller: str) -> None:
    """Say for whom an account works: hosts and managers see the persons of this controller's spaces alone.

    The name is that of the site file, to the letter. It is set by itself when an account's spaces have but one; after
    a space went to another controller, nobody sees its persons until this says who does.

    \b
    Example:
      ankerort-hub user controller eva@example.org "Stadt Wittenberge"
    """
    with bootstrap.open_database(invocation.settings) as database:
        accounts = desks.accounts(database)
        account = _account(accounts, mail)
        changed = replace(account, controller=controller)
        accounts.save(changed, COMMAND_LINE, bootstrap.system_clock().now_us())
    click.echo(f"{account.mail} works for {controller or 'whoever names no controller'}")


@user.command()
@click.argument("mail")
@click.option("--mail", "by_mail", is_flag=True, help="Send a link instead, by which its owner chooses it.")
@click.option("--second-factor", is_flag=True, help="Take the second factor and all passkeys away instead.")
@_password
@click.pass_obj
def reset(invocation: Invocation, /, mail: str, by_mail: bool, second_factor: bool, **given: Any) -> None:
    """Give an account another password, and end all its sessions; or help somebody in who has lost the second factor.

    \b
    Examples:
      ankerort-hub user reset eva@example.org
      ankerort-hub user reset eva@example.org --mail
      ankerort-hub user reset eva@example.org --second-factor
    """
    ways = [by_mail, second_factor, given["generate"] or given["password_file"] is not None]
    if sum(ways) > 1:
        raise RuleRefused("--mail, --second-factor and a password are three ways: choose one of them")
    now_us = bootstrap.system_clock().now_us()
    if by_mail:
        _need_mail(invocation.settings, {})
    with bootstrap.open_database(invocation.settings) as database:
        accounts = desks.accounts(database)
        account = _account(accounts, mail)
        if by_mail:
            desks.sign_in_links(database).invite(account.pk, now_us)
            click.echo(f"jobs send a link to {account.mail}; until it is used, everything stays as it is")
            return
        if second_factor:
            desks.second_factors(database).take_away(account.pk, COMMAND_LINE, now_us)
            accounts.save(replace(account, uniquifier=token_hex(32)), COMMAND_LINE, now_us)
            click.echo(f"{account.mail} has neither second factor nor passkeys, and is signed out everywhere")
            return
        password, is_shown = _new_password(account.mail, given["password_file"], generate=given["generate"])
        changed = replace(account, password_hash=hash_password(password), uniquifier=token_hex(32))
        accounts.save(changed, COMMAND_LINE, now_us)
    click.echo(f"{account.mail} has a new password, and is signed out everywhere")
    if is_shown:
        _show(password)


@user.command()
@click.argument("mail")
@click.option("--undo", is_flag=True, help="Let the account sign in again.")
@click.pass_obj
def disable(invocation: Invocation, /, mail: str, undo: bool) -> None:
    """Let an account sign in no more, and end all its sessions; what it did stays in the log.

    \b
    Examples:
      ankerort-hub user disable eva@example.org
      ankerort-hub user disable eva@example.org --undo
    """
    with bootstrap.open_database(invocation.settings) as database:
        accounts = desks.accounts(database)
        account = _account(accounts, mail)
        changed = replace(account, is_active=undo, uniquifier=token_hex(32))
        accounts.save(changed, COMMAND_LINE, bootstrap.system_clock().now_us())
    click.echo(f"{account.mail} can sign in again" if undo else f"{account.mail} can't sign in any more")


@user.command()
@click.argument("space")
@click.argument("mails", metavar="[MAIL]...", nargs=-1)
@click.option("--nobody", is_flag=True, help="Call nobody about alarms of this space any more.")
@click.pass_obj
def rota(invocation: Invocation, /, space: str, mails: tuple[str, ...], nobody: bool) -> None:
    """Show or set who is called about alarms of a space: the first at once, each deputy 15 minutes later.

    Without addresses it shows who is called. Whoever takes an alarm on ends the calling.

    \b
    Examples:
      ankerort-hub user rota wittenberge
      ankerort-hub user rota wittenberge eva@example.org jo@example.org
      ankerort-hub user rota wittenberge --nobody
    """
    if mails and nobody:
        raise RuleRefused("name addresses, or --nobody: not both")
    with bootstrap.open_database(invocation.settings) as database:
        accounts, desk = desks.accounts(database), desks.door_desk(database)
        if mails or nobody:
            called = [_account(accounts, mail).pk for mail in mails]
            desk.save_rota(space, called, COMMAND_LINE, bootstrap.system_clock().now_us())
        found = {account.pk: account for account in accounts.all()}
        order = [found[pk] for pk in desk.rota(space, COMMAND_LINE)]
    for number, account in enumerate(order):
        click.echo(shown(f"after {15 * number:>3} min  {account.mail}  {account.name}"))
    if not order:
        click.echo(f"nobody is called about alarms of {space}: they stand on the page of its hosts")


def _account(accounts: Accounts, mail: str) -> Account:
    account = accounts.by_mail(mail)
    if account is None:
        raise RuleRefused(f"there is no account {mail}: see `ankerort-hub user list`")
    return account


def _roles(
    role: str, spaces: tuple[str, ...], towns: tuple[str, ...], *, all_spaces: bool
) -> frozenset[tuple[Role, str]]:
    scopes = (*spaces, *map(town_scope, towns))
    if bool(scopes) == all_spaces:
        raise RuleRefused(
            "say which space the role is for: --space SPACE, --town TOWN, or --all-spaces for every one (not both)"
        )
    return frozenset((Role(role), scope) for scope in scopes or ("",))


def _need_mail(settings: HubSettings, given: Mapping[str, Any]) -> None:
    """Refuse a link by mail where no mail is sent, and beside a password."""
    if given.get("generate") or given.get("password_file") is not None:
        raise RuleRefused("--invite has its owner choose the password: leave the other ways out")
    if not post.sends_mail(settings):
        raise RuleRefused(
            "the hub sends no mail: set mail.host, mail.sender and web.public_url, or give a password"
        )
    post.check_mail(settings)


def _new_password(mail: str, file: Path | None, *, generate: bool) -> tuple[str, bool]:
    """Return a new password, and whether whoever runs the command has yet to be told it."""
    if generate and file is not None:
        raise RuleRefused("--generate makes a password and --password-file names one: choose one of them")
    if generate:
        return new_password(), True
    if file is None:
        password = ask_secret("Password", "give --password-file - or --generate", again="Once more")
    else:
        password = _first_line(file)
    check_new_password(password, mail)
    return password, False


def _first_line(file: Path) -> str:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleRefused(f"{file} can't be read as text ({type(error).__name__}): check the path") from error
    return text.splitlines()[0] if text else ""


def _show(password: str) -> None:
    click.echo(f"password: {password}")
    click.echo("It is shown this once: hand it over, to be changed on the page of the account.", err=True)


def _tell(roles: frozenset[tuple[Role, str]]) -> str:
    named = sorted((role.value, space) for role, space in roles)
    told = [f"{role} of {_scope(scope)}" for role, scope in named]
    return ", ".join(told) or "no role"


def _scope(scope: str) -> str:
    if not scope:
        return "every space"
    return f"the town {scope.removeprefix(TOWN)}" if scope.startswith(TOWN) else scope
