"""Commands on towns and spaces."""

from pathlib import Path

import click

from hub.bootstrap import open_database, system_clock
from hub.cli import Invocation
from hub.domain.errors import InvalidSite
from hub.domain.site_changes import Change, ChangeKind
from hub.services.import_site import import_site as run_import
from hub.site_file.towns import read_site


@click.command("import-site")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Check and report everything, change nothing.")
@click.option("--remove-missing", is_flag=True, help="Retire what the file no longer has; its history stays.")
@click.option(
    "--overwrite-edits", is_flag=True, help="Undo what was changed in the browser and the file does not know."
)
@click.pass_obj
def import_site(
    invocation: Invocation, file: Path, dry_run: bool, remove_missing: bool, overwrite_edits: bool
) -> None:
    """Create and update towns, spaces, desks and devices.

    Everything wrong with the file is told at once, each with its line; nothing is imported then. Importing the same
    file again changes nothing. What the file leaves out stays and is reported, unless --remove-missing retires it.

    What hosts have changed in the browser is not undone by a file that does not know of it: `ankerort-hub site export`
    writes one that does.

    \b
    Examples:
      ankerort-hub import-site site.toml --dry-run
      ankerort-hub import-site site.toml
      ankerort-hub import-site site.toml --remove-missing
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InvalidSite(f"{file}: {error.strerror}; check the path") from error
    site = read_site(data, file.name)
    for warning in site.warnings:
        click.echo(f"warning: {warning}", err=True)
    with open_database(invocation.settings) as database:
        changes = run_import(
            database,
            site.towns,
            system_clock().now_us(),
            editions=site.editions,
            remove_missing=remove_missing,
            overwrite_edits=overwrite_edits,
            dry_run=dry_run,
        )
    _tell(changes, dry_run=dry_run, remove_missing=remove_missing)


def _tell(changes: list[Change], *, dry_run: bool, remove_missing: bool) -> None:
    for change in changes:
        missing = change.kind is ChangeKind.MISSING
        word = (
            "retired"
            if missing and remove_missing
            else "not in the file any more:"
            if missing
            else change.kind.value
        )
        click.echo(f"{word} {change.name}")
    kept = sum(change.kind is ChangeKind.KEPT for change in changes)
    left = 0 if remove_missing else sum(change.kind is ChangeKind.MISSING for change in changes)
    written = len(changes) - left - kept
    told = f"{written} changes" if written != 1 else "1 change"
    click.echo(("would make " if dry_run else "made ") + told if written else "nothing changed")
    if left:
        click.echo(
            f"{left} not in the file: they stay as they are; --remove-missing retires them and keeps their history"
        )
    if kept:
        click.echo(
            f"{kept} decided with `ankerort-hub space`: that holds, not the file; change it there, or correct the file"
        )


@click.command("host-link")
@click.argument("space")
@click.option("--renew", is_flag=True, help="Make a new link; the old one stops working.")
@click.pass_obj
def host_link(invocation: Invocation, space: str, renew: bool) -> None:
    """Show or renew the secret link to a space's desks.

    Whoever opens it sees every desk of the space, whatever the space shows to the public: hand it to hosts only.

    \b
    Examples:
      ankerort-hub host-link wittenberge
      ankerort-hub host-link wittenberge --renew
    """
    settings = invocation.settings
    with open_database(settings) as database:
        if renew:
            with database.writing() as unit:
                unit.sites.renew_host_secret(space)
                unit.commit()
        with database.reading() as unit:
            secret = unit.sites.host_secret(space)
    base = settings.web.public_url.rstrip("/") or f"http://{settings.web.host}:{settings.web.port}"
    click.echo(f"{base}/spaces/{space}?key={secret}")
