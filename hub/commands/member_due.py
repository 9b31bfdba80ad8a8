"""`ankerort-hub member due`: what members owe for a month, for whoever writes the bills."""

import sys
from datetime import datetime
from pathlib import Path

import click

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE, MONTH
from hub.commands.tariff import euros
from hub.domain.due import total_cents
from hub.domain.errors import RuleRefused
from hub.export.csv_dialects import Dialect
from hub.export.due import due_csv


@click.command()
@click.argument("space")
@click.option("--month", type=MONTH, required=True, help="As 2026-11.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; without it, the output."
)
@click.option(
    "--dialect",
    type=click.Choice([one.value for one in Dialect]),
    default=Dialect.MACHINE.value,
    show_default=True,
    help="machine: comma, point, UTF-8; excel-de: semicolon, decimal comma, UTF-8 with BOM.",
)
@click.option(
    "--settle", is_flag=True, help="Say that the month is accounted for: its visits keep their passes."
)
@click.pass_obj
def due(
    invocation: Invocation, /, space: str, *, month: datetime, out: Path | None, dialect: str, settle: bool
) -> None:
    """Write what members owe for a month, as CSV: passes that were sold, months, and visits without a pass.

    Visits go 60 days after their month is settled, and after 400 days in any case.

    \b
    Examples:
      ankerort-hub member due moelln --month 2026-11
      ankerort-hub member due moelln --month 2026-11 --dialect excel-de --out november.csv --settle
    """
    if out is not None and out.exists():
        raise RuleRefused(f"{out} is there already: choose another file, or remove it")
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.pass_desk(database)
        if settle:
            found = desk.settle(space, month.date(), COMMAND_LINE, now_us)
        else:
            found = desk.due(space, month.date(), COMMAND_LINE)
    written = due_csv(f"{month:%Y-%m}", found.lines, Dialect(dialect))
    if out is None:
        sys.stdout.buffer.write(written)
        sys.stdout.flush()
    else:
        out.write_bytes(written)
    said = " It is settled." if found.is_settled else ""
    click.echo(f"{len(found.lines)} lines, {euros(total_cents(found.lines))}.{said}", err=True)
