"""`ankerort-hub restore`: a backup takes the place of the database."""

from pathlib import Path

import click

from hub import backups, bootstrap
from hub.cli import Invocation
from hub.domain.time import to_utc


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--reason", required=True, help="Why; it stands in the log, signed.")
@click.pass_obj
def restore(invocation: Invocation, file: Path, reason: str) -> None:
    """Put a backup in the place of the database.

    The hub must be stopped. The backup is tried first; the database that is there is put aside, not deleted. Who was
    erased since is erased again, blocked cards stay blocked, the restore is signed into the log, and devices send again
    what they still keep.

    \b
    Example:
      ankerort-hub restore /media/stick/ankerort-20261130T011000Z.age --reason "disk replaced"
    """
    settings = invocation.settings
    done = backups.restore(settings, file, reason, bootstrap.system_clock().now_us())
    at = f"{to_utc(done.manifest.made_us):%Y-%m-%dT%H:%M:%SZ}"
    click.echo(f"the database is that of {at}: {sum(done.manifest.rows.values())} rows, {file.name}")
    if done.aside:
        days = settings.backup.keep_days
        click.echo(
            f"the one before lies at {done.aside}; it is deleted with the first backup after {days} days"
        )
    if done.erased_again:
        click.echo(f"erased again, as they had been since: {done.erased_again} persons")
    if done.ledger_lines:
        click.echo(f"brought back from beside the backups: {done.ledger_lines} lines of the ledgers")
    click.echo(
        "start the hub: cards that were blocked since are blocked again, and devices send what it lacks. What people "
        "did since is gone: go through `user list`, `token list` and `device list` for whoever lost a right since, and "
        "make bookings, cards and members of that time again"
    )
