"""`ankerort-hub publish`: freezes a report."""

import click

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.commands.export import ZONE, subject_of
from hub.domain.statistics.periods import Month, Span
from hub.domain.time import local_date


@click.command()
@click.option("--town", metavar="AGS", help="Key of a town, eight digits.")
@click.option("--network", is_flag=True, help="All towns together.")
@click.option("--space", metavar="SPACE", help="Id of a space.")
@click.option("--from", "first", metavar="MONTH", required=True, help="First month, as 2026-01.")
@click.option("--to", "last", metavar="MONTH", required=True, help="Last month, inclusive, as 2026-12.")
@click.option("--dry-run", is_flag=True, help="Only say what would be published.")
@click.pass_obj
def publish(
    invocation: Invocation,
    /,
    *,
    town: str | None,
    network: bool,
    space: str | None,
    first: str,
    last: str,
    dry_run: bool,
) -> None:
    """Publish a report: its numbers are frozen and never change; a correction is a new version.

    What is printed is checked together with all that was ever printed. In the browser the same can be looked at row by
    row before.

    \b
    Examples:
      ankerort-hub publish --town 12070424 --from 2026-01 --to 2026-12 --dry-run
      ankerort-hub publish --network --from 2026-01 --to 2026-12
    """
    subject, span = subject_of(town, space, is_network=network), Span(Month.parse(first), Month.parse(last))
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        today = local_date(now_us, ZONE)
        desk = desks.reports(database, invocation.settings.statistics.publisher)
        report = (
            desk.draft(subject, span, today) if dry_run else desk.publish(subject, span, today, now_us, None)
        )
    if report.is_uncounted:
        click.echo(
            "pseudonyms of this period have ended on 31 March: nobody can count any more how many people came, so "
            "numbers of use are hidden; publish a year before that day",
            err=True,
        )
    shown = sum(row.is_shown for row in report.rows)
    told = f"{shown} of {len(report.rows)} figures are shown, the others are hidden or do not exist"
    if dry_run:
        click.echo(f"version {report.version} of {span}: {told}; nothing was published")
    else:
        click.echo(f"published version {report.version} of {span}: {told}; checksum {report.checksum}")
