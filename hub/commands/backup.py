"""`ankerort-hub backup`: makes a backup now, lists those that were made, tries one again."""

from pathlib import Path

import click

from hub import backups, bootstrap
from hub.cli import Invocation
from hub.domain.backups import BackupState
from hub.domain.texts import shown
from hub.domain.time import to_utc
from hub.key_file import load_keys


@click.group(invoke_without_command=True)
@click.pass_context
def backup(ctx: click.Context) -> None:
    """Make a backup and try it, list backups, try one again.

    `jobs` makes one each night. Without a further word, one is made now: encrypted, read back from the disk, restored
    into a scratch database, and compared with what was copied. It counts only then.

    \b
    Examples:
      ankerort-hub backup
      ankerort-hub backup list
      ankerort-hub backup verify /media/stick/ankerort-20261130T011000Z.age
    """
    if ctx.invoked_subcommand is not None:
        return
    settings = ctx.ensure_object(Invocation).settings
    keys = load_keys(settings.keys.file)
    with bootstrap.open_database(settings) as database:
        done = backups.back_up(settings, database, keys).run(bootstrap.system_clock().now_us())
        backups.ledger_copies(settings).run()
    click.echo(
        f"{settings.backup.folder / done.file}: {done.rows} rows in {done.size_bytes} bytes, restored and compared"
    )


@backup.command("list")
@click.option(
    "--last",
    "limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="How many, the last ones.",
)
@click.pass_obj
def list_(invocation: Invocation, limit: int) -> None:
    """List what was backed up and restored, newest first, and what failed.

    \b
    Example:
      ankerort-hub backup list --last 3
    """
    settings = invocation.settings
    with bootstrap.open_database(settings) as database:
        found = backups.backup_runs(database).latest(limit)
    for run in found:
        what = {
            BackupState.VERIFIED: f"verified, {run.rows} rows, {run.size_bytes} bytes",
            BackupState.FAILED: f"FAILED: {run.problem}",
            BackupState.RESTORED: f"restored, {run.rows} rows",
        }[run.state]
        if run.state is BackupState.VERIFIED and not (settings.backup.folder / run.file).exists():
            what += "; not in the folder any more"
        click.echo(shown(f"{to_utc(run.at_us):%Y-%m-%dT%H:%M:%SZ}  {run.file}  {what}"))
    if not found:
        click.echo(
            "no backup was made yet: `jobs` makes one each night at 01:10 UTC, `ankerort-hub backup` now"
        )


@backup.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def verify(invocation: Invocation, file: Path) -> None:
    """Read a backup to its end, to see that it opens with the hub's keys and is as it was written.

    \b
    Example:
      ankerort-hub backup verify /media/stick/ankerort-20261130T011000Z.age
    """
    settings = invocation.settings
    found = backups.vault(settings, load_keys(settings.keys.file)).read(file)
    click.echo(
        f"{file} is whole: {found.kind}, revision {found.revision}, {sum(found.rows.values())} rows of "
        f"{to_utc(found.made_us):%Y-%m-%dT%H:%M:%SZ}"
    )
