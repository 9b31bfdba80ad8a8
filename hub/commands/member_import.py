"""`ankerort-hub member import`: a list of members from a CSV file."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hub import bootstrap, desks
from hub.commands.days import COMMAND_LINE, today
from hub.domain.decoding import decode_file
from hub.domain.errors import RuleRefused
from hub.domain.member_file import Fate, MemberFile

if TYPE_CHECKING:
    from hub.cli import Invocation

MAX_BYTES: Final = 5_000_000


@click.command("import")
@click.argument("space")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would become of each row, and write nothing.")
@click.option("--skip-refused", is_flag=True, help="Write the other rows when some are refused.")
@click.pass_context
def import_members(
    context: click.Context, space: str, file: Path, *, dry_run: bool, skip_refused: bool
) -> None:
    """Add and change members of a space from a CSV file; says what becomes of each row.

    The first line names the columns: name, and any of mail, phone, hours, from, until, groups, longer; German names
    will do. Semicolon, comma or tab; UTF-8, UTF-16 or Windows-1252. Whoever has a mail address that is known, or,
    without one, a name, is changed. When a row is refused, nothing is written and the status is 1.

    \b
    Examples:
      ankerort-hub member import moelln mitglieder.csv --dry-run
      ankerort-hub member import moelln mitglieder.csv
    """
    invocation: Invocation = context.obj
    if file.stat().st_size > MAX_BYTES:
        raise RuleRefused(f"{file} has more than {MAX_BYTES // 1_000_000} MB: import it in parts")
    decoded = decode_file(file.read_bytes())
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        told = MemberFile(decoded, space, today(database, space, now_us))
        rows = desks.import_members(database).run(
            space, told, COMMAND_LINE, now_us, dry_run=dry_run, skip_refused=skip_refused
        )
    for row in rows:
        click.echo(
            f"line {row.line}: {row.name or 'no name'}: {row.fate}" + (f": {row.why}" if row.why else "")
        )
    counts = {fate: sum(row.fate is fate for row in rows) for fate in Fate}
    said = ", ".join(f"{count} {fate}" for fate, count in counts.items() if count) or "no rows"
    refused = counts[Fate.REFUSED] > 0
    if dry_run:
        kept = "nothing is written, as asked"
    else:
        kept = "nothing is written" if refused and not skip_refused else "written"
    click.echo(f"{decoded.encoding}, parted by {_NAMES[told.delimiter]}: {said}; {kept}", err=True)
    if refused:
        context.exit(1)


_NAMES: Final = {";": "semicolons", ",": "commas", "\t": "tabs"}
