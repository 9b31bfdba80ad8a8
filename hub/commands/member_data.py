"""`ankerort-hub member export` and `erase`: what is stored about one person (requirement P5)."""

from pathlib import Path

import click

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE
from hub.domain.errors import RuleRefused
from hub.export.person import person_html, person_json
from hub.member_ports import PersonDesk


@click.command()
@click.argument("who", metavar="NAME|NUMBER")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the files; made when it is not there.",
)
@click.option("--reason", default="", help="Why, for the log: asked of everybody but the person.")
@click.option(
    "--language",
    type=click.Choice(["de", "en"]),
    default="de",
    show_default=True,
    help="Of the page to read.",
)
@click.pass_obj
def export(invocation: Invocation, who: str, out: Path, reason: str, language: str) -> None:
    """Write all that is stored about a person: JSON for programs, a page to read.

    Passwords and keys are left out, and named. That it was done, and why, stands in the log of actions.

    \b
    Example:
      ankerort-hub member export 17 --out auskunft --reason "asked by mail on 2026-11-20"
    """
    with bootstrap.open_database(invocation.settings) as database:
        desk = desks.person_desk(database)
        number = _number(desk, who)
        files = [out / f"member-{number}.{kind}" for kind in ("json", "html")]
        if there := [file for file in files if file.exists()]:
            raise RuleRefused(f"{there[0]} is there already: choose another folder, or remove it")
        data = desk.export(number, reason, COMMAND_LINE, bootstrap.system_clock().now_us())
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file, content in zip(files, (person_json(data), person_html(data, language)), strict=True):
        # Nobody else on this machine is to read it.
        file.touch(mode=0o600)
        file.write_bytes(content)
        click.echo(str(file))


@click.command()
@click.argument("who", metavar="NAME|NUMBER")
@click.option("--yes", is_flag=True, help="Do not ask once more.")
@click.pass_obj
def erase(invocation: Invocation, who: str, yes: bool) -> None:
    """Erase a person for ever; counts stay.

    Memberships, cards and the account end, the log loses what it said of the person and says that it did. `jobs` writes
    it into the ledger, so that no backup that is put back brings the person back.

    \b
    Example:
      ankerort-hub member erase 17
    """
    with bootstrap.open_database(invocation.settings) as database:
        desk = desks.person_desk(database)
        number = _number(desk, who)
        if not yes:
            click.confirm(f"erase member {number} for ever?", abort=True, err=True)
        desk.erase(number, COMMAND_LINE, bootstrap.system_clock().now_us())
    click.echo(f"member {number} is erased; doors forget the cards with their next list")


def _number(desk: PersonDesk, who: str) -> int:
    """Return the number of the member that somebody means."""
    if who.isdecimal():
        return int(who)
    found = desk.find(who, COMMAND_LINE)
    if not found:
        raise RuleRefused(f'nobody is called "{who[:60]}": see `ankerort-hub member list`')
    if len(found) > 1:
        numbers = ", ".join(map(str, found))
        raise RuleRefused(f'{len(found)} members are called "{who[:60]}": name one by number, of {numbers}')
    return found[0]
